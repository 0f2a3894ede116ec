//! What replacements leave behind, and what forces them: as the real engine has recorded it, and in the orders in which
//! events can come.

use serde_json::{Value, json};
use stackstep::render;
use stackstep::report::{Ending, Facts, Fold, Operation, Report, StepStatus, report};

use super::recordings::folded;

/// The report of an `up` with these steps, which replace nothing.
fn of(steps: &[(&str, &str, Value)]) -> Report {
    ended(steps, &json!({ "same": 1 }), 0)
}

/// The report of an `up` with these steps and counts, which ended with this status.
fn ended(steps: &[(&str, &str, Value)], counts: &Value, exit: i32) -> Report {
    let mut fold = Fold::new();
    for (number, (kind, op, rest)) in steps.iter().enumerate() {
        let mut metadata = json!({ "op": op, "urn": "urn:pulumi:dev::shop::t:m:T::b", "type": "t:m:T" });
        metadata.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        let mut line = json!({ "sequence": number, "timestamp": 1 });
        line[*kind] = json!({ "metadata": metadata });
        if *kind == "resOpFailedEvent" {
            line[*kind]["status"] = json!(0);
        }
        fold.line(line.to_string().as_bytes());
    }
    let result = if exit == 0 { "succeeded" } else { "failed" };
    let summary = json!({ "summaryEvent": { "resourceChanges": counts, "result": result } });
    fold.line(summary.to_string().as_bytes());
    report(fold.finish(), Facts::new(Operation::Up, "dev", Ending::Exited(exit), exit))
}

fn old(id: &str) -> Value {
    json!({ "custom": true, "id": id, "inputs": {} })
}

fn headline(report: &Report) -> String {
    render::headline(report, str::to_owned)
}

#[test]
fn what_is_left_over_is_a_change_that_the_headline_names() {
    let preview = folded("preview-left-over");
    assert_eq!(preview.has_changes, Some(true));
    assert_eq!(headline(&preview), "Preview of shop/dev: 2 left over to delete");
    assert_eq!(render::sign(&preview), "⚠️");
    let up = folded("up-left-over");
    assert_eq!(up.has_changes, Some(true));
    assert_eq!(up.changes.as_ref().unwrap()["delete-replaced"], 2);
    assert_eq!(headline(&up), "Deployed shop/dev: 2 left over and deleted");
}

#[test]
fn two_deletions_of_one_urn_are_two_steps() {
    for name in ["preview-left-over", "up-left-over"] {
        let report = folded(name);
        let ids: Vec<_> = report.steps.iter().map(|step| step.id.as_deref().unwrap()).collect();
        assert_eq!(ids, ["old-1", "old-2"], "{name}");
    }
    let both = ["resourcePreEvent", "resOutputsEvent"];
    let deleted = both.into_iter().flat_map(|kind| {
        ["one", "two"].map(|id| (kind, "delete", json!({ "old": old(id), "logical": true })))
    });
    let report = of(&deleted.collect::<Vec<_>>());
    assert_eq!(report.steps.len(), 2);
    assert!(report.steps.iter().all(|step| step.status == StepStatus::Done));
}

#[test]
fn a_replacement_is_one_step_and_what_was_left_before_another() {
    let replaced = json!({ "old": old("two"), "new": old("three"), "logical": true });
    let steps = [
        ("resourcePreEvent", "create-replacement", replaced.clone()),
        ("resOutputsEvent", "create-replacement", replaced.clone()),
        ("resourcePreEvent", "replace", replaced.clone()),
        ("resOutputsEvent", "replace", replaced),
        ("resourcePreEvent", "delete-replaced", json!({ "old": old("two") })),
        ("resourcePreEvent", "delete-replaced", json!({ "old": old("one") })),
        ("resOutputsEvent", "delete-replaced", json!({ "old": old("two") })),
        ("resOutputsEvent", "delete-replaced", json!({ "old": old("one") })),
    ];
    let report = ended(&steps, &json!({ "replace": 1, "same": 1 }), 0);
    let operations: Vec<_> = report.steps.iter().map(|step| step.operation.as_str()).collect();
    assert_eq!(operations, ["replace", "delete-replaced"]);
    assert_eq!(report.changes.unwrap()["delete-replaced"], 1);
}

#[test]
fn a_deletion_that_fails_is_no_change_and_a_failed_step() {
    let steps = [
        ("resourcePreEvent", "delete-replaced", json!({ "old": old("one") })),
        ("resOpFailedEvent", "delete-replaced", json!({ "old": old("one") })),
    ];
    let report = ended(&steps, &json!({ "same": 1 }), 1);
    assert_eq!(report.steps[0].status, StepStatus::Failed);
    assert!(!report.changes.unwrap().contains_key("delete-replaced"));
}

#[test]
fn what_forces_a_replacement_may_be_said_last() {
    let (before, after) = (
        json!({ "custom": true, "id": "i", "inputs": { "deep": "a", "size": 1 } }),
        json!({ "custom": true, "id": "", "inputs": { "deep": "b", "size": 2 } }),
    );
    let report = of(&[
        ("resourcePreEvent", "delete-replaced", json!({ "old": before })),
        ("resOutputsEvent", "delete-replaced", json!({ "old": before })),
        ("resourcePreEvent", "replace", json!({ "old": before, "new": after })),
        ("resOutputsEvent", "replace", json!({ "old": before, "new": after })),
        ("resourcePreEvent", "create-replacement", json!({ "old": before, "new": after, "keys": ["deep"] })),
        ("resOutputsEvent", "create-replacement", json!({ "old": before, "new": after, "keys": ["deep"] })),
    ]);
    let forces: Vec<_> =
        report.steps[0].diffs.iter().map(|diff| (diff.path.as_str(), diff.replaces)).collect();
    assert_eq!(forces, [("deep", true), ("size", false)]);
}
