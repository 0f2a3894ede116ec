//! GitHub and GitHub Enterprise Server.
//!
//! Comments of a pull request are those of its issue: <https://docs.github.com/en/rest/issues/comments>.
//! Pull requests: <https://docs.github.com/en/rest/pulls/pulls>. Statuses:
//! <https://docs.github.com/en/rest/commits/statuses>. Deployments: <https://docs.github.com/en/rest/deployments>.

use serde_json::{Value, json};

use super::{
    ChangeRequest, Comment, CommitStatus, Deployment, Forge, Place, State, cut, each, field, id, is_called,
    part, parts, text,
};
use crate::base::http::{Method, Request, Url};
use crate::base::secret::Secret;
use crate::render::{Flavor, Size};

/// GitHub.
pub struct GitHub;

/// A longer comment is refused: "body is too long (maximum is 65536 characters)".
/// <https://github.com/orgs/community/discussions/41331>
const COMMENT: usize = 65_536;

/// What a status may say. <https://docs.github.com/en/rest/commits/statuses#create-a-commit-status>
const DESCRIPTION: usize = 140;

impl Forge for GitHub {
    fn name(&self) -> &'static str {
        "github"
    }

    fn title(&self) -> &'static str {
        "GitHub"
    }

    fn flavor(&self) -> Flavor {
        Flavor::GITHUB
    }

    fn limit(&self) -> Size {
        Size::Chars(COMMENT)
    }

    // ghe.com: https://docs.github.com/en/enterprise-cloud@latest/admin/data-residency
    fn is_host(&self, host: &str) -> bool {
        host == "github.com"
            || host == "ssh.github.com"
            || host.ends_with(".ghe.com")
            || is_called(host, "github")
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

    fn permission(&self) -> &'static str {
        "the token needs, as a fine-grained token or as an app's, the permission Pull requests: Read and write (a status \
         Commit statuses, a deployment Deployments, a check Checks, which only an app's can have) \
         (https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/managing-your-personal-access-tokens)"
    }

    fn job_permission(&self) -> &'static str {
        "the token needs `pull-requests: write` (a check `checks: write`, a status `statuses: write`, a deployment `deployments: write`), in a \
         workflow under `permissions:`; runs for a fork's pull request and Dependabot's never have it \
         (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions)"
    }

    fn authorization(&self, token: &Secret) -> Secret {
        Secret::new(format!("Bearer {}", token.expose()))
    }

    // https://docs.github.com/en/rest/about-the-rest-api/api-versions
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[("x-github-api-version", "2022-11-28")]
    }

    fn comments(&self, place: &Place, change_request: u64) -> Request {
        place.get(&format!("{}/issues/{change_request}/comments?per_page=100", repository(place)))
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

    // https://docs.github.com/en/graphql/reference/mutations#minimizecomment
    fn hide(&self, place: &Place, _change_request: u64, comment: &Comment) -> Option<Request> {
        let query = "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) \
                     { minimizedComment { isMinimized } } }";
        let body = json!({ "query": query, "variables": { "id": comment.node.as_deref()? } });
        // Hiding it twice is hiding it.
        Some(place.signed(Request { repeatable: true, ..Request::json(Method::POST, graphql(place), &body) }))
    }

    fn read_comment(&self, answer: &Value) -> Option<Comment> {
        Some(Comment {
            id: id(answer, "/id")?,
            node: text(answer, "/node_id"),
            // The account of a comment can be deleted.
            author: text(answer, "/user/login").unwrap_or_default(),
            body: text(answer, "/body").unwrap_or_default(),
            hidden: None,
        })
    }

    // `GET /user` refuses the tokens of apps and jobs; this tells the name of any.
    // https://docs.github.com/en/graphql/reference/queries#viewer
    fn me(&self, place: &Place) -> Request {
        let body = json!({ "query": "query { viewer { login } }" });
        place.signed(Request { repeatable: true, ..Request::json(Method::POST, graphql(place), &body) })
    }

    fn read_me(&self, answer: &Value) -> Option<String> {
        text(answer, "/data/viewer/login")
    }

    fn of_commit(&self, place: &Place, commit: &str) -> Request {
        place.get(&format!("{}/commits/{}/pulls", repository(place), part(commit)))
    }

    fn of_branch(&self, place: &Place, branch: &str, fork: Option<&str>) -> Request {
        // The only way to a fork's: its commits are not found by `of_commit`.
        // https://docs.github.com/en/rest/pulls/pulls#list-pull-requests
        let owner = fork.unwrap_or(&place.repository).split('/').next().unwrap_or_default();
        let head = part(&format!("{owner}:{branch}"));
        place.get(&format!("{}/pulls?state=open&head={head}", repository(place)))
    }

    fn read_change_requests(&self, answer: &Value) -> Option<Vec<ChangeRequest>> {
        each(Some(answer), |pull| self.read_change_request(pull))
    }

    fn change_request(&self, place: &Place, number: u64) -> Request {
        place.get(&format!("{}/pulls/{number}", repository(place)))
    }

    fn read_change_request(&self, answer: &Value) -> Option<ChangeRequest> {
        let name = |end: &str| text(answer, &format!("/{end}/repo/full_name"));
        Some(ChangeRequest {
            number: answer.get("number")?.as_u64()?,
            open: answer.get("state")? == "open",
            merged: answer.get("merged_at").is_some_and(|at| !at.is_null()),
            locked: answer.get("locked") == Some(&Value::Bool(true)),
            branch: text(answer, "/head/ref"),
            head: text(answer, "/head/sha"),
            fork: name("base").map(|base| name("head").is_none_or(|head| !head.eq_ignore_ascii_case(&base))),
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
            "target_url": status.url,
        });
        place.send(Method::POST, &path, &body)
    }

    // https://docs.github.com/en/rest/checks/runs#create-a-check-run
    fn check(
        &self,
        place: &Place,
        status: &CommitStatus,
        page: &str,
        there: Option<&str>,
    ) -> Option<Request> {
        let mut body = json!({
            "name": status.name,
            "head_sha": status.commit,
            "output": { "title": cut(&status.description, DESCRIPTION), "summary": page },
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
            Some(check) => place.send(Method::PATCH, &format!("{checks}/{}", part(check)), &body),
            None => place.send(Method::POST, &checks, &body),
        })
    }

    fn deployment(&self, place: &Place, deployment: &Deployment) -> Option<Request> {
        let body = json!({
            "ref": deployment.commit,
            "environment": deployment.environment,
            "auto_merge": false,
            // It is deployed already: no check can hold it back any more.
            "required_contexts": [],
            "description": "deployed by stackstep",
        });
        Some(place.send(Method::POST, &format!("{}/deployments", repository(place)), &body))
    }

    fn deployment_end(&self, place: &Place, deployment: &Deployment, answer: &Value) -> Option<Request> {
        let path = format!("{}/deployments/{}/statuses", repository(place), id(answer, "/id")?);
        let state = match deployment.state {
            State::Pending => "in_progress",
            State::Success if deployment.removed => "inactive",
            State::Success => "success",
            State::Failure => "failure",
        };
        let mut body = json!({ "state": state, "auto_inactive": true });
        if let Some(url) = deployment.url.as_ref().filter(|_| state == "success") {
            body["environment_url"] = json!(url);
        }
        if let Some(log) = &deployment.log {
            body["log_url"] = json!(log);
        }
        Some(place.send(Method::POST, &path, &body))
    }
}

fn repository(place: &Place) -> String {
    format!("repos/{}", parts(&place.repository))
}

/// Beside the REST API: `api.github.com/graphql`, and `/api/graphql` of a server.
/// <https://docs.github.com/en/enterprise-server@latest/graphql/guides/forming-calls-with-graphql#the-graphql-endpoint>
fn graphql(place: &Place) -> Url {
    let path = if place.api.path().ends_with("/v3/") { "../graphql" } else { "graphql" };
    place.api.join(path).unwrap_or_else(|_| place.api.clone())
}
