//! The things on a forge: comments, change requests, statuses, deployments.

use super::people::Person;

/// A comment on a change request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The comment's id on the forge; for one in a thread `thread/comment`.
    pub id: String,
    /// GitHub's GraphQL node id, which is needed to hide a comment. None on forges that use `id` for everything.
    pub node: Option<String>,
    /// The author, by the forge's name for users.
    pub author: String,
    /// The comment's Markdown.
    pub body: String,
    /// Whether it is hidden or resolved already. None if the list does not tell.
    pub hidden: Option<bool>,
    /// The time at which its text was last changed, in RFC 3339. None if the forge does not tell.
    pub at: Option<String>,
}

impl Comment {
    /// The comment's place among others: a later comment has a greater number on every forge.
    pub fn age(&self) -> u64 {
        self.id.split('/').next().and_then(|number| number.parse().ok()).unwrap_or(0)
    }
}

/// A change request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeRequest {
    /// The change request's number.
    pub number: u64,
    /// Whether it is open.
    pub open: bool,
    /// Whether it was merged.
    pub merged: bool,
    /// Whether commenting is blocked.
    pub locked: bool,
    /// The branch that it comes from.
    pub branch: Option<String>,
    /// The commit at its head.
    pub head: Option<String>,
    /// Whether it comes from another repository. None if that is not known.
    pub fork: Option<bool>,
    /// Who opened it. None for an account that is gone.
    pub author: Option<Person>,
    /// The branch that it is to be merged into.
    pub target: Option<String>,
    /// The commit on the target branch that merged it; for one that was merged commit by commit the last. None if it was
    /// not merged, or the forge does not tell.
    pub merge_commit: Option<String>,
    /// The time at which it was merged, in RFC 3339. None if it was not merged, or the forge does not tell.
    pub merged_at: Option<String>,
    /// The time at which it was closed or merged, in RFC 3339; on Bitbucket, which does not tell, that of the last change
    /// since. None if it is not known to be closed.
    pub closed_at: Option<String>,
    /// The immutable id of the repository that it was opened in. None if the forge does not tell.
    pub repository: Option<String>,
    /// Its labels; none where a forge has no labels, or does not list them.
    pub labels: Vec<String>,
}

/// What a forge says of a repository itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepositoryFacts {
    /// The forge's own id, which stays when the repository is renamed or moved, and which no other one ever gets.
    pub id: String,
    /// The name that it has now, as in an address: `owner/name`.
    pub path: String,
}

/// A file that a change request changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileChange {
    /// The path at which the file is afterwards. None if it is removed.
    pub written: Option<String>,
    /// The path at which it was and is no longer. None if it has not got another name and is not removed.
    pub removed: Option<String>,
}

/// A change request in a merge queue or merge train.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedRequest {
    /// The change request's number.
    pub number: u64,
    /// The commit that the branch would be at if it and all before it were merged. None if there is none yet.
    pub commit: Option<String>,
    /// The commit on top of which that one was made. None if the forge does not tell.
    pub base: Option<String>,
}

/// The state of a commit's status, or of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The run has not ended.
    Pending,
    /// The run succeeded.
    Success,
    /// The run failed.
    Failure,
}

/// A status of a commit.
#[derive(Debug, Clone)]
pub struct CommitStatus {
    /// The commit that the status is of.
    pub commit: String,
    /// The status's name: `stackstep / project / stack`, with the organisation, the backend and the `comment-key` if
    /// there are such.
    pub name: String,
    /// The status's state.
    pub state: State,
    /// A line of text beside the state.
    pub description: String,
    /// The address of a page with more.
    pub url: Option<String>,
}

/// A status or check that a commit has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusThere {
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: State,
    /// The id to update it by, if it is a check.
    pub check: Option<String>,
}

/// A deployment to an environment, for the forge's page of deployments.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The environment's name.
    pub environment: String,
    /// The environment's address.
    pub url: Option<String>,
    /// The commit that was deployed.
    pub commit: String,
    /// The branch or tag that the commit was deployed from.
    pub reference: String,
    /// Whether `reference` is a tag.
    pub tag: bool,
    /// The state of the deployment at its end.
    pub state: State,
    /// Whether the deployment has removed the environment.
    pub removed: bool,
    /// The job's page.
    pub log: Option<String>,
    /// A line of text beside the state.
    pub description: String,
}

/// A text of ours to keep on the forge's page of deployments.
#[derive(Debug, Clone, Copy)]
pub struct NewRecord<'a> {
    /// The name by which it is found again.
    pub task: &'a str,
    /// The environment that it is shown under.
    pub environment: &'a str,
    /// A commit, which the forge wants to know.
    pub commit: &'a str,
    /// A line for people.
    pub description: &'a str,
    /// The text.
    pub text: &'a str,
}

/// A text of ours that the forge keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRecord {
    /// The record's id on the forge: an earlier one has a smaller number.
    pub id: u64,
    /// The text.
    pub text: String,
}
