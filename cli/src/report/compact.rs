//! Shortens values that are too large for a result file: the difference stays, with the size and the hash of each side.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::change::Change;
use super::hunks::{DiffRoom, TextDiff, Texts};
use super::model::{OutputChange, PropertyDiff, Report};
use super::value::weight;
use crate::report::concealed::HIDDEN;

/// The largest value in bytes that is kept; a larger one is replaced by its digest.
const VALUE_BYTES: usize = 16 * 1024;
/// The most bytes of the hunks of one value.
const HUNK_BYTES: usize = 32 * 1024;
/// The size in bytes of all values together from which on there is less room for each.
const CROWDED_BYTES: usize = 16 * 1024 * 1024;
/// The size in bytes of all values together from which on only digests are added.
const FULL_BYTES: usize = 24 * 1024 * 1024;

/// The steps by which a difference is made smaller: unchanged lines are dropped first.
const ROOMS: [DiffRoom; 4] = [
    DiffRoom { context: 3, lines: usize::MAX, width: 4000 },
    DiffRoom { context: 1, lines: usize::MAX, width: 1000 },
    DiffRoom { context: 0, lines: usize::MAX, width: 400 },
    DiffRoom { context: 0, lines: usize::MAX, width: 200 },
];
const CROWDED: DiffRoom = DiffRoom { context: 0, lines: 10, width: 120 };
const NO_ROOM: DiffRoom = DiffRoom { context: 0, lines: 0, width: 0 };

impl Report {
    /// The report with every large value replaced by its digest and its difference.
    #[must_use]
    pub(super) fn compacted(mut self) -> Self {
        let mut used = 0;
        let remediations = self.policies.remediations.iter_mut().map(|remediation| &mut remediation.diffs);
        let diffs = self.steps.iter_mut().map(|step| &mut step.diffs).chain(remediations).flatten();
        for PropertyDiff { old, new, text_diff, .. } in diffs {
            compact(old, new, text_diff, &mut used);
        }
        for OutputChange { old, new, text_diff, change, .. } in &mut self.output_changes {
            // The other side may not be shown, so there is nothing to compare with.
            if *change == Change::Update && old.is_some() != new.is_some() && text_diff.is_none() {
                *text_diff = Some(TextDiff { notes: vec![HIDDEN.to_owned()], ..TextDiff::default() });
                for value in [&mut *old, &mut *new].into_iter().flatten() {
                    *value = digest(&text_of(value));
                }
            }
            compact(old, new, text_diff, &mut used);
        }
        self
    }
}

fn compact(old: &mut Option<Value>, new: &mut Option<Value>, text: &mut Option<TextDiff>, used: &mut usize) {
    let size = |value: &Option<Value>| value.as_ref().map_or(0, weight);
    let limit = if *used > CROWDED_BYTES { 1024 } else { VALUE_BYTES };
    if text.is_none() && (size(old) > limit || size(new) > limit) {
        let [was, is] = [&*old, &*new].map(|value| value.as_ref().map(text_of).unwrap_or_default());
        let mut found = match *used {
            used if used <= CROWDED_BYTES => fitting(&was, &is),
            used if used <= FULL_BYTES => TextDiff::between(&was, &is, CROWDED),
            _ => TextDiff::between(&was, &is, NO_ROOM),
        };
        if was == is {
            found.notes.push(HIDDEN.to_owned());
        }
        *text = Some(found);
        for (value, text) in [(old, was), (new, is)] {
            if value.is_some() {
                *value = Some(digest(&text));
                *used += 128;
            }
        }
    } else {
        *used += size(old) + size(new);
    }
    *used += text.as_ref().map_or(0, TextDiff::weight);
}

/// As much of the difference as fits into [`HUNK_BYTES`].
fn fitting(old: &str, new: &str) -> TextDiff {
    let texts = Texts::between(old, new);
    let mut found = TextDiff::default();
    let mut last = NO_ROOM;
    for room in ROOMS {
        (found, last) = (texts.hunks(room), room);
        if found.weight() <= HUNK_BYTES {
            break;
        }
    }
    // Then as many changed lines as fit, estimated by their average length.
    while found.weight() > HUNK_BYTES && last.lines > 0 {
        let lines = found.changed_lines().min(last.lines);
        let fewer = lines.saturating_mul(HUNK_BYTES) / found.weight().max(1);
        last.lines = fewer.min(lines - lines.min(1 + lines / 50));
        found = texts.hunks(last);
    }
    TextDiff { notes: texts.notes(), ..found }
}

/// A string as it is, everything else as JSON on many lines.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    }
}

/// The digest in place of a large value.
fn digest(text: &str) -> Value {
    let hash = Sha256::digest(text.as_bytes());
    json!({ "sha256": format!("{hash:x}"), "bytes": text.len(), "lines": text.lines().count() })
}
