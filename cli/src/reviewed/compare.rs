//! The comparison of what a run is about to do with what was reviewed: pure, and by meaning.
//!
//! What may be deployed is the union of several reviewed changes, for each resource and property. Nothing may come to it:
//! no step, no other operation, no property, no other value. A reviewed step may be missing only if its goal is reached,
//! and where something is deleted or replaced, only what is known proves that. A single record that says it all is enough.

mod inputs;
mod kinds;
mod paths;
mod side;
mod steps;
mod tell;

use std::collections::BTreeSet;

use super::change::ProposedChange;
use super::tolerate::Tolerance;
use crate::report::{DifferenceKind, ReviewComparison, ReviewKey, ReviewRecord};
use side::ReviewedSide;
use tell::Differences;

/// The most differences that are told one by one.
const TOLD: usize = 100;

/// Compares what a run is about to do with the reviewed changes. `review_key` is the key of the records that hold none.
/// Without a record nothing passes.
pub fn compare(
    reviewed: &[ReviewRecord],
    review_key: Option<&ReviewKey>,
    actual: &ProposedChange,
    tolerances: &[Tolerance],
) -> ReviewComparison {
    compare_knowing(reviewed, review_key, actual, tolerances, None)
}

/// Compares as [`compare`] does, and knows what each of the reviewed changes takes away, in their order
/// ([`super::taken_away::taken_away`]): such a file may be missing.
pub fn compare_knowing(
    reviewed: &[ReviewRecord],
    review_key: Option<&ReviewKey>,
    actual: &ProposedChange,
    tolerances: &[Tolerance],
    taken_away: Option<&[BTreeSet<String>]>,
) -> ReviewComparison {
    let digests = reviewed.iter().map(|record| record.digest.clone()).collect();
    if reviewed.is_empty() {
        let message = "there is no reviewed change to compare with".to_owned();
        let differences = vec![tell::general(DifferenceKind::Digest, None, message)];
        return in_words(digests, Differences { differences, done: 0 });
    }
    let about_another = inputs::about_another(reviewed, review_key, actual);
    if !about_another.is_empty() {
        return in_words(digests, Differences { differences: about_another, done: 0 });
    }
    let sides = reviewed.iter().enumerate().filter_map(|(number, record)| {
        let mut side = ReviewedSide::new(record, review_key, actual)?;
        side.takes_away = taken_away.and_then(|all| all.get(number));
        Some(side)
    });
    let sides: Vec<ReviewedSide<'_>> = sides.collect();
    // One change that says it all is enough; else all together have to.
    let alone = sides.iter().filter(|_| sides.len() > 1);
    let mut alone = alone.map(|side| differences(std::slice::from_ref(side), actual, tolerances));
    let found = alone.find(|found| found.differences.is_empty());
    in_words(digests, found.unwrap_or_else(|| differences(&sides, actual, tolerances)))
}

/// Whether all that differs is that files are missing which one of several reviewed changes has, so that it matters which
/// files these changes take away.
pub fn hangs_on_missing_files(comparison: &ReviewComparison, actual: &ProposedChange) -> bool {
    let files = &actual.made_from.source.files;
    comparison.reviewed.len() > 1
        && !comparison.differences.is_empty()
        && comparison.differences.iter().all(|difference| {
            let path = difference.path.as_ref().filter(|_| difference.kind == DifferenceKind::Source);
            path.is_some_and(|path| !files.contains_key(path))
        })
}

/// The differences to the union of these changes.
fn differences(sides: &[ReviewedSide<'_>], actual: &ProposedChange, tolerances: &[Tolerance]) -> Differences {
    let steps = steps::StepComparison { sides, actual, tolerances };
    let mut found = steps.compare();
    found.differences.extend(steps.outputs());
    found.differences.extend(inputs::differences(sides, actual));
    found.differences.sort();
    found.differences.dedup();
    found
}

fn in_words(reviewed: Vec<String>, found: Differences) -> ReviewComparison {
    let mut differences = found.differences;
    let more = differences.len().saturating_sub(TOLD) as u64;
    differences.truncate(TOLD);
    let done = if differences.is_empty() { found.done } else { 0 };
    ReviewComparison { reviewed, differences, more, done }
}

#[cfg(test)]
mod tests;
