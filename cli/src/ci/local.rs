//! No CI system: a person's own machine.

use std::time::Duration;

use super::{CiSystem, Context, JobFolders, LogFormat};
use crate::base::env::Env;

/// A person's machine, or an unknown system.
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
        // A person who presses Ctrl-C at a terminal can wait; nothing kills the job after it.
        Duration::from_secs(600)
    }

    fn folders(&self) -> JobFolders {
        JobFolders { outlive_the_job: true, ..JobFolders::UNKNOWN }
    }

    fn log(&self) -> LogFormat {
        LogFormat { one_stream: false, ..LogFormat::PLAIN }
    }
}
