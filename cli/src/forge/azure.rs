//! Azure Repos, in Azure DevOps Services and Server.
//!
//! A comment is the first of a thread: <https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-threads>.
//! Pull requests: <https://learn.microsoft.com/rest/api/azure/devops/git/pull-requests>. Statuses:
//! <https://learn.microsoft.com/rest/api/azure/devops/git/statuses>.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::{
    ChangeRequest, Comment, CommitStatus, Forge, Place, State, cut, each, field, id, part, parts, text,
};
use crate::base::http::{Method, Request, Url};
use crate::base::secret::Secret;
use crate::render::{Flavor, Size};

/// Azure Repos.
pub struct AzureRepos;

/// <https://learn.microsoft.com/azure/devops/organizations/settings/naming-restrictions#azure-repos>
const COMMENT: usize = 150_000;

/// A line that the list of statuses shows; nothing longer is documented.
const DESCRIPTION: usize = 140;

const VERSION: &str = "api-version=7.1";

impl Forge for AzureRepos {
    fn name(&self) -> &'static str {
        "azure-repos"
    }

    fn title(&self) -> &'static str {
        "Azure Repos"
    }

    fn flavor(&self) -> Flavor {
        Flavor::AZURE
    }

    fn limit(&self) -> Size {
        Size::Chars(COMMENT)
    }

    // https://learn.microsoft.com/azure/devops/organizations/security/allow-list-ip-url
    fn is_host(&self, host: &str) -> bool {
        ["dev.azure.com", "ssh.dev.azure.com", "vs-ssh.visualstudio.com"].contains(&host)
            || host.ends_with(".visualstudio.com")
    }

    fn public(&self) -> &'static str {
        "https://dev.azure.com"
    }

    /// `…/organization/project/_git/name`, `…/project/_git/name` where the organization is in the host, and the form
    /// of SSH: `v3/organization/project/name`.
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
            // `project/name`, below an organization's or a collection's address.
            return (path.split('/').count() == 2).then(|| (server.clone(), path.to_owned()));
        };
        let name = name.split('/').next()?;
        let mut before: Vec<&str> = before.split('/').filter(|part| !part.is_empty()).collect();
        // A project's first repository has its name, and its address leaves the project out.
        let in_host = host.ends_with(".visualstudio.com");
        let left_out = before.len() == usize::from(!in_host);
        let project = if left_out { name } else { before.pop()? };
        let collection: String = before.iter().flat_map(|part| [part, "/"]).collect();
        Some((server.join(&collection).ok()?, format!("{project}/{name}")))
    }

    fn permission(&self) -> &'static str {
        "the token needs the scope Code (Read & Write), and whose it is \"Contribute to pull requests\" on the repository \
         (https://learn.microsoft.com/azure/devops/repos/git/set-git-repository-permissions)"
    }

    fn job_permission(&self) -> &'static str {
        "the identity needs \"Contribute to pull requests\" on the repository: for the job's own token that is the \
         project's build service, and a script step has to map `SYSTEM_ACCESSTOKEN: $(System.AccessToken)` \
         (https://learn.microsoft.com/azure/devops/repos/git/set-git-repository-permissions)"
    }

    /// A job's token and one of Entra are made to be borne, a personal one is a password.
    /// <https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate>
    fn authorization(&self, token: &Secret) -> Secret {
        let token = token.expose();
        if token.starts_with("eyJ") && token.split('.').count() == 3 {
            return Secret::new(format!("Bearer {token}"));
        }
        Secret::new(format!("Basic {}", BASE64_STANDARD.encode(format!(":{token}"))))
    }

    fn comments(&self, place: &Place, change_request: u64) -> Request {
        place.get(&format!("{}/threads?{VERSION}", pull_request(place, change_request)))
    }

    fn read_comments(&self, answer: &Value) -> Option<Vec<Comment>> {
        each(answer.get("value"), |thread| {
            let gone = thread.get("isDeleted") == Some(&Value::Bool(true));
            let about_code = thread.get("threadContext").is_some_and(|context| !context.is_null());
            self.read_comment(thread).filter(|_| !gone && !about_code)
        })
    }

    fn create(&self, place: &Place, change_request: u64, body: &str) -> Request {
        let path = format!("{}/threads?{VERSION}", pull_request(place, change_request));
        let comment = json!({ "parentCommentId": 0, "content": body, "commentType": "text" });
        // No status: an active thread would hold the merge back where comments have to be resolved.
        // https://learn.microsoft.com/azure/devops/repos/git/branch-policies#check-for-comment-resolution
        place.send(Method::POST, &path, &json!({ "comments": [comment] }))
    }

    fn update(&self, place: &Place, change_request: u64, comment: &Comment, body: &str) -> Request {
        place.send(Method::PATCH, &comment_path(place, change_request, comment), &field("content", body))
    }

    fn delete(&self, place: &Place, change_request: u64, comment: &Comment) -> Request {
        place.remove(&comment_path(place, change_request, comment))
    }

    // https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-threads/update
    fn hide(&self, place: &Place, change_request: u64, comment: &Comment) -> Option<Request> {
        let thread = comment.id.split('/').next()?;
        let path = format!("{}/threads/{thread}?{VERSION}", pull_request(place, change_request));
        Some(place.send(Method::PATCH, &path, &field("status", "closed")))
    }

    /// Reads a thread.
    fn read_comment(&self, answer: &Value) -> Option<Comment> {
        let first = answer.pointer("/comments/0")?;
        if first.get("isDeleted") == Some(&Value::Bool(true))
            || first.get("commentType") == Some(&json!("system"))
        {
            return None;
        }
        let closed = ["closed", "fixed", "wontFix", "byDesign"];
        Some(Comment {
            id: format!("{}/{}", id(answer, "/id")?, id(first, "/id")?),
            node: None,
            author: text(first, "/author/id").unwrap_or_default(),
            body: text(first, "/content").unwrap_or_default(),
            hidden: Some(text(answer, "/status").is_some_and(|status| closed.contains(&status.as_str()))),
        })
    }

    // https://learn.microsoft.com/azure/devops/integrate/how-to/call-rest-api: the identity behind a token.
    fn me(&self, place: &Place) -> Request {
        place.get("_apis/connectionData?api-version=7.1-preview.1")
    }

    fn read_me(&self, answer: &Value) -> Option<String> {
        text(answer, "/authenticatedUser/id")
    }

    // https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-query/get
    fn of_commit(&self, place: &Place, commit: &str) -> Request {
        let body = json!({ "queries": [
            { "type": "commit", "items": [commit] },
            { "type": "lastMergeCommit", "items": [commit] },
        ] });
        let path = format!("{}/pullrequestquery?{VERSION}", repository(place));
        Request { repeatable: true, ..place.send(Method::POST, &path, &body) }
    }

    fn of_branch(&self, place: &Place, branch: &str, _fork: Option<&str>) -> Request {
        let branch = part(&format!("refs/heads/{branch}"));
        place.get(&format!(
            "{}/pullrequests?searchCriteria.status=active&searchCriteria.sourceRefName={branch}&{VERSION}",
            repository(place)
        ))
    }

    /// A list by branch, or the answer of a query: for each of its parts, the pull requests by commit.
    fn read_change_requests(&self, answer: &Value) -> Option<Vec<ChangeRequest>> {
        if let Some(results) = answer.get("results") {
            let lists = results.as_array()?.iter().filter_map(Value::as_object).flat_map(|by| by.values());
            let found = lists.filter_map(|list| each(Some(list), |pull| self.read_change_request(pull)));
            return Some(found.flatten().collect());
        }
        each(answer.get("value"), |pull| self.read_change_request(pull))
    }

    fn change_request(&self, place: &Place, number: u64) -> Request {
        place.get(&format!("{}?{VERSION}", pull_request(place, number)))
    }

    fn read_change_request(&self, answer: &Value) -> Option<ChangeRequest> {
        let status = answer.get("status")?.as_str()?;
        let branch = text(answer, "/sourceRefName");
        Some(ChangeRequest {
            number: answer.get("pullRequestId")?.as_u64()?,
            open: status == "active",
            merged: status == "completed",
            locked: false,
            branch: branch.map(|name| name.strip_prefix("refs/heads/").map_or(name.clone(), str::to_owned)),
            head: text(answer, "/lastMergeSourceCommit/commitId"),
            // Only a pull request from a fork has it.
            fork: Some(answer.get("forkSource").is_some_and(|fork| !fork.is_null())),
        })
    }

    fn status(&self, place: &Place, status: &CommitStatus) -> Request {
        let path = format!("{}/commits/{}/statuses?{VERSION}", repository(place), part(&status.commit));
        let body = json!({
            "state": match status.state {
                State::Pending => "pending",
                State::Success => "succeeded",
                State::Failure => "failed",
            },
            "context": { "name": status.name, "genre": "stackstep" },
            "description": cut(&status.description, DESCRIPTION),
            "targetUrl": status.url,
        });
        place.send(Method::POST, &path, &body)
    }
}

fn repository(place: &Place) -> String {
    let (project, name) = place.repository.split_once('/').unwrap_or((&place.repository, &place.repository));
    format!("{}/_apis/git/repositories/{}", parts(project), part(name))
}

fn pull_request(place: &Place, number: u64) -> String {
    format!("{}/pullRequests/{number}", repository(place))
}

fn comment_path(place: &Place, number: u64, comment: &Comment) -> String {
    let (thread, comment) = comment.id.split_once('/').unwrap_or((&comment.id, "1"));
    format!("{}/threads/{thread}/comments/{comment}?{VERSION}", pull_request(place, number))
}
