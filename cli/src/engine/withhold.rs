//! Lines of the engine's output that show the plain value of a secret are withheld, with a word in their place.
//!
//! The engine marks a secret, so a line with the mark is known ([`signature`]). A value can have line breaks, and then
//! goes on in lines without the mark. Where it is quoted, as in JSON or JavaScript, it ends with the object that it is
//! in. Where it is not, nothing tells its end from its middle, so all is withheld up to a line that begins something
//! else: a record of the log, a message, or one of the engine's own rows and headings.

use crate::secret::signature::{self, SIGNATURE, WITHHELD};

/// Withholds lines of one stream.
#[derive(Default)]
pub struct Withhold {
    state: State,
    /// Whether a part of the line that has no end yet was withheld.
    in_line: bool,
    /// Whether the last line was withheld: one word is enough for all.
    told: bool,
}

#[derive(Default)]
enum State {
    #[default]
    Open,
    /// The last line had the signature, and the value may be on this one.
    Expecting,
    /// In an object whose strings are quoted: the brackets that are open in it, and the quote.
    Quoted(Quoted),
    /// In a value without quotes, of a line that began after so many blanks.
    Unquoted { indent: usize },
}

#[derive(Default, Clone, Copy)]
struct Quoted {
    depth: u32,
    quote: Option<u8>,
}

impl Withhold {
    /// Takes lines, of which the last may have no end yet, and returns what of them may be shown.
    pub fn pass(&mut self, text: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len());
        for part in text.split_inclusive(|byte| *byte == b'\n') {
            let ends = part.ends_with(b"\n");
            let line = part.strip_suffix(b"\n").unwrap_or(part);
            let withheld = if self.in_line {
                self.rest_of_a_line(line);
                true
            } else {
                !self.may_pass(line)
            };
            if !withheld {
                out.extend_from_slice(part);
                self.told = false;
            } else if !self.told {
                self.told = true;
                out.extend_from_slice(&line[..indent(line)]);
                out.extend_from_slice(WITHHELD.as_bytes());
                out.push(b'\n');
            }
            self.in_line = withheld && !ends;
        }
        out
    }

    /// The rest of a line of which a part was withheld already.
    fn rest_of_a_line(&mut self, rest: &[u8]) {
        if let State::Quoted(quoted) = self.state {
            self.state = State::Open;
            self.go_on(quoted, rest);
        }
    }

    fn may_pass(&mut self, line: &[u8]) -> bool {
        match std::mem::take(&mut self.state) {
            State::Open => self.begins(line),
            State::Expecting if is_sealed(line) => true,
            State::Expecting => {
                self.go_on(Quoted::default(), line);
                false
            }
            State::Quoted(quoted) => {
                self.go_on(quoted, line);
                false
            }
            State::Unquoted { indent } if begins_something_else(line, indent) => self.begins(line),
            unquoted @ State::Unquoted { .. } => {
                self.state = unquoted;
                false
            }
        }
    }

    /// A line outside of any value.
    fn begins(&mut self, line: &[u8]) -> bool {
        let Some(end) = signature::shown_at(line) else { return true };
        if signature::is_bare(line) {
            self.state = State::Expecting;
            return true;
        }
        let begin = end.checked_sub(SIGNATURE.len() + 1).map(|at| line[at]);
        if let Some(quote @ (b'"' | b'\'' | b'`')) = begin
            && line.get(end) == Some(&quote)
        {
            self.go_on(Quoted::default(), &line[end + 1..]);
        } else if line.get(end) != Some(&b'\\') && !is_row(line) {
            // Behind a backslash is a quote within a quoted text, which has no line breaks.
            self.state = State::Unquoted { indent: indent(line) };
        }
        false
    }

    /// Goes on in an object whose strings are quoted, and finds out whether it ends in this line.
    fn go_on(&mut self, mut quoted: Quoted, line: &[u8]) {
        let mut bytes = line.iter();
        while let Some(&byte) = bytes.next() {
            match (quoted.quote, byte) {
                (Some(_), b'\\') => _ = bytes.next(),
                (Some(quote), _) if byte == quote => quoted.quote = None,
                (None, b'"' | b'\'' | b'`') => quoted.quote = Some(byte),
                (None, b'{' | b'[' | b'(') => quoted.depth += 1,
                (None, b'}' | b']' | b')') if quoted.depth == 0 => return,
                (None, b'}' | b']' | b')') => quoted.depth -= 1,
                _ => {}
            }
        }
        self.state = State::Quoted(quoted);
    }
}

fn indent(line: &[u8]) -> usize {
    line.iter().take_while(|byte| **byte == b' ').count()
}

/// Whether a line is the encrypted value that belongs to the signature on the line before.
fn is_sealed(line: &[u8]) -> bool {
    let begin = line.iter().position(u8::is_ascii_alphanumeric).unwrap_or(line.len());
    line[begin..].starts_with(b"ciphertext")
}

/// Whether a line can't be the next one of a value that began in a line with this indentation.
fn begins_something_else(line: &[u8], began: usize) -> bool {
    let text = line.trim_ascii_start();
    let is_message = || {
        let mut words = ["debug: ", "info: ", "warning: ", "error: "].iter();
        let rest = words.find_map(|word| text.strip_prefix(word.as_bytes()));
        // A value of one word is rather a setting in a file than a message.
        rest.is_some_and(|rest| rest.trim_ascii().contains(&b' ')) && indent(line) <= began
    };
    // The engine indents each line of a message as it does the first.
    let leaves = || began >= 4 && !text.is_empty() && indent(line) < began;
    is_record(text) || is_message() || leaves() || is_row(line) || is_heading(line)
}

/// Whether a line is a record of the engine's log, `I1129 01:58:11.812742 …` or JSON.
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

/// Whether a line is a row about a resource, ` +  aws:s3/bucket:Bucket name creating`, which has but one line of a
/// message. The display cuts it: <https://github.com/pulumi/pulumi/blob/master/pkg/backend/display/rows.go>
fn is_row(line: &[u8]) -> bool {
    if !(1..=4).contains(&indent(line)) {
        return false;
    }
    let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default();
    let symbol = first.iter().all(|byte| b"+-~><=".contains(byte));
    let kind = if symbol { words.next().unwrap_or_default() } else { first };
    kind.split(|byte| *byte == b':').count() == 3 && !kind.ends_with(b":") && words.next().is_some()
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
