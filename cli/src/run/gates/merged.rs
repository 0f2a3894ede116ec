//! Finds the change requests that a deployment brings: those merged since the commit that the stack deployed last.

use super::commented;
use super::facts::GateFacts;
use super::merged_changes::{MergedChange, MergedChanges};
use crate::admit::approvals::signed::{HandedApproval, has_a_signature, in_text};
use crate::base::error::Problem;
use crate::delivery::DeliveryEvent;
use crate::delivery::history::RepositoryHistory;
use crate::forge::{ChangeRequest, Client, Comment};
use crate::publish::comment::previewed::shown_preview;

/// Finds the change requests that the run deploys. Fails with the reason why they are not known.
pub(super) async fn merged_changes(
    gates: &GateFacts<'_>,
    client: &Client<'_>,
    history: &RepositoryHistory<'_>,
) -> Result<MergedChanges, Problem> {
    let context = &gates.job.context;
    let Some(commit) = context.commit.as_deref() else {
        return Err(Problem::new("the commit of this run is not known", "run it in a job of a CI system"));
    };
    let branch = match DeliveryEvent::from_context(context) {
        DeliveryEvent::Branch(branch) => branch,
        _ => history.default_branch().await.unwrap_or_default(),
    };
    let deployed = gates.judged.past.as_ref().and_then(|past| past.deployed()?.commit.clone());
    let (requests, without) = match deployed {
        Some(deployed) if deployed.eq_ignore_ascii_case(commit) => {
            (brought_by(client, commit, &branch).await?, Vec::new())
        }
        Some(deployed) => {
            let merged =
                client.merged_between(&deployed, commit, &branch).await.map_err(|trouble| trouble.problem)?;
            if let Some(why) = merged.not_known {
                return Err(why);
            }
            (merged.found, merged.without)
        }
        None => {
            let found = brought_by(client, commit, &branch).await?;
            let without = if found.is_empty() { vec![commit.to_owned()] } else { Vec::new() };
            (found, without)
        }
    };
    Ok(MergedChanges { changes: with_previews(gates, client, requests).await?, without })
}

/// The change requests, each with the preview of the stack that our comment on it shows.
pub(super) async fn with_previews(
    gates: &GateFacts<'_>,
    client: &Client<'_>,
    requests: Vec<ChangeRequest>,
) -> Result<Vec<MergedChange>, Problem> {
    let author = client.own_author().await;
    let identity = gates.job.identity().unwrap_or_default();
    let mut changes = Vec::new();
    for request in requests {
        let comments: Vec<Comment> =
            client.comments(request.number).await.map_err(|trouble| trouble.problem)?;
        let shown = author.as_deref().and_then(|author| shown_preview(&comments, author, &identity));
        let name = client.place().forge.request(request.number);
        let signed = signed_in(&comments, &name);
        let commented = commented::of_shown(gates.judged.past.as_ref(), &request, shown.as_ref());
        changes.push(MergedChange { request, name, shown, signed, commented });
    }
    Ok(changes)
}

/// The signed approvals in the comments on a change request, the latest first.
fn signed_in(comments: &[Comment], request: &str) -> Vec<HandedApproval> {
    let with_one = comments.iter().rev().filter(|comment| has_a_signature(&comment.body));
    let place = |comment: &Comment| format!("a comment by `{}` on {request}", comment.author);
    with_one.flat_map(|comment| in_text(&place(comment), &comment.body)).collect()
}

/// The change requests that brought one commit into the branch.
async fn brought_by(client: &Client<'_>, commit: &str, branch: &str) -> Result<Vec<ChangeRequest>, Problem> {
    let found = client.change_requests_of_commit(commit).await.map_err(|trouble| trouble.problem)?;
    let is_of_branch = |one: &ChangeRequest| {
        one.merged && (branch.is_empty() || one.target.as_deref().is_none_or(|target| target == branch))
    };
    Ok(found.into_iter().filter(is_of_branch).collect())
}
