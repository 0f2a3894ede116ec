//! The phases of a run, in order, and the decision between them. Each phase yields a report; the last one is the run's.

use crate::admit::between::{Decision, after_preview};
use crate::admit::ruling;
use crate::base::error::Result;
use crate::ci::console::Console;
use crate::engine::executor::{Executor, Outcome, Phase, Watch};
use crate::process::signals::Signals;
use crate::report::Report;
use crate::reviewed::proposal::Proposal;
use crate::run::drift::DriftLook;
use crate::run::gates::Gates;
use crate::run::reporting::Run;
use crate::run::time_to_live::TimeToLive;
use crate::run::verification::Verification;

/// A phase that has ended.
#[derive(Debug)]
pub struct PhaseEnd {
    /// The report. It is not masked.
    pub report: Report,
    /// The engine's standard output, masked and bounded.
    pub log: String,
    /// Whether the engine has written any event.
    pub has_events: bool,
    /// Whether the engine ended without a failure.
    pub passed: bool,
    /// What a preview proposes. None for another phase, or if its events are not whole.
    pub proposal: Option<Proposal>,
}

/// What stands around the phases: the gates before the operation, and the checks before and after it.
pub struct Around<'a> {
    /// The gates.
    pub gates: Gates<'a>,
    /// The checks.
    pub verification: Verification<'a>,
    /// The look for drift that the run is, once it has begun.
    pub look: Option<DriftLook<'a>>,
    /// The time to live that the run gives its stack.
    pub end: Option<TimeToLive<'a>>,
}

/// Carries out the run's phases, with the gates and checks between them. Returns the end of the last one, whose report is
/// the run's: the preview if the operation may not follow it, else the operation.
pub async fn carry_out(
    run: &Run<'_>,
    executor: &mut dyn Executor,
    watch: &mut dyn Watch,
    around: &mut Around<'_>,
    console: &Console,
    signals: &Signals,
) -> Result<PhaseEnd> {
    let job = run.job();
    let mut previewed = None;
    if executor.previews_first() {
        let outcome = executor.perform(Phase::Preview, watch, console, signals).await?;
        let mut preview = PhaseEnd::new(run, outcome);
        around.gates.record(&mut preview.report, preview.proposal.take());
        let decision = after_preview(&job.inputs, preview.passed, &preview.report);
        if decision == Decision::End || !around.gates.after_preview(&mut preview.report, console).await {
            around.gates.annotate(&mut preview.report);
            return Ok(preview);
        }
        previewed = Some(preview.report);
    }
    let ruled = previewed.as_ref().and_then(|preview| preview.rules.clone());
    ruling::refuse_unjudged(job, ruled.as_ref())?;
    around.verification.before(previewed.as_ref(), executor, console, signals).await?;
    if let Some(end) = &around.end {
        Box::pin(end.begin(console)).await?;
    }
    around.gates.reserve(previewed.as_ref(), executor, console, signals).await?;
    if let Some(guarding) = around.gates.guarding() {
        executor.guard(guarding);
    }
    let outcome = executor.perform(Phase::Operation, watch, console, signals).await?;
    let mut end = PhaseEnd::new(run, outcome);
    if job.inputs.show_a_change() && end.passed {
        around.gates.record(&mut end.report, end.proposal.take());
        around.gates.after_preview(&mut end.report, console).await;
    }
    ruling::compare_with_preview(job, &mut end.report, ruled);
    around.gates.annotate(&mut end.report);
    around.gates.finish(&mut end.report, console).await;
    if let Some(ttl) = &around.end {
        Box::pin(ttl.finish(&mut end.report, console)).await;
    }
    Ok(end)
}

impl PhaseEnd {
    /// The end of a phase with this outcome.
    pub fn new(run: &Run<'_>, outcome: Outcome) -> Self {
        let mut outcome = outcome;
        let (log, has_events) = (outcome.log.clone(), outcome.events.lines().0 > 0);
        let (passed, proposal) = (outcome.ended_well(), outcome.proposal.take());
        Self { report: run.report(outcome), log, has_events, passed, proposal }
    }
}

#[cfg(test)]
mod tests;
