//! The label that was set on a change request and started a job, where the event tells who set it and at which commit the
//! change was then.

use serde_json::Value;

use crate::base::env::Env;

/// A label that somebody has set on a change request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetLabel {
    /// The change request's number.
    pub change_request: u64,
    /// The label's name.
    pub label: String,
    /// The commit at the change's head when it was set.
    pub commit: String,
    /// The account that set it, by the forge's name for it.
    pub sender: String,
    /// Whether that account is a program.
    pub is_bot: bool,
}

/// The label of a `pull_request_target`, the only event of a fork's change that has the repository's credentials and tells the
/// commit. None for any other event or action: a push to the fork is no label.
/// <https://docs.github.com/en/webhooks/webhook-events-and-payloads?actionType=labeled#pull_request>
pub(super) fn of_github(env: &Env) -> Option<SetLabel> {
    let event = env.event().filter(|_| env.get("GITHUB_EVENT_NAME") == Some("pull_request_target"))?;
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    if text("/action") != Some("labeled") {
        return None;
    }
    let sender = text("/sender/login")?;
    Some(SetLabel {
        change_request: event.pointer("/pull_request/number")?.as_u64()?,
        label: text("/label/name")?.to_owned(),
        commit: text("/pull_request/head/sha")?.to_owned(),
        sender: sender.to_owned(),
        is_bot: text("/sender/type") != Some("User") || sender.ends_with("[bot]"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(action: &str) -> Value {
        json!({
            "action": action, "number": 7, "label": { "name": "preview" },
            "pull_request": { "number": 7, "head": { "sha": "8d08154" } },
            "sender": { "login": "ann", "type": "User" },
        })
    }

    fn found(name: &str, event: Value) -> Option<SetLabel> {
        of_github(&Env::from_pairs("/", [("GITHUB_EVENT_NAME", name)]).with_event(event))
    }

    #[test]
    fn a_label_is_told_with_who_set_it_and_the_commit_of_that_moment() {
        let set = found("pull_request_target", event("labeled")).unwrap();
        assert_eq!((set.change_request, &*set.label, &*set.commit), (7, "preview", "8d08154"));
        assert_eq!((&*set.sender, set.is_bot), ("ann", false));
    }

    #[test]
    fn a_push_and_the_event_without_credentials_set_no_label() {
        for action in ["synchronize", "opened", "reopened", "unlabeled"] {
            assert_eq!(found("pull_request_target", event(action)), None, "{action}");
        }
        assert_eq!(found("pull_request", event("labeled")), None);
    }

    #[test]
    fn a_sender_that_is_not_certainly_a_person_is_a_program() {
        for sender in [json!({ "login": "acme[bot]", "type": "Bot" }), json!({ "login": "ann" })] {
            let mut event = event("labeled");
            event["sender"] = sender;
            assert!(found("pull_request_target", event).unwrap().is_bot);
        }
    }
}
