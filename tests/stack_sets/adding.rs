//! `fleet add`: rows from outside.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{SETTINGS, Tenants};
use crate::support::Scene;

const ADD: &str = r#"
    columns: { id: { pattern: "[a-z][a-z0-9-]{2,20}" }, size: { one-of: [small, large] } }
    add: { idempotency: request_id, persist: backend, callback: { hosts: [portal.example.com] } }
"#;

/// The exit status, what is printed on standard output, and the log.
pub type Added = (i32, String, String);

pub fn add(scene: &Scene, payload: &str) -> Added {
    let mut command: Command = scene.other(env!("CARGO_BIN_EXE_stackstep"));
    command.args(["fleet", "add", "--set", "tenants", "--row", "-"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // What is too long is not read to its end.
    let written = child.stdin.take().unwrap().write_all(payload.as_bytes());
    assert!(written.is_ok() || payload.len() > 64 * 1024, "{payload}");
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

pub fn answer(added: &Added) -> Value {
    serde_json::from_str(added.1.trim()).unwrap_or_else(|_| panic!("{added:?}"))
}

fn open() -> Tenants {
    let settings = format!("{}{}", SETTINGS.trim_end(), ADD.trim_end());
    Tenants::with_settings(&settings, "id,size,state\nbeta,small,\n")
}

#[test]
fn a_row_is_kept_beside_the_state_and_becomes_a_stack() {
    let tenants = open();
    let added = add(&tenants.scene, r#"{"id": "acme", "size": "large", "request_id": "r-1"}"#);
    assert_eq!(added.0, 0, "{added:?}");
    let expected = json!({ "v": 1, "set": "tenants", "id": "acme", "stack": "acme", "request": "r-1", "status": "accepted" });
    assert_eq!(answer(&added), expected);
    tenants.up().ends_with(0).says("2 to create");
    assert_eq!(tenants.size("acme"), "large");
    // The file has the last word.
    tenants.commit("id,size,state\nbeta,small,\nacme,,removed\n");
    tenants.up().ends_with(0);
    assert_eq!(tenants.stacks(), ["beta"]);
}

#[test]
fn the_same_request_again_has_the_same_answer_and_another_one_is_refused() {
    let tenants = open();
    let first = add(&tenants.scene, r#"{"id": "acme", "size": "large", "request_id": "r-1"}"#);
    let again = add(&tenants.scene, r#"{"size": "large", "id": "acme", "request_id": "r-1"}"#);
    assert_eq!((again.0, &again.1), (0, &first.1));
    for payload in [
        r#"{"id": "acme", "size": "small", "request_id": "r-1"}"#,
        r#"{"id": "acme", "size": "small", "request_id": "r-2"}"#,
        r#"{"id": "gamma", "size": "large", "request_id": "r-1"}"#,
        r#"{"id": "beta", "size": "large", "request_id": "r-3"}"#,
    ] {
        let refused = add(&tenants.scene, payload);
        assert_eq!(refused.0, 73, "{payload}: {refused:?}");
        assert_eq!(answer(&refused)["status"], "refused");
    }
    assert_eq!(
        add(&tenants.scene, r#"{"id": "beta", "size": "small", "request_id": "r-4"}"#).0,
        0,
        "the file has it"
    );
    tenants.up().ends_with(0);
    assert_eq!(tenants.stacks(), ["acme", "beta"]);
}

#[test]
fn what_a_stranger_may_not_say_changes_nothing() {
    let tenants = open();
    for payload in [
        "",
        "[]",
        r#"{"id": "acme"}"#,
        r#"{"id": "acme", "request_id": "r", "state": "removed"}"#,
        r#"{"id": "beta", "request_id": "r", "tenant:size": "x"}"#,
        r#"{"id": "../x", "request_id": "r"}"#,
        r#"{"id": "acme", "request_id": "r", "callback": "https://evil.example.com/"}"#,
        &format!(r#"{{"id": "acme", "request_id": "r", "size": "{}"}}"#, "x".repeat(100_000)),
    ] {
        let refused = add(&tenants.scene, payload);
        assert_eq!(refused.0, 2, "{payload}: {refused:?}");
        assert!(refused.1.is_empty() && refused.2.contains("the row is refused"), "{refused:?}");
    }
    assert!(!tenants.scene.root().join("state/.stackstep/sets").exists());
}

#[test]
fn an_answer_that_can_not_be_signed_or_does_not_arrive_is_told() {
    let tenants = open();
    let payload =
        r#"{"id": "acme", "size": "large", "request_id": "r-1", "callback": "https://portal.example.com/x"}"#;
    let unsigned = add(&tenants.scene, payload);
    assert_eq!(unsigned.0, 2, "{unsigned:?}");
    assert!(unsigned.2.contains("`STACKSTEP_CALLBACK_SECRET` is not set"), "{unsigned:?}");
    // A proxy that nobody answers at: the name is asked of no server.
    let scene = tenants
        .scene
        .with("STACKSTEP_CALLBACK_SECRET", "hunter2-hunter2-hunter2")
        .with("HTTPS_PROXY", "http://127.0.0.1:9");
    let missed = add(&scene, payload);
    assert_eq!(missed.0, 72, "{missed:?}");
    assert_eq!(answer(&missed)["status"], "accepted");
    assert!(
        missed.2.contains("the answer did not arrive at `portal.example.com`")
            && !missed.2.contains("hunter2"),
        "{missed:?}"
    );
}

#[test]
fn a_set_without_add_takes_nothing() {
    let tenants = Tenants::new("id,size\n");
    let refused = add(&tenants.scene, r#"{"id": "acme"}"#);
    assert_eq!(refused.0, 2);
    assert!(refused.2.contains("no row can be added to the set `tenants`"), "{refused:?}");
}
