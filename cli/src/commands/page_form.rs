//! The forms of a page that a command prints: a table for a terminal, JSON for programs, Markdown for a job's summary page.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, ArgMatches};
use serde::Serialize;

use super::input_flags::{is_given, json};
use crate::base::error::{Error, Result};
use crate::base::text::visible;
use crate::ci::console::Console;
use crate::render::prose;

/// The form of a page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PageForm {
    /// A table for a terminal.
    #[default]
    Table,
    /// JSON.
    Json,
    /// Markdown.
    Markdown,
}

/// A page, with its texts for people.
pub(super) trait PrintedPage: Serialize {
    /// The page for a terminal.
    fn as_text(&self) -> String;

    /// The page as Markdown.
    fn as_markdown(&self) -> String;
}

impl PageForm {
    /// The flags that ask for a form; without one it is a table.
    pub(super) fn flags() -> [Arg; 2] {
        let markdown = Arg::new("markdown")
            .long("markdown")
            .help("Print it as Markdown, such as for the job's summary page")
            .action(ArgAction::SetTrue)
            .conflicts_with("json")
            .display_order(1);
        [json(), markdown]
    }

    /// What the command line asks for, of those forms that the command has.
    pub(super) fn given(sub: &ArgMatches) -> Self {
        match (is_given(sub, "json"), is_given(sub, "markdown")) {
            (true, _) => Self::Json,
            (_, true) => Self::Markdown,
            _ => Self::Table,
        }
    }

    /// Prints a page.
    ///
    /// # Errors
    /// As JSON it would show a secret of the job.
    pub(super) fn print(self, page: &impl PrintedPage, console: &Console) -> Result<()> {
        match self {
            Self::Table => console.print(&page.as_text()),
            Self::Markdown => console.print_markdown(&page.as_markdown()),
            Self::Json => {
                let text = serde_json::to_string(page).unwrap_or_default();
                if !console.shows(&text) {
                    return Err(Error::input(
                        "the page holds a text that is a secret of this job, so it is not printed as JSON",
                        "print it as a table: secrets are masked there",
                    ));
                }
                console.print_json(&format!("{text}\n"));
            }
        }
        Ok(())
    }
}

/// "1 stack", "3 stacks".
pub(super) fn counted(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// Rows as a table for a terminal, each column as wide as its longest cell.
pub(super) fn text_table<const N: usize>(rows: impl IntoIterator<Item = [String; N]>) -> String {
    let rows: Vec<[String; N]> =
        rows.into_iter().map(|row| row.map(|cell| visible(&cell, false).into_owned())).collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// Rows as a table of Markdown, with lines below it as a list.
pub(super) fn markdown_table<const N: usize>(
    columns: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
    below: &[String],
) -> String {
    let mut text = format!("| {} |\n|{}\n", columns.join(" | "), " --- |".repeat(N));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.map(|cell| prose(&cell, true)).join(" | "));
    }
    if !below.is_empty() {
        text.push('\n');
    }
    for line in below {
        let _ = writeln!(text, "- {}", prose(line, true));
    }
    text
}
