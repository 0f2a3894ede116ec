//! The progress of a run: updates the published files, and the file for a post step, while the engine works.

use std::path::Path;

use crate::ci::console::Console;
use crate::engine::executor::{Outcome, Watch};
use crate::process::alive::Trace;
use crate::process::ladder::Cause;
use crate::publish::Publisher;
use crate::run::reporting::Run;
use crate::run::unfinished::{HALTED, Unfinished};

/// A watch that updates the files of the run.
pub struct RunProgress<'a> {
    run: &'a Run<'a>,
    publisher: &'a Publisher,
    console: &'a Console,
    unfinished: Option<Unfinished>,
}

impl<'a> RunProgress<'a> {
    /// The progress of a run that begins now.
    pub fn new(run: &'a Run<'a>, publisher: &'a Publisher, console: &'a Console) -> Self {
        Self { run, publisher, console, unfinished: Unfinished::begin(run, publisher, console) }
    }

    fn keep(&mut self, change: impl FnOnce(&mut Unfinished)) {
        if let Some(unfinished) = &mut self.unfinished {
            change(unfinished);
            unfinished.save(self.run.job(), self.console);
        }
    }
}

impl Watch for RunProgress<'_> {
    fn starting(&mut self, program: &Path, event_log: Option<&Path>) {
        self.keep(|unfinished| {
            unfinished.engine = None;
            unfinished.starting = program.file_name().map(|name| name.to_string_lossy().into_owned());
            unfinished.event_log = event_log.map(Path::to_owned);
        });
    }

    fn started(&mut self, pid: u32) {
        self.keep(|unfinished| {
            unfinished.engine = Some(Trace::of_process(pid));
            if let Some(engine) = &mut unfinished.about.engine {
                engine.processes += 1;
            }
        });
    }

    fn stopping(&mut self, cause: Cause, so_far: Outcome) {
        self.keep(|unfinished| {
            unfinished.stopped_by = Some(match cause {
                Cause::TimedOut => 0,
                Cause::Cancelled(signal) => signal.number(),
                Cause::Halted => HALTED,
            });
        });
        let report = self.run.still_finishing(cause, so_far);
        let report = report.masked(&|text| self.console.masker().mask(text));
        self.publisher.files(&report, self.console);
    }
}
