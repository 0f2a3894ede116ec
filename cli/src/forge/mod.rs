//! Where people review: one file a forge, pure. A forge says which request asks for what and reads the answer;
//! sending, paging, retries and the comment's behaviours are written once, above.
//!
//! A new forge is a file here, a line in [`FORGES`], and its fixtures. It is never chosen by the CI system's name
//! alone: CircleCI and Azure Pipelines build repositories of GitHub too.

use crate::http::{Answer, Request, Url};
use crate::render::{Flavor, Size};
use crate::secret::Secret;

/// The forges, in the order they are asked whether an address is theirs.
pub static FORGES: &[&dyn Forge] = &[];

/// A repository on a forge, and who asks.
#[derive(Debug, Clone)]
pub struct Place {
    /// The address of the forge's API, with a `/` at its end.
    pub api: Url,
    /// The repository, as the forge names it: `owner/name`, on GitLab with all groups, on Azure Repos
    /// `organization/project/name`.
    pub repository: String,
    /// The token that asks.
    pub token: Secret,
}

/// A comment on a change request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its name on the forge; of a thread's comment both, as `thread/comment`.
    pub id: String,
    /// Who wrote it, as the forge names users.
    pub author: String,
    /// Its Markdown.
    pub body: String,
    /// Whether it is hidden or resolved already.
    pub hidden: bool,
}

/// A page of a list, and how the next one is asked for.
#[derive(Debug)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// The request for the next page; none on the last.
    pub next: Option<Request>,
}

/// A change request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRequest {
    /// Its number.
    pub number: u64,
    /// Whether it is open.
    pub open: bool,
    /// Whether it was merged.
    pub merged: bool,
    /// The branch that it comes from.
    pub branch: Option<String>,
    /// The commit at its head.
    pub head: Option<String>,
}

/// How a commit's status looks.
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
    /// Its name: `stackstep / project / stack`.
    pub name: String,
    /// How it looks.
    pub state: State,
    /// One line; forges cut it at 140 characters or so.
    pub description: String,
    /// Where to read more.
    pub url: Option<String>,
}

/// Why an answer was of no use, for a person: with the missing permission where that is the reason.
pub type Refusal = String;

/// One forge.
pub trait Forge: Sync {
    /// Its name, as the input `forge` has it.
    fn name(&self) -> &'static str;

    /// What its comments understand.
    fn flavor(&self) -> Flavor;

    /// How much a comment holds, with the vendor's link at the constant.
    fn limit(&self) -> Size;

    /// The API's address when the repository's pages are below `server`: `https://github.com`.
    fn api(&self, server: &Url) -> Option<Url>;

    /// Whether `host` is known to be this forge, without asking it.
    fn is_host(&self, host: &str) -> bool;

    /// What to allow the token so that it can comment, in the vendor's words and with a link.
    fn permission(&self) -> &'static str;

    /// Asks for the first page of a change request's comments, oldest first where the forge lets us choose.
    fn comments(&self, place: &Place, change_request: u64) -> Request;

    /// Reads a page of them.
    fn read_comments(
        &self,
        place: &Place,
        asked: &Request,
        answer: &Answer,
    ) -> Result<Page<Comment>, Refusal>;

    /// Asks to write one.
    fn create(&self, place: &Place, change_request: u64, body: &str) -> Request;

    /// Asks to replace its text.
    fn update(&self, place: &Place, change_request: u64, comment: &Comment, body: &str) -> Request;

    /// Asks to take it away: deleted, or hidden where the forge has that.
    fn remove(&self, place: &Place, change_request: u64, comment: &Comment) -> Request;

    /// Reads the comment that was created or updated.
    fn read_comment(&self, answer: &Answer) -> Result<Comment, Refusal>;

    /// Asks whose token it is. None where no token can ask.
    fn me(&self, place: &Place) -> Option<Request>;

    /// Reads whose it is, as [`Comment::author`] names users.
    fn read_me(&self, answer: &Answer) -> Result<String, Refusal>;

    /// Asks for the change requests that `commit` belongs to.
    fn of_commit(&self, place: &Place, commit: &str) -> Option<Request>;

    /// Asks for the open change requests that come from `branch`.
    fn of_branch(&self, place: &Place, branch: &str) -> Option<Request>;

    /// Reads a list of change requests.
    fn read_change_requests(&self, answer: &Answer) -> Result<Vec<ChangeRequest>, Refusal>;

    /// Asks for one change request.
    fn change_request(&self, place: &Place, number: u64) -> Request;

    /// Reads it.
    fn read_change_request(&self, answer: &Answer) -> Result<ChangeRequest, Refusal>;

    /// Asks to set a commit's status. None where the forge has none.
    fn status(&self, place: &Place, status: &CommitStatus) -> Option<Request>;
}
