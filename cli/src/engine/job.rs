//! All that is known before the engine is looked for, and the rules that belong to it: inputs, project, stack, backend,
//! secrets. [`crate::run::prepare`] puts it together.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::own_folder::OwnFolder;
use crate::base::secret::is_long_enough;
use crate::ci::console::Console;
use crate::ci::ground::Ground;
use crate::ci::standing::Standing;
use crate::ci::{CiSystem, Context};
use crate::engine::env_file;
use crate::engine::install::version::Demand;
use crate::engine::line::Scope;
use crate::engine::plan::EngineEnv;
use crate::inputs::config_map::ConfigValue;
use crate::inputs::{Command, Inputs};
use crate::pulumi::backend::Backend;
use crate::pulumi::mirror::Mirror;
use crate::pulumi::project::Project;
use crate::pulumi::secret_names;
use crate::pulumi::stack::{StackIdentity, StackName};

/// A run that can begin.
pub struct Job<'a> {
    /// The environment.
    pub env: &'a Env,
    /// The CI system.
    pub ci: &'static dyn CiSystem,
    /// The facts of the job: repository, commit, change request.
    pub context: Context,
    /// The owner of the files in the work folder, as far as it is proven.
    pub standing: Standing,
    /// Where a stranger may have written.
    pub ground: Ground,
    /// The inputs, as types.
    pub inputs: Inputs,
    /// The project, where there is one.
    pub project: Option<Project>,
    /// The stack; none for `install`, and for `exec` without one.
    pub stack: Option<StackName>,
    /// Where the state lies.
    pub backend: Backend,
    /// The environment with what `env-file` adds.
    pub seen_by_engine: Env,
    /// The Pulumi version that the inputs require, and the input or file that says so.
    pub demand: Option<(Demand, String)>,
    /// The engine's environment.
    pub engine_env: EngineEnv,
    /// A folder of this run's own, for the event log; removed with the job.
    pub folder: Option<OwnFolder>,
    /// The folder for the run's credentials. It is apart from `folder`, which other steps of the build may see.
    pub credentials: Option<OwnFolder>,
}

impl Job<'_> {
    /// What the operation is about, for the engine's command lines.
    pub fn scope(&self) -> Scope<'_> {
        Scope { stack: self.stack.as_ref().map_or("", StackName::as_str), cloud: self.backend.is_cloud() }
    }

    /// The folder that the engine keeps this run's credentials in, where it is one of our own.
    pub fn credentials_folder(&self) -> Option<&Path> {
        self.credentials.as_ref().map(OwnFolder::path)
    }

    /// How long a cancelled engine may finish what it has begun: the input, else what the CI system allows.
    pub fn grace_period(&self) -> Duration {
        self.inputs.safety.grace_period.unwrap_or_else(|| self.ci.grace_period(self.env))
    }

    /// The identity of the stack; none where there is no stack.
    pub fn identity(&self) -> Option<StackIdentity> {
        let project = self.project.as_ref().map(|project| project.name.as_str());
        Some(self.backend.identify(
            self.stack.as_ref()?,
            project,
            &self.seen_by_engine,
            &self.inputs.stack.cwd,
        ))
    }

    /// Whether there is a place to hand outputs to later steps: the CI system's own, or `outputs-file`.
    pub fn takes_outputs(&self) -> bool {
        self.inputs.report.outputs_file.is_some() || self.ci.takes_outputs(self.env)
    }

    /// The folder of installed CLIs that an input names; none that lies in the checkout of a change that may be a
    /// stranger's, as what lies there says nothing for itself.
    pub fn cache_folder(&self) -> Option<&Path> {
        self.inputs.engine.cache_folder.as_deref().filter(|given| !self.ground.holds(given))
    }

    /// Where the result goes: the `result-file` input, else the CI system's temporary folder.
    pub fn result_file(&self) -> Option<PathBuf> {
        result_file(&self.inputs, self.ci, self.env, self.identity().as_ref())
    }
}

/// [`Job::result_file`], before there is a job.
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
        Some(ci.temporary_folder(env)?.join(format!("{stem}.json")))
    })
}

/// The stack that is meant. Looking may guess where there is one only; changing never does.
pub fn find_stack(inputs: &Inputs, project: Option<&Project>) -> Result<Option<StackName>> {
    let named_in_full = inputs.stack.name.as_ref().is_some_and(|stack| stack.project().is_some());
    let needs_project = match inputs.command {
        Command::Install | Command::Exec | Command::Report => false,
        Command::Outputs => !named_in_full,
        _ => true,
    };
    if needs_project && project.is_none() {
        return Err(no_project(&inputs.stack.cwd, inputs.command));
    }
    if let Some(stack) = &inputs.stack.name {
        return Ok(Some(stack.clone()));
    }
    if matches!(inputs.command, Command::Install | Command::Exec | Command::Report) {
        return Ok(None);
    }
    let stacks = project.map(Project::stacks).unwrap_or_default();
    if let (Command::Preview | Command::Outputs, [only]) = (inputs.command, stacks.as_slice()) {
        return Ok(Some(only.clone()));
    }
    let hint = match stacks.as_slice() {
        [] => "set `stack`, such as `stack: dev`".to_owned(),
        some => {
            let names: Vec<&str> = some.iter().map(StackName::as_str).collect();
            format!("set `stack`; the project has `{}`", names.join("`, `"))
        }
    };
    Err(Error::input(format!("no stack is named for `{}`", inputs.command.word()), hint))
}

fn no_project(cwd: &Path, command: Command) -> Error {
    let hint = if command == Command::Outputs {
        "set `cwd` to the folder of the program, or name the stack in full: `organization/project/stack`"
    } else {
        "set `cwd` to the folder of the Pulumi program; is a checkout step missing?"
    };
    Error::input(format!("there is no Pulumi.yaml in `{}` or above", cwd.display()), hint)
}

/// Tells the masker the secrets of the inputs. [`hide_environment`] has to be called before.
pub fn hide_secrets(inputs: &Inputs, console: &mut Console) {
    for (name, secret) in [
        ("access-token", &inputs.backend.access_token),
        ("oidc-token", &inputs.backend.oidc_token),
        ("github-token", &inputs.forge.github_token),
        ("forge-token", &inputs.forge.token),
        ("plugin-token", &inputs.engine.plugin_token),
    ] {
        if let Some(secret) = secret {
            console.hide(name, secret.expose());
        }
    }
    // A person's token for Bitbucket comes with their address.
    if let Some((_, token)) = inputs.forge.token.as_ref().and_then(|token| token.expose().split_once(':')) {
        console.hide("forge-token", token);
    }
    for item in &inputs.config.items {
        if let ConfigValue::Secret(secret) = &item.value {
            console.hide(&item.key, secret.expose());
        }
    }
    for secret in inputs.engine.pulumi_mirror.iter().flat_map(Mirror::secrets) {
        console.hide("pulumi-mirror", &secret);
    }
    for name in console.masker().too_short() {
        console.line(&format!(
            "`{name}` is shorter than {} characters: it can't be hidden in the log",
            crate::base::secret::SHORTEST
        ));
    }
}

/// The variables of `env-file`; those that hold a secret, by their names, are hidden from now on.
pub fn hide_env_file(inputs: &Inputs, console: &mut Console) -> Result<Vec<(String, String)>> {
    let file = inputs.config.env_file.as_deref().map(env_file::read).transpose()?.unwrap_or_default();
    for (name, value) in file.iter().filter(|(name, _)| secret_names::says_secret(name)) {
        console.hide(name, value);
    }
    Ok(file)
}

/// Tells the masker the variables that hold a secret: the CI system's own, and those that the table or their name
/// says are secret.
pub fn hide_environment(env: &Env, ci: &dyn CiSystem, console: &mut Console) {
    for (name, value) in crate::ci::secrets(ci, env) {
        console.hide(name, value);
    }
    let known = |name: &str| secret_names::VARIABLES.iter().any(|variable| variable.name == name);
    for (name, value) in env.iter().filter(|(name, _)| secret_names::is_secret(name)) {
        // What is secret by its name only may be a switch: then it can't be hidden, and need not.
        if known(name) || is_long_enough(value.trim()) {
            console.hide(name, value);
        }
    }
}
