//! The reviewed change as a comment holds it: the record packed into one word.
//!
//! Values are compared only with the input `review-key`: a key of the record's own would stand in the comment as well, and
//! whoever reads it could try values. So a record with such a key is packed without values, and of its configuration only the
//! file's hash is left. A comment is a pointer: what it holds counts only if it has the digest that stands beside it.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::digest::digest_of;
use crate::report::{PathChange, REVIEW_VERSION, ReviewKey, ReviewRecord, ReviewedValue};

/// The most bytes that a packed record is unpacked to.
const LARGEST: u64 = 4 << 20;

/// The record in one word of letters, digits, `-` and `_`. None for a record that hides names, which can be compared only with
/// its key.
pub fn packed(record: &ReviewRecord) -> Option<String> {
    if record.hides_names() {
        return None;
    }
    let mut record = if record.key.is_some() { without_values(record) } else { record.clone() };
    record.not_bound = Vec::new();
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&serde_json::to_vec(&record).ok()?).ok()?;
    Some(URL_SAFE_NO_PAD.encode(encoder.finish().ok()?))
}

/// The record in a word that [`packed`] made, if it has this digest. None for everything else: the word is from a comment.
pub fn unpacked(word: &str, digest: &str) -> Option<ReviewRecord> {
    let bytes = URL_SAFE_NO_PAD.decode(word).ok()?;
    let mut text = Vec::new();
    DeflateDecoder::new(bytes.as_slice()).take(LARGEST).read_to_end(&mut text).ok()?;
    let record: ReviewRecord = serde_json::from_slice(&text).ok()?;
    let is_whole = record.v == REVIEW_VERSION && record.digest == digest && digest_of(&record) == digest;
    // A key that stands in a comment would let its readers try values.
    let has_safe_key = record.key.as_deref().is_none_or(|key| ReviewKey::of_record(key).is_without_values());
    (is_whole && has_safe_key && !record.hides_names()).then_some(record)
}

/// The record with each value replaced by the one hash that stands for all of them.
fn without_values(record: &ReviewRecord) -> ReviewRecord {
    let key = ReviewKey::without_values();
    let hash = key.value(&[]);
    let blind = |value: Option<ReviewedValue>| match value {
        Some(ReviewedValue::Hash(_)) => Some(ReviewedValue::Hash(hash.clone())),
        other => other,
    };
    let change = |change: PathChange| PathChange { old: blind(change.old), new: blind(change.new), ..change };
    let mut record = record.clone();
    for step in &mut record.steps {
        step.id = blind(step.id.take());
        step.paths =
            std::mem::take(&mut step.paths).into_iter().map(|(path, one)| (path, change(one))).collect();
    }
    record.outputs =
        std::mem::take(&mut record.outputs).into_iter().map(|(path, one)| (path, change(one))).collect();
    record.config.entries.clear();
    record.config.set.values_mut().for_each(|value| value.clone_from(&hash));
    record.key = key.in_record().map(str::to_owned);
    record.key_check = key.check();
    record.sealed_with = None;
    record
}

#[cfg(test)]
mod tests;
