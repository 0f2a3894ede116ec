//! The comment that started a job, as the CI system tells it. A pointer: what it says is read from the forge.

use serde_json::Value;

use crate::base::env::Env;

/// What a job says of the comment that started it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartedBy {
    /// A new comment on a change request.
    Comment(CommentPointer),
    /// Something that is no command, for this reason.
    NoCommand(&'static str),
}

/// A new comment on a change request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentPointer {
    /// The change request's number.
    pub change_request: u64,
    /// The comment's id.
    pub comment: u64,
    /// The text that it had when the job was started. None if the event does not tell.
    pub text: Option<String>,
}

/// The comment of an `issue_comment`, which Gitea and Forgejo have as well. A comment on a pull request is one on its issue.
/// <https://docs.github.com/en/webhooks/webhook-events-and-payloads#issue_comment>
pub(super) fn of_github(env: &Env) -> Option<StartedBy> {
    if !matches!(env.get("GITHUB_EVENT_NAME"), Some("issue_comment" | "pull_request_comment")) {
        return None;
    }
    let event = env.event()?;
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
    if text("/action") != Some("created") {
        return Some(StartedBy::NoCommand(
            "only a new comment is a command, not one that was edited or deleted",
        ));
    }
    if !is_on_a_pull_request(event) {
        return Some(StartedBy::NoCommand(
            "the comment is on an issue, and commands are about pull requests",
        ));
    }
    Some(StartedBy::Comment(CommentPointer {
        change_request: event.pointer("/issue/number")?.as_u64()?,
        comment: event.pointer("/comment/id")?.as_u64()?,
        text: text("/comment/body").map(str::to_owned),
    }))
}

/// Whether the event of a comment is about one on a pull request. Gitea says it beside the issue.
pub(super) fn is_on_a_pull_request(event: &Value) -> bool {
    event.pointer("/issue/pull_request").is_some_and(|pull| !pull.is_null())
        || event.get("is_pull").and_then(Value::as_bool) == Some(true)
}

/// The comment that a webhook has handed to a pipeline trigger.
/// <https://docs.gitlab.com/ci/triggers/#access-webhook-payload>,
/// <https://docs.gitlab.com/user/project/integrations/webhook_events/#comment-events>
pub(super) fn of_gitlab(env: &Env) -> Option<StartedBy> {
    if env.get("CI_PIPELINE_SOURCE") != Some("trigger") {
        return None;
    }
    let Some(event) = env.event() else {
        return Some(StartedBy::NoCommand("the pipeline was triggered without a comment"));
    };
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
    if text("/object_kind") != Some("note") {
        return Some(StartedBy::NoCommand("the pipeline was triggered by something else than a comment"));
    }
    if text("/object_attributes/noteable_type") != Some("MergeRequest") {
        return Some(StartedBy::NoCommand("the comment is not on a merge request"));
    }
    // GitLab before 16.11 does not tell, and has no event for an edited comment.
    if text("/object_attributes/action").is_some_and(|action| action != "create") {
        return Some(StartedBy::NoCommand("only a new comment is a command, not one that was edited"));
    }
    Some(StartedBy::Comment(CommentPointer {
        change_request: event.pointer("/merge_request/iid")?.as_u64()?,
        comment: event.pointer("/object_attributes/id")?.as_u64()?,
        text: text("/object_attributes/note").map(str::to_owned),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn github(event: Value) -> Option<StartedBy> {
        of_github(&Env::from_pairs("/", [("GITHUB_EVENT_NAME", "issue_comment")]).with_event(event))
    }

    fn gitlab(event: Value) -> Option<StartedBy> {
        of_gitlab(&Env::from_pairs("/", [("CI_PIPELINE_SOURCE", "trigger")]).with_event(event))
    }

    fn pointer() -> StartedBy {
        let text = Some("/stackstep preview".to_owned());
        StartedBy::Comment(CommentPointer { change_request: 7, comment: 41, text })
    }

    #[test]
    fn a_new_comment_on_a_pull_request_is_found_by_its_number_and_id() {
        let event = json!({ "action": "created", "issue": { "number": 7, "pull_request": { "url": "x" } },
            "comment": { "id": 41, "body": "/stackstep preview" } });
        assert_eq!(github(event), Some(pointer()));
    }

    #[test]
    fn a_new_comment_on_a_merge_request_is_found_by_its_number_and_id() {
        let event = json!({ "object_kind": "note", "merge_request": { "iid": 7, "id": 93 },
            "object_attributes": { "id": 41, "note": "/stackstep preview", "noteable_type": "MergeRequest", "action": "create" } });
        assert_eq!(gitlab(event), Some(pointer()));
    }

    #[test]
    fn an_edited_comment_and_one_on_an_issue_are_no_commands() {
        let none = |found: Option<StartedBy>| matches!(found, Some(StartedBy::NoCommand(_)));
        let edited = json!({ "action": "edited", "issue": { "number": 7, "pull_request": {} }, "comment": { "id": 41 } });
        assert!(none(github(edited)));
        assert!(none(github(
            json!({ "action": "created", "issue": { "number": 7 }, "comment": { "id": 41 } })
        )));
        let note = |kind: &str, action: &str| {
            json!({ "object_kind": "note", "merge_request": { "iid": 7 },
            "object_attributes": { "id": 41, "noteable_type": kind, "action": action } })
        };
        assert!(none(gitlab(note("Issue", "create"))) && none(gitlab(note("MergeRequest", "update"))));
        assert!(none(gitlab(json!({ "object_kind": "push" }))));
    }

    #[test]
    fn a_job_for_anything_else_has_no_comment() {
        let env = Env::from_pairs("/", [("GITHUB_EVENT_NAME", "push")]).with_event(json!({}));
        assert_eq!((of_github(&env), of_gitlab(&env)), (None, None));
    }
}
