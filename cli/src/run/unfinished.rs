//! The file from which a later step completes the report of a run that was killed. It lies in the run's own folder,
//! only while the engine works, and holds no secrets. [`crate::commands::finish`] reads it.

use crate::base::own_folder::unfinished_file;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::ci::Output;
use crate::ci::console::Console;
use crate::engine::config_secrets;
use crate::engine::executor::Outcome;
use crate::engine::job::{Job, ReviewRun};
use crate::process::alive::Trace;
use crate::publish::{self, Publisher, Sinks};
use crate::report::{CheckResult, Report};
use crate::run::reporting::Run;

/// The name of the state that tells a post step where the file is: its launcher looks for it.
pub const STATE: &str = "unfinished";

/// A run that has not reported its end.
#[derive(Debug, Serialize, Deserialize)]
pub struct Unfinished {
    /// The report of this run, without any result of the engine.
    pub about: Report,
    /// The start of the run, in Unix seconds.
    pub began: u64,
    /// The process of stackstep.
    pub stackstep: Trace,
    /// The last engine process. None while one is being started.
    pub engine: Option<Trace>,
    /// The file name of the program that was started last, or was about to be: a run can be killed between the two.
    #[serde(default)]
    pub starting: Option<String>,
    /// The folder with the engine's credentials.
    #[serde(default)]
    pub credentials: Option<PathBuf>,
    /// The folder with the files that `esc` has opened.
    #[serde(default)]
    pub opened_files: Option<PathBuf>,
    /// The engine's event log.
    pub event_log: Option<PathBuf>,
    /// Whether the run hides secrets that no later step can know: those of the stack's configuration or of an environment of
    /// Pulumi ESC, or a token that it has signed in for.
    #[serde(default)]
    pub knows_more_secrets: bool,
    /// The signal that asked stackstep to end; 0 if the time limit was reached, [`HALTED`] if a step was not reviewed.
    pub stopped_by: Option<u8>,
    /// The folder of the stack's state, if the backend is a folder.
    pub state: Option<PathBuf>,
    /// The checks after the deployment, if they had begun: what is to be told of them if they never end.
    #[serde(default)]
    pub checks: Vec<CheckResult>,
    /// The environment that a run of a change request's own stack is recorded for. None for any other run.
    #[serde(default)]
    pub review_environment: Option<String>,
    /// The places that reports go to.
    pub sinks: Sinks,
}

/// The number, in place of a signal's, of a stop because of a step that was not reviewed.
pub const HALTED: u8 = u8::MAX;

impl Unfinished {
    /// Writes the first version of the file, if the CI system has a post step that could read it.
    pub fn begin(run: &Run<'_>, publisher: &Publisher, console: &Console) -> Option<Self> {
        let job = run.job();
        let path = unfinished_file(job.folder.as_ref()?.path());
        let state = [Output { name: STATE.to_owned(), value: path.display().to_string() }];
        let delivery = (job.ci.handover().post_step)(job.env, &state, &mut crate::base::random::word)?;
        let unfinished = Self {
            about: run.report(Outcome::default()),
            began: job.env.clock().began(),
            stackstep: Trace::of_process(std::process::id()),
            engine: None,
            starting: None,
            credentials: job.credentials_folder().map(Path::to_owned),
            opened_files: job.opened_files.as_ref().map(|folder| folder.path().to_owned()),
            event_log: None,
            knows_more_secrets: config_secrets::wanted(&job.inputs)
                || job.inputs.backend.oidc_organization.is_some()
                || !job.inputs.backend.esc.is_empty(),
            stopped_by: None,
            state: job.backend.folder(job.env),
            checks: Vec::new(),
            review_environment: job.review.as_ref().and_then(|_| job.inputs.forge.environment.clone()),
            sinks: publisher.sinks(),
        };
        unfinished.save(job, console);
        // Without this delivery the post step knows nothing of the file; the run itself does not need it.
        publish::deliver(&delivery, console).ok()?;
        Some(unfinished)
    }

    /// The run of a change request's own stack that it is, as far as its report needs it: the change's own `stackstep.yaml` sets
    /// no more for the report than it did for the run. None for any other run.
    pub fn review(&self) -> Option<ReviewRun> {
        let environment = self.review_environment.clone()?;
        Some(ReviewRun { environment, ..ReviewRun::default() })
    }

    /// Writes the file. An error is ignored: only a run that is killed needs the file.
    pub fn save(&self, job: &Job<'_>, console: &Console) {
        let Some(folder) = &job.folder else { return };
        let text = console.masker().mask(&serde_json::to_string(self).unwrap_or_default());
        let path = unfinished_file(folder.path());
        let fresh = path.with_extension("new");
        let _ = std::fs::write(&fresh, text).and_then(|()| std::fs::rename(&fresh, &path));
    }

    /// Reads the file. None if there is none, or if it can't be read.
    pub fn read(path: &Path) -> Option<Self> {
        serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
    }
}

/// Notes in the file, if there is one, that the deployment is done and its checks have begun.
pub fn note_checks(job: &Job<'_>, checks: Vec<CheckResult>, console: &Console) {
    let path = job.folder.as_ref().map(|folder| unfinished_file(folder.path()));
    let Some(mut unfinished) = path.and_then(|path| Unfinished::read(&path)) else { return };
    unfinished.checks = checks;
    unfinished.save(job, console);
}
