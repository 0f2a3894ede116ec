//! A fleet that goes on where an earlier one was stopped, on whatever machine: which of its stacks need no run.

use super::arranged::{ArrangedFleet, LeftState};
use crate::admit::trust::same_commit;
use crate::ledger::last_update::LastUpdate;

/// Whether each stack needs no run: its last update was of this commit and ended well, nobody works on it,
/// and its state is still what that update has left.
pub(super) fn done(arranged: &ArrangedFleet, commit: Option<&str>) -> Vec<bool> {
    let of_one = |(last, left): (&Option<LastUpdate>, &LeftState)| {
        let is_of_this = |other: Option<&str>| same_commit(other, commit);
        let by_history = last.as_ref().is_some_and(|last| {
            last.kind == "update" && last.succeeded && is_of_this(last.commit.as_deref())
        });
        left.moved == Some(false) && (by_history || is_of_this(left.commit.as_deref()))
    };
    arranged.last.iter().zip(&arranged.left).map(of_one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn only_what_was_deployed_at_this_commit_and_stands_as_it_was_left_is_passed_over() {
        let whole = LastUpdate {
            kind: "update".to_owned(),
            succeeded: true,
            commit: Some(COMMIT.to_owned()),
            took: None,
            ended: None,
        };
        for (last, moved, is_done) in [
            (Some(whole.clone()), Some(false), true),
            (Some(whole.clone()), Some(true), false),
            (Some(whole.clone()), None, false),
            (Some(LastUpdate { succeeded: false, ..whole.clone() }), Some(false), false),
            (Some(LastUpdate { kind: "destroy".to_owned(), ..whole.clone() }), Some(false), false),
            (Some(LastUpdate { commit: Some("f".repeat(40)), ..whole.clone() }), Some(false), false),
            (Some(LastUpdate { commit: None, ..whole }), Some(false), false),
            (None, Some(false), false),
        ] {
            let left = vec![LeftState { moved, commit: None }];
            let arranged = ArrangedFleet { last: vec![last], left, ..ArrangedFleet::default() };
            assert_eq!(done(&arranged, Some(COMMIT))[0], is_done, "{:?} {moved:?}", arranged.last);
            assert!(!done(&arranged, None)[0]);
        }
    }

    #[test]
    fn the_ledger_counts_as_well_as_the_history() {
        let left = |moved, commit: &str| {
            let left = vec![LeftState { moved, commit: Some(commit.to_owned()) }];
            let arranged = ArrangedFleet { last: vec![None], left, ..ArrangedFleet::default() };
            done(&arranged, Some(COMMIT))[0]
        };
        assert!(left(Some(false), COMMIT));
        assert!(!left(Some(true), COMMIT));
        assert!(!left(Some(false), &"f".repeat(40)));
    }
}
