//! The change request that a run is about: from the input, from the CI system, or searched for on the forge.

use crate::ci::Context;
use crate::forge::{ChangeRequest, Client, Trouble};
use crate::inputs::Inputs;
use crate::report::Report;

/// The change request that a run is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum About {
    /// No change request: a push to the default branch, or a tag.
    Nothing,
    /// The change request with this number.
    Number(u64),
    /// The open change request that the commit or the branch belongs to.
    Open {
        /// The commit.
        commit: Option<String>,
        /// The branch.
        branch: Option<String>,
        /// The repository of commit and branch, if it is another one than the change request's.
        fork: Option<String>,
    },
    /// The change request that was merged with this commit.
    Merged(String),
}

impl About {
    /// The change request to comment on: the one that the input names, else the job's own, else the facts to search for
    /// it by.
    pub fn from_inputs(context: &Context, inputs: &Inputs, reports: &[Report]) -> Self {
        if let Some(number) = inputs.comment.change_request.map(u64::from).or(context.change_request) {
            return Self::Number(number);
        }
        let deployed = reports.iter().any(|report| !report.command.only_looks(report.preview_only));
        match (&context.commit, &context.branch) {
            _ if context.merge_queue => Self::Nothing,
            (Some(commit), _)
                if inputs.comment.merged && deployed && context.default_branch != Some(false) =>
            {
                Self::Merged(commit.clone())
            }
            _ if context.default_branch == Some(true) || context.tag.is_some() => Self::Nothing,
            (None, None) => Self::Nothing,
            (commit, branch) => Self::Open {
                commit: commit.clone(),
                branch: branch.clone(),
                fork: context.source_repository.clone().filter(|_| context.fork == Some(true)),
            },
        }
    }

    /// The number of the change request. Asks the forge if it is not known.
    pub async fn number(&self, client: &Client<'_>) -> Result<Option<u64>, Trouble> {
        match self {
            Self::Nothing => Ok(None),
            Self::Number(number) => Ok(Some(*number)),
            Self::Merged(commit) => {
                let found = client.change_requests_of_commit(commit).await?;
                Ok(found.iter().filter(|one| one.merged).map(|one| one.number).max())
            }
            Self::Open { commit, branch, fork } => {
                let fork = fork.as_deref();
                if let Some(commit) = commit
                    && let Some(number) =
                        best(&client.change_requests_of_commit(commit).await?, commit, fork.is_some())
                {
                    return Ok(Some(number));
                }
                let found = match (branch, commit) {
                    (Some(branch), _) => {
                        client.change_requests_of_branch(branch, commit.as_deref(), fork).await?
                    }
                    (None, Some(commit)) => client.open_change_requests_at(commit).await?,
                    (None, None) => Vec::new(),
                };
                Ok(best(&found, commit.as_deref().unwrap_or_default(), fork.is_some()))
            }
        }
    }

    pub fn not_found(&self) -> &'static str {
        match self {
            Self::Merged(_) => "no change request was merged with this commit",
            _ => "no open change request has this commit or comes from this branch",
        }
    }
}

/// The change request among `found` that a run for `commit` is for: open, from this repository if there is one, at the
/// commit if there is one, the latest. For a fork's commit it is one of a fork, and at no other commit.
fn best(found: &[ChangeRequest], commit: &str, fork: bool) -> Option<u64> {
    let of_fork = |one: &&ChangeRequest| one.fork != Some(false) && one.head.as_deref() == Some(commit);
    let open = found.iter().filter(|one| one.open).filter(|one| !fork || of_fork(one));
    open.max_by_key(|one| (one.fork != Some(true), one.head.as_deref() == Some(commit), one.number))
        .map(|one| one.number)
}
