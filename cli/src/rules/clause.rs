//! A clause: one value of a rule, what happens where it does not hold, and its exceptions. A rule has any number of them,
//! and all have to hold, so that the stricter one wins by itself.

use std::collections::BTreeSet;

use super::exception::Exception;
use super::otherwise::Otherwise;
use super::value::RuleValue;

/// One value of a rule with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Clause {
    /// The value.
    pub value: RuleValue,
    /// What happens where it does not hold.
    pub otherwise: Otherwise,
    /// The exceptions from it.
    pub exceptions: BTreeSet<Exception>,
    /// Where it is set: `` `stacks.prod.rules` in `stackstep.yaml` ``.
    pub set_in: String,
}

impl Clause {
    /// Whether it is at least as strict as `other`: whatever `other` does not allow, this one does not allow either.
    pub fn covers(&self, other: &Self) -> bool {
        self.value.covers(&other.value)
            && self.otherwise.covers(&other.otherwise)
            && self.exceptions.iter().all(|own| other.exceptions.iter().any(|their| their.covers(own)))
    }

    /// The value and the answer, for a sentence: `at most 2, else refuses`.
    pub fn in_words(&self) -> String {
        format!("{}, else {}", self.value, self.otherwise.in_words())
    }
}

/// The clauses without those that others make superfluous, in an order of their own.
pub(super) fn strictest(clauses: impl IntoIterator<Item = Clause>) -> Vec<Clause> {
    let sorted: Vec<Clause> = clauses.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    let is_superfluous = |at: usize, clause: &Clause| {
        sorted.iter().enumerate().any(|(other_at, other)| {
            // Of two that say the same, the first one stays.
            other_at != at && other.covers(clause) && (other_at < at || !clause.covers(other))
        })
    };
    let kept = sorted.iter().enumerate().filter(|(at, clause)| !is_superfluous(*at, clause));
    kept.map(|(_, clause)| clause.clone()).collect()
}
