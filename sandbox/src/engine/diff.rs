//! What changes between two states of a resource.
//!
//! <https://www.pulumi.com/docs/iac/concepts/how-pulumi-works/#creating-updating-and-deleting-resources>

use std::collections::BTreeMap;

use super::step::PropertyDiff;
use crate::value::{Properties, Value};

/// The names of the top-level properties that differ.
pub fn changed_keys(old: &Properties, new: &Properties) -> Vec<String> {
    let mut keys: Vec<&String> = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key))).collect();
    keys.sort();
    let differs = |key: &&String| match (old.get(*key), new.get(*key)) {
        (Some(old), Some(new)) => !old.same_as(new),
        _ => true,
    };
    keys.into_iter().filter(differs).cloned().collect()
}

/// Every path that differs, as deep as it goes, with how.
pub fn detailed(
    old: &Properties,
    new: &Properties,
    replaces: &dyn Fn(&str) -> bool,
) -> BTreeMap<String, PropertyDiff> {
    let mut found = BTreeMap::new();
    for key in changed_keys(old, new) {
        walk(&path_start(&key), old.get(&key), new.get(&key), &mut |path, kind| {
            let kind = match (kind, replaces(&key)) {
                (Change::Add, false) => "add",
                (Change::Add, true) => "add-replace",
                (Change::Delete, false) => "delete",
                (Change::Delete, true) => "delete-replace",
                (Change::Update, false) => "update",
                (Change::Update, true) => "update-replace",
            };
            found.insert(path.to_owned(), PropertyDiff { kind, input: true });
        });
    }
    found
}

#[derive(Clone, Copy)]
enum Change {
    Add,
    Delete,
    Update,
}

fn walk(path: &str, old: Option<&Value>, new: Option<&Value>, note: &mut dyn FnMut(&str, Change)) {
    match (old, new) {
        (None, None) => {}
        (None, Some(_)) => note(path, Change::Add),
        (Some(_), None) => note(path, Change::Delete),
        (Some(old), Some(new)) if old.same_as(new) => {}
        (Some(Value::Secret(old)), Some(new)) => walk(path, Some(old), Some(new), note),
        (Some(old), Some(Value::Secret(new))) => walk(path, Some(old), Some(new), note),
        (Some(Value::Map(old)), Some(Value::Map(new))) => {
            for key in changed_keys(old, new) {
                let start = path_start(&key);
                let dot = if start.starts_with('[') { "" } else { "." };
                walk(&format!("{path}{dot}{start}"), old.get(&key), new.get(&key), note);
            }
        }
        (Some(Value::List(old)), Some(Value::List(new))) => {
            for index in 0..old.len().max(new.len()) {
                walk(&format!("{path}[{index}]"), old.get(index), new.get(index), note);
            }
        }
        _ => note(path, Change::Update),
    }
}

/// A name as a property path has it: in brackets when it is no plain word.
fn path_start(key: &str) -> String {
    let plain = !key.is_empty() && !key.contains(['.', '[', ']', '"']);
    if plain { key.to_owned() } else { format!("[\"{}\"]", key.replace('"', "\\\"")) }
}

/// Puts the old values back where changes are to be ignored. `*` stands for everything.
pub fn ignore_changes(inputs: &mut Properties, old: &Properties, paths: &[String]) {
    for path in paths {
        if path == "*" {
            inputs.clone_from(old);
            continue;
        }
        let steps = path_steps(path);
        let Some((first, rest)) = steps.split_first() else { continue };
        match (rest.is_empty(), old.get(first)) {
            (true, Some(value)) => drop(inputs.insert(first.clone(), value.clone())),
            (true, None) => drop(inputs.remove(first)),
            (false, old) => {
                if let Some(value) = inputs.get_mut(first) {
                    restore(value, old, rest);
                }
            }
        }
    }
}

fn restore(value: &mut Value, old: Option<&Value>, steps: &[String]) {
    let Some((first, rest)) = steps.split_first() else { return };
    match (value, old) {
        (Value::Secret(value), old) => restore(value, old, steps),
        (value, Some(Value::Secret(old))) => restore(value, Some(old), steps),
        (Value::Map(map), Some(Value::Map(old))) => {
            match (rest.is_empty(), old.get(first), map.get_mut(first)) {
                (true, Some(before), _) => drop(map.insert(first.clone(), before.clone())),
                (true, None, _) => drop(map.remove(first)),
                (false, before, Some(inner)) => restore(inner, before, rest),
                (false, _, None) => {}
            }
        }
        (Value::List(items), Some(Value::List(old))) => {
            let wanted: Vec<usize> =
                if first == "*" { (0..items.len()).collect() } else { first.parse().into_iter().collect() };
            for index in wanted {
                match (rest.is_empty(), items.get_mut(index), old.get(index)) {
                    (true, Some(item), Some(before)) => item.clone_from(before),
                    (false, Some(item), before) => restore(item, before, rest),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// Splits a property path: `a.b[0]["c.d"]`.
pub fn path_steps(path: &str) -> Vec<String> {
    let mut steps = vec![];
    let mut rest = path;
    while let Some(first) = rest.chars().next() {
        if first == '.' {
            rest = &rest[1..];
        } else if let Some(quoted) = rest.strip_prefix("[\"") {
            let (name, after) = quoted.split_once("\"]").unwrap_or((quoted, ""));
            steps.push(name.replace("\\\"", "\""));
            rest = after;
        } else if let Some(index) = rest.strip_prefix('[') {
            let (name, after) = index.split_once(']').unwrap_or((index, ""));
            steps.push(name.to_owned());
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            steps.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
    }
    steps
}

/// Whether a change of a top-level property is one of those that replace. `*` stands for all.
pub fn replaces(key: &str, replace_on_changes: &[String]) -> bool {
    replace_on_changes
        .iter()
        .any(|path| path == "*" || path_steps(path).first().is_some_and(|first| first == key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn map<const N: usize>(entries: [(&str, Value); N]) -> Properties {
        entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    #[test]
    fn only_what_differs_is_a_change() {
        let old = map([("a", text("1")), ("b", text("2")), ("c", text("3"))]);
        let new = map([("a", text("1")), ("b", text("x")), ("d", text("4"))]);
        assert_eq!(changed_keys(&old, &new), ["b", "c", "d"]);
    }

    #[test]
    fn a_value_that_became_secret_has_not_changed() {
        let old = map([("a", text("1"))]);
        let new = map([("a", text("1").into_secret())]);
        assert!(changed_keys(&old, &new).is_empty());
    }

    #[test]
    fn details_go_as_deep_as_the_change() {
        let old = map([("m", Value::Map(map([("k.1", text("a")), ("l", Value::List(vec![text("x")]))])))]);
        let new = map([(
            "m",
            Value::Map(map([("k.1", text("b")), ("l", Value::List(vec![text("x"), text("y")]))])),
        )]);
        let found = detailed(&old, &new, &|_| false);
        let found: Vec<(&str, &str)> = found.iter().map(|(path, diff)| (path.as_str(), diff.kind)).collect();
        assert_eq!(found, [("m.l[1]", "add"), ("m[\"k.1\"]", "update")]);
    }

    #[test]
    fn ignored_changes_keep_the_old_value() {
        let old = map([("tags", Value::Map(map([("a", text("old")), ("b", text("old"))])))]);
        let mut new =
            map([("tags", Value::Map(map([("a", text("new")), ("b", text("new"))]))), ("x", text("new"))]);
        ignore_changes(&mut new, &old, &["tags.a".to_owned(), "x".to_owned()]);
        assert_eq!(new, map([("tags", Value::Map(map([("a", text("old")), ("b", text("new"))])))]));
    }

    #[test]
    fn a_path_below_a_property_replaces_with_it() {
        assert!(replaces("tags", &["tags.a".to_owned()]));
        assert!(replaces("any", &["*".to_owned()]));
        assert!(!replaces("tag", &["tags".to_owned()]));
    }
}
