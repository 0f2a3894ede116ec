//! Decides which facts about a run are known: an event log that is missing, cut or partly unreadable is never taken for
//! one without changes.

use std::collections::BTreeMap;

use super::classify::error_of;
use super::facts::{Ending, Facts, Shown, Verdict};
use super::fold::Summary;
use super::model::{OutputsFrom, Report, SCHEMA, Status, StepStatus};
use super::operation::Operation;
use super::rules::says_in_its_own_words;
use super::steps::{FinishedSteps, LEFT_OVER};
use super::tally::is_change;
use crate::base::reason::Reason;

/// Parts of the notes in version 1 about an incomplete event log.
const GAPS: [&str; 3] = [
    "the engine wrote no event log",
    "the event log stops in the middle",
    "of the event log could not be read",
];

/// The engine's event log, as it was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct KnownLog<'a> {
    /// The number of lines.
    pub lines: u64,
    /// The number of lines that could not be read.
    pub broken: u64,
    /// The number of lines that are missing or could not be read, and could have been a step, an output or the summary.
    pub lost: u64,
    /// Whether the engine itself failed.
    pub internal_error: bool,
    /// Whether the steps are only planned.
    pub planned: bool,
    /// The engine's own summary at the end.
    pub summary: Option<&'a Summary>,
}

impl KnownLog<'_> {
    /// Whether the log has everything that the engine did, or would do. An engine that was never started did nothing.
    pub fn is_whole(&self, facts: &Facts, reason: Option<Reason>) -> bool {
        if facts.command == Operation::Outputs || facts.ending == Ending::NotStarted {
            return true;
        }
        if facts.interim || self.lost > 0 {
            return false;
        }
        match self.summary {
            Some(_) => !self.has_only_the_preview(facts),
            None if self.lines > 0 => false,
            None if facts.ending == Ending::Exited(0) => facts.nothing_to_do,
            None => reason.is_some_and(|reason| stopped_before_the_operation(facts, reason)),
        }
    }

    /// Whether it is the log of an operation, and ends with the preview that the same process made before: then it has
    /// nothing about the operation itself.
    pub fn has_only_the_preview(&self, facts: &Facts) -> bool {
        let previewed = self.planned || self.summary.is_some_and(|summary| summary.is_preview);
        previewed && !facts.command.only_looks(facts.preview_only)
    }

    /// Notes on the missing parts, a sentence each.
    pub fn gaps(&self, facts: &Facts) -> Vec<String> {
        let mut gaps = Vec::new();
        let ran = facts.ending != Ending::NotStarted && facts.command != Operation::Outputs;
        if ran && self.lines == 0 && facts.ending == Ending::Exited(0) && !facts.nothing_to_do {
            let what = if facts.command.only_looks(facts.preview_only) { "would change" } else { "changed" };
            gaps.push(format!("the engine wrote no event log: what {what} is not known"));
        } else if ran && self.lines > 0 && self.summary.is_none() && !facts.interim {
            gaps.push("the event log stops in the middle: this is what there was until then".to_owned());
        } else if ran && self.lines > 0 && self.has_only_the_preview(facts) && !facts.interim {
            gaps.push(
                "the event log has only the preview before the operation: what was done is not known"
                    .to_owned(),
            );
        }
        if self.broken > 0 {
            gaps.push(format!("{} of {} lines of the event log could not be read", self.broken, self.lines));
        }
        if self.lost > self.broken {
            let missing = self.lost - self.broken;
            let lines = if missing == 1 { "line of the event log is" } else { "lines of the event log are" };
            gaps.push(format!("{missing} {lines} missing"));
        }
        gaps
    }
}

/// The exit status of an engine that found changes where none were expected.
const CHANGES: i32 = 7;

/// The reasons for failures before the engine begins its operation.
const BEFORE: &[Reason] = &[
    Reason::Lock,
    Reason::Auth,
    Reason::Secrets,
    Reason::Config,
    Reason::StackNotFound,
    Reason::EngineTooOld,
];

/// Whether a failure came before the engine began its operation, so that it wrote no event log. The CLI's own message
/// or exit status has to say so, and its standard output must show no trace of an operation: providers and programs
/// also fail because of credentials, secrets and configuration in the middle of one.
fn stopped_before_the_operation(facts: &Facts, reason: Reason) -> bool {
    let shows_none = match facts.shown {
        Shown::Nothing => true,
        // The CLI prints this line before it asks Pulumi Cloud for the lock.
        Shown::Banner => reason == Reason::Lock,
        Shown::Something => false,
    };
    let by_status = matches!(facts.ending, Ending::Exited(3 | 6));
    let said = || error_of(&facts.stderr).is_some_and(|error| says_in_its_own_words(error, BEFORE));
    shows_none && BEFORE.contains(&reason) && (by_status || said())
}

/// The first contradiction within the event log, or between it and the engine's exit status, in words. `changes` are
/// the counts, and `has_changes` says whether any change is known.
pub(super) fn contradiction(
    facts: &Facts,
    log: &KnownLog<'_>,
    steps: &FinishedSteps,
    changes: &BTreeMap<String, u64>,
    has_changes: bool,
) -> Option<&'static str> {
    let summary = log.summary?;
    let ended_well = facts.ending == Ending::Exited(0);
    let found_some = facts.ending == Ending::Exited(CHANGES);
    Some(match () {
        () if ended_well && !summary.says_success() => {
            "the engine ended with 0, and says in its event log that it did not succeed"
        }
        () if ended_well && (steps.failed || log.internal_error) => {
            "the engine ended with 0, and its event log has a step that failed, or an error of its own"
        }
        () if steps.rows.contradict(changes, ended_well || found_some) => {
            "the event log contradicts itself: the steps in it are not those that it counts at its end"
        }
        () if found_some && !has_changes => {
            "the engine ended with 7, which says that there are changes, and its event log has none"
        }
        () => return None,
    })
}

/// Whether the changes that were made, or would be made, are known. Those of a preview that broke off are not.
pub(super) fn is_known(facts: &Facts, log: &KnownLog<'_>, verdict: &Verdict) -> bool {
    let finished = verdict.status == Status::Succeeded || verdict.reason == Some(Reason::ChangesUnexpected);
    let only_looked = facts.command.only_looks(facts.preview_only);
    log.is_whole(facts, verdict.reason) && (finished || !only_looked)
}

/// The verdict on a run that only looks, and whose findings are not known.
pub(super) fn looked_in_vain(facts: &Facts) -> Verdict {
    let message =
        "what would change is not known: the engine's event log is missing or could not be read whole";
    Verdict {
        status: Status::Failed,
        reason: Some(Reason::Incomplete),
        message: message.to_owned(),
        hint: Some(Reason::Incomplete.way_out(facts.command).to_owned()),
    }
}

impl Report {
    /// The least number of resources that each operation concerns: those that were read, if not all are known.
    pub fn least_changes(&self) -> BTreeMap<String, u64> {
        if let Some(changes) = &self.changes {
            return changes.clone();
        }
        let mut least = BTreeMap::new();
        let looks = self.command.only_looks(self.preview_only);
        // A step that an operation has only planned is not done.
        let good = |status| status == StepStatus::Done || (looks && status == StepStatus::Planned);
        for step in self.steps.iter().filter(|step| good(step.status)) {
            *least.entry(step.operation.clone()).or_default() += 1;
        }
        least
    }

    /// The report of a result file in the current form: version 1 had no field for missing facts, and did not count the
    /// deletion of resources that an earlier replacement has left over.
    #[must_use]
    pub fn of_today(mut self) -> Self {
        if self.schema < 2 {
            let is_gap = |note: &String| GAPS.iter().any(|gap| note.contains(gap));
            let only_looked = self.command.only_looks(self.preview_only);
            let finished = self.status == Status::Succeeded || self.reason == Some(Reason::ChangesUnexpected);
            let unclear = self.steps.iter().any(|step| step.status == StepStatus::Unfinished)
                && self.has_changes != Some(true);
            self.incomplete = self.notes.iter().any(is_gap) || (only_looked && !finished) || unclear;
            if self.outputs_from == OutputsFrom::None {
                self.outputs = None;
            }
            let left_over = self.steps.iter().filter(|step| step.operation == LEFT_OVER).count() as u64;
            if let Some(changes) = self.changes.as_mut().filter(|_| left_over > 0) {
                changes.entry(LEFT_OVER.to_owned()).or_insert(left_over);
                self.has_changes = Some(true);
            }
            if self.incomplete {
                (self.changes, self.has_changes) = (None, None);
            }
            self.schema = SCHEMA;
        }
        if self.changes.is_none() || self.has_changes.is_none() {
            self.incomplete = true;
        }
        // Both are known, or neither: a counted change is a change, but counts without one say nothing about outputs.
        let counted = |changes: &BTreeMap<String, u64>| {
            changes
                .iter()
                .any(|(operation, count)| (is_change(operation) || operation == LEFT_OVER) && *count > 0)
        };
        if self.changes.as_ref().is_some_and(counted) {
            self.has_changes = Some(true);
        } else if self.changes.is_none() || self.has_changes.is_none() {
            (self.changes, self.has_changes) = (None, None);
        }
        self
    }

    /// Whether something changed or would change, or it is not known.
    pub fn may_have_changes(&self) -> bool {
        self.has_changes != Some(false)
    }
}
