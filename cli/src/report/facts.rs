//! What a report needs to know beside the events: how the engine ended, and where all of it took place.

use std::collections::BTreeMap;

use super::model::{Ci, Engine, Status};
use super::operation::Operation;
use super::place::ProgramFolders;
use crate::base::reason::Reason;
use crate::base::text::colourless;
use crate::pulumi::stack::StackIdentity;

/// What is known of a run when its engine is gone.
#[derive(Debug, Clone)]
pub struct Facts {
    /// What was asked.
    pub command: Operation,
    /// A refresh or destroy that only shows what it would do.
    pub preview_only: bool,
    /// The project, when it is known; else the events tell.
    pub project: Option<String>,
    /// The stack, as it was named.
    pub stack: String,
    /// Which stack that is, when more is known than its name.
    pub identity: Option<StackIdentity>,
    /// The folders of program and repository, where the places in messages lie.
    pub folders: Option<ProgramFolders>,
    /// How the engine ended.
    pub ending: Ending,
    /// The end of its standard error, masked.
    pub stderr: String,
    /// What its standard output shows of an operation.
    pub shown: Shown,
    /// stackstep's exit status.
    pub exit_code: i32,
    /// How long it took.
    pub duration_ms: u64,
    /// The engine.
    pub engine: Option<Engine>,
    /// The CI system.
    pub ci: Option<Ci>,
    /// The commit.
    pub commit: Option<String>,
    /// The repository.
    pub repository: Option<String>,
    /// The branch.
    pub branch: Option<String>,
    /// The change request's number.
    pub change_request: Option<u64>,
    /// When the run began, in Unix seconds.
    pub began: Option<u64>,
    /// The run's page at Pulumi Cloud.
    pub permalink: Option<String>,
    /// What stackstep itself decided, when it was not the engine that ended the run.
    pub verdict: Option<Verdict>,
    /// What else a reader must know, a sentence each.
    pub notes: Vec<String>,
    /// The engine is still at work: the report says how things stand.
    pub interim: bool,
    /// The engine said that there was nothing to do, and wrote no event log.
    pub nothing_to_do: bool,
    /// Ways out that only the CI system knows, by the reason that they belong to.
    pub ci_hints: BTreeMap<Reason, String>,
}

impl Facts {
    /// The least that there is to know.
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

/// What the standard output of an engine shows of its operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shown {
    /// Nothing: it had not begun.
    #[default]
    Nothing,
    /// A line that says that it is about to begin, which Pulumi Cloud may still refuse.
    Banner,
    /// Something else, which may be a resource that was changed.
    Something,
}

impl Shown {
    /// What `stdout` shows. The CLI prints nothing before the line that names the operation and the stack:
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

/// How the engine ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this status.
    Exited(i32),
    /// By a signal that was not ours.
    Signalled(i32),
    /// We stopped it when its time was up.
    TimedOut,
    /// We stopped it because we were told to, by this signal.
    Cancelled {
        /// The signal that we got.
        signal: i32,
    },
    /// It never began.
    NotStarted,
}

/// A decision of stackstep's own: a refusal, a gate, an input that is no good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How the run ended by it.
    pub status: Status,
    /// Why.
    pub reason: Option<Reason>,
    /// In words.
    pub message: String,
    /// The way out, where it is not the reason's own.
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
