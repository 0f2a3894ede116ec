//! What a deployment may do after its preview, and what it may not.

use serde_json::{Value, json};

use super::*;
use crate::report::Fold;
use crate::reviewed::testing::{PreviewLog, UNKNOWN, secret, urn};
use crate::reviewed::wanted::WantedGoals;

/// The first thing that the guard finds in a deployment after this preview.
fn found(preview: &PreviewLog, up: &PreviewLog, tolerances: &[&str]) -> Option<(DifferenceKind, String)> {
    let tolerances = tolerances.iter().map(|text| Tolerance::parse(text).unwrap()).collect();
    let mut guard = LiveGuard::new(&preview.proposal(WantedGoals::default()).unwrap(), tolerances);
    let mut fold = Fold::new();
    for event in &up.0 {
        let deployed = event.to_string().replace("\"planning\":true", "\"planning\":false");
        fold.line_for(deployed.as_bytes(), &mut guard);
    }
    guard.found().map(|found| (found.kind, found.message.clone()))
}

fn kind(preview: &PreviewLog, up: &PreviewLog) -> Option<DifferenceKind> {
    found(preview, up, &[]).map(|(kind, _)| kind)
}

fn log(name: &str, op: &str, old: Value, new: Value) -> PreviewLog {
    PreviewLog::default().step(op, name, old, new)
}

fn whole() -> PreviewLog {
    PreviewLog::default()
        .provider("1.2.3")
        .step("create", "new", Value::Null, json!({"a": 1, "s": secret()}))
        .replaced("db", &json!({"region": "eu"}), &json!({"region": "us"}))
        .step("delete", "old", json!({"x": 1}), Value::Null)
}

#[test]
fn what_was_previewed_passes_in_any_order_and_in_part() {
    assert_eq!(kind(&whole(), &whole()), None);
    let mut up = whole();
    up.0.reverse();
    assert_eq!(kind(&whole(), &up), None);
    assert_eq!(kind(&whole(), &PreviewLog::default().provider("1.2.3")), None);
}

#[test]
fn another_step_or_operation_is_found() {
    let more = whole().step("create", "more", Value::Null, json!({}));
    assert_eq!(kind(&whole(), &more), Some(DifferenceKind::StepMore));
    let preview = log("app", "update", json!({"n": 1}), json!({"n": UNKNOWN}));
    let up = PreviewLog::default().replaced("app", &json!({"n": 1}), &json!({"n": 2}));
    let (kind_found, message) = found(&preview, &up, &[]).unwrap();
    assert_eq!(kind_found, DifferenceKind::OtherOperation);
    assert_eq!(message, "`app` (test:index:Thing): `create-replacement` was not previewed");
    let twice = whole().step("delete", "old", json!({"x": 1}), Value::Null);
    assert_eq!(kind(&whole(), &twice), Some(DifferenceKind::OtherOperation));
}

#[test]
fn a_value_is_compared_where_the_preview_knew_it() {
    let preview = log("app", "update", json!({"n": 1, "m": 1}), json!({"n": 2, "m": UNKNOWN}));
    for (new, expected) in [
        (json!({"n": 2, "m": 7}), None),
        (json!({"n": 2, "m": {"a": [1]}}), None),
        (json!({"n": 2, "m": 1}), None),
        (json!({"n": 3, "m": 7}), Some(DifferenceKind::OtherValue)),
        (json!({"m": 7}), Some(DifferenceKind::OtherValue)),
        (json!({"n": 2, "m": 7, "x": 1}), Some(DifferenceKind::PropertyMore)),
    ] {
        assert_eq!(kind(&preview, &log("app", "update", json!({"n": 1, "m": 1}), new)), expected);
    }
    let up = log("app", "update", json!({"n": 1, "m": 1}), json!({"n": 3, "m": 7}));
    assert_eq!(found(&preview, &up, &["**::app#n"]), None);
}

#[test]
fn another_resource_of_one_urn_is_found_when_it_goes() {
    let preview = log("old", "delete", json!({"x": 1}), Value::Null);
    let other = preview
        .0
        .iter()
        .map(|event| serde_json::from_str(&event.to_string().replace("id-old", "id")).unwrap());
    assert_eq!(kind(&preview, &PreviewLog(other.collect())), Some(DifferenceKind::OtherResource));
}

#[test]
fn only_the_first_finding_is_kept_and_a_preview_is_not_looked_at() {
    let up = log("a", "create", Value::Null, json!({})).step("create", "b", Value::Null, json!({}));
    assert_eq!(
        found(&PreviewLog::default(), &up, &[]).unwrap().1,
        "`a` (test:index:Thing): `create` was not previewed"
    );
    let mut guard = LiveGuard::default();
    let mut fold = Fold::new();
    up.0.iter().for_each(|event| fold.line_for(event.to_string().as_bytes(), &mut guard));
    assert_eq!(guard.found(), None);
    assert!(urn("a").ends_with("::a"));
}

#[test]
fn a_name_that_is_made_up_anew_is_the_same_name() {
    let with = |random: &str| {
        let name = format!("logs-{random}");
        log("logs", "create", Value::Null, json!({"bucket": name, "__defaults": ["bucket"]})).step(
            "create",
            "policy",
            Value::Null,
            json!({"on": format!("arn:{name}")}),
        )
    };
    assert_eq!(kind(&with("0a1b2c3"), &with("9f8e7d6")), None);
}
