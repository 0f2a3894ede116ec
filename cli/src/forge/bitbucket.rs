//! Bitbucket Cloud.
//!
//! Pull requests and their comments:
//! <https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/>. Statuses:
//! <https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commit-statuses/>.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

mod contents;
mod mentions;
mod merging;
mod protection;
mod reviews;

use super::{
    ChangeRequest, ChangeRequests, Comment, Comments, CommitStatus, Forge, Person, Place, Reading,
    RepositoryFacts, RequestFor, Runs, State, StatusThere, Statuses, cut_to, encoded, encoded_path,
    number_at, read_list, text_at,
};
use crate::base::http::{Method, Request, Url};
use crate::base::secret::Secret;
use crate::render::{Flavor, Size};

/// Bitbucket Cloud.
pub struct Bitbucket;

/// The most characters of a comment: <https://jira.atlassian.com/browse/BCLOUD-20966>
const COMMENT: usize = 32_768;

/// The most characters of a status's key, and of its name.
/// <https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commit-statuses/>
const KEY: usize = 40;
const NAME: usize = 255;

impl Forge for Bitbucket {
    fn name(&self) -> &'static str {
        "bitbucket"
    }

    fn title(&self) -> &'static str {
        "Bitbucket"
    }

    fn is_host(&self, host: &str) -> bool {
        host == "bitbucket.org" || host == "altssh.bitbucket.org"
    }

    // The account's id or `{uuid}`: nobody is known by a name there, as that can be anybody's.
    // https://developer.atlassian.com/cloud/bitbucket/bitbucket-api-changes-gdpr/
    fn is_account_name(&self, name: &str) -> bool {
        let is_uuid = name.starts_with('{') && name.ends_with('}');
        let is_id =
            name.len() >= 24 && name.bytes().all(|byte| byte.is_ascii_hexdigit() || b":-".contains(&byte));
        is_uuid || is_id
    }

    fn public(&self) -> &'static str {
        "https://bitbucket.org"
    }

    fn locate(&self, server: &Url, path: &str) -> Option<(Url, String)> {
        let public = server.host_str().is_some_and(|host| self.is_host(host));
        let api = if public { Url::parse("https://api.bitbucket.org/2.0/") } else { server.join("2.0/") };
        let mut names = path.split('/');
        let (workspace, name) = (names.next()?, names.next()?);
        Some((api.ok()?, format!("{workspace}/{name}")))
    }

    fn permission(&self, _jobs_own: bool) -> &'static str {
        "the token needs the permission \"Pull requests: Write\" (for statuses \"Repositories: Write\"), such as a \
         repository access token (https://support.atlassian.com/bitbucket-cloud/docs/repository-access-tokens/); an \
         API token of a person is written as `email:token`"
    }

    // https://developer.atlassian.com/cloud/bitbucket/rest/intro/#authentication
    fn needed_to_read(&self, what: Reading) -> &'static str {
        match what {
            Reading::Reviews => {
                "the token needs the permission \"Pull requests: Read\" \
                 (https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/)"
            }
            Reading::Contents | Reading::Statuses => {
                "the token needs the permission \"Repositories: Read\" \
                 (https://developer.atlassian.com/cloud/bitbucket/rest/api-group-repositories/)"
            }
            Reading::Writers => {
                "who may write is told to administrators of the repository only: the token needs the permission \
                 \"Repositories: Admin\" (https://developer.atlassian.com/cloud/bitbucket/rest/api-group-workspaces/)"
            }
            Reading::Teams => {
                "the token needs the permission \"Account: Read\" \
                 (https://developer.atlassian.com/cloud/bitbucket/rest/api-group-workspaces/)"
            }
            Reading::Protection => {
                "the token needs the permission \"Repositories: Admin\" \
                 (https://developer.atlassian.com/cloud/bitbucket/rest/api-group-branch-restrictions/)"
            }
            Reading::Environments => {
                "the token needs the permission \"Pipelines: Read\" \
                 (https://developer.atlassian.com/cloud/bitbucket/rest/api-group-deployments/)"
            }
            Reading::Runs => "runs are not asked for there",
        }
    }

    /// An access token is sent as a bearer token; a person's API token is a password for their address.
    /// <https://support.atlassian.com/bitbucket-cloud/docs/using-api-tokens/>
    fn authorization(&self, token: &Secret) -> Secret {
        let token = token.expose();
        if token.contains(':') {
            return Secret::new(format!("Basic {}", BASE64_STANDARD.encode(token)));
        }
        Secret::new(format!("Bearer {token}"))
    }

    fn next_page(&self, answer: &Value) -> Option<Url> {
        Url::parse(answer.get("next")?.as_str()?).ok()
    }
}

impl Runs for Bitbucket {}

impl Comments for Bitbucket {
    fn flavor(&self) -> Flavor {
        Flavor::BITBUCKET
    }

    fn limit(&self) -> Size {
        Size::Chars(COMMENT)
    }

    // https://developer.atlassian.com/cloud/bitbucket/rest/intro/#pagination
    fn list_comments(&self, place: &Place, change_request: u64) -> RequestFor<Vec<Comment>> {
        RequestFor::new(
            place.get_request(&format!("{}/comments?pagelen=100", pull_request(place, change_request))),
            read_comments,
        )
    }

    fn create_comment(&self, place: &Place, change_request: u64, body: &str) -> RequestFor<Comment> {
        let path = format!("{}/comments", pull_request(place, change_request));
        RequestFor::new(
            place.body_request(Method::POST, &path, &json!({ "content": { "raw": body } })),
            read_comment,
        )
    }

    fn update_comment(&self, place: &Place, change_request: u64, comment: &Comment, body: &str) -> Request {
        let path = format!("{}/comments/{}", pull_request(place, change_request), comment.id);
        place.body_request(Method::PUT, &path, &json!({ "content": { "raw": body } }))
    }

    fn delete_comment(&self, place: &Place, change_request: u64, comment: &Comment) -> Request {
        place.delete_request(&format!("{}/comments/{}", pull_request(place, change_request), comment.id))
    }

    // https://developer.atlassian.com/cloud/bitbucket/rest/api-group-users/#api-user-get
    fn token_owner(&self, place: &Place) -> RequestFor<String> {
        RequestFor::new(place.get_request("user"), read_token_owner)
    }
}

impl ChangeRequests for Bitbucket {
    fn change_request(&self, place: &Place, number: u64) -> RequestFor<ChangeRequest> {
        RequestFor::new(place.get_request(&pull_request(place, number)), read_change_request)
    }

    // The request needs an app that Bitbucket offers to install:
    // https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/#api-repositories-workspace-repo-slug-commit-commit-pullrequests-get
    fn change_requests_of_commit(&self, place: &Place, commit: &str) -> RequestFor<Vec<ChangeRequest>> {
        RequestFor::new(
            place.get_request(&format!(
                "{}/commit/{}/pullrequests?pagelen=50{PARTS}",
                repository(place),
                encoded(commit)
            )),
            read_change_requests,
        )
    }

    // https://developer.atlassian.com/cloud/bitbucket/rest/intro/#filtering
    fn change_requests_of_branch(
        &self,
        place: &Place,
        branch: &str,
        _fork: Option<&str>,
    ) -> RequestFor<Vec<ChangeRequest>> {
        let quoted = branch.replace('\\', "\\\\").replace('"', "\\\"");
        let query = encoded(&format!("source.branch.name = \"{quoted}\""));
        RequestFor::new(
            place.get_request(&format!("{}/pullrequests?state=OPEN&q={query}", repository(place))),
            read_change_requests,
        )
    }

    fn open_change_requests(&self, place: &Place) -> RequestFor<Vec<ChangeRequest>> {
        let path = format!("{}/pullrequests?state=OPEN&sort=-updated_on&pagelen=50", repository(place));
        RequestFor::new(place.get_request(&path), read_change_requests)
    }

    // https://developer.atlassian.com/cloud/bitbucket/rest/api-group-repositories/#api-repositories-workspace-repo-slug-get
    fn repository(&self, place: &Place) -> RequestFor<RepositoryFacts> {
        RequestFor::new(place.get_request(&repository(place)), |answer| {
            Some(RepositoryFacts { id: text_at(answer, "/uuid")?, path: text_at(answer, "/full_name")? })
        })
    }
}

impl Statuses for Bitbucket {
    fn set_status(&self, place: &Place, status: &CommitStatus) -> Request {
        let path = format!("{}/commit/{}/statuses/build", repository(place), encoded(&status.commit));
        let body = json!({
            "key": key(&status.name),
            "name": cut_to(&status.name, NAME),
            "state": match status.state {
                State::Pending => "INPROGRESS",
                State::Success => "SUCCESSFUL",
                State::Failure => "FAILED",
            },
            "description": cut_to(&status.description, NAME),
            // Bitbucket requires an address.
            "url": status.url.clone().unwrap_or_else(|| format!("{}/{}", self.public(), place.repository)),
        });
        // The same key again replaces the status.
        Request { repeatable: true, ..place.body_request(Method::POST, &path, &body) }
    }

    // https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commit-statuses/
    fn statuses_there(&self, place: &Place, commit: &str, name: &str) -> RequestFor<Vec<StatusThere>> {
        let path = format!("{}/commit/{}/statuses?pagelen=100", repository(place), encoded(commit));
        // The key is what a status is known by; the name can be cut.
        let (name, key) = (name.to_owned(), key(name));
        RequestFor::new(place.get_request(&path), move |answer| {
            read_list(answer.get("values"), |one| {
                let state = match one.get("state")?.as_str()? {
                    "SUCCESSFUL" => State::Success,
                    "INPROGRESS" => State::Pending,
                    _ => State::Failure,
                };
                (text_at(one, "/key")? == key).then(|| StatusThere { name: name.clone(), state, check: None })
            })
        })
    }
}

fn read_comments(answer: &Value) -> Option<Vec<Comment>> {
    read_list(answer.get("values"), |comment| {
        let gone = comment.get("deleted") == Some(&Value::Bool(true));
        let about_code = comment.get("inline").is_some_and(|inline| !inline.is_null());
        read_comment(comment).filter(|_| !gone && !about_code)
    })
}

fn read_comment(answer: &Value) -> Option<Comment> {
    Some(Comment {
        id: number_at(answer, "/id")?,
        node: None,
        author: text_at(answer, "/user/uuid").unwrap_or_default(),
        body: text_at(answer, "/content/raw").unwrap_or_default(),
        hidden: None,
        at: text_at(answer, "/updated_on").or_else(|| text_at(answer, "/created_on")),
    })
}

/// Reads an account. Its nickname can be anybody's: <https://developer.atlassian.com/cloud/bitbucket/bitbucket-api-changes-gdpr/>.
fn read_person(account: &Value) -> Option<Person> {
    let id = text_at(account, "/uuid")?;
    let shown = text_at(account, "/nickname").or_else(|| text_at(account, "/display_name"));
    Some(Person {
        names: text_at(account, "/account_id").into_iter().collect(),
        shown: shown.unwrap_or_else(|| id.clone()),
        bot: account.get("type").is_some_and(|kind| kind != "user"),
        id,
    })
}

fn read_token_owner(answer: &Value) -> Option<String> {
    text_at(answer, "/uuid")
}

fn read_change_requests(answer: &Value) -> Option<Vec<ChangeRequest>> {
    read_list(answer.get("values"), read_change_request)
}

/// The states of a pull request that is not open any more.
/// <https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/>
const CLOSED: [&str; 3] = ["MERGED", "DECLINED", "SUPERSEDED"];

fn read_change_request(answer: &Value) -> Option<ChangeRequest> {
    let name = |end: &str| text_at(answer, &format!("/{end}/repository/full_name"));
    let state = text_at(answer, "/state").unwrap_or_default();
    Some(ChangeRequest {
        number: answer.get("id")?.as_u64()?,
        open: state == "OPEN",
        merged: state == "MERGED",
        locked: false,
        branch: text_at(answer, "/source/branch/name"),
        head: text_at(answer, "/source/commit/hash"),
        fork: name("destination").map(|to| name("source").is_none_or(|from| !from.eq_ignore_ascii_case(&to))),
        author: answer.get("author").and_then(read_person),
        target: text_at(answer, "/destination/branch/name"),
        merge_commit: text_at(answer, "/merge_commit/hash"),
        merged_at: None,
        closed_at: text_at(answer, "/updated_on").filter(|_| CLOSED.contains(&state.as_str())),
        repository: text_at(answer, "/destination/repository/uuid"),
        labels: Vec::new(),
    })
}

/// The key of a status: its name if that is short enough, else the name's end with a checksum of the whole name, so
/// that two stacks never share a key.
fn key(name: &str) -> String {
    if name.chars().count() <= KEY {
        return name.to_owned();
    }
    let sum = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let end: Vec<char> = name.chars().rev().take(KEY - 17).collect();
    format!("{sum:016x}-{}", end.into_iter().rev().collect::<String>())
}

/// The query for more fields of the list by commit, which by default has the number, the title and little else.
/// <https://developer.atlassian.com/cloud/bitbucket/rest/intro/#partial-response>
const PARTS: &str =
    "&fields=%2Bvalues.state,%2Bvalues.source,%2Bvalues.destination,%2Bvalues.author,%2Bvalues.merge_commit";

fn repository(place: &Place) -> String {
    format!("repositories/{}", encoded_path(&place.repository))
}

fn pull_request(place: &Place, number: u64) -> String {
    format!("{}/pullrequests/{number}", repository(place))
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn two_long_names_with_one_end_have_two_keys() {
        let (one, two) = (
            "stackstep / a-very-long-project-name-one / prod",
            "stackstep / a-very-long-project-name-two / prod",
        );
        assert_ne!(key(one), key(two));
        assert!(key(one).chars().count() <= 40 && key(one).ends_with("/ prod"), "{}", key(one));
        assert_eq!(key("stackstep / shop / prod"), "stackstep / shop / prod");
    }
}
