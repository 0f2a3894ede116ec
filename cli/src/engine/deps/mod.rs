//! The program's dependencies and plugins, installed before the operation.
//!
//! They are installed before the job signs in, and the installer gets neither secrets in its environment nor the files
//! by which a step acts on later ones ([`withheld`]), because an install runs code of strangers. Files that hold
//! credentials (`~/.aws`) stay where they are; an identity from OIDC leaves none.
//!
//! With `deps: auto`, a run whose dependencies are there costs only a few reads of the disk.

pub mod manager;
mod network;
mod node;
mod outside;
mod python;
mod said;
mod withheld;
pub mod work;

use std::fs::File;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use crate::base::env::Env;
use crate::base::error::Result;
use crate::ci::console::Console;
use crate::engine::install::cache::{self, Cache};
use crate::engine::job::Job;
use crate::engine::locate::LocatedEngine;
use crate::inputs::headings::Deps;
use crate::inputs::{Inputs, ProgramUse};
use crate::process::signals::Signals;
use crate::pulumi::project::Project;

use crate::engine::deps::work::{InstallStep, Program, Work};
use outside::Outside;

/// The variables that code of strangers does not get: the engine's own, the job's credentials, and the files by which a
/// step acts on later ones.
pub fn withheld_variables(job: &Job<'_>) -> Vec<String> {
    let withheld = withheld::names(&job.seen_by_engine, job.ci);
    job.engine_env.remove.iter().cloned().chain(withheld).collect()
}

/// The variable from which the engine takes a token for plugins on GitHub.
/// <https://www.pulumi.com/docs/iac/concepts/plugins/>
const PLUGIN_TOKEN: &str = "GITHUB_TOKEN";

/// Whether the operation runs the program. `refresh` and `destroy` do so only on demand, and then alone their
/// dependencies matter: <https://www.pulumi.com/docs/iac/cli/commands/pulumi_destroy/>.
pub fn runs_program(inputs: &Inputs, env: &Env) -> bool {
    let by_args = || {
        let last =
            inputs.operation.args.iter().rev().find_map(|arg| match arg.strip_prefix("--run-program")? {
                "" => Some(true),
                value => Some(value.strip_prefix('=')?.eq_ignore_ascii_case("true") || value == "=1"),
            });
        last.unwrap_or_else(|| {
            ["PULUMI_RUN_PROGRAM", "PULUMI_OPTION_RUN_PROGRAM"].iter().any(|name| env.is_true(name))
        })
    };
    match inputs.command.row().program {
        ProgramUse::Always => true,
        ProgramUse::IfAsked => inputs.operation.run_program.unwrap_or_else(by_args),
        ProgramUse::Never => false,
    }
}

/// Installs the program's missing dependencies. Returns the number of engine processes that it took.
pub async fn ready(
    job: &Job<'_>,
    engine: &LocatedEngine,
    console: &Console,
    signals: &Signals,
) -> Result<u32> {
    let inputs = &job.inputs;
    // Only the program's packages tell which plugins to install.
    let asked = inputs.engine.deps == Deps::Always || inputs.engine.plugin_token.is_some();
    if !inputs.command.is_on_resources() || !(asked || runs_program(inputs, &job.seen_by_engine)) {
        return Ok(0);
    }
    let Some(project) = &job.project else { return Ok(0) };
    let outside = Outside { job, engine, console, signals };
    let dependencies = dependencies(&outside, project).await?;
    Ok(dependencies + plugins(&outside, project).await?)
}

async fn dependencies(outside: &Outside<'_>, project: &Project) -> Result<u32> {
    let deps = outside.job.inputs.engine.deps;
    let engine = outside.engine.parsed_version();
    let program = Program::new(project, &outside.job.seen_by_engine, engine.as_ref());
    let Some(work) = program.work().filter(|_| deps != Deps::Never) else { return Ok(0) };
    // Locked before we look: in the middle of another install the first files are there already.
    let _lock = outside.lock(&work.folder).await?;
    if deps == Deps::Auto && (program.is_there() || outside.has_nothing_to_do(&work).await?) {
        return Ok(0);
    }
    outside.console.line(&format!("dependencies: {}", work.why));
    outside.install(&work).await
}

/// Installs the plugins in a process of their own if there is a token for them, so that no other process has the token.
async fn plugins(outside: &Outside<'_>, project: &Project) -> Result<u32> {
    let Some(token) = &outside.job.inputs.engine.plugin_token else { return Ok(0) };
    let folder = project.folder();
    let step = InstallStep::engine(&["install", "--no-dependencies"]);
    let secret = [(PLUGIN_TOKEN.to_owned(), token.expose().to_owned())];
    outside.step(&step, folder, &secret, "the plugins").await?;
    Ok(1)
}

impl Outside<'_> {
    /// Runs the steps of the work. Returns how many of them the engine ran.
    async fn install(&self, work: &Work) -> Result<u32> {
        let mut engines = 0;
        for step in &work.steps {
            engines += u32::from(step.is_engine());
            self.step(step, &work.folder, &work.set, "the program's dependencies").await?;
        }
        Ok(engines)
    }

    /// Whether nothing is missing, by the step that can tell if the files alone do not.
    async fn has_nothing_to_do(&self, work: &Work) -> Result<bool> {
        match &work.ask {
            Some(step) => self.passes(step, &work.folder).await,
            None => Ok(false),
        }
    }

    /// Waits until no other run of this machine installs into the same folder: `npm ci` begins by emptying it.
    async fn lock(&self, folder: &Path) -> Result<Option<File>> {
        // Without a cache folder no other run can be waited for.
        let Ok(cache) = Cache::find(self.job.cache_folder(), self.job.env, self.job.ci, &self.job.ground)
        else {
            return Ok(None);
        };
        let mut hasher = DefaultHasher::new();
        folder.hash(&mut hasher);
        let Some(file) = cache.lock_file(&format!("deps-{:016x}.lock", hasher.finish())) else {
            return Ok(None);
        };
        let waiting = "waiting for another run that installs the dependencies of the same program";
        let taken = cache::take(&file, waiting, self.console, self.signals).await?;
        // On a file system without locks no other run can hold one.
        Ok(taken.is_ok().then_some(file))
    }
}
