//! The gate in front of a job: the environment that a CI system asks people about before it starts the job.

use super::people::Person;

/// The facts of a job that tell which gate it came through. The CI system tells them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GatedJob {
    /// The id of the run, pipeline or build.
    pub run: Option<String>,
    /// The id of the job, where a run has several.
    pub job: Option<String>,
    /// The name of the environment.
    pub environment: Option<String>,
}

/// What somebody decided at a gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateApproval {
    /// Who decided.
    pub person: Person,
    /// Whether they let the job through.
    pub approved: bool,
    /// The environments that it was for. Empty if the forge does not tell.
    pub environments: Vec<String>,
    /// The time, in RFC 3339. None if the forge does not tell.
    pub at: Option<String>,
    /// What they wrote.
    pub comment: Option<String>,
}
