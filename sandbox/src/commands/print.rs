//! What commands write: lines, JSON in the CLI's form, warnings.

use std::io::Write as _;

use serde::Serialize;
use serde_json::Value as Json;

use crate::failure::Failure;
use crate::signals;
use crate::state::json::number_text;
use crate::value::{Properties, UNKNOWN, Value};

/// Writes text to standard output.
pub fn out(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(|error| {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            signals::broken_pipe();
        }
        Failure::new(format!("writing to standard output: {error}"))
    })
}

/// Writes a note to standard error, where it does not disturb a pipe.
pub fn note(text: &str) {
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Writes a warning.
pub fn warning(text: &str) {
    note(&format!("warning: {text}"));
}

/// Writes JSON with an indentation of two.
pub fn json(value: &impl Serialize) -> Result<(), Failure> {
    out(&(pretty(value, b"  ")? + "\n"))
}

/// JSON with an indentation.
pub fn pretty(value: &impl Serialize, indent: &[u8]) -> Result<String, Failure> {
    let mut text = vec![];
    let formatter = serde_json::ser::PrettyFormatter::with_indent(indent);
    value
        .serialize(&mut serde_json::Serializer::with_formatter(&mut text, formatter))
        .map_err(|error| Failure::new(error.to_string()))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Properties as JSON, secrets in plain text.
pub fn plain(properties: Properties) -> Json {
    object(properties, &|inner| plain_value(inner))
}

/// Properties as JSON, secrets as `[secret]`.
pub fn blind(properties: Properties) -> Json {
    object(properties, &|_| "[secret]".into())
}

fn plain_value(value: Value) -> Json {
    as_json(value, &plain_value)
}

fn object(properties: Properties, secret: &dyn Fn(Value) -> Json) -> Json {
    Json::Object(properties.into_iter().map(|(name, value)| (name, as_json(value, secret))).collect())
}

fn as_json(value: Value, secret: &dyn Fn(Value) -> Json) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => value.into(),
        // Whole numbers without a fraction.
        Value::Number(number) => serde_json::from_str(&number_text(number)).unwrap_or(Json::Null),
        Value::Text(text) => text.into(),
        Value::List(items) => items.into_iter().map(|item| as_json(item, secret)).collect(),
        Value::Map(entries) => object(entries, secret),
        Value::Secret(inner) => secret(*inner),
        Value::Unknown => UNKNOWN.into(),
    }
}

/// A value on one line: text as it is, anything else as JSON.
pub fn on_one_line(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Several problems as one failure.
/// <https://github.com/hashicorp/go-multierror>, as the CLI shows it.
pub fn several(problems: &[String]) -> Failure {
    let lines = problems.iter().enumerate().map(|(index, problem)| format!("\n    {}) {problem}", index + 1));
    Failure::new(format!("{} errors occurred:{}", problems.len(), lines.collect::<String>()))
}
