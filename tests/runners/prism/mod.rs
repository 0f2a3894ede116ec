//! The requests to GitHub against GitHub's own description of its API: a wrong path, method, query or body is refused
//! there, and what comes back has the shape that GitHub promises.

mod delivery;
mod described;

use serde_json::json;

use crate::real_parts::also_shown_with;
use crate::support::Scene;
use crate::support::server::Received;
use described::{Described, ask, is_violation};

const PRISM: &str = "GitHub's API description (prism 5.16.0)";

const HEAD: &str = "8d08154cabb1c4f71a535de986600303936780f8";

/// A job for pull request 7 on GitHub Actions, whose API is the described one.
fn job(forge: &Described, command: &str) -> Scene {
    let scene = push(forge, command);
    let side = |branch: &str| json!({ "ref": branch, "sha": HEAD, "repo": { "full_name": "acme/shop" } });
    let event = json!({
        "pull_request": { "number": 7, "head": side("feature"), "base": side("main") },
        "repository": { "full_name": "acme/shop", "private": true, "default_branch": "main" },
    });
    let path = scene.root().join("event.json");
    std::fs::write(&path, event.to_string()).unwrap();
    scene.with("GITHUB_EVENT_NAME", "pull_request").with("GITHUB_EVENT_PATH", &path.display().to_string())
}

/// A job for a push.
fn push(forge: &Described, command: &str) -> Scene {
    let scene = Scene::new("hello");
    std::fs::create_dir(scene.program.join("state")).unwrap();
    scene
        .on_github()
        // Of all runs the same one: a folder of the checkout.
        .with("PULUMI_BACKEND_URL", "file://./state")
        .with("GITHUB_API_URL", &forge.server.url())
        .with("GITHUB_SERVER_URL", &forge.server.url())
        .input("github-token", "token-0123456789")
        .input("stack", "dev")
        .input("upsert", "true")
        .input("command", command)
}

fn shown(what: &str) {
    also_shown_with(PRISM, what);
}

#[test]
#[ignore = "needs prism"]
fn what_github_does_not_describe_is_refused() {
    let request = |method: &str, target: &str, body: &str| Received {
        method: method.into(),
        target: target.into(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.into(),
    };
    for (method, target, body) in [
        ("GET", "/repos/acme/shop/merge_requests/7/notes", ""),
        ("PUT", "/repos/acme/shop/issues/comments/1", r#"{"body": "x"}"#),
        ("POST", "/repos/acme/shop/issues/7/comments", r#"{"content": "x"}"#),
        ("POST", "/repos/acme/shop/statuses/abc", r#"{"state": "succeeded"}"#),
        ("GET", "/repos/acme/shop/issues/seven/comments", ""),
    ] {
        let (status, head, said) = ask(&request(method, target, body), None);
        assert!(is_violation(&head) && status >= 400, "{method} {target}: {status} {said}");
    }
}

#[test]
#[ignore = "needs prism"]
fn a_comment_is_created_edited_written_anew_and_deleted() {
    let forge = Described::start();
    job(&forge, "preview").run("run").ends_with(0).says("commented on pull request #7");
    job(&forge, "preview").with("GITHUB_RUN_ID", "43").run("run").says("comment updated");
    let list = "GET /repos/acme/shop/issues/7/comments";
    forge.was_asked(&[
        list,
        "POST /repos/acme/shop/issues/7/comments",
        "PATCH /repos/acme/shop/issues/comments/1",
    ]);
    let twice = (2, forge.memory().comments[0].1.clone());
    forge.memory().comments.push(twice);
    job(&forge, "preview").with("GITHUB_RUN_ID", "44").run("run").says("comment updated");
    forge.was_asked(&["DELETE /repos/acme/shop/issues/comments/1"]);
    let new = job(&forge, "preview").with("GITHUB_RUN_ID", "45").input("comment", "new");
    new.run("run").says("commented on pull request #7");
    forge.was_asked(&["POST /graphql"]);
    let append = job(&forge, "preview").input("comment", "append");
    append.run("run").says("commented on pull request #7");
    let aggregate = job(&forge, "preview").input("comment", "aggregate");
    aggregate.run("run").says("commented on pull request #7");
    aggregate.with("GITHUB_RUN_ID", "46").run("run").says("comment updated");
    forge.was_asked(&[]);
    for what in ["create", "update", "delete", "new", "append", "aggregate"] {
        shown(what);
    }
}

#[test]
#[ignore = "needs prism"]
fn a_push_asks_for_its_pull_request_by_commit_and_by_branch() {
    let of_commit = "GET /repos/acme/shop/commits/2d5a1c0e9f3b4a6d8c7e5f1a2b3c4d5e6f708192/pulls";
    let forge = Described::start();
    push(&forge, "preview").with("GITHUB_REF_NAME", "feature").run("run").ends_with(0);
    forge.was_asked(&[of_commit, "POST /repos/acme/shop/issues/1347/comments"]);
    let forge = Described::start();
    forge.memory().refuse = Some(("GET", "708192/pulls", 409));
    push(&forge, "preview").with("GITHUB_REF_NAME", "feature/a b").run("run").ends_with(0);
    forge.was_asked(&[of_commit, "GET /repos/acme/shop/pulls"]);
    let forge = Described::start();
    let merged = push(&forge, "up").input("comment-merged", "true");
    merged.run("run").ends_with(0);
    forge.was_asked(&[of_commit]);
    shown("by commit");
    shown("by branch");
    shown("comment-merged");
}

#[test]
#[ignore = "needs prism"]
fn a_check_and_a_deployment_are_as_described() {
    let forge = Described::start();
    let scene = job(&forge, "up")
        .input("commit-status", "true")
        .input("environment", "production")
        .input("environment-url", "https://shop.example");
    scene.run("run").ends_with(0).says("commit status set").says("deployment recorded");
    forge.was_asked(&[
        "POST /repos/acme/shop/check-runs",
        "PATCH /repos/acme/shop/check-runs/4",
        "POST /repos/acme/shop/deployments",
        "POST /repos/acme/shop/deployments/1/statuses",
    ]);
    scene.edit("${greeting} world", "${nope} world");
    scene.run("run");
    scene.edit("${nope} world", "${greeting} world");
    scene.input("command", "destroy").input("remove", "true").run("run").ends_with(0);
    forge.was_asked(&[]);
    for what in ["check", "deployment", "failed deployment", "removed environment"] {
        shown(what);
    }
}

#[test]
#[ignore = "needs prism"]
fn where_checks_are_refused_there_is_a_plain_status() {
    let forge = Described::start();
    forge.memory().refuse = Some(("POST", "/check-runs", 403));
    let scene = job(&forge, "preview").input("commit-status", "true");
    scene.run("run").ends_with(0).says("commit status set");
    forge.was_asked(&[&format!("POST /repos/acme/shop/statuses/{HEAD}")]);
    shown("status");
}

#[test]
#[ignore = "needs prism"]
fn each_refusal_that_github_describes_is_told_with_its_own_words() {
    let comments = "/issues/7/comments";
    for (refuse, status) in [
        (("GET", comments, 404), 72),
        (("GET", comments, 410), 72),
        (("POST", comments, 403), 72),
        (("POST", comments, 404), 72),
        (("POST", comments, 410), 72),
        (("POST", comments, 422), 72),
    ] {
        let forge = Described::start();
        forge.memory().refuse = Some(refuse);
        let scene = job(&forge, "preview").input("comment", "required");
        let run = scene.run("run").ends_with(status).says(&format!("status {}", refuse.2));
        if refuse.2 != 422 {
            run.says("pull-requests: write");
        }
        forge.was_asked(&[]);
        shown(&format!("{} {}", refuse.0, refuse.2));
    }
}
