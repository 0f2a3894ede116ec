//! The engine of a run: the one that the `engine` input names, else the one on the PATH if its version is right, else
//! one that is installed. A line in the log says which, and why.

use crate::inputs::headings::Verify;
use std::path::PathBuf;

use semver::Version;

use super::executor::{EngineQuery, Executor};
use super::local::LocalEngine;
use super::locate::{LocatedEngine, locate, trusted_on_path};
use crate::base::error::{Error, Result};
use crate::base::secret::Secret;
use crate::ci::console::Console;
use crate::ci::standing::Standing;
use crate::engine::install::cache::Cache;
use crate::engine::install::parts::Parts;
use crate::engine::install::platform::Platform;
use crate::engine::install::source::Patience;
use crate::engine::install::trust::Trust;
use crate::engine::install::version::{Demand, TELLING, Wish};
use crate::engine::install::{Installed, Installer, asked, local, pins};
use crate::engine::job::Job;
use crate::process::signals::Signals;
use crate::pulumi::project::Project;

/// Finds an engine of the required version, or installs one.
pub async fn ready(job: &mut Job<'_>, console: &Console, signals: &Signals) -> Result<LocatedEngine> {
    if job.inputs.engine.engine.is_some() {
        return named(job, console, signals).await;
    }
    let mut wish = wish(job)?;
    let here = trusted_on_path("pulumi", job.env, &job.ground).map(|path| LocatedEngine {
        path,
        version: None,
        sandbox: false,
    });
    if wish.demand.is_none()
        && let Some(engine) = here
    {
        return Ok(engine);
    }
    add_pins(&mut wish, job);
    let mut here = match here {
        Some(engine) => Some(with_version(job, engine, console, signals).await?),
        None => None,
    };
    let list_first =
        matches!(&wish.demand, Some((demand, _)) if demand.needs_list()) && !job.inputs.engine.offline;
    if !list_first && let Some((engine, version)) = here.take() {
        match wish.objection(&version) {
            None => return Ok(engine),
            Some(objection) => console.line(&format!("`{}` is not used: {objection}", engine.path.display())),
        }
    }
    let installed =
        installed(job, &wish, here.as_ref().map(|(_, version)| version), console, signals).await?;
    let Some(installed) = installed else {
        return here.map(|(engine, _)| engine).ok_or_else(|| no_engine(None));
    };
    console.line(&format!("pulumi {}: from {}; {}", installed.version, installed.origin, wish.words()));
    if installed.version < TELLING {
        console.line(&format!(
            "before {TELLING} the exit status of pulumi does not tell what went wrong: it is mostly 255"
        ));
    }
    Ok(use_it(job, &installed))
}

/// The required version, without the bounds from the project's own files.
fn wish(job: &Job<'_>) -> Result<Wish> {
    let demand = match &job.demand {
        Some(demand) => Some(demand.clone()),
        None if job.standing == Standing::Unproven => None,
        None => asked::by_file(&job.inputs.stack.cwd)?,
    };
    Ok(Wish { demand, ..Wish::default() })
}

fn add_pins(wish: &mut Wish, job: &Job<'_>) {
    if job.standing == Standing::Unproven {
        return;
    }
    let project = job.project.as_ref();
    let folder = project.map_or_else(|| job.inputs.stack.cwd.clone(), Project::program_folder);
    pins::add(wish, &folder, project);
}

/// The engine that the `engine` input names.
async fn named(job: &Job<'_>, console: &Console, signals: &Signals) -> Result<LocatedEngine> {
    let own = std::env::current_exe().ok();
    let engine = locate(job.inputs.engine.engine.as_deref(), job.env, own.as_deref(), &job.ground)?;
    let Some((demand, place)) = &job.demand else { return Ok(engine) };
    let (engine, found) = with_version(job, engine, console, signals).await?;
    allowed(&engine, &found, demand, place)?;
    Ok(engine)
}

/// Refuses an engine of another version than the one that `place`, an input or a file, requires.
pub fn allowed(engine: &LocatedEngine, found: &Version, demand: &Demand, place: &str) -> Result<()> {
    if demand.matches(found) {
        return Ok(());
    }
    Err(Error::Engine {
        what: format!(
            "the engine `{}` is version {found}, and {place} asks for `{demand}`",
            engine.path.display()
        ),
        hint: Some(
            "leave `engine` out to have that version installed, or change `pulumi-version`".to_owned(),
        ),
    })
}

/// Asks an engine for its version, in the environment of the run, as it can be the shim of a version manager.
async fn with_version(
    job: &Job<'_>,
    engine: LocatedEngine,
    console: &Console,
    signals: &Signals,
) -> Result<(LocatedEngine, Version)> {
    let answer = LocalEngine::new(job, engine.clone()).query(EngineQuery::Version, console, signals).await?;
    if let Some(signal) = signals.first() {
        return Err(Error::Stopped { signal: signal.number() });
    }
    tell_version(engine, answer.0.raw.as_ref().map_or("", Secret::expose))
}

/// The engine with the version that it printed.
pub fn tell_version(engine: LocatedEngine, printed: &str) -> Result<(LocatedEngine, Version)> {
    let printed = printed.trim();
    let found = printed.strip_prefix('v').and_then(|bare| Version::parse(bare).ok()).ok_or_else(|| {
        Error::Engine {
            what: format!(
                "`{}` gives `{}` for its version",
                engine.path.display(),
                printed.chars().take(80).collect::<String>().escape_debug()
            ),
            hint: Some("is it a Pulumi CLI? Leave `pulumi-version` out to run it all the same".to_owned()),
        }
    })?;
    Ok((LocatedEngine { version: Some(found.to_string()), ..engine }, found))
}

/// The installed CLI for `wish`; none if it would be the version `here`, which is on the PATH already.
async fn installed(
    job: &Job<'_>,
    wish: &Wish,
    here: Option<&Version>,
    console: &Console,
    signals: &Signals,
) -> Result<Option<Installed>> {
    let platform = Platform::host()?;
    let fixed = !matches!(&wish.demand, Some((Demand::Latest { .. }, _))) || job.inputs.engine.offline;
    if fixed && let Some(found) = local::in_tool_cache(job.env, platform, wish, &job.ground) {
        return Ok(Some(found));
    }
    let installer = Installer {
        env: job.env,
        console,
        signals,
        cache: Cache::find(job.cache_folder(), job.env, job.ci, &job.ground)?,
        mirror: job.inputs.engine.pulumi_mirror.clone(),
        offline: job.inputs.engine.offline,
        trust: Trust {
            strict: job.inputs.engine.verify == Verify::Strict,
            by_hand: job.inputs.engine.pulumi_sha256,
        },
        platform,
        parts: parts(job),
        patience: Patience::default(),
    };
    if fixed && let Some(found) = installer.cached(wish) {
        return Ok(Some(found));
    }
    let version = installer.choose(wish).await.map_err(|error| no_engine(Some(error)))?;
    if here == Some(&version) {
        return Ok(None);
    }
    installer.install(&version).await.map(Some).map_err(|error| no_engine(Some(error)))
}

/// The error for a run without an engine; `error` says why none could be installed.
fn no_engine(error: Option<Error>) -> Error {
    let ways = "or install the Pulumi CLI in a step before (https://www.pulumi.com/docs/iac/download-install/), \
                set `engine` to its path, or rehearse with `engine: sandbox`";
    match error {
        Some(Error::Engine { what, hint }) => Error::Engine {
            what: format!(
                "there is no `pulumi` on the PATH that will do, and none could be installed: {what}"
            ),
            hint: Some(hint.map_or_else(|| ways.to_owned(), |hint| format!("{hint}; {ways}"))),
        },
        Some(other) => other,
        None => Error::Engine {
            what: "there is no `pulumi` on the PATH".to_owned(),
            hint: Some(format!("set `pulumi-version`, {ways}")),
        },
    }
}

/// The files of the release that the run needs. Pulumi Cloud can add policies of an organisation.
fn parts(job: &Job<'_>) -> Parts {
    let policies = !job.inputs.safety.policy_pack.is_empty() || job.backend.is_cloud();
    match &job.project {
        Some(project) if job.inputs.command.operation().is_some() && !project.own_packages => {
            project.runtime.as_deref().map_or(Parts::All, |runtime| Parts::for_runtime(runtime, policies))
        }
        _ => Parts::All,
    }
}

/// Puts the installed engine's folder on its PATH, because it searches for language hosts there.
fn use_it(job: &mut Job<'_>, installed: &Installed) -> LocatedEngine {
    let mut folders = vec![installed.folder.clone()];
    let set = job.engine_env.set.iter().find(|(name, _)| name == "PATH").map(|(_, path)| path.as_str());
    let path = set.or_else(|| job.env.get("PATH")).unwrap_or_default();
    folders.extend(std::env::split_paths(path).collect::<Vec<PathBuf>>());
    if let Ok(path) = std::env::join_paths(folders) {
        job.engine_env.put("PATH", path.to_string_lossy().into_owned());
    }
    let program = if cfg!(windows) { "pulumi.exe" } else { "pulumi" };
    LocatedEngine {
        path: installed.folder.join(program),
        version: Some(installed.version.to_string()),
        sandbox: false,
    }
}
