//! What changes between two sets of properties, path by path.
//!
//! Where the provider gave a detailed diff, its paths are taken as they are; else the inputs are compared,
//! member by member. A string that holds JSON on both sides (a policy document, say) is compared inside.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::event::{PropertyDiffEvent, State};
use super::model::{Change, PropertyDiff};
use super::value::{self, shown_map};

/// More diffs than this in one step are only counted.
const MAX_DIFFS: usize = 500;
/// More bytes than this in one value are cut.
const VALUE_BYTES: usize = 16 * 1024;
/// A member in which bridged providers remember which inputs were defaults.
const DEFAULTS: &str = "__defaults";

/// The diffs of one step, and how many more there are.
#[derive(Debug, Default)]
pub(super) struct Diffs {
    pub list: Vec<PropertyDiff>,
    pub more: u64,
}

impl Diffs {
    /// A property of which only the name is known.
    pub fn named(&mut self, path: &str) {
        self.add(path, None, None);
        if let Some(diff) = self.list.last_mut() {
            diff.change = Change::Update;
        }
    }

    pub fn add(&mut self, path: &str, old: Option<Value>, new: Option<Value>) {
        if self.list.len() >= MAX_DIFFS {
            self.more += 1;
            return;
        }
        let change = match (&old, &new) {
            (None, _) => Change::Add,
            (_, None) => Change::Delete,
            _ => Change::Update,
        };
        let bounded = |value: Option<Value>| value.map(|value| value::bounded(value, VALUE_BYTES));
        let path = value::shortened(path, 1024);
        self.list.push(PropertyDiff { path, change, replaces: false, old: bounded(old), new: bounded(new) });
    }
}

/// The two sides of a step, ready for a report.
pub(super) struct Sides {
    old_inputs: Map<String, Value>,
    old_outputs: Map<String, Value>,
    new_inputs: Map<String, Value>,
    new_outputs: Map<String, Value>,
    hidden: Vec<String>,
}

impl Sides {
    pub fn of(old: Option<State>, new: Option<State>) -> Self {
        let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
        let hidden = [&old, &new].into_iter().filter_map(|state| state.hide_diffs.as_ref());
        let hidden = hidden.flatten().map(|path| joined(path)).collect();
        Self {
            hidden,
            old_inputs: shown_map(old.inputs),
            old_outputs: shown_map(old.outputs),
            new_inputs: shown_map(new.inputs),
            new_outputs: shown_map(new.outputs),
        }
    }

    /// What the program changes: the provider's detailed diff, or the inputs compared.
    pub fn by_inputs(self, detailed: Option<&BTreeMap<String, PropertyDiffEvent>>) -> Diffs {
        let diffs = match detailed {
            Some(detailed) if !detailed.is_empty() => self.detailed(detailed),
            _ => between(&self.old_inputs, &self.new_inputs),
        };
        // The same inputs as ever, and yet an update: what is out there is not what it should be.
        let drifted = diffs.list.is_empty() && !self.old_outputs.is_empty();
        let diffs = if drifted { self.drift() } else { diffs };
        self.without_hidden(diffs)
    }

    /// What is different out there: the outputs compared.
    pub fn by_outputs(self) -> Diffs {
        let diffs = between(&self.old_outputs, &self.new_outputs);
        self.without_hidden(diffs)
    }

    /// The inputs that differ from what was found.
    fn drift(&self) -> Diffs {
        let known = |(key, _): &(&String, &Value)| self.new_inputs.contains_key(*key);
        let found = self.old_outputs.iter().filter(known).map(|(key, value)| (key.clone(), value.clone()));
        let found: Map<_, _> = found.collect();
        let wanted = self.new_inputs.iter().filter(|(key, _)| found.contains_key(*key));
        between(&found, &wanted.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn detailed(&self, detailed: &BTreeMap<String, PropertyDiffEvent>) -> Diffs {
        let mut diffs = Diffs::default();
        for (path, event) in detailed {
            let before = if event.input_diff { &self.old_inputs } else { &self.old_outputs };
            let segments = segments(path);
            let old = at(before, &segments).or_else(|| at(&self.old_inputs, &segments)).cloned();
            let new = at(&self.new_inputs, &segments).or_else(|| at(&self.new_outputs, &segments)).cloned();
            let (old, new, change) = match event.diff_kind.as_str() {
                "add" | "add-replace" => (None, new, Change::Add),
                "delete" | "delete-replace" => (old, None, Change::Delete),
                _ => (old, new, Change::Update),
            };
            let before = diffs.list.len();
            match (&old, &new) {
                (Some(was), Some(is)) => compare(path, was, is, &mut diffs),
                _ => diffs.add(path, old, new),
            }
            // The provider's word counts, also where the values are not there or look the same.
            if diffs.list.len() == before && diffs.more == 0 {
                diffs.named(path);
            }
            for diff in diffs.list.iter_mut().skip(before) {
                diff.replaces = event.diff_kind.ends_with("replace");
                if diff.old.is_none() || diff.new.is_none() {
                    diff.change = change;
                }
            }
        }
        diffs
    }

    fn without_hidden(&self, mut diffs: Diffs) -> Diffs {
        for diff in &mut diffs.list {
            if self.hidden.iter().any(|hidden| is_under(&diff.path, hidden)) {
                diff.old = diff.old.take().map(|_| Value::from("[hidden]"));
                diff.new = diff.new.take().map(|_| Value::from("[hidden]"));
            }
        }
        diffs
    }
}

/// The differences between two objects.
pub(super) fn between(old: &Map<String, Value>, new: &Map<String, Value>) -> Diffs {
    let mut diffs = Diffs::default();
    objects("", old, new, &mut diffs);
    diffs
}

/// Members that begin with two underscores are the engine's own; only that they change is worth a line.
fn objects(path: &str, old: &Map<String, Value>, new: &Map<String, Value>, diffs: &mut Diffs) {
    for (key, was) in old {
        let path = member(path, key);
        match new.get(key) {
            Some(is) if was == is => {}
            Some(_) if key == DEFAULTS => {}
            Some(_) if is_internal(key) => {
                diffs.add(&path, Some("[internal]".into()), Some("[internal]".into()));
            }
            Some(is) => compare(&path, was, is, diffs),
            None if is_internal(key) => {}
            None => diffs.add(&path, Some(was.clone()), None),
        }
    }
    for (key, is) in new.iter().filter(|(key, _)| !old.contains_key(*key) && !is_internal(key)) {
        diffs.add(&member(path, key), None, Some(is.clone()));
    }
}

fn is_internal(key: &str) -> bool {
    key.starts_with("__")
}

fn compare(path: &str, old: &Value, new: &Value, diffs: &mut Diffs) {
    match (old, new) {
        _ if old == new => {}
        (Value::Object(old), Value::Object(new)) => objects(path, old, new, diffs),
        (Value::Array(old), Value::Array(new)) => arrays(path, old, new, diffs),
        (Value::String(was), Value::String(is)) => match (document(was), document(is)) {
            // Only the layout differs: still a change, shown as it is.
            (Some(inner_old), Some(inner_new)) if inner_old != inner_new => {
                compare(&format!("{path} (JSON)"), &inner_old, &inner_new, diffs);
            }
            _ => diffs.add(path, Some(old.clone()), Some(new.clone())),
        },
        _ => diffs.add(path, Some(old.clone()), Some(new.clone())),
    }
}

fn arrays(path: &str, old: &[Value], new: &[Value], diffs: &mut Diffs) {
    for index in 0..old.len().max(new.len()) {
        let path = format!("{path}[{index}]");
        match (old.get(index), new.get(index)) {
            (Some(was), Some(is)) => compare(&path, was, is, diffs),
            (was, is) => diffs.add(&path, was.cloned(), is.cloned()),
        }
    }
}

/// A string that is a JSON object or list, parsed.
fn document(text: &str) -> Option<Value> {
    let looks = text.trim_start().starts_with(['{', '[']) && text.len() < 1024 * 1024;
    looks.then(|| serde_json::from_str(text).ok()).flatten()
}

/// `a.b`, or `a["b.c"]` where the name is no plain word.
fn member(path: &str, key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$'));
    match (path.is_empty(), plain) {
        (true, _) if plain || !key.contains(['.', '[']) => key.to_owned(),
        (false, true) => format!("{path}.{key}"),
        _ => format!("{path}[{}]", Value::from(key)),
    }
}

/// The members and indexes of a property path in the engine's form: `a.b[0]["c.d"]`.
/// <https://www.pulumi.com/docs/iac/concepts/resources/options/ignorechanges/>
fn segments(path: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix("[\"") {
            let end = quoted.find("\"]").unwrap_or(quoted.len());
            found.push(quoted.get(..end).unwrap_or_default().replace("\\\"", "\""));
            rest = quoted.get(end + 2..).unwrap_or_default();
        } else if let Some(index) = rest.strip_prefix('[') {
            let end = index.find(']').unwrap_or(index.len());
            found.push(index.get(..end).unwrap_or_default().to_owned());
            rest = index.get(end + 1..).unwrap_or_default();
        } else {
            let plain = rest.strip_prefix('.').unwrap_or(rest);
            let end = plain.find(['.', '[']).unwrap_or(plain.len());
            found.push(plain.get(..end).unwrap_or_default().to_owned());
            rest = plain.get(end..).unwrap_or_default();
        }
    }
    found
}

fn at<'a>(map: &'a Map<String, Value>, segments: &[String]) -> Option<&'a Value> {
    let (first, rest) = segments.split_first()?;
    rest.iter().try_fold(map.get(first)?, |value, segment| match value {
        Value::Object(map) => map.get(segment),
        Value::Array(items) => items.get(segment.parse::<usize>().ok()?),
        _ => None,
    })
}

fn joined(path: &[Value]) -> String {
    path.iter().fold(String::new(), |path, segment| match segment {
        Value::String(key) => member(&path, key),
        index => format!("{path}[{index}]"),
    })
}

/// Whether `path` is `parent` or lies inside of it.
pub(super) fn is_under(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn map(value: Value) -> Map<String, Value> {
        let Value::Object(map) = value else { panic!("an object") };
        map
    }

    fn paths(old: Value, new: Value) -> Vec<(String, Change)> {
        between(&map(old), &map(new)).list.into_iter().map(|diff| (diff.path, diff.change)).collect()
    }

    #[test]
    fn each_changed_leaf_has_its_own_path() {
        let found = paths(
            json!({"tags": {"a": 1, "b.c": 2}, "rules": [1, 2], "gone": true}),
            json!({"tags": {"a": 2, "b.c": 3}, "rules": [1, 3, 4], "new": true}),
        );
        let expected = [
            ("tags.a", Change::Update),
            ("tags[\"b.c\"]", Change::Update),
            ("rules[1]", Change::Update),
            ("rules[2]", Change::Add),
            ("gone", Change::Delete),
            ("new", Change::Add),
        ];
        assert_eq!(found, expected.map(|(path, change)| (path.to_owned(), change)));
    }

    #[test]
    fn json_in_a_string_is_compared_inside() {
        let found =
            paths(json!({"policy": "{\"Action\":[\"a\"]}"}), json!({"policy": "{ \"Action\": [\"b\"] }"}));
        assert_eq!(found, [("policy (JSON).Action[0]".to_owned(), Change::Update)]);
    }

    #[test]
    fn the_engines_own_members_are_named_without_their_values() {
        let diffs =
            between(&map(json!({"__provider": "long code"})), &map(json!({"__provider": "other code"})));
        assert_eq!(diffs.list[0].new, Some(json!("[internal]")));
    }

    #[test]
    fn a_detailed_diff_decides_which_paths_there_are() {
        let old = State { outputs: Some(map(json!({"a": {"b": [1]}, "c": 1}))), ..State::default() };
        let new = State { inputs: Some(map(json!({"a": {"b": [2]}, "c": 2}))), ..State::default() };
        let event = PropertyDiffEvent { diff_kind: "update-replace".into(), input_diff: false };
        let detailed = BTreeMap::from([("a.b[0]".to_owned(), event)]);
        let diffs = Sides::of(Some(old), Some(new)).by_inputs(Some(&detailed));
        assert_eq!(diffs.list.len(), 1);
        let diff = &diffs.list[0];
        assert_eq!((diff.path.as_str(), diff.replaces), ("a.b[0]", true));
        assert_eq!((&diff.old, &diff.new), (&Some(json!(1)), &Some(json!(2))));
    }

    #[test]
    fn a_hidden_path_keeps_its_name_and_loses_its_value() {
        let old = State { inputs: Some(map(json!({"a": {"b": 1}}))), ..State::default() };
        let hide = Some(vec![vec![json!("a")]]);
        let new = State { inputs: Some(map(json!({"a": {"b": 2}}))), hide_diffs: hide, ..State::default() };
        let diffs = Sides::of(Some(old), Some(new)).by_inputs(None);
        assert_eq!(diffs.list[0].new, Some(json!("[hidden]")));
    }

    #[test]
    fn too_many_diffs_are_counted() {
        let new: Map<_, _> = (0..600).map(|n| (format!("k{n}"), json!(n))).collect();
        let diffs = between(&Map::new(), &new);
        assert_eq!((diffs.list.len(), diffs.more), (MAX_DIFFS, 100));
    }
}
