//! The checks after a deployment in the headline.

use crate::report::{CheckOutcome, CheckResult, Report, Status, shortened};

/// Checks that the headline names.
const NAMED: usize = 3;

/// Bytes of a name in the headline.
const NAME: usize = 60;

/// What the headline of a deployment says of its checks: ", but 1 of 3 checks failed". None if all have passed, or there
/// are none.
pub(super) fn outcome(report: &Report) -> Option<String> {
    let counts = report.check_counts()?;
    Some(match report.status {
        Status::Cancelled => ", but the checks were stopped".to_owned(),
        Status::Succeeded => format!(", {counts}"),
        Status::Failed | Status::Skipped => format!(", but {counts}"),
    })
}

/// The names of the checks that did not pass: " (`url/health`)".
pub(super) fn named(report: &Report, quote: impl Fn(&str) -> String) -> String {
    if report.status == Status::Cancelled {
        return String::new();
    }
    let bad: Vec<_> = report.checks.iter().filter(|check| check.outcome != CheckOutcome::Passed).collect();
    let names: Vec<String> =
        worst_first(&bad).take(NAMED).map(|check| quote(&shortened(&check.name, NAME))).collect();
    match (names.is_empty(), bad.len() > NAMED) {
        (true, _) => String::new(),
        (false, true) => format!(" ({}, …)", names.join(", ")),
        (false, false) => format!(" ({})", names.join(", ")),
    }
}

/// The checks, those that failed first.
pub(super) fn worst_first<'a>(checks: &[&'a CheckResult]) -> impl Iterator<Item = &'a CheckResult> {
    let mut checks = checks.to_vec();
    checks.sort_by_key(|check| std::cmp::Reverse(check.outcome));
    checks.into_iter()
}
