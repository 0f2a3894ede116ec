//! A run of a merge queue or merge train: what its preview proposes has to be what was reviewed, as the deployment after the
//! merge will ask for. It is the check that keeps what could not be deployed out of the branch.

use super::facts::GateFacts;
use super::merged::with_previews;
use super::merged_changes::MergedChanges;
use crate::base::error::Problem;
use crate::ci::queued_change_request;
use crate::delivery::DeliveryEvent;
use crate::delivery::history::RepositoryHistory;
use crate::forge::{Client, QueuedRequest};

/// How the reason begins why a run is not compared that brings more than its own change request.
const OTHERS: &str = "other change requests are in the queue before this one";

/// The change requests that the run's commit would deploy: those that were merged since the last deployment, those in the
/// queue before it, and its own. Fails with the reason why they are not known.
pub(super) async fn queued_changes(
    gates: &GateFacts<'_>,
    client: &Client<'_>,
    history: &RepositoryHistory<'_>,
) -> Result<MergedChanges, Problem> {
    let context = &gates.job.context;
    let not_known = |what: &str| Problem::without_hint(what);
    let DeliveryEvent::MergeQueue { target: Some(target) } = DeliveryEvent::from_context(context) else {
        return Err(not_known("the branch that the queue merges into is not known"));
    };
    let number = queued_change_request(context)
        .ok_or_else(|| not_known("the change request that is in the queue is not known"))?;
    let commit = context.merge_commit.as_deref().or(context.commit.as_deref());
    let commit = commit.ok_or_else(|| not_known("the commit of this run is not known"))?;
    let (head, ahead) = ahead_of(client, history, &target, commit, number).await?;
    let deployed = gates.judged.past.as_ref().and_then(|past| past.deployed()?.commit.clone());
    let deployed = deployed.ok_or_else(|| not_known("what the stack has deployed last is not known"))?;
    let merged = client.merged_between(&deployed, &head, &target).await.map_err(|trouble| trouble.problem)?;
    if let Some(why) = merged.not_known {
        return Err(why);
    }
    let mut requests = merged.found;
    for number in ahead.into_iter().chain([number]) {
        requests.push(client.change_request(number).await.map_err(|trouble| trouble.problem)?);
    }
    Ok(MergedChanges { changes: with_previews(gates, client, requests).await?, without: merged.without })
}

/// The head of the branch `target`, and the change requests in its queue between that and the run's commit. Fails with the
/// reason why they are not known.
async fn ahead_of(
    client: &Client<'_>,
    history: &RepositoryHistory<'_>,
    target: &str,
    commit: &str,
    number: u64,
) -> Result<(String, Vec<u64>), Problem> {
    let place = async || {
        let head = history.head(target).await.ok_or_else(|| {
            Problem::without_hint("the head of the branch that the queue merges into is not known")
        })?;
        let line = client.first_parents_between(&head, commit).await.map_err(|trouble| trouble.problem)?;
        Ok::<_, Problem>((head, line))
    };
    let (head, line) = place().await?;
    if line.is_some_and(|line| line.len() == 1) {
        return Ok((head, Vec::new()));
    }
    let queue = client.queue(target).await.map_err(|trouble| Problem {
        what: format!("{OTHERS}: {}", trouble.problem.what),
        hint: trouble.problem.hint,
    })?;
    let because = |why: &str| Problem::without_hint(format!("{OTHERS}, and {why}"));
    let title = client.place().forge.title();
    let queue = queue.ok_or_else(|| because(&format!("{title} does not tell which ones")))?;
    // What was merged while the queue was read is before the head now.
    let (head, line) = place().await?;
    let line = line.ok_or_else(|| because("the commits in between are not known"))?;
    let ahead = requests_ahead(&queue, &head, &line, number).map_err(because)?;
    Ok((head, ahead))
}

/// The change requests that brought the commits of `line` beside the one with the number `own`, which brought the last: the
/// line leads from the branch's head to this run's commit, the oldest commit first. Fails with the reason why it is not
/// known.
fn requests_ahead(
    queue: &[QueuedRequest],
    head: &str,
    line: &[String],
    own: u64,
) -> Result<Vec<u64>, &'static str> {
    let place = |entry: &QueuedRequest| {
        let commit = entry.commit.as_deref()?;
        line.iter().position(|other| other.eq_ignore_ascii_case(commit))
    };
    let is_own = |entry: &&QueuedRequest| entry.number == own;
    let at = queue.iter().position(|entry| entry.number == own).ok_or("this one is not in the queue")?;
    if queue.iter().find(is_own).and_then(place) != line.len().checked_sub(1) {
        return Err("the queue has another commit for this one by now");
    }
    let is_merged = |entry: &QueuedRequest| {
        entry.commit.as_deref().is_some_and(|commit| commit.eq_ignore_ascii_case(head))
    };
    let before = queue.get(..at).unwrap_or_default().iter().filter(|entry| !is_merged(entry));
    // Each that is queued before this one is a part of its commit.
    if before.clone().any(|entry| place(entry).is_none()) {
        return Err("the queue has changed since this run began");
    }
    let mut on_line: Vec<(usize, &QueuedRequest)> =
        queue.iter().filter_map(|entry| Some((place(entry)?, entry))).collect();
    on_line.sort_by_key(|(at, _)| *at);
    let mut bottom = head;
    for group in on_line.chunk_by(|(one, _), (other, _)| one == other) {
        let is_on = |(_, entry): &(usize, &QueuedRequest)| {
            entry.base.as_deref().is_none_or(|base| base.eq_ignore_ascii_case(bottom))
        };
        // Something that is not in the queue any more stands between them.
        if !group.iter().all(is_on) {
            return Err("the queue has changed since this run began");
        }
        bottom = group.first().and_then(|(at, _)| line.get(*at)).map_or(bottom, String::as_str);
    }
    Ok(on_line.into_iter().map(|(_, entry)| entry.number).filter(|number| *number != own).collect())
}

#[cfg(test)]
mod tests;
