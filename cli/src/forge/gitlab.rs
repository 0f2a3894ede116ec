//! GitLab, the public one and self-managed ones.
//!
//! Notes: <https://docs.gitlab.com/api/notes/#merge-requests>. Merge requests:
//! <https://docs.gitlab.com/api/merge_requests/>. Statuses: <https://docs.gitlab.com/api/commits/#set-commit-pipeline-status>.
//! Deployments: <https://docs.gitlab.com/api/deployments/>.

use serde_json::{Value, json};

use super::{
    ChangeRequest, Comment, CommitStatus, Deployment, Forge, Place, State, cut, each, field, id, is_called,
    part, text,
};
use crate::base::http::{Method, Request, Url};
use crate::base::secret::Secret;
use crate::render::{Flavor, Size};

/// GitLab.
pub struct GitLab;

/// <https://docs.gitlab.com/administration/instance_limits/#size-of-comments-and-descriptions-of-issues-merge-requests-and-epics>
const NOTE: usize = 1_000_000;

/// <https://docs.gitlab.com/api/commits/#set-commit-pipeline-status>: a description has 255 characters.
const DESCRIPTION: usize = 255;

impl Forge for GitLab {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn title(&self) -> &'static str {
        "GitLab"
    }

    fn flavor(&self) -> Flavor {
        Flavor::GITLAB
    }

    fn limit(&self) -> Size {
        Size::Chars(NOTE)
    }

    fn is_host(&self, host: &str) -> bool {
        host == "gitlab.com" || host == "altssh.gitlab.com" || is_called(host, "gitlab")
    }

    fn public(&self) -> &'static str {
        "https://gitlab.com"
    }

    // https://docs.gitlab.com/api/rest/#namespaced-paths
    fn locate(&self, server: &Url, path: &str) -> Option<(Url, String)> {
        let project = path.split("/-/").next()?;
        let server = if server.host_str() == Some("altssh.gitlab.com") {
            Url::parse(self.public()).ok()?
        } else {
            server.clone()
        };
        project.contains('/').then_some((server.join("api/v4/").ok()?, project.to_owned()))
    }

    fn permission(&self) -> &'static str {
        "the token needs the scope `api`, and its user the role Reporter at least (Developer for statuses and \
         deployments) (https://docs.gitlab.com/user/project/settings/project_access_tokens/)"
    }

    // https://docs.gitlab.com/api/rest/authentication/#personalprojectgroup-access-tokens
    fn authorization(&self, token: &Secret) -> Secret {
        Secret::new(format!("Bearer {}", token.expose()))
    }

    fn comments(&self, place: &Place, change_request: u64) -> Request {
        place.get(&format!(
            "{}/notes?per_page=100&sort=asc&order_by=created_at",
            merge_request(place, change_request)
        ))
    }

    fn read_comments(&self, answer: &Value) -> Option<Vec<Comment>> {
        let by_people = |note: &Value| {
            note.get("system") != Some(&Value::Bool(true)) && note.get("position").is_none_or(Value::is_null)
        };
        each(Some(answer), |note| self.read_comment(note).filter(|_| by_people(note)))
    }

    fn create(&self, place: &Place, change_request: u64, body: &str) -> Request {
        let path = format!("{}/notes", merge_request(place, change_request));
        place.send(Method::POST, &path, &field("body", body))
    }

    fn update(&self, place: &Place, change_request: u64, comment: &Comment, body: &str) -> Request {
        let path = format!("{}/notes/{}", merge_request(place, change_request), comment.id);
        place.send(Method::PUT, &path, &field("body", body))
    }

    fn delete(&self, place: &Place, change_request: u64, comment: &Comment) -> Request {
        place.remove(&format!("{}/notes/{}", merge_request(place, change_request), comment.id))
    }

    fn read_comment(&self, answer: &Value) -> Option<Comment> {
        Some(Comment {
            id: id(answer, "/id")?,
            node: None,
            author: text(answer, "/author/username").unwrap_or_default(),
            body: text(answer, "/body").unwrap_or_default(),
            hidden: None,
        })
    }

    // https://docs.gitlab.com/api/users/#retrieve-the-current-user
    fn me(&self, place: &Place) -> Request {
        place.get("user")
    }

    fn read_me(&self, answer: &Value) -> Option<String> {
        text(answer, "/username")
    }

    // https://docs.gitlab.com/api/commits/#list-merge-requests-associated-with-a-commit
    fn of_commit(&self, place: &Place, commit: &str) -> Request {
        place.get(&format!("{}/repository/commits/{}/merge_requests", project(place), part(commit)))
    }

    fn of_branch(&self, place: &Place, branch: &str, _fork: Option<&str>) -> Request {
        place.get(&format!("{}/merge_requests?state=opened&source_branch={}", project(place), part(branch)))
    }

    fn read_change_requests(&self, answer: &Value) -> Option<Vec<ChangeRequest>> {
        each(Some(answer), |request| self.read_change_request(request))
    }

    fn change_request(&self, place: &Place, number: u64) -> Request {
        place.get(&merge_request(place, number))
    }

    fn read_change_request(&self, answer: &Value) -> Option<ChangeRequest> {
        let state = answer.get("state")?.as_str()?;
        let projects = answer.get("source_project_id").zip(answer.get("target_project_id"));
        Some(ChangeRequest {
            number: answer.get("iid")?.as_u64()?,
            open: state == "opened" || state == "locked",
            merged: state == "merged",
            locked: answer.get("discussion_locked") == Some(&Value::Bool(true)),
            branch: text(answer, "/source_branch"),
            head: text(answer, "/sha"),
            fork: projects.map(|(source, target)| source != target),
        })
    }

    fn status(&self, place: &Place, status: &CommitStatus) -> Request {
        let path = format!("{}/statuses/{}", project(place), part(&status.commit));
        let body = json!({
            "state": match status.state {
                State::Pending => "running",
                State::Success => "success",
                State::Failure => "failed",
            },
            "name": status.name,
            "description": cut(&status.description, DESCRIPTION),
            "target_url": status.url,
        });
        place.send(Method::POST, &path, &body)
    }

    // https://docs.gitlab.com/api/deployments/#create-a-deployment
    fn deployment(&self, place: &Place, deployment: &Deployment) -> Option<Request> {
        let body = json!({
            "environment": deployment.environment,
            "sha": deployment.commit,
            "ref": deployment.reference,
            "tag": deployment.tag,
            "status": match deployment.state {
                State::Pending => "running",
                State::Success => "success",
                State::Failure => "failed",
            },
        });
        Some(place.send(Method::POST, &format!("{}/deployments", project(place)), &body))
    }

    // https://docs.gitlab.com/api/environments/#update-an-existing-environment
    fn deployment_end(&self, place: &Place, deployment: &Deployment, answer: &Value) -> Option<Request> {
        let environment = format!("{}/environments/{}", project(place), id(answer, "/environment/id")?);
        if deployment.state != State::Success {
            return None;
        }
        if deployment.removed {
            return Some(place.send(Method::POST, &format!("{environment}/stop"), &json!({})));
        }
        let url = deployment.url.as_ref()?;
        let known = text(answer, "/environment/external_url");
        (known.as_ref() != Some(url))
            .then(|| place.send(Method::PUT, &environment, &field("external_url", url)))
    }
}

fn project(place: &Place) -> String {
    format!("projects/{}", part(&place.repository))
}

fn merge_request(place: &Place, number: u64) -> String {
    format!("{}/merge_requests/{number}", project(place))
}
