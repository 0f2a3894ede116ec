//! Tells people of a verb that writes into the ledger of a stack: nothing of it is a run, so that no run finds who hears of it.

use crate::ci::console::Console;
use crate::delivery::notify::NotifyEvent;
use crate::engine::job::Job;
use crate::publish::notify::{self, NotifyFacts, PATIENCE};
use crate::run::gates::find_sinks;

/// Tells the sinks of the `stackstep.yaml` that judges the job. What did not arrive is a line of the log: what the verb did is
/// done.
pub async fn tell_of_verb(job: &Job<'_>, event: NotifyEvent, facts: &NotifyFacts, console: &mut Console) {
    find_sinks(job, None, console).await;
    notify::hide_secrets(job, console);
    notify::notify(job, event, facts, console, PATIENCE).await.log(console);
}
