//! Why the sandbox stops: a message for standard error and an exit status.
//!
//! The statuses are the ones the CLI declares stable:
//! <https://github.com/pulumi/pulumi/blob/master/pkg/cmd/cmd/exit_codes.go>

use std::fmt;

/// The exit status of most failures, the engine's included.
pub const UNCLASSIFIED: u8 = 1;
/// The stack is not there.
pub const STACK_NOT_FOUND: u8 = 6;
/// `--expect-no-changes` met changes.
pub const CHANGES_UNEXPECTED: u8 = 7;
/// A second signal ended the operation.
pub const CANCELLED: u8 = 8;

/// An error that ends the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Printed as `error: {message}` on standard error; empty when everything has been said already.
    pub message: String,
    /// The exit status.
    pub status: u8,
}

impl Failure {
    /// A failure with exit status 1.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), status: UNCLASSIFIED }
    }

    /// A failure with a status of its own.
    pub fn with_status(message: impl Into<String>, status: u8) -> Self {
        Self { message: message.into(), status }
    }

    /// A failure whose reason has been written already.
    pub fn silent(status: u8) -> Self {
        Self { message: String::new(), status }
    }

    /// Something that the CLI can do and the sandbox can't.
    pub fn unsupported(what: impl fmt::Display) -> Self {
        Self::new(format!(
            "the sandbox does not support {what}\nhint: leave it out, or use the real `pulumi` for this"
        ))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
