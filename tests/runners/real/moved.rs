//! What changes outside of the repository between the review and the deployment: the resources themselves, and the stack's
//! state.

use super::delivery::{Delivery, EMPTY};
use super::shown;
use super::things::{Thing, program, thing};
use serde_json::json;

/// The program in which `a` has this value.
fn a(value: u8) -> String {
    program(&[thing("a", &format!("value: {value}"))])
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_resource_that_somebody_changed_at_its_provider_is_not_set_back_unseen() {
    let delivery = Delivery::new("", EMPTY);
    let drift = delivery.stage.path("drift");
    let of = |value: u8| {
        let with_drift = format!("value: {value}, drift: {}", drift.display());
        program(&[thing("a", &with_drift), thing("b", "value: 1")])
    };
    delivery.somebody_deploys(&of(1));
    let delivery = delivery.reviewed_with("--comment off --refresh", &of(2)).squashed();
    std::fs::write(&drift, r#"{"value": 7}"#).unwrap();
    let before = delivery.state_file();
    delivery.deploy_with("--refresh").differs_by(&["other-value of a#value"]);
    assert_eq!(delivery.state_file(), before);
    assert_eq!(delivery.ledger(), ["refused"]);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_resource_that_is_gone_at_its_provider_is_not_created_unseen() {
    let delivery = Delivery::new("", EMPTY);
    let drift = delivery.stage.path("drift");
    let of = |value: u8| {
        let with_drift = format!("value: {value}, drift: {}", drift.display());
        program(&[thing("a", &with_drift), thing("b", "value: 1")])
    };
    delivery.somebody_deploys(&of(1));
    let delivery = delivery.reviewed_with("--comment off --refresh", &of(2)).squashed();
    std::fs::write(&drift, "gone").unwrap();
    delivery.deploy_with("--refresh").differs_by(&["other-operation of a"]);
    assert_eq!(delivery.output("a", "value"), 1);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn what_somebody_deployed_since_the_review_is_not_overwritten() {
    let delivery = Delivery::deployed("", &a(1)).reviewed(&a(2)).squashed();
    delivery.somebody_deploys(&a(3));
    let before = delivery.state_file();
    delivery.deploy().differs_by(&["other-value of a#value"]);
    assert_eq!(delivery.state_file(), before);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn what_somebody_deployed_since_the_review_is_no_hindrance_where_it_is_the_same() {
    let delivery = Delivery::deployed("", &a(1)).reviewed(&a(2)).squashed();
    delivery.somebody_deploys(&a(2));
    delivery.deploy().ends_with(0).counts(&json!({ "same": 2 }));
    shown();
}

/// Somebody deploys between the preview of the deployment and its update: the deployment is refused, and what they have
/// deployed stays.
#[track_caller]
fn is_refused_when_the_stack_moves(delivery: Delivery, line: &str) {
    let gate = delivery.gate("previewed");
    let delivery = delivery.with_engine("preview", "", &gate.in_a_shell());
    let mut run = delivery.stage.start(line, "deployed");
    gate.until_begun(&mut run);
    delivery.somebody_deploys(&a(3));
    let theirs = delivery.state_file();
    gate.open();
    let run = run.end().ends_with(76).because("reviewed");
    let message = run.result["message"].as_str().unwrap();
    assert!(message.contains("the stack has moved since the preview"), "{message}");
    assert_eq!(delivery.state_file(), theirs);
    assert!(delivery.ledger().is_empty(), "{:?}", delivery.ledger());
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_state_that_moves_between_the_preview_and_the_update_is_not_updated() {
    let delivery = Delivery::deployed("", &a(1)).reviewed(&a(2)).squashed();
    let line = format!("deploy --reviewed {}", delivery.reviewed_file().display());
    is_refused_when_the_stack_moves(delivery, &line);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn nor_is_it_where_only_the_step_names_what_was_reviewed() {
    let delivery = Delivery::deployed("", &a(1));
    std::fs::write(delivery.stage.path("repository/stackstep.yaml"), "stack: dev\n").unwrap();
    delivery.checkout.commit("Without a map");
    delivery.checkout.push("main");
    delivery.checkout.git(&["fetch", "-q", "origin"]);
    let delivery = delivery.reviewed(&a(2)).squashed();
    let line = format!("up --reviewed {}", delivery.reviewed_file().display());
    is_refused_when_the_stack_moves(delivery, &line);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn an_unknown_value_that_turns_an_update_into_a_replacement_is_refused_once_it_is_known() {
    // `b` gets its key from what is made of `a`, which is not known before `a` is updated; the provider hopes that it
    // stays the same.
    let a = |value: u8, key: &str| format!("value: {value}, made: {{key: {{later: {key}}}}}");
    let of = |value: u8, key: &str| {
        let hopes = "key: \"${a.made.key}\", hopes: true";
        program(&[thing("a", &a(value, key)), thing("b", hopes)])
    };
    let delivery = Delivery::deployed("", &of(1, "one")).reviewed(&of(2, "two")).squashed();
    // Half of the change is done by somebody, so that the key is known now.
    delivery.somebody_deploys(&program(&[thing("a", &a(2, "two")), thing("b", "key: one, hopes: true")]));
    let run = delivery.deploy().differs_by(&["other-operation of b"; 3]);
    assert!(run.log.contains("`create-replacement` was not reviewed, but `update`"), "{}", run.log);
    assert_eq!(delivery.output("b", "key"), "one");
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_delete_that_has_lost_its_create_is_refused() {
    let b = |value: &'static str| Thing("b", value, "ignoreChanges: [value]");
    let old = [thing("a", "value: 1")];
    let delivery = Delivery::deployed("", &program(&old)).reviewed(&program(&[b("value: 1")])).squashed();
    // `b` is there, and the program leaves it as it is: nothing but the deletion of `a` is left of the change.
    delivery.somebody_deploys(&program(&[thing("a", "value: 1"), b("value: 2")]));
    let run = delivery.deploy().differs_by(&["step-missing of b"]).did("a: delete");
    assert!(run.log.contains("`b`"), "{}", run.log);
    assert_eq!(delivery.stage.state().things().len(), 2);
    shown();
}

/// A reviewed destruction of a stack with `a`.
fn reviewed_destruction() -> (Delivery, String) {
    let delivery = Delivery::deployed("", &a(1));
    let file = delivery.reviewed_file();
    let line = format!("destroy --stack dev --preview-only --result-file {}", file.display());
    delivery.stage.stackstep(&line).ends_with(0);
    (delivery, format!("destroy --stack dev --reviewed {}", file.display()))
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_destruction_is_done_as_it_was_reviewed() {
    let (delivery, line) = reviewed_destruction();
    delivery.stage.stackstep(&line).ends_with(0);
    assert!(delivery.stage.state().things().is_empty());
    assert_eq!(delivery.ledger(), ["reserved", "finished", "destroyed"]);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_destruction_of_what_somebody_has_added_since_the_review_is_refused() {
    let (delivery, line) = reviewed_destruction();
    delivery.somebody_deploys(&program(&[thing("a", "value: 1"), thing("b", "value: 1")]));
    delivery.stage.stackstep(&line).differs_by(&["step-more of b"]);
    assert_eq!(delivery.stage.state().things().len(), 2);
    shown();
}
