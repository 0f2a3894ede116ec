//! Compares the steps of an event log with the counts at its end, and finds contradictions.
//!
//! The engine counts a step when it is done, and writes its end into the log right after that:
//! <https://github.com/pulumi/pulumi/blob/master/pkg/engine/update.go>

use std::collections::BTreeMap;

/// The state of a resource whose step failed, in the engine's own numbers:
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/status.go>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Left {
    /// The resource is unchanged.
    AsItWas,
    /// The resource was changed in part.
    Changed,
    /// The state of the resource is not known.
    Unknown,
}

impl Left {
    /// The state for the `status` of a failed step. A missing or unknown status gives [`Left::Unknown`].
    pub fn from_status(status: Option<i64>) -> Self {
        match status {
            Some(0) => Self::AsItWas,
            Some(1) => Self::Changed,
            _ => Self::Unknown,
        }
    }
}

/// One step that could be a change, with the facts that matter for the counts.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// The operation by which the engine counts it.
    pub operation: String,
    /// The most times that the engine can have counted it.
    pub times: u64,
    /// Whether the engine marks it as counted.
    pub logical: bool,
    /// Whether the end of the counted part was read.
    pub done: bool,
    /// Whether the end of any part was read.
    pub part_done: bool,
    /// Whether a part of it has begun and not ended.
    pub open: bool,
    /// Whether it is only planned.
    pub planned: bool,
    /// Whether it only deletes a resource that an earlier replacement has left over, which the engine never counts.
    pub cleans_up: bool,
    /// The state of the resource if the step failed.
    pub failed: Option<Left>,
}

impl Row {
    /// Whether it is a change when it is done. An unknown operation is one if the engine counts it.
    fn is_change(&self) -> bool {
        is_change(&self.operation) && (is_known(&self.operation) || self.logical)
    }

    /// Whether the counts must contain it, for a run that ended normally or for one that broke off.
    fn has_to_be_counted(&self, ended_well: bool) -> bool {
        let ended =
            if ended_well { self.planned || !self.open } else { self.logical && self.done && !self.open };
        self.is_change() && !self.cleans_up && self.failed.is_none() && ended
    }

    /// Whether the counts may contain it: a replacement is counted before its last part is done.
    fn can_be_counted(&self) -> bool {
        !self.cleans_up && (self.failed.is_none() || self.operation == "replace")
    }
}

/// All steps that could be changes.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows(pub Vec<Row>);

impl Rows {
    /// Whether the counts and the steps contradict each other. `ended_well` says whether every step that was begun had
    /// to be finished.
    pub fn contradict(&self, counts: &BTreeMap<String, u64>, ended_well: bool) -> bool {
        let (mut least, mut most) = (BTreeMap::<&str, u64>::new(), BTreeMap::<&str, u64>::new());
        for row in &self.0 {
            if row.has_to_be_counted(ended_well) {
                *least.entry(&row.operation).or_default() += 1;
            }
            if row.can_be_counted() {
                let sum = most.entry(&row.operation).or_default();
                *sum = sum.saturating_add(row.times);
            }
        }
        let count = |operation: &str| counts.get(operation).copied().unwrap_or_default();
        let uncounted = least.iter().any(|(operation, rows)| count(operation) < *rows);
        let mut counted = counts.iter().filter(|(operation, _)| is_known(operation));
        let rows = |operation: &str| most.get(operation).copied().unwrap_or_default();
        uncounted || counted.any(|(operation, count)| *count > rows(operation))
    }

    /// Whether something was changed, whatever the counts say: a part of a replacement was done, or a step failed
    /// halfway.
    pub fn changed(&self) -> bool {
        let changed = |row: &Row| row.part_done || row.failed == Some(Left::Changed);
        self.0.iter().any(|row| !row.planned && row.is_change() && changed(row))
    }

    /// Whether the state of a resource is not known.
    pub fn are_unclear(&self) -> bool {
        let unclear = |row: &Row| row.failed == Some(Left::Unknown) || (row.open && row.failed.is_none());
        self.0.iter().any(|row| !row.planned && unclear(row))
    }
}

/// Whether `operation` changes anything.
pub(super) fn is_change(operation: &str) -> bool {
    !matches!(operation, "same" | "read" | "refresh" | "discard" | "delete-replaced" | "discard-replaced")
}

/// Whether `operation` is a change that current engines write as a step into each log.
fn is_known(operation: &str) -> bool {
    matches!(operation, "create" | "update" | "delete" | "replace" | "import")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row of an update that was done, or with what `change` makes of it.
    fn row(operation: &str, change: impl Fn(&mut Row)) -> Row {
        let mut row = Row {
            operation: operation.to_owned(),
            times: 1,
            logical: true,
            done: true,
            part_done: true,
            open: false,
            planned: false,
            cleans_up: false,
            failed: None,
        };
        change(&mut row);
        row
    }

    fn counts(counts: &[(&str, u64)]) -> BTreeMap<String, u64> {
        counts.iter().map(|(operation, count)| ((*operation).to_owned(), *count)).collect()
    }

    #[test]
    fn what_was_done_and_what_is_counted_are_the_same() {
        let rows = Rows(vec![row("create", |_| {}), row("update", |_| {})]);
        for well in [true, false] {
            assert!(!rows.contradict(&counts(&[("create", 1), ("update", 1), ("same", 7)]), well));
            for wrong in [
                &[("same", 7)][..],
                &[("create", 1)],
                &[("create", 1), ("update", 2)],
                &[("create", 1), ("update", 1), ("delete", 1)],
            ] {
                assert!(rows.contradict(&counts(wrong), well), "{wrong:?}");
            }
        }
        assert!(!Rows::default().contradict(&counts(&[("same", 1), ("read", 2), ("refresh", 3)]), true));
        assert!(!Rows::default().contradict(&counts(&[("rename", 1)]), true), "a change of a kind to come");
    }

    #[test]
    fn a_step_without_an_end_may_be_counted_and_need_not() {
        let open = |row: &mut Row| (row.open, row.done, row.part_done) = (true, false, false);
        let rows = Rows(vec![row("update", open)]);
        for said in [&[][..], &[("update", 1)]] {
            assert!(!rows.contradict(&counts(said), true));
            assert!(!rows.contradict(&counts(said), false));
        }
        let planned = Rows(vec![row("update", |row| (row.open, row.planned) = (true, true))]);
        assert!(planned.contradict(&counts(&[("same", 1)]), true), "a preview that came to its end");
    }

    #[test]
    fn a_failed_step_is_not_counted_unless_it_is_the_rest_of_a_replacement() {
        let failed = |row: &mut Row| row.failed = Some(Left::AsItWas);
        assert!(!Rows(vec![row("update", failed)]).contradict(&counts(&[]), false));
        assert!(Rows(vec![row("update", failed)]).contradict(&counts(&[("update", 1)]), false));
        assert!(!Rows(vec![row("replace", failed)]).contradict(&counts(&[("replace", 1)]), false));
    }

    #[test]
    fn what_the_engine_does_not_count_is_a_change_only_where_it_is_known_to_be_one() {
        let silent = |row: &mut Row| row.logical = false;
        assert!(Rows(vec![row("update", silent)]).contradict(&counts(&[]), true));
        assert!(Rows(vec![row("rename", |_| {})]).contradict(&counts(&[]), true));
        let parameterized = Rows(vec![row("extend-parameterize", silent)]);
        assert!(!parameterized.contradict(&counts(&[]), true) && !parameterized.changed());
    }

    #[test]
    fn a_failure_says_what_it_has_left() {
        for (status, changed, unclear) in [
            (Some(0), false, false),
            (Some(1), true, false),
            (Some(2), false, true),
            (Some(7), false, true),
            (None, false, true),
        ] {
            let failed = |row: &mut Row| {
                (row.done, row.part_done, row.failed) = (false, false, Some(Left::from_status(status)));
            };
            let rows = Rows(vec![row("update", failed)]);
            assert_eq!((rows.changed(), rows.are_unclear()), (changed, unclear), "{status:?}");
        }
    }
}
