//! The secret outputs that may leave the run, and which of them can be hidden.

use std::collections::BTreeMap;

use serde_json::Value;

use super::quoted;
use crate::base::secret::{SHORTEST, is_long_enough};
use crate::ci::Level;
use crate::ci::console::Console;
use crate::report::{Report, SECRET};

/// The plain values of the secret outputs that may leave the run, by name.
pub type Exported = BTreeMap<String, Value>;

/// A secret text, and its place in the outputs.
struct SecretText {
    place: String,
    text: String,
}

/// Chooses the secret outputs that are `listed` from what the engine printed, and hides them from now on. A
/// value that is too short to be hidden is not exported; under `profile: official-action` it is, with a warning. Also
/// returns the names of those whose value the engine did not print, or printed hidden.
pub fn choose_secrets(
    report: &Report,
    listed: &[String],
    official_action: bool,
    plain: &Value,
    console: &mut Console,
) -> (Exported, Vec<String>) {
    let (mut exported, mut missing) = (Exported::new(), Vec::new());
    for name in report.secret_outputs.iter().filter(|name| is_listed(listed, name)) {
        let hidden = report.outputs.as_ref().and_then(|outputs| outputs.get(name)).unwrap_or(&Value::Null);
        let Some(value) = plain.get(name).filter(|value| tells(hidden, value)) else {
            missing.push(name.clone());
            continue;
        };
        let mut secrets = Vec::new();
        collect_secrets(hidden, value, name, &mut secrets);
        if secrets.is_empty() {
            // The two values differ in shape: then all of the plain one is secret.
            all_texts(value, name, &mut secrets);
        }
        let (long, short): (Vec<_>, Vec<_>) =
            secrets.into_iter().partition(|secret| is_long_enough(secret.text.trim()));
        for secret in &long {
            console.hide(name, &secret.text);
        }
        if official_action {
            if value.is_object() || value.is_array() {
                console.hide(name, &value.to_string());
            }
            warn_of(&short, console);
        } else if !short.is_empty() {
            let message = format!(
                "the secret output `{}` is not exported: a value under {SHORTEST} characters can't be hidden",
                name.escape_debug()
            );
            console.annotate(Level::Warning, "stackstep", &message);
            continue;
        }
        exported.insert(name.clone(), value.clone());
    }
    (exported, missing)
}

/// Whether `plain` reveals all secrets of `hidden`: none of them is still replaced by the mark of a secret.
fn tells(hidden: &Value, plain: &Value) -> bool {
    let mut secrets = Vec::new();
    collect_secrets(hidden, plain, "", &mut secrets);
    secrets.iter().all(|secret| secret.text != SECRET)
}

/// Warns of exported values that can't be hidden.
fn warn_of(short: &[SecretText], console: &Console) {
    if short.is_empty() {
        return;
    }
    let places = quoted(short.iter().map(|secret| secret.place.as_str()));
    let message = format!(
        "secret outputs are exported that can't be hidden in the log, as their values have under {SHORTEST} \
         characters: {places}"
    );
    console.annotate(Level::Warning, "stackstep", &message);
}

/// Collects the plain texts at the places where `hidden` has a secret.
fn collect_secrets(hidden: &Value, plain: &Value, place: &str, secrets: &mut Vec<SecretText>) {
    match (hidden, plain) {
        (Value::String(mark), plain) if mark == SECRET => all_texts(plain, place, secrets),
        (Value::Array(hidden), Value::Array(plain)) => {
            for (at, (hidden, plain)) in hidden.iter().zip(plain).enumerate() {
                collect_secrets(hidden, plain, &format!("{place}[{at}]"), secrets);
            }
        }
        (Value::Object(hidden), Value::Object(plain)) => {
            for (name, hidden) in hidden {
                let plain = plain.get(name).unwrap_or(&Value::Null);
                collect_secrets(hidden, plain, &format!("{place}.{name}"), secrets);
            }
        }
        _ => {}
    }
}

fn all_texts(value: &Value, place: &str, secrets: &mut Vec<SecretText>) {
    let mut add = |text: String| secrets.push(SecretText { place: place.to_owned(), text });
    match value {
        Value::String(text) => add(text.clone()),
        Value::Number(_) | Value::Bool(_) => add(value.to_string()),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                all_texts(item, &format!("{place}[{at}]"), secrets);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                all_texts(field, &format!("{place}.{name}"), secrets);
            }
        }
        Value::Null => {}
    }
}

/// Whether `wanted`, the list of `secret-outputs`, names the output.
pub fn is_listed(wanted: &[String], name: &str) -> bool {
    wanted.iter().any(|wanted| wanted == "*" || wanted == name)
}
