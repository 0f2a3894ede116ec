//! Where two sequences differ: lines of a text, words of a line, items of a list.
//!
//! The work is bounded without a clock: sequences that have hardly anything in common, or are made of few different
//! items, get a coarser answer, which is still true. <https://docs.rs/imara-diff/0.2/imara_diff/enum.Algorithm.html>

use std::hash::Hash;
use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput, Interner};

/// A run of items that differs: these of the old sequence are replaced by these of the new one. One may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub old: Range<usize>,
    pub new: Range<usize>,
}

impl Run {
    /// The items at the same place of both sides.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        self.old.clone().zip(self.new.clone())
    }
}

/// The runs in which `old` and `new` differ, in their order.
pub(super) fn runs<T: Eq + Hash>(old: impl Iterator<Item = T>, new: impl Iterator<Item = T>) -> Vec<Run> {
    let input = interned(old, new);
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_no_heuristic(&input);
    ranges(&diff)
}

/// [`runs`] for items of which there are few different ones, such as characters.
pub(super) fn runs_of_few<T: Eq + Hash>(
    old: impl Iterator<Item = T>,
    new: impl Iterator<Item = T>,
) -> Vec<Run> {
    ranges(&Diff::compute(Algorithm::Myers, &interned(old, new)))
}

fn interned<T: Eq + Hash>(old: impl Iterator<Item = T>, new: impl Iterator<Item = T>) -> InternedInput<T> {
    let mut input = InternedInput { before: Vec::new(), after: Vec::new(), interner: Interner::new(0) };
    input.update_before(old);
    input.update_after(new);
    input
}

fn ranges(diff: &Diff) -> Vec<Run> {
    let wide = |range: Range<u32>| range.start as usize..range.end as usize;
    diff.hunks().map(|hunk| Run { old: wide(hunk.before), new: wide(hunk.after) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(old: &[u32], new: &[u32]) -> Vec<Run> {
        runs(old.iter(), new.iter())
    }

    #[test]
    fn an_inserted_item_is_one_run() {
        let old: Vec<u32> = (0..118).collect();
        let new: Vec<u32> = std::iter::once(999).chain(0..118).collect();
        assert_eq!(of(&old, &new), [Run { old: 0..0, new: 0..1 }]);
    }

    #[test]
    fn what_stands_between_the_runs_is_equal() {
        let mut seed = 1_u64;
        let mut dice = |sides: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            u32::try_from((seed >> 33) % sides).unwrap()
        };
        for _ in 0..3000 {
            let sides = 1 + u64::from(dice(6));
            let (long, short) = (dice(60), dice(60));
            let old: Vec<u32> = (0..long).map(|_| dice(sides)).collect();
            let new: Vec<u32> = (0..short).map(|_| dice(sides)).collect();
            for found in [of(&old, &new), runs_of_few(old.iter(), new.iter())] {
                let (mut at, mut at_new) = (0, 0);
                for run in found {
                    assert_eq!(old[at..run.old.start], new[at_new..run.new.start], "{old:?} {new:?}");
                    (at, at_new) = (run.old.end, run.new.end);
                }
                assert_eq!(old[at..], new[at_new..], "{old:?} {new:?}");
            }
        }
    }

    #[test]
    fn sequences_with_nothing_in_common_and_equal_items_end_soon() {
        let (old, new) = (0..100_000_u32, 100_000..200_000_u32);
        assert_eq!(runs(old, new), [Run { old: 0..100_000, new: 0..100_000 }]);
        let few = |start: u32| (0..100_000_u32).map(move |n| (n * n + start) % 3);
        assert!(!runs(few(0), few(1)).is_empty());
        assert!(!runs_of_few(few(0), few(1)).is_empty());
    }
}
