//! The short form of a reviewed change, for the marker of a comment: its digest and its shape. A comment is a pointer that
//! anybody may have edited, and proves nothing: its digest counts only if it is the one of what the run is about to do.

use std::collections::BTreeMap;

use super::digest::is_digest;
use crate::report::{REVIEW_VERSION, ReviewRecord};

/// The longest text that is read, in bytes.
const LONGEST: usize = 400;

/// The most kinds of operations that are counted one by one.
const KINDS: usize = 8;

/// What a comment says of a reviewed change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShortReview {
    /// The version of the record.
    pub v: u32,
    /// The digest of the change.
    pub digest: String,
    /// How many steps of each operation it has.
    pub shape: BTreeMap<String, u64>,
}

impl ShortReview {
    /// The short form of a record.
    pub fn from_record(record: &ReviewRecord) -> Self {
        let mut shape = BTreeMap::new();
        for step in &record.steps {
            // Whatever an operation to come is called, it fits into a marker.
            let plain = step.op.len() <= 24 && step.op.bytes().all(is_plain);
            let op = if plain && !step.op.is_empty() { step.op.as_str() } else { "other" };
            let op = if shape.len() < KINDS || shape.contains_key(op) { op } else { "other" };
            *shape.entry(op.to_owned()).or_default() += 1;
        }
        Self { v: record.v, digest: record.digest.clone(), shape }
    }

    /// The text: `1;sha256:…;create=3,update=1`. It has no blanks, quotes or brackets, and at most 400 bytes.
    pub fn write(&self) -> String {
        let shape: Vec<String> = self.shape.iter().map(|(op, count)| format!("{op}={count}")).collect();
        format!("{};{};{}", self.v, self.digest, shape.join(","))
    }

    /// Reads [`ShortReview::write`]. None for anything else: the text is from a comment.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let mut parts = text.split(';');
        let (v, digest, shape) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || !is_digest(digest) || v != REVIEW_VERSION {
            return None;
        }
        let counts = shape.split(',').filter(|count| !count.is_empty()).map(|count| {
            let (op, count) = count.split_once('=')?;
            (!op.is_empty() && op.bytes().all(is_plain)).then_some((op.to_owned(), count.parse().ok()?))
        });
        Some(Self { v, digest: digest.to_owned(), shape: counts.collect::<Option<_>>()? })
    }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::reviewed::testing::PreviewLog;

    #[test]
    fn a_record_has_its_digest_and_its_counts_in_a_marker() {
        let log = PreviewLog::default()
            .step("create", "a", json!(null), json!({}))
            .step("create", "b", json!(null), json!({}))
            .step("Some --> Day", "c", json!({}), json!({}));
        let record = log.record();
        let short = ShortReview::from_record(&record);
        assert_eq!(short.write(), format!("1;{};create=2,other=1", record.digest));
        assert_eq!(ShortReview::parse(&short.write()), Some(short));
    }

    #[test]
    fn a_marker_stays_short() {
        let log = (0..100).fold(PreviewLog::default(), |log, at| {
            log.step(&format!("an-operation-to-come-{at}"), "a", json!({}), json!({}))
        });
        let short = ShortReview::from_record(&log.record());
        assert!(short.write().len() <= LONGEST, "{}", short.write());
        assert_eq!(short.shape.values().sum::<u64>(), 100);
        assert_eq!(ShortReview::parse(&short.write()), Some(short));
    }

    #[test]
    fn an_edited_comment_is_none_or_says_what_it_says() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for text in [
            "",
            "1",
            &digest,
            &format!("1;{digest}"),
            &format!("2;{digest};"),
            &format!("1;{digest};create=x"),
            &format!("1;{digest};=1"),
            &format!("1;{digest};create=1;more"),
            &format!("1;{};", digest.to_uppercase()),
            &format!("1;{digest};{}", "create=1,".repeat(100)),
        ] {
            assert_eq!(ShortReview::parse(text), None, "{text}");
        }
        assert!(ShortReview::parse(&format!("1;{digest};")).is_some());
    }
}
