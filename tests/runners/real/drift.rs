//! Things that changed, or went, outside of the program.

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
