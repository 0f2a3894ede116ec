//! The errors that every step of an install can end with.

use crate::base::error::Error;
use crate::process::signals::Signal;

/// The error for something that keeps the CLI from being installed.
pub(crate) fn fault(what: impl Into<String>, hint: &str) -> Error {
    Error::Engine { what: what.into(), hint: Some(hint.to_owned()) }
}

pub(super) fn stopped(signal: Signal) -> Error {
    Error::Stopped { signal: signal.number() }
}
