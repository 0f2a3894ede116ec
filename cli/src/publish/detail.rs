//! The detail that the places of a run's report show.

use crate::ci::Context;
use crate::engine::job::Job;
use crate::inputs::headings::ReportInputs;
use crate::render::Detail;

/// The detail that the input asks for; by default a public repository's report shows no values.
pub fn of_inputs(inputs: &ReportInputs, context: &Context) -> Detail {
    inputs.detail.unwrap_or_else(|| Detail::of_repository(context.public))
}

/// The same for a job.
pub fn of_job(job: &Job<'_>) -> Detail {
    of_inputs(&job.inputs.report, &job.context)
}
