//! Several reviewed changes against a run that deploys all of them.

use serde_json::{Value, json};

use crate::report::{DifferenceKind, ReviewComparison, ReviewKey, ReviewRecord};
use crate::reviewed::change::MadeFrom;
use crate::reviewed::compare::compare;
use crate::reviewed::config::StackConfig;
use crate::reviewed::testing::{PreviewLog, made_from};
use crate::reviewed::wanted::WantedGoals;

const CONFIG: &str = "config:\n  shop:a: 1\n  shop:b: 1\n";

/// The record of a change that is made from this.
fn record(log: &PreviewLog, made_from: MadeFrom) -> ReviewRecord {
    let mut change = log.change(WantedGoals::default());
    change.made_from = made_from;
    change.seal(&ReviewKey::random())
}

fn run(log: &PreviewLog, made_from: MadeFrom, records: &[ReviewRecord]) -> ReviewComparison {
    let mut actual = log.change(WantedGoals::by_records(records, None));
    actual.made_from = made_from;
    compare(records, None, &actual, &[])
}

fn kinds(comparison: &ReviewComparison) -> Vec<DifferenceKind> {
    comparison.differences.iter().map(|difference| difference.kind).collect()
}

fn update(name: &str, path: &str, new: i32) -> PreviewLog {
    PreviewLog::default().step("update", name, json!({path: 1}), json!({path: new}))
}

fn both(one: &PreviewLog, other: &PreviewLog) -> PreviewLog {
    PreviewLog([one.0.clone(), other.0.clone()].concat())
}

#[test]
fn two_merges_five_minutes_apart_are_deployed_together() {
    let (one, other) = (update("a", "n", 2), update("b", "n", 2));
    let records = [
        record(&one, made_from(&[("a.ts", "2"), ("b.ts", "1")], "config:\n  shop:a: 2\n  shop:b: 1\n")),
        record(&other, made_from(&[("a.ts", "1"), ("b.ts", "2")], "config:\n  shop:a: 1\n  shop:b: 2\n")),
    ];
    let merged = made_from(&[("a.ts", "2"), ("b.ts", "2")], "config:\n  shop:a: 2\n  shop:b: 2\n");
    let comparison = run(&both(&one, &other), merged.clone(), &records);
    assert!(comparison.passed(), "{:?}", comparison.differences);
    assert_eq!(kinds(&run(&one, merged.clone(), &records)), [DifferenceKind::StepMissing]);
    let more = both(&one, &other).step("create", "c", Value::Null, json!({}));
    assert_eq!(kinds(&run(&more, merged, &records)), [DifferenceKind::StepMore]);
}

#[test]
fn each_file_is_one_of_the_reviewed_ones_and_none_is_lost() {
    let log = PreviewLog::default();
    let records = [
        record(&log, made_from(&[("a", "2"), ("b", "1"), ("new", "1")], CONFIG)),
        record(&log, made_from(&[("a", "1"), ("b", "2")], CONFIG)),
    ];
    let with = |files: &[(&str, &str)]| kinds(&run(&log, made_from(files, CONFIG), &records));
    assert_eq!(with(&[("a", "2"), ("b", "2"), ("new", "1")]), []);
    assert_eq!(with(&[("a", "3"), ("b", "2"), ("new", "1")]), [DifferenceKind::Source]);
    assert_eq!(with(&[("a", "2"), ("b", "2"), ("new", "1"), ("x", "1")]), [DifferenceKind::Source]);
    // Without `new`, which one of them brings: whoever deploys this has lost it.
    assert_eq!(with(&[("a", "2"), ("b", "2")]), [DifferenceKind::Source]);
    assert_eq!(with(&[("a", "1"), ("b", "2")]), [], "all of it is the other one");
}

#[test]
fn files_that_no_record_names_are_not_put_together() {
    let log = PreviewLog::default();
    let mut records =
        [record(&log, made_from(&[("a", "2")], CONFIG)), record(&log, made_from(&[("a", "1")], CONFIG))];
    records[1].files.clear();
    assert_eq!(
        kinds(&run(&log, made_from(&[("a", "2"), ("b", "1")], CONFIG), &records)),
        [DifferenceKind::Source]
    );
    assert_eq!(kinds(&run(&log, made_from(&[("a", "2")], CONFIG), &records)), []);
}

#[test]
fn each_entry_of_the_configuration_is_one_of_the_reviewed_ones() {
    let log = PreviewLog::default();
    let config = |text: &str| made_from(&[("a", "1")], text);
    let records = [
        record(&log, config("config:\n  a: 2\n  b: 1\n")),
        record(&log, config("config:\n  a: 1\n  b: 2\n")),
    ];
    let with = |text: &str| kinds(&run(&log, config(text), &records));
    assert_eq!(with("config:\n  a: 2\n  b: 2\n"), []);
    assert_eq!(with("config:\n  a: 2\n  b: 3\n"), [DifferenceKind::Config]);
    assert_eq!(with("config:\n  a: 2\n"), [DifferenceKind::Config]);
    assert_eq!(with("config:\n  a: 2\n  b: 2\nsecretsprovider: x\n"), [DifferenceKind::Config]);
    assert!(!with("not: [yaml").is_empty());
}

#[test]
fn properties_of_one_resource_come_from_several_changes() {
    let state = json!({"n": 1, "m": 1});
    let log = |op: &str, new: Value| PreviewLog::default().step(op, "app", state.clone(), new);
    let same = made_from(&[("a", "1")], CONFIG);
    let records = [
        record(&log("update", json!({"n": 2, "m": 1})), same.clone()),
        record(&log("update", json!({"n": 1, "m": 2})), same.clone()),
    ];
    let with = |actual: &PreviewLog| kinds(&run(actual, same.clone(), &records));
    assert_eq!(with(&log("update", json!({"n": 2, "m": 2}))), []);
    assert_eq!(with(&log("update", json!({"n": 2, "m": 3}))), [DifferenceKind::OtherValue]);
    // The second one is lost, or is superseded by the first: alone, it is exactly what that one said.
    assert_eq!(with(&log("update", json!({"n": 2, "m": 1}))), []);
    assert!(with(&log("replace", json!({"n": 2, "m": 2}))).contains(&DifferenceKind::OtherOperation));
}

#[test]
fn an_update_of_one_and_a_replacement_of_another_are_one_replacement() {
    let (old, new) = (json!({"n": 1, "region": "eu"}), json!({"n": 2, "region": "us"}));
    let same = made_from(&[("a", "1")], CONFIG);
    let update = PreviewLog::default().step("update", "db", old.clone(), json!({"n": 2, "region": "eu"}));
    let replace = PreviewLog::default().replaced("db", &old, &json!({"n": 1, "region": "us"}));
    let records = [record(&update, same.clone()), record(&replace, same.clone())];
    let actual = PreviewLog::default().replaced("db", &old, &new);
    let comparison = run(&actual, same.clone(), &records);
    assert!(comparison.passed(), "{:?}", comparison.differences);
    let other = PreviewLog::default().replaced("db", &old, &json!({"n": 3, "region": "us"}));
    assert!(!run(&other, same, &records).passed());
}

#[test]
fn a_later_change_of_the_same_property_counts_unless_something_goes() {
    let same = made_from(&[("a", "1")], CONFIG);
    let (first, second) = (both(&update("app", "n", 2), &update("x", "n", 2)), update("app", "n", 3));
    let actual = both(&second, &update("x", "n", 2));
    let records = [record(&first, same.clone()), record(&second, same.clone())];
    let comparison = run(&actual, same.clone(), &records);
    assert!(comparison.passed(), "{:?}", comparison.differences);
    // What goes was reviewed together with the value that is lost.
    let delete = PreviewLog::default().step("delete", "old", json!({}), Value::Null);
    let records = [record(&both(&first, &delete), same.clone()), record(&second, same.clone())];
    let comparison = run(&both(&actual, &delete), same, &records);
    assert_eq!(kinds(&comparison), [DifferenceKind::PropertyMissing]);
}

#[test]
fn every_change_was_reviewed_with_the_engine_that_deploys() {
    let log = PreviewLog::default();
    let same = made_from(&[("a", "1"), ("b", "1")], CONFIG);
    let mut records = [
        record(&log, made_from(&[("a", "1"), ("b", "2")], CONFIG)),
        record(&log, made_from(&[("a", "2"), ("b", "1")], CONFIG)),
    ];
    assert_eq!(kinds(&run(&log, same.clone(), &records)), []);
    records[1].engine = "3.1.0".to_owned();
    assert_eq!(kinds(&run(&log, same.clone(), &records)), [DifferenceKind::Engine]);
    records[1].stack = "other".to_owned();
    assert_eq!(kinds(&run(&log, same, &records)), [DifferenceKind::Stack], "one that is about another stack");
}

#[test]
fn one_change_that_says_it_all_is_enough() {
    let same = made_from(&[("a", "1")], CONFIG);
    let renamed = |name: &str| {
        PreviewLog::default().step("create", name, Value::Null, json!({"n": 1})).step(
            "delete",
            "old",
            json!({"n": 1}),
            Value::Null,
        )
    };
    // The second is made on top of the first, and previewed before the first was deployed.
    let records = [
        record(&renamed("first"), made_from(&[("a", "0")], CONFIG)),
        record(&renamed("second"), same.clone()),
    ];
    let comparison = run(&renamed("second"), same.clone(), &records);
    assert!(comparison.passed(), "{:?}", comparison.differences);
    assert!(!run(&renamed("third"), same, &records).passed());
}

#[test]
fn what_the_input_config_sets_is_bound_by_key_and_value_though_the_file_is_the_same() {
    let set = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let config = StackConfig::from_text(CONFIG, pairs.collect());
        MadeFrom { config, ..made_from(&[("a", "1")], CONFIG) }
    };
    let log = update("a", "n", 2);
    let records = [record(&log, set(&[("shop:size", "1"), ("shop:zone", "a")]))];
    let told = |pairs: &[(&str, &str)]| {
        let found = run(&log, set(pairs), &records).differences;
        found.into_iter().map(|difference| difference.message).collect::<Vec<_>>()
    };
    assert_eq!(told(&[("shop:size", "1"), ("shop:zone", "a")]), Vec::<String>::new());
    for (pairs, expected) in [
        (
            &[("shop:size", "2"), ("shop:zone", "a")][..],
            "the input `config` sets `shop:size` to another value than the reviewed one",
        ),
        (
            &[("shop:size", "1")],
            "the input `config` set `shop:zone` when the change was reviewed, and does not",
        ),
        (
            &[("shop:size", "1"), ("shop:zone", "a"), ("x:y", "1")],
            "the input `config` sets `x:y`, which was not reviewed",
        ),
    ] {
        assert_eq!(told(pairs), [expected]);
    }
}

#[test]
fn a_key_in_a_record_that_is_not_its_own_is_told_apart_from_a_review_key_that_is_missing() {
    let log = update("a", "n", 2);
    let mut record = record(&log, made_from(&[("a", "1")], CONFIG));
    let told = |record: &ReviewRecord| {
        let found = run(&log, made_from(&[("a", "1")], CONFIG), std::slice::from_ref(record)).differences;
        found.into_iter().map(|difference| difference.message).collect::<Vec<_>>()
    };
    record.key = Some("another".to_owned());
    assert_eq!(told(&record), ["the record's key is not the one that it was made with"]);
    record.key = None;
    assert_eq!(told(&record), ["the review was made with a `review-key`, and this run has none"]);
}

#[test]
fn a_file_that_one_of_two_changes_has_taken_away_is_refused_in_words_that_say_why() {
    let (one, other) = (update("a", "n", 2), update("b", "n", 2));
    let records = [
        record(&one, made_from(&[("a.ts", "2"), ("old.ts", "1")], CONFIG)),
        record(&other, made_from(&[("a.ts", "1")], CONFIG)),
    ];
    let found = run(&both(&one, &other), made_from(&[("a.ts", "2")], CONFIG), &records);
    assert_eq!(kinds(&found), [DifferenceKind::Source]);
    assert!(found.differences[0].message.contains("whether another one has taken it away can't be told"));
}
