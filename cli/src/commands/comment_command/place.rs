//! The checkout that a comment's command is carried out in: that of the default branch, and nothing else.

use std::path::PathBuf;

use crate::base::error::{Error, Result};
use crate::base::git::tree::KnownBranch;
use crate::base::git::{self, short_commit};
use crate::ci::Context;
use crate::delivery::Definition;
use crate::delivery::history::{FileAt, RepositoryHistory};
use crate::forge::Trouble;
use crate::inputs::file::NAME;
use crate::report::Reason;
use crate::run::prepare::Prepared;

/// The checkout of the default branch.
#[derive(Debug, Clone)]
pub(super) struct DefaultCheckout {
    /// The top folder.
    pub top: PathBuf,
    /// The name of the default branch.
    pub branch: String,
    /// Its commit, which is checked out.
    pub commit: String,
}

impl DefaultCheckout {
    /// Finds it. Fails if the work folder holds anything else than the default branch's own commit of this job.
    pub async fn find(found: &Prepared<'_>, history: &RepositoryHistory<'_>) -> Result<Self> {
        let context = &found.context;
        let elsewhere = |what: String| {
            refused(
                format!("`comment-command` is refused: {what}"),
                "let the job check out the default branch, at the commit that the event itself has",
            )
        };
        let Some(branch) = history.default_branch().await else {
            return Err(elsewhere("the name of the default branch is not known".to_owned()));
        };
        let top = found.top();
        let around = git::checkouts_around(&top);
        let Some(commit) = around.first().and_then(|checkout| checkout.commit.clone()) else {
            return Err(elsewhere(format!("no commit can be read in `{}`", top.display())));
        };
        // Without the event's own commit it is a pipeline of a branch.
        let is_default = context.branch.as_ref() == Some(&branch)
            && context.change_request.is_none()
            && !context.proposed
            && context.tag.is_none();
        let of_a_branch = context.commit.as_ref().filter(|_| is_default);
        let of_the_job = context.base_commit.as_ref().or(of_a_branch);
        match of_the_job {
            Some(own) if own.eq_ignore_ascii_case(&commit) => Ok(Self { top, branch, commit }),
            Some(own) => Err(elsewhere(format!(
                "the checkout is at commit `{}`, and the default branch `{branch}` at `{}`",
                short_commit(&commit),
                short_commit(own)
            ))),
            None => Err(elsewhere(format!("this job is not one of the default branch `{branch}`"))),
        }
    }

    /// The branch with its commit.
    pub fn known(&self) -> KnownBranch<'_> {
        KnownBranch { name: &self.branch, commit: &self.commit }
    }

    /// The facts of a job that `person` has started on the default branch.
    pub fn context(&self, job: &Context, person: &str) -> Context {
        Context {
            commit: Some(self.commit.clone()),
            merge_commit: None,
            branch: Some(self.branch.clone()),
            tag: None,
            change_request: None,
            source_repository: None,
            target_branch: None,
            fork: None,
            trusted: Some(true),
            proposed: false,
            base_credentials: true,
            base_commit: Some(self.commit.clone()),
            own_commits: vec![self.commit.clone()],
            actor: Some(person.to_owned()),
            bot: Some(false),
            default_branch: Some(true),
            default_branch_name: Some(self.branch.clone()),
            merge_queue: false,
            ..job.clone()
        }
    }
}

/// The sections of `stackstep.yaml` at the head of the default branch, as it is now.
pub(super) async fn definition(
    checkout: &DefaultCheckout,
    history: &RepositoryHistory<'_>,
) -> Result<Definition> {
    match history.file_of_branch(&checkout.branch, NAME, true).await {
        FileAt::Text(text) => Ok(Definition::parse(&text)?.unwrap_or_else(Definition::empty)),
        FileAt::Missing => Ok(Definition::empty()),
        FileAt::Unknown(why) => Err(refused(
            format!("`{NAME}` of the default branch `{}` can't be read: {why}", checkout.branch),
            "let the job read the repository: `contents: read` on GitHub, `read_api` on GitLab",
        )),
    }
}

/// The refusal where the forge does not tell what has to be known.
pub(super) fn not_known(trouble: Trouble) -> Error {
    refused(trouble.problem.what, trouble.problem.hint.unwrap_or_else(|| "comment again later".to_owned()))
}

/// A refusal.
pub(super) fn refused(what: impl Into<String>, hint: impl Into<String>) -> Error {
    Error::Refused { what: what.into(), hint: hint.into(), reason: Reason::Gate }
}
