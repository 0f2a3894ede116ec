//! A job: everything that is known before the engine is searched for. [`crate::run::prepare`] puts it together.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::own_folder::OwnFolder;
use crate::checks::Checks;
use crate::ci::ground::Ground;
use crate::ci::standing::Standing;
use crate::ci::{CiSystem, Context};
use crate::delivery::notify::NotifySink;
use crate::engine::install::version::Demand;
use crate::engine::line::Scope;
use crate::engine::plan::EngineEnv;
use crate::inputs::config_map::ConfigItem;
use crate::inputs::file::ConfigFile;
use crate::inputs::{Command, Inputs};
use crate::lifecycle::settings::drift::DriftSettings;
use crate::pulumi::backend::Backend;
use crate::pulumi::project::Project;
use crate::pulumi::stack::{StackIdentity, StackName};
use crate::rules::Rules;

/// A run that can begin.
pub struct Job<'a> {
    /// The environment.
    pub env: &'a Env,
    /// The CI system.
    pub ci: &'static dyn CiSystem,
    /// The facts of the job: repository, commit, change request.
    pub context: Context,
    /// The owner of the files in the work folder, if it is proven.
    pub standing: Standing,
    /// The folders that a stranger may have written to.
    pub ground: Ground,
    /// The inputs, as types.
    pub inputs: Inputs,
    /// The rules that the changes have to pass.
    pub rules: Rules,
    /// The project, if there is one.
    pub project: Option<Project>,
    /// The stack; none for `install`, and for `exec` without one.
    pub stack: Option<StackName>,
    /// The backend with the stack's state.
    pub backend: Backend,
    /// The name of the stack's configuration file, if it should be in the checkout and is not.
    pub missing_stack_file: Option<String>,
    /// The environment with what `env-file` and `esc` add.
    pub seen_by_engine: Env,
    /// The checks after a deployment; none for a command that deploys nothing.
    pub checks: Checks,
    /// Who hears of what, once it is known which `stackstep.yaml` judges the run.
    pub notify: OnceLock<Vec<NotifySink>>,
    /// The Pulumi version that the inputs require, and the input or file that says so.
    pub demand: Option<(Demand, String)>,
    /// The rollback that it is. None for any other run.
    pub rollback: Option<Rollback>,
    /// The run of a change request's own stack that it is. None for any other run.
    pub review: Option<ReviewRun>,
    /// Whoever knows whether the run is still wanted when its operation begins. None if any run is.
    pub wanted: Option<&'a dyn StillWanted>,
    /// The look for drift that it is. None for any other run.
    pub drift: Option<&'a DriftAsk>,
    /// The turns of the installs, if other runs are beside it.
    pub installs: Option<&'a InstallTurns>,
    /// What it reports by itself. The rest the command does that runs several stacks.
    pub reporting: Reporting,
    /// The engine's environment.
    pub engine_env: EngineEnv,
    /// A folder of this run's own, for the event log; removed with the job.
    pub folder: Option<OwnFolder>,
    /// The folder for the run's credentials. It is apart from `folder`, which other steps of the build may see.
    pub credentials: Option<OwnFolder>,
    /// The folder of the files that `esc` opens. None if there are none.
    pub opened_files: Option<OwnFolder>,
}

/// The turns in which the runs beside each other install the CLI and their programs' dependencies: two installs in one folder
/// would be in each other's way, and the second one finds what the first one did.
#[derive(Debug, Default)]
pub struct InstallTurns(pub tokio::sync::Mutex<()>);

/// What a run reports by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reporting {
    /// Everything.
    All,
    /// Everything but outputs and counts for later steps: it is one of several runs, one after the other.
    AllButOutputs,
    /// Its result file alone: it is one of many runs, which are shown on one page and in one comment.
    ResultFile,
}

/// What sets one of several runs of a command apart.
#[derive(Debug, Clone, Copy)]
pub struct OneOfSeveral<'a> {
    /// The name in its files' names.
    pub name: &'a str,
    /// Whether the command itself shows all runs on one page and in one comment.
    pub in_a_fleet: bool,
}

/// A rollback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollback {
    /// The commit that it rolls back to, whose checkout it runs in.
    pub commit: String,
    /// The top folder of the job's own checkout, which judges it.
    pub judged_from: PathBuf,
}

/// A run of a change request's own stack.
#[derive(Debug, Clone, Default)]
pub struct ReviewRun {
    /// The message of its update, where nobody gives another one.
    pub message: String,
    /// What the message has at its end, by which the stack's history shows whose it is.
    pub signature: String,
    /// The environment that the forge records it for, where nobody names another one.
    pub environment: String,
    /// The configuration that is copied from the base stack. What the input `config` sets counts more.
    pub config: Vec<ConfigItem>,
    /// The time to wait for the stack's lock, at least.
    pub lock_timeout: Duration,
    /// Whether the stack's program, or what its state holds, may be a stranger's.
    pub is_a_strangers: bool,
    /// What people are told of the stack beside all else.
    pub notes: Vec<String>,
    /// The inputs that the default branch's file has for the stack. The change's own file sets none but those that a
    /// stranger's may.
    pub entry: Option<ConfigFile>,
}

impl ReviewRun {
    /// Puts what is its own into the inputs of the run.
    pub fn complete(&self, inputs: &mut Inputs) {
        let message = inputs.operation.message.take().unwrap_or_else(|| self.message.clone());
        inputs.operation.message = Some(format!("{message} {}", self.signature));
        inputs.forge.environment.get_or_insert_with(|| self.environment.clone());
        inputs.safety.lock_timeout = inputs.safety.lock_timeout.max(self.lock_timeout);
        // Made, and removed, is the stack by its own rules only.
        (inputs.stack.upsert, inputs.stack.remove) = (false, false);
        let own: Vec<String> = inputs.config.items.iter().map(|item| item.key.clone()).collect();
        let copied = self.config.iter().filter(|item| !own.contains(&item.key)).cloned();
        inputs.config.items.splice(0..0, copied.collect::<Vec<_>>());
    }
}

/// Knows whether a run is still wanted right before its operation, and when it has waited for the stack's lock: meanwhile another
/// commit may have become the newest.
pub trait StillWanted {
    /// Fails with the reason why it is not.
    fn ask(&self) -> Pin<Box<dyn Future<Output = Result<()>> + '_>>;
}

/// A look for drift: what all stacks of one command share.
#[derive(Debug, Default)]
pub struct DriftAsk {
    /// The section `drift` of the file that judges it.
    pub settings: DriftSettings,
    /// Whether drift fails the run.
    pub fails: bool,
    /// The number of issues that were opened so far.
    pub opened: Cell<u32>,
}

impl Job<'_> {
    /// The stack of the operation, for the engine's command lines.
    pub fn scope(&self) -> Scope<'_> {
        Scope {
            stack: self.stack.as_ref().map_or("", StackName::as_str),
            cloud: self.backend.is_cloud(),
            judged: !self.rules.is_empty(),
        }
    }

    /// The folder for this run's credentials, if it has one of its own.
    pub fn credentials_folder(&self) -> Option<&Path> {
        self.credentials.as_ref().map(OwnFolder::path)
    }

    /// The time that a cancelled engine has to finish: the input, else the time that the CI system allows.
    pub fn grace_period(&self) -> Duration {
        self.inputs.safety.grace_period.unwrap_or_else(|| self.ci.grace_period(self.env))
    }

    /// The identity of the stack; none if there is no stack.
    pub fn identity(&self) -> Option<StackIdentity> {
        let project = self.project.as_ref().map(|project| project.name.as_str());
        Some(self.backend.identify(
            self.stack.as_ref()?,
            project,
            &self.seen_by_engine,
            &self.inputs.stack.cwd,
        ))
    }

    /// Whether there is a way to pass outputs to later steps: the CI system's own, or `outputs-file`.
    pub fn takes_outputs(&self) -> bool {
        let is_place =
            self.inputs.report.outputs_file.is_some() || self.ci.handover().takes_outputs(self.env);
        self.reporting == Reporting::All && is_place
    }

    /// Makes it one of several runs of a command: it hands on nothing by itself, and a result file that is named, which
    /// the others have as well, becomes one of its own: `result.json` becomes `result-shop-prod.json`.
    pub fn set_apart(&mut self, apart: &OneOfSeveral<'_>) {
        let name = apart.name;
        self.reporting = if apart.in_a_fleet { Reporting::ResultFile } else { Reporting::AllButOutputs };
        if let Some(path) = &mut self.inputs.report.result_file {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let extension = path.extension().map(|end| format!(".{}", end.to_string_lossy()));
            let own = format!("{stem}-{name}{}", extension.unwrap_or_default());
            *path = path.with_file_name(own);
        }
    }

    /// The folder of installed CLIs that an input names. None if it is in the checkout of a change that may be a
    /// stranger's, as its contents can't be trusted.
    pub fn cache_folder(&self) -> Option<&Path> {
        self.inputs.engine.cache_folder.as_deref().filter(|given| !self.ground.holds(given))
    }

    /// The path for the result: the `result-file` input, else a file in the CI system's temporary folder.
    pub fn result_file(&self) -> Option<PathBuf> {
        result_file(&self.inputs, self.ci, self.env, self.identity().as_ref())
    }
}

/// The path of [`Job::result_file`], before there is a job.
pub fn result_file(
    inputs: &Inputs,
    ci: &dyn CiSystem,
    env: &Env,
    identity: Option<&StackIdentity>,
) -> Option<PathBuf> {
    inputs.report.result_file.clone().or_else(|| {
        let command = inputs.command.word();
        let stem = match (inputs.command, identity) {
            (Command::Report, _) => return None,
            (_, Some(identity)) => identity.file_stem(command),
            (_, None) => format!("stackstep-{command}"),
        };
        Some((ci.folders().temporary)(env)?.join(format!("{stem}.json")))
    })
}
