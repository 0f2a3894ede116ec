//! Runs of items that differ between two sequences, and the comparison of few items.

use imara_diff::{Algorithm, Diff};
use std::ops::Range;

/// A run of items that differs: these of the old sequence are replaced by these of the new one. One of the two may be
/// empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DifferingRun {
    pub old: Range<usize>,
    pub new: Range<usize>,
}

impl DifferingRun {
    /// The number of items on both sides together.
    pub fn len(&self) -> usize {
        self.old.len() + self.new.len()
    }
}

/// [`super::align::runs`] for few items, given as numbers from 0 to `kinds`.
pub(super) fn small(old: &[u32], new: &[u32], kinds: u32) -> Vec<DifferingRun> {
    let token = |ids: &[u32]| ids.iter().map(|id| imara_diff::Token(*id)).collect::<Vec<_>>();
    let mut diff = Diff::default();
    diff.compute_with(Algorithm::Histogram, &token(old), &token(new), kinds);
    ranges(&diff)
}

/// `run` without the items that both sides have in common at the beginning and at the end.
pub(super) fn trimmed(old: &[u32], new: &[u32], run: &DifferingRun) -> DifferingRun {
    let (a, b) = (old.get(run.old.clone()).unwrap_or_default(), new.get(run.new.clone()).unwrap_or_default());
    let head = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let rest = a.len().min(b.len()) - head;
    let tail = a.iter().rev().zip(b.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    DifferingRun {
        old: run.old.start + head..run.old.end - tail,
        new: run.new.start + head..run.new.end - tail,
    }
}

pub(super) fn ranges(diff: &Diff) -> Vec<DifferingRun> {
    let wide = |range: Range<u32>| range.start as usize..range.end as usize;
    diff.hunks().map(|hunk| DifferingRun { old: wide(hunk.before), new: wide(hunk.after) }).collect()
}
