//! GitLab, gitlab.com and self-managed ones.
//!
//! Notes: <https://docs.gitlab.com/api/notes/#merge-requests>. Merge requests:
//! <https://docs.gitlab.com/api/merge_requests/>. Statuses: <https://docs.gitlab.com/api/commits/#set-commit-pipeline-status>.
//! Deployments: <https://docs.gitlab.com/api/deployments/>.

use serde_json::{Value, json};

mod contents;
mod conversation;
mod issues;
mod mentions;
mod merging;
mod proposals;
mod protection;
mod reviews;
mod runs;

use super::{
    ChangeRequest, ChangeRequests, Comment, Comments, CommitStatus, Conversations, Deployment, Deployments,
    Forge, Issues, Person, Place, Proposals, Reading, RepositoryFacts, RequestFor, State, StatusThere,
    Statuses, begins_with_name, cut_to, encoded, is_true, number_at, one_field, read_list, text_at,
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

    fn needed_to_read(&self, what: Reading) -> &'static str {
        match what {
            Reading::Reviews | Reading::Writers | Reading::Contents | Reading::Statuses => {
                "the token needs the scope `read_api`, and its user the role Reporter at least; a job's own token can't read \
                 this (https://docs.gitlab.com/user/project/settings/project_access_tokens/)"
            }
            Reading::Teams => {
                "the token needs the scope `read_api`, and its user must see the group \
                 (https://docs.gitlab.com/api/group_members/)"
            }
            Reading::Protection => {
                "the token needs the scope `read_api`, and its user the role Maintainer \
                 (https://docs.gitlab.com/api/protected_branches/)"
            }
            Reading::Environments => {
                "it takes GitLab Premium, and a token with the scope `read_api` and the role Maintainer \
                 (https://docs.gitlab.com/api/protected_environments/)"
            }
            Reading::Runs => {
                "the token needs the scope `read_api`, and its user the role Reporter at least; a job's own token can't read \
                 this (https://docs.gitlab.com/api/jobs/)"
            }
        }
    }

    // https://docs.gitlab.com/api/rest/authentication/#personalprojectgroup-access-tokens
    fn authorization(&self, token: &Secret) -> Secret {
        Secret::new(format!("Bearer {}", token.expose()))
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

    fn open_change_requests(&self, place: &Place) -> RequestFor<Vec<ChangeRequest>> {
        let path = format!(
            "{}/merge_requests?state=opened&order_by=updated_at&sort=desc&per_page=100",
            project(place)
        );
        RequestFor::new(place.get_request(&path), read_change_requests)
    }

    // https://docs.gitlab.com/api/projects/#retrieve-a-project
    fn repository(&self, place: &Place) -> RequestFor<RepositoryFacts> {
        RequestFor::new(place.get_request(&project(place)), |answer| {
            Some(RepositoryFacts {
                id: number_at(answer, "/id")?,
                path: text_at(answer, "/path_with_namespace")?,
            })
        })
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

    // https://docs.gitlab.com/api/commits/#list-commit-statuses
    fn statuses_there(&self, place: &Place, commit: &str, name: &str) -> RequestFor<Vec<StatusThere>> {
        let path = format!(
            "{}/repository/commits/{}/statuses?name={}&per_page=100",
            project(place),
            encoded(commit),
            encoded(name)
        );
        RequestFor::new(place.get_request(&path), |answer| {
            read_list(Some(answer), |one| {
                let state = match one.get("status")?.as_str()? {
                    "success" => State::Success,
                    "created" | "pending" | "running" => State::Pending,
                    _ => State::Failure,
                };
                Some(StatusThere { name: text_at(one, "/name")?, state, check: None })
            })
        })
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
        at: text_at(answer, "/updated_at"),
    })
}

/// Reads an account. The user of a project's or group's access token has a name such as `project_7_bot_0a1b`.
/// <https://docs.gitlab.com/user/project/settings/project_access_tokens/#bot-users-for-projects>
fn read_person(account: &Value) -> Option<Person> {
    let name = text_at(account, "/username")?;
    let of_token = |kind: &str| {
        let number =
            name.strip_prefix(kind).and_then(|rest| rest.split_once("_bot")).map(|(number, _)| number);
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let bot = is_true(account, "/bot") || of_token("project_") || of_token("group_");
    Some(Person::with_name(name, bot))
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
    let merged = state == "merged";
    // One that was merged by fast-forward has no commit of its own for that.
    let ends = ["/merge_commit_sha", "/squash_commit_sha", "/sha"];
    Some(ChangeRequest {
        number: answer.get("iid")?.as_u64()?,
        open: state == "opened" || state == "locked",
        merged,
        locked: answer.get("discussion_locked") == Some(&Value::Bool(true)),
        branch: text_at(answer, "/source_branch"),
        head: text_at(answer, "/sha"),
        fork: projects.map(|(source, target)| source != target),
        author: answer.get("author").and_then(read_person),
        target: text_at(answer, "/target_branch"),
        merge_commit: ends.iter().find_map(|end| text_at(answer, end)).filter(|_| merged),
        merged_at: text_at(answer, "/merged_at"),
        // One that was merged has only the time of that.
        closed_at: match state {
            "closed" => text_at(answer, "/closed_at"),
            "merged" => text_at(answer, "/merged_at"),
            _ => None,
        },
        repository: number_at(answer, "/target_project_id"),
        labels: read_list(answer.get("labels"), |label| label.as_str().map(str::to_owned))
            .unwrap_or_default(),
    })
}

fn project(place: &Place) -> String {
    format!("projects/{}", encoded(&place.repository))
}

fn merge_request(place: &Place, number: u64) -> String {
    format!("{}/merge_requests/{number}", project(place))
}
