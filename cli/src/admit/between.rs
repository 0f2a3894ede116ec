//! The decision between a run's phases: whether the operation may follow the preview that went before it.

use crate::inputs::Inputs;
use crate::report::Report;

/// What follows a preview.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The operation.
    GoOn,
    /// Nothing: the run ends with the preview's report.
    End,
}

/// Decides by the preview's report, and by whether the engine `passed`, which a report can hide: unexpected changes are
/// no failure with `fail-on-changes: false`. Where no changes are expected, the report has to know whether there are some.
pub fn after_preview(inputs: &Inputs, passed: bool, report: &Report) -> Decision {
    let is_unsure = inputs.safety.expect_no_changes && report.incomplete;
    if passed && !is_unsure { Decision::GoOn } else { Decision::End }
}
