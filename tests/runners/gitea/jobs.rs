//! Jobs for a pull request on the forge: of Gitea Actions, and of CI systems that build what lies elsewhere. Each has
//! the variables that its system documents (`tests/fixtures/ci`), with the forge's own address, names and commits.

use serde_json::json;

use super::repository::{BRANCH, Pull};
use crate::harness::fixture;
use crate::support::Scene;

/// The program, and `variables`, of those that the system documents all but the folders.
fn scene(system: &str, case: &str) -> Scene {
    let documented = fixture(system, case).into_iter().filter(|(_, value)| !value.starts_with('/'));
    let scene = Scene::new("hello");
    std::fs::create_dir(scene.program.join("state")).unwrap();
    documented
        .fold(scene, |scene, (name, value)| scene.with(&name, &value))
        // Of all runs the same one: a folder of the checkout.
        .with("PULUMI_BACKEND_URL", "file://./state")
        .with("STACKSTEP_STACK", "dev")
        .with("STACKSTEP_UPSERT", "true")
}

/// The `run`th run of a workflow of Gitea Actions for the pull request. Its job's token is the bot's.
pub fn actions(pull: &Pull, run: u32) -> Scene {
    let server = pull.server;
    let scene = scene("gitea-actions", "pull-request");
    let event = scene.root().join("event.json");
    let side = |branch: &str, sha: Option<&str>| json!({ "ref": branch, "sha": sha, "repo": { "full_name": pull.repository, "fork": false } });
    let payload = json!({
        "action": "synchronize",
        "number": pull.number,
        "pull_request": {
            "number": pull.number, "head": side(BRANCH, Some(&pull.head)), "base": side("main", None),
        },
        "repository": { "full_name": pull.repository, "private": true, "default_branch": "main" },
    });
    std::fs::write(&event, payload.to_string()).unwrap();
    scene
        .with("GITHUB_SERVER_URL", &server.url)
        .with("GITHUB_API_URL", &format!("{}/api/v1", server.url))
        .with("GITHUB_REPOSITORY", &pull.repository)
        .with("GITHUB_HEAD_REF", BRANCH)
        .with("GITHUB_SHA", &pull.head)
        .with("GITHUB_REF", &format!("refs/pull/{}/head", pull.number))
        .with("GITHUB_EVENT_PATH", &event.display().to_string())
        .with("GITHUB_RUN_NUMBER", &run.to_string())
        .with("STACKSTEP_FORGE_TOKEN", &server.bot)
}

/// The same after the pull request was merged with `commit`.
pub fn actions_on_main(pull: &Pull, commit: &str) -> Scene {
    let scene = scene("gitea-actions", "push");
    let event = scene.root().join("event.json");
    let payload =
        json!({ "repository": { "full_name": pull.repository, "private": true, "default_branch": "main" } });
    std::fs::write(&event, payload.to_string()).unwrap();
    scene
        .with("GITHUB_SERVER_URL", &pull.server.url)
        .with("GITHUB_API_URL", &format!("{}/api/v1", pull.server.url))
        .with("GITHUB_REPOSITORY", &pull.repository)
        .with("GITHUB_SHA", commit)
        .with("GITHUB_EVENT_PATH", &event.display().to_string())
        .with("STACKSTEP_FORGE_TOKEN", &pull.server.bot)
}

/// Woodpecker's pipeline for it.
pub fn woodpecker(pull: &Pull) -> Scene {
    elsewhere(scene("woodpecker-ci", "pull-request"), pull)
        .with("CI_REPO", &pull.repository)
        .with("CI_REPO_CLONE_URL", &format!("{}/{}.git", pull.server.url, pull.repository))
        .with("CI_COMMIT_SHA", &pull.head)
        .with("CI_COMMIT_SOURCE_BRANCH", BRANCH)
        .with("CI_COMMIT_PULL_REQUEST", &pull.number.to_string())
}

/// Woodpecker's pipeline for the push, which names no pull request.
pub fn woodpecker_push(pull: &Pull, branch: &str) -> Scene {
    elsewhere(scene("woodpecker-ci", "push"), pull)
        .with("CI_REPO", &pull.repository)
        .with("CI_REPO_CLONE_URL", &format!("{}/{}.git", pull.server.url, pull.repository))
        .with("CI_COMMIT_SHA", &pull.head)
        .with("CI_COMMIT_BRANCH", branch)
}

/// A job that knows nothing but the repository's name and the commit.
pub fn of_commit(pull: &Pull) -> Scene {
    let scene = elsewhere(scene("generic", "sign-only"), pull);
    scene.with("CI_REPO", &pull.repository).with("CI_COMMIT_SHA", &pull.head)
}

/// A multibranch job of Jenkins for it.
pub fn jenkins(pull: &Pull) -> Scene {
    elsewhere(scene("jenkins", "pull-request-head"), pull)
        .with("GIT_URL", &format!("{}/{}.git", pull.server.url, pull.repository))
        .with("GIT_COMMIT", &pull.head)
        .with("CHANGE_ID", &pull.number.to_string())
        .with("CHANGE_BRANCH", BRANCH)
        .with("CHANGE_URL", &format!("{}/{}/pulls/{}", pull.server.url, pull.repository, pull.number))
}

fn elsewhere(scene: Scene, pull: &Pull) -> Scene {
    scene
        .with("STACKSTEP_FORGE", "gitea")
        .with("STACKSTEP_FORGE_URL", &pull.server.url)
        .with("STACKSTEP_FORGE_TOKEN", &pull.server.bot)
}
