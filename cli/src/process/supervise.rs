//! Starts the engine, passes on what it says, and stops it when it must: one process from start to end.
//!
//! Everything happens in one loop, so that nothing waits for anything else: a reader of ours who stalls does not
//! keep a signal from the engine, and a signal does not keep the engine's last words from the log.
//!
//! # Who gets the signals
//! The engine runs in a process group of its own, so that what a CI system sends to our group does not reach it past
//! the ladder. The ladder's SIGINT goes to the engine alone, not to its group: it has put each language host and
//! provider into a group of its own, tells them itself, and waits for them
//! (<https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/plugin.go>). What is left in its
//! group are helpers that it still needs to end well, such as one that fetches the credentials with which the state
//! is saved. Where the CI system has signalled the engine as well, its own words say so ([`super::told`]), and it gets
//! no SIGINT of ours: a second signal would make it end at once. The engine is not started with SIGTERM blocked: what
//! it starts would inherit that, and a runner that waits for the end of each process would come to us too late. Only if
//! the engine is a script (a version manager's shim), the group gets it: the script may have stayed the parent of the
//! real engine, and a shell passes no signal on.
//!
//! On Windows the engine shares our console and gets a Ctrl-C with us; there is no safe way to send it one, so the
//! ladder's first two rungs are only waited for, and the third ends the tree of processes.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

use super::ladder::{Cause, Rung};
use super::output::{Disarm, Sink};
use super::signals::Signals;
use super::stream::{Captured, Passing};
use super::tail::TailState;
use super::told::Told;
use crate::base::error::{Error, Result};
use crate::base::secret::Masker;

mod control;
mod run;

use run::Run;

/// A process to run.
pub struct Process {
    /// The program's file.
    pub program: PathBuf,
    /// Its arguments: no secrets, as everyone on the machine can read them.
    pub args: Vec<OsString>,
    /// The folder to run it in.
    pub cwd: PathBuf,
    /// What is set in its environment, beside our own.
    pub set: Vec<(String, String)>,
    /// What is taken out of its environment.
    pub remove: Vec<String>,
    /// Its standard input; nothing if there is none.
    pub stdin: Option<Vec<u8>>,
    /// Where it will write its event log.
    pub event_log: Option<PathBuf>,
}

impl fmt::Debug for Process {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.set.iter().map(|(name, _)| name.as_str()).collect();
        formatter
            .debug_struct("Process")
            .field("program", &self.program)
            .field("args", &self.args)
            .field("cwd", &self.cwd)
            .field("set", &names)
            .field("remove", &self.remove)
            .field("event_log", &self.event_log)
            .finish_non_exhaustive()
    }
}

/// How a process is watched over.
pub struct Supervision<'a> {
    /// Hides the secrets in everything that is passed on.
    pub masker: &'a Masker,
    /// The signals of the whole run.
    pub signals: &'a Signals,
    /// How long it may run.
    pub timeout: Option<Duration>,
    /// How long to listen for its words that it has got a signal already, before it is sent one: zero for what never
    /// says so.
    pub listen: Duration,
    /// How long it may take to end after the first SIGINT.
    pub grace: Duration,
    /// Where its standard output goes.
    pub stdout: Sink<'a>,
    /// Where its standard error goes, and the lines of our own.
    pub stderr: Sink<'a>,
    /// Whether its standard output goes there at all.
    pub passing: Passing,
    /// How many bytes of each stream are kept for the report.
    pub capture: usize,
    /// Breaks up workflow commands.
    pub disarm: Option<Disarm>,
    /// Gets each line of the event log, as it is: it may hold secrets.
    pub on_event: &'a mut dyn FnMut(&[u8]),
    /// Asked about once a minute for a line that says what is in flight.
    pub heartbeat: &'a mut dyn FnMut(Duration) -> Option<String>,
    /// Called once with the process's number.
    pub on_start: &'a mut dyn FnMut(u32),
    /// Called once, as soon as the process has been asked to end.
    pub on_stop: &'a mut dyn FnMut(Cause),
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// By itself, with an exit status.
    Exited(i32),
    /// By a signal.
    Signalled(i32),
    /// It was not started, as the run had been cancelled before.
    NotStarted,
    /// It was killed, but the system does not let go of it.
    Stuck,
}

/// What became of a process.
#[derive(Debug)]
pub struct Ended {
    /// How it ended.
    pub status: Status,
    /// Why it was stopped, if it was.
    pub cause: Option<Cause>,
    /// How far we had to go to stop it.
    pub rung: Option<Rung>,
    /// How often it said that it got a signal, from us or from others.
    pub told: Told,
    /// Its standard output.
    pub stdout: Captured,
    /// Its standard error.
    pub stderr: Captured,
    /// What happened to its event log.
    pub events: TailState,
    /// How long it ran.
    pub duration: Duration,
    /// Whether a reader of our output went away.
    pub closed_output: bool,
    /// Whether processes that it left behind kept its pipes open, and were killed.
    pub left_behind: bool,
}

/// Runs a process to its end.
pub async fn run(process: &Process, supervision: Supervision<'_>) -> Result<Ended> {
    if let Some(signal) = supervision.signals.first() {
        return Ok(Ended::not_started(Cause::Cancelled(signal)));
    }
    let mut child = start(process)?;
    if let Some(pid) = child.id() {
        (supervision.on_start)(pid);
    }
    let stdin = feed_stdin(&mut child, process.stdin.clone());
    let mut run = Run::new(process, child, supervision);
    run.until_over(stdin).await;
    Ok(run.finish().await)
}

fn start(process: &Process) -> Result<Child> {
    if !process.cwd.is_dir() {
        return Err(Error::input(
            format!(
                "there is no folder `{}` to run `{}` in",
                process.cwd.display(),
                process.program.display()
            ),
            "set `cwd` to the folder of the project",
        ));
    }
    #[expect(clippy::disallowed_methods, reason = "the one place where a process is started")]
    let mut command = Command::new(&process.program);
    command
        .args(&process.args)
        .current_dir(&process.cwd)
        .stdin(if process.stdin.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for name in &process.remove {
        command.env_remove(name);
    }
    command.envs(process.set.iter().map(|(name, value)| (name, value)));
    #[cfg(unix)]
    command.process_group(0);
    command.spawn().map_err(|error| not_started(&process.program, &error))
}

/// Why the system did not start a program.
fn not_started(program: &Path, error: &std::io::Error) -> Error {
    let what = format!("could not start `{}`: {error}", program.display());
    if error.kind() == std::io::ErrorKind::ArgumentListTooLong {
        // https://man7.org/linux/man-pages/man2/execve.2.html: one argument or variable has 128 KiB at most.
        return Error::input(
            what,
            "a value for the engine is too large for a command line or a variable (128 KiB on Linux): write it to the \
             stack's file, or shorten `message`",
        );
    }
    Error::Engine {
        what,
        hint: Some("check that the file is there, is made for this machine, and may be executed".to_owned()),
    }
}

/// The writing of the standard input.
type Stdin = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Writes the standard input and closes it. A process that does not want it is no error.
fn feed_stdin(child: &mut Child, bytes: Option<Vec<u8>>) -> Stdin {
    let pipe = child.stdin.take();
    Box::pin(async move {
        if let (Some(mut pipe), Some(bytes)) = (pipe, bytes) {
            let _ = pipe.write_all(&bytes).await;
        }
    })
}

impl Ended {
    fn not_started(cause: Cause) -> Self {
        Self {
            status: Status::NotStarted,
            cause: Some(cause),
            rung: None,
            told: Told::Never,
            stdout: Captured::default(),
            stderr: Captured::default(),
            events: TailState::default(),
            duration: Duration::ZERO,
            closed_output: false,
            left_behind: false,
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
