//! Talks to a forge: sends the requests that the forge's file makes, follows the pages of a list, and turns failures
//! into messages.

use std::cell::{Cell, OnceCell};
use std::time::Duration;

use serde_json::Value;

pub(super) mod contents;
mod conversation;
pub(super) mod history;
mod issues;
mod merging;
mod proposals;
mod reviews;
mod statuses;

use super::trouble::{Trouble, TroubleKind};
use super::{
    ChangeRequest, Comment, CommitStatus, Deployment, KeptRecord, NewRecord, Place, Reading, RepositoryFacts,
    RequestFor,
};
use crate::base::http::{Answer, Http, Limits, Request, Url};

/// The limits of one request. The body limit is large, as a page of comments can hold a hundred long ones.
pub const LIMITS: Limits = Limits {
    try_time: Duration::from_secs(15),
    tries: 4,
    pause: Duration::from_millis(500),
    longest_pause: Duration::from_secs(60),
    body: 64 << 20,
};

/// The most pages of a list: more than any change request has that people still read.
const PAGES: usize = 100;

/// The client of one repository on one forge, with a token.
pub struct Client<'a> {
    http: &'a Http,
    place: &'a Place,
    own_author: OnceCell<Option<String>>,
    calls: Cell<u32>,
}

type Done<T> = Result<T, Trouble>;

impl<'a> Client<'a> {
    /// A client for `place` that sends by `http`.
    pub fn new(http: &'a Http, place: &'a Place) -> Self {
        Self { http, place, own_author: OnceCell::new(), calls: Cell::new(0) }
    }

    /// The forge, the repository and the token of this client.
    pub fn place(&self) -> &'a Place {
        self.place
    }

    /// The number of requests, without those that were sent again.
    pub fn calls(&self) -> u32 {
        self.calls.get()
    }

    /// Sends `request`; `do_what` describes it for messages. Returns the JSON of the answer, and the address of its
    /// next page.
    async fn ask(&self, do_what: &str, request: &Request) -> Done<(Value, Option<Url>)> {
        self.ask_needing(do_what, request, None).await
    }

    /// Sends `request`, as [`Client::ask`] does. `needs`: the permission that it needs, if it is another one than that for
    /// comments.
    async fn ask_needing(
        &self,
        do_what: &str,
        request: &Request,
        needs: Option<&'static str>,
    ) -> Done<(Value, Option<Url>)> {
        let answer = self.answer(do_what, request, needs).await?;
        let body = answer.body.expose();
        if body.trim().is_empty() {
            return Ok((Value::Null, None));
        }
        let value: Value =
            serde_json::from_str(body).map_err(|_| Trouble::unreadable(self.place, do_what))?;
        // GraphQL reports a refusal in the body.
        if value.get("errors").and_then(Value::as_array).is_some_and(|errors| !errors.is_empty()) {
            let refused = Trouble::refused(self.place, do_what, &answer, needs);
            return Err(Trouble { kind: TroubleKind::Denied, ..refused });
        }
        let next = answer.next.or_else(|| self.place.forge.next_page(&value));
        Ok((value, next))
    }

    /// Sends `request`. Returns the answer if it is no refusal.
    async fn answer(&self, do_what: &str, request: &Request, needs: Option<&'static str>) -> Done<Answer> {
        self.calls.set(self.calls.get() + 1);
        let answer =
            self.http.send(request).await.map_err(|failure| Trouble::unanswered(do_what, &failure))?;
        if !(200..300).contains(&answer.status) || answer.status == 203 {
            return Err(Trouble::refused(self.place, do_what, &answer, needs));
        }
        Ok(answer)
    }

    async fn read<T>(&self, do_what: &str, wanted: &RequestFor<T>) -> Done<T> {
        let (value, _) = self.ask_needing(do_what, &wanted.request, wanted.needs).await?;
        (wanted.read)(&value).ok_or_else(|| Trouble::unreadable(self.place, do_what))
    }

    /// Reads all pages of a list.
    async fn read_pages<T>(&self, do_what: &str, list: RequestFor<Vec<T>>) -> Done<Vec<T>> {
        self.read_some(do_what, list, usize::MAX).await.map(|(items, _)| items)
    }

    /// Reads the pages of a list until it has `most` items. Returns whether there are more.
    async fn read_some<T>(
        &self,
        do_what: &str,
        list: RequestFor<Vec<T>>,
        most: usize,
    ) -> Done<(Vec<T>, bool)> {
        let RequestFor { mut request, read, needs } = list;
        let mut items = Vec::new();
        for _ in 0..PAGES {
            let (value, next) = self.ask_needing(do_what, &request, needs).await?;
            items.extend(read(&value).ok_or_else(|| Trouble::unreadable(self.place, do_what))?);
            let Some(next) = self.next_page(next) else {
                let more = items.len() > most;
                items.truncate(most);
                return Ok((items, more));
            };
            if items.len() >= most {
                items.truncate(most);
                return Ok((items, true));
            }
            request = next;
        }
        Ok((items, true))
    }

    /// The request for a list's next page. The token is sent to no other host, whatever a page says. A forge behind a
    /// proxy may name itself by another scheme or port.
    fn next_page(&self, next: Option<Url>) -> Option<Request> {
        let next = next.filter(|next| next.host_str() == self.place.api.host_str())?;
        let mut url = self.place.api.clone();
        url.set_path(next.path());
        url.set_query(next.query());
        Some(self.place.signed(Request::get(url)))
    }

    /// All comments on a change request, the oldest first.
    pub async fn comments(&self, number: u64) -> Done<Vec<Comment>> {
        let do_what = format!("read the comments on {}", self.place.forge.request(number));
        let list = self.place.forge.list_comments(self.place, number);
        let mut comments = self.read_pages(&do_what, list).await?;
        comments.sort_by_key(Comment::age);
        Ok(comments)
    }

    /// Creates a comment.
    pub async fn create_comment(&self, number: u64, body: &str) -> Done<Comment> {
        let do_what = format!("comment on {}", self.place.forge.request(number));
        self.read(&do_what, &self.place.forge.create_comment(self.place, number, body)).await
    }

    /// Creates a comment on a commit. Returns false if the forge has no such comments.
    pub async fn comment_on_commit(&self, commit: &str, body: &str) -> Done<bool> {
        let Some(wanted) = self.place.forge.comment_on_commit(self.place, commit, body) else {
            return Ok(false);
        };
        self.read("comment on the commit", &wanted).await.map(|()| true)
    }

    /// Replaces a comment's text.
    pub async fn update_comment(&self, number: u64, comment: &Comment, body: &str) -> Done<()> {
        let request = self.place.forge.update_comment(self.place, number, comment, body);
        self.ask(&format!("update the comment on {}", self.place.forge.request(number)), &request)
            .await
            .map(drop)
    }

    /// Deletes a comment. One that does not exist any more is no error.
    pub async fn delete_comment(&self, number: u64, comment: &Comment) -> Done<()> {
        let request = self.place.forge.delete_comment(self.place, number, comment);
        self.ask_away(&format!("delete an old comment on {}", self.place.forge.request(number)), &request)
            .await
    }

    /// Hides a comment if the forge can do that, else deletes it.
    pub async fn take_comment_away(&self, number: u64, comment: &Comment) -> Done<()> {
        match self.place.forge.hide_comment(self.place, number, comment) {
            Some(request) => {
                self.ask_away(
                    &format!("hide an old comment on {}", self.place.forge.request(number)),
                    &request,
                )
                .await
            }
            None => self.delete_comment(number, comment).await,
        }
    }

    /// Sends a request that removes something. It is no error if the thing does not exist any more.
    async fn ask_away(&self, do_what: &str, request: &Request) -> Done<()> {
        match self.ask(do_what, request).await {
            Err(trouble) if trouble.kind != TroubleKind::Missing => Err(trouble),
            _ => Ok(()),
        }
    }

    /// The author of our own comments. None if that can't be found out. The forge is asked once.
    pub async fn own_author(&self) -> Option<String> {
        if let Some(author) = &self.place.author {
            return Some(author.clone());
        }
        if let Some(known) = self.own_author.get() {
            return known.clone();
        }
        let owner = self.place.forge.token_owner(self.place);
        let asked = self.read("find out whose token it is", &owner).await;
        let author = asked.ok().or_else(|| self.place.likely_author.map(str::to_owned));
        self.own_author.get_or_init(|| author).clone()
    }

    /// One change request.
    pub async fn change_request(&self, number: u64) -> Done<ChangeRequest> {
        let do_what = format!("read {}", self.place.forge.request(number));
        self.read(&do_what, &self.place.forge.change_request(self.place, number)).await
    }

    /// The repository's immutable id and its present name.
    pub async fn repository(&self) -> Done<RepositoryFacts> {
        let wanted = self.place.forge.repository(self.place);
        let wanted = wanted.needing_by_default(self.place.forge.needed_to_read(Reading::Contents));
        self.read("read the repository's id", &wanted).await
    }

    /// The change requests that `commit` belongs to; none if the forge does not know the commit.
    pub async fn change_requests_of_commit(&self, commit: &str) -> Done<Vec<ChangeRequest>> {
        let list = self.place.forge.change_requests_of_commit(self.place, commit);
        match self.read_pages("look for the change request of the commit", list).await {
            Err(trouble) if matches!(trouble.kind, TroubleKind::Missing | TroubleKind::Rejected) => {
                Ok(Vec::new())
            }
            other => other,
        }
    }

    /// The open change requests at `commit`, for a forge on which [`Client::change_requests_of_commit`] finds merged
    /// ones only.
    pub async fn open_change_requests_at(&self, commit: &str) -> Done<Vec<ChangeRequest>> {
        if self.place.forge.finds_open_ones_by_commit() {
            return Ok(Vec::new());
        }
        let list = self.place.forge.open_change_requests(self.place);
        let mut found = self.read_pages("look for the change request of the commit", list).await?;
        found.retain(|one| one.open && one.head.as_deref() == Some(commit));
        Ok(found)
    }

    /// The open change requests from this repository's `branch`, or with their head at `commit`. `fork`: the repository
    /// of the branch if it is another one.
    pub async fn change_requests_of_branch(
        &self,
        branch: &str,
        commit: Option<&str>,
        fork: Option<&str>,
    ) -> Done<Vec<ChangeRequest>> {
        let list = self.place.forge.change_requests_of_branch(self.place, branch, fork);
        let mut found = self.read_pages("look for the branch's change request", list).await?;
        // A fork can have a branch of the same name.
        let ours = |one: &ChangeRequest| one.branch.as_deref() == Some(branch) && one.fork != Some(true);
        let at_commit = |one: &ChangeRequest| commit.is_some() && one.head.as_deref() == commit;
        found.retain(|one| one.open && (ours(one) || at_commit(one)));
        Ok(found)
    }

    /// Sets a commit's status.
    pub async fn set_status(&self, status: &CommitStatus) -> Done<()> {
        let request = self.place.forge.set_status(self.place, status);
        self.ask("set the commit's status", &request).await.map(drop)
    }

    /// Sets a check. Returns the check's id on the forge; none if the forge has no checks, or does not let this token
    /// set them: on GitHub only apps and jobs may.
    pub async fn set_check(
        &self,
        status: &CommitStatus,
        page: &str,
        there: Option<&str>,
    ) -> Done<Option<String>> {
        let Some(request) = self.place.forge.set_check(self.place, status, page, there) else {
            return Ok(None);
        };
        match self.ask("set the commit's check", &request).await {
            Ok((answer, _)) => Ok(super::number_at(&answer, "/id")),
            Err(trouble) if matches!(trouble.kind, TroubleKind::Denied | TroubleKind::Missing) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    /// Records a deployment. Returns false if the forge has no page of deployments.
    pub async fn record_deployment(&self, deployment: &Deployment) -> Done<bool> {
        let Some(deployments) = self.place.forge.deployments() else { return Ok(false) };
        let do_what = format!("record the deployment to `{}`", deployment.environment);
        let (recorded, _) =
            self.ask(&do_what, &deployments.record_deployment(self.place, deployment)).await?;
        if let Some(request) = deployments.complete_deployment(self.place, deployment, &recorded) {
            self.ask(&do_what, &request).await?;
        }
        Ok(true)
    }

    /// Adds a record to the forge's page of deployments. None if the forge keeps no text there.
    pub async fn add_record(&self, record: &NewRecord<'_>) -> Done<Option<KeptRecord>> {
        let wanted = self.place.forge.deployments().and_then(|facet| facet.add_record(self.place, record));
        let Some(wanted) = wanted else { return Ok(None) };
        self.read("add an entry to the ledger", &wanted).await.map(Some)
    }

    /// The newest records with this `task`, of at most `pages` pages, the newest first. None if the forge keeps no text
    /// there.
    pub async fn records(&self, task: &str, pages: usize) -> Done<Option<Vec<KeptRecord>>> {
        let wanted = self.place.forge.deployments().and_then(|facet| facet.list_records(self.place, task));
        let Some(wanted) = wanted else { return Ok(None) };
        self.read_some("read the ledger", wanted, pages * 100).await.map(|(records, _)| Some(records))
    }
}
