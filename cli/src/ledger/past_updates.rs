//! The latest updates of a stack with their configuration, as each backend keeps them.

use std::collections::BTreeMap;

use serde_json::Value;

/// The most updates that are read of a stack.
pub const UPDATES: usize = 10;

/// An update of a stack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PastUpdate {
    /// Its kind in the engine's word: `update`, `refresh`, `destroy`.
    pub kind: String,
    /// Its message.
    pub message: String,
    /// The values of the configuration by their keys.
    pub config: BTreeMap<String, PastValue>,
}

/// A value that an update was made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PastValue {
    /// A plain text.
    Text(String),
    /// An object or a list. Its secrets are in it in a form of the backend.
    Object(Value),
    /// A secret, or what can't be read.
    Hidden,
}

impl PastUpdate {
    /// Reads an update in the form of a backend's file, of Pulumi Cloud's API, or of `pulumi stack history --json`. None for another
    /// form. <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/history.go>
    pub fn read(update: &Value) -> Option<Self> {
        let text = |key: &str| update.get(key).and_then(Value::as_str).map(str::to_owned);
        let config = update.get("config").and_then(Value::as_object);
        let config = config.into_iter().flatten();
        Some(Self {
            kind: text("kind")?,
            message: text("message").unwrap_or_default(),
            config: config.map(|(key, value)| (key.clone(), PastValue::read(value))).collect(),
        })
    }
}

impl PastValue {
    /// Reads a value of the configuration of an update: a file of a backend has the value itself, and the others one with a mark
    /// whether it is a secret.
    /// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/config/value.go>
    fn read(value: &Value) -> Self {
        let mark = |key: &str| value.get(key).and_then(Value::as_bool);
        match value {
            Value::String(text) => return Self::Text(text.clone()),
            Value::Bool(_) | Value::Number(_) => return Self::Text(value.to_string()),
            Value::Null => return Self::Hidden,
            _ if value.get("secure").is_some() || mark("secret") == Some(true) => return Self::Hidden,
            _ if mark("secret").is_none() && mark("object").is_none() => return Self::Object(value.clone()),
            _ => {}
        }
        let text = ["value", "string"].iter().find_map(|key| value.get(key)?.as_str());
        let is_object =
            mark("object") == Some(true) || value.get("objectValue").is_some_and(|object| !object.is_null());
        match text {
            Some(text) if is_object => serde_json::from_str(text).map_or(Self::Hidden, Self::Object),
            Some(text) => Self::Text(text.to_owned()),
            None => Self::Hidden,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_values_are_read_in_each_form() {
        for config in [
            json!({ "t:size": "small", "t:db": { "secure": "v1:x" }, "t:tags": { "a": "b" } }),
            json!({ "t:size": { "string": "small", "secret": false, "object": false }, "t:db": { "string": "c", "secret": true, "object": false }, "t:tags": { "string": "{\"a\":\"b\"}", "secret": false, "object": true } }),
            json!({ "t:size": { "value": "small", "secret": false }, "t:db": { "value": "[secret]", "secret": true }, "t:tags": { "value": "{\"a\":\"b\"}", "objectValue": { "a": "b" }, "secret": false } }),
        ] {
            let update =
                PastUpdate::read(&json!({ "kind": "update", "message": "m", "config": config })).unwrap();
            assert_eq!(
                update.config,
                BTreeMap::from([
                    ("t:db".to_owned(), PastValue::Hidden),
                    ("t:size".to_owned(), PastValue::Text("small".to_owned())),
                    ("t:tags".to_owned(), PastValue::Object(json!({ "a": "b" }))),
                ]),
                "{config}"
            );
        }
        assert_eq!(PastUpdate::read(&json!({ "message": "m" })), None);
    }
}
