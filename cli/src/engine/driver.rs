//! Runs the processes of the Pulumi CLI, one after the other, until one fails. Creates a missing stack if `upsert` is set, and
//! waits for a lock as long as `lock-timeout` allows.

use std::cell::RefCell;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::args;
use super::executor::Purpose;
use super::executor::{EXIT_CHANGES, Outcome, Watch};
use super::fate;
use super::fenced::FencedOutput;
use super::left_state;
use super::locate::LocatedEngine;
use super::lock_wait::LockWait;
use super::observed::{Guarding, ObservedEvents};
use super::plan::EngineStep;
use crate::base::error::Result;
use crate::base::own_folder::new_private_file;
use crate::base::secret::Secret;
use crate::base::text::log_line;
use crate::ci::console::Console;
use crate::engine::job::Job;
use crate::engine::voice::EngineVoice;
use crate::inputs::Command;
use crate::process::ladder::{Cause, LISTEN};
use crate::process::leftovers;
use crate::process::signals::{Signal, Signals};
use crate::process::stream::{Passing, Unsaid};
use crate::process::supervise::{Ended, Process, Supervision, run};
use crate::report::{Ending, Events, InFlight, Reason};
use crate::reviewed::collect::Collector;
use crate::reviewed::wanted::WantedGoals;

/// The bytes of the engine's output that are kept for the report and the `output` output.
const CAPTURE: usize = 512 * 1024;
/// The most bytes that a process may print if its output is read and not shown.
const CAPTURE_JSON: usize = 64 * 1024 * 1024;

/// The totals of the phases so far.
#[derive(Debug, Clone, Default)]
pub(super) struct SoFar {
    /// The number of engine processes.
    pub processes: u32,
    /// The time that they took, without waiting for a lock.
    pub time: Duration,
    /// Whether a missing stack has been created.
    pub created: bool,
    /// Notes for the report.
    pub notes: Vec<String>,
}

/// Runs engine processes, and keeps the outcome of the last one.
pub(super) struct Driver<'a> {
    pub job: &'a Job<'a>,
    pub engine: &'a LocatedEngine,
    pub goals: &'a WantedGoals,
    pub guarding: Option<&'a Guarding>,
    pub console: &'a Console,
    pub signals: &'a Signals,
    pub watch: &'a mut dyn Watch,
    pub so_far: SoFar,
    pub outcome: Outcome,
    /// A time limit in place of the run's own.
    pub within: Option<Duration>,
}

impl Driver<'_> {
    /// Runs the steps in order, up to the first that fails.
    pub async fn run_steps(&mut self, steps: &[EngineStep]) -> Result<()> {
        for step in steps {
            if step.purpose == Purpose::Operation {
                self.ask_whether_wanted().await?;
            }
            let mut lock = LockWait::new(self.job.inputs.safety.lock_timeout);
            while !self.step(step).await? {
                match self.outcome.reason() {
                    Some(Reason::StackNotFound) if self.will_create() => {
                        if !self.create_stack().await? {
                            return Ok(());
                        }
                        self.so_far.created = true;
                    }
                    Some(Reason::Lock)
                        if lock.wait(&self.outcome.stderr, self.console, self.signals).await =>
                    {
                        self.ask_whether_wanted().await?;
                    }
                    Some(Reason::Lock) => {
                        // Someone who cancels a waiting run has cancelled it, whatever the reason of the last try was.
                        if let Some(signal) = self.signals.first() {
                            let signal = i32::from(signal.number());
                            self.outcome.ending = Some(Ending::Cancelled { signal });
                        }
                        return Ok(());
                    }
                    _ => return Ok(()),
                }
            }
        }
        Ok(())
    }

    /// Asks whether the operation is still wanted: to prepare it, and to wait for a lock, takes time in which people push, close and
    /// open again.
    async fn ask_whether_wanted(&self) -> Result<()> {
        match self.job.wanted {
            Some(wanted) => wanted.ask().await,
            None => Ok(()),
        }
    }

    /// Creates the stack that the backend does not have. Returns whether the process passed.
    async fn create_stack(&mut self) -> Result<bool> {
        let scope = self.job.scope();
        let args = args::stack_init(&self.job.inputs, &scope);
        let done = self.step(&EngineStep { purpose: Purpose::CreateStack, args, stdin: None }).await?;
        if done {
            let note = format!(
                "the stack `{}` was not there and has been created in {}",
                scope.stack, self.job.backend
            );
            self.outcome.notes.push(note);
        }
        Ok(done)
    }

    /// Runs one process. Returns whether it passed.
    pub async fn step(&mut self, step: &EngineStep) -> Result<bool> {
        let watched =
            matches!(step.purpose, Purpose::Operation | Purpose::PreviewBefore | Purpose::PreviewAfter);
        let name = format!("events-{}", self.outcome.processes);
        let event_log = self.job.folder.as_ref().filter(|_| watched).map(|folder| folder.path().join(name));
        let observed = RefCell::new(self.observed(step.purpose));
        if let Some(path) = &event_log {
            // It is secret, and the engine would let others read what it makes itself.
            new_private_file(path)?;
        }
        let process = self.process(step, event_log);
        self.outcome.processes += 1;
        let quiet = matches!(step.purpose, Purpose::Outputs | Purpose::Query);
        let foreign = FencedOutput::begin(self.job, self.console, quiet);
        let ended = {
            let (mut stdout, mut stderr) = self.console.streams();
            let mut on_event = |line: &[u8]| observed.borrow_mut().line(line);
            let mut heartbeat =
                |elapsed| Some(log_line(&sign_of_life(&observed.borrow().fold().in_flight(), elapsed)));
            let timeout = self.time_left();
            // Whoever asks of a stack that is not there is answered by the exit status.
            let is_expected = self.will_create() || step.purpose == Purpose::Query;
            let unsaid = is_expected.then_some(says_no_such_stack as Unsaid);
            let watch = RefCell::new(&mut *self.watch);
            let (purpose, outcome) = (step.purpose, &self.outcome);
            let mut on_stop = |cause| {
                let fold = observed.borrow().fold().clone();
                watch.borrow_mut().stopping(cause, outcome.so_far(purpose, cause, fold));
            };
            watch.borrow_mut().starting(&process.program, process.event_log.as_deref());
            let mut on_start = |pid| watch.borrow_mut().started(pid);
            let supervision = Supervision {
                masker: self.console.masker(),
                signals: self.signals,
                timeout,
                listener: &mut EngineVoice::default(),
                listen: LISTEN,
                grace: self.job.grace_period(),
                stdout: &mut *stdout,
                stderr: &mut *stderr,
                passing: if quiet { Passing::Captured } else { Passing::Through },
                unsaid,
                capture: if quiet { CAPTURE_JSON } else { CAPTURE },
                disarm: self.job.ci.log().disarm(),
                on_event: &mut on_event,
                heartbeat: &mut heartbeat,
                on_start: &mut on_start,
                on_stop: &mut on_stop,
            };
            run(&process, supervision).await
        };
        foreign.end(self.console);
        let mut ended = ended?;
        let (events, proposal, breach) = observed.into_inner().finish(ended.events.skipped_lines);
        (self.outcome.proposal, self.outcome.breach) = (proposal, breach);
        if fate::looks_cancelled(&ended, &events) {
            ended.cause = self.own_signal().await.map(Cause::Cancelled);
        }
        self.take(step.purpose, &ended, events);
        self.tell_unexpected_changes();
        self.expect_nothing_left_over();
        Ok(self.outcome.ending == Some(Ending::Exited(0)))
    }

    /// What looks at the events of a process of this purpose.
    fn observed(&self, purpose: Purpose) -> ObservedEvents {
        if self.is_a_preview(purpose) {
            let operation = &self.job.inputs.operation;
            let is_partial = !operation.target.is_empty()
                || !operation.exclude.is_empty()
                || operation.args.iter().any(|word| selects_resources(word));
            return ObservedEvents::of_preview(Collector::new(self.goals.clone(), is_partial));
        }
        match purpose {
            Purpose::Operation => ObservedEvents::of_deployment(self.guarding.cloned()),
            _ => ObservedEvents::plain(),
        }
    }

    /// Whether a stack that is not there is created, so that it is no error.
    fn will_create(&self) -> bool {
        self.job.inputs.stack.upsert && !self.so_far.created
    }

    /// Gives changes that were not expected their own exit status. A Pulumi CLI before 3.227 ends with 1 or 255 and says
    /// why in words only.
    fn tell_unexpected_changes(&mut self) {
        if self.job.inputs.safety.expect_no_changes
            && matches!(self.outcome.ending, Some(Ending::Exited(1 | 255)))
            && self.outcome.reason() == Some(Reason::ChangesUnexpected)
        {
            self.outcome.ending = Some(Ending::Exited(EXIT_CHANGES));
        }
    }

    /// Lets `expect-no-changes` fail also if an earlier replacement has left deletions over: the engine does not count
    /// them.
    fn expect_nothing_left_over(&mut self) {
        let Outcome { events, ending, .. } = &mut self.outcome;
        let expected = self.job.inputs.safety.expect_no_changes && self.within.is_none();
        if expected && events.is_preview() && events.has_left_over() {
            *ending = ending.map(|ending| match ending {
                Ending::Exited(0) => Ending::Exited(EXIT_CHANGES),
                other => other,
            });
        }
    }

    fn process(&self, step: &EngineStep, event_log: Option<PathBuf>) -> Process {
        let mut args: Vec<OsString> = step.args.iter().map(OsString::from).collect();
        if let Some(path) = &event_log {
            let mut arg = OsString::from("--event-log=");
            arg.push(path);
            args.push(arg);
        }
        let marked = self.job.folder.as_ref().and_then(|folder| leftovers::mark(folder.path()));
        Process {
            program: self.engine.path.clone(),
            args,
            cwd: self.job.inputs.stack.cwd.clone(),
            set: self.job.engine_env.set.iter().cloned().chain(marked).collect(),
            remove: self.job.engine_env.remove.clone(),
            stdin: step.stdin.as_ref().map(|secret| secret.expose().as_bytes().to_vec()),
            event_log,
        }
    }

    /// Whether the run changes nothing. The engine takes no lock for such a run.
    fn only_looks(&self) -> bool {
        self.job.inputs.operation.preview_only || self.job.inputs.command == Command::Preview
    }

    /// Whether a process of this purpose only shows what a deployment would do.
    fn is_a_preview(&self, purpose: Purpose) -> bool {
        let shows = self.job.inputs.command == Command::Preview || self.job.inputs.operation.preview_only;
        purpose == Purpose::PreviewBefore || (purpose == Purpose::Operation && shows)
    }

    fn time_left(&self) -> Option<Duration> {
        if self.within.is_some() {
            return self.within;
        }
        self.job.inputs.safety.timeout.map(|timeout| timeout.saturating_sub(self.so_far.time))
    }

    /// Waits for our own signal: a CI system that ends one process after the other may not have sent it yet.
    async fn own_signal(&self) -> Option<Signal> {
        tokio::time::timeout(fate::OWN_SIGNAL, self.signals.cancelled()).await.ok()
    }

    /// Notes on the lock and the state that an engine left without tidying up.
    fn left_in_state(&self) -> Vec<String> {
        let project = self.job.project.as_ref().map_or("", |project| project.name.as_str());
        let folder = self.job.backend.folder(self.job.env);
        let seen = folder.map(|folder| left_state::notes(&folder, project, self.job.scope().stack, true));
        seen.filter(|notes| !notes.is_empty()).unwrap_or_else(|| vec![fate::MAY_BE_LOCKED.to_owned()])
    }

    /// Keeps the outcome of a process. The last one that ran decides.
    fn take(&mut self, purpose: Purpose, ended: &Ended, events: Events) {
        let locks = purpose == Purpose::Operation && !self.only_looks();
        let mut notes = fate::notes(ended, &events, locks);
        if locks && fate::leaves_its_lock(ended) {
            notes.extend(self.left_in_state());
        }
        self.so_far.time += ended.duration;
        let outcome = &mut self.outcome;
        outcome.purpose = Some(purpose);
        outcome.ending = Some(fate::ending(ended));
        outcome.events = events;
        // An answer that is not UTF-8 is no answer: a replacement character would change a value.
        let raw = ended.stdout.raw();
        outcome.raw = raw.and_then(|bytes| std::str::from_utf8(bytes).ok()).map(Secret::new);
        outcome.log = if raw.is_some() { String::new() } else { ended.stdout.masked() };
        outcome.stderr = ended.stderr.masked();
        outcome.notes.extend(notes);
    }
}

/// Whether an argument of the engine limits an operation to some resources.
fn selects_resources(word: &str) -> bool {
    let name = word.split('=').next().unwrap_or(word);
    ["--target", "--exclude", "--target-replace"].contains(&name)
        || word.strip_prefix('-').is_some_and(|short| short.starts_with(['t', 'x']))
}

/// Whether the line is the engine's error for a stack that the backend does not have.
fn says_no_such_stack(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.starts_with(b"error: no stack named '") && line.ends_with(b"' found")
}

/// The line of the heartbeat: how long the engine has been running, and on which resource it works.
fn sign_of_life(in_flight: &[InFlight], elapsed: Duration) -> String {
    let minutes = elapsed.as_secs() / 60;
    let since = if minutes == 0 { format!("{} s", elapsed.as_secs()) } else { format!("{minutes} min") };
    match in_flight {
        [] => format!("stackstep: the engine has been running for {since}"),
        [first, rest @ ..] => {
            let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
            format!(
                "stackstep: after {since} still busy with {} of {} {}{more}",
                first.operation, first.kind, first.name
            )
        }
    }
}
