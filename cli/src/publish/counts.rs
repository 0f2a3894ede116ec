//! The counts of changes as GitLab's `terraform` report has them, which it shows in a merge request without any token.
//!
//! The form is what GitLab's own recipe makes of a plan: one object with the numbers `create`, `update` and `delete`,
//! where a replacement is both a `create` and a `delete`.
//! <https://docs.gitlab.com/user/infrastructure/iac/mr_integration/#configure-terraform-report-artifacts>

use serde_json::json;

use crate::report::{Command, Reason, Report, Status};

/// The counts of all reports, added up. Where one is not known they are left out, and GitLab says that the report
/// failed, instead of "no changes".
pub fn terraform(reports: &[Report]) -> String {
    if !reports.iter().all(known) {
        return format!("{}\n", json!({}));
    }
    let sum = |operations: &[&str]| -> u64 {
        let counts =
            reports.iter().flat_map(|report| operations.iter().filter_map(|name| report.changes.get(*name)));
        counts.fold(0, |sum, count| sum.saturating_add(*count))
    };
    let counts = json!({
        "create": sum(&["create", "replace"]),
        "update": sum(&["update"]),
        "delete": sum(&["delete", "replace", "import-replacement"]),
    });
    format!("{counts}\n")
}

/// Whether the counts are of the whole run: of a preview that broke off nobody knows what it would have found.
fn known(report: &Report) -> bool {
    let looks_only = report.preview_only || report.command == Command::Preview;
    match report.status {
        Status::Succeeded => true,
        Status::Skipped => false,
        Status::Failed | Status::Cancelled if looks_only => report.reason == Some(Reason::ChangesUnexpected),
        // What was done until then has been done.
        Status::Failed | Status::Cancelled => !report.changes.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Ending, Events, Facts, report};
    use serde_json::Value;

    fn read(report: &Report) -> Value {
        serde_json::from_str(&terraform(std::slice::from_ref(report))).unwrap()
    }

    fn with(command: Command, status: Status, changes: &[(&str, u64)]) -> Report {
        let mut made = report(Events::default(), Facts::new(command, "dev", Ending::Exited(0), 0));
        made.status = status;
        made.reason = None;
        made.changes = changes.iter().map(|(operation, count)| ((*operation).to_owned(), *count)).collect();
        made
    }

    #[test]
    fn a_replacement_creates_and_deletes() {
        let changes = [
            ("create", 1),
            ("update", 2),
            ("delete", 4),
            ("replace", 8),
            ("same", 16),
            ("import", 32),
            ("read", 64),
        ];
        let report = with(Command::Preview, Status::Succeeded, &changes);
        assert_eq!(read(&report), json!({"create": 9, "delete": 12, "update": 2}));
    }

    #[test]
    fn no_changes_are_three_zeros() {
        let report = with(Command::Up, Status::Succeeded, &[]);
        assert_eq!(read(&report), json!({"create": 0, "delete": 0, "update": 0}));
    }

    #[test]
    fn what_a_broken_preview_would_have_found_is_not_known() {
        let mut report = with(Command::Preview, Status::Failed, &[("create", 1)]);
        assert_eq!(read(&report), json!({}));
        report.reason = Some(Reason::ChangesUnexpected);
        assert_eq!(read(&report), json!({"create": 1, "delete": 0, "update": 0}));
    }

    #[test]
    fn a_failed_update_has_done_what_it_has_done() {
        let report = with(Command::Up, Status::Failed, &[("create", 1)]);
        assert_eq!(read(&report), json!({"create": 1, "delete": 0, "update": 0}));
        assert_eq!(read(&with(Command::Up, Status::Failed, &[])), json!({}));
    }
}
