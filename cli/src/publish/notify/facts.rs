//! What is said of an event, by a report or by a verb.

use std::collections::BTreeMap;

use crate::render::counts;
use crate::report::{Masked, Reason, Report};

/// What is said of an event, beside what is known of the job.
#[derive(Debug, Clone, Default)]
pub struct NotifyFacts {
    /// What happened, in a sentence or a few.
    pub what: Option<String>,
    /// What somebody has to do.
    pub hint: Option<String>,
    /// What would change or has changed: "2 to create".
    pub counts: Option<String>,
    /// The same by operation.
    pub changes: Option<BTreeMap<String, u64>>,
    /// The run's exit status.
    pub exit_code: Option<i32>,
    /// Why the run did not succeed.
    pub reason: Option<Reason>,
    /// The digest of the change.
    pub digest: Option<String>,
    /// A page with more, such as an issue.
    pub link: Option<String>,
}

impl NotifyFacts {
    /// A sentence that somebody wrote.
    pub fn saying(what: impl Into<String>) -> Self {
        Self { what: Some(what.into()), ..Self::default() }
    }

    /// What a report says.
    pub fn of_report(report: &Masked<Report>) -> Self {
        Self {
            what: report.message.clone(),
            hint: report.hint.clone(),
            counts: Some(counts(report)).filter(|counts| !counts.is_empty()),
            changes: report.changes.clone(),
            exit_code: Some(report.exit_code),
            reason: report.reason,
            digest: report.review.as_ref().map(|review| review.digest.clone()),
            link: report.permalink.clone(),
        }
    }
}
