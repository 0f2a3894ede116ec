//! Asks a forge: sends what it writes, follows the pages of a list, and says what went wrong.

use std::cell::{Cell, OnceCell};
use std::time::Duration;

use serde_json::Value;

use super::trouble::{Trouble, TroubleKind};
use super::{ChangeRequest, Comment, CommitStatus, Deployment, Place};
use crate::base::http::{Http, Limits, Request, Url};

/// What one request may cost: a page of comments can hold a hundred long ones.
pub const LIMITS: Limits = Limits {
    try_time: Duration::from_secs(15),
    tries: 4,
    pause: Duration::from_millis(500),
    longest_pause: Duration::from_secs(60),
    body: 64 << 20,
};

/// More pages than any change request has that people still read.
const PAGES: usize = 100;

/// One forge and one repository, with a token.
pub struct Client<'a> {
    http: &'a Http,
    place: &'a Place,
    me: OnceCell<Option<String>>,
    calls: Cell<u32>,
}

type Done<T> = Result<T, Trouble>;

impl<'a> Client<'a> {
    /// Asks `place` by `http`.
    pub fn new(http: &'a Http, place: &'a Place) -> Self {
        Self { http, place, me: OnceCell::new(), calls: Cell::new(0) }
    }

    /// Who is asked.
    pub fn place(&self) -> &'a Place {
        self.place
    }

    /// How many requests there were, without those that were sent again.
    pub fn calls(&self) -> u32 {
        self.calls.get()
    }

    /// Sends `request`, which should `do_what`. The JSON of the answer, and where its next page is.
    async fn ask(&self, do_what: &str, request: &Request) -> Done<(Value, Option<Url>)> {
        self.calls.set(self.calls.get() + 1);
        let answer =
            self.http.send(request).await.map_err(|failure| Trouble::unanswered(do_what, &failure))?;
        if !(200..300).contains(&answer.status) || answer.status == 203 {
            return Err(Trouble::refused(self.place, do_what, &answer));
        }
        let body = answer.body.expose();
        if body.trim().is_empty() {
            return Ok((Value::Null, None));
        }
        let value: Value =
            serde_json::from_str(body).map_err(|_| Trouble::unreadable(self.place, do_what))?;
        // How GraphQL refuses.
        if value.get("errors").and_then(Value::as_array).is_some_and(|errors| !errors.is_empty()) {
            let refused = Trouble::refused(self.place, do_what, &answer);
            return Err(Trouble { kind: TroubleKind::Denied, ..refused });
        }
        let next = answer.next.or_else(|| self.place.forge.next_page(&value));
        Ok((value, next))
    }

    async fn read<T>(&self, do_what: &str, request: &Request, read: impl Fn(&Value) -> Option<T>) -> Done<T> {
        let (value, _) = self.ask(do_what, request).await?;
        read(&value).ok_or_else(|| Trouble::unreadable(self.place, do_what))
    }

    /// All pages of a list.
    async fn all<T>(
        &self,
        do_what: &str,
        first: Request,
        read: impl Fn(&Value) -> Option<Vec<T>>,
    ) -> Done<Vec<T>> {
        let mut request = first;
        let mut items = Vec::new();
        for _ in 0..PAGES {
            let (value, next) = self.ask(do_what, &request).await?;
            items.extend(read(&value).ok_or_else(|| Trouble::unreadable(self.place, do_what))?);
            // The token goes to nobody else, whatever a page says.
            // A forge behind a proxy may name itself by another scheme or port.
            let Some(next) = next.filter(|next| next.host_str() == self.place.api.host_str()) else { break };
            let mut url = self.place.api.clone();
            url.set_path(next.path());
            url.set_query(next.query());
            request = self.place.signed(Request::get(url));
        }
        Ok(items)
    }

    /// All comments on a change request, the oldest first.
    pub async fn comments(&self, number: u64) -> Done<Vec<Comment>> {
        let forge = self.place.forge;
        let do_what = format!("read the comments on change request {number}");
        let mut comments =
            self.all(&do_what, forge.comments(self.place, number), |page| forge.read_comments(page)).await?;
        comments.sort_by_key(Comment::age);
        Ok(comments)
    }

    /// Writes a comment.
    pub async fn create(&self, number: u64, body: &str) -> Done<Comment> {
        let forge = self.place.forge;
        let do_what = format!("comment on change request {number}");
        self.read(&do_what, &forge.create(self.place, number, body), |answer| forge.read_comment(answer))
            .await
    }

    /// Replaces a comment's text.
    pub async fn update(&self, number: u64, comment: &Comment, body: &str) -> Done<()> {
        let request = self.place.forge.update(self.place, number, comment, body);
        self.ask(&format!("update the comment on change request {number}"), &request).await.map(drop)
    }

    /// Deletes a comment; one that is gone already is no trouble.
    pub async fn delete(&self, number: u64, comment: &Comment) -> Done<()> {
        let request = self.place.forge.delete(self.place, number, comment);
        match self.ask(&format!("delete an old comment on change request {number}"), &request).await {
            Err(trouble) if trouble.kind != TroubleKind::Missing => Err(trouble),
            _ => Ok(()),
        }
    }

    /// Hides a comment where the forge can do that, deletes it elsewhere.
    pub async fn take_away(&self, number: u64, comment: &Comment) -> Done<()> {
        let Some(request) = self.place.forge.hide(self.place, number, comment) else {
            return self.delete(number, comment).await;
        };
        match self.ask(&format!("hide an old comment on change request {number}"), &request).await {
            Err(trouble) if trouble.kind != TroubleKind::Missing => Err(trouble),
            _ => Ok(()),
        }
    }

    /// Whose comments are our own. None where nobody can tell; asked for once.
    pub async fn me(&self) -> Option<String> {
        if let Some(author) = &self.place.author {
            return Some(author.clone());
        }
        if let Some(known) = self.me.get() {
            return known.clone();
        }
        let forge = self.place.forge;
        let asked =
            self.read("find out whose token it is", &forge.me(self.place), |me| forge.read_me(me)).await;
        let me = asked.ok().or_else(|| self.place.likely_author.map(str::to_owned));
        self.me.get_or_init(|| me).clone()
    }

    /// One change request.
    pub async fn change_request(&self, number: u64) -> Done<ChangeRequest> {
        let forge = self.place.forge;
        let do_what = format!("read change request {number}");
        let request = forge.change_request(self.place, number);
        self.read(&do_what, &request, |answer| forge.read_change_request(answer)).await
    }

    /// The change requests that `commit` belongs to; none where the forge does not know the commit.
    pub async fn of_commit(&self, commit: &str) -> Done<Vec<ChangeRequest>> {
        let forge = self.place.forge;
        let request = forge.of_commit(self.place, commit);
        let found = self.all("look for the change request of the commit", request, |page| {
            forge.read_change_requests(page)
        });
        match found.await {
            Err(trouble) if matches!(trouble.kind, TroubleKind::Missing | TroubleKind::Rejected) => {
                Ok(Vec::new())
            }
            other => other,
        }
    }

    /// The open change requests at `commit`, where [`Client::of_commit`] finds merged ones only.
    pub async fn at_commit(&self, commit: &str) -> Done<Vec<ChangeRequest>> {
        let forge = self.place.forge;
        let Some(request) = forge.open(self.place) else { return Ok(Vec::new()) };
        let found = self.all("look for the change request of the commit", request, |page| {
            forge.read_change_requests(page)
        });
        let mut found = found.await?;
        found.retain(|one| one.open && one.head.as_deref() == Some(commit));
        Ok(found)
    }

    /// The open change requests of this repository that come from its `branch`, or are at `commit`; the branch can be
    /// one of `fork`.
    pub async fn of_branch(
        &self,
        branch: &str,
        commit: Option<&str>,
        fork: Option<&str>,
    ) -> Done<Vec<ChangeRequest>> {
        let forge = self.place.forge;
        let request = forge.of_branch(self.place, branch, fork);
        let found = self
            .all("look for the branch's change request", request, |page| forge.read_change_requests(page));
        let mut found = found.await?;
        // A fork can have a branch of the same name.
        let ours = |one: &ChangeRequest| one.branch.as_deref() == Some(branch) && one.fork != Some(true);
        let at_commit = |one: &ChangeRequest| commit.is_some() && one.head.as_deref() == commit;
        found.retain(|one| one.open && (ours(one) || at_commit(one)));
        Ok(found)
    }

    /// Sets a commit's status.
    pub async fn status(&self, status: &CommitStatus) -> Done<()> {
        let request = self.place.forge.status(self.place, status);
        self.ask("set the commit's status", &request).await.map(drop)
    }

    /// Sets a check; its name on the forge. None where the forge has no checks, or has them for others than this token:
    /// on GitHub only apps and jobs may set them.
    pub async fn check(
        &self,
        status: &CommitStatus,
        page: &str,
        there: Option<&str>,
    ) -> Done<Option<String>> {
        let Some(request) = self.place.forge.check(self.place, status, page, there) else { return Ok(None) };
        match self.ask("set the commit's check", &request).await {
            Ok((answer, _)) => Ok(super::id(&answer, "/id")),
            Err(trouble) if matches!(trouble.kind, TroubleKind::Denied | TroubleKind::Missing) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    /// Records a deployment. False where the forge has no page of them.
    pub async fn deployment(&self, deployment: &Deployment) -> Done<bool> {
        let forge = self.place.forge;
        let Some(request) = forge.deployment(self.place, deployment) else { return Ok(false) };
        let do_what = format!("record the deployment to `{}`", deployment.environment);
        let (answer, _) = self.ask(&do_what, &request).await?;
        if let Some(request) = forge.deployment_end(self.place, deployment, &answer) {
            self.ask(&do_what, &request).await?;
        }
        Ok(true)
    }
}
