//! Makes foreign text safe for a log or an address: nothing in it is invisible, a colour or a command.

use std::borrow::Cow;
use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// One line for a job's log: no control characters, and no command of any CI system.
///
/// A visible blank breaks them up, because an invisible one would be ignored by a comparison by the rules of a
/// language. `##[…]`, `##vso[…]` and `##teamcity[…]` are found anywhere in a line, `::…::` at its beginning.
/// <https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands>,
/// <https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs>
pub fn log_line(text: &str) -> String {
    without_command(&visible(text, false))
}

/// One line of Markdown for a job's log: the same, but for the characters of no width that break up mentions and links.
pub fn markdown_line(text: &str) -> String {
    without_command(&visible(text, true))
}

fn without_command(line: &str) -> String {
    let text = line.replace("##", "# #");
    if text.trim_start().starts_with("::") { text.replacen("::", ": :", 1) } else { text }
}

/// `text` with every character written out that is invisible or changes the order of others.
pub fn visible(text: &str, lines: bool) -> Cow<'_, str> {
    let seen = |byte: u8| (0x20..0x7f).contains(&byte) || (lines && byte == b'\n');
    if text.bytes().all(seen) && !(lines && text.contains("<!--")) {
        return Cow::Borrowed(text);
    }
    let text =
        if lines { text.replace("\r\n", "\n").replace("<!--", "<!\u{200b}--") } else { text.to_owned() };
    let out = text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '\n' | '\t' | '\u{200b}' if lines => out.push(c),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || is_invisible(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
        out
    });
    Cow::Owned(out)
}

/// Characters that change the order of others, or have no width.
/// <https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// `text` without ANSI escape sequences and without the engine's own colour tags, `<{%fg 1%}>`.
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/diag/colors/colors.go>
pub fn colourless(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\u{1b}', '<']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = tag(rest).or_else(|| escape(rest));
        if length.is_none() {
            plain.push('<');
        }
        rest = rest.get(length.unwrap_or(1)..).unwrap_or_default();
    }
    plain.push_str(rest);
    plain
}

/// The length of the colour tag at the beginning of `text`.
fn tag(text: &str) -> Option<usize> {
    let inner = text.strip_prefix("<{%")?;
    let end = inner.find("%}>")?;
    let known = ["reset", "fg ", "bg ", "bold", "underline"].iter().any(|name| inner.starts_with(name));
    (known && end < 32).then_some(end + 6)
}

/// The length of the escape sequence at the beginning of `text`: CSI, OSC or a short one.
fn escape(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('\u{1b}')?;
    let length = match inner.as_bytes().first() {
        Some(b'[') => inner.bytes().skip(1).position(|byte| (0x40..=0x7e).contains(&byte)).map(|end| end + 2),
        Some(b']') => {
            let bell = inner.find('\u{7}').map(|end| end + 1);
            let terminator = inner.find("\u{1b}\\").map(|end| end + 2);
            [bell, terminator].into_iter().flatten().min()
        }
        Some(byte) if byte.is_ascii() => Some(1),
        _ => Some(0),
    };
    Some(1 + length.unwrap_or(1).min(inner.len()))
}

/// The characters that are encoded in a part of an address: all but the unreserved ones.
/// <https://www.rfc-editor.org/rfc/rfc3986#section-2.3>
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The text as one word of a POSIX shell, exactly as it is.
/// <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02_02>
pub fn shell_word(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The text with everything but letters, digits and `-._~` percent-encoded.
pub fn percent_encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// The decoded text; a percent sign that encodes nothing stays.
pub fn percent_decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_of_ci_systems_are_broken_up_in_a_log_line() {
        assert!(!log_line("x ##vso[task.complete]").contains("##vso["));
        assert!(!log_line("x ##[error]").contains("##["));
        assert!(!log_line("::error::x").starts_with("::"));
        assert_eq!(log_line("a\u{1b}[0mb\rc"), "a\\u{1b}[0mb\\rc");
    }

    #[test]
    fn what_is_encoded_is_decoded_again_and_a_lone_percent_sign_stays() {
        for text in ["a-b._~c", "ä b/%2F?&=+\n", "100%", "%zz", "%+f"] {
            assert_eq!(percent_decoded(&percent_encoded(text)), text);
        }
        assert_eq!(percent_encoded("a-b._~ ä/"), "a-b._~%20%C3%A4%2F");
        assert_eq!(percent_decoded("100%, %zz %+f %2"), "100%, %zz %+f %2");
    }

    #[test]
    fn both_kinds_of_colours_are_removed() {
        let text =
            "<{%fg 1%}>Error<{%reset%}>: \u{1b}[1;31mred\u{1b}[0m a<b \u{1b}]8;;http://x\u{7}link <{%x%}>";
        assert_eq!(colourless(text), "Error: red a<b link <{%x%}>");
    }

    #[test]
    fn a_broken_escape_sequence_is_survived() {
        for text in ["\u{1b}", "\u{1b}[", "\u{1b}]0;x", "\u{1b}é", "<{%fg", "<"] {
            colourless(text);
        }
    }
}
