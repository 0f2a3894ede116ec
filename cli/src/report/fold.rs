//! Reads the event log line by line, and collects its facts. It never fails: a line that can't be read is counted.

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
use crate::base::json;

/// Looks at the steps of an event log while it is read, so that no line is read twice.
pub trait StepObserver {
    /// Whether the events of this resource are of interest even if it stays as it is: most lines of a log are about such
    /// resources, and are not read in full.
    fn wants(&self, _urn: &str) -> bool {
        false
    }

    /// The work on a resource has begun.
    fn begun(&mut self, _step: &StepEvent) {}

    /// The work on a resource has ended.
    fn done(&mut self, _step: &StepEvent) {}

    /// Another phase begins, as in an `up` with its preview in one process.
    fn next_phase(&mut self) {}
}

/// An observer that looks at nothing.
pub struct Unobserved;

impl StepObserver for Unobserved {}

/// Collects the events of one engine process while they are written. [`Fold::finish`] of a clone gives the facts so far
/// while the engine still works.
#[derive(Debug, Clone, Default)]
pub struct Fold {
    events: Events,
    /// Whether the end of the phase was read.
    ended: bool,
    /// Whether the beginning of the phase was read.
    begun: bool,
    /// Whether the steps of the phase are only planned; none before the first step.
    planning: Option<bool>,
    /// The number of lines that were lost before the current one.
    lost_before: u64,
}

/// The facts from the events of one engine process.
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

/// The engine's own summary at the end.
#[derive(Debug, Clone, Default)]
pub(super) struct Summary {
    pub changes: BTreeMap<String, u64>,
    pub result: String,
    pub maybe_corrupt: bool,
    pub is_preview: bool,
}

impl Events {
    /// The number of lines, and how many of them could not be read.
    pub fn lines(&self) -> (u64, u64) {
        (self.lines, self.broken)
    }

    /// The number of lines that are missing or could not be read, and could have been a step, an output or the summary.
    pub(super) fn lost(&self) -> u64 {
        self.gaps.lost
    }

    /// Whether a resource that an earlier replacement has left over is or would be deleted: the engine does not count
    /// it as a change.
    pub fn has_left_over(&self) -> bool {
        self.steps.has_left_over()
    }

    /// Whether the log has its summary, and no line is missing that could have been a step or an output.
    pub fn are_whole(&self) -> bool {
        self.gaps.lost == 0 && self.summary.is_some()
    }

    /// Whether the engine's summary reports success, and its counts agree with the steps.
    pub fn agree(&self) -> bool {
        let steps = self.steps.clone().finish();
        self.summary.as_ref().is_some_and(|summary| {
            let counts = if summary.changes.is_empty() { &steps.counted } else { &summary.changes };
            summary.says_success() && !steps.rows.contradict(counts, true)
        })
    }

    /// The stack's name, from the URNs of the resources.
    pub fn stack(&self) -> Option<&str> {
        self.stack.as_deref()
    }

    /// Whether the events are of a preview.
    pub fn is_preview(&self) -> bool {
        self.planned
    }

    /// Whether an error says that a provider's process ended before it answered.
    pub fn lost_a_provider(&self) -> bool {
        self.diagnostics.errors().any(is_provider_gone)
    }

    /// The resources whose work has begun and not ended, the oldest first.
    pub fn in_flight(&self) -> Vec<InFlight> {
        self.steps.in_flight()
    }

    /// Whether the engine's summary reports success, and no other event contradicts it. The summary of an earlier
    /// version has no result: then any error is a failure.
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
    /// A fold that has read nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one line of the log, with or without its newline.
    pub fn line(&mut self, line: &[u8]) {
        self.line_for(line, &mut Unobserved);
    }

    /// [`Fold::line`], with an observer that sees the steps too.
    pub fn line_for(&mut self, line: &[u8], observer: &mut dyn StepObserver) {
        let line = line.trim_ascii();
        if line.is_empty() {
            return;
        }
        self.events.lines += 1;
        self.lost_before = self.events.gaps.lost;
        self.events.gaps.follow(line, self.ended);
        match skim(line) {
            Skim::Debug => {}
            Skim::Same { urn } if !observer.wants(urn) => self.events.steps.same(urn),
            Skim::SameDone { urn } if !observer.wants(urn) => self.events.steps.same_done(urn),
            // A list could be read as an event's fields in their order.
            Skim::Other if !line.starts_with(b"{") => self.broken(line),
            Skim::Other | Skim::Same { .. } | Skim::SameDone { .. } => match json::read::<Event>(line) {
                Ok(event) if event.is_sound() => self.event(event, observer),
                _ => self.broken(line),
            },
        }
    }

    /// Counts lines of the log that are not passed on because they are too long.
    pub fn left_out(&mut self, lines: u32) {
        self.events.lines += u64::from(lines);
        self.events.broken += u64::from(lines);
        self.events.gaps.lost += u64::from(lines);
    }

    fn broken(&mut self, line: &[u8]) {
        self.events.broken += 1;
        self.events.gaps.lost += u64::from(!is_one_diagnostic(line));
    }

    /// The resources whose work has begun and not ended, the oldest first.
    pub fn in_flight(&self) -> Vec<InFlight> {
        self.events.in_flight()
    }

    /// The facts from all lines so far.
    pub fn finish(self) -> Events {
        self.events
    }

    fn event(&mut self, event: Event, observer: &mut dyn StepObserver) {
        if self.phase_of(&event) {
            observer.next_phase();
        }
        event.resource_pre_event.iter().for_each(|step| observer.begun(step));
        event.res_outputs_event.iter().for_each(|step| observer.done(step));
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

    /// Finds out which phase the event belongs to. Each phase has a beginning and an end, and either all of its steps
    /// are planned or none is. An event that does not fit is a sign of missing lines. Returns whether it is the first of
    /// another phase.
    fn phase_of(&mut self, event: &Event) -> bool {
        let mut is_another = false;
        let steps = [&event.resource_pre_event, &event.res_outputs_event].into_iter().flatten();
        let planning = steps.map(|step| step.planning).next_back();
        let planning = planning.or(event.summary_event.as_ref().map(|summary| summary.is_preview));
        if event.prelude_event.is_some() {
            if self.begun && !self.ended {
                self.missing();
            }
            if self.begun || self.ended || self.planning.is_some() {
                self.next_phase();
                is_another = true;
            }
            self.begun = true;
        } else if planning
            .is_some_and(|planning| self.ended || self.planning.is_some_and(|now| now != planning))
        {
            // The beginning of the next phase is missing, or the end of this one was too early.
            self.missing();
            self.next_phase();
            is_another = true;
        }
        self.planning = planning.or(self.planning);
        is_another
    }

    /// Counts a missing line, unless the sequence numbers have shown it already.
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

    /// Starts the next phase, as in an `up` with its preview in one process: the planned steps give way to the real
    /// ones.
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
    /// Whether the summary reports success. In an earlier version it has no result.
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
