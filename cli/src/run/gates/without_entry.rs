//! A stack without an entry in the `stackstep.yaml` that judges. It can be held all the same, and if its entry was removed, the
//! file of the commit that the stack deployed last judges one more deployment: a removed entry is the greatest loosening
//! there is.

use std::time::Duration;

use super::facts::JudgedRun;
use super::judged::{file_of_last_deployment, top};
use super::ledger;
use crate::base::error::{Problem, Result};
use crate::base::git::short_commit;
use crate::ci::console::Console;
use crate::delivery::DeliveryEvent;
use crate::delivery::history::RepositoryHistory;
use crate::delivery::place::ForgeAccess;
use crate::engine::job::Job;
use crate::ledger::history::History;

/// The time for reading the ledger of a stack that may never have had one.
const LIMIT: Duration = Duration::from_secs(5);

/// What judges a run that changes such a stack. `has_delivery`: whether the file that judges has entries for other stacks, so
/// that a ledger that can't be read is worth a note in the report; else it is a line of the log.
pub(super) async fn judged_without_entry(
    job: &Job<'_>,
    has_delivery: bool,
    console: &Console,
) -> Result<JudgedRun> {
    let mut judged = JudgedRun::default();
    let find_forge = || ForgeAccess::find(job.ci, job.env, &job.context, &job.inputs);
    // Whoever uses no delivery pays for no connection to the forge.
    let early = if has_delivery { find_forge()? } else { None };
    let ledger = ledger::open(job, early.as_ref().map(|forge| &forge.place));
    let read = match ledger.missing() {
        Some(problem) => Err(problem.clone()),
        None => match tokio::time::timeout(LIMIT, ledger.history()).await {
            Ok(Ok(past)) => Ok(past.filter(|past| past.last() > 0)),
            Ok(Err(trouble)) => Err(trouble.problem),
            Err(_) => Err(Problem::without_hint("the ledger does not answer")),
        },
    };
    let past = match read {
        Ok(Some(past)) => past,
        Ok(None) => return Ok(judged),
        Err(why) => {
            let told = format!("whether the stack is held is not known: {}", why.what);
            if has_delivery {
                judged.told.push(told);
            } else {
                console.line(&told);
            }
            return Ok(judged);
        }
    };
    past.certain().map_err(ledger::refused)?;
    if let Some(commit) = removed_with(job, &past) {
        let forge = if has_delivery { early } else { find_forge()? };
        let client = forge.as_ref().map(ForgeAccess::client);
        let history = RepositoryHistory::new(&top(job), job.env, &job.context, client.as_ref());
        let before = file_of_last_deployment(job, &commit, &history).await?;
        judged.settings =
            before.zip(job.stack.as_ref()).and_then(|(file, stack)| file.settings(stack).cloned());
        judged.forge = forge;
        if let Some(settings) = &judged.settings {
            judged.version = format!("commit `{}`, which was deployed last", short_commit(&commit));
            judged.loosened = vec![format!("it has no entry `stacks.{}` any more", settings.pattern)];
            (judged.is_last, judged.earlier, judged.last) = (true, Some(commit.clone()), Some(commit));
            console.line(&format!("ledger: {}", ledger.shown()));
        }
    }
    (judged.past, judged.ledger) = (Some(past), judged.settings.is_some().then_some(ledger));
    Ok(judged)
}

/// The commit whose file judges: the one that the stack deployed last, unless a deployment without an entry came since. A
/// ledger is written only for a stack with an entry.
fn removed_with(job: &Job<'_>, past: &History) -> Option<String> {
    let deploys =
        matches!(DeliveryEvent::from_context(&job.context), DeliveryEvent::Branch(_) | DeliveryEvent::Tag(_));
    past.deployed().filter(|deployed| deploys && !deployed.last_judged)?.commit.clone()
}
