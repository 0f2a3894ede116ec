//! One reviewed change against what one run is about to do.

use serde_json::{Value, json};

use crate::base::secret::Secret;
use crate::report::{DifferenceKind, Operation, ReviewComparison, ReviewKey, ReviewRecord};
use crate::reviewed::change::ProposedChange;
use crate::reviewed::compare::compare;
use crate::reviewed::testing::{PreviewLog, UNKNOWN, asset, made_from, secret, urn};
use crate::reviewed::wanted::WantedGoals;

/// A change with a bit of everything.
fn reviewed() -> PreviewLog {
    PreviewLog::default()
        .provider("1.2.3")
        .step("create", "new", Value::Null, json!({"size": 1, "tags": {"a": "x"}, "page": asset("0a")}))
        .step("update", "app", json!({"n": 1, "key": secret()}), json!({"n": 2, "key": secret()}))
        .outputs(json!({"url": "a"}), json!({"url": "b"}))
}

/// The same change, with something that is replaced and something that goes.
fn destructive() -> PreviewLog {
    reviewed().replaced("db", &json!({"region": "eu"}), &json!({"region": "us"})).step(
        "delete",
        "old",
        json!({"x": 1}),
        Value::Null,
    )
}

fn kinds(comparison: &ReviewComparison) -> Vec<DifferenceKind> {
    comparison.differences.iter().map(|difference| difference.kind).collect()
}

/// The kinds of differences to a reviewed change.
fn differ(reviewed: &PreviewLog, actual: &PreviewLog) -> Vec<DifferenceKind> {
    let comparison = actual.against(&[reviewed.record()]);
    assert_eq!(comparison.passed(), comparison.differences.is_empty());
    kinds(&comparison)
}

/// The kinds of differences where the run itself is another one.
fn changed(change: impl FnOnce(&mut ProposedChange)) -> Vec<DifferenceKind> {
    let record = reviewed().record();
    let mut actual = reviewed().change(WantedGoals::by_records(std::slice::from_ref(&record), None));
    change(&mut actual);
    kinds(&compare(&[record], None, &actual, &[]))
}

#[test]
fn the_reviewed_change_passes_again() {
    for log in [reviewed(), destructive(), PreviewLog::default()] {
        let comparison = log.against(&[log.record()]);
        assert!(comparison.passed(), "{:?}", comparison.differences);
        assert_eq!((comparison.done, comparison.reviewed.len()), (0, 1));
    }
}

#[test]
fn nothing_passes_without_a_review() {
    let comparison = PreviewLog::default().against(&[]);
    assert!(!comparison.passed());
    assert_eq!(kinds(&comparison), [DifferenceKind::Digest]);
}

#[test]
fn the_order_of_the_events_does_not_matter() {
    let mut log = destructive();
    log.0.reverse();
    // The beginning of each step comes before its end.
    log.0.sort_by_key(|event| event.get("resourcePreEvent").is_none());
    assert_eq!(differ(&destructive(), &log), []);
    assert_eq!(destructive().record().digest, log.record().digest);
}

#[test]
fn a_swapped_artifact_is_refused() {
    let other =
        PreviewLog::default().provider("1.2.3").step("update", "other", json!({"n": 1}), json!({"n": 2}));
    let found = differ(&other, &reviewed());
    assert!(
        found.contains(&DifferenceKind::StepMore) && found.contains(&DifferenceKind::StepMissing),
        "{found:?}"
    );
}

#[test]
fn another_stack_backend_or_command_is_refused_before_anything_else() {
    assert_eq!(changed(|run| run.identity.stack = "dev".to_owned()), [DifferenceKind::Stack]);
    assert_eq!(changed(|run| run.identity.project = Some("net".to_owned())), [DifferenceKind::Stack]);
    assert_eq!(changed(|run| run.identity.organization = Some("acme".to_owned())), [DifferenceKind::Stack]);
    assert_eq!(
        changed(|run| run.identity.backend = Some("ba9876543210".to_owned())),
        [DifferenceKind::Backend]
    );
    assert_eq!(changed(|run| run.operation = Operation::Destroy), [DifferenceKind::Command]);
}

#[test]
fn a_record_of_another_version_or_without_its_key_is_refused() {
    let with = |change: fn(&mut ReviewRecord)| {
        let mut record = reviewed().record();
        change(&mut record);
        kinds(&reviewed().against(&[record]))
    };
    assert_eq!(with(|record| record.v = 2), [DifferenceKind::Version]);
    assert_eq!(with(|record| record.key = Some("other".to_owned())), [DifferenceKind::Key]);
    assert_eq!(with(|record| record.key = None), [DifferenceKind::Key]);
}

#[test]
fn a_review_key_has_to_be_the_same_one() {
    let [key, other] = ["k", "o"].map(|letter| ReviewKey::of_secret(&Secret::new(letter.repeat(20))));
    let record = reviewed().change(WantedGoals::default()).seal(&key);
    assert_eq!(record.key, None);
    let actual = reviewed().change(WantedGoals::default());
    let with = |key: Option<&ReviewKey>| kinds(&compare(std::slice::from_ref(&record), key, &actual, &[]));
    assert_eq!(with(Some(&key)), []);
    assert_eq!(with(Some(&other)), [DifferenceKind::Key]);
    assert_eq!(with(None), [DifferenceKind::Key]);
}

#[test]
fn another_version_of_a_provider_or_of_the_engine_is_refused() {
    let mut log = reviewed();
    let at = log.0.len();
    log = log.provider("1.2.4");
    log.0.swap(0, at);
    log.0.swap(1, at + 1);
    log.0.truncate(at);
    assert_eq!(differ(&reviewed(), &log), [DifferenceKind::Plugin]);
    assert_eq!(changed(|run| run.engine = "3.277.0".to_owned()), [DifferenceKind::Engine]);
    assert_eq!(changed(|run| run.engine = "v3.276.0".to_owned()), []);
}

#[test]
fn another_file_is_refused_by_its_name() {
    let record = reviewed().record();
    let config = "config:\n  shop:a: 1\n";
    let mut actual = reviewed().change(WantedGoals::default());
    for (files, expected) in [
        (
            &[("infra/index.ts", "z"), ("infra/Pulumi.yaml", "b")][..],
            "the file `infra/index.ts` is not the reviewed one",
        ),
        (&[("infra/index.ts", "a")], "the file `infra/Pulumi.yaml` was reviewed, and is not there"),
        (
            &[("infra/index.ts", "a"), ("infra/Pulumi.yaml", "b"), ("x", "c")],
            "the file `x` was not there when the change was reviewed",
        ),
    ] {
        actual.made_from = made_from(files, config);
        let comparison = compare(std::slice::from_ref(&record), None, &actual, &[]);
        let told: Vec<&str> = comparison.differences.iter().map(|found| found.message.as_str()).collect();
        assert_eq!(told, [expected]);
    }
}

#[test]
fn another_source_is_refused_where_files_are_not_named_or_look_the_same() {
    assert_eq!(
        changed(|run| run.made_from.source.digest = "sha256:other".to_owned()),
        [DifferenceKind::Source]
    );
    assert_eq!(
        changed(|run| {
            run.made_from.source.digest = "sha256:other".to_owned();
            run.made_from.source.files.clear();
        }),
        [DifferenceKind::Source]
    );
}

#[test]
fn a_changed_secret_shows_in_the_configuration_only() {
    let config = |secret: &str| format!("config:\n  shop:pw:\n    secure: {secret}\n");
    let files = &[("a", "a")];
    let mut before = reviewed().change(WantedGoals::default());
    before.made_from = made_from(files, &config("v1:AAAA"));
    let record = before.seal(&ReviewKey::random());
    let mut actual = before.clone();
    actual.made_from = made_from(files, &config("v1:AAAB"));
    let comparison = compare(&[record], None, &actual, &[]);
    assert_eq!(
        comparison.differences[0].message,
        "the key `shop:pw` of the stack's configuration is not the reviewed one"
    );
    assert_eq!(comparison.differences.len(), 1);
}

#[test]
fn a_comment_in_the_configuration_file_is_another_file() {
    let files = &[("infra/index.ts", "a"), ("infra/Pulumi.yaml", "b")];
    assert_eq!(
        changed(|run| run.made_from = made_from(files, "# x\nconfig:\n  shop:a: 1\n")),
        [DifferenceKind::Config]
    );
}

#[test]
fn drift_in_between_is_told_as_another_value_before() {
    let actual = PreviewLog::default().step("update", "app", json!({"n": 3}), json!({"n": 2}));
    let log = PreviewLog::default().step("update", "app", json!({"n": 1}), json!({"n": 2}));
    let comparison = actual.against(&[log.record()]);
    assert_eq!(kinds(&comparison), [DifferenceKind::OtherValue]);
    assert_eq!(
        comparison.differences[0].message,
        "`app` (test:index:Thing): `n` had another value when the change was reviewed"
    );
}

#[test]
fn a_further_step_a_further_property_and_another_value_are_refused() {
    let log = PreviewLog::default().step("update", "app", json!({"n": 1}), json!({"n": 2}));
    let more = log.clone().step("create", "x", Value::Null, json!({}));
    assert_eq!(differ(&log, &more), [DifferenceKind::StepMore]);
    let twice = log.clone().step("update", "app", json!({"n": 1}), json!({"n": 2}));
    assert_eq!(differ(&log, &twice), [DifferenceKind::StepMore]);
    for (new, expected) in [
        (json!({"n": 3}), DifferenceKind::OtherValue),
        (json!({"n": UNKNOWN}), DifferenceKind::OtherValue),
        (json!({"n": secret()}), DifferenceKind::OtherValue),
        (json!({"n": 2, "m": 1}), DifferenceKind::PropertyMore),
    ] {
        let actual = PreviewLog::default().step("update", "app", json!({"n": 1}), new);
        assert_eq!(differ(&log, &actual), [expected]);
    }
    let gone = PreviewLog::default().step("update", "app", json!({"n": 1, "m": 1}), json!({"n": 2}));
    assert_eq!(differ(&log, &gone), [DifferenceKind::PropertyMore]);
}

#[test]
fn a_changed_asset_byte_is_refused() {
    let with = |hash: &str| {
        PreviewLog::default().step("update", "page", json!({"a": asset("00")}), json!({"a": asset(hash)}))
    };
    assert_eq!(differ(&with("0a"), &with("0a")), []);
    assert_eq!(differ(&with("0a"), &with("0b")), [DifferenceKind::OtherValue]);
}

#[test]
fn unknown_turned_replace_is_refused() {
    let log = PreviewLog::default().step("update", "db", json!({"region": "eu"}), json!({"region": UNKNOWN}));
    let actual = PreviewLog::default().replaced("db", &json!({"region": "eu"}), &json!({"region": "us"}));
    let found = differ(&log, &actual);
    assert!(found.contains(&DifferenceKind::OtherOperation), "{found:?}");
}

#[test]
fn what_was_not_known_may_be_any_value_of_the_same_step() {
    let log = PreviewLog::default().step(
        "update",
        "app",
        json!({"n": 1, "m": 1}),
        json!({"n": UNKNOWN, "m": UNKNOWN}),
    );
    let actual =
        PreviewLog::default().step("update", "app", json!({"n": 1, "m": 1}), json!({"n": 5, "m": 1}));
    assert_eq!(differ(&log, &actual), [], "`m` turned out to stay as it is");
    let gone = PreviewLog::default().step("update", "app", json!({"n": 1, "m": 1}), json!({"m": 1}));
    assert_eq!(differ(&log, &gone), [DifferenceKind::OtherValue]);
}

#[test]
fn a_delete_that_lost_its_create_is_refused() {
    let log = PreviewLog::default().step("create", "new", Value::Null, json!({"n": 1})).step(
        "delete",
        "old",
        json!({"n": 1}),
        Value::Null,
    );
    let actual = PreviewLog::default().step("delete", "old", json!({"n": 1}), Value::Null);
    let comparison = actual.against(&[log.record()]);
    assert_eq!(kinds(&comparison), [DifferenceKind::StepMissing]);
    assert_eq!(comparison.differences[0].urn.as_deref(), Some(&*urn("new")));
    let done = actual.clone().step("same", "new", json!({"n": 1}), json!({"n": 1}));
    let comparison = done.against(&[log.record()]);
    assert!(comparison.passed(), "{:?}", comparison.differences);
    assert_eq!(comparison.done, 1);
    let otherwise = actual.step("same", "new", json!({"n": 2}), json!({"n": 2}));
    assert_eq!(differ(&log, &otherwise), [DifferenceKind::StepMissing]);
}

#[test]
fn what_was_not_known_proves_nothing_where_something_goes() {
    let log = |others: &PreviewLog| {
        others.clone().step("create", "new", Value::Null, json!({"n": UNKNOWN, "m": 1}))
    };
    let done =
        |others: PreviewLog| others.step("same", "new", json!({"n": 4, "m": 1}), json!({"n": 4, "m": 1}));
    let nothing = PreviewLog::default();
    assert_eq!(differ(&log(&nothing), &done(nothing)), []);
    let update = PreviewLog::default().step("update", "app", json!({"n": 1}), json!({"n": 2}));
    assert_eq!(differ(&log(&update), &done(update)), []);
    let delete = PreviewLog::default().step("delete", "old", json!({"n": 1}), Value::Null);
    assert_eq!(differ(&log(&delete), &done(delete)), [DifferenceKind::StepMissing]);
    let replace = PreviewLog::default().replaced("db", &json!({"region": "eu"}), &json!({"region": "us"}));
    assert_eq!(differ(&log(&replace), &done(replace)), [DifferenceKind::StepMissing]);
}

#[test]
fn a_run_that_was_killed_halfway_is_finished() {
    let log = destructive();
    // The new resources are there, and the old ones are still to go.
    let rest = PreviewLog::default()
        .provider("1.2.3")
        .step(
            "same",
            "new",
            json!({"size": 1, "tags": {"a": "x"}, "page": asset("0a")}),
            json!({"size": 1, "tags": {"a": "x"}, "page": asset("0a")}),
        )
        .step("same", "app", json!({"n": 2, "key": secret()}), json!({"n": 2, "key": secret()}))
        .step("same", "db", json!({"region": "us"}), json!({"region": "us"}))
        .step("delete-replaced", "db", json!({"region": "eu"}), Value::Null)
        .step("delete", "old", json!({"x": 1}), Value::Null)
        .outputs(json!({"url": "b"}), json!({"url": "b"}));
    let comparison = rest.against(&[log.record()]);
    assert!(comparison.passed(), "{:?}", comparison.differences);
    assert_eq!(comparison.done, 4);
    let mut all_done = rest.clone();
    all_done.0.retain(|event| !event.to_string().contains("delete"));
    let comparison = all_done.against(&[log.record()]);
    assert!(comparison.passed(), "{:?}", comparison.differences);
    assert_eq!(comparison.done, 6);
}

#[test]
fn an_update_without_changes_finishes_a_creation_that_was_reviewed() {
    let log = PreviewLog::default()
        .step("create", "new", Value::Null, json!({"n": 1}))
        .replaced("db", &json!({"region": "eu"}), &json!({"region": "us"}))
        .step("delete", "old", json!({"x": 1}), Value::Null);
    let unready = |n: u8, region: &str| {
        PreviewLog::default()
            .step("update", "new", json!({"n": n}), json!({"n": n}))
            .step("update", "db", json!({"region": region}), json!({"region": region}))
            .step("delete", "old", json!({"x": 1}), Value::Null)
    };
    let comparison = unready(1, "us").against(&[log.record()]);
    assert!(comparison.passed(), "{:?}", comparison.differences);
    assert_eq!(comparison.done, 4);
    let otherwise = [DifferenceKind::OtherOperation, DifferenceKind::StepMissing];
    assert_eq!(differ(&log, &unready(2, "us")), otherwise);
    assert!(!unready(1, "eu").against(&[log.record()]).passed());
    let nobody_s = PreviewLog::default().step("update", "app", json!({"n": 1}), json!({"n": 1}));
    assert_eq!(differ(&PreviewLog::default(), &nobody_s), [DifferenceKind::StepMore]);
    let deleted = PreviewLog::default().step("delete", "app", json!({"n": 1}), Value::Null);
    assert!(!nobody_s.against(&[deleted.record()]).passed());
}

#[test]
fn a_replacement_that_lost_a_part_is_refused() {
    let (old, new) = (json!({"region": "eu"}), json!({"region": "us"}));
    let log = PreviewLog::default().replaced("db", &old, &new);
    for lost in ["create-replacement", "replace"] {
        let mut actual = log.clone();
        actual.0.retain(|event| !event.to_string().contains(&format!("\"op\":\"{lost}\"")));
        assert_eq!(differ(&log, &actual), [DifferenceKind::StepMissing], "{lost}");
    }
    let only_delete = PreviewLog::default().step("delete-replaced", "db", old.clone(), Value::Null);
    assert_eq!(differ(&log, &only_delete), [DifferenceKind::StepMissing, DifferenceKind::StepMissing]);
    let deleted = PreviewLog::default().step("delete", "db", old, Value::Null);
    assert!(differ(&log, &deleted).contains(&DifferenceKind::OtherOperation));
}

#[test]
fn a_resource_that_was_to_go_and_is_still_there_is_refused() {
    let log = PreviewLog::default().step("delete", "old", json!({"n": 1}), Value::Null);
    assert_eq!(differ(&log, &PreviewLog::default()), []);
    let stays = PreviewLog::default().step("same", "old", json!({"n": 1}), json!({"n": 1}));
    assert_eq!(differ(&log, &stays), [DifferenceKind::StepMissing]);
    let record = log.record();
    let mut actual =
        PreviewLog::default().change(WantedGoals::by_records(std::slice::from_ref(&record), None));
    actual.proposal.is_partial = true;
    assert_eq!(
        kinds(&compare(std::slice::from_ref(&record), None, &actual, &[])),
        [DifferenceKind::StepMissing]
    );
    let not_looked_for = PreviewLog::default().change(WantedGoals::default());
    assert_eq!(kinds(&compare(&[record], None, &not_looked_for, &[])), [DifferenceKind::StepMissing]);
}

#[test]
fn a_renamed_resource_is_two_other_steps() {
    let log = PreviewLog::default().step("update", "app", json!({"n": 1}), json!({"n": 2}));
    let actual = PreviewLog::default().step("create", "app2", Value::Null, json!({"n": 2})).step(
        "delete",
        "app",
        json!({"n": 1}),
        Value::Null,
    );
    assert_eq!(
        differ(&log, &actual),
        [DifferenceKind::StepMore, DifferenceKind::OtherOperation, DifferenceKind::StepMissing]
    );
}

#[test]
fn another_resource_at_the_provider_and_other_options_are_refused() {
    let log = PreviewLog::default().step("delete", "old", json!({"n": 1}), Value::Null);
    for (from, to, named) in [
        ("\"id\":\"id-old\"", "\"id\":\"id-other\"", "its ID at the provider"),
        ("\"custom\":true", "\"custom\":true,\"protect\":true", "`protect`"),
        ("\"custom\":true", "\"custom\":true,\"retainOnDelete\":true", "`retainOnDelete`"),
        ("default_1_2_3", "default_9", "its provider"),
    ] {
        let events =
            log.0.iter().map(|event| serde_json::from_str(&event.to_string().replace(from, to)).unwrap());
        let comparison = PreviewLog(events.collect()).against(&[log.record()]);
        assert_eq!(kinds(&comparison), [DifferenceKind::OtherResource]);
        assert!(comparison.differences[0].message.ends_with(named), "{}", comparison.differences[0].message);
    }
}

#[test]
fn two_resources_of_one_urn_are_told_apart_by_their_ids() {
    let left = |id: &str| {
        let log = PreviewLog::default().step("delete-replaced", "db", json!({"n": 1}), Value::Null);
        let events =
            log.0.iter().map(|event| serde_json::from_str(&event.to_string().replace("id-db", id)).unwrap());
        events.collect::<Vec<Value>>()
    };
    let both = PreviewLog([left("a"), left("b")].concat());
    assert_eq!(differ(&both, &both), []);
    assert_eq!(differ(&both, &PreviewLog([left("b"), left("a")].concat())), []);
    assert_eq!(differ(&both, &PreviewLog(left("b"))), [], "one of them is gone already");
    assert_eq!(differ(&both, &PreviewLog::default()), []);
    assert!(!differ(&both, &PreviewLog([left("b"), left("c")].concat())).is_empty());
    assert!(!differ(&both, &PreviewLog([left("a"), left("b"), left("c")].concat())).is_empty());
    assert_eq!(differ(&PreviewLog(left("a")), &both), [DifferenceKind::StepMore]);
}

#[test]
fn a_stack_output_is_compared_like_a_property() {
    let log = |old: Value, new: Value| PreviewLog::default().outputs(old, new);
    let before = log(json!({"url": "a", "n": 1}), json!({"url": "b", "n": 1}));
    for (old, new, expected) in [
        (json!({"url": "a", "n": 1}), json!({"url": "b", "n": 1}), None),
        (json!({"url": "b", "n": 1}), json!({"url": "b", "n": 1}), None),
        (
            json!({"url": "a", "n": 1}),
            json!({"url": "c", "n": 1}),
            Some("`url` gets another value than the reviewed one"),
        ),
        (
            json!({"url": "z", "n": 1}),
            json!({"url": "b", "n": 1}),
            Some("`url` had another value when the change was reviewed"),
        ),
        (
            json!({"url": "a", "n": 1}),
            json!({"url": "b", "n": 2}),
            Some("`n` changes, which was not reviewed"),
        ),
        (
            json!({"url": "a", "n": 1}),
            json!({"url": "a", "n": 1}),
            Some("`url` was to change, and stays as it is"),
        ),
    ] {
        let comparison = log(old, new).against(&[before.record()]);
        let told: Vec<&str> = comparison.differences.iter().map(|found| found.message.as_str()).collect();
        assert_eq!(
            told,
            expected.map(|expected| format!("the stack output {expected}")).into_iter().collect::<Vec<_>>()
        );
    }
    let unknown = log(json!({"url": "a"}), json!({"url": UNKNOWN}));
    let known = log(json!({"url": "a"}), json!({"url": "c"}));
    assert!(known.against(&[unknown.record()]).passed());
    assert!(log(json!({"url": "a"}), json!({"url": "a"})).against(&[unknown.record()]).passed());
    assert!(!unknown.against(&[known.record()]).passed());
}

#[test]
fn a_tolerance_lets_a_value_differ_and_never_an_operation() {
    let log = |at: &str| {
        PreviewLog::default().step("update", "app", json!({"n": 1, "at": "0"}), json!({"n": 2, "at": at}))
    };
    let passes = |actual: &PreviewLog| actual.against_with(&[log("1").record()], &["**::app#at"]).passed();
    assert!(!log("2").against(&[log("1").record()]).passed());
    assert!(passes(&log("2")));
    assert!(passes(&log("0")), "by chance it did not change");
    let without = PreviewLog::default().step("update", "app", json!({"n": 1, "at": "0"}), json!({"n": 2}));
    assert!(!passes(&without), "it goes");
    let more = log("2").step("update", "other", json!({"at": "0"}), json!({"at": "1"}));
    assert!(!passes(&more), "a step is never tolerated");
    let other =
        PreviewLog::default().step("update", "app", json!({"n": 1, "at": "0"}), json!({"n": 3, "at": "2"}));
    assert!(!passes(&other));
    let created =
        |at: &str| PreviewLog::default().step("create", "app", Value::Null, json!({"n": 2, "at": at}));
    assert!(created("2").against_with(&[created("1").record()], &["**::app#at"]).passed());
    let bare = PreviewLog::default().step("create", "app", Value::Null, json!({"n": 2}));
    assert!(!created("2").against_with(&[bare.record()], &["**::app#at"]).passed(), "it comes");
    let done =
        PreviewLog::default().step("same", "app", json!({"n": 2, "at": "7"}), json!({"n": 2, "at": "7"}));
    assert!(done.against_with(&[log("1").record()], &["**::app#at"]).passed());
    assert!(!done.against(&[log("1").record()]).passed());
    let output = |at: &str| PreviewLog::default().outputs(json!({"at": "0"}), json!({"at": at}));
    let stack = "**::pulumi:pulumi:Stack::*#at";
    assert!(output("2").against_with(&[output("1").record()], &[stack]).passed());
    assert!(!output("2").against_with(&[output("1").record()], &["**::app#at"]).passed());
}

#[test]
fn a_name_that_a_provider_makes_up_may_differ_wherever_it_stands() {
    let log = |random: &str| {
        let name = format!("logs-{random}");
        PreviewLog::default()
            .step("create", "logs", Value::Null, json!({"bucket": name, "__defaults": ["bucket"]}))
            .step("create", "policy", Value::Null, json!({"on": format!("arn:{name}/*")}))
    };
    assert_eq!(differ(&log("0a1b2c3"), &log("9f8e7d6")), []);
    let other = log("9f8e7d6").0.iter().map(|event| event.to_string().replace("/*", "/")).collect::<Vec<_>>();
    let other = PreviewLog(other.iter().map(|text| serde_json::from_str(text).unwrap()).collect());
    assert_eq!(differ(&log("0a1b2c3"), &other), [DifferenceKind::OtherValue]);
    // The bucket is there now, with the name that it got.
    let rest = PreviewLog::default()
        .step("same", "logs", json!({}), json!({"bucket": "logs-5555555", "__defaults": ["bucket"]}))
        .step("create", "policy", Value::Null, json!({"on": "arn:logs-5555555/*"}));
    assert_eq!(differ(&log("0a1b2c3"), &rest), []);
}

#[test]
fn names_with_a_secret_in_them_are_compared_and_not_told() {
    let mask = |text: &str| text.replace("hunter2", "***");
    let log = |n: i32| {
        PreviewLog::default()
            .step("update", "hunter2", json!({"n": 1, "hunter2": 1}), json!({"n": n, "hunter2": 2}))
            .step("delete", "x-hunter2", json!({}), Value::Null)
    };
    let report = crate::report::report(
        crate::report::Events::default(),
        crate::report::Facts::new(Operation::Preview, "prod", crate::report::Ending::Exited(0), 0),
    );
    let record = crate::report::Report { review: Some(Box::new(log(2).record())), ..report };
    let record = record.masked(&mask).into_inner().review.unwrap();
    assert!(!serde_json::to_string(&record).unwrap().contains("hunter2"));
    let comparison = log(2).against(std::slice::from_ref(&record));
    assert!(comparison.passed(), "{:?}", comparison.differences);
    assert_eq!(kinds(&log(3).against(std::slice::from_ref(&record))), [DifferenceKind::OtherValue]);
    let done = PreviewLog::default().step("same", "hunter2", json!({}), json!({"n": 2, "hunter2": 2}));
    let comparison = done.against(std::slice::from_ref(&record));
    assert!(comparison.passed(), "{:?}", comparison.differences);
    let missing = PreviewLog::default().against(std::slice::from_ref(&record));
    assert_eq!(
        missing.differences[0].message,
        "a resource whose name holds a secret: the reviewed `update` is missing, and the resource is not as it was to be"
    );
}

#[test]
fn only_the_first_differences_are_told() {
    let log = (0..150)
        .fold(PreviewLog::default(), |log, at| log.step("create", &format!("r{at}"), Value::Null, json!({})));
    let comparison = log.against(&[PreviewLog::default().record()]);
    assert_eq!((comparison.differences.len(), comparison.more), (100, 50));
}
