//! What a run leaves on the machine for a job's later steps: with the official action's profile a login and the selected
//! stack, else nothing.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::{Scene, fixture, json};

/// A step of the official action's, on a push, whose engine is a script: it may be any `pulumi`.
fn step(command: &str, engine: &str) -> Scene {
    let scene = Scene::new("hello").on_github().with("STACKSTEP_ENGINE", "./engine");
    let path = scene.program.join("engine");
    std::fs::write(&path, format!("#!/bin/sh\n{engine}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    scene
        .without("PULUMI_BACKEND_URL")
        .input("profile", "official-action")
        .input("command", command)
        .input("stack-name", "dev")
        .input("cloud-url", "file:///srv/state")
}

/// What lies in the home folder of the CLI: the file of logins, and that of the selected stack.
fn left(scene: &Scene) -> (Value, Value) {
    let home = scene.root().join("home");
    let read = |path: PathBuf| if path.exists() { json(path) } else { Value::Null };
    let workspaces: BTreeSet<PathBuf> = std::fs::read_dir(home.join("workspaces"))
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(workspaces.len() <= 1, "{workspaces:?}");
    (read(home.join("credentials.json")), workspaces.into_iter().next().map_or(Value::Null, read))
}

const SELECTED: &str = "file:///srv/state";

#[test]
fn a_deployment_leaves_its_login_and_its_stack() {
    let scene = step("up", "exit 0");
    scene.run("run").ends_with(0).says("`dev` is the selected stack of later `pulumi` commands");
    let (login, selected) = left(&scene);
    assert_eq!(login["current"], SELECTED);
    assert_eq!(selected, json!({ "stack": "dev", "stacks": { SELECTED: "dev" } }));
}

#[test]
fn a_deployment_that_fails_leaves_them_too() {
    let scene = step("up", "echo 'error: the program failed' >&2; exit 255");
    scene.run("run").ends_with(255);
    let (login, selected) = left(&scene);
    assert_eq!((&login["current"], &selected["stacks"][SELECTED]), (&json!(SELECTED), &json!("dev")));
}

#[test]
fn without_the_profile_nothing_is_left() {
    let scene = step("up", "exit 0").input("profile", "none");
    scene.run("run").ends_with(0);
    assert_eq!(left(&scene), (Value::Null, Value::Null));
}

#[test]
fn a_rehearsal_leaves_nothing() {
    let scene = step("up", "exit 0").with("STACKSTEP_ENGINE", "sandbox").input("upsert", "true");
    let state = format!("file://{}", scene.root().join("state").display());
    let scene = scene.input("cloud-url", &state);
    scene.run("run").ends_with(0);
    assert_eq!(left(&scene), (Value::Null, Value::Null));
}

#[test]
fn a_change_of_a_fork_leaves_nothing() {
    let event = fixture("ci/github-actions/pull-request-fork.event.json");
    let scene = step("preview", "exit 0").with("GITHUB_EVENT_NAME", "pull_request");
    let scene = scene.with("GITHUB_EVENT_PATH", &event.display().to_string());
    scene.run("run");
    assert_eq!(left(&scene), (Value::Null, Value::Null));
}

#[test]
fn a_stack_that_is_not_there_is_not_selected() {
    let scene = step("preview", "echo \"error: no stack named 'dev' found\" >&2; exit 6");
    scene.run("run").ends_with(6);
    let (login, selected) = left(&scene);
    assert_eq!((&login["current"], selected), (&json!(SELECTED), Value::Null));
}

#[test]
fn reading_outputs_logs_in_and_selects_nothing() {
    let scene = step("output", "echo '{}'");
    scene.run("run").ends_with(0);
    let (login, selected) = left(&scene);
    assert_eq!((&login["current"], selected), (&json!(SELECTED), Value::Null));
}

#[test]
fn a_stack_that_is_removed_is_selected_no_more() {
    let scene = step("up", "exit 0");
    scene.run("run").ends_with(0);
    let scene = scene.input("command", "destroy").input("remove", "true");
    scene.run("run").ends_with(0);
    assert_eq!(left(&scene).1, Value::Null);
}

#[test]
fn the_token_of_pulumi_cloud_is_left_for_its_owner_alone_and_shown_nowhere() {
    let scene = step("up", "exit 0").input("cloud-url", "https://api.example.com/");
    let scene = scene.with("PULUMI_ACCESS_TOKEN", "pul-0123456789abcdef");
    scene.run("run").ends_with(0).never_says("pul-0123456789abcdef\n`");
    let (login, _) = left(&scene);
    assert_eq!(login["current"], "https://api.example.com");
    assert_eq!(login["accounts"]["https://api.example.com"]["accessToken"], "pul-0123456789abcdef");
    let file = std::fs::metadata(scene.root().join("home/credentials.json")).unwrap();
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
}

#[test]
fn an_earlier_login_is_used_and_stays_as_it_is() {
    let scene = step("up", "exit 0").input("cloud-url", "");
    let login = json!({ "current": SELECTED, "accessTokens": { SELECTED: "" }, "accounts": {} });
    let path = scene.root().join("home/credentials.json");
    std::fs::write(&path, login.to_string()).unwrap();
    scene.run("run").ends_with(0);
    let (after, selected) = left(&scene);
    assert_eq!((after, &selected["stacks"][SELECTED]), (login, &json!("dev")));
}

#[test]
fn a_file_of_logins_that_can_not_be_changed_is_told_and_fails_nothing() {
    let scene = step("up", "exit 0");
    std::fs::write(scene.root().join("home/credentials.json"), "{\"$pulumiSecureStore\":1}").unwrap();
    scene.run("run").ends_with(0).says("later steps may not find the login").says("it is encrypted");
    assert_eq!(left(&scene).0, json!({ "$pulumiSecureStore": 1 }));
}
