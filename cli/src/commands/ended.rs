//! The end of a run, for a command that carries out several.

use std::path::PathBuf;

use crate::base::error::Error;
use crate::ci::console::Console;
use crate::publish::Publisher;
use crate::report::{Masked, Reason, Report, Status};

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

    /// The run that has ended with `error` and this exit status, whatever it ended with before.
    #[must_use]
    pub fn ended_as(mut self, error: &Error, status: u8, console: &Console) -> Self {
        self.status = status;
        self.report = self.report.take().map(|report| {
            let mut report = report.into_inner();
            report.status = Status::Failed;
            report.reason = error.reason();
            report.message = Some(error.to_string());
            report.hint = error.hint().map(str::to_owned);
            report.exit_code = i32::from(status);
            report.masked(&|text| console.masker().mask(text))
        });
        self
    }

    /// A run that has no report.
    pub fn without_report(status: u8) -> Self {
        Self { status, report: None, digest: None, result_file: None, publisher: None }
    }
}
