//! Finds where two sequences differ: lines of a text, words of a line, items of a list.
//!
//! The work is bounded without a clock. Small sequences are left to a library
//! (<https://docs.rs/imara-diff/0.2/imara_diff/enum.Algorithm.html>), which takes minutes for a hundred thousand items
//! of few kinds. Large ones are divided before ([`super::anchors`]); if that fails the answer is coarser, and still
//! true.

use std::hash::Hash;

use imara_diff::{Algorithm, Diff, InternedInput, Interner};

use super::anchors;
use super::differing::{DifferingRun, ranges, trimmed};

/// The most items of both sides together that are compared without being divided.
const SMALL: usize = 2000;

/// The runs in which `old` and `new` differ, in their order.
pub(super) fn runs<T: Eq + Hash>(
    old: impl Iterator<Item = T>,
    new: impl Iterator<Item = T>,
) -> Vec<DifferingRun> {
    let mut input = InternedInput { before: Vec::new(), after: Vec::new(), interner: Interner::new(0) };
    input.update_before(old);
    input.update_after(new);
    let ids = |tokens: &[imara_diff::Token]| tokens.iter().map(|token| token.0).collect::<Vec<_>>();
    let (old, new) = (ids(&input.before), ids(&input.after));
    let middle = trimmed(&old, &new, &DifferingRun { old: 0..old.len(), new: 0..new.len() });
    match middle.len() {
        0 => Vec::new(),
        1..=SMALL => {
            let mut diff = Diff::compute(Algorithm::Histogram, &input);
            diff.postprocess_no_heuristic(&input);
            ranges(&diff)
        }
        _ => anchors::runs(&old, &new, middle),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn runs_of(old: &[u32], new: &[u32]) -> Vec<DifferingRun> {
        runs(old.iter(), new.iter())
    }

    #[test]
    fn an_inserted_item_is_one_run() {
        let old: Vec<u32> = (0..118).collect();
        let new: Vec<u32> = std::iter::once(999).chain(0..118).collect();
        assert_eq!(runs_of(&old, &new), [DifferingRun { old: 0..0, new: 0..1 }]);
    }

    /// A small generator: the same numbers in every run.
    pub struct Dice(pub u64);

    impl Dice {
        pub fn roll(&mut self, sides: u32) -> u32 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            u32::try_from(self.0 >> 33).unwrap() % sides
        }
    }

    #[test]
    fn what_stands_between_the_runs_is_equal() {
        let mut dice = Dice(1);
        for round in 0..600 {
            let sides = 1 + dice.roll(6 + round);
            let mut list =
                |most: u32| -> Vec<u32> { (0..dice.roll(most)).map(|_| dice.roll(sides)).collect() };
            let (old, new) = if round % 10 == 0 { (list(4000), list(4000)) } else { (list(60), list(60)) };
            let whole = DifferingRun { old: 0..old.len(), new: 0..new.len() };
            for found in [runs_of(&old, &new), anchors::runs(&old, &new, whole)] {
                are_equal_between(&found, &old, &new);
            }
        }
    }

    /// Expects that all items that are in no run are equal.
    pub fn are_equal_between(runs: &[DifferingRun], old: &[u32], new: &[u32]) {
        let (mut at, mut at_new) = (0, 0);
        for run in runs {
            assert_eq!(old[at..run.old.start], new[at_new..run.new.start], "{old:?} {new:?}");
            (at, at_new) = (run.old.end, run.new.end);
        }
        assert_eq!(old[at..], new[at_new..], "{old:?} {new:?}");
    }

    #[test]
    fn two_changes_in_a_long_sequence_are_two_runs() {
        let old: Vec<u32> = (0..100_000).collect();
        for kinds in [100_000, 3, 1] {
            let mut old: Vec<u32> = old.iter().map(|n| n % kinds).collect();
            let mut new = old.clone();
            (old[5], new[5], old[99_000], new[99_000]) = (100_001, 100_002, 100_003, 100_004);
            assert_eq!(
                runs_of(&old, &new),
                [
                    DifferingRun { old: 5..6, new: 5..6 },
                    DifferingRun { old: 99_000..99_001, new: 99_000..99_001 }
                ]
            );
        }
    }

    #[test]
    fn sequences_with_nothing_in_common_and_equal_items_end_soon() {
        let (old, new) = (0..100_000_u32, 100_000..200_000_u32);
        assert_eq!(runs(old, new), [DifferingRun { old: 0..100_000, new: 0..100_000 }]);
        let mut dice = Dice(1);
        let mut few = || (0..200_000).map(|_| dice.roll(3)).collect::<Vec<u32>>();
        assert!(!runs_of(&few(), &few()).is_empty());
    }
}
