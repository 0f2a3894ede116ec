//! A value that comes or goes as indented lines, as people write YAML: strings in quotes, so that `1` and `"1"` differ.

use serde_json::Value;

use crate::base::text::visible;
use crate::report::document;

/// A list or an object whose JSON is no longer than this stays on one line.
const SHORT: usize = 60;

/// The lines of `value`, and whether it is a text that holds JSON. None where one line will do.
pub(super) fn tree(value: &Value) -> Option<(Vec<String>, bool)> {
    let inner = value.as_str().and_then(document);
    let (shown, is_text) = inner.as_ref().map_or((value, false), |inner| (inner, true));
    if is_short(shown) {
        return None;
    }
    let mut lines = Vec::new();
    walk(&mut lines, shown, 0);
    Some((lines, is_text))
}

fn is_short(value: &Value) -> bool {
    let nested = |value: &Value| match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => true,
    };
    match value {
        Value::Array(items) if items.iter().all(nested) => value.to_string().len() <= SHORT,
        Value::Object(fields) if fields.values().all(nested) => value.to_string().len() <= SHORT,
        Value::Array(_) | Value::Object(_) => false,
        _ => true,
    }
}

fn walk(lines: &mut Vec<String>, value: &Value, depth: usize) {
    match value {
        Value::Array(items) => {
            for item in items {
                let begin = lines.len();
                if is_short(item) {
                    lines.push(format!("{}- {item}", indent(depth)));
                } else {
                    walk(lines, item, depth + 1);
                    dash(lines, begin, depth);
                }
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = visible(name, false);
                if is_short(value) {
                    lines.push(format!("{}{name}: {value}", indent(depth)));
                } else {
                    lines.push(format!("{}{name}:", indent(depth)));
                    walk(lines, value, depth + 1);
                }
            }
        }
        scalar => lines.push(format!("{}{scalar}", indent(depth))),
    }
}

/// Puts the dash of a list before the first line of its item.
fn dash(lines: &mut [String], begin: usize, depth: usize) {
    if let Some(first) = lines.get_mut(begin) {
        let rest = first.get(depth * 2 + 2..).unwrap_or_default();
        *first = format!("{}- {rest}", indent(depth));
    }
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_document_is_indented_lines() {
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::logs-of-the-shop/*"}]
        });
        let expected = [
            "Version: \"2012-10-17\"",
            "Statement:",
            "  - Effect: \"Allow\"",
            "    Action: [\"s3:GetObject\",\"s3:PutObject\"]",
            "    Resource: \"arn:aws:s3:::logs-of-the-shop/*\"",
        ];
        assert_eq!(tree(&policy), Some((expected.map(str::to_owned).into(), false)));
        assert_eq!(tree(&policy.to_string().into()), Some((expected.map(str::to_owned).into(), true)));
    }

    #[test]
    fn what_is_short_stays_on_its_line() {
        for value in [json!("text"), json!(1), json!({"a": 1}), json!(["a", "b"]), json!("[1, 2]"), json!({})]
        {
            assert_eq!(tree(&value), None, "{value}");
        }
    }

    #[test]
    fn lists_in_lists_have_a_dash_each() {
        let value = json!([["a".repeat(40), "b".repeat(40)], [[]]]);
        let (lines, _) = tree(&value).unwrap();
        let shown: Vec<_> = lines.iter().map(|line| line.get(..6).unwrap_or(line)).collect();
        assert_eq!(shown, ["- - \"a", "  - \"b", "- [[]]"]);
    }
}
