//! Makes a run ready for its engine: lets the run in, finds or installs the engine, installs the program's
//! dependencies, signs the job in, and hands the values of its environments to later steps.

use crate::admit;
use crate::admit::sign_in;
use crate::base::error::Result;
use crate::base::http::Limits;
use crate::ci::console::Console;
use crate::engine::job::Job;
use crate::engine::locate::LocatedEngine;
use crate::engine::{deps, version};
use crate::process::signals::Signals;
use crate::publish::handed_values;

/// Makes a run ready whose operation Pulumi Deployments carries out: no engine is needed here, and no dependency.
pub async fn make_ready_for_deployments(
    job: &mut Job<'_>,
    console: &mut Console,
    signals: &Signals,
) -> Result<()> {
    admit::admit(job, console).await?;
    sign_in::by_identity(job, Limits::default(), console, signals).await
}

/// An engine that is ready for a run.
#[derive(Debug)]
pub struct ReadyEngine {
    /// The engine.
    pub engine: LocatedEngine,
    /// The number of engine processes that installing the program's dependencies took.
    pub processes: u32,
}

/// Makes the engine ready. The order matters: no credentials before everything else is in place.
pub async fn make_ready(job: &mut Job<'_>, console: &mut Console, signals: &Signals) -> Result<ReadyEngine> {
    admit::admit(job, console).await?;
    let turn = match job.installs {
        Some(turns) => Some(turns.0.lock().await),
        None => None,
    };
    let engine = version::ready(job, console, signals).await?;
    let processes = deps::ready(job, &engine, console, signals).await?;
    drop(turn);
    if let Some(opened) = sign_in::sign_in(job, Limits::default(), console, signals).await? {
        handed_values::hand_on_values(job, &opened, console)?;
    }
    Ok(ReadyEngine { engine, processes })
}
