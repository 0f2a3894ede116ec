//! What the ways of a CI system to show things and to hand them on are told, and what they answer.

use std::path::PathBuf;

/// How loud an annotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Worth knowing.
    Notice,
    /// Worth a look.
    Warning,
    /// Failed.
    Error,
}

impl Level {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A value for the steps after this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// How `outputs-file` is written.
#[derive(Debug, Clone, Copy)]
pub enum OutputsForm {
    /// Lines that a POSIX shell can source.
    Shell,
    /// Lines `NAME=value` without quotes, which the CI system reads itself.
    Dotenv {
        /// How many bytes the file may have.
        bytes: usize,
        /// How many names it may have.
        variables: usize,
        /// How many bytes a name may have.
        name: usize,
        /// Why the system would not hand on this value as it is. None when it would.
        refuses: fn(&str) -> Option<&'static str>,
    },
}

/// Text to be added to a file of the CI system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// The file.
    pub path: PathBuf,
    /// What to add.
    pub text: String,
}
