//! `stackstep finish`: completes the report of a run that was killed before it could. A launcher's post step calls it.
//!
//! No engine process is started. What there is to know stands in the event log, in the table of processes, and, where
//! the backend is a folder, in the state.

mod state;

use std::path::Path;
use std::time::Duration;

use crate::ci::{self, Level};
use crate::console::Console;
use crate::engine::alive::Trace;
use crate::engine::signals::Signals;
use crate::engine::tail::Tail;
use crate::env::Env;
use crate::inputs::resolve::Flags;
use crate::inputs::{Command, Inputs};
use crate::job;
use crate::prepare::{Request, Until, prepare};
use crate::publish::forge::Sender;
use crate::publish::{self, Publisher};
use crate::report::{self, Ending, Facts, Fold, Report};
use crate::unfinished::{Unfinished, now};

/// How long an engine that was left alone may finish what it had begun. A post step has minutes:
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation>
const PATIENCE: Duration = Duration::from_secs(60);

/// How often we look whether it has ended.
const LOOK: Duration = Duration::from_millis(100);

/// SIGKILL, which nobody can catch.
const KILLED: i32 = 9;

/// Completes the report that `path` is about. A run that reported its end has taken the file with it: then there is
/// nothing to do.
pub async fn finish(path: &Path, env: &Env, console: &mut Console, signals: &Signals) -> u8 {
    let Some(unfinished) = Unfinished::read(path) else { return 0 };
    // It may be reporting right now.
    ended(&unfinished.stackstep, signals).await;
    if !path.exists() {
        return 0;
    }
    let (ci, context) = (ci::detect(env), ci::detect(env).context(env));
    // Inputs that make no run hide all the same what the environment holds.
    let flags = Flags::new();
    let request = Request { command: Some(Command::Up), flags: &flags, env, ci };
    let found = prepare(&request, Until::TheInputs, console);
    let inputs = found.resolved.as_ref().and_then(|resolved| Inputs::from_resolved(resolved, env).ok());
    if let Some(inputs) = inputs.as_ref().filter(|_| !found.is_closed()) {
        job::hide_secrets(inputs, console);
        let _ = job::hide_env_file(inputs, console);
    }
    let fate = fate_of_the_engine(unfinished.engine.as_ref(), signals).await;
    let report = report(&unfinished, fate).masked(&|text| console.masker().mask(text));
    let publisher = Publisher::again(&unfinished.sinks, ci, env);
    let result = publisher.files(&report, console);
    if let Some(inputs) = &inputs {
        let sender = Sender::new(env, ci, &context, inputs, unfinished.began);
        // What could not be sent was said; the step's status is that of the run.
        let _ = sender.send(&publisher, &report, console, signals).await;
    }
    if let Some(message) = &report.message {
        console.annotate(Level::Error, "stackstep", message);
    }
    console.text(&publisher.text(&report, result));
    publish::warn(console, "the run's folder", remove(path));
    0
}

/// Waits for the process's end, for some time. None when nobody can tell.
async fn ended(process: &Trace, signals: &Signals) -> Option<bool> {
    let until = tokio::time::Instant::now() + PATIENCE;
    while process.is_alive()? {
        if tokio::time::Instant::now() >= until {
            return Some(false);
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = signals.cancelled() => return Some(false),
        }
    }
    Some(true)
}

/// What became of the engine, in words.
async fn fate_of_the_engine(engine: Option<&Trace>, signals: &Signals) -> String {
    let Some(engine) = engine else { return "the engine had not been started".to_owned() };
    let alone = engine.is_alive() == Some(true);
    // Nobody reads its output any more, and what is left of a job is killed at the job's end.
    engine.interrupt();
    match ended(engine, signals).await {
        Some(true) if alone => "the engine was still at work: it was asked to stop, and has ended".to_owned(),
        Some(true) => "the engine is gone: it has ended, or was killed with the step".to_owned(),
        Some(false) => format!("the engine is still at work, as process {}", engine.pid),
        None => "what became of the engine is not known".to_owned(),
    }
}

/// The report: what the event log says to its end, and what is known beside it.
fn report(unfinished: &Unfinished, fate: String) -> Report {
    let mut fold = Fold::new();
    if let Some(path) = &unfinished.event_log {
        let mut tail = Tail::new(path.clone());
        tail.finish(&mut |line| fold.line(line));
        fold.left_out(tail.state.skipped_lines);
    }
    let about = &unfinished.about;
    let (ending, exit_code) = match unfinished.stopped_by {
        Some(0) => (Ending::TimedOut, i32::from(crate::error::EXIT_TIMEOUT)),
        Some(signal) => (Ending::Cancelled { signal: i32::from(signal) }, 128 + i32::from(signal)),
        None => (Ending::Signalled(KILLED), 128 + KILLED),
    };
    let mut facts = Facts::new(about.command, about.stack.clone(), ending, exit_code);
    facts.preview_only = about.preview_only;
    facts.project.clone_from(&about.project);
    facts.identity.clone_from(&about.identity);
    facts.engine.clone_from(&about.engine);
    facts.ci.clone_from(&about.ci);
    facts.commit.clone_from(&about.commit);
    facts.repository.clone_from(&about.repository);
    facts.duration_ms = now().saturating_sub(unfinished.began).saturating_mul(1000);
    facts.notes.push(
        "the step was killed before it could report its end: a later step has put this together from the engine's \
         event log"
            .to_owned(),
    );
    facts.notes.push(fate);
    if let Some(folder) = &unfinished.state {
        facts.notes.extend(state::notes(folder, about.project.as_deref().unwrap_or_default(), &about.stack));
    }
    let mut report = report::report(fold.finish(), facts);
    if unfinished.stopped_by.is_none() {
        report.message = Some("the step was killed while the engine was at work".to_owned());
    }
    report
}

/// Removes the run's folder, which only the run itself could have: with the event log and with credentials.
fn remove(path: &Path) -> crate::error::Result<()> {
    let ours = |folder: &&Path| {
        folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(crate::job::FOLDER))
    };
    match path.parent().filter(ours) {
        Some(folder) => std::fs::remove_dir_all(folder).map_err(crate::error::Error::io("remove", folder)),
        None => Ok(()),
    }
}
