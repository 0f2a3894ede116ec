//! Whose change it is decides what a run may do.

use serde_json::json;

use crate::support::{Scene, json};

const HEAD: &str = "8d08154cabb1c4f71a535de986600303936780f8";

/// A step for pull request 7 of `source`, on the event `event`.
fn pull_request(event: &str, source: &str) -> Scene {
    let scene = Scene::new("hello").on_github().input("stack", "dev");
    let payload = json!({
        "pull_request": {
            "number": 7,
            "head": {"sha": HEAD, "ref": "feature", "repo": {"full_name": source}},
            "base": {"ref": "main", "repo": {"full_name": "acme/shop"}},
        },
        "repository": {"full_name": "acme/shop", "private": true},
    });
    let path = scene.root().join("event.json");
    std::fs::write(&path, payload.to_string()).unwrap();
    scene.with("GITHUB_EVENT_NAME", event).with("GITHUB_EVENT_PATH", &path.display().to_string())
}

fn result(scene: &Scene) -> serde_json::Value {
    json(&scene.github_outputs()["result"])
}

#[test]
fn a_forks_change_never_deploys() {
    for command in ["up", "refresh", "destroy"] {
        let scene = pull_request("pull_request", "bob/shop").input("command", command);
        scene.run("run").ends_with(73).says("comes from a fork");
        assert_eq!(
            (&result(&scene)["status"], &result(&scene)["reason"]),
            (&json!("failed"), &json!("untrusted"))
        );
    }
}

#[test]
fn a_forks_preview_without_credentials_is_skipped() {
    let scene = pull_request("pull_request", "bob/shop")
        .input("command", "preview")
        .without("PULUMI_CONFIG_PASSPHRASE")
        .with("PULUMI_BACKEND_URL", "https://api.pulumi.com");
    scene.run("run").ends_with(0).says("maintainer");
    assert_eq!(
        (&result(&scene)["status"], &result(&scene)["reason"]),
        (&json!("skipped"), &json!("untrusted"))
    );
    assert_eq!(result(&scene)["engine"], json!(null), "no engine was started");
}

#[test]
fn a_forks_preview_is_skipped_too_where_the_system_gives_it_no_identity() {
    let scene = pull_request("pull_request", "bob/shop")
        .input("command", "preview")
        .input("oidc-organization", "acme")
        .without("PULUMI_CONFIG_PASSPHRASE")
        .with("PULUMI_BACKEND_URL", "https://api.pulumi.com");
    scene.run("run").ends_with(0).says("maintainer");
}

#[test]
fn a_forks_code_with_the_repositorys_credentials_is_refused() {
    let scene = pull_request("pull_request_target", "bob/shop").input("command", "preview");
    scene.write(".git/HEAD", HEAD);
    scene
        .run("run")
        .ends_with(73)
        .says("the work folder is at commit `8d08154c`, not at the repository's own `2d5a1c0e`");
}

#[test]
fn only_the_targets_own_commit_runs_with_its_credentials() {
    let base = "2d5a1c0e9f3b4a6d8c7e5f1a2b3c4d5e6f708192";
    for (checked_out, status) in [("88a27cd7f2210ae0c1d4c0b7a5a1f0e3d2c1b0a9", 73), (base, 6)] {
        let scene = pull_request("pull_request_target", "bob/shop").input("command", "preview");
        scene.write(".git/HEAD", checked_out);
        scene.run("run").ends_with(status);
    }
}

#[test]
fn a_change_of_the_repository_itself_is_previewed() {
    let scene = pull_request("pull_request", "acme/shop").input("command", "preview").input("upsert", "true");
    scene.run("run").ends_with(0).says("3 to create");
}

#[test]
fn a_commit_that_its_branch_left_behind_is_refused_where_that_is_asked_for() {
    let scene = Scene::new("hello").on_github().input("command", "up").input("stack", "dev");
    let scene = scene.input("upsert", "true");
    moved_on(&scene);
    let scene = scene.with("STACKSTEP_STALE", "refuse");
    scene.run("run").ends_with(73).says("is no longer the head of `main`");
    std::fs::rename(scene.root().join("remote"), scene.root().join("gone")).unwrap();
    scene.run("run").ends_with(73).says("could not be read from `origin`");
    std::fs::rename(scene.root().join("gone"), scene.root().join("remote")).unwrap();
    let scene = scene.with("STACKSTEP_STALE", "warn");
    scene.run("run").ends_with(0);
    assert!(scene.summary().contains("no longer the head of"), "{}", scene.summary());
}

/// A repository whose remote is one commit ahead of what the job was started for.
fn moved_on(scene: &Scene) {
    let remote = scene.root().join("remote").display().to_string();
    git(scene, &["init", "--quiet", "--initial-branch=main", &remote]);
    git(
        scene,
        &[
            "-C",
            &remote,
            "-c",
            "user.name=x",
            "-c",
            "user.email=x@example.com",
            "commit",
            "--quiet",
            "--allow-empty",
            "-m",
            "newer",
        ],
    );
    git(scene, &["init", "--quiet", "--initial-branch=main", "."]);
    git(scene, &["remote", "add", "origin", &remote]);
}

fn git(scene: &Scene, args: &[&str]) {
    #[expect(clippy::disallowed_methods, reason = "the tests make a repository")]
    let status = std::process::Command::new("git").args(args).current_dir(&scene.program).status().unwrap();
    assert!(status.success());
}

#[test]
fn a_forks_preview_that_could_not_sign_in_is_skipped() {
    let scene = pull_request("pull_request", "bob/shop")
        .input("command", "preview")
        .input("oidc-organization", "acme")
        .without("PULUMI_BACKEND_URL")
        .without("PULUMI_CONFIG_PASSPHRASE");
    scene.run("run").ends_with(0).says("maintainer");
    assert_eq!(result(&scene)["status"], "skipped");
}
