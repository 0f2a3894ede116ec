//! The outputs for later steps: our own, and each stack output under its name.
//!
//! A machine gets a value exactly as the engine has it, or not at all: nothing here is masked. If people can read the
//! place, a value that holds a secret's text is left out, with a warning that names it.

mod exports;
mod file;
mod handed;
mod names;
mod secrets;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value};

use crate::base::env::Env;
use crate::base::suggest::nearest;
use crate::ci::console::Console;
use crate::ci::{CiSystem, Handover, Level, Output, OutputRules, OutputsForm, OutputsWay};
use crate::engine::job::Job;
use crate::inputs::headings::ReportInputs;
use crate::publish::detail;
use crate::render;
use crate::report::{Operation, Report, Status};

pub use exports::{Export, ExportKind, Exports};
pub use handed::OWN;
use handed::{Handed, quoted};
use names::Naming;
pub use secrets::{Exported, choose_secrets, is_listed};

/// Passes outputs to later steps in each way that the CI system and the inputs offer. Names the outputs that can't be
/// passed on.
pub fn hand_on(
    job: &Job<'_>,
    report: &Report,
    exports: &Exports,
    log: &str,
    result_file: Option<&Path>,
    console: &Console,
) {
    say_what_stays(job, report, exports, console);
    let from = Handing { job, report, exports, result_file, console };
    let handover = job.ci.handover();
    if handover.takes_outputs(job.env) {
        from.to_later_steps(&handover, log);
    }
    if let Some(path) = &job.inputs.report.outputs_file {
        let form = (handover.outputs_file_form)(job.env);
        let kept = matches!(form, OutputsForm::Dotenv { .. });
        let mut handed = from.handed(kept.then_some("`outputs-file`"));
        let url = environment_url(job.inputs.forge.environment_url.as_deref(), &handed.stack, console);
        handed.own.extend(url);
        let named = file::named(&handed.own, &handed.stack, &job.inputs.report.outputs_prefix);
        let added = file::add(path, "`outputs-file`", &form, named, !handed.secret.is_empty(), console);
        super::warn(console, "the file of outputs", added);
    }
}

/// Passes outputs without secrets to later steps, for a command that has no report: in the CI system's way, and to
/// `outputs-file`.
pub fn hand_on_plain(
    ci: &dyn CiSystem,
    env: &Env,
    inputs: &ReportInputs,
    outputs: &[Output],
    console: &Console,
) {
    let handover = ci.handover();
    let named = || file::named(outputs, &[], &inputs.outputs_prefix);
    match handover.outputs {
        OutputsWay::None => {}
        OutputsWay::Append(added) => {
            if let Some(append) = added(env, outputs, &mut crate::base::random::word) {
                super::warn(console, "the outputs for later steps", super::append_to(&append));
            }
        }
        OutputsWay::Commands { open, .. } => console.command(&open(outputs)),
        OutputsWay::Variables { file, .. } => {
            if let Some((path, form)) = file(env) {
                let added = file::add(&path, "the file of variables", &form, named(), false, console);
                super::warn(console, "the file of outputs", added);
            }
        }
    }
    if let Some(path) = &inputs.outputs_file {
        let form = (handover.outputs_file_form)(env);
        let added = file::add(path, "`outputs-file`", &form, named(), false, console);
        super::warn(console, "the file of outputs", added);
    }
}

/// Warns of the outputs that are passed on nowhere, by name.
fn say_what_stays(job: &Job<'_>, report: &Report, exports: &Exports, console: &Console) {
    let Some(outputs) = &exports.outputs else {
        if report.status == Status::Succeeded {
            refuse(console, "the stack's outputs are not known, so none is exported");
        }
        return;
    };
    // For listed ones there was a message already.
    let stays = outputs.iter().filter(|output| output.kind == ExportKind::Stays);
    let unlisted = stays.filter(|output| !is_listed(&job.inputs.report.secret_outputs, &output.name));
    let unlisted = quoted(unlisted.map(|output| output.name.as_str()));
    if !unlisted.is_empty() {
        let message = format!(
            "secret outputs are not exported: {unlisted}; list them in `secret-outputs` if a later step needs them"
        );
        console.line(&message);
    }
    for message in not_there(&job.inputs.report.secret_outputs, report) {
        refuse(console, &message);
    }
}

/// A warning for each name in `secret-outputs` that is no output of the stack. There are none if the run has not shown
/// all outputs.
fn not_there(wanted: &[String], report: &Report) -> Vec<String> {
    let shown =
        report.status == Status::Succeeded && !report.incomplete && report.command != Operation::Destroy;
    let Some(outputs) = report.outputs.as_ref().filter(|_| shown) else { return Vec::new() };
    let changed = report.output_changes.iter().map(|change| &change.name);
    let names: BTreeSet<&str> =
        outputs.keys().chain(&report.withheld_outputs).chain(changed).map(String::as_str).collect();
    let missing = wanted.iter().filter(|name| *name != "*" && !names.contains(name.as_str()));
    missing
        .map(|name| {
            let near = nearest(name, names.iter().copied());
            let near =
                near.map(|near| format!("; did you mean `{}`?", near.escape_debug())).unwrap_or_default();
            format!(
                "`secret-outputs` lists `{}`, and the stack has no such output{near}",
                name.escape_debug()
            )
        })
        .collect()
}

/// Writes the outputs to the file that the CI system reads after the step. Outputs that hold a secret go to the file
/// `secrets`, from which the wrapper passes them on masked.
fn to_the_systems_file(
    job: &Job<'_>,
    handed: &Handed,
    (path, form): (&Path, &OutputsForm),
    secrets: Option<&Path>,
    console: &Console,
) {
    let part = |secret: bool| {
        let of = |outputs: &[Output]| -> Vec<Output> {
            outputs.iter().filter(|output| handed.secret.contains(&output.name) == secret).cloned().collect()
        };
        file::named(&of(&handed.own), &of(&handed.stack), &job.inputs.report.outputs_prefix)
    };
    let what = "the file of outputs";
    super::warn(console, what, file::add(path, "the file of variables", form, part(false), false, console));
    if handed.secret.is_empty() {
        return;
    }
    match secrets {
        Some(path) => {
            let secret = file::fit_for(form, part(true));
            let added = file::add(path, "the file of secrets", &OutputsForm::Shell, secret, true, console);
            super::warn(console, what, added);
        }
        None => refuse(
            console,
            &format!(
                "these outputs are secret or hold a secret's text, and are not exported, as it takes a later part of the \
                 step that masks them, and there is none: {}",
                quoted(handed.secret.iter().map(String::as_str))
            ),
        ),
    }
}

/// The environment's address as an output, from the `environment-url` input: a URL, or the name of a stack output with
/// one. The output has a name of its own, so that a pipeline can refer to it before the stack has any outputs.
fn environment_url(input: Option<&str>, stack: &[Output], console: &Console) -> Option<Output> {
    let input = input?;
    let found = stack.iter().find(|output| output.name == input).map(|output| output.value.clone());
    let value = found.or_else(|| input.contains("://").then(|| input.to_owned()));
    if value.is_none() {
        let message = format!(
            "`environment-url` is `{input}`, which is neither a URL nor an output that may leave the run"
        );
        console.annotate(Level::Notice, "stackstep", &message);
    }
    value.map(|value| Output { name: "environment-url".to_owned(), value })
}

/// Everything that a run can pass to later steps.
struct Handing<'a> {
    job: &'a Job<'a>,
    report: &'a Report,
    exports: &'a Exports,
    result_file: Option<&'a Path>,
    console: &'a Console,
}

impl Handing<'_> {
    /// Passes the outputs to later steps in the CI system's own way.
    fn to_later_steps(&self, handover: &Handover, log: &str) {
        let Self { job, exports, console, .. } = self;
        match handover.outputs {
            OutputsWay::None => {}
            OutputsWay::Append(added) => {
                let outputs = self.by_name(&handover.rules, log);
                if let Some(append) = added(job.env, &outputs, &mut crate::base::random::word) {
                    super::warn(console, "the outputs for later steps", super::append_to(&append));
                }
            }
            OutputsWay::Commands { open, secret } => {
                let outputs = self.by_name(&handover.rules, log).into_iter();
                let (hidden, shown): (Vec<_>, Vec<_>) =
                    outputs.partition(|output: &Output| exports.is_secret(&output.name));
                console.command(&(open(&shown) + &secret(&hidden)));
            }
            OutputsWay::Variables { file, secrets } => {
                let Some((path, form)) = file(job.env) else { return };
                let secrets = secrets(job.env);
                to_the_systems_file(job, &self.handed(None), (&path, &form), secrets.as_deref(), console);
            }
        }
    }

    /// The outputs under their names, with the end of the log.
    fn by_name(&self, rules: &OutputRules, log: &str) -> Vec<Output> {
        let mut handed = self.handed(rules.are_shown.then_some("the outputs of the step"));
        let end = end_of(log, rules.value_bytes).to_owned();
        handed.own.push(Output { name: "output".to_owned(), value: end });
        let official_action = self.job.inputs.official_action;
        Naming { rules, official_action, console: self.console }.by_name(&handed)
    }

    /// The outputs for one place. If others can read the place, `shown_in` names it, and an output that holds a
    /// secret's text is left out unless `secret-outputs` lists it.
    fn handed(&self, shown_in: Option<&str>) -> Handed {
        let Self { job, report, exports, console, .. } = self;
        let masker = console.masker();
        let (mut stack, mut values, mut secret) = (Vec::new(), Map::new(), BTreeSet::new());
        let mut withheld = Vec::new();
        for output in exports.outputs.iter().flatten() {
            let sensitive = output.is_sensitive(masker);
            let asked_for = is_listed(&job.inputs.report.secret_outputs, &output.name);
            if sensitive && output.kind == ExportKind::Plain && shown_in.is_some() && !asked_for {
                withheld.push(output.name.as_str());
                continue;
            }
            if sensitive {
                secret.extend([output.name.clone(), "outputs".to_owned()]);
            }
            values.insert(output.name.clone(), output.value.clone());
            if output.kind != ExportKind::Stays {
                stack.push(Output { name: output.name.clone(), value: text(&output.value) });
            }
        }
        if let Some(place) = shown_in.filter(|_| !withheld.is_empty()) {
            refuse(
                console,
                &format!(
                    "not in {place}, which others can read, as their values hold the text of a secret: {}; list them in \
                     `secret-outputs` if a later step needs them",
                    quoted(withheld.into_iter())
                ),
            );
        }
        let all = exports.outputs.as_ref().map(|_| Value::Object(values).to_string());
        let detail = detail::of_job(job);
        let summary = match exports.stacks {
            Some(stacks) => render::summary_of_stacks(stacks, report, detail),
            None => render::summary(report, detail),
        };
        let summary = masker.mask(&summary);
        let of_the_stack = OwnOfStack {
            digest: exports.digest.clone().unwrap_or_default(),
            result: self.result_file.map(|path| path.display().to_string()).unwrap_or_default(),
            outputs: all.unwrap_or_default(),
        };
        Handed { own: own(report, summary, of_the_stack), stack, secret }
    }
}

/// Our own outputs that are about one stack; empty for several.
#[derive(Default)]
pub(super) struct OwnOfStack {
    pub digest: String,
    pub result: String,
    pub outputs: String,
}

/// Our own outputs of a report; what is not known is empty. Only a run that looked for drift has `drift`: GitLab takes few
/// variables, and the stack's outputs need them.
pub(super) fn own(report: &Report, summary: String, of_the_stack: OwnOfStack) -> Vec<Output> {
    [
        ("status", status_word(report.status).to_owned()),
        ("reason", report.reason.map(|reason| reason.name().to_owned()).unwrap_or_default()),
        ("has-changes", report.has_changes.map(|has| has.to_string()).unwrap_or_default()),
        (
            "changes",
            report.changes.as_ref().and_then(|all| serde_json::to_string(all).ok()).unwrap_or_default(),
        ),
        ("summary", summary),
        ("digest", of_the_stack.digest),
        ("result", of_the_stack.result),
        ("permalink", report.permalink.clone().unwrap_or_default()),
        ("outputs", of_the_stack.outputs),
    ]
    .into_iter()
    .chain(report.drift.as_ref().map(|drift| ("drift", drift.word().to_owned())))
    .map(|(name, value)| Output { name: name.to_owned(), value })
    .collect()
}

/// The stack's outputs for standard output: as the engine has them, without those that masking or the CI system's
/// protection would change. Warns of these by name.
pub fn printable(outputs: &Map<String, Value>, console: &Console) -> String {
    let text = |outputs: &Map<String, Value>| {
        format!("{}\n", serde_json::to_string_pretty(outputs).unwrap_or_default())
    };
    // Each is checked alone, with and without the comma that it may have among the others.
    let alone = |name: &String, value: &Value| {
        let one = text(&Map::from_iter([(name.clone(), value.clone())]));
        one.replacen("\n}\n", "", 1)
    };
    let shows = |name: &String, value: &Value| {
        let one = alone(name, value);
        console.shows(&format!("{one}\n")) && console.shows(&format!("{one},\n"))
    };
    let (open, hidden): (Map<_, _>, Map<_, _>) =
        outputs.clone().into_iter().partition(|(name, value)| shows(name, value));
    if !hidden.is_empty() {
        let names = quoted(hidden.keys().map(String::as_str));
        refuse(console, &format!("not printed, as a log would not show them as they are: {names}"));
    }
    text(&open)
}

/// The end of `text`, in at most `room` bytes.
fn end_of(text: &str, room: usize) -> &str {
    let start = text.len().saturating_sub(room);
    (start..=text.len()).find_map(|start| text.get(start..)).unwrap_or_default()
}

fn refuse(console: &Console, message: &str) {
    console.annotate(Level::Warning, "stackstep", message);
}

/// The value as text: a string as it is, null as nothing, everything else as JSON.
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
