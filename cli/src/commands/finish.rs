//! `stackstep finish`: completes the report of a run that was killed before it could do so itself. A launcher's post
//! step calls it.
//!
//! It starts no engine process. It reads the event log, the table of processes and, if the backend is a folder, the
//! state.

use std::path::Path;
use std::time::Duration;

use crate::base::env::Env;
use crate::base::own_folder;
use crate::ci::console::Console;
use crate::ci::{self, Level};
use crate::engine::fate::MAY_BE_LOCKED;
use crate::engine::left_state;
use crate::inputs::Command;
use crate::inputs::resolve::Flags;
use crate::process::alive::Trace;
use crate::process::leftovers;
use crate::process::signals::Signals;
use crate::process::tail::Tail;
use crate::publish::forge::Sender;
use crate::publish::{self, Publisher};
use crate::report::{self, Ending, Events, Facts, Fold, Inconclusive, Report};
use crate::run::prepare::{RunRequest, inputs_of_ended_run};
use crate::run::unfinished::{HALTED, Unfinished};

/// The time to wait for stackstep itself, which may be reporting right now. A post step has minutes:
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation>
const PATIENCE: Duration = Duration::from_secs(60);

/// The time to wait for an engine without a parent. Pulumi's own ends as soon as it writes a line that nobody reads
/// (measured: within 2 s); another engine may finish what it had begun.
const ENGINE_PATIENCE: Duration = Duration::from_secs(20);

/// The time to wait for processes that the engine has left behind.
const LEFTOVERS_PATIENCE: Duration = Duration::from_secs(5);

/// The pause between two looks at a process.
const LOOK: Duration = Duration::from_millis(100);

/// The number of SIGKILL, which no process can catch.
const KILLED: i32 = 9;

/// Completes the report of the run that the file `path` describes. A run that reported its end has removed the file;
/// then there is nothing to do. Returns the exit status.
pub async fn finish(path: &Path, env: &Env, console: &mut Console, signals: &Signals) -> u8 {
    let Some(unfinished) = Unfinished::read(path) else { return 0 };
    // The run may be reporting right now.
    let has_ended = ended(&unfinished.stackstep, PATIENCE, signals).await;
    if !path.exists() {
        return 0;
    }
    if has_ended == Some(false) {
        console.line("the run is still at work, so its report is left to itself");
        return 0;
    }
    let (ci, context) = (ci::detect(env), ci::detect(env).context(env));
    // Even if the inputs are invalid, the secrets in the environment are hidden.
    let flags = Flags::new();
    let review = unfinished.review();
    let request = RunRequest { review: review.as_ref(), ..RunRequest::new(Some(Command::Up), &flags, env) };
    let inputs = inputs_of_ended_run(&request, console);
    // A run that was killed while it started the engine has not recorded the engine's process.
    let engine = unfinished
        .engine
        .clone()
        .or_else(|| leftovers::engine_of_run(path.parent()?, unfinished.starting.as_deref()?));
    let fate = match &engine {
        Some(engine) => fate_of_the_engine(engine, signals).await,
        None if unfinished.starting.is_some() && leftovers::can_be_found() => Fate::NotFound,
        None if unfinished.starting.is_some() => Fate::Unknown,
        None => Fate::NotStarted,
    };
    let left = end_leftovers(path.parent(), &fate, signals).await;
    let report =
        report(&unfinished, &fate, left, env, inputs.is_some()).masked(&|text| console.masker().mask(text));
    let publisher = Publisher::again(&unfinished.sinks, ci, env);
    let result = publisher.files(&report, console);
    if let Some(inputs) = &inputs {
        let sender = Sender::new(env, ci, &context, inputs, unfinished.began);
        // Failures to send are in the log already; the step's status is the run's.
        let _ = sender.send(&publisher, &report, console, signals).await;
    }
    if let Some(message) = &report.message {
        console.annotate(Level::Error, "stackstep", message);
    }
    console.text(&publisher.text(report.as_slice(), result));
    publish::warn(console, "the run's folder", remove(path, &unfinished));
    0
}

/// Waits up to `patience` for a process to end. Returns whether it did; none if that can't be told.
async fn ended(process: &Trace, patience: Duration, signals: &Signals) -> Option<bool> {
    let until = tokio::time::Instant::now() + patience;
    while process.is_alive()? {
        if tokio::time::Instant::now() >= until {
            return Some(false);
        }
        if signals.wait(LOOK).await.is_some() {
            return Some(false);
        }
    }
    Some(true)
}

/// The fate of the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    /// The run was killed before it started the engine.
    NotStarted,
    /// The run was killed while it started the engine, and there is no such process.
    NotFound,
    /// The engine had ended before `finish` looked.
    Gone,
    /// The engine was running, was asked to stop, and has ended.
    Asked,
    /// The engine is still running, as this process.
    AtWork(u32),
    /// The operating system can't tell.
    Unknown,
}

async fn fate_of_the_engine(engine: &Trace, signals: &Signals) -> Fate {
    let alone = engine.is_alive() == Some(true);
    // Nothing reads its output any more, and processes that are left of a job are killed at the job's end.
    engine.interrupt();
    match ended(engine, ENGINE_PATIENCE, signals).await {
        Some(true) if alone => Fate::Asked,
        Some(true) => Fate::Gone,
        Some(false) => Fate::AtWork(engine.pid),
        None => Fate::Unknown,
    }
}

/// The fate in words; the end of the event log tells whether the engine had finished. An engine without a reader ends
/// by SIGPIPE with the next line that it writes: <https://pkg.go.dev/os/signal#hdr-SIGPIPE>.
fn in_words(fate: &Fate, events: &Events) -> String {
    let finished = events.are_whole() && events.in_flight().is_empty();
    match (fate, finished) {
        (Fate::NotStarted, _) => "the engine had not been started".to_owned(),
        (Fate::NotFound, _) => {
            "the step was killed as it started the engine, and no process of it was found: whether it has begun anything \
             is not known"
                .to_owned()
        }
        (Fate::Gone, true) => "the engine is gone: it had come to its end".to_owned(),
        (Fate::Gone, false) => {
            "the engine is gone: it was killed with the step, or ended within seconds of it, as \
                                nobody read its output any more; what it had begun was not finished"
                .to_owned()
        }
        (Fate::Asked, true) => {
            "the engine was still there: it was asked to stop, finished what it had begun and has ended"
                .to_owned()
        }
        (Fate::Asked, false) => {
            "the engine was still there: it was asked to stop and has ended, but it could not finish \
                                 what it had begun, as nobody read its output any more"
                .to_owned()
        }
        (Fate::AtWork(pid), _) => format!("the engine is still at work, as process {pid}"),
        (Fate::Unknown, _) => "what became of the engine is not known".to_owned(),
    }
}

/// Ends the processes that the engine of the run in `folder` left behind, if the engine has ended: first by SIGINT,
/// which providers take as a request to finish, then by SIGKILL. Returns a note with their names.
async fn end_leftovers(folder: Option<&Path>, fate: &Fate, signals: &Signals) -> Option<String> {
    let folder = folder.filter(|_| matches!(fate, Fate::Gone | Fate::Asked | Fate::NotFound))?;
    let left = leftovers::of_run(folder);
    if left.is_empty() {
        return None;
    }
    leftovers::end(&left, false);
    let until = tokio::time::Instant::now() + LEFTOVERS_PATIENCE;
    while !leftovers::of_run(folder).is_empty()
        && tokio::time::Instant::now() < until
        && signals.first().is_none()
    {
        tokio::time::sleep(LOOK).await;
    }
    leftovers::end(&leftovers::of_run(folder), true);
    Some(format!("the engine left processes behind, which have been ended: {}", leftovers::names(&left)))
}

/// The report: what the event log says to its end, and what is known beside it.
fn report(
    unfinished: &Unfinished,
    fate: &Fate,
    left: Option<String>,
    env: &Env,
    knows_inputs: bool,
) -> Report {
    let mut fold = Fold::new();
    if let Some(path) = &unfinished.event_log {
        let mut tail = Tail::new(path.clone());
        tail.finish(&mut |line| fold.line(line));
        fold.left_out(tail.state.skipped_lines);
    }
    let about = &unfinished.about;
    // Checks begin only after a deployment that succeeded.
    let checking = !unfinished.checks.is_empty();
    let (ending, exit_code) = match unfinished.stopped_by {
        _ if checking => (Ending::Exited(0), 0),
        Some(0) => (Ending::TimedOut, i32::from(crate::base::error::EXIT_TIMEOUT)),
        Some(HALTED) => (Ending::Halted, i32::from(crate::base::error::EXIT_REVIEWED)),
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
    facts.branch.clone_from(&about.branch);
    facts.change_request = about.change_request;
    facts.began = Some(unfinished.began);
    facts.duration_ms = env.clock().now().saturating_sub(unfinished.began).saturating_mul(1000);
    facts.notes.push(
        "the step was killed before it could report its end: a later step has put this together from the engine's \
         event log"
            .to_owned(),
    );
    let events = fold.finish();
    facts.notes.push(in_words(fate, &events));
    facts.notes.extend(left);
    if !about.command.only_looks(about.preview_only) && *fate != Fate::NotStarted {
        facts.notes.extend(left_in_state(unfinished, fate, &events));
    }
    let mut report = report::report(events, facts);
    if checking {
        report.take_checks(unfinished.checks.clone(), Inconclusive::Fail, unfinished.stopped_by);
    }
    if unfinished.knows_more_secrets || !knows_inputs {
        report.leave_out_foreign_texts();
        report.notes.push(
            "values, outputs and messages are left out: the run that was killed hid secrets that are not known to this \
             step"
                .to_owned(),
        );
    }
    if unfinished.stopped_by.is_none() && !checking {
        report.message = Some("the step was killed while the engine was at work".to_owned());
    }
    report
}

/// Notes on the lock and on pending operations, from the state if it is a folder.
fn left_in_state(unfinished: &Unfinished, fate: &Fate, events: &Events) -> Vec<String> {
    let about = &unfinished.about;
    let project = about.project.as_deref().unwrap_or_default();
    // An engine that still runs may be writing the state.
    let is_gone = matches!(fate, Fate::Gone | Fate::Asked | Fate::NotFound);
    let seen =
        unfinished.state.as_ref().map(|folder| left_state::notes(folder, project, &about.stack, is_gone));
    let released = events.are_whole() || matches!(fate, Fate::AtWork(_));
    match seen.filter(|notes| !notes.is_empty()) {
        Some(notes) => notes,
        None if released => Vec::new(),
        None => vec![MAY_BE_LOCKED.to_owned()],
    }
}

/// Removes the run's own folders, which hold the event log, the credentials and what `esc` has opened.
fn remove(path: &Path, unfinished: &Unfinished) -> crate::base::error::Result<()> {
    let folders = [path.parent(), unfinished.credentials.as_deref(), unfinished.opened_files.as_deref()];
    // One that stays keeps none of the others.
    let done: Vec<_> = folders.into_iter().flatten().map(own_folder::remove_left).collect();
    done.into_iter().try_for_each(|done| done.map(|_| ()))
}
