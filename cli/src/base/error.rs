//! The errors outside of the engine: each has its message, its hint and its exit status.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::base::reason::Reason;

/// A result with our [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Exit status of a run that ended because of `timeout`.
pub const EXIT_TIMEOUT: u8 = 70;

/// The exit status for changes where none were expected, the engine's own one, and for drift with `fail-on-drift`.
pub const EXIT_CHANGES: u8 = 7;

/// Bad input: what a person wrote can't be taken as it is.
pub const EXIT_INPUT: u8 = 2;

/// Exit status of a run that could not sign in; the engine uses the same.
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/util/cmdutil/exit.go>
pub const EXIT_AUTH: u8 = 3;

/// Exit status if the Pulumi CLI, its plugins or the program's dependencies could not be installed or verified.
pub const EXIT_INSTALL: u8 = 71;

/// Exit status of a run whose required report could not be published.
pub const EXIT_PUBLISH: u8 = 72;

/// Exit status of a refused run.
pub const EXIT_REFUSED: u8 = 73;

/// Exit status of a run that a rule of `stackstep.yaml` refused.
pub const EXIT_RULES: u8 = 74;

/// Exit status of a run whose approval is missing or does not count.
pub const EXIT_APPROVAL: u8 = 75;

/// Exit status of a run that would not do what was reviewed, or whose stack has moved since.
pub const EXIT_REVIEWED: u8 = 76;

/// Exit status of a deployment after which a check failed.
pub const EXIT_CHECK_FAILED: u8 = 77;

/// Exit status of a deployment after which a check had no clear result.
pub const EXIT_CHECK_UNCLEAR: u8 = 78;

/// Exit status of a run if it is not known what happened or would happen.
pub const EXIT_INCOMPLETE: u8 = 79;

/// Exit status of a verb about several stacks that was done in part.
pub const EXIT_PARTIAL: u8 = 80;

/// An error of stackstep itself. A failure that the engine reports is no `Error` but a report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Bad input: nothing was started, nothing was changed.
    #[error("{what}")]
    Input {
        /// The message: what is wrong, and where.
        what: String,
        /// The hint.
        hint: Option<String>,
    },
    /// There is no engine to run, or it can't be run.
    #[error("{what}")]
    Engine {
        /// The message: what is wrong, and where.
        what: String,
        /// The hint.
        hint: Option<String>,
    },
    /// The program's dependencies or the engine's plugins could not be installed.
    #[error("{what}")]
    Dependencies {
        /// The message: what is wrong, and where.
        what: String,
        /// The hint.
        hint: String,
    },
    /// Refused: the run is not trusted, or a gate is closed.
    #[error("{what}")]
    Refused {
        /// The message: what is refused, and why.
        what: String,
        /// The hint.
        hint: String,
        /// The reason for the result.
        reason: Reason,
    },
    /// Not done, which is no failure: the change's author can't give the run the credentials that it needs, or it was done a
    /// short time ago.
    #[error("{what}")]
    Skipped {
        /// The message with the reason.
        what: String,
        /// A hint: how it gets done.
        hint: String,
        /// The reason for the result.
        reason: Option<Reason>,
    },
    /// The engine's answer could not be read, so that its content is not known.
    #[error("{what}")]
    Incomplete {
        /// The message: what could not be read.
        what: String,
        /// The hint.
        hint: String,
    },
    /// There is no identity to sign in with, or it was not accepted.
    #[error("{what}")]
    Auth {
        /// The message: what is wrong, and where.
        what: String,
        /// The hint.
        hint: Option<String>,
    },
    /// Somebody stopped the run before the engine was started.
    #[error("the run was stopped before the engine was started")]
    Stopped {
        /// The signal's number.
        signal: u8,
    },
    /// A file or a process could not be read, written or started.
    #[error("could not {action} `{path}`: {source}", path = path.display())]
    Io {
        /// The action that failed, as a verb: `read`, `write`, `start`.
        action: &'static str,
        /// The file or program.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// A message, and a hint if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The message.
    pub what: String,
    /// The hint, if there is one.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem with a hint.
    pub fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: Some(hint.into()) }
    }

    /// A problem without a hint.
    pub fn without_hint(what: impl Into<String>) -> Self {
        Self { what: what.into(), hint: None }
    }

    /// The problem with its message turned into that of another problem, which it is the reason of.
    #[must_use]
    pub fn retold(self, tell: impl FnOnce(&str) -> String) -> Self {
        Self { what: tell(&self.what), hint: self.hint }
    }

    /// The hint, or the `general` way out of a refusal that this is the reason of.
    pub fn hint_or(self, general: &str) -> String {
        self.hint.unwrap_or_else(|| general.to_owned())
    }

    /// Message and hint on one line.
    pub fn in_one_line(&self) -> String {
        self.hint.as_ref().map_or_else(|| self.what.clone(), |hint| format!("{}; {hint}", self.what))
    }
}

/// Message and hint on two lines, as in the job's log.
impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(formatter, "\nhint: {hint}"))
    }
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        Self { what: error.to_string(), hint: error.hint().map(str::to_owned) }
    }
}

impl Error {
    /// Bad input.
    pub fn input(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Input { what: what.into(), hint: Some(hint.into()) }
    }

    /// A failed sign-in.
    pub fn auth(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Auth { what: what.into(), hint: Some(hint.into()) }
    }

    /// Wraps an I/O error with what was tried, for `map_err`.
    pub fn io(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::Io { action, path, source }
    }

    /// The hint, which is shown on a line of its own after `hint:`.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Input { hint, .. } | Self::Engine { hint, .. } | Self::Auth { hint, .. } => hint.as_deref(),
            Self::Refused { hint, .. }
            | Self::Skipped { hint, .. }
            | Self::Dependencies { hint, .. }
            | Self::Incomplete { hint, .. } => Some(hint),
            Self::Io { .. } | Self::Stopped { .. } => None,
        }
    }

    /// The reason for the result.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Input { .. } => Some(Reason::Config),
            Self::Engine { .. } => Some(Reason::Install),
            Self::Dependencies { .. } => Some(Reason::Dependencies),
            Self::Auth { .. } => Some(Reason::Auth),
            Self::Incomplete { .. } => Some(Reason::Incomplete),
            Self::Stopped { .. } => Some(Reason::Cancelled),
            Self::Refused { reason, .. } => Some(*reason),
            Self::Skipped { reason, .. } => *reason,
            Self::Io { .. } => Some(Reason::Unknown),
        }
    }

    /// The exit status: 2 for bad input, 3 for credentials, 71 for a failed install, 73 to 76 for a refusal, 79 for an
    /// answer that can't be read, 0 for a skipped run, 128+n for signal n, 1 for everything else.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Input { .. } => EXIT_INPUT,
            Self::Engine { .. } | Self::Dependencies { .. } => EXIT_INSTALL,
            Self::Auth { .. } => EXIT_AUTH,
            Self::Refused { reason: Reason::Rules, .. } => EXIT_RULES,
            Self::Refused { reason: Reason::Approval, .. } => EXIT_APPROVAL,
            Self::Refused { reason: Reason::Reviewed, .. } => EXIT_REVIEWED,
            Self::Refused { .. } => EXIT_REFUSED,
            Self::Incomplete { .. } => EXIT_INCOMPLETE,
            Self::Skipped { .. } => 0,
            Self::Stopped { signal } => 128 + signal,
            Self::Io { .. } => 1,
        }
    }
}
