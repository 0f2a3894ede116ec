//! The page of a sweep as text: a table for a terminal, or Markdown.

use std::fmt::Write as _;

use super::page::{SweepLine, SweepPage};
use crate::base::text::visible;
use crate::commands::page_form::{PrintedPage, markdown_table, text_table};

const COLUMNS: [&str; 5] = ["STACK", "CHANGE REQUEST", "ENDS", "VERDICT", "WHY"];

impl PrintedPage for SweepPage {
    fn as_text(&self) -> String {
        let head = COLUMNS.map(str::to_owned);
        let mut text = text_table(std::iter::once(head).chain(self.stacks.iter().map(row)));
        for line in rest(self) {
            let _ = writeln!(text, "{}", visible(&line, false));
        }
        text
    }

    fn as_markdown(&self) -> String {
        markdown_table(COLUMNS, self.stacks.iter().map(row), &rest(self))
    }
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
