//! A process to run, the way it is supervised, and how it ended.

use crate::base::secret::Masker;
use crate::process::ladder::{Cause, Rung};
use crate::process::output::{Disarm, Sink};
use crate::process::signals::Signals;
use crate::process::stream::{Captured, Passing, Unsaid};
use crate::process::tail::TailState;
use crate::process::told::{Listener, Told};
use std::ffi::OsString;
use std::fmt;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

/// A process to run.
pub struct Process {
    /// The program's file.
    pub program: PathBuf,
    /// The arguments. They hold no secrets, as everyone on the machine can read them.
    pub args: Vec<OsString>,
    /// The folder to run it in.
    pub cwd: PathBuf,
    /// The variables to set, beside our own environment.
    pub set: Vec<(String, String)>,
    /// The variables to remove.
    pub remove: Vec<String>,
    /// The text for standard input, if there is any.
    pub stdin: Option<Vec<u8>>,
    /// The path that the event log will have.
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

/// The limits, targets and callbacks by which a process is supervised.
pub struct Supervision<'a> {
    /// Masks the secrets in everything that is passed on.
    pub masker: &'a Masker,
    /// The signals of the whole run.
    pub signals: &'a Signals,
    /// The time limit of the process.
    pub timeout: Option<Duration>,
    /// Recognises the process's messages about signals that it got.
    pub listener: &'a mut dyn Listener,
    /// The time to listen for a message that it has got a signal already, before it is sent one: zero for a program
    /// without such messages.
    pub listen: Duration,
    /// The time that it has to end after the first SIGINT.
    pub grace: Duration,
    /// The target of its standard output.
    pub stdout: Sink<'a>,
    /// The target of its standard error, and of our own lines.
    pub stderr: Sink<'a>,
    /// Whether its standard output is passed on or only captured.
    pub passing: Passing,
    /// The lines of its standard error that do not go there.
    pub unsaid: Option<Unsaid>,
    /// How many bytes of each stream are kept for the report.
    pub capture: usize,
    /// Breaks up workflow commands in its output.
    pub disarm: Option<Disarm>,
    /// Called with each line of the event log, unmasked: it may hold secrets. `Break` stops the process.
    pub on_event: &'a mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    /// Called about once a minute with the time since the start, for a line that says what is in flight.
    pub heartbeat: &'a mut dyn FnMut(Duration) -> Option<String>,
    /// Called once, with the process's number.
    pub on_start: &'a mut dyn FnMut(u32),
    /// Called once, as soon as the process has been asked to end.
    pub on_stop: &'a mut dyn FnMut(Cause),
}

/// The status of a process at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessStatus {
    /// The process ended by itself, with an exit status.
    Exited(i32),
    /// A signal ended the process.
    Signalled(i32),
    /// The process was not started, because the run had been cancelled before.
    NotStarted,
    /// The process was killed, but has not ended.
    Stuck,
}

/// The outcome of a process.
#[derive(Debug)]
pub struct Ended {
    /// The status at its end.
    pub status: ProcessStatus,
    /// The cause of the stop, if it was stopped.
    pub cause: Option<Cause>,
    /// The last rung of the ladder that was needed to stop it.
    pub rung: Option<Rung>,
    /// The number of signals that it reported, from us or from others.
    pub told: Told,
    /// The process's standard output.
    pub stdout: Captured,
    /// The process's standard error.
    pub stderr: Captured,
    /// The incidents while its event log was read.
    pub events: TailState,
    /// The time that it ran.
    pub duration: Duration,
    /// Whether a reader of our output was closed.
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

/// The task that writes the standard input.
pub(super) type Stdin = Pin<Box<dyn Future<Output = ()> + Send>>;
