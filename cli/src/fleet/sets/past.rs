//! What a stack was last deployed with, by its own updates: every backend keeps the configuration of an update beside its message.

use std::collections::BTreeMap;

use serde_json::Value;

use super::config::SetConfig;
use crate::ledger::past_updates::{PastUpdate, PastValue, UPDATES};

/// The kinds of updates, in the engine's words.
const DEPLOYMENT: &str = "update";
const REFRESH: &str = "refresh";

/// The field of a secret within an object.
const SECURE: &str = "secure";

/// What a stack was last deployed with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PastStack {
    /// The configuration of its last deployment, by its keys. None for a stack that was never deployed.
    config: Option<BTreeMap<String, PastValue>>,
    /// Whether there are so many other updates that its last deployment is not among those that are read.
    is_cut: bool,
    /// The sets that have deployed it, by their names.
    sets: Vec<String>,
    /// The set whose deployment is its last update, refreshes aside.
    last_set: Option<String>,
}

/// What a stack was last deployed with for a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PastText {
    /// Nothing, or an empty text.
    Nothing,
    /// This text.
    Text(String),
    /// A secret, or what can't be read.
    Unknown,
}

impl PastStack {
    /// What a stack's updates say, the newest first.
    pub fn of_updates(updates: &[PastUpdate]) -> Self {
        let deployed = |update: &&PastUpdate| update.kind == DEPLOYMENT;
        let config = updates.iter().find(deployed).map(|update| update.config.clone());
        let last = updates.iter().find(|update| update.kind != REFRESH).filter(deployed);
        Self {
            is_cut: config.is_none() && updates.len() >= UPDATES,
            config,
            sets: updates.iter().filter(deployed).filter_map(|update| set_in(&update.message)).collect(),
            last_set: last.and_then(|update| set_in(&update.message)),
        }
    }

    /// Whether the set of this name has deployed it.
    pub fn is_of_set(&self, name: &str) -> bool {
        self.sets.iter().any(|set| set == name)
    }

    /// Whether it stands as the set of this name has deployed it: nobody has updated it since.
    pub fn is_left_by_set(&self, name: &str) -> bool {
        self.last_set.as_deref() == Some(name)
    }

    /// What it was last deployed with for a key of a set's configuration.
    pub fn text(&self, config: &SetConfig) -> PastText {
        let Some(values) = &self.config else {
            return if self.is_cut { PastText::Unknown } else { PastText::Nothing };
        };
        if config.path { text_inside(values, &config.key) } else { text_of(values.get(&config.key)) }
    }
}

fn text_of(value: Option<&PastValue>) -> PastText {
    match value {
        None => PastText::Nothing,
        Some(PastValue::Text(text)) if text.is_empty() => PastText::Nothing,
        Some(PastValue::Text(text)) => PastText::Text(text.clone()),
        Some(PastValue::Object(_) | PastValue::Hidden) => PastText::Unknown,
    }
}

/// The text at a path into an object: `tenant:obj.region`. One with brackets or quotes is not followed.
/// <https://www.pulumi.com/docs/iac/concepts/config/#structured-configuration>
fn text_inside(values: &BTreeMap<String, PastValue>, key: &str) -> PastText {
    let (namespace, path) = key.split_once(':').unwrap_or(("", key));
    if path.split('.').any(str::is_empty) || path.contains(['[', ']', '"', '\\']) {
        return PastText::Unknown;
    }
    let Some((first, rest)) = path.split_once('.') else { return text_of(values.get(key)) };
    let mut inner = match values.get(&format!("{namespace}:{first}")) {
        None => return PastText::Nothing,
        Some(PastValue::Object(object)) => object,
        Some(PastValue::Text(_) | PastValue::Hidden) => return PastText::Unknown,
    };
    for part in rest.split('.') {
        let Value::Object(fields) = inner else { return PastText::Unknown };
        match fields.get(part) {
            Some(field) => inner = field,
            None if fields.contains_key(SECURE) => return PastText::Unknown,
            None => return PastText::Nothing,
        }
    }
    match inner {
        Value::Null => PastText::Nothing,
        Value::String(text) if text.is_empty() => PastText::Nothing,
        Value::String(text) => PastText::Text(text.clone()),
        Value::Bool(_) | Value::Number(_) => PastText::Text(inner.to_string()),
        Value::Array(_) | Value::Object(_) => PastText::Unknown,
    }
}

/// What the message of a set's update has at its end, by which the stack's history shows whose it is.
pub fn signature(set: &str) -> String {
    format!("[stackstep set {set}]")
}

/// The set whose update has this message.
fn set_in(message: &str) -> Option<String> {
    let name = message.trim_end().strip_suffix(']')?.rsplit_once("[stackstep set ")?.1;
    super::settings::is_set_name(name).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::config::SetConfigKind;
    use super::super::pattern::RowPattern;
    use super::*;

    fn past(key: &str, path: bool, config: &[(&str, PastValue)]) -> PastText {
        let config = config.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        let update = PastUpdate { kind: DEPLOYMENT.to_owned(), message: String::new(), config };
        let pattern = RowPattern::parse("{region}").unwrap();
        let kind = SetConfigKind::Plain;
        PastStack::of_updates(&[update]).text(&SetConfig { key: key.to_owned(), path, kind, pattern })
    }

    #[test]
    fn a_path_is_followed_into_an_object() {
        let object = PastValue::Object(json!({
            "region": "eu", "size": { "count": 3, "db": { "secure": "v1:x" } }, "zones": ["a"], "": "x"
        }));
        let config = [("t:obj", object), ("t:text", PastValue::Text("x".to_owned()))];
        for (key, expected) in [
            ("t:obj.region", PastText::Text("eu".to_owned())),
            ("t:obj.size.count", PastText::Text("3".to_owned())),
            ("t:obj.nothing", PastText::Nothing),
            ("t:none.region", PastText::Nothing),
            ("t:text", PastText::Text("x".to_owned())),
            ("t:obj.size.db", PastText::Unknown),
            ("t:obj.size.db.password", PastText::Unknown),
            ("t:obj.zones[0]", PastText::Unknown),
            ("t:obj[\"region\"]", PastText::Unknown),
            ("t:obj", PastText::Unknown),
            ("t:text.region", PastText::Unknown),
        ] {
            assert_eq!(past(key, true, &config), expected, "{key}");
        }
    }

    #[test]
    fn a_secret_is_not_nothing() {
        assert_eq!(past("t:db", false, &[("t:db", PastValue::Hidden)]), PastText::Unknown);
        assert_eq!(past("t:db.user", true, &[("t:db", PastValue::Hidden)]), PastText::Unknown);
    }

    #[test]
    fn a_deployment_behind_many_other_updates_is_not_known() {
        let refresh = PastUpdate { kind: REFRESH.to_owned(), ..PastUpdate::default() };
        let config = SetConfig {
            key: "t:size".to_owned(),
            path: false,
            kind: SetConfigKind::Plain,
            pattern: RowPattern::parse("{size}").unwrap(),
        };
        let text = |count| PastStack::of_updates(&vec![refresh.clone(); count]).text(&config);
        assert_eq!((text(1), text(UPDATES)), (PastText::Nothing, PastText::Unknown));
    }

    #[test]
    fn a_stack_is_left_by_a_set_until_somebody_else_updates_it() {
        let update = |kind: &str, message: &str| PastUpdate {
            kind: kind.to_owned(),
            message: message.to_owned(),
            ..PastUpdate::default()
        };
        let own = update(DEPLOYMENT, &signature("tenants"));
        for (newer, is_left) in [
            (None, true),
            (Some(update(REFRESH, "")), true),
            (Some(update(DEPLOYMENT, "by hand")), false),
            (Some(update("destroy", &signature("tenants"))), false),
        ] {
            let updates: Vec<PastUpdate> = newer.into_iter().chain([own.clone()]).collect();
            assert_eq!(PastStack::of_updates(&updates).is_left_by_set("tenants"), is_left, "{updates:?}");
        }
    }
}
