//! Gitea and Forgejo.
//!
//! Comments of a pull request are those of its issue. The API is described at each server under `/api/swagger`; both
//! publish it: <https://docs.gitea.com/api/>, <https://codeberg.org/api/swagger>.

use serde_json::{Value, json};

use super::{
    ChangeRequest, Comment, CommitStatus, Forge, Place, State, cut, each, field, id, is_called, part, parts,
    text,
};
use crate::base::http::{Method, Request, Url};
use crate::base::secret::Secret;
use crate::render::{Flavor, Size};

/// Gitea and Forgejo.
pub struct Gitea;

/// No limit is documented, and 70,000 characters are taken: what people can still read on GitHub they can read here.
const COMMENT: usize = 65_536;

/// A status's description is a column of text; the list shows one line.
const DESCRIPTION: usize = 255;

impl Forge for Gitea {
    fn name(&self) -> &'static str {
        "gitea"
    }

    fn title(&self) -> &'static str {
        "Gitea or Forgejo"
    }

    fn flavor(&self) -> Flavor {
        Flavor::GITEA
    }

    fn limit(&self) -> Size {
        Size::Chars(COMMENT)
    }

    fn is_host(&self, host: &str) -> bool {
        ["codeberg.org", "gitea.com", "code.forgejo.org"].contains(&host)
            || is_called(host, "gitea")
            || is_called(host, "forgejo")
    }

    fn public(&self) -> &'static str {
        "https://gitea.com"
    }

    fn locate(&self, server: &Url, path: &str) -> Option<(Url, String)> {
        let mut names = path.split('/');
        let (owner, name) = (names.next()?, names.next()?);
        Some((server.join("api/v1/").ok()?, format!("{owner}/{name}")))
    }

    fn permission(&self) -> &'static str {
        "the token needs the scopes `write:issue` and `read:repository` (`write:repository` for statuses), and \
         `read:user` unless `comment-author` is set \
         (https://docs.gitea.com/development/oauth2-provider#scopes)"
    }

    fn job_permission(&self) -> &'static str {
        "the job's own token is read-only for a fork's pull request; any other needs the scopes `write:issue` and \
         `read:repository` (`write:repository` for statuses), and `read:user` unless `comment-author` is set \
         (https://docs.gitea.com/development/oauth2-provider#scopes)"
    }

    // https://docs.gitea.com/development/api-usage#authentication
    fn authorization(&self, token: &Secret) -> Secret {
        Secret::new(format!("token {}", token.expose()))
    }

    // Not every version pages this list; those that do say so in `Link`.
    fn comments(&self, place: &Place, change_request: u64) -> Request {
        place.get(&format!("{}/issues/{change_request}/comments?limit=50", repository(place)))
    }

    // Status 500, in 1.26.
    fn breaks_where_none_is(&self) -> bool {
        true
    }

    fn read_comments(&self, answer: &Value) -> Option<Vec<Comment>> {
        each(Some(answer), |comment| self.read_comment(comment))
    }

    fn create(&self, place: &Place, change_request: u64, body: &str) -> Request {
        let path = format!("{}/issues/{change_request}/comments", repository(place));
        place.send(Method::POST, &path, &field("body", body))
    }

    fn update(&self, place: &Place, _change_request: u64, comment: &Comment, body: &str) -> Request {
        let path = format!("{}/issues/comments/{}", repository(place), comment.id);
        place.send(Method::PATCH, &path, &field("body", body))
    }

    fn delete(&self, place: &Place, _change_request: u64, comment: &Comment) -> Request {
        place.remove(&format!("{}/issues/comments/{}", repository(place), comment.id))
    }

    fn read_comment(&self, answer: &Value) -> Option<Comment> {
        Some(Comment {
            id: id(answer, "/id")?,
            node: None,
            author: text(answer, "/user/login").unwrap_or_default(),
            body: text(answer, "/body").unwrap_or_default(),
            hidden: None,
        })
    }

    fn me(&self, place: &Place) -> Request {
        place.get("user")
    }

    fn read_me(&self, answer: &Value) -> Option<String> {
        text(answer, "/login")
    }

    // The pull request that brought the commit in, or none (404): one that is open is not found by it.
    fn of_commit(&self, place: &Place, commit: &str) -> Request {
        place.get(&format!("{}/commits/{}/pull", repository(place), part(commit)))
    }

    // There is no filter by branch.
    fn of_branch(&self, place: &Place, _branch: &str, _fork: Option<&str>) -> Request {
        open(place)
    }

    fn open(&self, place: &Place) -> Option<Request> {
        Some(open(place))
    }

    fn read_change_requests(&self, answer: &Value) -> Option<Vec<ChangeRequest>> {
        if answer.is_object() {
            return Some(vec![self.read_change_request(answer)?]);
        }
        each(Some(answer), |pull| self.read_change_request(pull))
    }

    fn change_request(&self, place: &Place, number: u64) -> Request {
        place.get(&format!("{}/pulls/{number}", repository(place)))
    }

    fn read_change_request(&self, answer: &Value) -> Option<ChangeRequest> {
        let repository = |end: &str| answer.pointer(&format!("/{end}/repo_id")).and_then(Value::as_i64);
        Some(ChangeRequest {
            number: answer.get("number")?.as_u64()?,
            open: answer.get("state")? == "open",
            merged: answer.get("merged") == Some(&Value::Bool(true)),
            locked: answer.get("is_locked") == Some(&Value::Bool(true)),
            branch: text(answer, "/head/ref"),
            head: text(answer, "/head/sha"),
            fork: repository("head").zip(repository("base")).map(|(head, base)| head != base),
        })
    }

    fn status(&self, place: &Place, status: &CommitStatus) -> Request {
        let path = format!("{}/statuses/{}", repository(place), part(&status.commit));
        let body = json!({
            "state": match status.state {
                State::Pending => "pending",
                State::Success => "success",
                State::Failure => "failure",
            },
            "context": status.name,
            "description": cut(&status.description, DESCRIPTION),
            "target_url": status.url.clone().unwrap_or_default(),
        });
        place.send(Method::POST, &path, &body)
    }
}

fn open(place: &Place) -> Request {
    place.get(&format!("{}/pulls?state=open&sort=recentupdate&limit=50", repository(place)))
}

fn repository(place: &Place) -> String {
    format!("repos/{}", parts(&place.repository))
}
