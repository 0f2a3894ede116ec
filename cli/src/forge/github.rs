//! GitHub and GitHub Enterprise Server.
//!
//! Comments of a pull request are those of its issue: <https://docs.github.com/en/rest/issues/comments>.
//! Pull requests: <https://docs.github.com/en/rest/pulls/pulls>. Statuses:
//! <https://docs.github.com/en/rest/commits/statuses>. Deployments: <https://docs.github.com/en/rest/deployments>.

use serde_json::{Value, json};

mod contents;
mod conversation;
mod issues;
mod mentions;
mod merging;
mod proposals;
mod protection;
mod reviews;
mod rulesets;
mod runs;

use super::{
    ChangeRequest, ChangeRequests, Comment, Comments, CommitStatus, Conversations, Deployment, Deployments,
    Forge, Issues, KeptRecord, NewRecord, Person, Place, Proposals, Reading, RepositoryFacts, RequestFor,
    State, StatusThere, Statuses, begins_with_name, cut_to, encoded, encoded_path, number_at, one_field,
    read_list, text_at,
};
use crate::base::http::{Method, Request, Url};
use crate::base::secret::Secret;
use crate::render::{Flavor, Size};

/// GitHub.
pub struct GitHub;

/// The most characters of a comment. A longer one is refused: "body is too long (maximum is 65536 characters)".
/// <https://github.com/orgs/community/discussions/41331>
const COMMENT: usize = 65_536;

/// The most characters of a status's description.
/// <https://docs.github.com/en/rest/commits/statuses#create-a-commit-status>
const DESCRIPTION: usize = 140;

impl Forge for GitHub {
    fn name(&self) -> &'static str {
        "github"
    }

    fn title(&self) -> &'static str {
        "GitHub"
    }

    // ghe.com: https://docs.github.com/en/enterprise-cloud@latest/admin/data-residency
    fn is_host(&self, host: &str) -> bool {
        host == "github.com"
            || host == "ssh.github.com"
            || host.ends_with(".ghe.com")
            || begins_with_name(host, "github")
    }

    fn public(&self) -> &'static str {
        "https://github.com"
    }

    // https://docs.github.com/en/enterprise-server@latest/rest/using-the-rest-api/getting-started-with-the-rest-api
    fn locate(&self, server: &Url, path: &str) -> Option<(Url, String)> {
        let host = server.host_str()?;
        let api = match host {
            "github.com" | "ssh.github.com" => Url::parse("https://api.github.com/").ok()?,
            _ if host.ends_with(".ghe.com") => Url::parse(&format!("https://api.{host}/")).ok()?,
            _ => server.join("api/v3/").ok()?,
        };
        let mut names = path.split('/');
        let (owner, name) = (names.next()?, names.next()?);
        Some((api, format!("{owner}/{name}")))
    }

    fn permission(&self, jobs_own: bool) -> &'static str {
        if jobs_own {
            "the token needs `pull-requests: write` (a check `checks: write`, a status `statuses: write`, a deployment `deployments: write`), in a \
             workflow under `permissions:`; runs for a fork's pull request and Dependabot's never have it \
             (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions)"
        } else {
            "the token needs, as a fine-grained token or as an app's, the permission Pull requests: Read and write (a status \
             Commit statuses, a deployment Deployments, a check Checks, which only an app's can have) \
             (https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/managing-your-personal-access-tokens)"
        }
    }

    // https://docs.github.com/en/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens
    fn needed_to_read(&self, what: Reading) -> &'static str {
        match what {
            Reading::Reviews => {
                "the token needs Pull requests: Read, in a workflow `permissions: pull-requests: read` \
                 (https://docs.github.com/en/rest/pulls/reviews)"
            }
            Reading::Writers => {
                "the token needs Metadata: Read, which each one has that sees the repository \
                 (https://docs.github.com/en/rest/collaborators/collaborators)"
            }
            Reading::Contents => {
                "the token needs Contents: Read, in a workflow `permissions: contents: read` \
                 (https://docs.github.com/en/rest/repos/contents)"
            }
            Reading::Teams => {
                "the token needs the organization's permission Members: Read, which a job's own token never has: give one of \
                 an app or of a person as `forge-token` (https://docs.github.com/en/rest/teams/members)"
            }
            Reading::Statuses => {
                "the token needs Commit statuses: Read and Checks: Read, in a workflow `permissions: statuses: read` and \
                 `checks: read` (https://docs.github.com/en/rest/commits/statuses)"
            }
            Reading::Protection => {
                "the token needs Administration: Read, which a job's own token never has \
                 (https://docs.github.com/en/rest/branches/branch-protection)"
            }
            Reading::Environments => {
                "the token needs Actions: Read, in a workflow `permissions: actions: read` \
                 (https://docs.github.com/en/rest/deployments/environments)"
            }
            Reading::Runs => {
                "the token needs Actions: Read, in a workflow `permissions: actions: read` \
                 (https://docs.github.com/en/rest/actions/workflow-runs)"
            }
        }
    }

    fn authorization(&self, token: &Secret) -> Secret {
        Secret::new(format!("Bearer {}", token.expose()))
    }

    // https://docs.github.com/en/rest/about-the-rest-api/api-versions
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[("x-github-api-version", "2022-11-28")]
    }

    fn deployments(&self) -> Option<&dyn Deployments> {
        Some(self)
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

impl Comments for GitHub {
    fn flavor(&self) -> Flavor {
        Flavor::GITHUB
    }

    fn limit(&self) -> Size {
        Size::Chars(COMMENT)
    }

    fn list_comments(&self, place: &Place, change_request: u64) -> RequestFor<Vec<Comment>> {
        RequestFor::new(
            place
                .get_request(&format!("{}/issues/{change_request}/comments?per_page=100", repository(place))),
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

    // https://docs.github.com/en/graphql/reference/mutations#minimizecomment
    fn hide_comment(&self, place: &Place, _change_request: u64, comment: &Comment) -> Option<Request> {
        let query = "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) \
                     { minimizedComment { isMinimized } } }";
        let body = json!({ "query": query, "variables": { "id": comment.node.as_deref()? } });
        // Hiding a comment twice does no harm.
        Some(place.signed(Request { repeatable: true, ..Request::json(Method::POST, graphql(place), &body) }))
    }

    // `GET /user` refuses the tokens of apps and jobs; this query tells the name for any token.
    // https://docs.github.com/en/graphql/reference/queries#viewer
    fn token_owner(&self, place: &Place) -> RequestFor<String> {
        let body = json!({ "query": "query { viewer { login } }" });
        RequestFor::new(
            place.signed(Request { repeatable: true, ..Request::json(Method::POST, graphql(place), &body) }),
            read_token_owner,
        )
    }
}

impl ChangeRequests for GitHub {
    fn change_request(&self, place: &Place, number: u64) -> RequestFor<ChangeRequest> {
        RequestFor::new(
            place.get_request(&format!("{}/pulls/{number}", repository(place))),
            read_change_request,
        )
    }

    fn change_requests_of_commit(&self, place: &Place, commit: &str) -> RequestFor<Vec<ChangeRequest>> {
        RequestFor::new(
            place.get_request(&format!("{}/commits/{}/pulls", repository(place), encoded(commit))),
            read_change_requests,
        )
    }

    fn change_requests_of_branch(
        &self,
        place: &Place,
        branch: &str,
        fork: Option<&str>,
    ) -> RequestFor<Vec<ChangeRequest>> {
        // The only way to a fork's pull request: `change_requests_of_commit` does not find commits of forks.
        // https://docs.github.com/en/rest/pulls/pulls#list-pull-requests
        let owner = fork.unwrap_or(&place.repository).split('/').next().unwrap_or_default();
        let head = encoded(&format!("{owner}:{branch}"));
        RequestFor::new(
            place.get_request(&format!("{}/pulls?state=open&head={head}", repository(place))),
            read_change_requests,
        )
    }

    fn open_change_requests(&self, place: &Place) -> RequestFor<Vec<ChangeRequest>> {
        let path = format!("{}/pulls?state=open&sort=updated&direction=desc&per_page=100", repository(place));
        RequestFor::new(place.get_request(&path), read_change_requests)
    }

    // https://docs.github.com/en/rest/repos/repos#get-a-repository
    fn repository(&self, place: &Place) -> RequestFor<RepositoryFacts> {
        RequestFor::new(place.get_request(&repository(place)), RepositoryFacts::read)
    }
}

impl Statuses for GitHub {
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
            "target_url": status.url,
        });
        place.body_request(Method::POST, &path, &body)
    }

    // https://docs.github.com/en/rest/checks/runs#create-a-check-run
    fn set_check(
        &self,
        place: &Place,
        status: &CommitStatus,
        page: &str,
        there: Option<&str>,
    ) -> Option<Request> {
        let mut body = json!({
            "name": status.name,
            "head_sha": status.commit,
            "output": { "title": cut_to(&status.description, DESCRIPTION), "summary": page },
        });
        if let Some(url) = &status.url {
            body["details_url"] = json!(url);
        }
        match status.state {
            State::Pending => body["status"] = json!("in_progress"),
            State::Success => body["conclusion"] = json!("success"),
            State::Failure => body["conclusion"] = json!("failure"),
        }
        let checks = format!("{}/check-runs", repository(place));
        Some(match there {
            Some(check) => place.body_request(Method::PATCH, &format!("{checks}/{}", encoded(check)), &body),
            None => place.body_request(Method::POST, &checks, &body),
        })
    }

    // The latest status of each name: https://docs.github.com/en/rest/commits/statuses#get-the-combined-status-for-a-specific-reference
    fn statuses_there(&self, place: &Place, commit: &str, _name: &str) -> RequestFor<Vec<StatusThere>> {
        let path = format!("{}/commits/{}/status?per_page=100", repository(place), encoded(commit));
        RequestFor::new(place.get_request(&path), |answer| {
            read_list(answer.get("statuses"), |one| {
                let state = match one.get("state")?.as_str()? {
                    "success" => State::Success,
                    "pending" => State::Pending,
                    _ => State::Failure,
                };
                Some(StatusThere { name: text_at(one, "/context")?, state, check: None })
            })
        })
    }

    // https://docs.github.com/en/rest/checks/runs#list-check-runs-for-a-git-reference
    fn checks_there(&self, place: &Place, commit: &str, name: &str) -> Option<RequestFor<Vec<StatusThere>>> {
        let path = format!(
            "{}/commits/{}/check-runs?check_name={}&filter=latest&per_page=100",
            repository(place),
            encoded(commit),
            encoded(name)
        );
        Some(RequestFor::new(place.get_request(&path), |answer| {
            read_list(answer.get("check_runs"), |one| {
                let state =
                    match (one.get("status")?.as_str()?, one.get("conclusion").and_then(Value::as_str)) {
                        ("completed", Some("success")) => State::Success,
                        ("completed", _) => State::Failure,
                        _ => State::Pending,
                    };
                Some(StatusThere { name: text_at(one, "/name")?, state, check: Some(number_at(one, "/id")?) })
            })
        }))
    }
}

impl Deployments for GitHub {
    fn record_deployment(&self, place: &Place, deployment: &Deployment) -> Request {
        let body = json!({
            "ref": deployment.commit,
            "environment": deployment.environment,
            "auto_merge": false,
            // The deployment has been made already, so no check may block its record.
            "required_contexts": [],
            "description": "deployed by stackstep",
        });
        place.body_request(Method::POST, &format!("{}/deployments", repository(place)), &body)
    }

    fn complete_deployment(&self, place: &Place, deployment: &Deployment, answer: &Value) -> Option<Request> {
        let path = format!("{}/deployments/{}/statuses", repository(place), number_at(answer, "/id")?);
        let state = match deployment.state {
            State::Pending => "in_progress",
            State::Success if deployment.removed => "inactive",
            State::Success => "success",
            State::Failure => "failure",
        };
        let mut body = json!({
            "state": state,
            "auto_inactive": true,
            "description": cut_to(&deployment.description, DESCRIPTION),
        });
        if let Some(url) = deployment.url.as_ref().filter(|_| state == "success") {
            body["environment_url"] = json!(url);
        }
        if let Some(log) = &deployment.log {
            body["log_url"] = json!(log);
        }
        Some(place.body_request(Method::POST, &path, &body))
    }

    // https://docs.github.com/en/rest/deployments/deployments#create-a-deployment
    fn add_record(&self, place: &Place, record: &NewRecord<'_>) -> Option<RequestFor<KeptRecord>> {
        let body = json!({
            "ref": record.commit,
            "task": record.task,
            "environment": record.environment,
            "auto_merge": false,
            "required_contexts": [],
            "production_environment": false,
            "description": cut_to(record.description, DESCRIPTION),
            "payload": { "stackstep": record.text },
        });
        let path = format!("{}/deployments", repository(place));
        Some(RequestFor::new(place.body_request(Method::POST, &path, &body), read_record))
    }

    // https://docs.github.com/en/rest/deployments/deployments#list-deployments
    fn list_records(&self, place: &Place, task: &str) -> Option<RequestFor<Vec<KeptRecord>>> {
        let path = format!("{}/deployments?per_page=100&task={}", repository(place), encoded(task));
        Some(RequestFor::new(place.get_request(&path), |answer| read_list(Some(answer), read_record)))
    }
}

fn read_record(answer: &Value) -> Option<KeptRecord> {
    // What was sent as an object may come back as its text.
    let payload = match answer.get("payload")? {
        Value::String(text) => serde_json::from_str(text).ok()?,
        other => other.clone(),
    };
    Some(KeptRecord { id: answer.get("id")?.as_u64()?, text: text_at(&payload, "/stackstep")? })
}

fn read_comments(answer: &Value) -> Option<Vec<Comment>> {
    read_list(Some(answer), read_comment)
}

fn read_comment(answer: &Value) -> Option<Comment> {
    Some(Comment {
        id: number_at(answer, "/id")?,
        node: text_at(answer, "/node_id"),
        // The account of a comment's author can be deleted.
        author: text_at(answer, "/user/login").unwrap_or_default(),
        body: text_at(answer, "/body").unwrap_or_default(),
        hidden: None,
        at: text_at(answer, "/updated_at"),
    })
}

/// Reads an account. Apps have the type `Bot`, and names such as `dependabot[bot]`.
fn read_person(account: &Value) -> Option<Person> {
    let login = text_at(account, "/login")?;
    let bot = account.get("type").is_some_and(|kind| kind != "User") || login.ends_with("[bot]");
    Some(Person::with_name(login, bot))
}

fn read_token_owner(answer: &Value) -> Option<String> {
    text_at(answer, "/data/viewer/login")
}

fn read_change_requests(answer: &Value) -> Option<Vec<ChangeRequest>> {
    read_list(Some(answer), read_change_request)
}

fn read_change_request(answer: &Value) -> Option<ChangeRequest> {
    let name = |end: &str| text_at(answer, &format!("/{end}/repo/full_name"));
    let merged = answer.get("merged_at").is_some_and(|at| !at.is_null());
    Some(ChangeRequest {
        number: answer.get("number")?.as_u64()?,
        open: answer.get("state")? == "open",
        merged,
        locked: answer.get("locked") == Some(&Value::Bool(true)),
        branch: text_at(answer, "/head/ref"),
        head: text_at(answer, "/head/sha"),
        fork: name("base").map(|base| name("head").is_none_or(|head| !head.eq_ignore_ascii_case(&base))),
        author: answer.get("user").and_then(read_person),
        target: text_at(answer, "/base/ref"),
        // An open one has the commit of a merge that was only tried.
        merge_commit: text_at(answer, "/merge_commit_sha").filter(|_| merged),
        merged_at: text_at(answer, "/merged_at"),
        closed_at: text_at(answer, "/closed_at")
            .filter(|_| answer.get("state").is_some_and(|is| is == "closed")),
        repository: number_at(answer, "/base/repo/id"),
        labels: read_list(answer.get("labels"), |label| text_at(label, "/name")).unwrap_or_default(),
    })
}

impl RepositoryFacts {
    /// Reads a repository of GitHub or Gitea.
    pub(super) fn read(answer: &Value) -> Option<Self> {
        Some(Self { id: number_at(answer, "/id")?, path: text_at(answer, "/full_name")? })
    }
}

fn repository(place: &Place) -> String {
    format!("repos/{}", encoded_path(&place.repository))
}

/// The address of the GraphQL API, beside the REST API: `api.github.com/graphql`, or `/api/graphql` of a server.
/// <https://docs.github.com/en/enterprise-server@latest/graphql/guides/forming-calls-with-graphql#the-graphql-endpoint>
fn graphql(place: &Place) -> Url {
    let path = if place.api.path().ends_with("/v3/") { "../graphql" } else { "graphql" };
    place.api.join(path).unwrap_or_else(|_| place.api.clone())
}
