//! Providers that fail: the exit status of the CLI with the same words, the provider's own words as the message, and
//! what was done before.

use super::shown;
use super::stage::{Ended, Stage};
use super::things::{Thing, program, thing};
use serde_json::{Value, json};

/// Runs the line with stackstep and by the bare CLI, and expects the same exit status, no success, and the message.
#[track_caller]
fn fails_by_its_provider(stage: &Stage, line: &str, more: &str, words: &str) -> Ended {
    let run = stage.stackstep(line).because("provider");
    let bare = stage.pulumi(&format!("{line} {more}"));
    assert_ne!(bare.status, 0, "{}", bare.log);
    assert_eq!(run.status, bare.status, "{}", run.log);
    assert!(run.result["message"].as_str().unwrap().contains(words), "{}", run.result["message"]);
    shown();
    run
}

fn with_stack(program: &str) -> Stage {
    let stage = Stage::new(program);
    stage.pulumi("stack init dev --no-select").ends_with(0);
    stage
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_failed_creation() {
    let stage = with_stack(&program(&[
        thing("a", "value: 1"),
        Thing("b", "fails: {create: the quota is used up}", "dependsOn: [\"${a}\"]"),
        Thing("c", "value: 1", "dependsOn: [\"${b}\"]"),
    ]));
    let run = fails_by_its_provider(&stage, "up --stack dev", "--yes", "the quota is used up");
    run.did("a: create, b: create (failed), shop-dev: create");
    assert_eq!(stage.state().things().keys().collect::<Vec<_>>(), ["a"]);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_failed_update() {
    let stage = Stage::deployed(&program(&[thing("a", "value: 1")]));
    stage.write("Pulumi.yaml", &program(&[thing("a", "value: 2, fails: {update: not while it is used}")]));
    let run = fails_by_its_provider(&stage, "up --stack dev", "--yes", "not while it is used");
    run.did("a: update (failed)");
    assert_eq!(stage.state().things()["a"]["outputs"]["value"], 1);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_failed_deletion_and_the_outputs_that_stay() {
    let things = [thing("a", "value: 1, fails: {delete: it is not empty}")];
    let stage = Stage::deployed(&super::things::program_with_outputs(&things, "{value: \"${a.value}\"}"));
    let run = fails_by_its_provider(&stage, "destroy --stack dev", "--yes", "it is not empty");
    assert_eq!(run.steps(), "a: delete (failed)");
    assert_eq!(
        (&run.result["outputs"], &run.result["outputs_from"]),
        (&json!({ "value": 1 }), &json!("previous"))
    );
    assert_eq!(stage.state().things().len(), 1);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_failed_read() {
    let stage = Stage::deployed(&program(&[thing("a", "value: 1, fails: {read: the service is away}")]));
    fails_by_its_provider(&stage, "refresh --stack dev", "--yes", "the service is away");
    assert_eq!(stage.state().things().len(), 1);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_failed_check_ends_a_preview() {
    let stage = with_stack(&program(&[thing("a", "fails: {check: a value is missing}")]));
    fails_by_its_provider(&stage, "preview --stack dev", "", "a value is missing");
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_failed_comparison_ends_a_preview() {
    let stage = Stage::deployed(&program(&[thing("a", "value: 1")]));
    stage.write("Pulumi.yaml", &program(&[thing("a", "value: 2, fails: {diff: these can not be compared}")]));
    fails_by_its_provider(&stage, "preview --stack dev", "", "these can not be compared");
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_function_that_fails() {
    let ask = "{fn::invoke: {function: probe:index:ask, arguments: {fails: nobody knows}, return: answer}}";
    let stage = with_stack(&format!("name: shop\nruntime: yaml\noutputs: {{answer: {ask}}}\n"));
    let bare = stage.pulumi("preview --stack dev");
    assert_ne!(bare.status, 0, "{}", bare.log);
    let run = stage.stackstep("preview --stack dev").ends_with(bare.status);
    assert!(run.result["message"].as_str().unwrap().contains("nobody knows"), "{}", run.result["message"]);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_provider_that_refuses_its_configuration() {
    let stage = with_stack(&format!(
        "name: shop\nruntime: yaml\nresources:\n  p: {{type: 'pulumi:providers:probe', properties: {{refuses: no such account}}}}\n{}",
        "  a: {type: probe:index:Thing, properties: {value: 1}, options: {provider: \"${p}\"}}\n",
    ));
    fails_by_its_provider(&stage, "up --stack dev", "--yes", "no such account");
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_creation_that_fails_when_the_thing_is_there_leaves_it_and_the_next_run_goes_on_with_it() {
    let stage = Stage::new("");
    let until = stage.path("it-works").display().to_string();
    let text = format!(
        "value: 1, partly: {{create: it does not get ready, update: it does not get ready}}, until: {until}"
    );
    stage.write("Pulumi.yaml", &program(&[thing("a", &text)]));
    stage.pulumi("stack init dev --no-select").ends_with(0);
    let run = fails_by_its_provider(&stage, "up --stack dev", "--yes", "it does not get ready");
    run.did("a: create (failed), shop-dev: create");
    let left = stage.state().things();
    assert_eq!(left["a"]["initErrors"], json!(["it does not get ready"]));
    std::fs::write(&until, "").unwrap();
    let up = stage.stackstep("up --stack dev").ends_with(0);
    up.counts(&json!({ "update": 1, "same": 1 })).did("a: update");
    assert_eq!(stage.state().things()["a"]["initErrors"], Value::Null);
    assert_eq!(stage.state().things()["a"]["id"], left["a"]["id"]);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn what_a_failed_replacement_has_left_to_be_deleted_is_a_change_until_it_is_gone() {
    let stage = Stage::new("");
    let until = stage.path("it-works").display().to_string();
    let of = |key: &str| {
        program(&[thing("a", &format!("key: {key}, fails: {{delete: it is in use}}, until: {until}"))])
    };
    stage.write("Pulumi.yaml", &of("one"));
    stage.stackstep("up --stack dev --upsert").ends_with(0);
    stage.write("Pulumi.yaml", &of("two"));
    let run = fails_by_its_provider(&stage, "up --stack dev", "--yes", "it is in use");
    assert_eq!(run.result["steps"][0]["status"], "failed", "{}", run.steps());
    assert_eq!(stage.state().leftovers(), ["a"]);
    let counts = json!({ "delete-replaced": 1, "same": 2 });
    let preview = stage.stackstep("preview --stack dev").ends_with(0).counts(&counts);
    assert_eq!(preview.result["has_changes"], true);
    preview.did("a: delete-replaced");
    stage.stackstep("preview --stack dev --expect-no-changes").ends_with(7).because("changes-unexpected");
    stage.stackstep("up --stack dev").because("provider");
    std::fs::write(&until, "").unwrap();
    stage.stackstep("up --stack dev").ends_with(0).counts(&counts).did("a: delete-replaced");
    assert!(stage.state().leftovers().is_empty());
    stage.stackstep("preview --stack dev --expect-no-changes").ends_with(0);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_provider_that_crashes_is_the_provider_s_failure_and_no_missing_plugin() {
    let stage = with_stack(&program(&[thing("a", "crashes: [create]")]));
    let run = fails_by_its_provider(
        &stage,
        "up --stack dev",
        "--yes",
        "a provider's process ended before it answered",
    );
    assert_eq!(run.steps(), "a: create (failed), shop-dev: create");
    let hint = run.result["hint"].as_str().unwrap();
    assert!(hint.contains("crashed") && hint.contains("refresh"), "{hint}");
    assert!(run.notes().contains("what became of its resources is not known"), "{}", run.notes());
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn what_fails_does_not_keep_others_from_going_on_where_that_is_asked_for() {
    let stage = with_stack(&program(&[
        thing("a", "fails: {create: the quota is used up}"),
        Thing("b", "value: 1", "dependsOn: [\"${a}\"]"),
        thing("c", "value: 1"),
    ]));
    let run =
        fails_by_its_provider(&stage, "up --stack dev --continue-on-error", "--yes", "the quota is used up");
    run.did("a: create (failed), c: create, shop-dev: create");
    assert_eq!(stage.state().things().keys().collect::<Vec<_>>(), ["c"]);
}
