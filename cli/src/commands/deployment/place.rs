//! The stack whose settings are meant: its job, its files, and the service.

use std::path::Path;

use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::ci::console::Console;
use crate::cloud::service::CloudService;
use crate::commands::one_stack;
use crate::deployments::compare::SettingsCompared;
use crate::deployments::file::SettingsFile;
use crate::deployments::requests::{DeploymentSettings, ServiceHas};
use crate::deployments::schedule_changes::ScheduleChange;
use crate::engine::job::Job;
use crate::engine::remote_stack::service_of;
use crate::inputs::Command;
use crate::inputs::resolve::Flags;
use crate::process::signals::Signals;
use crate::pulumi::stack::StackIdentity;
use crate::run::prepare::RunRequest;

/// The stack whose settings are meant.
pub(super) struct SettingsPlace<'a> {
    /// The job, signed in.
    pub job: Job<'a>,
    identity: StackIdentity,
    service: CloudService,
}

/// How the files and the service differ.
pub(super) struct AllCompared {
    /// The settings.
    pub settings: SettingsCompared,
    /// The changes that make the schedules those of the files.
    pub schedules: Vec<ScheduleChange>,
    /// The paths of the settings that this version does not know: they are left as they are.
    pub unknown: Vec<String>,
    /// Whether the service has settings.
    pub has_settings: bool,
}

impl AllCompared {
    /// Whether nothing differs.
    pub fn is_equal(&self) -> bool {
        self.settings.differences.is_empty() && self.schedules.is_empty()
    }
}

impl<'a> SettingsPlace<'a> {
    /// The stack that the flags name. `verb` is admitted as the command `like` would be.
    ///
    /// # Errors
    /// It is not at Pulumi Cloud, or there is no token for it.
    pub async fn find(
        verb: &'a str,
        like: Command,
        flags: &'a Flags,
        env: &'a Env,
        console: &mut Console,
        signals: &Signals,
    ) -> Result<Self> {
        let request = RunRequest { verb: Some(verb), ..RunRequest::new(Some(like), flags, env) };
        let job = one_stack::job_of(&request, console, signals).await?;
        let (service, identity) = (service_of(&job)?, job.identity().unwrap_or_default());
        Ok(Self { job, identity, service })
    }

    /// The stack's name, for messages.
    pub fn name(&self) -> String {
        self.identity.to_string()
    }

    /// The requests about its settings.
    pub fn service(&self) -> DeploymentSettings<'_> {
        DeploymentSettings(&self.service)
    }

    /// What the files say.
    ///
    /// # Errors
    /// They can't be read, are not right, or are those of another project.
    pub fn file(&self) -> Result<SettingsFile> {
        if let (Some(own), Some(named)) = (&self.job.project, self.identity.project.as_deref())
            && own.name != named
        {
            return Err(Error::input(
                format!(
                    "the stack `{}` is one of the project `{named}`, and the files in `{}` are those of `{}`",
                    self.name(),
                    own.folder().display(),
                    own.name
                ),
                format!("correct the stack's name, or set `cwd` to the folder of `{named}`"),
            ));
        }
        let folder =
            self.job.project.as_ref().map_or(self.job.inputs.stack.cwd.as_path(), |project| project.folder());
        let folder: &Path = folder;
        SettingsFile::read(folder, &self.identity.stack)
    }

    /// How the files and the service differ. With `secrets`, those that both have are sent again.
    pub fn compare(&self, file: &SettingsFile, has: ServiceHas, secrets: bool) -> AllCompared {
        let settings = has.settings.map(|settings| settings.in_the_form_of(&file.settings));
        let compared = SettingsCompared::of_settings(&file.settings, settings.as_ref(), secrets);
        let has_settings = settings.is_some();
        let mut unknown = settings.map(|settings| settings.unknown).unwrap_or_default();
        unknown.retain(|path| compared.differences.iter().all(|one| one.path != *path));
        AllCompared {
            settings: compared,
            schedules: ScheduleChange::plan(&file.schedules, &has.schedules, self.job.env.clock().now()),
            unknown,
            has_settings,
        }
    }
}

/// Waits for the work, or for the signal that stops the run.
pub(super) async fn or_stopped<T>(signals: &Signals, work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        biased;
        signal = signals.cancelled() => Err(Error::Stopped { signal: signal.number() }),
        done = work => done,
    }
}
