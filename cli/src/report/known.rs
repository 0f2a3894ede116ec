//! What is known of a run, and what is not: an event log that is missing, cut or partly unreadable never passes for
//! one that says that nothing changed.

use std::collections::BTreeMap;

use super::command::Command;
use super::facts::{Ending, Facts, Verdict};
use super::fold::Summary;
use super::model::{OutputsFrom, Report, SCHEMA, Status, StepStatus};
use super::reason::Reason;
use super::steps::LEFT_OVER;

/// Parts of the notes of version 1 about an event log that is not whole.
const GAPS: [&str; 3] = [
    "the engine wrote no event log",
    "the event log stops in the middle",
    "of the event log could not be read",
];

/// The engine's event log, as far as it was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Log<'a> {
    /// How many lines there were.
    pub lines: u64,
    /// How many lines could not be read.
    pub broken: u64,
    /// How many lines that could have been a step, an output or the summary are missing or could not be read.
    pub lost: u64,
    /// What the engine says at the end.
    pub summary: Option<&'a Summary>,
}

impl Log<'_> {
    /// Whether the log says all that the engine did, or would do. An engine that was never started did nothing.
    pub fn is_whole(&self, facts: &Facts, reason: Option<Reason>) -> bool {
        if facts.command == Command::Outputs || facts.ending == Ending::NotStarted {
            return true;
        }
        if facts.interim || self.lost > 0 {
            return false;
        }
        let ended_well = facts.ending == Ending::Exited(0);
        match self.summary {
            // A preview within the same process is no word about what was done after it.
            Some(summary) => {
                !(ended_well && summary.is_preview && !facts.command.only_looks(facts.preview_only))
            }
            None if self.lines > 0 => false,
            None if ended_well => facts.nothing_to_do,
            None => reason.is_some_and(stops_before_the_operation),
        }
    }

    /// What is missing, a sentence each.
    pub fn gaps(&self, facts: &Facts) -> Vec<String> {
        let mut gaps = Vec::new();
        let ran = facts.ending != Ending::NotStarted && facts.command != Command::Outputs;
        if ran && self.lines == 0 && facts.ending == Ending::Exited(0) && !facts.nothing_to_do {
            let what = if facts.command.only_looks(facts.preview_only) { "would change" } else { "changed" };
            gaps.push(format!("the engine wrote no event log: what {what} is not known"));
        } else if ran && self.lines > 0 && self.summary.is_none() && !facts.interim {
            gaps.push("the event log stops in the middle: this is what there was until then".to_owned());
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

/// Whether a failure with this reason comes before the engine has begun its operation, so that it writes no event log.
fn stops_before_the_operation(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Lock
            | Reason::Auth
            | Reason::Secrets
            | Reason::Config
            | Reason::StackNotFound
            | Reason::EngineTooOld
    )
}

/// Whether it is known what changed, or would change. Of a preview that broke off nobody knows what it would have
/// found.
pub(super) fn is_known(facts: &Facts, log: &Log<'_>, verdict: &Verdict) -> bool {
    let finished = verdict.status == Status::Succeeded || verdict.reason == Some(Reason::ChangesUnexpected);
    let only_looked = facts.command.only_looks(facts.preview_only);
    log.is_whole(facts, verdict.reason) && (finished || !only_looked)
}

/// The verdict on a run that only looks, and can't tell what it saw.
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
    /// How many resources each operation concerns at least: those that were read, where not all are known.
    pub fn least_changes(&self) -> BTreeMap<String, u64> {
        if let Some(changes) = &self.changes {
            return changes.clone();
        }
        let mut least = BTreeMap::new();
        let good = |status| matches!(status, StepStatus::Done | StepStatus::Planned);
        for step in self.steps.iter().filter(|step| good(step.status)) {
            *least.entry(step.operation.clone()).or_default() += 1;
        }
        least
    }

    /// The report of a result file in the form that is written today: version 1 had no word for what is not known, and
    /// counted no deletion of what an earlier replacement has left over.
    #[must_use]
    pub fn of_today(mut self) -> Self {
        if self.schema < 2 {
            let is_gap = |note: &String| GAPS.iter().any(|gap| note.contains(gap));
            let only_looked = self.command.only_looks(self.preview_only);
            let finished = self.status == Status::Succeeded || self.reason == Some(Reason::ChangesUnexpected);
            self.incomplete = self.notes.iter().any(is_gap) || (only_looked && !finished);
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
        self.incomplete |= self.changes.is_none() || self.has_changes.is_none();
        self
    }

    /// Whether something changed or would change, or nobody knows.
    pub fn may_have_changes(&self) -> bool {
        self.has_changes != Some(false)
    }
}
