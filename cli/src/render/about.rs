//! The stack that a report is about, with the verb of its run: "Preview of dev".

use crate::base::git::short_commit;
use crate::report::{Operation, Report};

/// The noun of an operation with its stack; of a rollback with the commit.
pub(super) fn about(report: &Report, noun: &str, stack: &str) -> String {
    match report.rollback.as_deref().map(short_commit) {
        Some(commit) if report.command == Operation::Preview => {
            format!("{noun} of the rollback of {stack} to {commit}")
        }
        Some(commit) => format!("Rollback of {stack} to {commit}"),
        None => format!("{noun} of {stack}"),
    }
}
