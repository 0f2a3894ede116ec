//! What every forge is asked, by facet: which request asks for what, and how its answer is read.

use crate::base::http::host;
use crate::base::http::{Method, Request, Url};
use crate::base::secret::Secret;
use crate::forge::model::{ChangeRequest, Comment, CommitStatus, Deployment};
use crate::render::{Flavor, Size};
use serde_json::Value;
use std::fmt;

/// A request, and how the JSON of its answer is read: as none where that is not what was asked for.
pub struct RequestFor<T> {
    /// The request.
    pub request: Request,
    /// The reader of its answer.
    pub read: fn(&Value) -> Option<T>,
}

impl<T> RequestFor<T> {
    /// A request whose answer is read by `read`.
    pub(super) fn new(request: Request, read: fn(&Value) -> Option<T>) -> Self {
        Self { request, read }
    }
}

/// One forge: who it is and how one signs in, with the facets that each has.
pub trait Forge: Comments + ChangeRequests + Statuses {
    /// The forge's name, as the input `forge` has it.
    fn name(&self) -> &'static str;

    /// The forge's name, as people write it.
    fn title(&self) -> &'static str;

    /// What people call a change request there, with its number.
    fn request(&self, number: u64) -> String {
        format!("pull request #{number}")
    }

    /// The public forge's address.
    fn public(&self) -> &'static str;

    /// Whether `host` is known to be this forge, without asking it.
    fn is_host(&self, host: &str) -> bool;

    /// The API's address when the repository's page is `server` and `path`, and the repository as the API names it.
    fn locate(&self, server: &Url, path: &str) -> Option<(Url, String)>;

    /// The value of the `Authorization` header.
    fn authorization(&self, token: &Secret) -> Secret;

    /// What to allow a token so that it can comment, in the vendor's words and with a link; `jobs_own` is one that the
    /// forge's own CI system makes for a job.
    fn permission(&self, jobs_own: bool) -> &'static str;

    /// Headers that go with each request, names in small letters.
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// The address of a list's next page, where the answer's body has it and no header.
    fn next_page(&self, _answer: &Value) -> Option<Url> {
        None
    }

    /// The page of deployments. None where there is none that a request can write on.
    fn deployments(&self) -> Option<&dyn Deployments> {
        None
    }
}

/// The facet "comments" of a change request.
pub trait Comments: Sync {
    /// What a comment's Markdown understands.
    fn flavor(&self) -> Flavor;

    /// How much a comment holds, with the vendor's link at the constant.
    fn limit(&self) -> Size;

    /// The first page of a change request's comments; what people said about a line of the code, and what the forge itself
    /// noted, is left out.
    fn list_comments(&self, place: &Place, change_request: u64) -> RequestFor<Vec<Comment>>;

    /// Writes a comment.
    fn create_comment(&self, place: &Place, change_request: u64, body: &str) -> RequestFor<Comment>;

    /// Replaces a comment's text.
    fn update_comment(&self, place: &Place, change_request: u64, comment: &Comment, body: &str) -> Request;

    /// Deletes a comment.
    fn delete_comment(&self, place: &Place, change_request: u64, comment: &Comment) -> Request;

    /// Hides a comment from view, so that the talk about it stays. None where the forge can't.
    fn hide_comment(&self, _place: &Place, _change_request: u64, _comment: &Comment) -> Option<Request> {
        None
    }

    /// Whose token it is, as [`Comment::author`] names users.
    fn token_owner(&self, place: &Place) -> RequestFor<String>;

    /// Whether the forge answers as if it were in trouble when comments are asked for of a change request that is not
    /// there.
    fn breaks_where_none_is(&self) -> bool {
        false
    }
}

/// The facet "change requests".
pub trait ChangeRequests: Sync {
    /// One change request.
    fn change_request(&self, place: &Place, number: u64) -> RequestFor<ChangeRequest>;

    /// The change requests that `commit` belongs to.
    fn change_requests_of_commit(&self, place: &Place, commit: &str) -> RequestFor<Vec<ChangeRequest>>;

    /// The open change requests that come from `branch`, of the repository `fork` where that is another one; others
    /// among them are sorted out above.
    fn change_requests_of_branch(
        &self,
        place: &Place,
        branch: &str,
        fork: Option<&str>,
    ) -> RequestFor<Vec<ChangeRequest>>;

    /// All open change requests. None where [`ChangeRequests::change_requests_of_commit`] finds open ones too.
    fn open_change_requests(&self, _place: &Place) -> Option<RequestFor<Vec<ChangeRequest>>> {
        None
    }
}

/// The facet "statuses" of a commit.
pub trait Statuses: Sync {
    /// Sets a commit's status.
    fn set_status(&self, place: &Place, status: &CommitStatus) -> Request;

    /// Sets a check, which is a status that holds a page of Markdown; `there` names the one that is there already.
    /// None where the forge has none.
    fn set_check(
        &self,
        _place: &Place,
        _status: &CommitStatus,
        _page: &str,
        _there: Option<&str>,
    ) -> Option<Request> {
        None
    }
}

/// The facet "deployments", for a forge that has a page of them.
pub trait Deployments: Sync {
    /// Records a deployment.
    fn record_deployment(&self, place: &Place, deployment: &Deployment) -> Request;

    /// What else has to be asked for when the deployment is recorded, by the answer to that.
    fn complete_deployment(
        &self,
        place: &Place,
        deployment: &Deployment,
        recorded: &Value,
    ) -> Option<Request>;
}

impl Place {
    /// Reads `path` of the API.
    pub(super) fn get_request(&self, path: &str) -> Request {
        self.signed(Request::get(self.url(path)))
    }

    /// Sends `body` to `path` of the API.
    pub(super) fn body_request(&self, method: Method, path: &str, body: &Value) -> Request {
        self.signed(Request::json(method, self.url(path), body))
    }

    /// Deletes `path` of the API.
    pub(super) fn delete_request(&self, path: &str) -> Request {
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
    /// The repository, as in [`super::place::ForgeRepository`].
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
        self.forge.permission(self.jobs_own)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of {} at {}", self.repository, self.forge.name(), host(&self.api))
    }
}
