//! What a sweep has seen and done: what `stackstep reap --json` prints.

use serde::Serialize;

use super::look::StackInSight;
use crate::ledger::entry::instant_of;
use crate::lifecycle::ReviewName;
use crate::lifecycle::decide::{StackDecision, SweepVerdict};

/// The version of the form.
pub const FORM: u32 = 1;

/// A sweep.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SweepPage {
    /// The version of this form.
    pub v: u32,
    /// The time of the sweep, as RFC 3339 in UTC.
    pub time: String,
    /// The identity of the repository.
    pub repository: String,
    /// The reason why nothing was done. None if it was.
    pub dry: Option<String>,
    /// The reason why nothing was destroyed, as it would have been too much.
    pub brake: Option<String>,
    /// The stacks whose names a sweep may destroy.
    pub stacks: Vec<SweepLine>,
    /// What could not be read, so that stacks may be missing.
    pub problems: Vec<String>,
}

/// A stack.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SweepLine {
    /// The project.
    pub project: String,
    /// The stack's own name.
    pub stack: String,
    /// The folder of the project, from the top of the repository.
    pub cwd: String,
    /// The number of its change request.
    pub change_request: Option<u64>,
    /// The end of its time to live, as RFC 3339 in UTC.
    pub expires: Option<String>,
    /// The decision: `foreign`, `unsure`, `forgotten`, `kept`, `waits`, `warn`, `destroy`.
    pub verdict: String,
    /// The reason for it.
    pub why: String,
    /// What was done, in a sentence.
    pub done: Option<String>,
    /// Whether what was decided could not be done.
    pub failed: bool,
}

/// The reason for a verdict.
pub(super) fn why(verdict: &SweepVerdict) -> String {
    match verdict {
        SweepVerdict::Foreign(why)
        | SweepVerdict::Unsure(why)
        | SweepVerdict::Kept(why)
        | SweepVerdict::Waits(why)
        | SweepVerdict::Destroy(why) => why.clone(),
        SweepVerdict::Forgotten => "a person has taken it out of the sweep".to_owned(),
        SweepVerdict::Warn { .. } => "its time to live ends soon".to_owned(),
    }
}

/// The line of a stack, before anything is done.
pub(super) fn line(looked: &StackInSight, decision: &StackDecision) -> SweepLine {
    let facts = &looked.facts;
    SweepLine {
        project: facts.project.clone(),
        stack: facts.stack.clone(),
        cwd: looked.cwd.clone(),
        change_request: facts.name.as_ref().map(ReviewName::number),
        expires: facts.end().map(instant_of),
        verdict: decision.verdict.word().to_owned(),
        why: why(&decision.verdict),
        done: None,
        failed: false,
    }
}
