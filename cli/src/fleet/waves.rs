//! The waves of a fleet: a few stacks first, then more, and the next wave only after the one before has ended well.

use std::collections::BTreeSet;

use super::order::StackOrder;
use crate::base::error::{Error, Result};

/// How many stacks have been begun when a wave is over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WaveSize {
    /// So many.
    Stacks(usize),
    /// So much of all, in percent.
    Share(f64),
}

impl WaveSize {
    /// Reads `3` or `10%`.
    ///
    /// # Errors
    /// It is neither, or it is nothing, or more than all.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            Error::input(
                format!("`{text}` is no size of a wave"),
                "write a number of stacks (`1`) or a share of all (`10%`): `waves: [1, 10%, 100%]`",
            )
        };
        if let Some(share) = text.strip_suffix('%') {
            let share: f64 = share.trim().parse().map_err(|_| wrong())?;
            return (share > 0.0 && share <= 100.0).then_some(Self::Share(share)).ok_or_else(wrong);
        }
        let stacks: usize = text.parse().map_err(|_| wrong())?;
        (stacks > 0).then_some(Self::Stacks(stacks)).ok_or_else(wrong)
    }

    /// So many stacks of `all`: a share of some is one at least.
    pub fn of_all(self, all: usize) -> usize {
        match self {
            Self::Stacks(stacks) => stacks.min(all),
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a share of a number of stacks, from 0 to all of them"
            )]
            Self::Share(share) => ((all as f64 * share / 100.0).ceil() as usize).min(all),
        }
    }
}

/// The wave of each stack, the first one is 1. A stack is in no earlier wave than any that it comes after. The stacks in
/// `canaries`, and what they come after, are the first ones; what `sizes` leave is one wave more.
pub fn waves(order: &StackOrder, sizes: &[WaveSize], canaries: &BTreeSet<usize>) -> Vec<usize> {
    let mut waves = vec![1; order.len()];
    let mut ends: Vec<usize> = sizes.iter().map(|size| size.of_all(order.len())).collect();
    let first = with_what_they_need(order, canaries);
    match ends.first_mut() {
        Some(end) => *end = (*end).max(first.len()),
        None if !first.is_empty() => ends.push(first.len()),
        None => {}
    }
    ends.push(order.len());
    let (mut line, rest): (Vec<usize>, Vec<usize>) =
        order.sequence().into_iter().partition(|stack| first.contains(stack));
    line.extend(rest);
    for (at, stack) in line.into_iter().enumerate() {
        let before = ends.iter().filter(|end| at >= **end).count();
        if let Some(wave) = waves.get_mut(stack) {
            *wave = before + 1;
        }
    }
    in_a_row(&mut waves);
    waves
}

/// The stacks, and all that they come after.
fn with_what_they_need(order: &StackOrder, stacks: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut all = BTreeSet::new();
    let mut open: Vec<usize> = stacks.iter().copied().collect();
    while let Some(stack) = open.pop() {
        if all.insert(stack) {
            open.extend(order.after(stack).keys());
        }
    }
    all
}

/// Leaves out the numbers of waves that have no stack.
fn in_a_row(waves: &mut [usize]) {
    let there: Vec<usize> = waves.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    for wave in waves {
        *wave = there.binary_search(wave).map_or(1, |at| at + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::super::order::OrderSource;
    use super::*;

    fn sizes(texts: &[&str]) -> Vec<WaveSize> {
        texts.iter().map(|text| WaveSize::parse(text).unwrap()).collect()
    }

    #[test]
    fn each_size_is_of_all_that_have_been_begun_by_then() {
        let waves = waves(&StackOrder::new(20), &sizes(&["1", "10%", "50%"]), &BTreeSet::new());
        let count = |wave: usize| waves.iter().filter(|one| **one == wave).count();
        assert_eq!([1, 2, 3, 4, 5].map(count), [1, 1, 8, 10, 0]);
    }

    #[test]
    fn what_a_canary_comes_after_goes_with_it() {
        let mut order = StackOrder::new(4);
        order.add(3, 2, OrderSource::Code);
        let waves = waves(&order, &sizes(&["2"]), &BTreeSet::from([3]));
        assert_eq!(waves, [2, 2, 1, 1]);
    }

    #[test]
    fn canaries_are_a_wave_of_their_own_however_many_they_are() {
        let wave = |sizes: &[WaveSize]| waves(&StackOrder::new(4), sizes, &BTreeSet::from([1, 3]));
        assert_eq!(wave(&[]), [2, 1, 2, 1]);
        assert_eq!(wave(&sizes(&["1"])), [2, 1, 2, 1]);
        assert_eq!(wave(&sizes(&["3"])), [1, 1, 2, 1]);
    }

    #[test]
    fn no_stack_is_before_what_it_comes_after() {
        let mut order = StackOrder::new(6);
        for stack in 0..5 {
            order.add(stack, stack + 1, OrderSource::State);
        }
        assert_eq!(waves(&order, &sizes(&["1", "50%"]), &BTreeSet::new()), [3, 3, 3, 2, 2, 1]);
    }

    #[test]
    fn without_sizes_there_is_one_wave() {
        assert_eq!(waves(&StackOrder::new(3), &[], &BTreeSet::new()), [1, 1, 1]);
    }

    #[test]
    fn a_small_fleet_has_no_empty_waves() {
        assert_eq!(waves(&StackOrder::new(2), &sizes(&["1", "10%", "100%"]), &BTreeSet::new()), [1, 2]);
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in ["0", "0%", "101%", "-1", "x", "", "%", "NaN%"] {
            assert!(WaveSize::parse(text).is_err(), "{text}");
        }
    }
}
