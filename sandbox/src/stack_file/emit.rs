//! Writes a value as YAML, in the style of the CLI: two spaces, quotes only where they are needed.

use serde_json::Value as Json;

/// The lines of an entry `key: value`, without indentation.
pub fn entry(key: &str, value: &Json, comment: Option<&str>) -> Vec<String> {
    let mut lines = after(&format!("{}:", scalar_text(key)), value);
    if let (Some(comment), Some(first)) = (comment, lines.first_mut()) {
        first.push(' ');
        first.push_str(comment);
    }
    lines
}

/// The lines of a value that begins behind a `key:` or a `-`.
fn after(lead: &str, value: &Json) -> Vec<String> {
    match value {
        Json::Object(entries) if !entries.is_empty() => {
            let inner = entries.iter().flat_map(|(key, value)| entry(key, value, None));
            with_lead(lead, inner)
        }
        Json::Array(items) if !items.is_empty() => with_lead(lead, items.iter().flat_map(item)),
        Json::String(text) if is_block(text) => block(lead, text),
        scalar => vec![format!("{lead} {}", scalar_of(scalar))],
    }
}

fn with_lead(lead: &str, inner: impl Iterator<Item = String>) -> Vec<String> {
    std::iter::once(lead.to_owned()).chain(inner.map(|line| indented(&line))).collect()
}

/// An item of a list. An object's first entry stands behind the dash.
fn item(value: &Json) -> Vec<String> {
    let inner: Vec<String> = match value {
        Json::Object(entries) if !entries.is_empty() => {
            entries.iter().flat_map(|(key, value)| entry(key, value, None)).collect()
        }
        Json::Array(items) if !items.is_empty() => items.iter().flat_map(item).collect(),
        other => return after("-", other),
    };
    let dash =
        |(index, line): (usize, String)| if index == 0 { format!("- {line}") } else { indented(&line) };
    inner.into_iter().enumerate().map(dash).collect()
}

fn indented(line: &str) -> String {
    if line.is_empty() { String::new() } else { format!("  {line}") }
}

/// Whether a text is written as a literal block.
fn is_block(text: &str) -> bool {
    let trailing_space = text.lines().any(|line| line.ends_with([' ', '\t']));
    let control = text.chars().any(|character| needs_escape(character) && character != '\n');
    text.trim_end_matches('\n').contains('\n') | text.ends_with('\n')
        && !text.starts_with(['\n', ' ', '\t'])
        && !trailing_space
        && !control
}

fn block(lead: &str, text: &str) -> Vec<String> {
    let body = text.trim_end_matches('\n');
    let ends = text.len() - body.len();
    let chomp = ["-", "", "+"].get(ends).unwrap_or(&"+");
    let mut lines = vec![format!("{lead} |{chomp}")];
    lines.extend(body.split('\n').map(indented));
    lines.extend((1..ends).map(|_| String::new()));
    lines
}

/// A value on one line, objects in braces and lists in brackets.
pub fn flow(value: &Json) -> String {
    let text = |text: &str| {
        let plain = scalar_text(text);
        let is_plain = plain == text && !text.contains([',', '[', ']', '{', '}', ':']);
        if is_plain || plain.starts_with(['"', '\'']) { plain } else { format!("'{text}'") }
    };
    match value {
        Json::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}: {}", text(key), flow(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Json::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Json::String(string) => text(string),
        other => other.to_string(),
    }
}

fn scalar_of(value: &Json) -> String {
    match value {
        Json::String(text) => scalar_text(text),
        Json::Object(_) => "{}".to_owned(),
        Json::Array(_) => "[]".to_owned(),
        other => other.to_string(),
    }
}

/// A text: plain if every reader takes it for the same text, else in quotes.
pub fn scalar_text(text: &str) -> String {
    // What a reader of YAML 1.1 takes for something else.
    const WORDS: [&str; 8] = ["y", "n", "yes", "no", "on", "off", "null", "~"];
    let reads_as_text = |yaml: &str| matches!(serde_yaml::from_str(yaml), Ok(serde_yaml::Value::String(read)) if read == text);
    if text.chars().any(needs_escape) {
        return double(text);
    }
    let is_word = WORDS.contains(&text.to_ascii_lowercase().as_str());
    let is_number = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first))
        && text.chars().all(|character| character.is_ascii_alphanumeric() || "+-._:".contains(character));
    if is_word || is_number || text.is_empty() || matches!(text, "true" | "false") {
        return double(text);
    }
    // Read in the place where it will stand: as the value of an entry and inside a flow.
    let plain = reads_as_text(text)
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with(':')
        && !text.starts_with(|first: char| " -?,[]{}#&*!|>'\"%@`".contains(first));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}

/// Whether a character can only stand in double quotes: YAML takes some for line breaks or for nothing.
fn needs_escape(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// A text in double quotes: JSON's are YAML's, but for the characters that JSON leaves as they are.
fn double(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json.chars().fold(String::new(), |escaped, character| {
        if needs_escape(character) {
            escaped + &format!("\\u{:04x}", u32::from(character))
        } else {
            escaped + character.encode_utf8(&mut [0; 4])
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn written(value: &Json) -> String {
        entry("k", value, None).join("\n") + "\n"
    }

    /// As the CLI (v3.260.0) wrote them.
    #[test]
    fn values_are_written_in_the_style_of_the_cli() {
        for (value, yaml) in [
            (json!("two"), "k: two\n"),
            (json!("12"), "k: \"12\"\n"),
            (json!("true"), "k: \"true\"\n"),
            (json!(""), "k: \"\"\n"),
            (json!("-5"), "k: \"-5\"\n"),
            (json!("007"), "k: \"007\"\n"),
            (json!("yes: no # x"), "k: 'yes: no # x'\n"),
            (json!("multi\nline"), "k: |-\n  multi\n  line\n"),
            (json!("from stdin\n"), "k: |\n  from stdin\n"),
            (json!("from stdin\n\n"), "k: |+\n  from stdin\n\n"),
            (json!({ "a": [{ "b": 1 }], "c": true }), "k:\n  a:\n    - b: 1\n  c: true\n"),
            (json!({ "secure": "v1:a:b" }), "k:\n  secure: v1:a:b\n"),
        ] {
            assert_eq!(written(&value), yaml);
        }
    }

    #[test]
    fn whatever_is_written_is_read_back() {
        let texts = [
            "yes",
            "No",
            "null",
            "~",
            "1e3",
            "0x1f",
            "1_000",
            "12:30",
            "2026-11-21",
            "- x",
            "a: b",
            "#x",
            " lead",
            "trail ",
            "it's",
            "\"q\"",
            "@x",
            "%x",
            "\ttab",
            "line\n\n",
            "\nlead",
            "a\n  b\nc",
            "a \nb",
            "é",
            "\u{1}",
            "{",
            "[x]",
            "*a",
            "&a",
            "!t",
            "|",
            ">",
            "key:",
            "a\r\nb",
            ".inf",
            "=",
            "<<",
            "\u{2028}",
            "\u{feff}x",
        ];
        for text in texts {
            for value in [json!(text), json!([text, [text]]), json!({ text: { "n": text } })] {
                let read: Json = serde_yaml::from_str(&written(&value)).unwrap_or_default();
                assert_eq!(read, json!({ "k": value }), "{}", written(&value));
                let read: Json = serde_yaml::from_str(&format!("k: {}\n", flow(&value))).unwrap_or_default();
                assert_eq!(read, json!({ "k": value }), "{}", flow(&value));
            }
        }
    }
}
