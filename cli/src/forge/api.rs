//! The trait of a forge and its facets: each makes the request for a question, with the reader of its answer.

use std::fmt;

use serde_json::Value;

use super::contents::{FileRequest, HistoryCommit};
use super::conversation::{Permission, Reaction, WrittenComment};
use super::gate::{GateApproval, GatedJob};
use super::issues::{Issue, IssueChange};
use super::model::{
    ChangeRequest, Comment, CommitStatus, Deployment, FileChange, KeptRecord, NewRecord, QueuedRequest,
    RepositoryFacts, StatusThere,
};
use super::people::Person;
use super::proposals::ProposedFile;
use super::protection::{Protection, Watched};
use super::reading::Reading;
use super::request::RequestFor;
use super::review::Review;
use super::runs::{AskedRun, RunStanding};
use super::survey::Survey;
use crate::base::http::{Request, Url, host};
use crate::base::secret::Secret;
use crate::render::{Flavor, Size};

/// One forge: its names, its addresses and its way to sign in, with the facets that each forge has.
pub trait Forge:
    Comments + ChangeRequests + Statuses + Reviews + Contents + Protections + Runs + Mentions + Merging
{
    /// The forge's name, as in the input `forge`.
    fn name(&self) -> &'static str;

    /// The forge's name, as people write it.
    fn title(&self) -> &'static str;

    /// What people call a change request there, with its number.
    fn request(&self, number: u64) -> String {
        format!("pull request #{number}")
    }

    /// Whether a name has the form of an account's there, as [`super::Person`] has it: only then it can be told from the
    /// accounts of others.
    fn is_account_name(&self, name: &str) -> bool {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    }

    /// The public forge's address.
    fn public(&self) -> &'static str;

    /// Whether `host` is known to be this forge, without asking it.
    fn is_host(&self, host: &str) -> bool;

    /// The address of the API and the repository's name there, for a repository whose page is at `server` and `path`.
    fn locate(&self, server: &Url, path: &str) -> Option<(Url, String)>;

    /// The value of the `Authorization` header.
    fn authorization(&self, token: &Secret) -> Secret;

    /// The permission that a token needs to comment, in the vendor's words and with a link. `jobs_own`: the forge's own
    /// CI system made the token for a job.
    fn permission(&self, jobs_own: bool) -> &'static str;

    /// The permission that a token needs to read something, in the vendor's words and with a link.
    fn needed_to_read(&self, what: Reading) -> &'static str;

    /// Headers for each request, with names in small letters.
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// The address of a list's next page, if the answer has it in its body and not in a header.
    fn next_page(&self, _answer: &Value) -> Option<Url> {
        None
    }

    /// The facet of issues. None if the forge has none that a request can open.
    fn issues(&self) -> Option<&dyn Issues> {
        None
    }

    /// The facet of proposals. None if no request opens a change request there.
    fn proposals(&self) -> Option<&dyn Proposals> {
        None
    }

    /// The facet of deployments. None if the forge has no page of them that a request can write to.
    fn deployments(&self) -> Option<&dyn Deployments> {
        None
    }

    /// The facet of conversations. None if comments start no commands there.
    fn conversations(&self) -> Option<&dyn Conversations> {
        None
    }
}

/// The facet "comments" of a change request.
pub trait Comments: Sync {
    /// The dialect of a comment's Markdown.
    fn flavor(&self) -> Flavor;

    /// The longest comment, with the vendor's link at the constant.
    fn limit(&self) -> Size;

    /// The first page of a change request's comments. Comments on a line of code, and the forge's own entries, are left
    /// out.
    fn list_comments(&self, place: &Place, change_request: u64) -> RequestFor<Vec<Comment>>;

    /// Creates a comment.
    fn create_comment(&self, place: &Place, change_request: u64, body: &str) -> RequestFor<Comment>;

    /// Replaces a comment's text.
    fn update_comment(&self, place: &Place, change_request: u64, comment: &Comment, body: &str) -> Request;

    /// Deletes a comment.
    fn delete_comment(&self, place: &Place, change_request: u64, comment: &Comment) -> Request;

    /// Hides a comment, so that a discussion of it stays. None if the forge can't do that.
    fn hide_comment(&self, _place: &Place, _change_request: u64, _comment: &Comment) -> Option<Request> {
        None
    }

    /// The owner of the token, by the names of [`Comment::author`].
    fn token_owner(&self, place: &Place) -> RequestFor<String>;

    /// Whether the forge answers with a server error to a request for the comments of a change request that does not
    /// exist.
    fn breaks_where_none_is(&self) -> bool {
        false
    }
}

/// The facet "mentions": how a text names people and pages, so that the forge tells them of it.
pub trait Mentions: Sync {
    /// A person or team as a comment names them; `name` has no `@` at its begin.
    fn mention(&self, name: &str) -> String {
        format!("@{name}")
    }

    /// The page of a change request, by the address of the API and the repository's name there. None if it can't be told.
    fn page_of_request(&self, api: &Url, repository: &str, number: u64) -> Option<String>;

    /// Creates a comment on a commit. None if the forge has none, or tells nobody of them.
    fn comment_on_commit(&self, _place: &Place, _commit: &str, _body: &str) -> Option<RequestFor<()>> {
        None
    }
}

/// The facet "change requests".
pub trait ChangeRequests: Sync {
    /// One change request.
    fn change_request(&self, place: &Place, number: u64) -> RequestFor<ChangeRequest>;

    /// The change requests that `commit` belongs to.
    fn change_requests_of_commit(&self, place: &Place, commit: &str) -> RequestFor<Vec<ChangeRequest>>;

    /// The open change requests from `branch`, which is in the repository `fork` if that is another one. Others in the
    /// list are removed by the caller.
    fn change_requests_of_branch(
        &self,
        place: &Place,
        branch: &str,
        fork: Option<&str>,
    ) -> RequestFor<Vec<ChangeRequest>>;

    /// All open change requests, the latest first if the forge can sort them.
    fn open_change_requests(&self, place: &Place) -> RequestFor<Vec<ChangeRequest>>;

    /// The repository's immutable id and its present name.
    fn repository(&self, place: &Place) -> RequestFor<RepositoryFacts>;

    /// Whether [`ChangeRequests::change_requests_of_commit`] finds open ones too.
    fn finds_open_ones_by_commit(&self) -> bool {
        true
    }
}

/// The facet "merging" of change requests: the files that they change, and the queue in which they are merged.
pub trait Merging: Sync {
    /// The first page of the files that a change request changes. None if the forge does not tell.
    fn changed_files(&self, _place: &Place, _number: u64) -> Option<RequestFor<Vec<FileChange>>> {
        None
    }

    /// The number of files that a change request changes, on a forge whose list may end early. None on others.
    fn count_of_changed_files(&self, _place: &Place, _number: u64) -> Option<RequestFor<u64>> {
        None
    }

    /// The change requests in the merge queue or merge train of a branch, the next one first. None if the forge has no such
    /// thing.
    fn queue(&self, _place: &Place, _branch: &str) -> Option<RequestFor<Vec<QueuedRequest>>> {
        None
    }
}

/// The facet "issues", for a forge that has them.
pub trait Issues: Sync {
    /// Opens an issue.
    fn open_issue(&self, place: &Place, title: &str, body: &str) -> RequestFor<Issue>;

    /// An issue, with who closed it.
    fn issue(&self, place: &Place, number: u64) -> Survey<Issue>;

    /// The first page of the issues, open and closed, that this account has opened. Others in the list are removed by the
    /// caller, and change requests by the reader.
    fn issues_of(&self, place: &Place, author: &str) -> RequestFor<Vec<Issue>>;

    /// Changes an issue.
    fn change_issue(&self, place: &Place, number: u64, change: &IssueChange<'_>) -> Request;

    /// Comments on an issue.
    fn comment_on_issue(&self, place: &Place, number: u64, body: &str) -> Request;

    /// The permission that a token needs for this, in the vendor's words and with a link.
    fn needed_for_issues(&self) -> &'static str;
}

/// The facet "proposals": a file on a branch of its own, and the change request for it.
pub trait Proposals: Sync {
    /// The requests that bring the file onto its branch, in their order: that is made, or is there already.
    fn bring_file(&self, place: &Place, file: &ProposedFile<'_>, is_branch_there: bool) -> Vec<Request>;

    /// Opens the change request.
    fn open_change_request(&self, place: &Place, file: &ProposedFile<'_>) -> RequestFor<ChangeRequest>;

    /// The permission that a token needs for this, in the vendor's words and with a link.
    fn needed_for_proposals(&self) -> &'static str;
}

/// The facet "conversation" of a change request, for a forge whose comments can ask for something.
pub trait Conversations: Sync {
    /// A comment on a change request, by its id.
    fn written_comment(&self, place: &Place, change_request: u64, id: u64) -> RequestFor<WrittenComment>;

    /// What the owner of an account may do; none if they may do nothing.
    fn permission(&self, place: &Place, account: &str) -> RequestFor<Option<Permission>>;

    /// Adds a reaction to a comment.
    fn react(&self, place: &Place, change_request: u64, id: u64, reaction: Reaction) -> Request;

    /// What a token needs to read somebody's permission.
    fn needed(&self) -> Reading {
        Reading::Writers
    }
}

/// The facet "statuses" of a commit.
pub trait Statuses: Sync {
    /// Sets a commit's status.
    fn set_status(&self, place: &Place, status: &CommitStatus) -> Request;

    /// Sets a check, which is a status with a page of Markdown. `there` is the id of the one to update. None if the
    /// forge has no checks.
    fn set_check(
        &self,
        _place: &Place,
        _status: &CommitStatus,
        _page: &str,
        _there: Option<&str>,
    ) -> Option<Request> {
        None
    }

    /// The statuses of a commit with the name `name`; others in the list are removed by the caller.
    fn statuses_there(&self, place: &Place, commit: &str, name: &str) -> RequestFor<Vec<StatusThere>>;

    /// The checks of a commit with the name `name`. None if the forge has no checks.
    fn checks_there(
        &self,
        _place: &Place,
        _commit: &str,
        _name: &str,
    ) -> Option<RequestFor<Vec<StatusThere>>> {
        None
    }
}

/// The facet "reviews" of a change request, and whose they are.
pub trait Reviews: Sync {
    /// The reviews of a change request, the oldest first.
    fn reviews(&self, place: &Place, change_request: u64) -> Survey<Vec<Review>>;

    /// The members of a team, by the words in which `stackstep.yaml` names it, without the `@`: `acme/platform`. None if the
    /// forge tells no team's members, or knows no team by such words.
    fn team_members(&self, place: &Place, team: &str) -> Option<Survey<Vec<Person>>>;
}

/// The facet "contents" of a repository: its files and its history.
pub trait Contents: Sync {
    /// The name of the default branch.
    fn default_branch(&self, place: &Place) -> RequestFor<String>;

    /// The commit at the head of a branch.
    fn branch_head(&self, place: &Place, branch: &str) -> RequestFor<String>;

    /// A commit, by its whole hash or an abbreviation.
    fn commit(&self, place: &Place, commit: &str) -> RequestFor<HistoryCommit>;

    /// A file at a commit.
    fn file(&self, place: &Place, commit: &str, path: &str) -> FileRequest;

    /// Whether the commit `tip` is or contains `commit`, both by their whole hashes.
    fn contains(&self, place: &Place, tip: &str, commit: &str) -> RequestFor<bool>;

    /// The commits that `to` contains and `from` does not, in any order.
    fn commits_between(&self, place: &Place, from: &str, to: &str) -> RequestFor<Vec<HistoryCommit>>;
}

/// The facet "protection": what the forge lets through, and who opened its gates.
pub trait Protections: Sync {
    /// What protects the branches, tags and environments that are watched.
    fn protection(&self, place: &Place, watched: &Watched) -> Survey<Protection>;

    /// Who approved at the gate of a job's environment. None if the forge has no such gate, or none that it tells of.
    fn gate_approvals(&self, _place: &Place, _job: &GatedJob) -> Option<Survey<Vec<GateApproval>>> {
        None
    }
}

/// The facet "runs" of the forge's own CI system.
pub trait Runs: Sync {
    /// Whether a run has ended. None if the forge has no CI system that is asked.
    fn run_standing(&self, _place: &Place, _run: &AskedRun) -> Option<RequestFor<RunStanding>> {
        None
    }

    /// Who started the job whose own token the place has. None if the forge does not tell by that token.
    fn starter_of_own_job(&self, _place: &Place) -> Option<RequestFor<Person>> {
        None
    }
}

/// The facet "deployments", for a forge that has a page of them.
pub trait Deployments: Sync {
    /// Records a deployment.
    fn record_deployment(&self, place: &Place, deployment: &Deployment) -> Request;

    /// A further request that completes the deployment, from the answer to the first one. None if nothing is left to
    /// do.
    fn complete_deployment(
        &self,
        place: &Place,
        deployment: &Deployment,
        recorded: &Value,
    ) -> Option<Request>;

    /// Adds a record that is no deployment: a text of ours, which can be found again by `task`. None if the forge keeps
    /// no text with a deployment.
    fn add_record(&self, _place: &Place, _record: &NewRecord<'_>) -> Option<RequestFor<KeptRecord>> {
        None
    }

    /// The first page of the records with this `task`, the newest first. None if the forge keeps no text with a
    /// deployment.
    fn list_records(&self, _place: &Place, _task: &str) -> Option<RequestFor<Vec<KeptRecord>>> {
        None
    }
}

/// A repository on a forge, and the token to use.
#[derive(Clone)]
pub struct Place {
    /// The forge.
    pub forge: &'static dyn Forge,
    /// The address of the forge's API, with a `/` at its end.
    pub api: Url,
    /// The repository, as in [`super::place::ForgeRepository`].
    pub repository: String,
    /// The token to use.
    pub token: Secret,
    /// The author of our own comments, if it is known.
    pub author: Option<String>,
    /// The likely author of our comments, for a token that can't tell its owner.
    pub likely_author: Option<&'static str>,
    /// Whether the forge's own CI system made the token for the job.
    pub jobs_own: bool,
}

impl Place {
    /// The permission that the token needs to comment, for a hint.
    pub fn permission(&self) -> &'static str {
        self.forge.permission(self.jobs_own)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of {} at {}", self.repository, self.forge.name(), host(&self.api))
    }
}
