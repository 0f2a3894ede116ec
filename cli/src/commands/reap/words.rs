//! The page of a sweep as text: a table for a terminal, or Markdown.

use std::fmt::Write as _;

use super::page::{SweepLine, SweepPage};
use crate::base::text::visible;
use crate::render::prose;

const COLUMNS: [&str; 5] = ["STACK", "CHANGE REQUEST", "ENDS", "VERDICT", "WHY"];

/// The page as a table, with what stopped the sweep below it.
pub(super) fn as_text(page: &SweepPage) -> String {
    let head = COLUMNS.map(str::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(head).chain(page.stacks.iter().map(row)).collect();
    let mut widths = [0; 5];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "{:width$}  ", visible(cell, false));
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    for line in rest(page) {
        let _ = writeln!(text, "{}", visible(&line, false));
    }
    text
}

/// The page as Markdown.
pub(super) fn as_markdown(page: &SweepPage) -> String {
    let mut text = format!("| {} |\n|{}\n", COLUMNS.join(" | "), " --- |".repeat(COLUMNS.len()));
    for stack in &page.stacks {
        let _ = writeln!(text, "| {} |", row(stack).map(|cell| prose(&cell, true)).join(" | "));
    }
    let rest = rest(page);
    if !rest.is_empty() {
        text.push('\n');
    }
    for line in rest {
        let _ = writeln!(text, "- {}", prose(&line, true));
    }
    text
}

fn row(line: &SweepLine) -> [String; 5] {
    let dash = || "-".to_owned();
    let why = line.done.as_ref().map_or_else(|| line.why.clone(), |done| format!("{}; {done}", line.why));
    [
        format!("{}/{}", line.project, line.stack),
        line.change_request.map_or_else(dash, |number| number.to_string()),
        line.expires
            .as_deref()
            .and_then(|time| time.get(..16))
            .map_or_else(dash, |time| time.replace('T', " ")),
        line.verdict.clone(),
        why,
    ]
}

fn rest(page: &SweepPage) -> Vec<String> {
    let dry = page.dry.iter().map(|why| format!("nothing was done: {why}"));
    let brake = page.brake.iter().map(|why| format!("nothing was destroyed: {why}"));
    let problems = page.problems.iter().map(|why| format!("not known: {why}"));
    dry.chain(brake).chain(problems).collect()
}
