//! The result of several tries: so many of them have to pass. It depends on how many there were of each, and never on
//! their order.

use crate::report::CheckOutcome;

/// The tries of a check so far, by their outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    needed: u32,
    of: u32,
    passed: u32,
    unclear: u32,
    failed: u32,
}

impl Tally {
    /// No try yet: `needed` out of `of` have to pass.
    pub fn new(needed: u32, of: u32) -> Self {
        Self { needed, of, passed: 0, unclear: 0, failed: 0 }
    }

    /// Counts a try.
    pub fn count(&mut self, outcome: CheckOutcome) {
        match outcome {
            CheckOutcome::Passed => self.passed += 1,
            CheckOutcome::Inconclusive => self.unclear += 1,
            CheckOutcome::Failed => self.failed += 1,
        }
    }

    /// The outcome, if no further try can change it.
    pub fn decided(self) -> Option<CheckOutcome> {
        let may_pass = self.passed + self.left() >= self.needed;
        let may_fail = self.passed + self.unclear < self.needed;
        match self.outcome() {
            CheckOutcome::Inconclusive if self.left() > 0 && (may_pass || may_fail) => None,
            outcome => Some(outcome),
        }
    }

    /// The outcome if no further try is made: nobody knows how those that are left would have ended. It has failed only
    /// if not even they could have made it pass.
    pub fn outcome(self) -> CheckOutcome {
        if self.passed >= self.needed {
            CheckOutcome::Passed
        } else if self.passed + self.unclear + self.left() < self.needed {
            CheckOutcome::Failed
        } else {
            CheckOutcome::Inconclusive
        }
    }

    fn left(self) -> u32 {
        self.of.saturating_sub(self.passed + self.unclear + self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTCOMES: [CheckOutcome; 3] =
        [CheckOutcome::Passed, CheckOutcome::Inconclusive, CheckOutcome::Failed];

    /// All lists of `length` outcomes.
    fn lists(length: u32) -> Vec<Vec<CheckOutcome>> {
        (0..length).fold(vec![Vec::new()], |lists, _| {
            lists.iter().flat_map(|list| OUTCOMES.map(|next| [list.as_slice(), &[next]].concat())).collect()
        })
    }

    /// What happens if all tries are made and then looked at: each try that is unclear may have been anything, so that
    /// the outcome is known only if it is the same in all cases.
    fn naive(list: &[CheckOutcome], needed: u32) -> CheckOutcome {
        let count = |outcome| u32::try_from(list.iter().filter(|one| **one == outcome).count()).unwrap();
        let (passed, unclear) = (count(CheckOutcome::Passed), count(CheckOutcome::Inconclusive));
        let cases: Vec<bool> = (0..=unclear).map(|more| passed + more >= needed).collect();
        match (cases.contains(&true), cases.contains(&false)) {
            (true, true) => CheckOutcome::Inconclusive,
            (true, false) => CheckOutcome::Passed,
            _ => CheckOutcome::Failed,
        }
    }

    #[test]
    fn no_try_is_made_that_changes_nothing_and_none_is_left_out_that_does() {
        let mut decided_early = 0;
        for of in 1..=7 {
            for needed in 1..=of {
                for list in lists(of) {
                    let mut tally = Tally::new(needed, of);
                    let mut made = 0;
                    while tally.decided().is_none() {
                        tally.count(list[made]);
                        made += 1;
                    }
                    assert_eq!(tally.outcome(), naive(&list, needed), "{needed} of {list:?}");
                    decided_early += u32::from(made < list.len());
                    // Before the last of these tries, the list could have gone on either way.
                    if made > 0 {
                        let before = &list[..made - 1];
                        let rest = |outcome| vec![outcome; list.len() - before.len()];
                        let ends = OUTCOMES.map(|end| naive(&[before, &rest(end)].concat(), needed));
                        assert!(ends.iter().any(|end| *end != ends[0]), "{needed} of {list:?}");
                    }
                }
            }
        }
        assert!(decided_early > 1000, "{decided_early}");
    }

    #[test]
    fn the_order_never_matters() {
        for of in 1..=5 {
            for needed in 1..=of {
                for list in lists(of) {
                    let outcome = |list: &[CheckOutcome]| {
                        let mut tally = Tally::new(needed, of);
                        for one in list {
                            tally.count(*one);
                        }
                        tally.outcome()
                    };
                    let mut sorted = list.clone();
                    sorted.sort();
                    let turned: Vec<_> = list.iter().rev().copied().collect();
                    assert_eq!(outcome(&list), outcome(&sorted));
                    assert_eq!(outcome(&list), outcome(&turned));
                }
            }
        }
    }

    #[test]
    fn tries_that_there_was_no_time_for_are_not_known() {
        let mut tally = Tally::new(5, 6);
        tally.count(CheckOutcome::Passed);
        assert_eq!((tally.decided(), tally.outcome()), (None, CheckOutcome::Inconclusive));
        tally.count(CheckOutcome::Failed);
        assert_eq!(tally.decided(), None);
        tally.count(CheckOutcome::Failed);
        assert_eq!(tally.decided(), Some(CheckOutcome::Failed), "four more are not enough");
    }
}
