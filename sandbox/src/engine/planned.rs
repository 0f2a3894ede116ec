//! What each resource is expected to become: the goal that the program sets, and what a plan says of it.

use crate::engine::diff;
use crate::program::number_text;
use crate::program::template::Options;
use crate::value::{Properties, Value};
use std::collections::BTreeMap;

/// What may happen to each resource.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// By URN.
    pub resources: BTreeMap<String, ResourcePlan>,
}

/// What may happen to one resource.
#[derive(Debug, Clone, Default)]
pub struct ResourcePlan {
    pub(super) goal: Option<GoalPlan>,
    pub(super) steps: Vec<String>,
    pub(super) state: Properties,
}

/// What the program asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct GoalPlan {
    pub(super) of: Goal,
    pub(super) inputs: InputDiff,
}

/// How the inputs change.
#[derive(Debug, Clone, Default)]
pub(super) struct InputDiff {
    pub(super) adds: Properties,
    pub(super) updates: Properties,
    pub(super) deletes: Vec<String>,
}

impl InputDiff {
    pub(super) fn between(old: &Properties, new: &Properties) -> Self {
        let mut found = Self::default();
        for key in diff::changed_keys(old, new) {
            match (old.get(&key), new.get(&key)) {
                (None, Some(value)) => drop(found.adds.insert(key, value.clone())),
                (Some(_), Some(value)) => drop(found.updates.insert(key, value.clone())),
                _ => found.deletes.push(key),
            }
        }
        found
    }

    /// What is left to do: changes that have happened already are none.
    pub(super) fn left(&self, before: &Properties) -> Self {
        let left = |(key, value): &(&String, &Value)| before.get(*key).is_none_or(|old| !old.same_as(value));
        let undone = |values: &Properties| {
            values.iter().filter(left).map(|(key, value)| (key.clone(), value.clone())).collect()
        };
        Self {
            adds: undone(&self.adds),
            updates: undone(&self.updates),
            deletes: self.deletes.iter().filter(|key| before.contains_key(*key)).cloned().collect(),
        }
    }

    /// What stands before a property in messages, and its value.
    pub(super) fn of(&self, key: &str) -> (char, Option<&Value>) {
        if let Some(value) = self.adds.get(key) {
            ('+', Some(value))
        } else if let Some(value) = self.updates.get(key) {
            ('~', Some(value))
        } else if self.deletes.iter().any(|deleted| deleted == key) {
            ('-', None)
        } else {
            ('=', None)
        }
    }

    /// Where the actual changes are others than the planned ones.
    pub(super) fn violations(&self, actual: &Self) -> Vec<String> {
        let keys = |diff: &Self| {
            let values = diff.adds.keys().chain(diff.updates.keys());
            values.chain(&diff.deletes).cloned().collect::<std::collections::BTreeSet<String>>()
        };
        let mut found = vec![];
        for key in keys(self).union(&keys(actual)) {
            let ((expected, wanted), (done, value)) = (self.of(key), actual.of(key));
            let fits = match (wanted, value) {
                (Some(Value::Unknown), _) => true,
                (Some(wanted), Some(value)) => {
                    expected == done && (wanted.contains_unknown() || wanted.same_as(value))
                }
                _ => expected == done,
            };
            if !fits {
                let values = match (wanted, value) {
                    (Some(wanted), Some(value)) => format!("[{}!={}]", shown(wanted), shown(value)),
                    (Some(value), None) | (None, Some(value)) => format!("[{}]", shown(value)),
                    (None, None) => String::new(),
                };
                found.push(format!("{expected}{done}{key}{values}"));
            }
        }
        found
    }
}

/// A value as the messages about plans write it, secrets hidden.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "{<nil>}".to_owned(),
        Value::Bool(value) => format!("{{{value}}}"),
        Value::Number(number) => format!("{{{}}}", number_text(*number)),
        Value::Text(text) => format!("{{{text}}}"),
        Value::List(items) => format!("{{[{}]}}", items.iter().map(shown).collect::<Vec<_>>().join(" ")),
        Value::Map(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(name, value)| format!("{name}:{}", shown(value))).collect();
            format!("{{map[{}]}}", entries.join(" "))
        }
        Value::Secret(_) => "[secret]".to_owned(),
        Value::Unknown => "{{}}".to_owned(),
    }
}

/// What a program asks for.
#[derive(Debug, Clone, Default)]
pub struct Goal {
    /// The URN it will have.
    pub urn: String,
    /// Its type.
    pub type_: String,
    /// Whether a provider manages it: everything but the stack itself.
    pub custom: bool,
    /// Its inputs.
    pub inputs: Properties,
    /// Its parent's URN.
    pub parent: Option<String>,
    /// Whether it is protected.
    pub protect: Option<bool>,
    /// The URNs it depends on.
    pub dependencies: Vec<String>,
    /// The URNs that each input depends on.
    pub property_dependencies: BTreeMap<String, Vec<String>>,
    /// The provider that the program names: its URN and id.
    pub provider: Option<String>,
    /// The rest of the options.
    pub options: Options,
    /// Whether it is read only.
    pub read: bool,
}
