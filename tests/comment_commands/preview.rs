//! `/stackstep preview`: the head of the change, in a folder of our own; of a fork's change the commit that is named.

use super::talk::Talk;

const ON: &str = "comment-commands: {}\n";

/// Writes a program.
fn write_program(path: &std::path::Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn the_head_of_the_change_is_previewed_and_reported_on_the_change_request() {
    for forge in ["github", "gitlab", "gitea"] {
        let talk = Talk::on(forge, ON);
        talk.comment("tim", "/stackstep preview").ends_with(0).says("1 to update");
        let preview = talk.preview().expect("there is a comment with the preview");
        assert!(preview.lines().next().unwrap().contains(&talk.head), "{forge}: {preview}");
        assert!(talk.answer().contains("is previewed"), "{forge}");
        // Nothing of the change has reached the checkout.
        assert_eq!(talk.repository.git(&["status", "--porcelain"]), "");
    }
}

#[test]
fn a_fork_has_to_be_named_by_its_commit() {
    for forge in ["github", "gitlab", "gitea"] {
        let talk = Talk::on(forge, ON);
        talk.fake.memory().pulls[0].fork = true;
        let start = &talk.head[..12];
        let run = talk.comment("tim", "/stackstep preview").ends_with(73);
        run.says("comes from a fork").says(&format!("/stackstep preview {start}"));
        let run = talk.comment("tim", &format!("/stackstep preview {}", &talk.head[..11])).ends_with(2);
        run.says("is not a commit").says("12 digits");
        assert_eq!(talk.preview(), None, "{forge}");
        let run = talk.comment("tim", &format!("/stackstep preview {start}")).ends_with(0);
        run.says("its program can read this run's credentials").says("1 to update");
        assert!(talk.preview().unwrap().contains(&talk.head), "{forge}");
    }
}

#[test]
fn what_was_allowed_is_one_commit() {
    let mut talk = Talk::new(ON);
    talk.fake.memory().pulls[0].fork = true;
    let command = format!("/stackstep preview {}", &talk.head[..12]);
    talk.moves(3);
    let run = talk.comment("tim", &command).ends_with(73);
    run.says("is not the head of merge request !7")
        .says(&talk.head)
        .says(&format!("/stackstep preview {}", &talk.head[..12]));
    assert_eq!(talk.preview(), None);
}

#[test]
fn a_fork_settles_nothing_by_its_own_file() {
    let mut talk = Talk::new(ON);
    let scene = &talk.repository.scene;
    scene.write(
        "stackstep.yaml",
        "deploy: { branches: { main: prod }, change-requests: [prod] }\npulumi-mirror: infra\n",
    );
    talk.repository.commit("another map");
    talk.repository.push("feature");
    talk.head = talk.repository.head();
    talk.repository.git(&["reset", "-q", "--hard", "HEAD~1"]);
    {
        let mut memory = talk.fake.memory();
        memory.pulls[0].head.clone_from(&talk.head);
        memory.pulls[0].fork = true;
    }
    let run = talk.comment("tim", &format!("/stackstep preview {}", &talk.head[..12])).ends_with(0);
    run.says("staging").never_says("prod");
}

#[test]
fn a_forks_program_is_not_handed_the_jobs_own_token() {
    let talk = Talk::on("github", ON).with("GITHUB_TOKEN", "ghs_0123456789abcdef");
    talk.fake.memory().pulls[0].fork = true;
    let root = talk.repository.scene.root();
    let (dump, engine) = (root.join("environment"), root.join("engine"));
    let script = format!("#!/bin/sh\nenv >> {}\nexit 1\n", dump.display());
    write_program(&engine, &script);
    let talk = talk.with("STACKSTEP_ENGINE", &engine.display().to_string());
    let _ = talk.comment("tim", &format!("/stackstep preview {}", &talk.head[..12]));
    let dumped = std::fs::read_to_string(dump).unwrap();
    assert!(dumped.contains("PULUMI_BACKEND_URL=") && !dumped.contains("ghs_"), "{dumped}");
}

#[test]
fn a_change_that_is_closed_is_not_previewed() {
    let talk = Talk::new(ON);
    talk.fake.memory().pulls[0].state = crate::support::forge::State::Closed;
    talk.comment("tim", "/stackstep preview").ends_with(73).says("is not open");
}

#[test]
fn a_hook_and_the_settings_of_the_checkout_start_nothing() {
    let talk = Talk::new(ON);
    let mark = talk.repository.scene.root().join("mark");
    let hooks = talk.repository.scene.program.join(".git/hooks");
    std::fs::create_dir_all(&hooks).unwrap();
    for name in ["post-checkout", "reference-transaction"] {
        write_program(&hooks.join(name), &format!("#!/bin/sh\ntouch {}\n", mark.display()));
    }
    talk.repository.git(&["config", "core.fsmonitor", &format!("touch {}", mark.display())]);
    talk.repository.git(&["config", "core.hooksPath", &hooks.display().to_string()]);
    let _ = std::fs::remove_file(&mark);
    talk.comment("tim", "/stackstep preview").ends_with(0).says("1 to update");
    assert!(!mark.exists());
}

#[test]
fn a_preview_that_fails_is_answered_with_its_status() {
    let mut talk = Talk::new(ON);
    let scene = &talk.repository.scene;
    scene.write("infra/shop/Pulumi.yaml", "name: shop\nruntime: yaml\nresources: [\n");
    talk.repository.commit("broken");
    talk.repository.push("feature");
    talk.head = talk.repository.head();
    talk.repository.git(&["reset", "-q", "--hard", "HEAD~1"]);
    talk.fake.memory().pulls[0].head.clone_from(&talk.head);
    let run = talk.comment("tim", "/stackstep preview");
    assert_ne!(run.status(), 0);
    assert!(talk.answer().contains("failed with exit status"), "{}", talk.answer());
    assert_eq!(talk.reactions(), ["eyes", "thumbsdown"]);
}
