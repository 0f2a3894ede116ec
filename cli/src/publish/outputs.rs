//! The outputs for later steps: our own, and each stack output under its name.

mod file;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};

use crate::ci::{CiSystem, Level, Output, OutputsForm};
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

/// Reads the plain values of the secret outputs that `secret-outputs` lists: one engine process, and only when
/// there is a place to hand them on. When they can't be read, what was deployed is deployed: a warning.
pub async fn export_secrets(
    job: &Job<'_>,
    engine: &Engine,
    report: &mut Report,
    console: &mut Console,
    signals: &Signals,
) -> Exported {
    let wanted = &job.inputs.secret_outputs;
    let listed = |name: &String| wanted.iter().any(|wanted| wanted == "*" || wanted == name);
    if !job.takes_outputs() || !report.secret_outputs.iter().any(listed) {
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

/// What a run has for later steps.
struct Handed {
    /// Our own outputs but the log.
    own: Vec<Output>,
    /// The stack's outputs that may leave, in the order of their names.
    stack: Vec<Output>,
}

/// Hands outputs to later steps in each way that there is. What can't be handed on is said by name.
pub fn hand_on(
    job: &Job<'_>,
    report: &Report,
    exported: &Exported,
    log: &str,
    result_file: Option<&Path>,
    console: &Console,
) {
    let handed = handed(report, exported, result_file, console);
    if let Some((path, form)) = job.ci.outputs_file(job.env) {
        to_the_systems_file(job, &handed, exported, (&path, &form), console);
    } else if job.ci.takes_outputs(job.env) {
        let mut outputs = by_name(&handed.stack, exported, job.ci, console);
        outputs.extend(handed.own.iter().map(|output| within_room(output, job.ci, console)));
        outputs
            .push(Output { name: "output".to_owned(), value: end_of(log, job.ci.output_room()).to_owned() });
        if let Some(append) = job.ci.outputs(job.env, &outputs, &mut crate::random::word) {
            super::warn(console, "the outputs for later steps", super::append_to(&append));
        }
        let (secret, open): (Vec<_>, Vec<_>) =
            outputs.into_iter().partition(|output| is_secret(output, exported));
        for lines in [job.ci.output_commands(&open), job.ci.secret_output_commands(&secret)] {
            console.command(&lines.unwrap_or_default());
        }
    }
    if let Some(path) = &job.inputs.outputs_file {
        let mut own = handed.own;
        own.extend(environment_url(job.inputs.environment_url.as_deref(), &handed.stack, console));
        let named = file::named(&own, &handed.stack, &job.inputs.outputs_prefix);
        let (form, secret) = (job.ci.outputs_form(job.env), !exported.is_empty());
        let added = file::add(path, "`outputs-file`", &form, named, secret, console);
        super::warn(console, "the file of outputs", added);
    }
}

/// Hands the outputs on in the file that the CI system reads after the step; the secret ones in the file from which the
/// wrapper hands them on masked.
fn to_the_systems_file(
    job: &Job<'_>,
    handed: &Handed,
    exported: &Exported,
    (path, form): (&Path, &OutputsForm),
    console: &Console,
) {
    let part = |secret: bool| {
        let of = |outputs: &[Output]| -> Vec<Output> {
            outputs.iter().filter(|output| is_secret(output, exported) == secret).cloned().collect()
        };
        file::named(&of(&handed.own), &of(&handed.stack), &job.inputs.outputs_prefix)
    };
    let what = "the file of outputs";
    super::warn(console, what, file::add(path, "the file of variables", form, part(false), false, console));
    if exported.is_empty() {
        return;
    }
    match job.ci.secrets_file(job.env) {
        Some(path) => {
            let secret = file::fit_for(form, part(true));
            let added = file::add(&path, "the file of secrets", &OutputsForm::Shell, secret, true, console);
            super::warn(console, what, added);
        }
        None => refuse(
            console,
            "the secret outputs are not handed on: it takes a later part of the step that masks them, and there is none",
        ),
    }
}

/// The address of the environment, which is a URL or stands in an output: a name of its own, so that a pipeline can say
/// it before the stack has any outputs.
fn environment_url(input: Option<&str>, stack: &[Output], console: &Console) -> Option<Output> {
    let input = input?;
    let found = stack.iter().find(|output| output.name == input).map(|output| output.value.clone());
    let value = found.or_else(|| input.contains("://").then(|| input.to_owned()));
    if value.is_none() {
        let message =
            format!("`environment-url` is `{input}`, which is no URL and no output that may leave the run");
        console.annotate(Level::Notice, "stackstep", &message);
    }
    value.map(|value| Output { name: "environment-url".to_owned(), value })
}

/// Our own outputs and the stack's. A secret that stays is said by name.
fn handed(report: &Report, exported: &Exported, result_file: Option<&Path>, console: &Console) -> Handed {
    let values = values(report, exported, console.masker());
    let stays = |name: &String| report.secret_outputs.contains(name) && !exported.contains_key(name);
    let withheld: Vec<_> =
        values.keys().filter(|name| stays(name)).map(|name| format!("`{}`", name.escape_debug())).collect();
    if !withheld.is_empty() {
        console.annotate(
            Level::Notice,
            "stackstep",
            &format!("secret outputs are not handed on: {}; list them in `secret-outputs` if a later step needs them", withheld.join(", ")),
        );
    }
    let stack = values
        .iter()
        .filter(|(name, _)| !stays(name))
        .map(|(name, value)| Output { name: name.clone(), value: text(value) })
        .collect();
    let own = [
        ("status", status_word(report.status).to_owned()),
        ("reason", report.reason.map(|reason| reason.name().to_owned()).unwrap_or_default()),
        ("has-changes", report.has_changes.to_string()),
        ("changes", serde_json::to_string(&report.changes).unwrap_or_default()),
        ("result", result_file.map(|path| path.display().to_string()).unwrap_or_default()),
        ("permalink", report.permalink.clone().unwrap_or_default()),
        ("outputs", Value::Object(values).to_string()),
    ];
    Handed { own: own.map(|(name, value)| Output { name: name.to_owned(), value }).to_vec(), stack }
}

/// One of our own outputs; of all outputs together nothing where they are too much.
fn within_room(output: &Output, ci: &dyn CiSystem, console: &Console) -> Output {
    let mut output = output.clone();
    if output.value.len() > ci.output_room() {
        refuse(console, "all outputs together are more than a value may have here: `outputs` is empty");
        output.value.clear();
    }
    output
}

/// Whether the value is to be a secret one.
fn is_secret(output: &Output, exported: &Exported) -> bool {
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

/// The stack's outputs that the system takes under their own names.
fn by_name(stack: &[Output], exported: &Exported, ci: &dyn CiSystem, console: &Console) -> Vec<Output> {
    let fold = |name: &str| if ci.output_names_ignore_case() { name.to_lowercase() } else { name.to_owned() };
    let mut uses: BTreeMap<String, u32> = BTreeMap::new();
    for output in stack {
        *uses.entry(fold(&output.name)).or_default() += 1;
    }
    let mut outputs = Vec::new();
    for output in stack {
        let shown = output.name.escape_debug();
        if OWN.contains(&fold(&output.name).as_str()) {
            refuse(
                console,
                &format!("the stack output `{shown}` has a name of ours: it is in `outputs` only"),
            );
        } else if let Some(why) = ci.refuses_output_name(&output.name) {
            refuse(
                console,
                &format!(
                    "the stack output `{shown}` can't be handed on by name, as {why}: it is in `outputs` only"
                ),
            );
        } else if uses.get(&fold(&output.name)).is_some_and(|uses| *uses > 1) {
            refuse(
                console,
                &format!(
                    "the stack output `{shown}` differs from another one in case only: both are in `outputs` only"
                ),
            );
        } else if let Some(why) = refuses_value(&output.value, exported.contains_key(&output.name), ci) {
            refuse(
                console,
                &format!(
                    "the stack output `{shown}` can't be handed on by name, as {why}: it is in `outputs` only"
                ),
            );
        } else {
            outputs.push(output.clone());
        }
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
