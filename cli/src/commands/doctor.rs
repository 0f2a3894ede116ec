//! `stackstep doctor`: what was detected, what is missing, and what a run would do. It changes nothing, and asks
//! nobody but the engine for its version.
//!
//! It takes the steps of a run ([`crate::run::prepare`]). A run stops at the first thing that is wrong; here each step is taken
//! that can be, and every finding has a way out.

use serde::Serialize;

use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::ci::console::Console;
use crate::ci::standing::Standing;
use crate::ci::{self, CiSystem, Context};
use crate::inputs::resolve::{Flags, Resolved};
use crate::inputs::{Command, OuterInputs, Source, show};
use crate::process::signals::Signals;
use crate::run::prepare::{self, Request, Until, prepare};

mod engine;
mod look;
mod text;

/// What was found.
#[derive(Debug, Default, Serialize)]
pub struct Diagnosis {
    /// Nothing that a run needs is missing.
    pub ok: bool,
    /// The version of stackstep.
    pub stackstep: &'static str,
    /// The CI system.
    pub ci: &'static str,
    /// What the job is about.
    pub context: Context,
    /// What would be run.
    pub command: &'static str,
    /// Each input that somebody set.
    pub inputs: Vec<Set>,
    /// The project's name.
    pub project: Option<String>,
    /// The project's file.
    pub project_file: Option<String>,
    /// The stack.
    pub stack: Option<String>,
    /// The backend, and who named it.
    pub backend: Option<String>,
    /// What the run has, by name.
    pub credentials: Vec<String>,
    /// Where the job's identity for a sign-in would come from.
    pub identity: String,
    /// The engine.
    pub engine: Option<EngineFound>,
    /// What the run may do.
    pub trust: String,
    /// Where the result and the report go.
    pub sinks: Vec<String>,
    /// Where a comment would go, or why there would be none.
    pub comment: String,
    /// The processes of the engine, in order.
    pub plan: Vec<Planned>,
    /// What is missing or worth knowing.
    pub findings: Vec<Finding>,
}

/// An input that somebody set.
#[derive(Debug, Serialize)]
pub struct Set {
    /// Its name.
    pub name: &'static str,
    /// Its value; of a secret only that it is one.
    pub value: String,
    /// Where it came from.
    pub source: String,
}

/// The engine.
#[derive(Debug, Serialize)]
pub struct EngineFound {
    /// The program.
    pub path: String,
    /// Its version, where it tells one.
    pub version: Option<String>,
    /// It deploys nothing.
    pub sandbox: bool,
}

/// A process of the engine that would run.
#[derive(Debug, Serialize)]
pub struct Planned {
    /// Its arguments.
    pub arguments: Vec<String>,
    /// What it is for.
    pub purpose: &'static str,
    /// When it runs; always if there is nothing here.
    pub only: Option<&'static str>,
}

/// Something that is missing or worth knowing.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What it is.
    pub what: String,
    /// The way out.
    pub hint: String,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A run can't succeed like this.
    Missing,
    /// Worth knowing.
    Warning,
}

impl Diagnosis {
    fn missing(&mut self, what: impl Into<String>, hint: impl Into<String>) {
        self.findings.push(Finding { level: Level::Missing, what: what.into(), hint: hint.into() });
    }

    fn warn(&mut self, what: impl Into<String>, hint: impl Into<String>) {
        self.findings.push(Finding { level: Level::Warning, what: what.into(), hint: hint.into() });
    }

    /// An error that would end a run; the value where there is none.
    fn unless<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.error(&error)).ok()
    }

    fn error(&mut self, error: &Error) {
        let hint = error.hint().unwrap_or("check that the file is there and can be read");
        self.missing(error.to_string(), hint);
    }
}

/// Looks at everything and prints it; the exit status is 1 when something is missing.
pub async fn run(flags: &Flags, json: bool, env: &Env, signals: &Signals) -> Result<u8> {
    // Not the CI system's: nothing foreign is shown that it would have to mask, and JSON stays alone on its stream.
    let mut console = Console::new(ci::detect(&Env::default()));
    let diagnosis = examine(flags, env, &mut console, signals).await?;
    if json {
        let value = serde_json::to_value(&diagnosis).unwrap_or_default();
        let masked = masked(value, &|text| console.masker().mask(text));
        console.print_json(&format!("{}\n", serde_json::to_string_pretty(&masked).unwrap_or_default()));
    } else {
        console.print(&text::text(&diagnosis));
    }
    Ok(u8::from(!diagnosis.ok))
}

async fn examine(flags: &Flags, env: &Env, console: &mut Console, signals: &Signals) -> Result<Diagnosis> {
    let ci = ci::detect(env);
    let request = Request { command: command(flags, ci, env), flags, env, ci };
    let prepared = prepare(&request, Until::TheEnd, console);
    let mut found = Diagnosis {
        stackstep: env!("CARGO_PKG_VERSION"),
        ci: ci.name(),
        context: prepared.context.clone(),
        ..Diagnosis::default()
    };
    for finding in &prepared.findings {
        match finding {
            prepare::Finding::Error(error) => found.error(error),
            prepare::Finding::Warning(warning) => {
                found.warn(warning.clone(), "`stackstep inputs` shows each input and where it comes from");
            }
        }
    }
    if let Some(resolved) = &prepared.resolved {
        found.command = resolved.command.word();
        found.inputs = set(resolved);
    }
    look::at(&mut found, &prepared);
    if prepared.standing == Standing::Ours && !prepared.is_closed() {
        engine::look(&mut found, &prepared, console, signals).await?;
    }
    found.ok = found.findings.iter().all(|finding| finding.level != Level::Missing);
    Ok(found)
}

/// Without a command, a preview is looked at.
fn command(flags: &Flags, ci: &dyn CiSystem, env: &Env) -> Option<Command> {
    let outer = OuterInputs::of_those(&[], None, flags, ci, env)?;
    (outer.command == Command::Install).then_some(Command::Preview)
}

fn set(resolved: &Resolved) -> Vec<Set> {
    let set = |source: &Source| *source != Source::Default;
    show::rows(resolved)
        .filter_map(|(name, value, source)| {
            let source = source.filter(|source| set(source))?.to_string();
            Some(Set { name, value, source })
        })
        .collect()
}

fn masked(value: serde_json::Value, mask: &dyn Fn(&str) -> String) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::String(text) => Value::String(mask(&text)),
        Value::Array(items) => items.into_iter().map(|item| masked(item, mask)).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, masked(value, mask))).collect()
        }
        other => other,
    }
}
