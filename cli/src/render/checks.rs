//! The checks after a deployment: as a table, and as lines of the log.

use super::checked::worst_first;
use super::escape::prose;
use super::{Detail, words};
use crate::render::page::{Page, PageContext};
use crate::report::{CheckOutcome, CheckResult, Report, shortened};

/// Checks that the log has a line for.
const LINES: usize = 10;

/// A sign before a check.
pub(super) fn sign(outcome: CheckOutcome) -> &'static str {
    match outcome {
        CheckOutcome::Passed => "✅",
        CheckOutcome::Inconclusive => "❔",
        CheckOutcome::Failed => "❌",
    }
}

/// What was found, in words: "status 503, and 200 was wanted; it had failed before the deployment as well".
pub(super) fn found(check: &CheckResult) -> String {
    let mut parts: Vec<String> = check.message.iter().cloned().collect();
    if check.of > 1 && check.outcome == CheckOutcome::Passed {
        parts.push(format!(
            "{} of {} tries passed, {} of {} have to",
            check.passed_tries(),
            check.tries.len(),
            check.needed,
            check.of
        ));
    }
    if check.early_tries > 0 {
        let early = words::many(check.early_tries as usize, "try");
        parts.push(format!("{early} before did not count, while it came up"));
    }
    if let (Some(days), true) = (check.certificate_days, check.outcome == CheckOutcome::Passed) {
        parts.push(format!("its certificate is valid for {} more days", days.max(0)));
    }
    parts.extend(before(check).map(str::to_owned));
    if parts.is_empty() { check.outcome.word().to_owned() } else { parts.join("; ") }
}

/// What the same check said before the deployment, where that is worth a word.
pub(super) fn before(check: &CheckResult) -> Option<&'static str> {
    match (check.outcome, check.before?) {
        (CheckOutcome::Failed, CheckOutcome::Failed) => Some("it had failed before the deployment as well"),
        (CheckOutcome::Failed | CheckOutcome::Inconclusive, CheckOutcome::Passed) => {
            Some("it had passed before the deployment")
        }
        (CheckOutcome::Passed | CheckOutcome::Inconclusive, CheckOutcome::Failed) => {
            Some("it had failed before the deployment")
        }
        _ => None,
    }
}

/// "120 ms"; the worst of several.
pub(super) fn latency(check: &CheckResult) -> String {
    check.worst_ms.map_or_else(String::new, |worst| format!("{} ms", words::number(worst)))
}

/// The table of the checks; folded away if all have passed.
pub(super) fn section(context: &PageContext<'_>, page: &mut Page) {
    let checks = &context.report.checks;
    if checks.is_empty() || !context.shows(Detail::Resources) || context.limits.messages == 0 {
        return;
    }
    let good = context.report.check_counts().is_none();
    let title = if good {
        format!("{} passed", words::many(checks.len(), "check"))
    } else {
        words::many(checks.len(), "check")
    };
    if good {
        context.fold(page, &format!("✅ {title}"));
    } else {
        page.push(&format!("#### {title}\n\n"));
    }
    page.push("| | check | at worst | found |\n| --- | --- | --- | --- |\n");
    let all: Vec<&CheckResult> = checks.iter().collect();
    for check in worst_first(&all).take(context.limits.messages) {
        let address = check.address.as_deref().filter(|_| shows_address(context.options.detail, check));
        let address = address.map(|address| format!(" {}", context.code(address))).unwrap_or_default();
        let found = prose(&shortened(&found(check), context.limits.message), context.html());
        let cell = found.replace('|', "\u{2502}");
        page.push(&format!(
            "| {} | {}{address} | {} | {cell} |\n",
            sign(check.outcome),
            context.code(&check.name),
            latency(check)
        ));
    }
    page.push("\n");
    if let Some(more) = checks.len().checked_sub(context.limits.messages).filter(|more| *more > 0) {
        page.push(&format!("… and {} more.\n\n", words::number(more as u64)));
    }
    if good {
        context.unfold(page);
    }
}

/// Whether the address of a check is shown: one that comes from an output is a value.
pub(super) fn shows_address(detail: Detail, check: &CheckResult) -> bool {
    detail >= Detail::Values || check.output.is_none()
}

/// The lines of the log: the checks that did not pass, or how many have passed.
pub(super) fn lines(report: &Report) -> Vec<String> {
    let all: Vec<&CheckResult> = report.checks.iter().collect();
    if all.is_empty() {
        return Vec::new();
    }
    if report.check_counts().is_none() {
        return vec![format!("  {} passed", words::many(all.len(), "check"))];
    }
    let bad: Vec<&CheckResult> =
        worst_first(&all).filter(|check| check.outcome != CheckOutcome::Passed).collect();
    let line = |check: &&CheckResult| {
        format!(
            "  check {}: {}: {}",
            shortened(&check.name, 200),
            check.outcome.word(),
            shortened(&found(check), 500)
        )
    };
    let mut lines: Vec<String> = bad.iter().take(LINES).map(line).collect();
    if bad.len() > LINES {
        lines.push(format!("  and {} more checks", bad.len() - LINES));
    }
    lines
}
