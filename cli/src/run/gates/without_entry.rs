//! A stack without an entry in the `stackstep.yaml` that judges. It can be held all the same, and if the commit has removed
//! the entry, the file of the commit that the stack deployed last judges this one deployment: a removed entry is the
//! greatest loosening there is.

use std::time::Duration;

use super::facts::JudgedRun;
use super::judged::{file_of_last_deployment, top};
use super::ledger;
use crate::base::error::Result;
use crate::base::git::short_commit;
use crate::ci::console::Console;
use crate::delivery::DeliveryEvent;
use crate::delivery::history::RepositoryHistory;
use crate::delivery::place::ForgeAccess;
use crate::engine::job::Job;

/// The time for reading the ledger of a stack that may never have had one.
const LIMIT: Duration = Duration::from_secs(5);

/// What judges a run that changes such a stack. `is_own`: whether the file is the commit's own, so that the commit can have
/// removed the entry. A ledger that can't be read is taken for none: whoever writes one can read it with the same rights.
pub(super) async fn judged_without_entry(
    job: &Job<'_>,
    is_own: bool,
    console: &Console,
) -> Result<JudgedRun> {
    let ledger = ledger::open(job, None);
    if ledger.missing().is_some() {
        return Ok(JudgedRun::default());
    }
    let Ok(Ok(Some(past))) = tokio::time::timeout(LIMIT, ledger.history()).await else {
        return Ok(JudgedRun::default());
    };
    if past.last() == 0 {
        return Ok(JudgedRun::default());
    }
    past.certain().map_err(ledger::refused)?;
    let mut judged = JudgedRun::default();
    let is_branch = matches!(DeliveryEvent::from_context(&job.context), DeliveryEvent::Branch(_));
    let deployed = past.deployed().filter(|deployed| is_own && is_branch && !deployed.last_judged);
    if let Some(commit) = deployed.and_then(|deployed| deployed.commit.clone()) {
        let forge = ForgeAccess::find(job.ci, job.env, &job.context, &job.inputs)?;
        let client = forge.as_ref().map(ForgeAccess::client);
        let history = RepositoryHistory::new(&top(job), job.env, &job.context, client.as_ref());
        let before = file_of_last_deployment(job, &commit, &history).await?;
        judged.settings =
            before.zip(job.stack.as_ref()).and_then(|(file, stack)| file.settings(stack).cloned());
        judged.forge = forge;
        if let Some(settings) = &judged.settings {
            judged.version = format!("commit `{}`, which was deployed last", short_commit(&commit));
            judged.loosened = vec![format!("it has no entry `stacks.{}` any more", settings.pattern)];
            judged.is_last = true;
            console.line(&format!("ledger: {}", ledger.shown()));
        }
    }
    (judged.past, judged.ledger) = (Some(past), judged.settings.is_some().then_some(ledger));
    Ok(judged)
}
