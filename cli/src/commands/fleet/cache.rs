//! Whether several CLIs may download plugins into one home at a time.

use semver::Version;

use super::job::FleetJob;
use super::limits::parallel_of;
use crate::base::env::Env;
use crate::ci::Level;
use crate::ci::console::Console;
use crate::engine::executor::{EngineQuery, Executor as _};
use crate::engine::local::LocalEngine;
use crate::engine::version;
use crate::fleet::settings::FleetSettings;
use crate::inputs::Command;
use crate::inputs::resolve::Flags;
use crate::process::signals::Signals;
use crate::run::prepare::{RunRequest, Until, prepare};

/// The first CLI whose downloads into one home are safe beside each other: <https://github.com/pulumi/pulumi/pull/24080>.
const SAFE: Version = Version::new(3, 255, 0);

/// The number of stacks of a fleet at a time. `flags` are those of one of its stacks.
pub(super) async fn parallel(
    job: &FleetJob<'_>,
    limits: &FleetSettings,
    flags: Option<&Flags>,
    console: &mut Console,
    signals: &Signals,
) -> usize {
    let parallel = parallel_of(job.ask, limits);
    match (job.ask.parallel, limits.parallel, flags) {
        (None, None, Some(flags)) => {
            let of = (flags, job.found.env);
            Box::pin(safe_parallel(parallel, job.command, of, console, signals)).await
        }
        _ => parallel,
    }
}

/// The number of stacks at a time, where nobody has said it: one, if the CLI is too old for more. Makes the CLI ready.
async fn safe_parallel(
    usual: usize,
    command: Command,
    (flags, env): (&Flags, &Env),
    console: &mut Console,
    signals: &Signals,
) -> usize {
    let Some(version) = version_of(command, flags, env, console, signals).await else { return usual };
    if version >= SAFE || usual == 1 {
        return usual;
    }
    console.annotate(
        Level::Warning,
        "stackstep",
        &format!(
            "one stack at a time: the downloads of several CLIs of version {version} into one home disturb each other; use \
             {SAFE} or later, or say `--parallel-stacks` where all plugins are there already"
        ),
    );
    1
}

/// The CLI's version. None if it is not known: the stacks' own runs will tell why.
async fn version_of(
    command: Command,
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Option<Version> {
    let request = RunRequest::new(Some(command), flags, env);
    let mut found = prepare(&request, Until::FirstError, console);
    if found.take_error().is_some() {
        return None;
    }
    let mut job = found.into_job().ok()?;
    let engine = version::ready(&mut job, console, signals).await.ok()?;
    if engine.sandbox {
        return None;
    }
    if let Some(known) = engine.version.as_deref() {
        return Version::parse(known.trim_start_matches('v')).ok();
    }
    let local = LocalEngine::new(&job, engine.clone());
    let answer = local.query(EngineQuery::Version, console, signals).await.ok()?;
    version::tell_version(engine, answer.text()?).ok().map(|(_, version)| version)
}
