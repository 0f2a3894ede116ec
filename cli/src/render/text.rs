//! The report as the last lines of a job's log: short, and every line safe to print.

use super::{alike, checks, reviewed, ruled, words};
use crate::base::text::log_line;
use crate::report::{Reason, Report, RuleVerdict, Severity, StepStatus, shortened};

/// Lines of a kind that are shown.
const LINES: usize = 10;

/// What stands above the last lines, so that they are found at the end of a long log.
const RULER: &str = "────────────────────────────────────────────────────────────";

/// The outcome in words, the counts, the reason with its way out, and where `result` lies.
pub fn text(report: &Report, result: Option<&str>) -> String {
    let mut lines = vec![RULER.to_owned()];
    let headline = words::headline(report, |name| format!("`{}`", shortened(name, 200)));
    lines.push(format!("stackstep: {headline} ({})", words::duration(report.duration_ms)));
    if report.engine.as_ref().is_some_and(|engine| engine.sandbox) {
        lines.push("  SANDBOX, nothing was deployed".to_owned());
    }
    if let Some(comparison) = reviewed::refused(report) {
        lines.push(format!("  {}:", reviewed::heading(comparison)));
        let found = reviewed::lines(comparison, LINES);
        lines.extend(found.iter().map(|line| format!("  - {}", shortened(line, 500))));
    }
    steps(report, &mut lines);
    lines.extend(checks::lines(report));
    errors(report, &mut lines);
    rules(report, &mut lines);
    if let Some(reason) = report.reason {
        let meaning = match reason {
            Reason::Unknown => String::new(),
            _ => format!(" ({})", reason.meaning().trim_end_matches('.')),
        };
        lines.push(format!("  reason: {}{meaning}", reason.name()));
    }
    if let Some(hint) = &report.hint {
        lines.push(format!("  hint: {}", shortened(hint, 1000)));
    }
    lines.extend(report.notes.iter().map(|note| format!("  note: {}", shortened(note, 500))));
    lines.extend(report.permalink.iter().map(|url| format!("  see: {}", shortened(url, 500))));
    lines.extend(result.map(|result| format!("  result: {result}")));
    lines.iter().map(|line| log_line(line) + "\n").collect()
}

/// What is lost, and what did not end well; the rest is in the engine's own lines above.
fn steps(report: &Report, lines: &mut Vec<String>) {
    let loud = |operation: &str, status| {
        words::destroys(operation) || matches!(status, StepStatus::Failed | StepStatus::Unfinished)
    };
    let loud: Vec<_> =
        words::ordered(report).into_iter().filter(|step| loud(&step.operation, step.status)).collect();
    let rows = alike::rows(&loud, false);
    let (shown, hidden) = rows.split_at(rows.len().min(LINES));
    for row in shown {
        let step = row.first();
        let ending = match step.status {
            StepStatus::Failed => " failed",
            StepStatus::Unfinished => " did not finish",
            StepStatus::Planned | StepStatus::Done => "",
        };
        let (name, kind) = (shortened(&step.name, 200), shortened(&step.kind, 200));
        let name = match row.last() {
            Some(last) => {
                format!("{} × {name} … {}", words::number(row.count() as u64), shortened(&last.name, 200))
            }
            None => name,
        };
        let operation = words::found(report, &step.operation).unwrap_or(&step.operation);
        lines.push(format!("  {operation} {name} ({kind}){ending}"));
    }
    if !hidden.is_empty() {
        lines.push(format!("  and {} more", words::number(alike::count(hidden) as u64)));
    }
}

/// What the rules do not allow, with the way out.
fn rules(report: &Report, lines: &mut Vec<String>) {
    let Some(rules) = &report.rules else { return };
    for ruling in rules.rulings.iter().filter(|ruling| ruling.verdict > RuleVerdict::Allowed) {
        let verdict = ruled::verdict(ruling, str::to_owned);
        let error = if ruled::ended(report) { "error: " } else { "" };
        lines.push(format!(
            "  {error}{verdict} by the rule {}: {}",
            ruling.rule,
            shortened(&ruling.finding, 500)
        ));
        let (names, more) = ruled::names(ruling, LINES);
        if !names.is_empty() {
            let names: Vec<String> = names.iter().map(|name| shortened(name, 200)).collect();
            let more = if more > 0 { format!(" and {} more", words::number(more)) } else { String::new() };
            lines.push(format!("    {}{more}", names.join(", ")));
        }
        lines.extend(
            ruled::way_out(report, ruling).map(|way_out| format!("    hint: {}", shortened(way_out, 1000))),
        );
    }
    for ruling in &rules.rulings {
        let through = ruled::let_through(ruling, true).into_iter();
        lines
            .extend(through.map(|sentence| format!("  rule {}: {}", ruling.rule, shortened(&sentence, 500))));
    }
    lines.extend(rules.warnings.iter().map(|warning| format!("  warning: {}", shortened(warning, 500))));
    if ruled::depends_on_the_time(rules) {
        lines.push(format!("  rules: {}", ruled::judged(rules)));
    }
}

fn errors(report: &Report, lines: &mut Vec<String>) {
    let errors: Vec<_> = report
        .diagnostics
        .iter()
        .filter(|said| said.severity == Severity::Error && !said.says_nothing())
        .collect();
    for error in errors.iter().take(LINES) {
        let first = report.first_line_of(error);
        let resource =
            error.name.as_deref().map_or(String::new(), |name| format!("{}: ", shortened(name, 200)));
        lines.push(format!("  error: {resource}{}", shortened(&first, 500)));
    }
    if errors.len() > LINES {
        lines.push(format!("  and {} more errors", errors.len() - LINES));
    }
    // Of the checks each has a line of its own, and so have the rules.
    let is_told = !report.checks.is_empty() || ruled::says_the_message(report);
    if let Some(message) = report.message.as_deref().filter(|_| errors.is_empty() && !is_told) {
        let message = message.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let message = message.strip_prefix("error: ").unwrap_or(message);
        lines.push(format!("  error: {}", shortened(message, 500)));
    }
}
