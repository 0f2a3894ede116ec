//! Tells people of a verb that writes into the ledger of a stack: nothing of it is a run, so that no run finds who hears of it.

use crate::ci::console::Console;
use crate::delivery::notify::NotifyEvent;
use crate::engine::job::Job;
use crate::publish::notify::{self, NotifyFacts, PATIENCE};

/// Tells the sinks of the `stackstep.yaml` that judges the job, which have been found before anything was written. What did not
/// arrive is a line of the log: what the verb did is done.
pub async fn tell_of_verb(job: &Job<'_>, event: NotifyEvent, facts: &NotifyFacts, console: &Console) {
    notify::notify(job, event, facts, console, PATIENCE).await.log(console);
}
