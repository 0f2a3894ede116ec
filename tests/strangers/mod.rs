//! What a stranger's change can and can't do: nothing of it runs, is read out or written before the run is judged, and
//! where nobody proves whose code has the repository's credentials the run is refused.

#[cfg(unix)]
mod before;
mod events;
mod file;
mod results;

use serde_json::{Value, json};

use crate::support::Scene;

/// The commit of the repository's own branch, which GitHub's step is for.
pub const BASE: &str = "2d5a1c0e9f3b4a6d8c7e5f1a2b3c4d5e6f708192";
/// The head of the stranger's change.
pub const HEAD: &str = "8d08154cabb1c4f71a535de986600303936780f8";
/// A secret of the job.
pub const SECRET: &str = "pul-0123456789abcdef0123456789abcdef01234567";

/// A step of GitHub Actions for an event with that payload; the work folder is at `commit`, if it has a repository.
pub fn step(event: &str, payload: &Value, commit: Option<&str>) -> Scene {
    let scene = Scene::new("hello").on_github().input("stack", "dev");
    let path = scene.root().join("event.json");
    std::fs::write(&path, payload.to_string()).unwrap();
    if let Some(commit) = commit {
        scene.write(".git/HEAD", commit);
    }
    scene
        .with("GITHUB_EVENT_NAME", event)
        .with("GITHUB_EVENT_PATH", &path.display().to_string())
        .with("GITHUB_REF", "refs/heads/main")
}

/// The payload of a pull request from `source`.
pub fn pull_request(source: &Value) -> Value {
    json!({
        "pull_request": {
            "number": 7,
            "head": {"sha": HEAD, "ref": "feature", "repo": source},
            "base": {"ref": "main", "sha": BASE, "repo": {"full_name": "acme/shop"}},
        },
        "repository": {"full_name": "acme/shop", "default_branch": "main", "private": true},
    })
}

/// The payload of a run that followed one on `event` of `source`.
pub fn workflow_run(event: &str, source: &Value) -> Value {
    json!({
        "workflow_run": {
            "id": 5, "event": event, "head_sha": HEAD, "head_branch": "feature",
            "head_repository": source, "pull_requests": [],
        },
        "repository": {"full_name": "acme/shop", "default_branch": "main", "private": true},
    })
}

/// The payload of a comment on pull request 7.
pub fn comment() -> Value {
    json!({
        "action": "created",
        "issue": {"number": 7, "pull_request": {"url": "https://api.github.com/repos/acme/shop/pulls/7"}},
        "comment": {"body": "/deploy", "author_association": "NONE"},
        "repository": {"full_name": "acme/shop", "default_branch": "main", "private": true},
    })
}

/// A fork's head, checked out with the repository's credentials.
pub fn forks_head(event: &str) -> Scene {
    step(event, &pull_request(&json!({"full_name": "mallory/shop"})), Some(HEAD))
        .with("PULUMI_ACCESS_TOKEN", SECRET)
}

/// Writes a program that leaves a trace, with all that it was given.
#[cfg(unix)]
pub fn trap(scene: &Scene, name: &str) {
    use std::os::unix::fs::PermissionsExt;
    let trace = scene.root().join("TRACE").display().to_string();
    scene.write(name, &format!("#!/bin/sh\n{{ echo \"$@\"; pwd; env; }} >> '{trace}'\necho v3.259.0\n"));
    let path = scene.program.join(name);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// What the traps have left: nothing, if none was started.
#[cfg(unix)]
pub fn trace(scene: &Scene) -> String {
    std::fs::read_to_string(scene.root().join("TRACE")).unwrap_or_default()
}
