//! A message about a place in the program, as the YAML language host writes it.
//!
//! <https://github.com/hashicorp/hcl/blob/v2.20.1/diagnostic_text.go>

use std::fmt::Write as _;

use super::yaml::Pos;

/// The program's file name in messages.
pub const FILE: &str = "Pulumi.yaml";

/// A message about a place in the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where; line 0 for nowhere.
    pub pos: Pos,
    /// What is wrong.
    pub summary: String,
    /// More about it.
    pub detail: String,
    /// The language host does not expect it, and reports it in a form of its own.
    pub unhandled: bool,
    /// It comes up when the program runs, not when it is read.
    pub late: bool,
}

impl Diagnostic {
    /// An error.
    pub fn error(pos: Pos, summary: impl Into<String>) -> Self {
        Self { pos, summary: summary.into(), detail: String::new(), unhandled: false, late: false }
    }

    /// Adds more about it.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Marks what the language host does not expect.
    #[must_use]
    pub fn unhandled(mut self) -> Self {
        self.unhandled = true;
        self
    }

    /// Marks what comes up when the program runs.
    #[must_use]
    pub fn late(mut self) -> Self {
        self.late = true;
        self
    }

    /// The message in one line, with its place in front.
    pub fn line(&self) -> String {
        let Pos { line, column, width } = self.pos;
        format!("{FILE}:{line},{column}-{}: {}; {}", column + width, self.summary, self.detail)
    }

    /// The message for a terminal, with the program's line and the broken part underlined.
    pub fn render(&self, source: &str, color: bool) -> String {
        let paint = |codes: &'static str, text: &str| {
            if color { format!("\u{1b}[{codes}m{text}\u{1b}[0m") } else { text.to_owned() }
        };
        let mut out = format!("{}: {}\n\n", paint("31", "Error"), self.summary);
        if let Some(line) = self.pos.line.checked_sub(1).and_then(|index| source.lines().nth(index)) {
            let start = char_index(line, self.pos.column.saturating_sub(1));
            let end = start + char_index(&line[start..], self.pos.width);
            // Writing to a string does not fail.
            let _ = write!(
                out,
                "  on {FILE} line {}:\n{:4}: {}{}{}\n\n",
                self.pos.line,
                self.pos.line,
                &line[..start],
                paint("1;4", &line[start..end]),
                &line[end..]
            );
        }
        if !self.detail.is_empty() {
            let _ = write!(out, "{}\n\n", self.detail);
        }
        out
    }
}

fn char_index(line: &str, count: usize) -> usize {
    line.char_indices().nth(count).map_or(line.len(), |(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_shows_the_line_and_underlines_the_broken_part() {
        let source = "a: b\nx: {input: \"a ${nope}\"}\n";
        let pos = Pos { line: 2, column: 12, width: 9 };
        let message = Diagnostic::error(pos, "`nope` is not there").detail("more").render(source, true);
        assert_eq!(
            message,
            "\u{1b}[31mError\u{1b}[0m: `nope` is not there\n\n  on Pulumi.yaml line 2:\n   2: x: {input: \
             \u{1b}[1;4m\"a ${nope\u{1b}[0m}\"}\n\nmore\n\n"
        );
    }

    #[test]
    fn a_message_about_no_place_has_no_line() {
        let message = Diagnostic::error(Pos::default(), "no").render("", false);
        assert_eq!(message, "Error: no\n\n");
    }
}
