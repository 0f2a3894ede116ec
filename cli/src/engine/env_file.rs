//! `env-file`: variables for the engine, in the form that dotenv files have in most tools.
//!
//! There is no standard. These are the rules that Docker Compose and the dotenv libraries have in common
//! (<https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax>), but
//! nothing is expanded: `$NAME` stays as it is written.

use std::path::Path;

use super::args::LONGEST_ARGUMENT;
use crate::base::error::{Error, Result};
use crate::base::text_file::{self, read_text};

/// Reads the file. Blank lines, lines that begin with `#`, and `export ` before a name are left out. A value in single
/// quotes is taken literally; one in double quotes knows `\n`, `\r`, `\t`, `\"`, `\\` and `\$`. Both may have several
/// lines, which always end in a line feed in the value, as in those tools. A value without quotes ends at the end of
/// the line, or before a blank and `#`.
pub fn read(path: &Path) -> Result<Vec<(String, String)>> {
    let text = read_text(path, text_file::SETTINGS).map_err(|error| {
        Error::input(
            format!("could not read `env-file` `{}`: {error}", path.display()),
            error.hint().unwrap_or("write it in a step before"),
        )
    })?;
    let text = text.replace("\r\n", "\n");
    let mut lines = Lines { left: &text, number: 0 };
    let mut pairs = Vec::new();
    while let Some(line) = lines.next() {
        let number = lines.number;
        // A line can hold a secret, so that messages have only its number.
        let wrong = |what: &str, hint: &str| {
            Error::input(format!("line {number} of `env-file` `{}` {what}", path.display()), hint)
        };
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])).unwrap_or(line);
        let pair = line.split_once('=').map(|(name, value)| (name.trim(), value));
        let Some((name, value)) = pair.filter(|(name, _)| is_name(name)) else {
            return Err(wrong(
                "is not `NAME=value`",
                "write one variable a line; a value of several lines stands in quotes",
            ));
        };
        let begun = value.trim_start();
        let value = match begun.chars().next() {
            Some(quote @ ('"' | '\'')) => lines.quoted(&begun[1..], quote).map_err(|what| {
                wrong(what, "close the quote at the value's end, and put a backslash before a `\"` inside of double quotes")
            })?,
            _ => bare(value).to_owned(),
        };
        if value.contains('\0') {
            return Err(wrong("has a zero byte in its value", "encode the value, as base64 or the like"));
        }
        if name.len() + value.len() + 2 > LONGEST_ARGUMENT {
            return Err(wrong(
                &format!(
                    "sets `{name}` to more than the {LONGEST_ARGUMENT} bytes that this operating system takes"
                ),
                "write the value into a file of its own, and its path into the variable",
            ));
        }
        pairs.push((name.to_owned(), value));
    }
    Ok(pairs)
}

/// The lines of a text. A quoted value takes as many of them as it needs.
struct Lines<'a> {
    left: &'a str,
    number: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<&'a str> {
        if self.left.is_empty() {
            return None;
        }
        self.number += 1;
        let (line, left) = self.left.split_once('\n').unwrap_or((self.left, ""));
        self.left = left;
        Some(line)
    }

    /// The value that begins with `rest`, the text after its opening quote.
    fn quoted(&mut self, rest: &'a str, quote: char) -> Result<String, &'static str> {
        let (mut value, mut rest) = (String::new(), rest);
        loop {
            if let Some(behind) = up_to(rest, quote, &mut value) {
                let behind = behind.trim_start();
                return if behind.is_empty() || behind.starts_with('#') {
                    Ok(value)
                } else {
                    Err("has more than a comment behind its quoted value")
                };
            }
            value.push('\n');
            rest = self.next().ok_or("opens a quote that is never closed")?;
        }
    }
}

/// Adds the text before the closing quote to `value`, and returns the text after it; none if the line has no closing
/// quote.
fn up_to<'a>(line: &'a str, quote: char, value: &mut String) -> Option<&'a str> {
    let mut chars = line.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            _ if c == quote => return Some(&line[at + 1..]),
            '\\' if quote == '"' => match chars.next().map(|(_, escaped)| escaped) {
                Some('n') => value.push('\n'),
                Some('r') => value.push('\r'),
                Some('t') => value.push('\t'),
                Some(plain @ ('"' | '\\' | '$')) => value.push(plain),
                // Such as a Windows path or a regular expression.
                Some(other) => value.extend(['\\', other]),
                None => value.push('\\'),
            },
            other => value.push(other),
        }
    }
    None
}

/// A value without quotes: the text up to a comment, which begins with a blank and `#`.
fn bare(value: &str) -> &str {
    let comment = value.find(" #").into_iter().chain(value.find("\t#")).min();
    value[..comment.unwrap_or(value.len())].trim()
}

/// Whether it can be the name of a variable in every shell.
pub fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_of(text: &str) -> Result<Vec<(String, String)>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.env");
        std::fs::write(&path, text).unwrap();
        read(&path)
    }

    fn value(text: &str) -> String {
        let (name, value) = read_of(text).unwrap().remove(0);
        assert_eq!(name, "A");
        value
    }

    #[test]
    fn a_value_without_quotes_ends_at_its_line_or_a_comment() {
        for (text, expected) in [
            ("A=1", "1"),
            ("A = 1 ", "1"),
            ("  A=1\r\n", "1"),
            ("export A=1", "1"),
            ("export\tA=1", "1"),
            ("A=", ""),
            ("A=x y # note", "x y"),
            ("A=x#y", "x#y"),
            ("A=#y", "#y"),
            ("A= #y", ""),
            ("A=x\t# note", "x"),
            ("A=it's", "it's"),
            ("A=a=b", "a=b"),
            ("A=$B\\n", "$B\\n"),
            ("\u{feff}A=1", "1"),
            ("# note\n\nA=1", "1"),
        ] {
            assert_eq!(value(text), expected, "{text:?}");
        }
    }

    #[test]
    fn double_quotes_know_escapes_and_single_ones_do_not() {
        for (text, expected) in [
            (r#"A="x y" # note"#, "x y"),
            (r#"A="x # y""#, "x # y"),
            (r#"A="a\nb\tc\"d\\e\$f""#, "a\nb\tc\"d\\e$f"),
            (r#"A="C:\Users""#, r"C:\Users"),
            (r"A='x y' # note", "x y"),
            (r#"A='a\n"b"'"#, r#"a\n"b""#),
            ("A=\"\"", ""),
        ] {
            assert_eq!(value(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_quoted_value_may_have_several_lines() {
        let pem = "-----BEGIN KEY-----\nabc=\n# no comment\n-----END KEY-----\n";
        for quote in ["'", "\""] {
            for end in ["\n", "\r\n"] {
                let text = format!("A={quote}{pem}{quote}\nB=2").replace('\n', end);
                let pairs = read_of(&text).unwrap();
                assert_eq!(pairs, [("A".to_owned(), pem.to_owned()), ("B".to_owned(), "2".to_owned())]);
            }
        }
    }

    #[test]
    fn blanks_at_the_end_of_a_quoted_line_are_of_the_value() {
        for text in ["A=\"x \n y\"", "A='x \n y'", "  export A='x \r\n y'  # note"] {
            assert_eq!(value(text), "x \n y", "{text:?}");
        }
        assert_eq!(value("A=\"a\\r\\nb\""), "a\r\nb");
    }

    #[test]
    fn a_line_that_is_none_is_named_by_its_number_and_not_shown() {
        for (text, line, what) in [
            ("A=1\nhunter2", 2, "is not `NAME=value`"),
            ("1A=hunter2", 1, "is not `NAME=value`"),
            ("A='hunter2", 1, "opens a quote that is never closed"),
            ("\n\nA=\"x\ny\" hunter2", 3, "has more than a comment behind its quoted value"),
            ("A=hunter2\0", 1, "has a zero byte"),
        ] {
            let error = read_of(text).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("line {line} of `env-file`")) && error.contains(what),
                "{error}"
            );
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_value_that_no_process_can_be_given_is_refused_by_name() {
        let error = read_of(&format!("A={}", "x".repeat(LONGEST_ARGUMENT))).unwrap_err().to_string();
        assert!(error.contains("sets `A` to more than"), "{error}");
    }
}
