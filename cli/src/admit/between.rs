//! The decision between a run's phases: whether the operation may follow the preview that went before it.

use crate::inputs::Inputs;
use crate::report::Report;

/// The step after a preview.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The operation.
    GoOn,
    /// Nothing: the run ends with the preview's report.
    End,
}

/// Decides by the preview's report and by `passed`, whether the engine succeeded. The report alone can hide a failure:
/// with `fail-on-changes: false` it counts unexpected changes as a success. If no changes are expected, a report that
/// does not know whether there are some ends the run.
pub fn after_preview(inputs: &Inputs, passed: bool, report: &Report) -> Decision {
    let is_unsure = inputs.safety.expect_no_changes && report.incomplete;
    if passed && !is_unsure { Decision::GoOn } else { Decision::End }
}
