//! The order of stacks: which one comes after which, who says so, and where that goes round in a circle.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::words::enum_of_words;

enum_of_words! {
    /// Who says that a stack comes after another one.
    #[derive(PartialOrd, Ord)]
    pub enum OrderSource {
        /// The stack's state: its last deployment has read the other one's outputs.
        State = "state",
        /// The program or the stack's configuration: it names the other stack.
        Code = "code",
        /// `fleet.depends-on`.
        Declared = "declared",
    }
}

/// The stacks that a stack comes after, each by its number, and who says so.
pub type ComesAfter = BTreeMap<usize, BTreeSet<OrderSource>>;

/// The order of a number of stacks, each known by its number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StackOrder {
    after: Vec<ComesAfter>,
}

impl StackOrder {
    /// The order of so many stacks, of which none comes after another yet.
    pub fn new(stacks: usize) -> Self {
        Self { after: vec![ComesAfter::new(); stacks] }
    }

    /// Lets `stack` come after `other`. That a stack reads its own outputs is no order.
    pub fn add(&mut self, stack: usize, other: usize, source: OrderSource) {
        let is_there = other < self.after.len() && stack != other;
        if let Some(after) = self.after.get_mut(stack).filter(|_| is_there) {
            after.entry(other).or_default().insert(source);
        }
    }

    /// The number of stacks.
    pub fn len(&self) -> usize {
        self.after.len()
    }

    /// Whether there is no stack.
    pub fn is_empty(&self) -> bool {
        self.after.is_empty()
    }

    /// The stacks that `stack` comes after.
    pub fn after(&self, stack: usize) -> &ComesAfter {
        static NOTHING: ComesAfter = ComesAfter::new();
        self.after.get(stack).unwrap_or(&NOTHING)
    }

    /// The other way round: what is built up last is taken down first.
    #[must_use]
    pub fn reversed(&self) -> Self {
        let mut reversed = Self::new(self.len());
        for (stack, after) in self.after.iter().enumerate() {
            for (other, sources) in after {
                for source in sources {
                    reversed.add(*other, stack, *source);
                }
            }
        }
        reversed
    }

    /// The stacks that come right after each stack.
    pub fn followers(&self) -> Vec<Vec<usize>> {
        let mut followers = vec![Vec::new(); self.len()];
        for (stack, after) in self.after.iter().enumerate() {
            for other in after.keys() {
                if let Some(followers) = followers.get_mut(*other) {
                    followers.push(stack);
                }
            }
        }
        followers
    }

    /// The stacks one after the other, so that each comes after all that it has to, and else in the order of their numbers.
    /// What is in a circle, or behind one, is left out.
    pub fn sequence(&self) -> Vec<usize> {
        let followers = self.followers();
        let mut open: Vec<usize> = self.after.iter().map(BTreeMap::len).collect();
        let mut ready: BTreeSet<usize> =
            open.iter().enumerate().filter(|(_, open)| **open == 0).map(|(stack, _)| stack).collect();
        let mut sequence = Vec::with_capacity(self.len());
        while let Some(stack) = ready.pop_first() {
            sequence.push(stack);
            for follower in followers.get(stack).into_iter().flatten() {
                if let Some(open) = open.get_mut(*follower) {
                    *open -= 1;
                    if *open == 0 {
                        ready.insert(*follower);
                    }
                }
            }
        }
        sequence
    }

    /// The place of each stack: 1 for one that comes after nothing, else one more than the last that it comes after. None in a
    /// circle and behind one.
    pub fn places(&self) -> Vec<Option<usize>> {
        let mut places = vec![None; self.len()];
        for stack in self.sequence() {
            let before =
                self.after(stack).keys().filter_map(|other| places.get(*other).copied().flatten()).max();
            if let Some(place) = places.get_mut(stack) {
                *place = Some(before.unwrap_or(0) + 1);
            }
        }
        places
    }

    /// A circle: each stack of it comes after the next one, and the last one after the first. None if there is no circle.
    pub fn circle(&self) -> Option<Vec<usize>> {
        let placed: BTreeSet<usize> = self.sequence().into_iter().collect();
        // Whoever follows what has no place comes to a circle, as only a circle has no end.
        let unplaced = |stack: usize| self.after(stack).keys().copied().find(|other| !placed.contains(other));
        let mut way: Vec<usize> = vec![(0..self.len()).find(|stack| !placed.contains(stack))?];
        loop {
            let next = unplaced(*way.last()?)?;
            if let Some(begin) = way.iter().position(|stack| *stack == next) {
                return Some(way.split_off(begin));
            }
            way.push(next);
        }
    }

    /// The time that each stack and the longest row of its followers take, from the times of the stacks alone.
    pub fn longest_rest(&self, seconds: &[f64]) -> Vec<f64> {
        let followers = self.followers();
        let mut rest = vec![0.0; self.len()];
        for stack in self.sequence().into_iter().rev() {
            let behind = followers.get(stack).into_iter().flatten();
            let longest = behind.filter_map(|one| rest.get(*one).copied()).fold(0.0, f64::max);
            if let Some(own) = rest.get_mut(stack) {
                *own = seconds.get(stack).copied().unwrap_or(0.0) + longest;
            }
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(stacks: usize, pairs: &[(usize, usize)]) -> StackOrder {
        let mut order = StackOrder::new(stacks);
        for (stack, other) in pairs {
            order.add(*stack, *other, OrderSource::Code);
        }
        order
    }

    #[test]
    fn each_stack_comes_after_those_that_it_reads() {
        let order = order(4, &[(0, 3), (3, 2), (1, 2)]);
        assert_eq!(order.sequence(), [2, 1, 3, 0]);
        assert_eq!(order.places(), [Some(3), Some(2), Some(1), Some(2)]);
    }

    #[test]
    fn the_other_way_round_who_reads_goes_first() {
        assert_eq!(order(3, &[(0, 1), (1, 2)]).reversed().sequence(), [0, 1, 2]);
    }

    #[test]
    fn a_circle_is_named_without_what_leads_to_it() {
        let order = order(5, &[(0, 1), (1, 2), (2, 3), (3, 1)]);
        assert_eq!(order.circle(), Some(vec![1, 2, 3]));
        assert_eq!(order.sequence(), [4]);
        assert_eq!(order.places()[0], None);
    }

    #[test]
    fn a_stack_that_reads_itself_is_no_circle() {
        assert_eq!(order(1, &[(0, 0)]).circle(), None);
    }

    #[test]
    fn all_who_say_so_are_kept() {
        let mut order = order(2, &[(0, 1)]);
        order.add(0, 1, OrderSource::State);
        assert_eq!(order.after(0)[&1], BTreeSet::from([OrderSource::State, OrderSource::Code]));
    }

    #[test]
    fn the_longest_row_of_followers_counts() {
        let order = order(4, &[(1, 0), (2, 1), (3, 0)]);
        assert_eq!(order.longest_rest(&[1.0, 2.0, 3.0, 10.0]), [11.0, 5.0, 3.0, 10.0]);
    }
}
