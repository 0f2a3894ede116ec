//! The end of a run, for a command that carries out several.

use std::path::PathBuf;

use crate::publish::Publisher;
use crate::report::{Masked, Reason, Report};

/// A run that has ended.
pub struct EndedRun {
    /// The exit status.
    pub status: u8,
    /// The report; none for a run that has none.
    pub report: Option<Masked<Report>>,
    /// The digest of what it previewed, if it is known.
    pub digest: Option<String>,
    /// The path of the result file, if it was written.
    pub result_file: Option<PathBuf>,
    /// The places of the report.
    pub publisher: Option<Publisher>,
}

impl EndedRun {
    /// The reason for its result; none without one, or without a report.
    pub fn reason(&self) -> Option<Reason> {
        self.report.as_ref()?.reason
    }

    /// The sentence of a run that has failed: the first one that the engine or a provider has said, else the report's own.
    pub fn failure(&self) -> String {
        let said = self.report.as_deref().and_then(|report| {
            let mut said = report.diagnostics.iter().map(|diagnostic| diagnostic.message.trim());
            said.find(|said| !said.is_empty()).map(str::to_owned).or_else(|| report.message.clone())
        });
        said.unwrap_or_else(|| format!("it ended with exit status {}", self.status))
    }

    /// A run that has no report.
    pub fn without_report(status: u8) -> Self {
        Self { status, report: None, digest: None, result_file: None, publisher: None }
    }
}
