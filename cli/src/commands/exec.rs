//! `stackstep exec`: runs any engine command, with the backend, credentials and masks of a run. It has no report, and
//! the exit status is the engine's own.

use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::ci::console::Console;
use crate::engine::args::{can_print_secrets, check_exec};
use crate::engine::config_secrets::{self, HiddenConfig};
use crate::engine::local::LocalEngine;
use crate::inputs::Command;
use crate::inputs::resolve::Flags;
use crate::process::signals::Signals;
use crate::run::prepare::{RunRequest, Until, prepare};
use crate::run::ready::make_ready;
use crate::run::reporting::{exit_code, exit_status};

/// Runs the engine with these arguments. Returns the exit status.
pub async fn exec(
    arguments: Vec<String>,
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<u8> {
    check_exec(&arguments)?;
    let request = RunRequest::new(Some(Command::Exec), flags, env);
    let mut found = prepare(&request, Until::FirstError, console);
    found.tell(console);
    if let Some(error) = found.take_error() {
        return Err(error);
    }
    let mut job = found.into_job()?;
    if can_print_secrets(&arguments) {
        if job.stack.is_none() {
            return Err(Error::input(
                "these engine arguments can print secrets of the configuration, and no stack is named",
                "set `stack`, so that they are known and hidden: `stackstep exec --stack dev -- …`",
            ));
        }
        job.inputs.backend.mask_config = true;
    }
    let ready = make_ready(&mut job, console, signals).await?;
    let engine = LocalEngine::new(&job, ready.engine);
    let outcome = match config_secrets::hide(&job, &engine, console, signals).await? {
        HiddenConfig::Failed(outcome) => *outcome,
        HiddenConfig::Done { .. } => engine.exec(arguments, console, signals).await?,
    };
    Ok(exit_status(exit_code(&job.inputs, &outcome)))
}
