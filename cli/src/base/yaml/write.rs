//! Writes JSON values as YAML.

use serde_yaml::{Mapping, Number, Value};

/// Characters that a reader of YAML takes for the end of a line, beside the usual one. They survive in double quotes only.
/// <https://yaml.org/spec/1.1/#id871136>
const LINE_ENDS: [char; 4] = ['\r', '\u{85}', '\u{2028}', '\u{2029}'];

/// A JSON value as a YAML document, in the order of its keys.
pub fn from_json(json: &serde_json::Value) -> String {
    // The writer takes double quotes for a text with a control character in it. So one is added, and taken out again.
    let text = json.to_string();
    let mut mark = "\u{1}".to_owned();
    while text.contains(&escaped(&mark)) || text.contains(&mark.replace('\u{1}', "\\u0001")) {
        mark.push('\u{1}');
    }
    serde_yaml::to_string(&node(json, &mark)).unwrap_or_default().replace(&escaped(&mark), "")
}

/// The mark as the writer writes it.
fn escaped(mark: &str) -> String {
    mark.replace('\u{1}', "\\x01")
}

/// The value as a node of YAML, with the mark at the end of texts that need double quotes. A number of JSON keeps its text,
/// which the writer does not know.
fn node(json: &serde_json::Value, mark: &str) -> Value {
    let quoted = |text: &str| {
        let needs = text.contains(LINE_ENDS);
        Value::String(if needs { format!("{text}{mark}") } else { text.to_owned() })
    };
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(flag) => Value::Bool(*flag),
        serde_json::Value::Number(number) => {
            let whole = number.as_i64().map(Number::from).or_else(|| number.as_u64().map(Number::from));
            let number = whole.or_else(|| number.as_f64().map(Number::from));
            number.map_or(Value::Null, Value::Number)
        }
        serde_json::Value::String(text) => quoted(text),
        serde_json::Value::Array(items) => {
            Value::Sequence(items.iter().map(|item| node(item, mark)).collect())
        }
        serde_json::Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (quoted(name), node(value, mark)));
            Value::Mapping(fields.collect::<Mapping>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::from_json;
    use crate::base::yaml;
    use serde_json::json;

    #[test]
    fn what_is_written_is_read_as_the_same() {
        let value = json!({
            "z": [1, -2, "1", "yes", "[secret]", "a: b", "", "line\nline\n", null, true],
            "a": { "b": {}, "c": [] }, "0 6 * * *": "* * * * *",
        });
        let text = from_json(&value);
        assert_eq!(yaml::parse(&text).unwrap(), yaml::Value::from(value), "{text}");
        assert!(text.starts_with("z:"), "{text}");
    }

    #[test]
    fn a_line_end_of_any_kind_survives() {
        for end in ["\r", "\r\n", "\u{85}", "\u{2028}", "\u{2029}", "\n\u{2028}\u{1}", "\u{2028}\\x01"] {
            let value = json!({ "a": format!("x{end}y"), format!("k{end}"): [format!("{end}z")], "b": "\\x01", "c": "\u{1}" });
            let text = from_json(&value);
            assert_eq!(yaml::parse(&text).unwrap(), yaml::Value::from(value), "{text:?}");
        }
    }
}
