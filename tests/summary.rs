//! The outputs for people who approve where they decide: the counts with the worst resource in one line, and the digest of
//! what was previewed.

use crate::support::{PASSPHRASE, Scene, json};

fn scene() -> Scene {
    Scene::new("hello").with("STACKSTEP_STACK", "dev").with("STACKSTEP_UPSERT", "true").on_github()
}

#[test]
fn a_preview_hands_on_its_counts_and_the_worst_resource_in_one_line() {
    let scene = scene();
    scene.run("preview").ends_with(0);
    assert_eq!(scene.github_outputs()["summary"], "3 to create: pulumi:index:Stash note");
    scene.run("up").ends_with(0);
    assert_eq!(scene.github_outputs()["summary"], "3 created: pulumi:index:Stash note");
    scene.run("preview").ends_with(0);
    assert_eq!(scene.github_outputs()["summary"], "no changes");
    scene.edit("  second:", "  third:");
    scene.edit("${second.output}", "${third.output}");
    scene.run("preview").ends_with(0);
    assert_eq!(scene.github_outputs()["summary"], "1 to delete, 1 to create: pulumi:index:Stash second");
}

#[test]
fn a_secrets_text_is_hidden_in_the_summary() {
    let scene = scene();
    scene.edit("  note:", &format!("  a-{PASSPHRASE}:"));
    scene.edit("${note.output}!", "x");
    scene.edit("${note.output}", "x");
    scene.run("preview").ends_with(0);
    assert_eq!(scene.github_outputs()["summary"], "3 to create: pulumi:index:Stash a-***");
}

#[test]
fn where_only_counts_are_shown_no_resource_is_named() {
    let scene = scene().input("detail", "counts");
    scene.run("preview").ends_with(0);
    assert_eq!(scene.github_outputs()["summary"], "3 to create");
}

#[test]
fn a_deployment_that_broke_off_names_what_failed() {
    let scene = scene().with("PULUMI_SANDBOX_FAULTS", "{resources: [{match: note, fail: quota exceeded}]}");
    scene.run("up");
    assert_eq!(scene.github_outputs()["summary"], "1 failed, 1 created: pulumi:index:Stash note");
}

#[test]
fn the_file_of_outputs_has_both() {
    let scene =
        scene().with("STACKSTEP_OUTPUTS_FILE", "outputs.sh").with("STACKSTEP_RESULT_FILE", "result.json");
    scene.run("preview").ends_with(0);
    let text = std::fs::read_to_string(scene.program.join("outputs.sh")).unwrap();
    let result = json(scene.program.join("result.json"));
    let digest = result["review"]["digest"].as_str().unwrap_or_default();
    assert!(digest.starts_with("sha256:"), "{digest}");
    assert!(text.contains("export STACK_SUMMARY='3 to create: pulumi:index:Stash note'\n"), "{text}");
    assert!(text.contains(&format!("export STACK_DIGEST='{digest}'\n")), "{text}");
}

#[test]
fn a_deployment_without_a_preview_has_no_digest() {
    let scene = scene();
    scene.run("up").ends_with(0);
    assert_eq!(scene.github_outputs()["digest"], "");
    scene.run("preview").ends_with(0);
    let shown = scene.github_outputs()["digest"].clone();
    let scene = scene.input("skip-preview", "false");
    scene.run("up").ends_with(0);
    let deployed = scene.github_outputs()["digest"].clone();
    assert!(shown.starts_with("sha256:"), "{shown}");
    assert_eq!(deployed, shown, "the digest of what its preview has shown");
}
