//! Settings as a tree of values, in which a secret is never more than a reference or the word that there is one.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::keys::{KeyShape, SettingKey};

/// The name of the key that refers to a variable of the job: `{ from-env: NAME }`.
pub const FROM_ENV: &str = "from-env";

/// The text that stands for a secret of the service.
pub const HIDDEN: &str = "[secret]";

/// The text that stands for what the service has in a form that is not known.
pub const NOT_KNOWN: &str = "[not known]";

/// A node of the tree.
#[derive(Debug, Clone, PartialEq)]
pub enum SettingTree {
    /// Nothing, which takes away what stands in the file below.
    Nothing,
    /// A text, a flag, a number or a list.
    Value(Value),
    /// A secret of the file: the variable that holds it.
    SecretFrom(String),
    /// A secret that the service has and does not tell.
    SecretThere,
    /// What the service has in a form that this version does not know. Its value can be a secret, and is not kept.
    Unknown,
    /// A mapping.
    Branch(BTreeMap<String, SettingTree>),
}

impl SettingTree {
    /// A mapping without entries.
    pub fn empty() -> Self {
        Self::Branch(BTreeMap::new())
    }

    /// The entry of a mapping.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Branch(entries) => entries.get(name),
            _ => None,
        }
    }

    /// The entries of a mapping; none for anything else.
    pub fn entries_mut(&mut self) -> Option<&mut BTreeMap<String, SettingTree>> {
        match self {
            Self::Branch(entries) => Some(entries),
            _ => None,
        }
    }

    /// Sets an entry of a mapping; anything else has none.
    pub fn set(&mut self, name: impl Into<String>, value: Self) {
        if let Self::Branch(entries) = self {
            entries.insert(name.into(), value);
        }
    }

    /// The text of a text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Value(value) => value.as_str(),
            _ => None,
        }
    }

    /// Whether it is `true`.
    pub fn is_true(&self) -> bool {
        matches!(self, Self::Value(Value::Bool(true)))
    }

    /// Whether it is a secret.
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::SecretFrom(_) | Self::SecretThere)
    }

    /// Whether it says no more than nothing does: the service leaves out `false`, empty texts and empty lists. What is not
    /// known says nothing that could be compared.
    pub fn is_unset(&self) -> bool {
        match self {
            Self::Nothing | Self::Unknown => true,
            Self::Value(value) => match value {
                Value::Null | Value::Bool(false) => true,
                Value::String(text) => text.is_empty(),
                Value::Array(items) => items.is_empty(),
                _ => false,
            },
            Self::SecretFrom(_) | Self::SecretThere => false,
            Self::Branch(entries) => entries.values().all(Self::is_unset),
        }
    }

    /// This tree with `over` on top of it, as JSON Merge Patch does it: mappings are merged, nothing deletes, all else is
    /// replaced. <https://www.rfc-editor.org/rfc/rfc7396>
    #[must_use]
    pub fn merged(self, over: Self) -> Self {
        match (self, over) {
            (Self::Branch(mut below), Self::Branch(above)) => {
                for (name, value) in above {
                    let merged = match (below.remove(&name), value) {
                        (_, Self::Nothing) => continue,
                        (Some(old), value) => old.merged(value),
                        (None, value) => Self::empty().merged(value),
                    };
                    below.insert(name, merged);
                }
                Self::Branch(below)
            }
            (_, Self::Branch(above)) => Self::empty().merged(Self::Branch(above)),
            (_, value) => value,
        }
    }

    /// The tree as JSON. `secret` says how a secret is written.
    pub fn as_json(&self, secret: &dyn Fn(&Self) -> Value) -> Value {
        match self {
            Self::Nothing => Value::Null,
            Self::Value(value) => value.clone(),
            Self::SecretFrom(_) | Self::SecretThere => secret(self),
            Self::Unknown => Value::from(NOT_KNOWN),
            Self::Branch(entries) => Value::Object(
                entries.iter().map(|(name, value)| (name.clone(), value.as_json(secret))).collect(),
            ),
        }
    }

    /// What is set of the tree, for people: in the order of the table, with [`HIDDEN`] for secrets.
    pub fn shown(&self, keys: &[SettingKey]) -> Value {
        let Self::Branch(entries) = self else { return self.shown_value() };
        let mut shown = Map::new();
        for key in keys {
            let Some(value) = entries.get(key.name).filter(|value| !value.is_unset()) else { continue };
            let value = match key.shape {
                KeyShape::Keys(keys) | KeyShape::TextOrKeys(keys) => value.shown(keys),
                KeyShape::Variables => value.shown_entries(),
                _ => value.shown_value(),
            };
            shown.insert(key.name.to_owned(), value);
        }
        Value::Object(shown)
    }

    /// The known entries of a mapping, an empty text among them: it is a variable that is set.
    fn shown_entries(&self) -> Value {
        let Self::Branch(entries) = self else { return self.shown_value() };
        let known = entries.iter().filter(|(_, value)| !matches!(value, Self::Unknown));
        Value::Object(known.map(|(name, value)| (name.clone(), value.shown_value())).collect())
    }

    /// A value for people.
    pub fn shown_value(&self) -> Value {
        self.as_json(&|_| Value::from(HIDDEN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tree(value: &Value) -> SettingTree {
        match value {
            Value::Null => SettingTree::Nothing,
            Value::Object(fields) => {
                SettingTree::Branch(fields.iter().map(|(name, value)| (name.clone(), tree(value))).collect())
            }
            other => SettingTree::Value(other.clone()),
        }
    }

    #[test]
    fn what_lies_above_is_merged_by_the_rules_of_json_merge_patch() {
        // The examples of the RFC, appendix A.
        for (below, above, expected) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": "c"}), json!({"a": {"b": {"c": null}}}), json!({"a": {"b": {}}})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            assert_eq!(tree(&below).merged(tree(&above)), tree(&expected), "{below} {above}");
        }
    }

    #[test]
    fn false_and_empty_values_are_as_nothing() {
        for (value, unset) in [
            (json!({"a": {"b": false, "c": [], "d": ""}}), true),
            (json!({}), true),
            (json!({"a": {"b": 0}}), false),
            (json!({"a": "x"}), false),
        ] {
            assert_eq!(tree(&value).is_unset(), unset, "{value}");
        }
        assert!(!SettingTree::SecretThere.is_unset());
    }
}
