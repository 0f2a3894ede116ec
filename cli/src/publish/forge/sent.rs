//! The outcome of sending a report to the forge.

use crate::base::error::{EXIT_PUBLISH, Problem};
use crate::ci::Level;
use crate::ci::console::Console;
use crate::report::{Masked, Reason, Report};

/// The outcome of sending a report.
#[derive(Debug, Default)]
pub struct Sent {
    pub(super) missed: Option<Problem>,
}

impl Sent {
    /// Whether a comment is missing that the step must have.
    pub fn has_missed(&self) -> bool {
        self.missed.is_some()
    }

    /// The report with the failure of a required comment, if one is missing. The outcome of the operation stays.
    #[must_use]
    pub fn noted_in(self, report: Masked<Report>, mask: &dyn Fn(&str) -> String) -> Masked<Report> {
        if self.missed.is_none() {
            return report;
        }
        let mut report = report.into_inner();
        if let Some(missed) = self.missed.filter(|_| report.exit_code == 0) {
            report.exit_code = i32::from(EXIT_PUBLISH);
            report.reason = Some(Reason::Publish);
            report.message = Some(missed.what);
            let general = || Reason::Publish.way_out(report.command).to_owned();
            report.hint = Some(missed.hint.unwrap_or_else(general));
        }
        report.masked(mask)
    }
}

/// Warns that something that the inputs ask for could not be published.
pub(super) fn miss(console: &Console, message: &str) {
    console.miss();
    warn(console, message);
}

pub(super) fn warn(console: &Console, message: &str) {
    console.annotate(Level::Warning, "stackstep", message);
}
