//! No CI system: a person's own machine.

use std::time::Duration;

use super::{CiSystem, Context, Level};
use crate::env::Env;

/// A laptop, or a system that is not known.
pub struct Local;

impl CiSystem for Local {
    fn name(&self) -> &'static str {
        "local"
    }

    fn detect(&self, _env: &Env) -> bool {
        true
    }

    fn context(&self, _env: &Env) -> Context {
        Context::default()
    }

    fn grace_period(&self) -> Duration {
        // Whoever presses Ctrl-C at a terminal can wait; nobody kills the job behind it.
        Duration::from_secs(600)
    }

    fn one_stream(&self) -> bool {
        false
    }

    fn shows_annotations(&self) -> bool {
        false
    }

    fn group(&self, title: &str) -> String {
        format!("{title}\n")
    }

    fn end_group(&self) -> String {
        String::new()
    }

    fn annotation(&self, level: Level, title: &str, message: &str) -> String {
        let level = match level {
            Level::Notice => "notice",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        if message.is_empty() {
            format!("{level}: {title}\n")
        } else {
            format!("{level}: {title}: {message}\n")
        }
    }
}
