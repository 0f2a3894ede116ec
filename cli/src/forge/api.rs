//! What every forge can be asked: which request asks for what, and how its answer is read.

use crate::base::http::host;
use crate::base::http::{Method, Request, Url};
use crate::base::secret::Secret;
use crate::render::{Flavor, Size};
use serde_json::Value;
use std::fmt;

/// A comment on a change request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its name on the forge; of a thread's comment both, as `thread/comment`.
    pub id: String,
    /// GitHub's GraphQL node id, which hiding a comment needs. None on forges that use `id` for everything.
    pub node: Option<String>,
    /// Who wrote it, as the forge names users.
    pub author: String,
    /// Its Markdown.
    pub body: String,
    /// Whether it is hidden or resolved already. None where the list does not tell.
    pub hidden: Option<bool>,
}

impl Comment {
    /// Where it stands among others: a later comment has a greater number on every forge.
    pub fn age(&self) -> u64 {
        self.id.split('/').next().and_then(|number| number.parse().ok()).unwrap_or(0)
    }
}

/// A change request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeRequest {
    /// Its number.
    pub number: u64,
    /// Whether it is open.
    pub open: bool,
    /// Whether it was merged.
    pub merged: bool,
    /// Whether people are kept from commenting.
    pub locked: bool,
    /// The branch that it comes from.
    pub branch: Option<String>,
    /// The commit at its head.
    pub head: Option<String>,
    /// Whether it comes from another repository. None where that is not told.
    pub fork: Option<bool>,
}

/// How a commit's status, or a deployment, looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The run is not over.
    Pending,
    /// It is good.
    Success,
    /// It is not.
    Failure,
}

/// A status of a commit.
#[derive(Debug, Clone)]
pub struct CommitStatus {
    /// The commit.
    pub commit: String,
    /// Its name: `stackstep / project / stack`, with the organisation, the backend and the `comment-key` where there are such.
    pub name: String,
    /// How it looks.
    pub state: State,
    /// One line.
    pub description: String,
    /// Where to read more.
    pub url: Option<String>,
}

/// A deployment to an environment, for the forge's own page of them.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The environment's name.
    pub environment: String,
    /// Its address.
    pub url: Option<String>,
    /// The commit that was deployed.
    pub commit: String,
    /// The branch or tag that it is of.
    pub reference: String,
    /// Whether that is a tag.
    pub tag: bool,
    /// How it ended.
    pub state: State,
    /// Whether the environment is gone now.
    pub removed: bool,
    /// The job's page.
    pub log: Option<String>,
}

/// One forge. What reads an answer gets its JSON, and gives none where that is not what was asked for.
pub trait Forge: Sync {
    /// Its name, as the input `forge` has it.
    fn name(&self) -> &'static str;

    /// Its name, as people write it.
    fn title(&self) -> &'static str;

    /// What its comments understand.
    fn flavor(&self) -> Flavor;

    /// How much a comment holds, with the vendor's link at the constant.
    fn limit(&self) -> Size;

    /// Whether `host` is known to be this forge, without asking it.
    fn is_host(&self, host: &str) -> bool;

    /// The public one's address.
    fn public(&self) -> &'static str;

    /// The API's address when the repository's page is `server` and `path`, and the repository as the API names it.
    fn locate(&self, server: &Url, path: &str) -> Option<(Url, String)>;

    /// What to allow a token so that it can comment, in the vendor's words and with a link.
    fn permission(&self) -> &'static str;

    /// The same for the token that the forge's own CI system makes for a job.
    fn job_permission(&self) -> &'static str {
        self.permission()
    }

    /// The value of the `Authorization` header.
    fn authorization(&self, token: &Secret) -> Secret;

    /// Headers that go with each request, names in small letters.
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Asks for the first page of a change request's comments.
    fn comments(&self, place: &Place, change_request: u64) -> Request;

    /// Whether it answers as if it were in trouble when they are asked for of a change request that is not there.
    fn breaks_where_none_is(&self) -> bool {
        false
    }

    /// Reads a page of them; what people said about a line of the code, and what the forge itself noted, is left out.
    fn read_comments(&self, answer: &Value) -> Option<Vec<Comment>>;

    /// Where the next page is, where the answer's body says so and no header.
    fn next_page(&self, _answer: &Value) -> Option<Url> {
        None
    }

    /// Asks to write one.
    fn create(&self, place: &Place, change_request: u64, body: &str) -> Request;

    /// Asks to replace its text.
    fn update(&self, place: &Place, change_request: u64, comment: &Comment, body: &str) -> Request;

    /// Asks to delete it.
    fn delete(&self, place: &Place, change_request: u64, comment: &Comment) -> Request;

    /// Asks to hide it from view, so that the talk about it stays. None where the forge can't.
    fn hide(&self, _place: &Place, _change_request: u64, _comment: &Comment) -> Option<Request> {
        None
    }

    /// Reads the comment that was created.
    fn read_comment(&self, answer: &Value) -> Option<Comment>;

    /// Asks whose token it is.
    fn me(&self, place: &Place) -> Request;

    /// Reads whose it is, as [`Comment::author`] names users.
    fn read_me(&self, answer: &Value) -> Option<String>;

    /// Asks for the change requests that `commit` belongs to.
    fn of_commit(&self, place: &Place, commit: &str) -> Request;

    /// Asks for the open change requests that come from `branch`, of the repository `fork` where that is another one;
    /// others among them are sorted out above.
    fn of_branch(&self, place: &Place, branch: &str, fork: Option<&str>) -> Request;

    /// Asks for all open change requests. None where [`Forge::of_commit`] finds open ones too.
    fn open(&self, _place: &Place) -> Option<Request> {
        None
    }

    /// Reads a list of change requests.
    fn read_change_requests(&self, answer: &Value) -> Option<Vec<ChangeRequest>>;

    /// Asks for one change request.
    fn change_request(&self, place: &Place, number: u64) -> Request;

    /// Reads it.
    fn read_change_request(&self, answer: &Value) -> Option<ChangeRequest>;

    /// Asks to set a commit's status.
    fn status(&self, place: &Place, status: &CommitStatus) -> Request;

    /// Asks for a check, which is a status that holds a page of Markdown; `there` names the one that is there already.
    /// None where the forge has none.
    fn check(
        &self,
        _place: &Place,
        _status: &CommitStatus,
        _page: &str,
        _there: Option<&str>,
    ) -> Option<Request> {
        None
    }

    /// Asks to record a deployment. None where the forge has no page of them that a request can write on.
    fn deployment(&self, _place: &Place, _deployment: &Deployment) -> Option<Request> {
        None
    }

    /// What else has to be asked for when the deployment is recorded.
    fn deployment_end(&self, _place: &Place, _deployment: &Deployment, _answer: &Value) -> Option<Request> {
        None
    }
}

impl Place {
    /// Reads `path` of the API.
    pub(super) fn get(&self, path: &str) -> Request {
        self.signed(Request::get(self.url(path)))
    }

    /// Sends `body` to `path` of the API.
    pub(super) fn send(&self, method: Method, path: &str, body: &Value) -> Request {
        self.signed(Request::json(method, self.url(path), body))
    }

    /// Deletes `path` of the API.
    pub(super) fn remove(&self, path: &str) -> Request {
        self.signed(Request { method: Method::DELETE, ..Request::get(self.url(path)) })
    }

    /// A request that says who asks.
    pub fn signed(&self, request: Request) -> Request {
        Request {
            authorization: Some(self.forge.authorization(&self.token)),
            headers: self.forge.headers().to_vec(),
            metered: true,
            ..request
        }
    }

    /// The paths are written here, with every foreign part encoded, so they are always good.
    pub(super) fn url(&self, path: &str) -> Url {
        self.api.join(path).unwrap_or_else(|_| self.api.clone())
    }
}

/// A repository on a forge, and who asks.
#[derive(Clone)]
pub struct Place {
    /// The forge.
    pub forge: &'static dyn Forge,
    /// The address of the forge's API, with a `/` at its end.
    pub api: Url,
    /// The repository, as in [`super::place::Where`].
    pub repository: String,
    /// The token that asks.
    pub token: Secret,
    /// Whose comments are our own, where that is known.
    pub author: Option<String>,
    /// Whose they are most likely, where the token can't ask.
    pub likely_author: Option<&'static str>,
    /// Whether the token is one that the forge's own CI system made for the job.
    pub jobs_own: bool,
}

impl Place {
    /// What to allow the token so that it can comment.
    pub fn permission(&self) -> &'static str {
        if self.jobs_own { self.forge.job_permission() } else { self.forge.permission() }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of {} at {}", self.repository, self.forge.name(), host(&self.api))
    }
}
