//! `stackstep doctor`: tells what was detected, what is missing, and what a run would do. It changes nothing, and
//! starts nothing but the engine, to ask for its version. With `--remote` it asks the forge what that lets through; with
//! `--event` it tells what `deploy` would do for an event, and nothing else.
//!
//! It takes the steps of a run ([`crate::run::prepare`]). A run stops at the first error; here every step is taken that
//! can be, and every finding has a hint.

use crate::base::env::Env;
use crate::base::error::Result;
use crate::ci::console::Console;
use crate::ci::standing::Standing;
use crate::ci::{self, CiSystem};
use crate::inputs::Resolved;
use crate::inputs::resolve::Flags;
use crate::inputs::{Command, OuterInputs, Source, show};
use crate::process::signals::Signals;
use crate::run::prepare::{self, RunRequest, Until, prepare};
pub use diagnosis::{Diagnosis, DoctorFinding, EngineFound, FindingLevel, Planned, Set};
use event::EventAsk;
pub use remote::found::{RemoteFound, RemoteLine, RemoteState};

mod diagnosis;
mod engine;
pub mod event;
mod look;
mod remote;
mod text;

/// How `doctor` was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DoctorFlags {
    /// Whether to print JSON.
    pub json: bool,
    /// Whether to ask the forge what it lets through.
    pub remote: bool,
    /// The event to tell about, instead of everything else.
    pub event: Option<EventAsk>,
}

/// Finds out everything and prints it. Returns the exit status, which is 1 if something is missing; what the forge lets
/// through changes nothing of that.
pub async fn run(flags: &Flags, asked: &DoctorFlags, env: &Env, signals: &Signals) -> Result<u8> {
    // Its log has no CI system: foreign text is not shown, so nothing has to be protected, and JSON stays alone on its
    // stream.
    let mut console = Console::new(ci::detect(&Env::default()));
    if let Some(event) = &asked.event {
        return Box::pin(event::tell(event, asked.json, flags, env, &mut console)).await;
    }
    let diagnosis = examine(flags, asked.remote, env, &mut console, signals).await?;
    if asked.json {
        let value = serde_json::to_value(&diagnosis).unwrap_or_default();
        let masked = masked(value, &|text| console.masker().mask(text));
        console.print_json(&format!("{}\n", serde_json::to_string_pretty(&masked).unwrap_or_default()));
    } else {
        console.print(&text::text(&diagnosis));
    }
    Ok(u8::from(!diagnosis.ok))
}

async fn examine(
    flags: &Flags,
    remote: bool,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<Diagnosis> {
    let ci = ci::detect(env);
    let request = RunRequest::new(command(flags, ci, env), flags, env);
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
            prepare::Finding::Note(note) => console.line(note),
            prepare::Finding::Warning(warning) => {
                found.warn(warning.clone(), "`stackstep inputs` shows each input and where it comes from");
            }
        }
    }
    if let Some(resolved) = &prepared.resolved {
        found.command = resolved.command.word();
        found.inputs = set(resolved);
    }
    look::examine(&mut found, &prepared);
    if prepared.standing == Standing::Ours && !prepared.is_closed() {
        engine::find(&mut found, &prepared, console, signals).await?;
    }
    if remote {
        match remote::find(&prepared).await {
            Ok(remote) => found.remote = Some(remote),
            Err(finding) => found.findings.push(finding),
        }
    }
    found.ok = found.findings.iter().all(|finding| finding.level != FindingLevel::Missing);
    Ok(found)
}

/// The command to examine: a preview if none is named.
fn command(flags: &Flags, ci: &dyn CiSystem, env: &Env) -> Option<Command> {
    let outer = OuterInputs::find_only(&[], None, flags, ci, env)?;
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
