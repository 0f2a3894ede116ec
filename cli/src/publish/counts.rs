//! The counts of changes in the form of GitLab's `terraform` report, which it shows in a merge request without any
//! token.
//!
//! The form is that of GitLab's own recipe for a plan: one object with the numbers `create`, `update` and `delete`,
//! where a replacement is both a `create` and a `delete`.
//! <https://docs.gitlab.com/user/infrastructure/iac/mr_integration/#configure-terraform-report-artifacts>

use serde_json::json;

use crate::report::{Report, Status};

/// The operations that the report counts.
const COUNTED: [&str; 6] = ["create", "update", "delete", "replace", "import-replacement", "delete-replaced"];

/// The sum of the counts of all reports. If the counts of one are not known, the object is empty, and GitLab says that
/// the report failed instead of "no changes".
pub fn terraform(reports: &[Report]) -> String {
    if !reports.iter().all(known) {
        return format!("{}\n", json!({}));
    }
    let sum = |operations: &[&str]| -> u64 {
        let counts = reports
            .iter()
            .filter_map(|report| report.changes.as_ref())
            .flat_map(|changes| operations.iter().filter_map(|name| changes.get(*name)));
        counts.fold(0, |sum, count| sum.saturating_add(*count))
    };
    let counts = json!({
        "create": sum(&["create", "replace"]),
        "update": sum(&["update"]),
        "delete": sum(&["delete", "replace", "import-replacement", "delete-replaced"]),
    });
    format!("{counts}\n")
}

/// Whether the counts cover the whole run.
fn known(report: &Report) -> bool {
    let Some(changes) = &report.changes else { return false };
    match report.status {
        Status::Succeeded => true,
        Status::Skipped => false,
        // The changes until the failure have been made, and count. But changes that are not counted, such as those of a
        // step that failed halfway, are no zero.
        Status::Failed | Status::Cancelled => {
            let counted =
                changes.iter().any(|(operation, count)| COUNTED.contains(&operation.as_str()) && *count > 0);
            counted || (!changes.is_empty() && report.has_changes == Some(false))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Ending, Events, Facts, Operation, report};
    use serde_json::Value;

    fn read(report: &Report) -> Value {
        serde_json::from_str(&terraform(std::slice::from_ref(report))).unwrap()
    }

    fn with(command: Operation, status: Status, changes: &[(&str, u64)]) -> Report {
        let mut made = report(Events::default(), Facts::new(command, "dev", Ending::Exited(0), 0));
        made.status = status;
        made.reason = None;
        made.changes =
            Some(changes.iter().map(|(operation, count)| ((*operation).to_owned(), *count)).collect());
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
        let report = with(Operation::Preview, Status::Succeeded, &changes);
        assert_eq!(read(&report), json!({"create": 9, "delete": 12, "update": 2}));
    }

    #[test]
    fn no_changes_are_three_zeros() {
        let report = with(Operation::Up, Status::Succeeded, &[]);
        assert_eq!(read(&report), json!({"create": 0, "delete": 0, "update": 0}));
    }

    #[test]
    fn what_is_not_known_is_no_number() {
        for status in [Status::Succeeded, Status::Failed] {
            let mut report = with(Operation::Preview, status, &[("create", 1)]);
            assert_eq!(read(&report), json!({"create": 1, "delete": 0, "update": 0}));
            report.changes = None;
            assert_eq!(read(&report), json!({}));
        }
    }

    #[test]
    fn what_an_earlier_replacement_has_left_over_is_deleted() {
        let report = with(Operation::Up, Status::Succeeded, &[("same", 2), ("delete-replaced", 2)]);
        assert_eq!(read(&report), json!({"create": 0, "delete": 2, "update": 0}));
    }

    #[test]
    fn a_failed_update_has_done_what_it_has_done() {
        let report = with(Operation::Up, Status::Failed, &[("create", 1)]);
        assert_eq!(read(&report), json!({"create": 1, "delete": 0, "update": 0}));
        assert_eq!(read(&with(Operation::Up, Status::Failed, &[])), json!({}));
        let mut report = with(Operation::Up, Status::Cancelled, &[("same", 1)]);
        report.has_changes = Some(false);
        assert_eq!(read(&report), json!({"create": 0, "delete": 0, "update": 0}));
        report.has_changes = Some(true);
        assert_eq!(read(&report), json!({}), "a step failed in its middle");
    }
}
