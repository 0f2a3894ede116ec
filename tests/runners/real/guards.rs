//! What keeps a run from doing more than was meant: protection, targets, plans.

use super::shown;
use super::stage::Stage;
use super::things::{Thing, program, thing, urn};
use serde_json::json;

#[test]
#[ignore = "needs the Pulumi CLI"]
fn what_is_protected_is_neither_destroyed_nor_deleted_nor_replaced() {
    let protected = |key: &str| program(&[Thing("a", &format!("key: {key}"), "protect: true")]);
    let stage = Stage::deployed(&protected("one"));
    let ends_as_the_cli_does = |line: &str, more: &str| {
        let bare = stage.pulumi(&format!("{line} {more}"));
        assert_ne!(bare.status, 0, "{}", bare.log);
        stage.stackstep(line).ends_with(bare.status).because("protected");
    };
    ends_as_the_cli_does("destroy --stack dev", "--yes");
    stage.write("Pulumi.yaml", &protected("two"));
    ends_as_the_cli_does("preview --stack dev", "");
    ends_as_the_cli_does("up --stack dev", "--yes");
    stage.write("Pulumi.yaml", &program(&[thing("b", "value: 1")]));
    ends_as_the_cli_does("up --stack dev", "--yes");
    assert_eq!(stage.state().things()["a"]["outputs"]["key"], "one");
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_target_is_updated_and_nothing_else() {
    let of = |value: u8| {
        let value = format!("value: {value}");
        program(&[thing("a", &value), thing("b", &value)])
    };
    let stage = Stage::deployed(&of(1));
    stage.write("Pulumi.yaml", &of(2));
    let line = format!("up --stack dev --target {}", urn("a"));
    stage.stackstep(&line).ends_with(0).did("a: update");
    let things = stage.state().things();
    assert_eq!((&things["a"]["outputs"]["value"], &things["b"]["outputs"]["value"]), (&json!(2), &json!(1)));
    let line = format!("destroy --stack dev --exclude {}", urn("b"));
    stage.stackstep(&line).ends_with(0).did("a: delete");
    assert_eq!(stage.state().things().keys().collect::<Vec<_>>(), ["b"]);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_target_that_is_not_there_is_an_input_that_is_wrong() {
    let stage = Stage::deployed(&program(&[thing("a", "value: 1")]));
    let line = format!("destroy --stack dev --target {}", urn("nowhere"));
    let bare = stage.pulumi(&format!("{line} --yes"));
    assert_ne!(bare.status, 0, "{}", bare.log);
    stage.stackstep(&line).ends_with(bare.status).because("config");
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn what_depends_on_a_target_keeps_it_from_being_destroyed() {
    let stage = Stage::deployed(&program(&[thing("a", "value: 1"), thing("b", "value: \"${a.value}\"")]));
    let line = format!("destroy --stack dev --target {}", urn("a"));
    let bare = stage.pulumi(&format!("{line} --yes"));
    assert_ne!(bare.status, 0, "{}", bare.log);
    stage.stackstep(&line).ends_with(bare.status).because("config");
    assert_eq!(stage.state().things().len(), 2);
    stage.stackstep(&format!("{line} --target-dependents")).ends_with(0).did("a: delete, b: delete");
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_deployment_that_keeps_to_its_plan_is_done_and_one_that_departs_from_it_is_refused() {
    let stage = Stage::deployed(&program(&[thing("a", "value: 1")]));
    let plan = stage.path("plan.json").display().to_string();
    stage.write("Pulumi.yaml", &program(&[thing("a", "value: 2")]));
    stage.stackstep(&format!("preview --stack dev --plan {plan}")).ends_with(0).did("a: update");
    stage.write("Pulumi.yaml", &program(&[thing("a", "value: 3"), thing("b", "value: 1")]));
    let line = format!("up --stack dev --plan {plan}");
    let bare = stage.pulumi(&format!("{line} --yes --skip-preview"));
    assert_ne!(bare.status, 0, "{}", bare.log);
    stage.stackstep(&line).ends_with(bare.status).because("plan");
    let things = stage.state().things();
    assert_eq!((things.len(), &things["a"]["outputs"]["value"]), (1, &json!(1)));
    stage.write("Pulumi.yaml", &program(&[thing("a", "value: 2")]));
    stage.stackstep(&line).ends_with(0).counts(&json!({ "update": 1, "same": 1 })).did("a: update");
    shown();
}
