//! Breaks up the commands that a CI system would read from foreign text in a job's log.

use std::borrow::Cow;

/// Breaks up `##vso[…]` and `##[…]`, which the agent of Azure Pipelines finds anywhere in a line.
///
/// Characters that the agent's search may ignore between the letters (control characters, soft hyphens, joiners: .NET
/// compares by the rules of a language,
/// <https://learn.microsoft.com/dotnet/standard/base-types/best-practices-strings>) are ignored here too.
/// <https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands>
pub(super) fn hash_commands(part: &[u8], _begins_line: bool) -> Cow<'_, [u8]> {
    let mut out = Vec::new();
    let mut kept = 0;
    for (at, byte) in part.iter().enumerate() {
        if *byte == b'#' && begins_command(&part[at + 1..]) {
            out.extend_from_slice(&part[kept..=at]);
            out.push(b' ');
            kept = at + 1;
        }
    }
    if out.is_empty() {
        return Cow::Borrowed(part);
    }
    out.extend_from_slice(&part[kept..]);
    Cow::Owned(out)
}

/// JSON with the same value in which no agent finds a command: a `#` after another one is escaped, even with invisible
/// characters between the two. In JSON of several lines none begins with `::`.
pub fn json_without_commands(json: &str) -> String {
    let mut last = None;
    json.chars().fold(String::with_capacity(json.len()), |mut out, character| {
        if character == '#' && last == Some('#') {
            out.push_str("\\u0023");
        } else {
            out.push(character);
        }
        if (' '..'\u{7f}').contains(&character) {
            last = Some(character);
        }
        out
    })
}

/// Whether the bytes after a `#` make a command with it.
fn begins_command(rest: &[u8]) -> bool {
    let mut seen = rest.iter().filter(|byte| (0x20..0x7f).contains(*byte));
    seen.next() == Some(&b'#')
        && match seen.next() {
            Some(b'[') => true,
            Some(b'v' | b'V') => seen.take(3).map(u8::to_ascii_lowercase).eq(*b"so["),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::hash_commands;

    fn disarmed(text: &str) -> String {
        String::from_utf8(hash_commands(text.as_bytes(), false).into_owned()).unwrap()
    }

    #[test]
    fn a_command_anywhere_in_a_line_is_broken_up() {
        assert_eq!(disarmed("a ##vso[task.complete]b ##[error]c"), "a # #vso[task.complete]b # #[error]c");
        assert_eq!(disarmed("##VSO[task.complete]"), "# #VSO[task.complete]");
        assert_eq!(disarmed("####[section]"), "### #[section]");
    }

    #[test]
    fn what_a_comparison_by_language_overlooks_hides_no_command() {
        assert_eq!(disarmed("#\u{ad}#vs\u{200d}o[task.complete]"), "# \u{ad}#vs\u{200d}o[task.complete]");
        assert_eq!(disarmed("##\u{0}[error]"), "# #\u{0}[error]");
    }

    #[test]
    fn json_keeps_its_value_and_holds_no_command() {
        let value = serde_json::json!({"##[add-path]x": "a ##vso[task.complete]b ###", "c": "#\u{ad}#vso[x]", "d": "#"});
        let json = super::json_without_commands(&value.to_string());
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), value);
        assert!(!json.contains("##") && hash_commands(json.as_bytes(), true) == json.as_bytes(), "{json}");
    }

    #[test]
    fn everything_else_stays_byte_for_byte() {
        for text in
            ["## heading", "#[derive]", "##vsox[", "## [x]", "a#b##c", "#", "##", "##vso", "\u{1F600}##"]
        {
            assert_eq!(disarmed(text), text);
        }
    }
}
