//! Withholds lines of the engine's output that show the plain value of a secret, and puts a note in their place.
//!
//! The engine marks a secret, so a line with the mark is recognised ([`signature`]). The value can be on other lines.
//! In an object whose strings are quoted, as in JSON or JavaScript, it is before or after the mark: the lines of an
//! object are held back until it ends ([`Held`]), for a second at most, and are withheld from the object's beginning to
//! its end. If a value is not quoted, its end can't be told from its middle, so everything is withheld up to a line
//! that begins something else: a record of the log, a message, or one of the engine's own rows and headings.

mod held;

use crate::base::secret::signature::{self, WITHHELD};
use held::{Brackets, Held};

/// Withholds the lines of one stream.
#[derive(Default)]
pub struct Withhold {
    state: WithholdState,
    held: Held,
    /// The number of brackets around the last mark that belong to its object.
    levels: usize,
    /// Whether a part of the current line was withheld.
    in_line: bool,
    /// Whether the last line was withheld: one note is enough for all.
    told: bool,
}

#[derive(Default)]
enum WithholdState {
    #[default]
    Open,
    /// The last line had nothing but the signature, and the value may be on this one.
    Expecting { quoted: bool, indent: usize },
    /// The last line had the encrypted value, and this one may still have the plain one.
    Sealed,
    /// In an object whose strings are quoted, which is withheld up to its end.
    Quoted(Brackets),
    /// After such an object: more of it can follow, as in a list of pairs.
    Behind,
    /// In a value without quotes.
    Unquoted(Unquoted),
}

/// A value without quotes, and the line that it began in.
#[derive(Clone, Copy)]
struct Unquoted {
    indent: usize,
    in_record: bool,
    /// Whether it is a field on a line of its own, so that a line with less indent ends it.
    is_field: bool,
}

impl Withhold {
    /// Takes lines, of which the last may have no end yet, and returns the text to pass on.
    pub fn pass(&mut self, text: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len());
        for part in text.split_inclusive(|byte| *byte == b'\n') {
            let ends = part.ends_with(b"\n");
            let line = part.strip_suffix(b"\n").unwrap_or(part);
            let withheld = if self.in_line { self.rest_of_a_line(line) } else { !self.may_pass(line) };
            if withheld {
                let (before, begun) = self.held.take_before_the_object(self.levels);
                out.extend_from_slice(&before);
                self.tell(&mut out, indent(begun.as_deref().unwrap_or(line)));
            } else {
                self.told = false;
                out.extend_from_slice(&self.held.pass(part, ends));
            }
            self.in_line = withheld && !ends;
        }
        out
    }

    /// The lines that have been held back long enough.
    pub fn release(&mut self) -> Vec<u8> {
        self.held.release()
    }

    /// Whether lines are held back.
    pub fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    fn tell(&mut self, out: &mut Vec<u8>, indent: usize) {
        if !self.told {
            self.told = true;
            out.extend(std::iter::repeat_n(b' ', indent));
            out.extend_from_slice(WITHHELD.as_bytes());
            out.push(b'\n');
        }
    }

    /// Reads the rest of a line of which a part was withheld. It is withheld too.
    fn rest_of_a_line(&mut self, rest: &[u8]) -> bool {
        if let WithholdState::Quoted(brackets) = self.state {
            self.go_on(brackets, rest);
        }
        true
    }

    fn may_pass(&mut self, line: &[u8]) -> bool {
        match std::mem::take(&mut self.state) {
            WithholdState::Expecting { .. } if is_sealed(line) => {
                self.state = WithholdState::Sealed;
                true
            }
            WithholdState::Expecting { quoted: false, indent } if self.held.is_empty() => {
                self.state = WithholdState::Unquoted(Unquoted { indent, in_record: false, is_field: true });
                false
            }
            WithholdState::Sealed if !names_a_value(line) => self.begins(line),
            WithholdState::Expecting { .. } | WithholdState::Sealed => {
                self.go_on_behind_the_mark(line);
                false
            }
            WithholdState::Quoted(brackets) => {
                self.go_on(brackets, line);
                false
            }
            WithholdState::Behind if names_a_value(line) || opens(line) => {
                self.go_on(Brackets::behind(), line);
                false
            }
            WithholdState::Open | WithholdState::Behind => self.begins(line),
            WithholdState::Unquoted(value) if value.ends_before(line) => self.begins(line),
            unquoted @ WithholdState::Unquoted(_) => {
                self.state = unquoted;
                false
            }
        }
    }

    /// Reads a line outside of any value. Returns whether it may pass.
    fn begins(&mut self, line: &[u8]) -> bool {
        let Some(end) = signature::shown_at(line) else { return true };
        let quote = |at: usize| line.get(at).copied().filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
        let begin = end.checked_sub(signature::LENGTH + 1).and_then(quote);
        self.levels = if signature::is_field(line) { 1 } else { 2 };
        let ends = line[end..].iter().any(|byte| matches!(byte, b'}' | b']' | b')'));
        if signature::is_bare(line) && !ends {
            self.state = WithholdState::Expecting { quoted: begin.is_some(), indent: indent(line) };
            return true;
        }
        if !self.held.is_empty() {
            self.go_on_behind_the_mark(line);
        } else if begin.is_some() && begin == quote(end) {
            self.go_on(Brackets::default(), &line[end + 1..]);
        } else if line.get(end) != Some(&b'\\') && !is_row(line) {
            // A quote after a backslash is within a quoted text, which has no line breaks.
            let in_record = is_record(line.trim_ascii_start());
            self.state =
                WithholdState::Unquoted(Unquoted { indent: indent(line), in_record, is_field: false });
        } else if line.get(end) == Some(&b'\\') {
            self.state = WithholdState::Behind;
        }
        false
    }

    /// Continues in the object of a mark in this line or before it.
    fn go_on_behind_the_mark(&mut self, line: &[u8]) {
        self.go_on(self.held.brackets(self.levels), line);
    }

    /// Continues in an object whose strings are quoted, and finds out whether it ends in this line.
    fn go_on(&mut self, mut brackets: Brackets, line: &[u8]) {
        self.state =
            if brackets.close_in(line) { WithholdState::Behind } else { WithholdState::Quoted(brackets) };
    }
}

impl Unquoted {
    /// Whether a line can't be the next one of this value.
    fn ends_before(self, line: &[u8]) -> bool {
        let text = line.trim_ascii_start();
        if is_record(text) || self.in_record {
            // The engine's last message comes without the head of a record.
            return is_record(text) || line.starts_with(b"error: ");
        }
        let leaves = !text.is_empty() && indent(line) < self.indent;
        // The engine indents each line of a message like the first.
        if self.indent >= 4 || (self.is_field && self.indent > 0) {
            return leaves || (!self.is_field && is_message(line, self.indent));
        }
        !self.is_field && (is_message(line, self.indent) || is_row(line) || is_heading(line))
            || self.is_field && (is_row(line) || is_heading(line))
    }
}

fn indent(line: &[u8]) -> usize {
    line.iter().take_while(|byte| **byte == b' ').count()
}

/// Whether a line is the encrypted value of the mark on the line before.
fn is_sealed(line: &[u8]) -> bool {
    signature::is_sealed(line)
}

/// Whether a line has the name of a field for a plain value.
fn names_a_value(line: &[u8]) -> bool {
    let mut words = line.split(|byte| !byte.is_ascii_alphanumeric());
    words.any(|word| matches!(word, b"value" | b"plaintext" | b"Value" | b"Plaintext"))
}

/// Whether a line ends with an open bracket.
fn opens(line: &[u8]) -> bool {
    matches!(line.trim_ascii_end().last(), Some(b'{' | b'[' | b'('))
}

/// Whether a line begins one of the engine's messages.
fn is_message(line: &[u8], began: usize) -> bool {
    let text = line.trim_ascii_start();
    let mut words = ["debug: ", "info: ", "warning: ", "error: "].iter();
    let rest = words.find_map(|word| text.strip_prefix(word.as_bytes()));
    // A value of one word is more likely a setting in a file than a message.
    rest.is_some_and(|rest| rest.trim_ascii().contains(&b' ')) && indent(line) <= began
}

/// Whether a line is a record of the engine's log: `I1129 01:58:11.812742 …`, or JSON.
fn is_record(text: &[u8]) -> bool {
    let digits = |range: std::ops::Range<usize>| {
        text.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let plain = matches!(text.first(), Some(b'I' | b'W' | b'E' | b'F'))
        && digits(1..5)
        && digits(6..8)
        && digits(9..11)
        && text.get(8) == Some(&b':');
    plain || text.starts_with(b"{\"time\":\"")
}

/// Whether a line is a row about a resource, ` +  aws:s3/bucket:Bucket name creating`, which holds at most one line of
/// a message. It has a blank, the sign in two columns, two blanks (more without a sign), and the type. The display
/// shortens it: <https://github.com/pulumi/pulumi/blob/master/pkg/backend/display/rows.go>
fn is_row(line: &[u8]) -> bool {
    let sign = line.get(..4).unwrap_or_default();
    let is_sign = |byte: u8| b"+-~><=".contains(&byte);
    let columns = match sign {
        [b' ', first, second, b' '] => {
            (is_sign(*first) && (*second == b' ' || is_sign(*second))) || sign == b"    "
        }
        _ => false,
    };
    let mut words =
        line.split(|byte| *byte == b' ').filter(|word| !word.is_empty() && !word.iter().all(|b| is_sign(*b)));
    let kind = words.next().unwrap_or_default();
    columns
        && indent(line) <= 4
        && kind.split(|byte| *byte == b':').count() == 3
        && !kind.ends_with(b":")
        && words.next().is_some()
}

/// Whether a line is a heading of the engine's display.
fn is_heading(line: &[u8]) -> bool {
    const HEADINGS: [&str; 12] = [
        "Diagnostics:",
        "Outputs:",
        "Resources:",
        "Policies:",
        "Duration: ",
        "Previewing ",
        "Updating ",
        "Refreshing ",
        "Destroying ",
        "View ",
        "@ ",
        "error: ",
    ];
    HEADINGS.iter().any(|heading| line.starts_with(heading.as_bytes()))
}

#[cfg(test)]
mod tests;
