//! Things that changed, or went, outside of the program.

use super::running::Gate;
use super::shown;
use super::stage::{Stage, telling};
use super::things::{program, thing};
use serde_json::json;

/// A stack with a thing that has another value than the program says, as it was changed at its provider.
fn drifted(found: &str) -> Stage {
    let stage = Stage::new("");
    let drift = stage.path("drift");
    let a = format!("value: 1, drift: {}", drift.display());
    stage.write("Pulumi.yaml", &program(&[thing("a", &a), thing("b", "value: 1")]));
    stage.stackstep("up --stack dev --upsert").ends_with(0);
    std::fs::write(drift, found).unwrap();
    stage
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_refresh_takes_what_changed_into_the_state_and_tells_it() {
    let stage = drifted(r#"{"value": 7}"#);
    let counts = json!({ "update": 1, "same": 2 });
    let look = stage.stackstep("refresh --stack dev --preview-only").ends_with(0).counts(&counts);
    look.did("a: update");
    assert_eq!(stage.state().things()["a"]["outputs"]["value"], 1);
    let refresh = stage.stackstep("refresh --stack dev").ends_with(0).counts(&counts).did("a: update");
    assert_eq!(refresh.result["has_changes"], true);
    let diff = json!({ "path": "value", "change": "update", "replaces": false, "old": 1, "new": 7 });
    assert_eq!(refresh.result["steps"][0]["diffs"], json!([diff]));
    assert_eq!(stage.state().things()["a"]["outputs"]["value"], 7);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_refresh_that_expects_no_changes_ends_with_7_and_one_that_finds_none_with_0() {
    let stage = drifted(r#"{"value": 7}"#);
    let line = "refresh --stack dev --preview-only --expect-no-changes";
    stage.pulumi(line).ends_with(telling(7));
    stage.stackstep(line).ends_with(7).because("changes-unexpected");
    stage.stackstep("refresh --stack dev --expect-no-changes").ends_with(7).because("changes-unexpected");
    std::fs::write(stage.path("drift"), r#"{"value": 1}"#).unwrap();
    stage.stackstep("refresh --stack dev").ends_with(0);
    stage.stackstep(line).ends_with(0);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_preview_that_refreshes_first_shows_the_way_back_to_the_program() {
    let stage = drifted(r#"{"value": 7}"#);
    stage.stackstep("preview --stack dev").ends_with(0).counts(&json!({ "same": 3 }));
    let preview = stage.stackstep("preview --stack dev --refresh").ends_with(0);
    let preview = preview.counts(&json!({ "update": 1, "same": 2 }));
    let diff = json!({ "path": "value", "change": "update", "replaces": false, "old": 7, "new": 1 });
    assert_eq!(preview.result["steps"][0]["diffs"], json!([diff]));
    assert_eq!(stage.state().things()["a"]["outputs"]["value"], 1);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn what_is_gone_leaves_the_state_and_comes_back_by_the_next_deployment() {
    let stage = drifted("gone");
    let refresh = stage.stackstep("refresh --stack dev").ends_with(0);
    refresh.counts(&json!({ "delete": 1, "same": 2 })).did("a: delete");
    assert_eq!(stage.state().things().keys().collect::<Vec<_>>(), ["b"]);
    stage
        .stackstep("up --stack dev")
        .ends_with(0)
        .counts(&json!({ "create": 1, "same": 2 }))
        .did("a: create");
    assert_eq!(stage.state().things().len(), 2);
    shown();
}

/// What a look at `dev` has come to: the result's own word, which is none where it is not known.
fn found(result: &serde_json::Value) -> Option<bool> {
    result["drift"]["found"].as_bool()
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_look_tells_drift_from_none_and_changes_nothing() {
    let stage = drifted(r#"{"value": 7}"#);
    let state = stage.state().things();
    let look = stage.stackstep("drift --stack dev").ends_with(0).did("a: update");
    assert_eq!(found(&look.result), Some(true), "{}", look.log);
    assert_eq!(look.result["steps"][0]["diffs"][0]["path"], "value");
    stage.stackstep("drift --stack dev --fail-on-drift").ends_with(7).because("changes-unexpected");
    assert_eq!(stage.state().things(), state);
    std::fs::write(stage.path("drift"), r#"{"value": 1}"#).unwrap();
    let look = stage.stackstep("drift --stack dev --fail-on-drift").ends_with(0);
    assert_eq!(found(&look.result), Some(false), "{}", look.log);
    std::fs::write(stage.path("drift"), "gone").unwrap();
    stage.stackstep("drift --stack dev --fail-on-drift").ends_with(7).did("a: delete");
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_look_that_a_provider_does_not_answer_is_not_known() {
    let stage = Stage::new("");
    let fails = "value: 1, fails: {read: the service is away}";
    stage.write("Pulumi.yaml", &program(&[thing("a", fails), thing("b", "value: 1")]));
    stage.stackstep("up --stack dev --upsert").ends_with(0);
    let look = stage.stackstep("drift --stack dev").ends_with(79).because("incomplete");
    assert_eq!(found(&look.result), None, "{}", look.log);
    assert!(look.log.contains("the service is away") && !look.log.contains("no drift"), "{}", look.log);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_look_beside_a_deployment_at_work_is_not_known() {
    let stage = Stage::deployed(&program(&[thing("a", "value: 1")]));
    let gate = Gate::closed(stage.path("gate"));
    let waits = format!("waits: {{create: {}}}", gate.path().display());
    stage.write("Pulumi.yaml", &program(&[thing("a", "value: 2"), thing("b", &waits)]));
    let mut up = stage.start("up --stack dev", "up");
    gate.until_begun(&mut up);
    let look = stage.stackstep("drift --stack dev").ends_with(79).because("incomplete");
    assert!(look.log.contains("somebody works on the stack: the lock of "), "{}", look.log);
    assert_eq!((found(&look.result), &look.result["has_changes"]), (None, &serde_json::Value::Null));
    gate.open();
    up.end().ends_with(0);
    let look = stage.stackstep("drift --stack dev").ends_with(0);
    assert_eq!(found(&look.result), Some(false), "{}", look.log);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_deployment_that_begins_and_ends_during_a_look_makes_it_unknown() {
    let stage = Stage::new("");
    let gate = Gate::closed(stage.path("gate"));
    let waits = format!("waits: {{read: {}}}", gate.path().display());
    stage.write("Pulumi.yaml", &program(&[thing("a", &waits), thing("b", "value: 1")]));
    stage.stackstep("up --stack dev --upsert").ends_with(0);
    let mut look = stage.start("drift --stack dev", "look");
    gate.until_begun(&mut look);
    stage.write("Pulumi.yaml", &program(&[thing("a", &waits), thing("b", "value: 2")]));
    stage.stackstep("up --stack dev").ends_with(0).did("b: update");
    gate.open();
    let look = look.end().ends_with(79).because("incomplete");
    assert!(look.log.contains("somebody has deployed the stack while it was looked at"), "{}", look.log);
    shown();
}
