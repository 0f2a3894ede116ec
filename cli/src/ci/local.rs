//! No CI system: a person's own machine.

use std::time::Duration;

use super::{CiSystem, Context, JobFolders, LogFormat};
use crate::base::env::Env;

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

    fn grace_period(&self, _env: &Env) -> Duration {
        // Whoever presses Ctrl-C at a terminal can wait; nobody kills the job behind it.
        Duration::from_secs(600)
    }

    fn folders(&self) -> JobFolders {
        JobFolders { outlive_the_job: true, ..JobFolders::UNKNOWN }
    }

    fn log(&self) -> LogFormat {
        LogFormat { one_stream: false, ..LogFormat::PLAIN }
    }
}
