//! The checkout in which is done what somebody asks for on a change request, by a comment or by a label: that of the default
//! branch, and nothing else.

use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::base::error::{Error, Result};
use crate::base::git::tree::{KnownBranch, SignIn};
use crate::base::git::{self, short_commit};
use crate::base::http::Url;
use crate::base::secret::Secret;
use crate::ci::Context;
use crate::delivery::Definition;
use crate::delivery::fetched_tree::FetchedTree;
use crate::delivery::history::{FileAt, RepositoryHistory};
use crate::forge::{ChangeRequest, Client, Trouble};
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
    /// Finds it for `verb`. Fails if the work folder holds anything else than the default branch's own commit of this job.
    pub async fn find(verb: &str, found: &Prepared<'_>, history: &RepositoryHistory<'_>) -> Result<Self> {
        let context = &found.context;
        let elsewhere = |what: String| {
            refused(
                format!("`{verb}` is refused: {what}"),
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

    /// The facts of a job that `person` has started for a change at this commit. A fork's commit is the one that is allowed;
    /// one of the repository's own branch is code of people who may write to it.
    pub fn proposed(&self, job: &Context, person: &str, request: &ChangeRequest, commit: &str) -> Context {
        let is_ours = request.fork == Some(false);
        let own = std::iter::once(self.commit.clone()).chain(is_ours.then(|| commit.to_owned()));
        Context {
            commit: Some(commit.to_owned()),
            branch: request.branch.clone(),
            change_request: Some(request.number),
            target_branch: request.target.clone(),
            fork: Some(!is_ours),
            trusted: Some(is_ours),
            proposed: true,
            own_commits: own.collect(),
            allowed_commit: (!is_ours).then(|| commit.to_owned()),
            default_branch: Some(false),
            ..self.context(job, person)
        }
    }

    /// The files of a commit of the repository, or of a change's head, in a folder of our own.
    pub async fn tree(&self, commit: &str, found: &Prepared<'_>, client: &Client<'_>) -> Result<FetchedTree> {
        let sign_in = sign_in(found, client);
        FetchedTree::fetch(&self.top, commit, self.known(), sign_in.as_ref(), found.env).await
    }
}

/// The sign-in at the forge's git by the job's token, for a checkout that keeps none of its own: what a change's program can
/// read has no token then. <https://git-scm.com/docs/git-config#Documentation/git-config.txt-httpextraHeader>
fn sign_in(found: &Prepared<'_>, client: &Client<'_>) -> Option<SignIn> {
    let remote = found.ci.origin(found.env).remote?;
    let url = Url::parse(&remote).ok()?;
    let place = client.place();
    let user = if place.forge.name() == "gitlab" { "oauth2" } else { "x-access-token" };
    let both = BASE64_STANDARD.encode(format!("{user}:{}", place.token.expose()));
    let header = Secret::new(format!("Authorization: Basic {both}"));
    Some(SignIn { server: url.origin().ascii_serialization(), header })
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
