//! Gitea and Forgejo.
//!
//! Comments of a pull request are those of its issue. The API is described at each server under `/api/swagger`; both
//! publish it: <https://docs.gitea.com/api/>, <https://codeberg.org/api/swagger>.

use serde_json::{Value, json};

mod contents;
mod conversation;
mod issues;
mod mentions;
mod proposals;
mod protection;
mod reviews;
mod runs;

use super::{
    ChangeRequest, ChangeRequests, Comment, Comments, CommitStatus, Conversations, FileChange, Forge, Issues,
    Merging, Person, Place, Proposals, Reading, RepositoryFacts, RequestFor, State, StatusThere, Statuses,
    begins_with_name, cut_to, encoded, encoded_path, number_at, one_field, read_each, read_list, text_at,
};
use crate::base::http::{Method, Request, Url};
use crate::base::secret::Secret;
use crate::render::{Flavor, Size};

/// Gitea and Forgejo.
pub struct Gitea;

/// The most characters of a comment. No limit is documented, and 70,000 characters are accepted: this is GitHub's
/// limit, which people can still read.
const COMMENT: usize = 65_536;

/// The most characters of a status's description. Its column takes any text; the list shows one line.
const DESCRIPTION: usize = 255;

impl Forge for Gitea {
    fn name(&self) -> &'static str {
        "gitea"
    }

    fn title(&self) -> &'static str {
        "Gitea or Forgejo"
    }

    fn is_host(&self, host: &str) -> bool {
        ["codeberg.org", "gitea.com", "code.forgejo.org"].contains(&host)
            || begins_with_name(host, "gitea")
            || begins_with_name(host, "forgejo")
    }

    fn public(&self) -> &'static str {
        "https://gitea.com"
    }

    fn locate(&self, server: &Url, path: &str) -> Option<(Url, String)> {
        let mut names = path.split('/');
        let (owner, name) = (names.next()?, names.next()?);
        Some((server.join("api/v1/").ok()?, format!("{owner}/{name}")))
    }

    fn permission(&self, jobs_own: bool) -> &'static str {
        if jobs_own {
            "the job's own token is read-only for a fork's pull request; any other needs the scopes `write:issue` and \
             `read:repository` (`write:repository` for statuses), and `read:user` unless `comment-author` is set \
             (https://docs.gitea.com/development/oauth2-provider#scopes)"
        } else {
            "the token needs the scopes `write:issue` and `read:repository` (`write:repository` for statuses), and \
             `read:user` unless `comment-author` is set \
             (https://docs.gitea.com/development/oauth2-provider#scopes)"
        }
    }

    fn needed_to_read(&self, what: Reading) -> &'static str {
        match what {
            Reading::Reviews | Reading::Writers | Reading::Contents | Reading::Statuses | Reading::Runs => {
                "the token needs the scope `read:repository` \
                 (https://docs.gitea.com/development/oauth2-provider#scopes)"
            }
            Reading::Teams => {
                "the token needs the scope `read:organization`, and whose it is must be in the organization \
                 (https://docs.gitea.com/development/oauth2-provider#scopes)"
            }
            Reading::Protection => {
                "the token needs the scope `read:repository`, and has to be an administrator's of the repository \
                 (https://docs.gitea.com/usage/access-control/protected-branches)"
            }
            Reading::Environments => "it has no environments",
        }
    }

    // https://docs.gitea.com/development/api-usage#authentication
    fn authorization(&self, token: &Secret) -> Secret {
        Secret::new(format!("token {}", token.expose()))
    }

    fn conversations(&self) -> Option<&dyn Conversations> {
        Some(self)
    }

    fn issues(&self) -> Option<&dyn Issues> {
        Some(self)
    }

    fn proposals(&self) -> Option<&dyn Proposals> {
        Some(self)
    }
}

impl Comments for Gitea {
    fn flavor(&self) -> Flavor {
        Flavor::GITEA
    }

    fn limit(&self) -> Size {
        Size::Chars(COMMENT)
    }

    // Not every version has pages of this list; those that do have the next one in `Link`.
    fn list_comments(&self, place: &Place, change_request: u64) -> RequestFor<Vec<Comment>> {
        RequestFor::new(
            place.get_request(&format!("{}/issues/{change_request}/comments?limit=50", repository(place))),
            read_comments,
        )
    }

    fn create_comment(&self, place: &Place, change_request: u64, body: &str) -> RequestFor<Comment> {
        let path = format!("{}/issues/{change_request}/comments", repository(place));
        RequestFor::new(place.body_request(Method::POST, &path, &one_field("body", body)), read_comment)
    }

    fn update_comment(&self, place: &Place, _change_request: u64, comment: &Comment, body: &str) -> Request {
        let path = format!("{}/issues/comments/{}", repository(place), comment.id);
        place.body_request(Method::PATCH, &path, &one_field("body", body))
    }

    fn delete_comment(&self, place: &Place, _change_request: u64, comment: &Comment) -> Request {
        place.delete_request(&format!("{}/issues/comments/{}", repository(place), comment.id))
    }

    fn token_owner(&self, place: &Place) -> RequestFor<String> {
        RequestFor::new(place.get_request("user"), read_token_owner)
    }

    // Version 1.26 answers with status 500.
    fn breaks_where_none_is(&self) -> bool {
        true
    }
}

impl ChangeRequests for Gitea {
    fn change_request(&self, place: &Place, number: u64) -> RequestFor<ChangeRequest> {
        RequestFor::new(
            place.get_request(&format!("{}/pulls/{number}", repository(place))),
            read_change_request,
        )
    }

    // Finds the pull request that brought the commit in, or none (404), but no open one.
    fn change_requests_of_commit(&self, place: &Place, commit: &str) -> RequestFor<Vec<ChangeRequest>> {
        RequestFor::new(
            place.get_request(&format!("{}/commits/{}/pull", repository(place), encoded(commit))),
            read_change_requests,
        )
    }

    // The API has no filter by branch.
    fn change_requests_of_branch(
        &self,
        place: &Place,
        _branch: &str,
        _fork: Option<&str>,
    ) -> RequestFor<Vec<ChangeRequest>> {
        open_pulls(place)
    }

    fn open_change_requests(&self, place: &Place) -> RequestFor<Vec<ChangeRequest>> {
        open_pulls(place)
    }

    fn repository(&self, place: &Place) -> RequestFor<RepositoryFacts> {
        RequestFor::new(place.get_request(&repository(place)), RepositoryFacts::read)
    }

    fn finds_open_ones_by_commit(&self) -> bool {
        false
    }
}

impl Merging for Gitea {
    fn changed_files(&self, place: &Place, number: u64) -> Option<RequestFor<Vec<FileChange>>> {
        let path = format!("{}/pulls/{number}/files?limit=50", repository(place));
        Some(RequestFor::new(place.get_request(&path), |answer| read_each(Some(answer), FileChange::read)))
    }

    fn count_of_changed_files(&self, place: &Place, number: u64) -> Option<RequestFor<u64>> {
        let path = format!("{}/pulls/{number}", repository(place));
        Some(RequestFor::new(place.get_request(&path), |answer| answer.get("changed_files")?.as_u64()))
    }
}

impl Statuses for Gitea {
    fn set_status(&self, place: &Place, status: &CommitStatus) -> Request {
        let path = format!("{}/statuses/{}", repository(place), encoded(&status.commit));
        let body = json!({
            "state": match status.state {
                State::Pending => "pending",
                State::Success => "success",
                State::Failure => "failure",
            },
            "context": status.name,
            "description": cut_to(&status.description, DESCRIPTION),
            "target_url": status.url.clone().unwrap_or_default(),
        });
        place.body_request(Method::POST, &path, &body)
    }

    // The latest status of each name.
    fn statuses_there(&self, place: &Place, commit: &str, _name: &str) -> RequestFor<Vec<StatusThere>> {
        let path = format!("{}/commits/{}/status?limit=50", repository(place), encoded(commit));
        RequestFor::new(place.get_request(&path), |answer| {
            // A commit without any has none.
            let list = answer.get("statuses").filter(|list| !list.is_null()).cloned();
            read_list(Some(&list.unwrap_or_else(|| json!([]))), |one| {
                let state = match one.get("status")?.as_str()? {
                    "success" => State::Success,
                    "pending" => State::Pending,
                    _ => State::Failure,
                };
                Some(StatusThere { name: text_at(one, "/context")?, state, check: None })
            })
        })
    }
}

fn read_comments(answer: &Value) -> Option<Vec<Comment>> {
    read_list(Some(answer), read_comment)
}

fn read_comment(answer: &Value) -> Option<Comment> {
    Some(Comment {
        id: number_at(answer, "/id")?,
        node: None,
        author: text_at(answer, "/user/login").unwrap_or_default(),
        body: text_at(answer, "/body").unwrap_or_default(),
        hidden: None,
        at: text_at(answer, "/updated_at"),
    })
}

/// Reads an account. That of Actions has a number below zero.
fn read_person(account: &Value) -> Option<Person> {
    let name = text_at(account, "/login")?;
    let bot = account.get("id").and_then(Value::as_i64).is_some_and(|id| id < 0);
    Some(Person::with_name(name, bot))
}

fn read_token_owner(answer: &Value) -> Option<String> {
    text_at(answer, "/login")
}

fn read_change_requests(answer: &Value) -> Option<Vec<ChangeRequest>> {
    if answer.is_object() {
        return Some(vec![read_change_request(answer)?]);
    }
    read_list(Some(answer), read_change_request)
}

fn read_change_request(answer: &Value) -> Option<ChangeRequest> {
    let repository = |end: &str| answer.pointer(&format!("/{end}/repo_id")).and_then(Value::as_i64);
    let merged = answer.get("merged") == Some(&Value::Bool(true));
    Some(ChangeRequest {
        number: answer.get("number")?.as_u64()?,
        open: answer.get("state")? == "open",
        merged,
        locked: answer.get("is_locked") == Some(&Value::Bool(true)),
        branch: text_at(answer, "/head/ref"),
        head: text_at(answer, "/head/sha"),
        fork: repository("head").zip(repository("base")).map(|(head, base)| head != base),
        author: answer.get("user").and_then(read_person),
        target: text_at(answer, "/base/ref"),
        merge_commit: text_at(answer, "/merge_commit_sha").filter(|_| merged),
        merged_at: text_at(answer, "/merged_at").filter(|_| merged),
        closed_at: text_at(answer, "/closed_at")
            .filter(|_| answer.get("state").is_some_and(|is| is == "closed")),
        repository: number_at(answer, "/base/repo_id"),
        labels: read_list(answer.get("labels"), |label| text_at(label, "/name")).unwrap_or_default(),
    })
}

fn open_pulls(place: &Place) -> RequestFor<Vec<ChangeRequest>> {
    let path = format!("{}/pulls?state=open&sort=recentupdate&limit=50", repository(place));
    RequestFor::new(place.get_request(&path), read_change_requests)
}

fn repository(place: &Place) -> String {
    format!("repos/{}", encoded_path(&place.repository))
}
