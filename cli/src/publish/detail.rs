//! The detail that the places of a run's report show.

use crate::engine::job::Job;
use crate::render::Detail;

/// The detail that the input asks for; by default a public repository's report shows no values.
pub fn of_job(job: &Job<'_>) -> Detail {
    let asked = job.inputs.report.detail;
    asked.unwrap_or_else(|| Detail::of_repository(job.context.public))
}
