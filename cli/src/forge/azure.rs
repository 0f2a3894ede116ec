//! Azure Repos, in Azure DevOps Services and Server.
//!
//! A comment is the first of a thread: <https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-threads>.
//! Pull requests: <https://learn.microsoft.com/rest/api/azure/devops/git/pull-requests>. Statuses:
//! <https://learn.microsoft.com/rest/api/azure/devops/git/statuses>.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

mod contents;
mod mentions;
mod protection;
mod reviews;

use super::{
    ChangeRequest, ChangeRequests, Comment, Comments, CommitStatus, Forge, Merging, Person, Place, Reading,
    RepositoryFacts, RequestFor, Runs, State, StatusThere, Statuses, cut_to, encoded, encoded_path, is_true,
    number_at, one_field, read_list, text_at,
};
use crate::base::http::{Method, Request, Url};
use crate::base::secret::Secret;
use crate::render::{Flavor, Size};

/// Azure Repos.
pub struct AzureRepos;

/// The most characters of a comment:
/// <https://learn.microsoft.com/azure/devops/organizations/settings/naming-restrictions#azure-repos>
const COMMENT: usize = 150_000;

/// The most characters of a status's description. No limit is documented; this fits a line of the list.
const DESCRIPTION: usize = 140;

const VERSION: &str = "api-version=7.1";

impl Forge for AzureRepos {
    fn name(&self) -> &'static str {
        "azure-repos"
    }

    fn title(&self) -> &'static str {
        "Azure Repos"
    }

    // https://learn.microsoft.com/azure/devops/organizations/security/allow-list-ip-url
    fn is_host(&self, host: &str) -> bool {
        ["dev.azure.com", "ssh.dev.azure.com", "vs-ssh.visualstudio.com"].contains(&host)
            || host.ends_with(".visualstudio.com")
    }

    // The address, or the identity's id.
    fn is_account_name(&self, name: &str) -> bool {
        name.contains('@')
            || (name.len() == 36 && name.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-'))
    }

    fn public(&self) -> &'static str {
        "https://dev.azure.com"
    }

    /// Reads `…/organization/project/_git/name`, `…/project/_git/name` with the organization in the host's name, and
    /// the form for SSH: `v3/organization/project/name`.
    fn locate(&self, server: &Url, path: &str) -> Option<(Url, String)> {
        let host = server.host_str()?;
        if let Some(ssh) = path.strip_prefix("v3/") {
            let [organization, project, name] = ssh.split('/').collect::<Vec<_>>().try_into().ok()?;
            let api = match host {
                "vs-ssh.visualstudio.com" => format!("https://{organization}.visualstudio.com/"),
                _ => format!("https://dev.azure.com/{organization}/"),
            };
            return Some((Url::parse(&api).ok()?, format!("{project}/{name}")));
        }
        let Some((before, name)) = path.split_once("_git/") else {
            // The path is `project/name`, below the address of an organization or a collection.
            return (path.split('/').count() == 2).then(|| (server.clone(), path.to_owned()));
        };
        let name = name.split('/').next()?;
        let mut before: Vec<&str> = before.split('/').filter(|part| !part.is_empty()).collect();
        // A project's first repository has the project's name, and its address has only one of the two.
        let in_host = host.ends_with(".visualstudio.com");
        let left_out = before.len() == usize::from(!in_host);
        let project = if left_out { name } else { before.pop()? };
        let collection: String = before.iter().flat_map(|part| [part, "/"]).collect();
        Some((server.join(&collection).ok()?, format!("{project}/{name}")))
    }

    fn permission(&self, jobs_own: bool) -> &'static str {
        if jobs_own {
            "the identity needs \"Contribute to pull requests\" on the repository: for the job's own token that is the \
             project's build service, and a script step has to map `SYSTEM_ACCESSTOKEN: $(System.AccessToken)` \
             (https://learn.microsoft.com/azure/devops/repos/git/set-git-repository-permissions)"
        } else {
            "the token needs the scope Code (Read & Write), and whose it is \"Contribute to pull requests\" on the repository \
             (https://learn.microsoft.com/azure/devops/repos/git/set-git-repository-permissions)"
        }
    }

    // https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/oauth#scopes
    fn needed_to_read(&self, what: Reading) -> &'static str {
        match what {
            Reading::Reviews | Reading::Writers | Reading::Contents | Reading::Statuses => {
                "the token needs the scope Code (Read), and whose it is \"Read\" on the repository \
                 (https://learn.microsoft.com/azure/devops/repos/git/set-git-repository-permissions)"
            }
            Reading::Teams => {
                "the token needs the scope Project and Team (Read) \
                 (https://learn.microsoft.com/rest/api/azure/devops/core/teams/get-team-members-with-extended-properties)"
            }
            Reading::Protection => {
                "the token needs the scope Code (Read) \
                 (https://learn.microsoft.com/rest/api/azure/devops/policy/configurations/list)"
            }
            Reading::Environments => {
                "the token needs the scopes Environment (Read & manage) and Build (Read) \
                 (https://learn.microsoft.com/rest/api/azure/devops/approvalsandchecks/check-configurations/list)"
            }
            Reading::Runs => "runs are not asked for there",
        }
    }

    /// A job's token and one of Entra are sent as bearer tokens; a personal one is a password.
    /// <https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate>
    fn authorization(&self, token: &Secret) -> Secret {
        let token = token.expose();
        if token.starts_with("eyJ") && token.split('.').count() == 3 {
            return Secret::new(format!("Bearer {token}"));
        }
        Secret::new(format!("Basic {}", BASE64_STANDARD.encode(format!(":{token}"))))
    }
}

impl Runs for AzureRepos {}

impl Comments for AzureRepos {
    fn flavor(&self) -> Flavor {
        Flavor::AZURE
    }

    fn limit(&self) -> Size {
        Size::Chars(COMMENT)
    }

    fn list_comments(&self, place: &Place, change_request: u64) -> RequestFor<Vec<Comment>> {
        RequestFor::new(
            place.get_request(&format!("{}/threads?{VERSION}", pull_request(place, change_request))),
            read_comments,
        )
    }

    fn create_comment(&self, place: &Place, change_request: u64, body: &str) -> RequestFor<Comment> {
        let path = format!("{}/threads?{VERSION}", pull_request(place, change_request));
        let comment = json!({ "parentCommentId": 0, "content": body, "commentType": "text" });
        // The thread gets no status: an active thread would block the merge if comments have to be resolved.
        // https://learn.microsoft.com/azure/devops/repos/git/branch-policies#check-for-comment-resolution
        RequestFor::new(
            place.body_request(Method::POST, &path, &json!({ "comments": [comment] })),
            read_comment,
        )
    }

    fn update_comment(&self, place: &Place, change_request: u64, comment: &Comment, body: &str) -> Request {
        place.body_request(
            Method::PATCH,
            &comment_path(place, change_request, comment),
            &one_field("content", body),
        )
    }

    fn delete_comment(&self, place: &Place, change_request: u64, comment: &Comment) -> Request {
        place.delete_request(&comment_path(place, change_request, comment))
    }

    // https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-threads/update
    fn hide_comment(&self, place: &Place, change_request: u64, comment: &Comment) -> Option<Request> {
        let thread = comment.id.split('/').next()?;
        let path = format!("{}/threads/{thread}?{VERSION}", pull_request(place, change_request));
        Some(place.body_request(Method::PATCH, &path, &one_field("status", "closed")))
    }

    // The identity of a token: https://learn.microsoft.com/azure/devops/integrate/how-to/call-rest-api
    fn token_owner(&self, place: &Place) -> RequestFor<String> {
        RequestFor::new(place.get_request("_apis/connectionData?api-version=7.1-preview.1"), read_token_owner)
    }
}

impl ChangeRequests for AzureRepos {
    fn change_request(&self, place: &Place, number: u64) -> RequestFor<ChangeRequest> {
        RequestFor::new(
            place.get_request(&format!("{}?{VERSION}", pull_request(place, number))),
            read_change_request,
        )
    }

    // https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-query/get
    fn change_requests_of_commit(&self, place: &Place, commit: &str) -> RequestFor<Vec<ChangeRequest>> {
        let body = json!({ "queries": [
            { "type": "commit", "items": [commit] },
            { "type": "lastMergeCommit", "items": [commit] },
        ] });
        let path = format!("{}/pullrequestquery?{VERSION}", repository(place));
        RequestFor::new(
            Request { repeatable: true, ..place.body_request(Method::POST, &path, &body) },
            read_change_requests,
        )
    }

    fn change_requests_of_branch(
        &self,
        place: &Place,
        branch: &str,
        _fork: Option<&str>,
    ) -> RequestFor<Vec<ChangeRequest>> {
        let branch = encoded(&format!("refs/heads/{branch}"));
        RequestFor::new(place.get_request(&format!(
            "{}/pullrequests?searchCriteria.status=active&searchCriteria.sourceRefName={branch}&{VERSION}",
            repository(place)
        )), read_change_requests)
    }

    // The latest come first: https://learn.microsoft.com/rest/api/azure/devops/git/pull-requests/get-pull-requests
    fn open_change_requests(&self, place: &Place) -> RequestFor<Vec<ChangeRequest>> {
        let path =
            format!("{}/pullrequests?searchCriteria.status=active&$top=1000&{VERSION}", repository(place));
        RequestFor::new(place.get_request(&path), read_change_requests)
    }

    // https://learn.microsoft.com/rest/api/azure/devops/git/repositories/get-repository
    fn repository(&self, place: &Place) -> RequestFor<RepositoryFacts> {
        RequestFor::new(place.get_request(&format!("{}?{VERSION}", repository(place))), |answer| {
            let (project, name) = (text_at(answer, "/project/name")?, text_at(answer, "/name")?);
            Some(RepositoryFacts { id: text_at(answer, "/id")?, path: format!("{project}/{name}") })
        })
    }
}

// What a pull request of Azure Repos changes is told by its iterations only, and it has no queue.
impl Merging for AzureRepos {}

impl Statuses for AzureRepos {
    fn set_status(&self, place: &Place, status: &CommitStatus) -> Request {
        let path = format!("{}/commits/{}/statuses?{VERSION}", repository(place), encoded(&status.commit));
        let body = json!({
            "state": match status.state {
                State::Pending => "pending",
                State::Success => "succeeded",
                State::Failure => "failed",
            },
            "context": { "name": status.name, "genre": "stackstep" },
            "description": cut_to(&status.description, DESCRIPTION),
            "targetUrl": status.url,
        });
        place.body_request(Method::POST, &path, &body)
    }

    // https://learn.microsoft.com/rest/api/azure/devops/git/statuses/list
    fn statuses_there(&self, place: &Place, commit: &str, _name: &str) -> RequestFor<Vec<StatusThere>> {
        let path = format!(
            "{}/commits/{}/statuses?latestOnly=true&top=1000&{VERSION}",
            repository(place),
            encoded(commit)
        );
        RequestFor::new(place.get_request(&path), |answer| {
            read_list(answer.get("value"), |one| {
                if one.pointer("/context/genre")? != "stackstep" {
                    return None;
                }
                let state = match one.get("state")?.as_str()? {
                    "succeeded" => State::Success,
                    "pending" | "notSet" => State::Pending,
                    _ => State::Failure,
                };
                Some(StatusThere { name: text_at(one, "/context/name")?, state, check: None })
            })
        })
    }
}

fn read_comments(answer: &Value) -> Option<Vec<Comment>> {
    read_list(answer.get("value"), |thread| {
        let gone = thread.get("isDeleted") == Some(&Value::Bool(true));
        let about_code = thread.get("threadContext").is_some_and(|context| !context.is_null());
        read_comment(thread).filter(|_| !gone && !about_code)
    })
}

/// Reads a thread as its first comment.
fn read_comment(answer: &Value) -> Option<Comment> {
    let first = answer.pointer("/comments/0")?;
    if first.get("isDeleted") == Some(&Value::Bool(true))
        || first.get("commentType") == Some(&json!("system"))
    {
        return None;
    }
    let closed = ["closed", "fixed", "wontFix", "byDesign"];
    Some(Comment {
        id: format!("{}/{}", number_at(answer, "/id")?, number_at(first, "/id")?),
        node: None,
        author: text_at(first, "/author/id").unwrap_or_default(),
        body: text_at(first, "/content").unwrap_or_default(),
        hidden: Some(text_at(answer, "/status").is_some_and(|status| closed.contains(&status.as_str()))),
        at: text_at(first, "/lastContentUpdatedDate").or_else(|| text_at(first, "/lastUpdatedDate")),
    })
}

/// Reads an identity. Its display name can be anybody's. A group is no person, and neither is a service, such as the one
/// that builds: <https://learn.microsoft.com/azure/devops/pipelines/process/access-tokens>.
fn read_person(identity: &Value) -> Option<Person> {
    let id = text_at(identity, "/id")?;
    let unique = text_at(identity, "/uniqueName").filter(|name| !name.is_empty());
    let begins =
        |pointer: &str, word: &str| text_at(identity, pointer).is_some_and(|text| text.starts_with(word));
    let bot = is_true(identity, "/isContainer")
        || begins("/descriptor", "svc.")
        || begins("/uniqueName", "Build\\");
    let shown = unique.clone().or_else(|| text_at(identity, "/displayName")).unwrap_or_else(|| id.clone());
    Some(Person { id, names: unique.into_iter().collect(), shown, bot })
}

fn read_token_owner(answer: &Value) -> Option<String> {
    text_at(answer, "/authenticatedUser/id")
}

/// Reads a list by branch, or the answer of a query: for each of its parts, the pull requests by commit.
fn read_change_requests(answer: &Value) -> Option<Vec<ChangeRequest>> {
    if let Some(results) = answer.get("results") {
        let lists = results.as_array()?.iter().filter_map(Value::as_object).flat_map(|by| by.values());
        let found = lists.filter_map(|list| read_list(Some(list), read_change_request));
        return Some(found.flatten().collect());
    }
    read_list(answer.get("value"), read_change_request)
}

fn read_change_request(answer: &Value) -> Option<ChangeRequest> {
    let status = answer.get("status")?.as_str()?;
    let branch = |pointer: &str| {
        text_at(answer, pointer)
            .map(|name| name.strip_prefix("refs/heads/").map_or(name.clone(), str::to_owned))
    };
    let merged = status == "completed";
    Some(ChangeRequest {
        number: answer.get("pullRequestId")?.as_u64()?,
        open: status == "active",
        merged,
        locked: false,
        branch: branch("/sourceRefName"),
        head: text_at(answer, "/lastMergeSourceCommit/commitId"),
        // Only a pull request from a fork has this field.
        fork: Some(answer.get("forkSource").is_some_and(|fork| !fork.is_null())),
        author: answer.get("createdBy").and_then(read_person),
        target: branch("/targetRefName"),
        merge_commit: text_at(answer, "/lastMergeCommit/commitId").filter(|_| merged),
        merged_at: text_at(answer, "/closedDate").filter(|_| merged),
        closed_at: text_at(answer, "/closedDate").filter(|_| merged || status == "abandoned"),
        repository: text_at(answer, "/repository/id"),
        labels: read_list(answer.get("labels"), |label| text_at(label, "/name")).unwrap_or_default(),
    })
}

fn repository(place: &Place) -> String {
    let (project, name) = place.repository.split_once('/').unwrap_or((&place.repository, &place.repository));
    format!("{}/_apis/git/repositories/{}", encoded_path(project), encoded(name))
}

fn pull_request(place: &Place, number: u64) -> String {
    format!("{}/pullRequests/{number}", repository(place))
}

fn comment_path(place: &Place, number: u64, comment: &Comment) -> String {
    let (thread, comment) = comment.id.split_once('/').unwrap_or((&comment.id, "1"));
    format!("{}/threads/{thread}/comments/{comment}?{VERSION}", pull_request(place, number))
}
