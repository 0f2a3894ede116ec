//! Property values for people, with marks for what is added, changed and removed.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/backend/display/object_diff.go>

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::program::number_text;
use crate::value::{Properties, Value};

/// Writes properties, each name padded to the longest. Without `old` nothing is marked.
pub fn properties(out: &mut String, old: Option<&Properties>, new: &Properties, indent: usize, open: bool) {
    padded(out, old, new, indent, open, 0);
}

/// The same with a width that names are padded to at least.
pub fn padded(
    out: &mut String,
    old: Option<&Properties>,
    new: &Properties,
    indent: usize,
    open: bool,
    least: usize,
) {
    let none = Properties::new();
    let before = old.unwrap_or(&none);
    let names: BTreeSet<&String> = before.keys().chain(new.keys()).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(least);
    for name in names {
        let label = format!("{name:width$}: ");
        match (old.is_some(), before.get(name), new.get(name)) {
            (false, _, Some(value)) => plain(out, &label, value, indent, ' ', open),
            (true, None, Some(value)) => plain(out, &label, value, indent, '+', open),
            (true, Some(value), None) => plain(out, &label, value, indent, '-', open),
            (true, Some(old), Some(new)) => changed(out, &label, old, new, indent, open),
            (_, _, None) => {}
        }
    }
}

fn margin(out: &mut String, indent: usize, mark: char) {
    let _ = write!(out, "{:width$}{mark} ", "", width = indent.saturating_sub(2));
}

fn plain(out: &mut String, label: &str, value: &Value, indent: usize, mark: char, open: bool) {
    margin(out, indent, mark);
    out.push_str(label);
    write_value(out, value, indent, mark, open);
    out.push('\n');
}

fn write_value(out: &mut String, value: &Value, indent: usize, mark: char, open: bool) {
    match value {
        Value::Null => out.push_str("<null>"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number_text(*number)),
        Value::Text(text) => match json_in(text) {
            Some(json) => {
                out.push_str("(json) ");
                write_value(out, &json, indent, mark, open);
            }
            None => out.push_str(&quoted(text)),
        },
        Value::Secret(inner) if open => write_value(out, inner, indent, mark, open),
        Value::Secret(_) => out.push_str("[secret]"),
        Value::Unknown => out.push_str("[unknown]"),
        Value::List(items) if items.is_empty() => out.push_str("[]"),
        Value::List(items) => {
            out.push_str("[\n");
            for (index, item) in items.iter().enumerate() {
                // The marks of a list's items stand where the list's own does.
                margin(out, indent, mark);
                let _ = write!(out, "    [{index}]: ");
                write_value(out, item, indent + 4, mark, open);
                out.push('\n');
            }
            margin(out, indent, ' ');
            out.push(']');
        }
        Value::Map(entries) if entries.is_empty() => out.push_str("{}"),
        Value::Map(entries) => {
            out.push_str("{\n");
            let width = entries.keys().map(|name| name.chars().count()).max().unwrap_or(0);
            for (name, value) in entries {
                plain(out, &format!("{name:width$}: "), value, indent + 4, mark, open);
            }
            margin(out, indent, ' ');
            out.push('}');
        }
    }
}

/// The object or list that a text holds as JSON.
fn json_in(text: &str) -> Option<Value> {
    let json: serde_json::Value =
        text.trim_start().starts_with(['{', '[']).then(|| serde_json::from_str(text).ok())??;
    Some(Value::of_json(&json))
}

/// Text in quotes as Go's `%q` has it: what can't be printed is escaped.
/// <https://pkg.go.dev/strconv#Quote>
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\'' => out.push('\''),
            // Rust escapes for reading too what can't be printed.
            plain if plain.escape_debug().count() == 1 => out.push(plain),
            other => {
                let code = u32::from(other);
                let _ = match code {
                    0..0x80 => write!(out, "\\x{code:02x}"),
                    0x80..0x10000 => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push('"');
    out
}

fn changed(out: &mut String, label: &str, old: &Value, new: &Value, indent: usize, open: bool) {
    if old == new {
        return plain(out, label, new, indent, ' ', open);
    }
    match (old, new) {
        (Value::Map(old), Value::Map(new)) => {
            margin(out, indent, '~');
            let _ = writeln!(out, "{label}{{");
            properties(out, Some(old), new, indent + 4, open);
            margin(out, indent, ' ');
            out.push_str("}\n");
        }
        (Value::List(old), Value::List(new)) => {
            margin(out, indent, '~');
            let _ = writeln!(out, "{label}[");
            for index in 0..old.len().max(new.len()) {
                let label = format!("[{index}]: ");
                match (old.get(index), new.get(index)) {
                    (Some(old), Some(new)) => changed(out, &label, old, new, indent + 4, open),
                    (Some(value), None) => plain(out, &label, value, indent + 4, '-', open),
                    (None, Some(value)) => plain(out, &label, value, indent + 4, '+', open),
                    (None, None) => {}
                }
            }
            margin(out, indent, ' ');
            out.push_str("]\n");
        }
        _ => {
            margin(out, indent, '~');
            out.push_str(label);
            write_value(out, old, indent, '~', open);
            out.push_str(" => ");
            write_value(out, new, indent, '~', open);
            out.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(rev: f64) -> Properties {
        let deep = Value::List(vec![Value::Text("a 1".into()), Value::Text("fixed".into())]);
        let inner = [("deep".to_owned(), deep), ("rev".to_owned(), Value::Number(rev))].into();
        [("b".to_owned(), Value::Map(inner))].into()
    }

    #[test]
    fn without_a_before_nothing_is_marked() {
        let mut out = String::new();
        properties(&mut out, None, &nested(1.0), 4, false);
        assert_eq!(
            out,
            "    b: {\n        deep: [\n            [0]: \"a 1\"\n            [1]: \"fixed\"\n        ]\n        rev \
             : 1\n    }\n"
        );
    }

    #[test]
    fn a_change_is_marked_all_the_way_down() {
        let mut out = String::new();
        properties(&mut out, Some(&nested(1.0)), &nested(2.0), 4, false);
        assert_eq!(
            out,
            "  ~ b: {\n        deep: [\n            [0]: \"a 1\"\n            [1]: \"fixed\"\n        ]\n      ~ rev \
             : 1 => 2\n    }\n"
        );
    }

    #[test]
    fn what_cannot_be_printed_is_escaped() {
        assert_eq!(quoted("a\"\\\n\u{202e} é'\u{1}"), "\"a\\\"\\\\\\n\\u202e é'\\x01\"");
    }

    #[test]
    fn secrets_are_hidden_unless_asked_for() {
        let secret: Properties = [("k".to_owned(), Value::Text("v".into()).into_secret())].into();
        let shown = |open| {
            let mut out = String::new();
            properties(&mut out, None, &secret, 4, open);
            out
        };
        assert_eq!(shown(false), "    k: [secret]\n");
        assert_eq!(shown(true), "    k: \"v\"\n");
    }
}
