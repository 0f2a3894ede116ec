//! The seam between a run and whatever carries it out: given a phase, an executor yields events and an outcome. The
//! Pulumi CLI on this machine ([`super::local`]) is one; the rooms above know the trait only.

use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use semver::Version;
use serde_json::{Map, Value};

use crate::base::error::Result;
use crate::base::json;
use crate::base::secret::Secret;
use crate::ci::console::Console;
use crate::engine::fate;
use crate::engine::observed::{GuardBreach, Guarding};
use crate::process::ladder::Cause;
use crate::process::signals::Signals;
use crate::report::{Ending, Events, Fold, Reason, Report, Voice, reason_of};
use crate::reviewed::proposal::Proposal;
use crate::reviewed::wanted::WantedGoals;

/// The engine's exit status for changes where none were expected.
pub const EXIT_CHANGES: i32 = 7;

/// A part of a run. After each one the run decides whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Previews the operation that follows, and changes nothing of the stack's resources.
    Preview,
    /// Carries out the command.
    Operation,
}

/// The purpose of an engine process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Sets a value of the stack's configuration that is secret, or that a command line can't hold.
    SetConfig,
    /// The preview before an operation: the operation follows only if it passes.
    PreviewBefore,
    /// The operation.
    Operation,
    /// The preview after a deployment, which should have no changes.
    PreviewAfter,
    /// Reads the stack's outputs, for the command `outputs`.
    Outputs,
    /// Asks for something that is not shown: a version, the configuration, the outputs after an operation.
    Query,
    /// Creates a stack that is missing.
    CreateStack,
    /// A command that the person typed, for `stackstep exec`.
    Exec,
}

/// A question to the engine whose answer is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineQuery {
    /// The engine's version, as text.
    Version,
    /// The stack's configuration with its secrets, as JSON.
    Configuration,
    /// The project's stacks in the backend, as JSON.
    Stacks,
    /// The stack's tags, as JSON.
    Tags,
    /// The stack's updates, as JSON.
    History,
    /// The stack's outputs, as JSON.
    Outputs {
        /// Whether the values of secrets are asked for as well.
        show_secrets: bool,
    },
    /// The stack's state with its secrets encrypted, as JSON.
    Export,
}

/// The engine's answer to a [`EngineQuery`].
#[derive(Debug)]
pub struct EngineAnswer(pub Outcome);

impl EngineAnswer {
    /// The text of the answer. None if the process failed, or printed no UTF-8.
    pub fn text(&self) -> Option<&str> {
        self.0.raw.as_ref().filter(|_| self.0.ended_well()).map(Secret::expose)
    }

    /// Adds the query's processes to those of `report`.
    pub fn count_in(&self, report: &mut Report) {
        if let Some(engine) = &mut report.engine {
            engine.processes += self.0.processes;
        }
    }

    /// The one JSON object of the answer. Fails with the reason why there is none.
    pub fn object(&self) -> std::result::Result<Map<String, Value>, String> {
        self.text().and_then(json::answer).ok_or_else(|| self.failure())
    }

    /// Why there is no answer that can be read.
    pub fn failure(&self) -> String {
        let stderr = self.0.stderr.trim();
        if self.0.ending == Some(Ending::TimedOut) {
            "the engine did not answer in time, and was ended".to_owned()
        } else if self.0.ended_well() || stderr.is_empty() {
            "the engine printed no JSON that can be read".to_owned()
        } else {
            stderr.to_owned()
        }
    }
}

/// The outcome of a phase or a query.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The events of the deciding process.
    pub events: Events,
    /// The ending of the deciding process. None if there was nothing to run.
    pub ending: Option<Ending>,
    /// The purpose of the deciding process.
    pub purpose: Option<Purpose>,
    /// The deciding process's standard output, masked and bounded.
    pub log: String,
    /// The deciding process's standard error, masked and bounded.
    pub stderr: String,
    /// The deciding process's standard output as it came, if it was not shown.
    pub raw: Option<Secret>,
    /// The number of engine processes: of all phases so far, or of the query.
    pub processes: u32,
    /// Notes for the report, of all phases so far.
    pub notes: Vec<String>,
    /// What a preview proposes. None for another phase, or if its events are not whole.
    pub proposal: Option<Proposal>,
    /// A step of a deployment that was not reviewed.
    pub breach: Option<GuardBreach>,
}

impl Outcome {
    /// The outcome so far of a process that is asked to end and still works.
    pub(super) fn so_far(&self, purpose: Purpose, cause: Cause, fold: Fold) -> Self {
        Self {
            events: fold.finish(),
            ending: Some(fate::stopped_by(cause)),
            purpose: Some(purpose),
            processes: self.processes,
            notes: self.notes.clone(),
            ..Self::default()
        }
    }

    /// Whether the deciding process ended by itself and without an error.
    pub fn ended_well(&self) -> bool {
        self.ending == Some(Ending::Exited(0))
    }

    /// The reason why the deciding process failed, if it may be one that a further process can fix: a missing stack, a
    /// lock.
    pub fn reason(&self) -> Option<Reason> {
        match self.ending {
            Some(Ending::Exited(6)) => Some(Reason::StackNotFound),
            Some(Ending::Exited(_)) => reason_of(&self.stderr, Voice::Stderr),
            _ => None,
        }
    }
}

/// The name, path and version of an engine, for the log and the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineLabel {
    /// `pulumi`, or `pulumi-sandbox` for the rehearsal engine, which deploys nothing.
    pub name: &'static str,
    /// The path or address that it is reached at.
    pub place: String,
    /// The engine's version, if it is known.
    pub version: Option<String>,
}

impl EngineLabel {
    /// The name of the rehearsal engine, which deploys nothing.
    pub const SANDBOX: &'static str = "pulumi-sandbox";

    /// The version as a value that can be compared, if it is known.
    pub fn parsed_version(&self) -> Option<Version> {
        Version::parse(self.version.as_deref()?.trim_start_matches('v')).ok()
    }

    /// Whether it is the rehearsal engine.
    pub fn is_sandbox(&self) -> bool {
        self.name == Self::SANDBOX
    }
}

/// Follows the engine's processes while they run.
pub trait Watch {
    /// Called before this program is started, with this event log.
    fn starting(&mut self, _program: &Path, _event_log: Option<&Path>) {}

    /// Called after it was started, with its process number.
    fn started(&mut self, _pid: u32) {}

    /// Called when it is asked to end early, with the cause and the outcome so far.
    fn stopping(&mut self, _cause: Cause, _so_far: Outcome) {}
}

/// A watch that does nothing.
pub struct Unwatched;

impl Watch for Unwatched {}

/// An outcome, or a question's answer, that is still to come.
pub type Pending<'f, T> = Pin<Box<dyn Future<Output = Result<T>> + 'f>>;

/// Carries out the phases of a run and answers queries about its stack.
pub trait Executor {
    /// The name, path and version of the engine.
    fn label(&self) -> EngineLabel;

    /// Whether a preview of the operation comes before it.
    fn previews_first(&self) -> bool;

    /// Hands over the goals that a preview's proposal has to tell, as reviewed changes are about them.
    fn look_for(&mut self, _goals: WantedGoals) {}

    /// Hands over the guard of the operation that follows.
    fn guard(&mut self, _guarding: Guarding) {}

    /// Carries out one phase. `Err` is an error of stackstep's own: a failure of the engine is an outcome.
    fn perform<'f>(
        &'f mut self,
        phase: Phase,
        watch: &'f mut dyn Watch,
        console: &'f Console,
        signals: &'f Signals,
    ) -> Pending<'f, Outcome>;

    /// Previews once more what an `up` has deployed, in this time at most, without what it was told to replace. It says
    /// whether anything would change; changes are no failure of the engine.
    fn preview_again<'f>(
        &'f mut self,
        within: Duration,
        console: &'f Console,
        signals: &'f Signals,
    ) -> Pending<'f, Outcome>;

    /// Answers one query.
    fn query<'f>(
        &'f self,
        query: EngineQuery,
        console: &'f Console,
        signals: &'f Signals,
    ) -> Pending<'f, EngineAnswer>;
}
