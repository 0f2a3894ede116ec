//! The facts that a report needs beside the events: how the engine ended, and where the run took place.

use std::collections::BTreeMap;

use super::model::{Ci, Engine, Status};
use super::operation::Operation;
use super::place::ProgramFolders;
use crate::base::reason::Reason;
use crate::base::text::colourless;
use crate::pulumi::stack::StackIdentity;

/// The facts about a run whose engine has ended.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The command of the run.
    pub command: Operation,
    /// Whether a refresh or destroy only shows what it would do.
    pub preview_only: bool,
    /// The project, if it is known; otherwise the events tell it.
    pub project: Option<String>,
    /// The stack's name, as it was written.
    pub stack: String,
    /// The stack's identity, if more is known than its name.
    pub identity: Option<StackIdentity>,
    /// The folders of program and repository, where the places in messages lie.
    pub folders: Option<ProgramFolders>,
    /// How the engine ended.
    pub ending: Ending,
    /// The end of the engine's standard error, masked.
    pub stderr: String,
    /// The traces of an operation in the engine's standard output.
    pub shown: Shown,
    /// stackstep's exit status.
    pub exit_code: i32,
    /// The time that the run took.
    pub duration_ms: u64,
    /// The engine.
    pub engine: Option<Engine>,
    /// The CI system.
    pub ci: Option<Ci>,
    /// The commit that the run was for.
    pub commit: Option<String>,
    /// The commit that it rolls back to.
    pub rollback: Option<String>,
    /// The repository that the run was for.
    pub repository: Option<String>,
    /// The branch.
    pub branch: Option<String>,
    /// The change request's number.
    pub change_request: Option<u64>,
    /// When the run began, in Unix seconds.
    pub began: Option<u64>,
    /// The run's page at Pulumi Cloud.
    pub permalink: Option<String>,
    /// stackstep's own decision, if it was not the engine that ended the run.
    pub verdict: Option<Verdict>,
    /// Notes for the reader, a sentence each.
    pub notes: Vec<String>,
    /// Whether the engine is still at work, so that the report shows the state so far.
    pub interim: bool,
    /// Whether the engine said that there was nothing to do, and wrote no event log.
    pub nothing_to_do: bool,
    /// Hints that only the CI system knows, by the reason that they belong to.
    pub ci_hints: BTreeMap<Reason, String>,
}

impl Facts {
    /// The facts with nothing but these known.
    pub fn new(command: Operation, stack: impl Into<String>, ending: Ending, exit_code: i32) -> Self {
        Self {
            command,
            preview_only: false,
            project: None,
            stack: stack.into(),
            identity: None,
            folders: None,
            ending,
            stderr: String::new(),
            shown: Shown::Nothing,
            exit_code,
            duration_ms: 0,
            engine: None,
            ci: None,
            commit: None,
            rollback: None,
            repository: None,
            branch: None,
            change_request: None,
            began: None,
            permalink: None,
            verdict: None,
            notes: Vec::new(),
            interim: false,
            nothing_to_do: false,
            ci_hints: BTreeMap::new(),
        }
    }
}

/// The traces of an operation in the engine's standard output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shown {
    /// None: the operation had not begun.
    #[default]
    Nothing,
    /// A line that the operation is about to begin. Pulumi Cloud may still refuse it.
    Banner,
    /// Other output, which may be about a resource that was changed.
    Something,
}

impl Shown {
    /// The traces in `stdout`. The CLI prints nothing before the line that names the operation and the stack:
    /// <https://github.com/pulumi/pulumi/blob/master/pkg/backend/httpstate/backend.go>
    pub fn by(stdout: &str) -> Self {
        let text = colourless(stdout);
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let is_banner = |line: &&str| {
            let begins = ["Updating (", "Destroying (", "Refreshing (", "Previewing "];
            begins.iter().any(|word| line.starts_with(word)) && line.trim_end_matches(':').ends_with(')')
        };
        match lines.as_slice() {
            [] => Self::Nothing,
            [only] if is_banner(only) => Self::Banner,
            _ => Self::Something,
        }
    }
}

/// The ending of the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The engine ended by itself, with this status.
    Exited(i32),
    /// A signal that was not ours ended the engine.
    Signalled(i32),
    /// We stopped it because its time limit was reached.
    TimedOut,
    /// We stopped it because we got a signal.
    Cancelled {
        /// The signal that we got.
        signal: i32,
    },
    /// We stopped it because one of its steps was not reviewed.
    Halted,
    /// The engine was never started.
    NotStarted,
}

/// A decision of stackstep's own: a refusal, a gate, an invalid input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The status that the run gets by it.
    pub status: Status,
    /// The reason.
    pub reason: Option<Reason>,
    /// The message.
    pub message: String,
    /// The hint, if it is not the reason's own.
    pub hint: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_empty_output_shows_that_nothing_was_begun() {
        for (stdout, shown) in [
            ("", Shown::Nothing),
            (" \n\n", Shown::Nothing),
            ("Updating (acme/dev)\n\n", Shown::Banner),
            ("\u{1b}[38;5;13m\u{1b}[1mUpdating (dev)\u{1b}[0m:\n", Shown::Banner),
            ("Previewing destroy (dev):\n", Shown::Banner),
            ("Updating (dev):\n\n@ updating....\n", Shown::Something),
            ("Updating (dev):\n +  aws:s3:Bucket logs created (3s)\n", Shown::Something),
            (" +  aws:s3:Bucket logs created (3s)\n", Shown::Something),
            ("{\"sequence\":0}\n", Shown::Something),
            ("Updating the world\n", Shown::Something),
        ] {
            assert_eq!(Shown::by(stdout), shown, "{stdout}");
        }
    }
}
