//! The outputs for later steps: our own, and each stack output under its name.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};

use crate::ci::{CiSystem, Level, Output};
use crate::console::Console;
use crate::engine::args;
use crate::engine::drive::{Driver, Unwatched};
use crate::engine::locate::Engine;
use crate::engine::signals::Signals;
use crate::job::Job;
use crate::report::{Report, SECRET, Status};
use crate::secret::{Masker, SHORTEST, is_long_enough};

/// The names that are ours; a stack output of the same name stays in `outputs` only.
pub const OWN: &[&str] =
    &["outputs", "output", "result", "changes", "has-changes", "status", "reason", "permalink"];

/// The plain values of the secret outputs that may leave the run, by name. Empty where none was asked for.
pub type Exported = BTreeMap<String, Value>;

/// Reads the plain values of the secret outputs that `secret-outputs` lists: one engine process, and only when a CI
/// system takes outputs at all. When they can't be read, what was deployed is deployed: a warning.
pub async fn export_secrets(
    job: &Job<'_>,
    engine: &Engine,
    report: &mut Report,
    console: &mut Console,
    signals: &Signals,
) -> Exported {
    let wanted = &job.inputs.secret_outputs;
    let listed = |name: &String| wanted.iter().any(|wanted| wanted == "*" || wanted == name);
    if !job.ci.takes_outputs(job.env) || !report.secret_outputs.iter().any(listed) {
        return Exported::new();
    }
    let args = args::outputs(&job.inputs, &job.scope(), true);
    let outcome = Driver::new(job, engine, console, signals, &mut Unwatched).run_quietly(args).await;
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(error) => {
            console.annotate(
                Level::Warning,
                "stackstep",
                &format!("the secret outputs could not be read: {error}"),
            );
            return Exported::new();
        }
    };
    if let Some(engine) = &mut report.engine {
        engine.processes += outcome.processes;
    }
    let plain = outcome.raw.and_then(|raw| serde_json::from_str(raw.expose()).ok());
    let Some(plain) = plain else {
        let message = format!("the secret outputs could not be read: {}", outcome.stderr.trim());
        console.annotate(Level::Warning, "stackstep", &message);
        return Exported::new();
    };
    choose_secrets(report, wanted, &plain, console)
}

/// Chooses the secret outputs that `wanted` lists from what the engine printed, and hides them from now on. A value
/// that is too short to be hidden stays.
pub fn choose_secrets(report: &Report, wanted: &[String], plain: &Value, console: &mut Console) -> Exported {
    let mut exported = Exported::new();
    for name in &report.secret_outputs {
        let listed = wanted.iter().any(|wanted| wanted == "*" || wanted == name);
        let Some(value) = plain.get(name).filter(|_| listed) else { continue };
        let hidden = report.outputs.get(name).unwrap_or(&Value::Null);
        let mut secrets = Vec::new();
        collect_secrets(hidden, value, &mut secrets);
        if secrets.is_empty() {
            // The two are not of one shape: then all of it is secret.
            all_texts(value, &mut secrets);
        }
        let too_short = secrets.iter().any(|secret| !is_long_enough(secret.trim()));
        for secret in &secrets {
            console.hide(name, secret);
        }
        if too_short {
            console.annotate(
                Level::Warning,
                "stackstep",
                &format!(
                    "the secret output `{name}` is not exported: a value under {SHORTEST} characters can't be hidden"
                ),
            );
        } else {
            exported.insert(name.clone(), value.clone());
        }
    }
    exported
}

/// The plain texts where `hidden` has a secret.
fn collect_secrets(hidden: &Value, plain: &Value, secrets: &mut Vec<String>) {
    match (hidden, plain) {
        (Value::String(mark), plain) if mark == SECRET => all_texts(plain, secrets),
        (Value::Array(hidden), Value::Array(plain)) => {
            for (hidden, plain) in hidden.iter().zip(plain) {
                collect_secrets(hidden, plain, secrets);
            }
        }
        (Value::Object(hidden), Value::Object(plain)) => {
            for (name, hidden) in hidden {
                collect_secrets(hidden, plain.get(name).unwrap_or(&Value::Null), secrets);
            }
        }
        _ => {}
    }
}

fn all_texts(value: &Value, secrets: &mut Vec<String>) {
    match value {
        Value::String(text) => secrets.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| all_texts(item, secrets)),
        Value::Object(fields) => fields.values().for_each(|field| all_texts(field, secrets)),
        Value::Number(_) | Value::Bool(_) => secrets.push(value.to_string()),
        Value::Null => {}
    }
}

/// Our own outputs and the stack's. What can't be handed on is said by name.
pub fn for_the_job(
    report: &Report,
    exported: &Exported,
    log: &str,
    result_file: Option<&Path>,
    ci: &dyn CiSystem,
    console: &Console,
) -> Vec<Output> {
    let values = values(report, exported, console.masker());
    let mut outputs = stack_outputs(&values, report, exported, ci, console);
    let mut own = |name: &str, value: String| outputs.push(Output { name: name.to_owned(), value });
    let all = Value::Object(values).to_string();
    if all.len() > ci.output_room() {
        refuse(console, "all outputs together are more than a value may have here: `outputs` is empty");
        own("outputs", String::new());
    } else {
        own("outputs", all);
    }
    own("output", end_of(log, ci.output_room()).to_owned());
    own("result", result_file.map(|path| path.display().to_string()).unwrap_or_default());
    own("changes", serde_json::to_string(&report.changes).unwrap_or_default());
    own("has-changes", report.has_changes.to_string());
    own("status", status_word(report.status).to_owned());
    own("reason", report.reason.map(|reason| reason.name().to_owned()).unwrap_or_default());
    own("permalink", report.permalink.clone().unwrap_or_default());
    outputs
}

/// Whether the value is to be a secret one.
pub fn is_secret(output: &Output, exported: &Exported) -> bool {
    exported.contains_key(&output.name) || (output.name == "outputs" && !exported.is_empty())
}

/// As much of the end of `text` as `room` bytes hold.
fn end_of(text: &str, room: usize) -> &str {
    let start = text.len().saturating_sub(room);
    (start..=text.len()).find_map(|start| text.get(start..)).unwrap_or_default()
}

/// Every known value: plain where it may leave, `"[secret]"` where not. A value that is not secret but holds a
/// secret's text goes out with the text hidden.
fn values(report: &Report, exported: &Exported, masker: &Masker) -> Map<String, Value> {
    report
        .exports()
        .filter(|output| !output.unknown)
        .map(|output| {
            let value = exported.get(output.name).cloned().unwrap_or_else(|| masked(output.value, masker));
            (output.name.to_owned(), value)
        })
        .collect()
}

fn masked(value: &Value, masker: &Masker) -> Value {
    match value {
        Value::String(text) => Value::String(masker.mask(text)),
        Value::Array(items) => items.iter().map(|item| masked(item, masker)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (masker.mask(name), masked(value, masker))).collect()
        }
        other => other.clone(),
    }
}

/// Each stack output under its own name.
fn stack_outputs(
    values: &Map<String, Value>,
    report: &Report,
    exported: &Exported,
    ci: &dyn CiSystem,
    console: &Console,
) -> Vec<Output> {
    let fold = |name: &str| if ci.output_names_ignore_case() { name.to_lowercase() } else { name.to_owned() };
    let mut uses: BTreeMap<String, u32> = BTreeMap::new();
    for name in values.keys() {
        *uses.entry(fold(name)).or_default() += 1;
    }
    let mut outputs = Vec::new();
    let mut withheld = Vec::new();
    for (name, value) in values {
        let shown = name.escape_debug();
        if report.secret_outputs.contains(name) && !exported.contains_key(name) {
            withheld.push(format!("`{shown}`"));
        } else if OWN.contains(&fold(name).as_str()) {
            refuse(
                console,
                &format!("the stack output `{shown}` has a name of ours: it is in `outputs` only"),
            );
        } else if let Some(why) = ci.refuses_output_name(name) {
            refuse(
                console,
                &format!(
                    "the stack output `{shown}` can't be handed on by name, as {why}: it is in `outputs` only"
                ),
            );
        } else if uses.get(&fold(name)).is_some_and(|uses| *uses > 1) {
            refuse(
                console,
                &format!(
                    "the stack output `{shown}` differs from another one in case only: both are in `outputs` only"
                ),
            );
        } else if let Some(why) = refuses_value(&text(value), exported.contains_key(name), ci) {
            refuse(
                console,
                &format!(
                    "the stack output `{shown}` can't be handed on by name, as {why}: it is in `outputs` only"
                ),
            );
        } else {
            outputs.push(Output { name: name.clone(), value: text(value) });
        }
    }
    if !withheld.is_empty() {
        console.annotate(
            Level::Notice,
            "stackstep",
            &format!("secret outputs are not handed on: {}; list them in `secret-outputs` if a later step needs them", withheld.join(", ")),
        );
    }
    outputs
}

/// Why the CI system can't take the value.
fn refuses_value(value: &str, secret: bool, ci: &dyn CiSystem) -> Option<&'static str> {
    if value.len() > ci.output_room() {
        return Some("its value is more than a value may have here");
    }
    ci.refuses_secret_value(value).filter(|_| secret)
}

fn refuse(console: &Console, message: &str) {
    console.annotate(Level::Warning, "stackstep", message);
}

/// A text as it is, everything else as JSON.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn status_word(status: Status) -> &'static str {
    match status {
        Status::Succeeded => "succeeded",
        Status::Failed => "failed",
        Status::Cancelled => "cancelled",
        Status::Skipped => "skipped",
    }
}
