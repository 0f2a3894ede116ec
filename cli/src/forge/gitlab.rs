//! GitLab, gitlab.com and self-managed ones.
//!
//! Notes: <https://docs.gitlab.com/api/notes/#merge-requests>. Merge requests:
//! <https://docs.gitlab.com/api/merge_requests/>. Statuses: <https://docs.gitlab.com/api/commits/#set-commit-pipeline-status>.
//! Deployments: <https://docs.gitlab.com/api/deployments/>.

use serde_json::{Value, json};

use super::{
    ChangeRequest, ChangeRequests, Comment, Comments, CommitStatus, Deployment, Deployments, Forge, Place,
    RequestFor, State, Statuses, begins_with_name, cut_to, encoded, number_at, one_field, read_list, text_at,
};
use crate::base::http::{Method, Request, Url};
use crate::base::secret::Secret;
use crate::render::{Flavor, Size};

/// GitLab.
pub struct GitLab;

/// The most characters of a note:
/// <https://docs.gitlab.com/administration/instance_limits/#size-of-comments-and-descriptions-of-issues-merge-requests-and-epics>
const NOTE: usize = 1_000_000;

/// The most characters of a status's description: <https://docs.gitlab.com/api/commits/#set-commit-pipeline-status>.
const DESCRIPTION: usize = 255;

impl Forge for GitLab {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn title(&self) -> &'static str {
        "GitLab"
    }

    fn request(&self, number: u64) -> String {
        format!("merge request !{number}")
    }

    fn is_host(&self, host: &str) -> bool {
        host == "gitlab.com" || host == "altssh.gitlab.com" || begins_with_name(host, "gitlab")
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

    fn permission(&self, _jobs_own: bool) -> &'static str {
        "the token needs the scope `api`, and its user the role Reporter at least (Developer for statuses and \
         deployments) (https://docs.gitlab.com/user/project/settings/project_access_tokens/)"
    }

    // https://docs.gitlab.com/api/rest/authentication/#personalprojectgroup-access-tokens
    fn authorization(&self, token: &Secret) -> Secret {
        Secret::new(format!("Bearer {}", token.expose()))
    }

    fn deployments(&self) -> Option<&dyn Deployments> {
        Some(self)
    }
}

impl Comments for GitLab {
    fn flavor(&self) -> Flavor {
        Flavor::GITLAB
    }

    fn limit(&self) -> Size {
        Size::Chars(NOTE)
    }

    fn list_comments(&self, place: &Place, change_request: u64) -> RequestFor<Vec<Comment>> {
        RequestFor::new(
            place.get_request(&format!(
                "{}/notes?per_page=100&sort=asc&order_by=created_at",
                merge_request(place, change_request)
            )),
            read_comments,
        )
    }

    fn create_comment(&self, place: &Place, change_request: u64, body: &str) -> RequestFor<Comment> {
        let path = format!("{}/notes", merge_request(place, change_request));
        RequestFor::new(place.body_request(Method::POST, &path, &one_field("body", body)), read_comment)
    }

    fn update_comment(&self, place: &Place, change_request: u64, comment: &Comment, body: &str) -> Request {
        let path = format!("{}/notes/{}", merge_request(place, change_request), comment.id);
        place.body_request(Method::PUT, &path, &one_field("body", body))
    }

    fn delete_comment(&self, place: &Place, change_request: u64, comment: &Comment) -> Request {
        place.delete_request(&format!("{}/notes/{}", merge_request(place, change_request), comment.id))
    }

    // https://docs.gitlab.com/api/users/#retrieve-the-current-user
    fn token_owner(&self, place: &Place) -> RequestFor<String> {
        RequestFor::new(place.get_request("user"), read_token_owner)
    }
}

impl ChangeRequests for GitLab {
    fn change_request(&self, place: &Place, number: u64) -> RequestFor<ChangeRequest> {
        RequestFor::new(place.get_request(&merge_request(place, number)), read_change_request)
    }

    // https://docs.gitlab.com/api/commits/#list-merge-requests-associated-with-a-commit
    fn change_requests_of_commit(&self, place: &Place, commit: &str) -> RequestFor<Vec<ChangeRequest>> {
        RequestFor::new(
            place.get_request(&format!(
                "{}/repository/commits/{}/merge_requests",
                project(place),
                encoded(commit)
            )),
            read_change_requests,
        )
    }

    fn change_requests_of_branch(
        &self,
        place: &Place,
        branch: &str,
        _fork: Option<&str>,
    ) -> RequestFor<Vec<ChangeRequest>> {
        RequestFor::new(
            place.get_request(&format!(
                "{}/merge_requests?state=opened&source_branch={}",
                project(place),
                encoded(branch)
            )),
            read_change_requests,
        )
    }
}

impl Statuses for GitLab {
    fn set_status(&self, place: &Place, status: &CommitStatus) -> Request {
        let path = format!("{}/statuses/{}", project(place), encoded(&status.commit));
        let body = json!({
            "state": match status.state {
                State::Pending => "running",
                State::Success => "success",
                State::Failure => "failed",
            },
            "name": status.name,
            "description": cut_to(&status.description, DESCRIPTION),
            "target_url": status.url,
        });
        place.body_request(Method::POST, &path, &body)
    }
}

impl Deployments for GitLab {
    // https://docs.gitlab.com/api/deployments/#create-a-deployment
    fn record_deployment(&self, place: &Place, deployment: &Deployment) -> Request {
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
        place.body_request(Method::POST, &format!("{}/deployments", project(place)), &body)
    }

    // https://docs.gitlab.com/api/environments/#update-an-existing-environment
    fn complete_deployment(&self, place: &Place, deployment: &Deployment, answer: &Value) -> Option<Request> {
        let environment =
            format!("{}/environments/{}", project(place), number_at(answer, "/environment/id")?);
        if deployment.state != State::Success {
            return None;
        }
        if deployment.removed {
            return Some(place.body_request(Method::POST, &format!("{environment}/stop"), &json!({})));
        }
        let url = deployment.url.as_ref()?;
        let known = text_at(answer, "/environment/external_url");
        (known.as_ref() != Some(url))
            .then(|| place.body_request(Method::PUT, &environment, &one_field("external_url", url)))
    }
}

fn read_comments(answer: &Value) -> Option<Vec<Comment>> {
    let by_people = |note: &Value| {
        note.get("system") != Some(&Value::Bool(true)) && note.get("position").is_none_or(Value::is_null)
    };
    read_list(Some(answer), |note| read_comment(note).filter(|_| by_people(note)))
}

fn read_comment(answer: &Value) -> Option<Comment> {
    Some(Comment {
        id: number_at(answer, "/id")?,
        node: None,
        author: text_at(answer, "/author/username").unwrap_or_default(),
        body: text_at(answer, "/body").unwrap_or_default(),
        hidden: None,
    })
}

fn read_token_owner(answer: &Value) -> Option<String> {
    text_at(answer, "/username")
}

fn read_change_requests(answer: &Value) -> Option<Vec<ChangeRequest>> {
    read_list(Some(answer), read_change_request)
}

fn read_change_request(answer: &Value) -> Option<ChangeRequest> {
    let state = answer.get("state")?.as_str()?;
    let projects = answer.get("source_project_id").zip(answer.get("target_project_id"));
    Some(ChangeRequest {
        number: answer.get("iid")?.as_u64()?,
        open: state == "opened" || state == "locked",
        merged: state == "merged",
        locked: answer.get("discussion_locked") == Some(&Value::Bool(true)),
        branch: text_at(answer, "/source_branch"),
        head: text_at(answer, "/sha"),
        fork: projects.map(|(source, target)| source != target),
    })
}

fn project(place: &Place) -> String {
    format!("projects/{}", encoded(&place.repository))
}

fn merge_request(place: &Place, number: u64) -> String {
    format!("{}/merge_requests/{number}", project(place))
}
