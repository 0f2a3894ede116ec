//! What is run, how it is watched over, and how it ended.

use crate::base::secret::Masker;
use crate::process::ladder::{Cause, Rung};
use crate::process::output::{Disarm, Sink};
use crate::process::signals::Signals;
use crate::process::stream::{Captured, Passing, Unsaid};
use crate::process::tail::TailState;
use crate::process::told::{Listener, Told};
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

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
    /// Knows the words by which it says that it got a signal.
    pub listener: &'a mut dyn Listener,
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
    /// The lines of its standard error that do not go there.
    pub unsaid: Option<Unsaid>,
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
pub enum ProcessStatus {
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
    pub status: ProcessStatus,
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

impl Ended {
    pub(super) fn not_started(cause: Cause) -> Self {
        Self {
            status: ProcessStatus::NotStarted,
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

/// The writing of the standard input.
pub(super) type Stdin = Pin<Box<dyn Future<Output = ()> + Send>>;
