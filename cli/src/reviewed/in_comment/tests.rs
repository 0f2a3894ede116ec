//! What a comment holds is compared as a result file is, but for values; and nothing that was edited is read.

use serde_json::json;

use super::*;
use crate::base::secret::Secret;
use crate::report::ReviewComparison;
use crate::reviewed::compare::compare;
use crate::reviewed::testing::{PreviewLog, made_from, secret};
use crate::reviewed::wanted::WantedGoals;

fn log(size: u64) -> PreviewLog {
    PreviewLog::default()
        .step("create", "app", json!(null), json!({"name": "app", "password": secret()}))
        .step(
            "update",
            "web",
            json!({"size": 1, "tags": {"a": "b"}}),
            json!({"size": size, "tags": {"a": "b"}}),
        )
        .replaced("db", &json!({"engine": "pg15"}), &json!({"engine": "pg16"}))
}

/// The record as a comment hands it on.
fn shown(record: &ReviewRecord) -> ReviewRecord {
    unpacked(&packed(record).unwrap(), &record.digest).unwrap()
}

fn messages(found: &ReviewComparison) -> Vec<&str> {
    found.differences.iter().map(|difference| difference.message.as_str()).collect()
}

#[test]
fn the_same_change_passes_and_another_step_or_property_does_not() {
    let record = shown(&log(2).record());
    assert_eq!(messages(&log(2).against(std::slice::from_ref(&record))), Vec::<&str>::new());
    let more = log(2).step("delete", "old", json!({}), json!(null));
    assert!(!more.against(std::slice::from_ref(&record)).passed());
    let other_path = PreviewLog(log(2).0).step("update", "api", json!({"n": 1}), json!({"n": 2}));
    assert!(!other_path.against(&[record]).passed());
}

#[test]
fn a_delete_that_lost_its_create_is_refused() {
    let record = shown(&log(2).record());
    let lost = PreviewLog::default()
        .step("create", "app", json!(null), json!({"name": "app", "password": secret()}))
        .step("update", "web", json!({"size": 1, "tags": {"a": "b"}}), json!({"size": 2, "tags": {"a": "b"}}))
        .step("delete", "db", json!({"engine": "pg15"}), json!(null));
    assert!(!lost.against(&[record]).passed());
}

#[test]
fn a_delete_needs_the_update_beside_it_where_no_value_proves_that_it_is_done() {
    let deletes = |log: PreviewLog| log.step("delete", "old", json!({"n": 1}), json!(null));
    let both = deletes(PreviewLog::default().step("update", "web", json!({"n": 1}), json!({"n": 2})));
    let record = both.record();
    let left = deletes(PreviewLog::default().step("same", "web", json!({"n": 2}), json!({"n": 2})));
    assert!(left.against(std::slice::from_ref(&record)).passed(), "a result file proves it");
    assert!(!left.against(&[shown(&record)]).passed());
}

#[test]
fn without_a_review_key_no_value_and_no_key_stands_in_it_and_values_are_not_compared() {
    let original = log(2).record();
    let record = shown(&original);
    let text = serde_json::to_string(&record).unwrap();
    let hashes = original.steps.iter().flat_map(|step| step.paths.values());
    for hash in hashes.flat_map(|change| [&change.old, &change.new]).flatten() {
        assert!(!matches!(hash, ReviewedValue::Hash(hash) if text.contains(hash.as_str())));
    }
    assert!(!text.contains(original.key.as_deref().unwrap()) && record.config.entries.is_empty());
    assert!(log(3).against(&[record]).passed());
}

#[test]
fn with_a_review_key_values_are_compared() {
    let key = ReviewKey::of_secret(&Secret::new("a review key that nobody knows"));
    let record = log(2).change(WantedGoals::default()).seal(&key);
    let record = shown(&record);
    let against = |log: PreviewLog| {
        let wanted = WantedGoals::by_records(std::slice::from_ref(&record), Some(&key));
        compare(std::slice::from_ref(&record), Some(&key), &log.change(wanted), &[])
    };
    assert!(against(log(2)).passed());
    assert!(!against(log(3)).passed());
}

#[test]
fn two_changes_that_are_deployed_together_are_the_union_of_both() {
    let step = |log: PreviewLog, name: &str| log.step("update", name, json!({"n": 1}), json!({"n": 2}));
    let change = |log: PreviewLog, files: &[(&str, &str)], config: &str| {
        let mut change = log.change(WantedGoals::default());
        change.made_from = made_from(files, config);
        change
    };
    let (before, config) = (("shop/a", "1"), "config:\n  shop:a: 1\n");
    let one = change(step(PreviewLog::default(), "a"), &[("shop/a", "2"), ("shop/b", "1")], config);
    let other = change(step(PreviewLog::default(), "b"), &[before, ("shop/b", "2")], config);
    let records = [one, other].map(|change| shown(&change.seal(&ReviewKey::random())));
    let together = |files: &[(&str, &str)], config: &str| {
        let log = step(step(PreviewLog::default(), "a"), "b");
        let mut actual = log.change(WantedGoals::by_records(&records, None));
        actual.made_from = made_from(files, config);
        compare(&records, None, &actual, &[])
    };
    let both = [("shop/a", "2"), ("shop/b", "2")];
    assert_eq!(messages(&together(&both, config)), Vec::<&str>::new());
    let neither = together(&[("shop/a", "3"), ("shop/b", "2")], config);
    assert_eq!(messages(&neither), ["the file `shop/a` is not the reviewed one"]);
    let reconfigured = together(&both, "config:\n  shop:a: 2\n");
    assert_eq!(messages(&reconfigured), ["the stack's configuration file is not the reviewed one"]);
}

#[test]
fn another_configuration_is_refused_though_its_entries_are_not_shown() {
    let record = shown(&log(2).record());
    let mut actual = log(2).change(WantedGoals::by_records(std::slice::from_ref(&record), None));
    actual.made_from =
        made_from(&[("infra/index.ts", "a"), ("infra/Pulumi.yaml", "b")], "config:\n  shop:a: 2\n");
    let found = compare(&[record], None, &actual, &[]);
    assert_eq!(messages(&found), ["the stack's configuration file is not the reviewed one"]);
}

#[test]
fn what_somebody_has_edited_or_cut_is_not_read() {
    let record = log(2).record();
    let word = packed(&record).unwrap();
    for end in 0..word.len() {
        assert_eq!(unpacked(&word[..end], &record.digest), None, "{end}");
    }
    let other = log(2).step("delete", "old", json!({}), json!(null)).record();
    assert_eq!(unpacked(&packed(&other).unwrap(), &record.digest), None, "another record under this digest");
    let mut claims = other.clone();
    claims.digest.clone_from(&record.digest);
    assert_eq!(unpacked(&packed(&claims).unwrap(), &record.digest), None, "a record with another's digest");
    assert_eq!(unpacked("%%%", &record.digest), None);
}

#[test]
fn a_record_with_hidden_names_is_not_shown() {
    let mut record = log(2).record();
    record.steps[0].urn = "hidden:0123456789abcdef".to_owned();
    assert_eq!(packed(&record), None);
}

#[test]
fn a_usual_change_is_small() {
    let log = (0..20).fold(PreviewLog::default(), |log, at| {
        log.step("update", &format!("app-{at}"), json!({"n": at, "m": 1}), json!({"n": at + 1, "m": 2}))
    });
    let files: Vec<String> = (0..60).map(|at| format!("infra/shop/lib/module-{at}.ts")).collect();
    let hashes: Vec<String> = (0..60).map(|_| crate::base::random::word()[..22].to_owned()).collect();
    let files: Vec<(&str, &str)> =
        files.iter().map(String::as_str).zip(hashes.iter().map(String::as_str)).collect();
    let mut change = log.change(WantedGoals::default());
    change.made_from = made_from(&files, "");
    let word = packed(&change.seal(&ReviewKey::random())).unwrap();
    assert!(word.len() < 4000, "{}", word.len());
}
