//! Texts that hold JSON, such as policy documents: equal values can be written in many ways.

use serde_json::Value;

/// The longest text in bytes that is parsed; longer texts are compared by lines.
const LONGEST: usize = 1024 * 1024;

/// The JSON object or list that `text` holds. None where the parsed form would say less than the text: a member that is
/// there twice, a number that is kept in another form.
pub(crate) fn document(text: &str) -> Option<Value> {
    if text.len() >= LONGEST || !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let value = serde_json::from_str(text).ok()?;
    let (mut kept, mut written) = (DocumentTokens::default(), DocumentTokens::default());
    kept.walk(&value);
    written.read(text);
    (kept == written).then_some(value)
}

/// The parts of a text that its parsed form could lose.
#[derive(Debug, Default, PartialEq, Eq)]
struct DocumentTokens {
    members: usize,
    numbers: Vec<String>,
}

impl DocumentTokens {
    fn walk(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.walk(item)),
            Value::Object(map) => {
                self.members += map.len();
                map.values().for_each(|item| self.walk(item));
            }
            Value::Number(number) => self.numbers.push(number.to_string()),
            _ => {}
        }
    }

    /// Reads the members and numbers of `text`, which is JSON, outside of its strings.
    fn read(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find(|c: char| c == '"' || c == ':' || c == '-' || c.is_ascii_digit()) {
            let (_, found) = rest.split_at(at);
            rest = match found.as_bytes().first() {
                Some(b'"') => after_string(found),
                Some(b':') => {
                    self.members += 1;
                    found.get(1..).unwrap_or_default()
                }
                _ => {
                    let inside = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
                    let (number, rest) = found.split_at(found.find(|c| !inside(c)).unwrap_or(found.len()));
                    self.numbers.push(number.to_owned());
                    rest
                }
            };
        }
    }
}

/// The text after the string that `text` begins with.
fn after_string(text: &str) -> &str {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.and_then(|end| text.get(end + 2..)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_or_an_object_is_a_document() {
        assert!(document(r#" {"a": [1, -2.5, "3 : 4 \" 5"], "b:1": {"c": null}} "#).is_some());
        for text in ["7", "\"a\"", "{", "plain"] {
            assert_eq!(document(text), None, "{text}");
        }
    }

    #[test]
    fn a_text_that_says_more_than_its_parsed_form_is_none() {
        for text in [r#"{"a": 1, "a": 2}"#, r#"[{"b": {"a": 1, "a": 1}}]"#] {
            assert_eq!(document(text), None, "{text}");
        }
    }
}
