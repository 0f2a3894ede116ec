//! The event log, line by line, into what it says. Never fails: a line that can't be read is counted.

use std::collections::BTreeMap;

use super::diagnostics::Diagnostics;
use super::event::{Event, StepEvent, SummaryEvent};
use super::gaps::{Gaps, is_one_diagnostic};
use super::outputs::Outputs;
use super::policies::FoundPolicies;
use super::rules::is_provider_gone;
use super::skim::{Skim, skim};
use super::steps::{InFlight, Steps};
use super::urn::Urn;
use super::value::shortened;

/// Folds the events of one engine process while they are written. A clone's [`Fold::finish`] says how things
/// stand while the engine still works.
#[derive(Debug, Clone, Default)]
pub struct Fold {
    events: Events,
    /// Whether the phase has its end.
    ended: bool,
    /// Whether the phase has its beginning.
    begun: bool,
    /// Whether the steps of the phase are only planned, as far as any was read.
    planning: Option<bool>,
    /// How many lines were lost before the one at hand.
    lost_before: u64,
}

/// What the events of one engine process say.
#[derive(Debug, Clone, Default)]
pub struct Events {
    pub(super) lines: u64,
    pub(super) broken: u64,
    pub(super) gaps: Gaps,
    pub(super) project: Option<String>,
    pub(super) stack: Option<String>,
    pub(super) planned: bool,
    pub(super) steps: Steps,
    pub(super) outputs: Outputs,
    pub(super) diagnostics: Diagnostics,
    pub(super) policies: FoundPolicies,
    pub(super) summary: Option<Summary>,
    pub(super) internal_error: Option<String>,
    pub(super) waits_for_debugger: bool,
}

/// What the engine itself says at the end.
#[derive(Debug, Clone, Default)]
pub(super) struct Summary {
    pub changes: BTreeMap<String, u64>,
    pub result: String,
    pub maybe_corrupt: bool,
    pub is_preview: bool,
}

impl Events {
    /// How many lines there were, and how many of them could not be read.
    pub fn lines(&self) -> (u64, u64) {
        (self.lines, self.broken)
    }

    /// How many lines that could have been a step, an output or the summary are missing or could not be read.
    pub(super) fn lost(&self) -> u64 {
        self.gaps.lost
    }

    /// Whether a resource is or would be deleted that an earlier replacement has left over: the engine does not count
    /// it as a change.
    pub fn has_left_over(&self) -> bool {
        self.steps.has_left_over()
    }

    /// Whether any line was read, and none is missing that could have been a step, an output or the summary.
    pub fn are_whole(&self) -> bool {
        self.gaps.lost == 0 && self.summary.is_some()
    }

    /// Whether the engine says at the end that all was done, and its counts are those of its steps.
    pub fn agree(&self) -> bool {
        let steps = self.steps.clone().finish();
        self.summary.as_ref().is_some_and(|summary| {
            let counts = if summary.changes.is_empty() { &steps.counted } else { &summary.changes };
            summary.says_success() && !steps.rows.contradict(counts, true)
        })
    }

    /// The stack's name, as the resources have it.
    pub fn stack(&self) -> Option<&str> {
        self.stack.as_deref()
    }

    /// Whether they only say what would be done.
    pub fn is_preview(&self) -> bool {
        self.planned
    }

    /// Whether an error says that a provider's process ended before it answered.
    pub fn lost_a_provider(&self) -> bool {
        self.diagnostics.errors().any(is_provider_gone)
    }

    /// The resources that were begun and are not done, the oldest first.
    pub fn in_flight(&self) -> Vec<InFlight> {
        self.steps.in_flight()
    }

    /// Whether the engine says at the end that all was done, and nothing else in the log says that it was not. Earlier
    /// versions say no word for it: then an error is the word.
    pub fn succeeded(&self) -> bool {
        let failed = self.steps.any_failed() || self.internal_error.is_some();
        self.summary.as_ref().is_some_and(|summary| match summary.result.as_str() {
            "succeeded" => !failed,
            "" => !failed && self.diagnostics.errors().next().is_none(),
            _ => false,
        })
    }
}

impl Fold {
    /// Nothing was read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one line of the log, with or without its newline.
    pub fn line(&mut self, line: &[u8]) {
        let line = line.trim_ascii();
        if line.is_empty() {
            return;
        }
        self.events.lines += 1;
        self.lost_before = self.events.gaps.lost;
        self.events.gaps.follow(line, self.ended);
        match skim(line) {
            Skim::Debug => {}
            Skim::Same { urn } => self.events.steps.same(urn),
            Skim::SameDone { urn } => self.events.steps.same_done(urn),
            // A list would pass for an event's fields in their order.
            Skim::Other if !line.starts_with(b"{") => self.broken(line),
            Skim::Other => match crate::base::json::read::<Event>(line) {
                Ok(event) if event.is_sound() => self.event(event),
                _ => self.broken(line),
            },
        }
    }

    /// Takes notice of lines that were there and are not passed on: they were too long.
    pub fn left_out(&mut self, lines: u32) {
        self.events.lines += u64::from(lines);
        self.events.broken += u64::from(lines);
        self.events.gaps.lost += u64::from(lines);
    }

    fn broken(&mut self, line: &[u8]) {
        self.events.broken += 1;
        self.events.gaps.lost += u64::from(!is_one_diagnostic(line));
    }

    /// The resources that were begun and are not done, the oldest first.
    pub fn in_flight(&self) -> Vec<InFlight> {
        self.events.in_flight()
    }

    /// What all lines together say.
    pub fn finish(self) -> Events {
        self.events
    }

    fn event(&mut self, event: Event) {
        self.phase_of(&event);
        self.resources(event.timestamp, event.resource_pre_event, event.res_outputs_event);
        if let Some(failed) = event.res_op_failed_event {
            self.events.steps.failed(failed, event.timestamp);
        }
        if let Some(diagnostic) = event.diagnostic_event {
            self.events.diagnostics.add(&diagnostic);
        }
        if let Some(violation) = event.policy_event {
            self.events.policies.violation(&violation);
        }
        if let Some(remediation) = event.policy_remediation_event {
            self.events.policies.remediation(remediation);
        }
        let tallies = [
            event.policy_analyze_summary_event,
            event.policy_analyze_stack_summary_event,
            event.policy_remediate_summary_event,
        ];
        tallies.iter().flatten().for_each(|tally| self.events.policies.tally(tally));
        self.events.waits_for_debugger |= event.start_debugging_event.is_some();
        if let Some(summary) = event.summary_event {
            self.events.planned = summary.is_preview;
            self.events.summary = Some(summary.into());
        }
        if let Some(error) = event.error_event {
            self.events.internal_error = Some(super::diagnostics::message(&error.error));
        }
        self.ended |= event.cancel_event.is_some();
    }

    /// Tells to which phase the event belongs: each has a beginning and an end, and its steps are all planned, or none
    /// is. What does not fit is a sign of lines that are missing.
    fn phase_of(&mut self, event: &Event) {
        let steps = [&event.resource_pre_event, &event.res_outputs_event].into_iter().flatten();
        let planning = steps.map(|step| step.planning).next_back();
        let planning = planning.or(event.summary_event.as_ref().map(|summary| summary.is_preview));
        if event.prelude_event.is_some() {
            if self.begun && !self.ended {
                self.missing();
            }
            if self.begun || self.ended || self.planning.is_some() {
                self.next_phase();
            }
            self.begun = true;
        } else if planning
            .is_some_and(|planning| self.ended || self.planning.is_some_and(|now| now != planning))
        {
            // The next phase's beginning is missing, or a step that the end does not know.
            self.missing();
            self.next_phase();
        }
        self.planning = planning.or(self.planning);
    }

    /// A line is missing here, unless the numbers have said so already.
    fn missing(&mut self) {
        if self.events.gaps.lost == self.lost_before {
            self.events.gaps.lost += 1;
        }
    }

    fn resources(&mut self, timestamp: i64, begun: Option<StepEvent>, done: Option<StepEvent>) {
        if let Some(event) = begun {
            self.learn(&event);
            if event.is_stack() {
                self.events.outputs.begun(&event);
            }
            self.events.steps.begun(event, timestamp);
        }
        if let Some(event) = done {
            self.learn(&event);
            if event.is_stack() {
                self.events.outputs.done(&event);
            }
            self.events.steps.done(event, timestamp);
        }
    }

    fn learn(&mut self, event: &StepEvent) {
        self.events.planned = event.planning;
        if self.events.project.is_none() {
            let urn = Urn::parse(&event.metadata.urn);
            self.events.project = urn.map(|urn| urn.project.to_owned());
            self.events.stack = urn.map(|urn| urn.stack.to_owned());
        }
    }

    /// `up` with its preview in one process: what was planned gives way to what is done.
    fn next_phase(&mut self) {
        (self.ended, self.begun, self.planning) = (false, false, None);
        self.events.planned = false;
        self.events.steps = Steps::default();
        self.events.outputs = Outputs::default();
        self.events.summary = None;
        self.events.diagnostics.next_phase();
    }
}

impl Summary {
    /// Whether it says that all was done. Earlier versions say no word for it.
    pub fn says_success(&self) -> bool {
        matches!(self.result.as_str(), "succeeded" | "")
    }
}

impl From<SummaryEvent> for Summary {
    fn from(event: SummaryEvent) -> Self {
        let changes = event.resource_changes.unwrap_or_default().into_iter();
        let is_preview = event.is_preview;
        Self {
            changes: changes.take(50).map(|(operation, count)| (shortened(&operation, 64), count)).collect(),
            result: event.result,
            maybe_corrupt: event.maybe_corrupt,
            is_preview,
        }
    }
}
