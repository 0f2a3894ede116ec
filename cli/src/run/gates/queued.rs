//! A run of a merge queue or merge train: what its preview proposes has to be what was reviewed, as the deployment after the
//! merge will ask for. It is the check that keeps what could not be deployed out of the branch.

use super::facts::GateFacts;
use super::merged::with_previews;
use super::merged_changes::MergedChanges;
use crate::base::error::Problem;
use crate::ci::queued_change_request;
use crate::delivery::DeliveryEvent;
use crate::delivery::history::RepositoryHistory;
use crate::forge::Client;

/// The change requests that the run's commit would deploy: those that were merged since the last deployment, and the one in
/// the queue. Fails with the reason why they are not known.
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
    let head = history.head(&target).await;
    let head =
        head.ok_or_else(|| not_known("the head of the branch that the queue merges into is not known"))?;
    let ahead = client.first_parents_between(&head, commit).await.map_err(|trouble| trouble.problem)?;
    if ahead != Some(1) {
        return Err(not_known("other change requests are in the queue before this one"));
    }
    let deployed = gates.judged.past.as_ref().and_then(|past| past.deployed()?.commit.clone());
    let deployed = deployed.ok_or_else(|| not_known("what the stack has deployed last is not known"))?;
    let merged = client.merged_between(&deployed, &head, &target).await.map_err(|trouble| trouble.problem)?;
    if let Some(why) = merged.not_known {
        return Err(why);
    }
    let mut requests = merged.found;
    requests.push(client.change_request(number).await.map_err(|trouble| trouble.problem)?);
    Ok(MergedChanges { changes: with_previews(gates, client, requests).await?, without: merged.without })
}
