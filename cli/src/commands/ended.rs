//! The end of a run, for a command that carries out several.

use std::path::PathBuf;

use crate::publish::Publisher;
use crate::report::{Masked, Report};

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
    /// A run that has no report.
    pub fn without_report(status: u8) -> Self {
        Self { status, report: None, digest: None, result_file: None, publisher: None }
    }
}
