//! What can go wrong outside of the engine: each error owns its message, its way out and its exit status.

use std::io;
use std::path::{Path, PathBuf};

use crate::report::Reason;

/// A result with our [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Exit status of a run that ended because of `timeout`.
pub const EXIT_TIMEOUT: u8 = 9;

/// An error of stackstep itself; what the engine reports as failed is no `Error` but a report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Bad input: nothing was started, nothing was changed.
    #[error("{what}")]
    Input {
        /// What is wrong, and where.
        what: String,
        /// The way out.
        hint: Option<String>,
    },
    /// There is no engine to run, or it can't be run.
    #[error("{what}")]
    Engine {
        /// What is wrong, and where.
        what: String,
        /// The way out.
        hint: Option<String>,
    },
    /// A file or a process could not be read, written or started.
    #[error("could not {action} `{path}`: {source}", path = path.display())]
    Io {
        /// What was tried, as a verb: `read`, `write`, `start`.
        action: &'static str,
        /// The file or program.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Error {
    /// Bad input.
    pub fn input(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Input { what: what.into(), hint: Some(hint.into()) }
    }

    /// Wraps an I/O error with what was tried, for `map_err`.
    pub fn io(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::Io { action, path, source }
    }

    /// The way out, on a line of its own behind `hint:`.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Input { hint, .. } | Self::Engine { hint, .. } => hint.as_deref(),
            Self::Io { .. } => None,
        }
    }

    /// The reason as a result has it.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Input { .. } => Some(Reason::Config),
            Self::Engine { .. } => Some(Reason::Install),
            Self::Io { .. } => Some(Reason::Unknown),
        }
    }

    /// The exit status: 2 for bad input, 10 for a missing engine, 1 for everything else.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Input { .. } => 2,
            Self::Engine { .. } => 10,
            Self::Io { .. } => 1,
        }
    }
}
