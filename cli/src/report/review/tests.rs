//! The record as JSON, and masked.

use super::*;
use crate::base::secret::Secret;
use crate::report::Change;

fn step(urn: &str, paths: &[(&str, &str)]) -> ReviewStep {
    let change = |text: &str| PathChange::try_from(text.to_owned()).unwrap();
    ReviewStep {
        urn: urn.to_owned(),
        op: "update".to_owned(),
        provider: None,
        protect: false,
        retain: false,
        id: Some(ReviewedValue::Hash("abc".to_owned())),
        paths: paths.iter().map(|(path, text)| ((*path).to_owned(), change(text))).collect(),
    }
}

fn record(steps: Vec<ReviewStep>) -> ReviewRecord {
    ReviewRecord {
        v: REVIEW_VERSION,
        digest: format!("sha256:{}", "0123456789abcdef".repeat(4)),
        operation: Operation::Up,
        backend: "0123456789ab".to_owned(),
        stack: "shop/prod".to_owned(),
        source: String::new(),
        files: BTreeMap::new(),
        config: ReviewConfig::default(),
        engine: "3.276.0".to_owned(),
        plugins: Vec::new(),
        key: None,
        key_check: String::new(),
        steps,
        outputs: BTreeMap::new(),
        not_bound: Vec::new(),
        is_compared: false,
        sealed_with: None,
    }
}

#[test]
fn a_change_is_one_short_text() {
    for text in
        ["add hmac:a_-9", "update secret secret", "update hmac:a unknown", "delete asset:0f", "update"]
    {
        let change = PathChange::try_from(text.to_owned()).unwrap();
        assert_eq!(String::from(change.clone()), text);
        assert_eq!(PathChange::between(change.old.clone(), change.new.clone()), change);
    }
    for text in
        ["", "add", "add secret secret", "delete", "update secret", "add hmac:", "add text", "Add secret"]
    {
        assert!(PathChange::try_from(text.to_owned()).is_err(), "{text}");
    }
    assert_eq!(PathChange::between(None, Some(ReviewedValue::Unknown)).kind, Change::Add);
}

#[test]
fn a_record_reads_as_it_was_written() {
    let record = record(vec![step("urn:pulumi:prod::shop::t:t:T::a", &[("tags.x", "add hmac:abc")])]);
    let text = serde_json::to_string(&record).unwrap();
    assert!(text.contains(r#""paths":{"tags.x":"add hmac:abc"}"#), "{text}");
    assert_eq!(serde_json::from_str::<ReviewRecord>(&text).unwrap(), record);
    assert_eq!(record.short_digest(), "sha256:0123456789ab");
}

#[test]
fn a_name_with_a_secret_in_it_is_hidden_and_can_still_be_compared() {
    let key = ReviewKey::random();
    let mask = |text: &str| text.replace("hunter2", "***");
    let urn = "urn:pulumi:prod::shop::t:t:T::hunter2";
    let mut plain = record(vec![step(urn, &[("hunter2", "add secret"), ("tags", "add secret")])]);
    plain.sealed_with = Some(key.clone());
    assert!(!plain.hides_names());
    let masked = plain.masked(&mask);
    let text = serde_json::to_string(&masked).unwrap();
    assert!(!text.contains("hunter2") && text.contains("tags"), "{text}");
    assert_eq!(masked.steps[0].urn, key.hidden(urn));
    assert!(masked.steps[0].paths.contains_key(&key.hidden("hunter2")));
    assert!(masked.hides_names());
}

#[test]
fn a_key_hashes_by_what_a_text_is_and_never_shows() {
    let (one, other) = (ReviewKey::of_secret(&Secret::new("k".repeat(20))), ReviewKey::random());
    assert_eq!(one.in_record(), None);
    assert_eq!(other.check(), ReviewKey::of_record(other.in_record().unwrap()).check());
    assert_ne!(one.check(), other.check());
    assert_ne!(one.value(b"a"), one.hidden("a").replace(HIDDEN_NAME, ""));
    assert_eq!(one.value(b"a").len(), 22);
    assert_eq!(format!("{other:?}"), "ReviewKey(***)");
}
