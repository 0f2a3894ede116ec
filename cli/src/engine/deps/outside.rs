//! Runs a package manager: with its output in the log, without credentials, and again if the network failed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::network;
use super::said::helpful;
use crate::base::error::{Error, Result};
use crate::base::program::on_path;
use crate::base::retry::Retries;
use crate::ci::console::Console;
use crate::engine::deps::work::{Attempt, InstallStep, Tool};
use crate::engine::job::Job;
use crate::engine::locate::LocatedEngine;
use crate::engine::voice::EngineVoice;
use crate::process::helper::{self, VariableChange};
use crate::process::signals::Signals;
use crate::process::stream::Passing;
use crate::process::supervise::{Ended, Process, ProcessStatus, Supervision, run};

/// The bytes of a package manager's output that are kept to find the cause of a failure.
const CAPTURE: usize = 64 * 1024;

/// The number of tries of a step if the network fails.
const TRIES: u32 = 3;

/// The pause before the second try; the next one is twice as long.
const PAUSE: Duration = Duration::from_secs(1);

/// The parts of a run that starting a package manager needs.
pub(super) struct Outside<'a> {
    pub(super) job: &'a Job<'a>,
    pub(super) engine: &'a LocatedEngine,
    pub(super) console: &'a Console,
    pub(super) signals: &'a Signals,
}

impl Outside<'_> {
    /// Runs a step until one of its attempts passes. `what` is the thing to install, for messages.
    pub(super) async fn step(
        &self,
        step: &InstallStep,
        folder: &Path,
        set: &[(String, String)],
        what: &str,
    ) -> Result<()> {
        let program = self.program(step, folder)?;
        let mut said = String::new();
        for attempt in &step.attempts {
            match self.attempt(&program, attempt, folder, set).await? {
                Ok(()) => return Ok(()),
                Err(why) => said = why,
            }
        }
        Err(failed(step, what, &said))
    }

    /// Runs one attempt of a step, and again if the network failed. The inner error is the package manager's message.
    async fn attempt(
        &self,
        program: &Path,
        attempt: &Attempt,
        folder: &Path,
        set: &[(String, String)],
    ) -> Result<Result<(), String>> {
        let mut retries = Retries::new(TRIES, PAUSE, Duration::MAX);
        loop {
            let ended = self.run(program, &attempt.args, folder, set).await?;
            match ended.status {
                ProcessStatus::Exited(0) => return Ok(Ok(())),
                ProcessStatus::NotStarted => return Err(self.stopped()),
                _ if self.signals.first().is_some() => return Err(self.stopped()),
                _ => {}
            }
            let said = format!("{}\n{}", ended.stdout.masked(), ended.stderr.masked());
            let may_pass = attempt.uses_network && network::is_to_blame(&said);
            let Some(pause) = may_pass.then(|| retries.next(retries.pause())).flatten() else {
                return Ok(Err(helpful(&said)));
            };
            self.console.line(&format!("the network failed it: trying again in {} s", pause.as_secs()));
            if self.signals.wait(pause).await.is_some() {
                return Err(self.stopped());
            }
        }
    }

    /// Whether a step passes. Its output is not shown.
    pub(super) async fn passes(&self, step: &InstallStep, folder: &Path) -> Result<bool> {
        let Ok(program) = self.program(step, folder) else { return Ok(false) };
        if !program.exists() {
            return Ok(false);
        }
        let Some(attempt) = step.attempts.first() else { return Ok(false) };
        let change = VariableChange { set: Vec::new(), remove: self.removed() };
        let answer =
            helper::read(program, &attempt.args, folder, change, self.console.masker(), self.signals).await?;
        if self.signals.first().is_some() {
            return Err(self.stopped());
        }
        Ok(answer.is_ok())
    }

    async fn run(
        &self,
        program: &Path,
        args: &[String],
        folder: &Path,
        set: &[(String, String)],
    ) -> Result<Ended> {
        let process = Process {
            program: program.to_owned(),
            args: args.iter().map(Into::into).collect(),
            cwd: folder.to_owned(),
            set: set.to_vec(),
            remove: self.removed(),
            stdin: None,
            event_log: None,
        };
        let (ci, console) = (self.job.ci, self.console);
        console.group(&shown(program, args));
        let fence = crate::base::random::word();
        console.command(&ci.log().begin_foreign(&fence));
        let ended = {
            let (mut stdout, mut stderr) = console.streams();
            let supervision = Supervision {
                masker: console.masker(),
                signals: self.signals,
                timeout: None,
                listener: &mut EngineVoice::default(),
                listen: Duration::ZERO,
                grace: self.job.grace_period(),
                stdout: &mut *stdout,
                stderr: &mut *stderr,
                passing: Passing::Through,
                unsaid: None,
                capture: CAPTURE,
                disarm: ci.log().disarm(),
                on_event: &mut |_| std::ops::ControlFlow::Continue(()),
                heartbeat: &mut |elapsed| Some(format!("stackstep: installing for {} s", elapsed.as_secs())),
                on_start: &mut |_| {},
                on_stop: &mut |_| {},
            };
            run(&process, supervision).await
        };
        console.command(&ci.log().end_foreign(&fence));
        console.end_group();
        ended
    }

    /// The variables that no install gets.
    fn removed(&self) -> Vec<String> {
        super::withheld_variables(self.job)
    }

    fn program(&self, step: &InstallStep, folder: &Path) -> Result<PathBuf> {
        match &step.tool {
            Tool::Engine => Ok(self.engine.path.clone()),
            Tool::File(path) => Ok(folder.join(path)),
            Tool::OneOf(names) => names.iter().find_map(|name| on_path(name, self.job.env)).ok_or_else(|| {
                let name = names.first().map(String::as_str).unwrap_or_default();
                Error::Dependencies {
                    what: format!("`{name}` has to install the program's dependencies, and is not on the PATH"),
                    hint: format!(
                        "install {name} in a step before this one, install the dependencies there, or set `deps: \
                         never` if they are where they can't be seen"
                    ),
                }
            }),
        }
    }

    fn stopped(&self) -> Error {
        // A cancelled process can still end by itself; the cause was a signal all the same.
        Error::Stopped { signal: self.signals.first().map_or(2, crate::process::signals::Signal::number) }
    }
}

fn failed(step: &InstallStep, what: &str, said: &str) -> Error {
    let command = step.shown();
    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
    Error::Dependencies {
        what: format!("{what} could not be installed by `{command}`{said}"),
        hint: "the log above has all that it said; run the same command in the program's folder and commit the lock \
               file that fits"
            .to_owned(),
    }
}

/// The command line for the log's group.
fn shown(program: &Path, args: &[String]) -> String {
    let name = program.file_stem().unwrap_or_default().to_string_lossy();
    format!("{name} {}", args.join(" "))
}
