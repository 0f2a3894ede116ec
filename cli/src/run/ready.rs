//! What a run needs before its engine can work: it is let in, the engine is there, what the program needs is installed,
//! and the job is signed in.

use crate::admit;
use crate::admit::sign_in;
use crate::base::error::Result;
use crate::base::http::Limits;
use crate::ci::console::Console;
use crate::engine::job::Job;
use crate::engine::locate::LocatedEngine;
use crate::engine::{deps, version};
use crate::process::signals::Signals;

/// An engine that is ready for a run.
#[derive(Debug)]
pub struct ReadyEngine {
    /// The engine.
    pub engine: LocatedEngine,
    /// How many engine processes it took to install what the program needs.
    pub processes: u32,
}

/// Makes the engine ready, in the order in which a run may have things: credentials come last.
pub async fn make_ready(job: &mut Job<'_>, console: &mut Console, signals: &Signals) -> Result<ReadyEngine> {
    admit::admit(job, console).await?;
    let engine = version::ready(job, console, signals).await?;
    let processes = deps::ready(job, &engine, console, signals).await?;
    sign_in::sign_in(job, Limits::default(), console, signals).await?;
    Ok(ReadyEngine { engine, processes })
}
