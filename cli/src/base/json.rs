//! JSON as the engine writes it: nested deeper than parsers allow by default, and with other text before it.
//!
//! A value keeps the source text of its numbers (`arbitrary_precision` of `serde_json`), so that they are passed on
//! unchanged: `1e+300`, `99999999999999999999` and `0.10` stay as they are.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The most levels of a value. A deeper one is not read: everything that walks through values would need more stack
/// than a thread has.
pub const DEEPEST: usize = 512;

/// The levels that most parsers can read, those of Ruby (100) and Rust (128) included. A file for other programs is not
/// deeper.
pub const PORTABLE_DEPTH: usize = 96;

/// The levels of nesting that fit on any stack.
const SHALLOW: usize = 100;

/// Reads one JSON document.
///
/// # Errors
/// Text that is no JSON or not of this type, and values that are nested deeper than [`DEEPEST`].
pub fn read<T: DeserializeOwned>(text: &[u8]) -> serde_json::Result<T> {
    let depth = depth_of(text);
    if depth <= SHALLOW || depth > DEEPEST {
        // Beyond the limit this gives the parser's own error, which says that it is too deep.
        return serde_json::from_slice(text);
    }
    let mut parser = serde_json::Deserializer::from_slice(text);
    parser.disable_recursion_limit();
    let value = T::deserialize(serde_stacker::Deserializer::new(&mut parser))?;
    parser.end()?;
    Ok(value)
}

/// The one JSON object that a program printed after any other text, such as an SDK's warning or a notice of a wrapper.
/// It begins at the first line with a brace at its start, as the engine prints it, and goes on to the end: an object
/// inside of a cut one, or one before or after it, would pass for the answer. None for anything else.
pub fn answer(printed: &str) -> Option<Map<String, Value>> {
    let begins = if printed.starts_with('{') { 0 } else { printed.find("\n{")? + 1 };
    read(printed.get(begins..)?.as_bytes()).ok()
}

/// The number of levels of `value`: 0 for a text or a number.
pub fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// The values within `value` that hold no others, in the order of the text.
pub fn leaves(value: &Value) -> impl Iterator<Item = &Value> {
    let mut open = vec![value];
    std::iter::from_fn(move || {
        loop {
            match open.pop()? {
                Value::Array(items) => open.extend(items.iter().rev()),
                Value::Object(fields) => open.extend(fields.values().rev()),
                leaf => return Some(leaf),
            }
        }
    })
}

/// The deepest level of brackets in a JSON text, without those in its strings.
fn depth_of(text: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn nested(levels: usize) -> String {
        format!("{}1e+300{}", "[".repeat(levels), "]".repeat(levels))
    }

    #[test]
    fn numbers_keep_their_source_text_at_any_depth() {
        for text in ["1e+300", "9007199254740993", "0.1", "99999999999999999999", "1.10", "-0"] {
            let value: Value = read(text.as_bytes()).unwrap();
            assert_eq!(value.to_string(), text);
            let deep = format!("{}{text}{}", "{\"a\":".repeat(200), "}".repeat(200));
            let value: Value = read(deep.as_bytes()).unwrap();
            assert_eq!(value.to_string(), deep);
        }
    }

    #[test]
    fn a_value_is_read_down_to_the_limit_and_not_beyond() {
        for levels in [1, SHALLOW, SHALLOW + 1, 127, 128, 129, DEEPEST] {
            let value: Value = read(nested(levels).as_bytes()).unwrap();
            assert_eq!(depth(&value), levels);
        }
        for levels in [DEEPEST + 1, 10_000, 1_000_000] {
            let error = read::<Value>(nested(levels).as_bytes()).unwrap_err();
            assert!(error.to_string().contains("recursion limit"), "{error}");
        }
    }

    #[test]
    fn leaves_come_in_the_order_of_the_text() {
        let value = json!({"a": [1, {"b": null}], "c": {}, "d": "e"});
        assert_eq!(leaves(&value).collect::<Vec<_>>(), [&json!(1), &Value::Null, &json!("e")]);
    }

    #[test]
    fn brackets_in_a_string_are_no_levels() {
        let text = format!("{{\"a\":\"{}\\\"{}\"}}", "[".repeat(2000), "{".repeat(2000));
        assert!(read::<Value>(text.as_bytes()).is_ok());
    }

    #[test]
    fn what_follows_a_document_is_an_error_at_any_depth() {
        for levels in [1, 200] {
            assert!(read::<Value>(format!("{} x", nested(levels)).as_bytes()).is_err());
        }
    }

    #[test]
    fn what_stands_before_an_answer_is_skipped() {
        let expected = json!({"a": {"b": 1}});
        for before in [
            "",
            "\n\n",
            "SDK 2026/01/01 WARN Response has no supported checksum.\n",
            "SDK 2026/01/01 WARN Response has no supported checksum.\r\n",
            "a { that opens nothing\n",
            "[notice] a new version\n",
        ] {
            for after in ["", "\n", "\r\n", " \n\t\n"] {
                let printed = format!("{before}{{\n  \"a\": {{\n    \"b\": 1\n  }}\n}}{after}");
                assert_eq!(answer(&printed), expected.as_object().cloned(), "{printed}");
            }
        }
        assert_eq!(answer("{}\n"), Some(Map::new()));
    }

    #[test]
    fn an_answer_that_is_not_whole_or_not_the_only_one_is_none() {
        let whole = "{\n  \"list\": [\n    {\n      \"x\": 1\n    },\n    {\n      \"y\": 2\n    }\n  ],\n  \"url\": \"u\"\n}\n";
        assert!(answer(whole).is_some());
        for end in 0..whole.len() - 2 {
            assert_eq!(answer(&whole[..end]), None, "cut at {end}");
        }
        for begin in 1..whole.len() {
            assert_eq!(answer(&whole[begin..]), None, "begun at {begin}");
        }
        for other in
            ["{}", "{\"level\":\"info\",\"msg\":\"done\"}", "[]", "null", "done", "}", "{", "{\"url\":\"v\"}"]
        {
            assert_eq!(answer(&format!("{whole}{other}\n")), None, "{other} behind it");
            assert_eq!(answer(&format!("{whole}\n  {other}")), None, "{other} behind it, further in");
            assert_eq!(answer(&format!("{}{other}", whole.trim_end())), None, "{other} right behind it");
        }
        for before in ["{\"level\":\"warn\"}\n", "{}\n", "{\n}\n", "{ opens nothing\n", "warning: ", "  "] {
            assert_eq!(answer(&format!("{before}{whole}")), None, "{before} before it");
        }
        for printed in ["", " \n", "[]", "null", "{\"a\":1", "{\"a\":1}\nmore", "nothing here", "{\"a\":1}}"]
        {
            assert_eq!(answer(printed), None, "{printed}");
        }
        assert_eq!(
            answer("{\n  \"a\": [\n    {\n      \"x\": 1\n    }\n"),
            None,
            "only its last part is whole"
        );
    }
}
