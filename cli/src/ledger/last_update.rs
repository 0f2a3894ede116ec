//! A stack's last update, as its backend's history tells it: in a self-managed backend the newest file, at Pulumi Cloud the first
//! entry of the list. Both have the same form:
//! <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/history.go>

use std::time::Duration;

use serde_json::Value;

/// The flags of an update that leaves something out.
const PARTIAL: [&str; 5] = ["target", "target-replace", "exclude", "plan", "target-dependents"];

/// The last update of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastUpdate {
    /// The kind: `update`, `refresh`, `destroy`.
    pub kind: String,
    /// Whether it ended well.
    pub succeeded: bool,
    /// The commit of the checkout that it ran in, if it had no changes that are not committed, and all of it was deployed.
    pub commit: Option<String>,
    /// The time that it took.
    pub took: Option<Duration>,
    /// When it ended, in Unix seconds.
    pub ended: Option<u64>,
}

impl LastUpdate {
    /// Reads it. None if it is no update.
    pub fn read(update: &Value) -> Option<Self> {
        let text = |pointer: &str| update.pointer(pointer).and_then(Value::as_str);
        let time = |name: &str| update.get(name).and_then(Value::as_u64);
        let is_dirty = text("/environment/git.dirty") == Some("true");
        // The CLI writes down which flags it had: <https://github.com/pulumi/pulumi/blob/master/pkg/cmd/pulumi/metadata/metadata.go>.
        let is_partial =
            PARTIAL.iter().any(|flag| text(&format!("/environment/pulumi.flag.{flag}")).is_some());
        let took = time("endTime").zip(time("startTime")).and_then(|(end, start)| end.checked_sub(start));
        Some(Self {
            kind: text("/kind")?.to_owned(),
            succeeded: text("/result") == Some("succeeded"),
            commit: text("/environment/git.head").filter(|_| !is_dirty && !is_partial).map(str::to_owned),
            took: took.map(Duration::from_secs),
            ended: time("endTime"),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_file_of_history_tells_how_an_update_ended() {
        let update = json!({
            "kind": "update", "startTime": 100, "endTime": 142, "result": "succeeded",
            "environment": { "git.head": "0123abcd", "git.dirty": "false" },
        });
        let expected = LastUpdate {
            kind: "update".to_owned(),
            succeeded: true,
            commit: Some("0123abcd".to_owned()),
            took: Some(Duration::from_secs(42)),
            ended: Some(142),
        };
        assert_eq!(LastUpdate::read(&update), Some(expected));
    }

    #[test]
    fn a_checkout_with_other_changes_is_not_the_commit() {
        let update = json!({ "kind": "update", "result": "failed", "environment": { "git.head": "01", "git.dirty": "true" } });
        let read = LastUpdate::read(&update).unwrap();
        assert_eq!((read.succeeded, read.commit, read.took), (false, None, None));
    }

    #[test]
    fn an_update_of_some_resources_is_not_the_commit() {
        let update = json!({
            "kind": "update", "result": "succeeded",
            "environment": { "git.head": "01", "pulumi.flag.target": "set" },
        });
        assert_eq!(LastUpdate::read(&update).unwrap().commit, None);
    }
}
