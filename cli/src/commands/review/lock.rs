//! Waits until nobody works on the stack: another push of the same change request may be deploying.

use std::time::Duration;

use super::place::ReviewPlace;
use crate::base::error::{Error, Result};
use crate::ci::console::Console;
use crate::ledger::locks;
use crate::process::signals::Signals;
use crate::run::gates::ledger;
use tokio::time::Instant;

/// The time to wait for the lock, where `lock-timeout` is not longer.
pub(super) const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_secs(5);

/// Waits as long as the stack is locked, at most for [`PATIENCE`] or `lock-timeout`; the engine says the rest. Returns whether
/// it has waited.
pub(super) async fn wait(place: &ReviewPlace<'_>, console: &Console, signals: &Signals) -> Result<bool> {
    let job = &place.job;
    let (Some(identity), token) = (job.identity(), job.backend.token_for_requests()) else {
        return Ok(false);
    };
    let until = Instant::now() + PATIENCE.max(job.inputs.safety.lock_timeout);
    let mut waited = false;
    loop {
        let stack = ledger::ledger_for(job, &identity, token.as_ref(), None);
        // Where the backend does not tell it without the engine, the engine waits.
        let Ok(found) = locks::read(&stack).await else { return Ok(waited) };
        let Some(lock) = found.first().filter(|_| Instant::now() < until) else { return Ok(waited) };
        if !waited {
            console.line(&format!("waiting for {lock}"));
        }
        waited = true;
        if let Some(signal) = signals.wait(PAUSE).await {
            return Err(Error::Stopped { signal: signal.number() });
        }
    }
}
