//! The fence around the engine's output in the job's log.

use crate::ci::console::Console;
use crate::engine::job::Job;

/// The engine's output, fenced off from the CI system's commands.
pub(super) struct FencedOutput {
    close: String,
}

impl FencedOutput {
    /// Begins the fence, unless the output is not shown.
    pub fn begin(job: &Job<'_>, console: &Console, quiet: bool) -> Self {
        if quiet {
            return Self { close: String::new() };
        }
        let token = crate::base::random::word();
        console.command(&job.ci.log().begin_foreign(&token));
        Self { close: job.ci.log().end_foreign(&token) }
    }

    /// Ends the fence.
    pub fn end(self, console: &Console) {
        console.command(&self.close);
    }
}
