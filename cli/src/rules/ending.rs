//! The end of a run whose changes the rules do not let through.

use crate::base::error::{EXIT_APPROVAL, EXIT_RULES};
use crate::report::{Reason, Report, RuleVerdict, Status};

/// Turns the report of a preview whose changes the rules do not let through into that of a run that ended there: reason,
/// exit status, message and way out are those of the rules. A report of a failure keeps its own.
pub fn end_by_rules(report: &mut Report) {
    let Some(outcome) = report.rules.as_ref().filter(|_| report.status == Status::Succeeded) else { return };
    let (reason, status) = match outcome.verdict {
        RuleVerdict::Allowed => return,
        RuleVerdict::Approval => (Reason::Approval, EXIT_APPROVAL),
        RuleVerdict::Refused => (Reason::Rules, EXIT_RULES),
    };
    report.message = Some(outcome.in_one_line());
    report.hint = outcome.deciding().find_map(|ruling| ruling.way_out.clone());
    report.status = Status::Failed;
    report.reason = Some(reason);
    report.exit_code = i32::from(status);
}
