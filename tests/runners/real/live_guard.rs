//! The live guard: an update that takes another step than its preview is told, or stopped.

use super::delivery::{Delivery, EMPTY};
use super::running::Gate;
use super::shown;
use super::stops::TOLD;
use super::things::{Thing, program};

/// A reviewed change whose `a` gets the text of a file, which is another one when the change is carried out than when it is
/// previewed. The creation of `a` waits at the gate, and `b` comes after it.
fn other_text() -> (Delivery, Gate) {
    let delivery = Delivery::new("", EMPTY);
    let gate = delivery.gate("gate");
    // Git does not track it, as a step before the deployment makes it.
    delivery.stage.write(".gitignore", "made.txt\n");
    delivery.stage.write("made.txt", "one");
    let record = delivery.record();
    let waits = format!("waits: {{create: {}}}, {record}", gate.path().display());
    let a = format!("value: {{fn::readFile: ./made.txt}}, {waits}");
    let change = program(&[Thing("a", &a, ""), Thing("b", &record, "dependsOn: [\"${a}\"]")]);
    let delivery = delivery.reviewed(&change).squashed();
    (delivery.with_engine("up", "printf two > made.txt", ""), gate)
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_guard_that_reports_tells_the_step_and_lets_all_be_done() {
    let (delivery, gate) = other_text();
    let run = delivery.start_until(&gate, "--guard report");
    gate.open();
    let run = run.end().ends_with(0);
    let told =
        "a step was not reviewed: `a` (probe:index:Thing): `value` gets another value than the previewed one";
    assert!(run.notes().contains(told), "{}", run.notes());
    assert_eq!(delivery.output("a", "value"), "two");
    assert_eq!(delivery.done(), ["create a", "create b"]);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_guard_that_stops_lets_what_has_begun_be_finished_and_nothing_begin() {
    let (delivery, gate) = other_text();
    let mut run = delivery.start_until(&gate, "--guard stop");
    run.until(TOLD);
    gate.open();
    let run = run.end().ends_with(76).because("reviewed");
    let told = "the deployment was told to stop: `a` (probe:index:Thing): `value` gets another value than the \
                previewed one; under way were then: `create` of `a`";
    assert_eq!(run.result["message"], told);
    assert_eq!(delivery.done(), ["create a"], "{}", run.log);
    assert_eq!(delivery.ledger(), ["reserved", "finished"]);
    assert!(!delivery.stage.is_locked());
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn an_update_that_turns_into_a_replacement_is_stopped_before_the_old_thing_is_deleted() {
    let delivery = Delivery::new("", EMPTY);
    let gate = delivery.gate("gate");
    let record = delivery.record();
    let of = |value: u8, key: &str, more: &str| {
        let a = format!("value: {value}, made: {{key: {{later: {key}}}}}");
        let b = format!("key: \"${{a.made.key}}\", hopes: true, {record}{more}");
        program(&[Thing("a", &a, ""), Thing("b", &b, "")])
    };
    delivery.somebody_deploys(&of(1, "one", ""));
    let waits = format!(", waits: {{create: {}}}", gate.path().display());
    let delivery = delivery.reviewed(&of(2, "two", &waits)).squashed();
    let mut run = delivery.start_until(&gate, "--guard stop");
    run.until(TOLD);
    gate.open();
    let run = run.end().ends_with(76).because("reviewed");
    let message = run.result["message"].as_str().unwrap();
    assert!(message.contains("`b` (probe:index:Thing): `create-replacement` was not previewed"), "{message}");
    assert_eq!(delivery.done(), ["create b", "create b"], "{}", run.log);
    assert_eq!(delivery.stage.state().leftovers(), ["b"]);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn an_update_that_takes_the_steps_of_its_preview_is_not_stopped() {
    let (delivery, gate) = other_text();
    let delivery = delivery.with_plain_engine();
    gate.open();
    let run = delivery.start_until(&gate, "--guard stop").end().ends_with(0);
    run.did("a: create, b: create, shop-dev: create");
    assert_eq!(delivery.done(), ["create a", "create b"]);
    shown();
}
