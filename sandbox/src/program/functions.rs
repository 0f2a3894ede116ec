//! The built-in functions, `fn::…`, with the messages of the language host.
//!
//! <https://www.pulumi.com/docs/iac/languages-sdks/yaml/yaml-language-reference/#built-in-functions>

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::diagnostic::Diagnostic;
use super::expr::Function;
use super::yaml::Pos;
use crate::value::{Properties, SIGNATURE_KEY, Value};

/// The signature of an asset.
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig/sig.go>
pub const ASSET_SIGNATURE: &str = "c44067f5952c0a294b673a41bacd8c17";

/// Calls a function. What is made of secrets is secret, what is made of unknowns is unknown.
pub fn call(function: Function, argument: Value, pos: Pos, cwd: &Path) -> Result<Value, Diagnostic> {
    match function {
        Function::Secret => return Ok(argument.into_secret()),
        Function::Unsecret => return Ok(argument.without_secrets().0),
        _ => {}
    }
    let (argument, secret) = argument.without_secrets();
    let result = if argument.contains_unknown() {
        Value::Unknown
    } else {
        plain(function, argument, cwd).map_err(|message| Diagnostic::error(pos, message))?
    };
    Ok(if secret { result.into_secret() } else { result })
}

fn plain(function: Function, argument: Value, cwd: &Path) -> Result<Value, String> {
    match function {
        Function::Secret | Function::Unsecret => Ok(argument),
        Function::Join => join(argument),
        Function::Split => split(argument),
        Function::Select => select(argument),
        Function::ToJson => Ok(Value::Text(go_json(&argument))),
        Function::ToBase64 => Ok(Value::Text(
            STANDARD.encode(text(argument, "expected argument to fn::toBase64 to be a string, got")?),
        )),
        Function::FromBase64 => from_base64(argument),
        Function::Length => length(&argument),
        Function::SingleOrNone => single_or_none(argument),
        Function::ReadFile => {
            let path = text(argument, "Argument to fn::readFile must be a string, got")?;
            let bytes =
                read(cwd, &path).map_err(|error| format!("Error reading file at path {path}: {error}"))?;
            Ok(Value::Text(String::from_utf8_lossy(&bytes).into_owned()))
        }
        Function::FileBase64 => {
            let path = text(argument, "fn::filebase64 requires a string path, got")?;
            let bytes = read(cwd, &path)
                .map_err(|error| format!("fn::filebase64 error reading file {path}: {error}"))?;
            Ok(Value::Text(STANDARD.encode(bytes)))
        }
        Function::FileBase64Sha256 => {
            let path = text(argument, "fn::filebase64sha256 requires a string path, got")?;
            let bytes = read(cwd, &path)
                .map_err(|error| format!("fn::filebase64sha256 error reading file {path}: {error}"))?;
            Ok(Value::Text(STANDARD.encode(Sha256::digest(bytes))))
        }
        Function::StringAsset => {
            let content = text(argument, "Argument to fn::* must be a string, got")?;
            Ok(asset("text", &content, content.as_bytes()))
        }
        Function::FileAsset => {
            let path = text(argument, "Argument to fn::* must be a string, got")?;
            let bytes =
                read(cwd, &path).map_err(|error| format!("failed to open asset file '{path}': {error}"))?;
            Ok(asset("path", &path, &bytes))
        }
    }
}

fn read(cwd: &Path, path: &str) -> Result<Vec<u8>, String> {
    std::fs::read(cwd.join(path)).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => format!("open {path}: no such file or directory"),
        _ => format!("open {path}: {error}"),
    })
}

fn asset(kind: &str, value: &str, bytes: &[u8]) -> Value {
    let hash = crate::text::hex(&Sha256::digest(bytes));
    Value::Map(Properties::from([
        (SIGNATURE_KEY.to_owned(), Value::Text(ASSET_SIGNATURE.to_owned())),
        ("hash".to_owned(), Value::Text(hash)),
        (kind.to_owned(), Value::Text(value.to_owned())),
    ]))
}

fn text(value: Value, problem: &str) -> Result<String, String> {
    match value {
        Value::Text(text) => Ok(text),
        other => Err(format!("{problem} {}", kind(&other))),
    }
}

fn pair(argument: Value) -> Result<(Value, Value), String> {
    match argument {
        Value::List(items) => match <[Value; 2]>::try_from(items) {
            Ok([first, second]) => Ok((first, second)),
            Err(_) => Err("the argument must be a two-valued list".to_owned()),
        },
        _ => Err("the argument must be a two-valued list".to_owned()),
    }
}

fn join(argument: Value) -> Result<Value, String> {
    let (delimiter, parts) = pair(argument)?;
    let delimiter = match delimiter {
        Value::Null => String::new(),
        other => text(other, "delimiter must be a string, not")?,
    };
    let Value::List(parts) = parts else {
        return Err(format!("the second argument to fn::join must be a list, found {}", kind(&parts)));
    };
    let part = |(index, value): (usize, Value)| match value {
        Value::Text(text) => Ok(text),
        other => Err(format!(
            "the second argument to fn::join must be a list of strings, found {} at index {index}",
            kind(&other)
        )),
    };
    let parts = parts.into_iter().enumerate().map(part).collect::<Result<Vec<_>, _>>()?;
    Ok(Value::Text(parts.join(&delimiter)))
}

fn split(argument: Value) -> Result<Value, String> {
    let (delimiter, source) = pair(argument)?;
    let delimiter = text(delimiter, "Must be a string, not")?;
    let source = text(source, "Must be a string, not")?;
    let part = |part: &str| Value::Text(part.to_owned());
    Ok(Value::List(if delimiter.is_empty() {
        source.chars().map(|char| Value::Text(char.to_string())).collect()
    } else {
        source.split(&delimiter).map(part).collect()
    }))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a whole positive number")]
fn select(argument: Value) -> Result<Value, String> {
    let (index, values) = pair(argument)?;
    let Value::Number(index) = index else {
        return Err(format!("index must be a number, not {}", kind(&index)));
    };
    if index.fract() != 0.0 || index < 0.0 {
        return Err(format!("index must be a positive integral, not {index}"));
    }
    let Value::List(mut values) = values else {
        return Err(format!("receiver must be a list or object, not {}", kind(&values)));
    };
    let (index, length) = (index as usize, values.len());
    if index >= length {
        return Err(format!("list index {index} out-of-bounds for list of length {length}"));
    }
    Ok(values.swap_remove(index))
}

fn from_base64(argument: Value) -> Result<Value, String> {
    let encoded = text(argument, "expected argument to fn::fromBase64 to be a string, got")?;
    let bytes = STANDARD
        .decode(&encoded)
        .map_err(|error| format!("fn::fromBase64 unable to decode {encoded}, error: {error}"))?;
    let decoded = String::from_utf8(bytes);
    decoded.map(Value::Text).map_err(|_| "fn::fromBase64 output is not a valid UTF-8 string".to_owned())
}

#[expect(clippy::cast_precision_loss, reason = "no list is that long")]
fn length(argument: &Value) -> Result<Value, String> {
    let length = match argument {
        Value::List(items) => items.len(),
        Value::Map(entries) => entries.len(),
        Value::Text(text) => text.chars().count(),
        other => return Err(format!("fn::length requires a list, map, or string, got {}", kind(other))),
    };
    Ok(Value::Number(length as f64))
}

fn single_or_none(argument: Value) -> Result<Value, String> {
    match argument {
        Value::List(mut items) => match items.len() {
            0 => Ok(Value::Null),
            1 => Ok(items.swap_remove(0)),
            count => Err(format!("fn::singleOrNone expected a list of 0 or 1 elements, got {count}")),
        },
        other => Err(format!("fn::singleOrNone requires a list, got {}", kind(&other))),
    }
}

/// A value's kind in messages.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nil",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::Text(_) => "a string",
        Value::List(_) => "a list",
        Value::Map(_) => "an object",
        Value::Secret(_) => "a secret",
        Value::Unknown => "an unknown value",
    }
}

/// JSON as Go writes it, which is safe in HTML.
/// <https://pkg.go.dev/encoding/json#HTMLEscape>
fn go_json(value: &Value) -> String {
    let mut text = to_json(value).to_string();
    for (character, escape) in [
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u{2028}", "\\u2028"),
        ("\u{2029}", "\\u2029"),
    ] {
        text = text.replace(character, escape);
    }
    text
}

/// Plain JSON. Numbers that are whole are written as such.
fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null | Value::Unknown => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => json_number(*number),
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(to_json).collect(),
        Value::Map(entries) => entries.iter().map(|(name, value)| (name.clone(), to_json(value))).collect(),
        Value::Secret(inner) => to_json(inner),
    }
}

/// A number as JSON; one that is whole has no point.
#[expect(clippy::cast_possible_truncation, reason = "it is whole and in range")]
pub fn json_number(number: f64) -> serde_json::Value {
    if number.fract() == 0.0 && number.abs() < 1e15 { (number as i64).into() } else { number.into() }
}

/// Adds a value to text as the language host formats it.
pub fn push_text(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("<nil>"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number_text(*number)),
        Value::Text(text) => out.push_str(text),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { " " });
                push_text(out, item);
            }
            out.push(']');
        }
        Value::Map(entries) => {
            out.push_str("map[");
            for (index, (name, value)) in entries.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { " " });
                out.push_str(name);
                out.push(':');
                push_text(out, value);
            }
            out.push(']');
        }
        Value::Secret(inner) => push_text(out, inner),
        Value::Unknown => {}
    }
}

/// A number as Go's `%v` writes it.
pub fn number_text(number: f64) -> String {
    let magnitude = number.abs();
    if number == 0.0 || (1e-4..1e21).contains(&magnitude) {
        return number.to_string();
    }
    let text = format!("{number:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
    format!("{digits}e{sign}{exponent:0>2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(items: &[&str]) -> Value {
        Value::List(items.iter().map(|item| Value::Text((*item).to_owned())).collect())
    }

    fn called(function: Function, argument: Value) -> Result<Value, String> {
        call(function, argument, Pos::default(), Path::new(".")).map_err(|diagnostic| diagnostic.summary)
    }

    #[test]
    fn join_and_split_undo_each_other() {
        let joined =
            called(Function::Join, Value::List(vec![Value::Text(",".into()), texts(&["a", "b"])])).unwrap();
        assert_eq!(joined, Value::Text("a,b".into()));
        let split = called(Function::Split, Value::List(vec![Value::Text(",".into()), joined])).unwrap();
        assert_eq!(split, texts(&["a", "b"]));
    }

    #[test]
    fn join_refuses_what_is_no_text() {
        let parts = Value::List(vec![Value::Text("a".into()), Value::Number(5.0)]);
        let refused = called(Function::Join, Value::List(vec![Value::Text(",".into()), parts])).unwrap_err();
        assert_eq!(
            refused,
            "the second argument to fn::join must be a list of strings, found a number at index 1"
        );
    }

    #[test]
    fn json_of_a_nested_secret_is_secret_as_a_whole() {
        let value = Value::Map([("a".into(), Value::Secret(Box::new(Value::Number(1.0))))].into());
        let json = called(Function::ToJson, value).unwrap();
        assert_eq!(json, Value::Secret(Box::new(Value::Text("{\"a\":1}".into()))));
    }

    #[test]
    fn base64_goes_both_ways() {
        let encoded = called(Function::ToBase64, Value::Text("héllo".into())).unwrap();
        assert_eq!(called(Function::FromBase64, encoded).unwrap(), Value::Text("héllo".into()));
        assert!(called(Function::FromBase64, Value::Text("%".into())).is_err());
    }

    #[test]
    fn a_function_of_something_unknown_is_unknown() {
        assert_eq!(called(Function::ToJson, Value::List(vec![Value::Unknown])).unwrap(), Value::Unknown);
    }

    #[test]
    fn numbers_are_written_as_go_writes_them() {
        let written: Vec<String> = [1.0, 1.5, -0.25, 1e21, 1e-7, 0.0].into_iter().map(number_text).collect();
        assert_eq!(written, ["1", "1.5", "-0.25", "1e+21", "1e-07", "0"]);
    }
}
