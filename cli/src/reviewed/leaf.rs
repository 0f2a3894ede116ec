//! Properties down to single values, and the ones in which two sets of properties differ.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::names::MadeUpNames;
use crate::base::canonical::canonical;
use crate::report::{MarkedValue, ReviewKey, ReviewedValue, marked, member};

/// How deep properties are taken apart; what is nested deeper is one value.
const DEPTH: usize = 64;

/// A single value, which only its hash tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeafValue {
    /// A secret.
    Secret,
    /// A value that is not known before the deployment.
    Unknown,
    /// An asset or archive, by the hash of its contents.
    Asset(String),
    /// The hash of a value. It stays in memory: a short value could be guessed from it.
    Value([u8; 32]),
}

impl LeafValue {
    /// A text as a value.
    pub fn of_text(text: &str) -> Self {
        Self::hashed("text", text)
    }

    /// The value for a record.
    pub fn seal(&self, key: &ReviewKey) -> ReviewedValue {
        match self {
            Self::Secret => ReviewedValue::Secret,
            Self::Unknown => ReviewedValue::Unknown,
            Self::Asset(hash) => ReviewedValue::Asset(hash.clone()),
            Self::Value(hash) => ReviewedValue::Hash(key.value(hash)),
        }
    }

    fn hashed(kind: &str, text: &str) -> Self {
        let hash = Sha256::new().chain_update(kind).chain_update([0]).chain_update(text);
        Self::Value(hash.finalize().into())
    }
}

/// The change of one property. Without both sides it is one of which only the property's name is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeafChange {
    /// The value before.
    pub old: Option<LeafValue>,
    /// The value afterwards.
    pub new: Option<LeafValue>,
}

impl LeafChange {
    /// Whether two sides that look the same can differ.
    fn may_differ(&self) -> bool {
        matches!(self.new, Some(LeafValue::Secret | LeafValue::Unknown))
    }
}

/// Properties by their paths, down to single values.
pub type Leaves = BTreeMap<String, LeafValue>;

/// The values of these properties.
pub fn leaves(properties: &Map<String, Value>, names: &MadeUpNames) -> Leaves {
    let mut found = Leaves::new();
    let mut add = |path: &str, leaf: LeafValue| {
        found.insert(path.to_owned(), leaf);
    };
    for (key, value) in properties {
        flatten(&member("", key), value, names, DEPTH, &mut add);
    }
    found
}

/// The properties that differ. A secret on both sides may differ: it is among them.
pub fn changes(
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    names: &MadeUpNames,
) -> BTreeMap<String, LeafChange> {
    let mut found = FoundChanges { names, changes: BTreeMap::new() };
    found.objects("", old, new, DEPTH);
    // Two ways to write one number are no change.
    found.changes.retain(|_, change| change.old != change.new || change.may_differ());
    found.changes
}

/// The value at `path`, as one value whatever is in it.
pub fn whole(value: &Value, names: &MadeUpNames) -> LeafValue {
    let mut only = Vec::new();
    flatten("", value, names, DEPTH, &mut |_, leaf| only.push(leaf));
    match only.as_slice() {
        [leaf] => leaf.clone(),
        _ => LeafValue::hashed("whole", &canonical(value)),
    }
}

struct FoundChanges<'n> {
    names: &'n MadeUpNames,
    changes: BTreeMap<String, LeafChange>,
}

impl FoundChanges<'_> {
    fn objects(&mut self, path: &str, old: &Map<String, Value>, new: &Map<String, Value>, depth: usize) {
        let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for key in keys {
            self.compare(&member(path, key), old.get(key), new.get(key), depth);
        }
    }

    fn compare(&mut self, path: &str, old: Option<&Value>, new: Option<&Value>, depth: usize) {
        match (old.map(marked), new.map(marked)) {
            (Some(MarkedValue::Plain(Value::Object(old))), Some(MarkedValue::Plain(Value::Object(new))))
                if depth > 0 && !old.is_empty() && !new.is_empty() =>
            {
                self.objects(path, old, new, depth - 1);
            }
            (Some(MarkedValue::Plain(Value::Array(old))), Some(MarkedValue::Plain(Value::Array(new))))
                if depth > 0 && !old.is_empty() && !new.is_empty() =>
            {
                for at in 0..old.len().max(new.len()) {
                    self.compare(&format!("{path}[{at}]"), old.get(at), new.get(at), depth - 1);
                }
            }
            // A secret may be another one, and so may be what is not known yet.
            (Some(was), Some(is))
                if was == is && !matches!(is, MarkedValue::Secret | MarkedValue::Unknown) => {}
            _ => self.add(path, old, new, depth),
        }
    }

    fn add(&mut self, path: &str, old: Option<&Value>, new: Option<&Value>, depth: usize) {
        let Self { names, changes } = self;
        let mut change = |path: &str, side: fn(&mut LeafChange) -> &mut Option<LeafValue>, leaf| {
            *side(changes.entry(path.to_owned()).or_default()) = Some(leaf);
        };
        if let Some(old) = old {
            flatten(path, old, names, depth, &mut |path, leaf| change(path, |sides| &mut sides.old, leaf));
        }
        if let Some(new) = new {
            flatten(path, new, names, depth, &mut |path, leaf| change(path, |sides| &mut sides.new, leaf));
        }
    }
}

/// Calls `found` with each single value in `value`. An empty list or object is one.
fn flatten(
    path: &str,
    value: &Value,
    names: &MadeUpNames,
    depth: usize,
    found: &mut dyn FnMut(&str, LeafValue),
) {
    match marked(value) {
        MarkedValue::Secret => found(path, LeafValue::Secret),
        MarkedValue::Unknown => found(path, LeafValue::Unknown),
        MarkedValue::Asset(hash) => found(path, LeafValue::Asset(hash)),
        MarkedValue::Reference(text) => found(path, LeafValue::hashed("reference", &text)),
        MarkedValue::Plain(Value::Object(fields)) if depth > 0 && !fields.is_empty() => {
            for (key, field) in fields {
                flatten(&member(path, key), field, names, depth - 1, found);
            }
        }
        MarkedValue::Plain(Value::Array(items)) if depth > 0 && !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                flatten(&format!("{path}[{at}]"), item, names, depth - 1, found);
            }
        }
        MarkedValue::Plain(Value::String(text)) => {
            found(path, LeafValue::of_text(&names.without_random(text)));
        }
        MarkedValue::Plain(value) => found(path, LeafValue::hashed("json", &canonical(value))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SIGNATURE: &str = "4dabf18193072939515e22adb298388d";

    fn secret() -> Value {
        json!({ SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]" })
    }

    /// The paths of the changes, each with `+`, `-` or `~`.
    fn paths(old: &Value, new: &Value) -> Vec<String> {
        let (old, new) = (old.as_object().unwrap(), new.as_object().unwrap());
        let changes = changes(old, new, &MadeUpNames::default());
        let sign = |change: &LeafChange| match (&change.old, &change.new) {
            (None, Some(_)) => "+",
            (Some(_), None) => "-",
            _ => "~",
        };
        changes.iter().map(|(path, change)| format!("{}{path}", sign(change))).collect()
    }

    #[test]
    fn changes_are_told_down_to_single_values() {
        assert_eq!(
            paths(
                &json!({"a": 1, "b": {"c": [1, 2], "d e": "x"}, "gone": {"x": null}}),
                &json!({"a": 2, "b": {"c": [1, 3, 4], "d e": "y"}, "new": [true]}),
            ),
            ["~a", "~b.c[1]", "+b.c[2]", "~b[\"d e\"]", "-gone.x", "+new[0]"]
        );
        let number = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(paths(&number(r#"{"a": {"b": 1.0}}"#), &number(r#"{"a": {"b": 1}}"#)), [""; 0]);
    }

    #[test]
    fn an_empty_list_or_object_is_a_value_of_its_own() {
        assert_eq!(paths(&json!({"a": {"b": 1}}), &json!({"a": {}})), ["+a", "-a.b"]);
        assert_eq!(paths(&json!({"a": {"b": 1}}), &json!({})), ["-a.b"]);
        assert_eq!(paths(&json!({"a": []}), &json!({"a": {}})), ["~a"]);
        assert_eq!(paths(&json!({"a": null}), &json!({})), ["-a"]);
        assert_eq!(paths(&json!({"a": "x"}), &json!({"a": ["x"]})), ["-a", "+a[0]"]);
    }

    #[test]
    fn a_secret_and_what_is_not_known_may_always_have_changed() {
        let unknown = json!("04da6b54-80e4-46f7-96ec-b56ff0331ba9");
        let both = json!({"s": secret(), "u": unknown, "x": 1});
        assert_eq!(paths(&both, &both), ["~s", "~u"]);
        let names = MadeUpNames::default();
        let found = leaves(both.as_object().unwrap(), &names);
        assert_eq!((&found["s"], &found["u"]), (&LeafValue::Secret, &LeafValue::Unknown));
    }

    #[test]
    fn a_text_is_not_the_number_that_it_shows() {
        let one = |value: Value| leaves(json!({ "a": value }).as_object().unwrap(), &MadeUpNames::default());
        assert_ne!(one(json!("1")), one(json!(1)));
        assert_ne!(one(json!("null")), one(json!(null)));
        assert_ne!(one(json!("[]")), one(json!([])));
        let number = |text: &str| one(serde_json::from_str(text).unwrap());
        assert_eq!(number("1.0"), number("1"));
    }

    #[test]
    fn what_is_nested_very_deeply_is_one_value() {
        let deep = |end: i32| (0..300).fold(json!(end), |value, _| json!({ "a": value }));
        assert_eq!(paths(&deep(1), &deep(2)).len(), 1);
        assert_eq!(paths(&deep(1), &deep(1)), [""; 0]);
    }

    #[test]
    fn a_whole_value_is_told_by_all_that_is_in_it() {
        let names = MadeUpNames::default();
        assert_eq!(whole(&json!("a"), &names), LeafValue::of_text("a"));
        assert_eq!(whole(&secret(), &names), LeafValue::Secret);
        assert_ne!(whole(&json!({"a": 1, "b": 2}), &names), whole(&json!({"a": 1, "b": 3}), &names));
    }
}
