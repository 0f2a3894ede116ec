//! The changes between two sets of properties, path by path.
//!
//! If the provider gave a detailed diff, its paths are taken unchanged; otherwise the inputs are compared, member by
//! member. Strings that hold JSON on both sides (policy documents, say) are compared as JSON.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use serde_json::{Map, Value};

use super::align;
use super::change::Change;
use super::document::document;
use super::event::{EventState, PropertyDiffEvent};
use super::hunks::{TextDiff, line_ends};
use super::model::PropertyDiff;
use super::natural::natural;
use super::pairs::pairs;
use super::value::{named, shown_map};

/// The most diffs of one step that are kept; more are only counted.
const MAX_DIFFS: usize = 500;
/// The most bytes of a path; a longer one is cut.
pub(super) const PATH_BYTES: usize = 1024;
/// The member in which bridged providers record which inputs were defaults.
const DEFAULTS: &str = "__defaults";
/// The members at the top of a resource that belong to the engine and its providers: the code of a dynamic provider,
/// records of bridged providers. A name that only begins like one of these is the program's.
/// <https://github.com/pulumi/pulumi-terraform-bridge/blob/main/pkg/tfbridge/schema.go>
const INTERNAL: [&str; 5] = ["__provider", DEFAULTS, "__meta", "__pulumi_raw_state_delta", "__internal"];

/// The diffs of one step, and how many more there are.
#[derive(Debug, Default)]
pub(super) struct Diffs {
    pub list: Vec<PropertyDiff>,
    pub more: u64,
}

impl Diffs {
    /// Adds a property of which only the name is known.
    pub fn named(&mut self, path: &str) {
        let before = self.list.len();
        self.add(path, None, None);
        if let Some(diff) = self.list.get_mut(before) {
            diff.change = Change::Update;
        }
    }

    pub fn add(&mut self, path: &str, old: Option<Value>, new: Option<Value>) {
        if self.list.len() >= MAX_DIFFS {
            self.more += 1;
            return;
        }
        self.list.push(PropertyDiff::between(named(path, PATH_BYTES), old, new));
    }

    /// Adds a text; `notes` say in words how it changes.
    fn noted(&mut self, path: &str, notes: Vec<String>) {
        let before = self.list.len();
        self.named(path);
        if let Some(diff) = self.list.get_mut(before) {
            diff.text_diff = Some(TextDiff { notes, ..TextDiff::default() });
        }
    }

    /// The number of diffs, those that are only counted included.
    fn total(&self) -> u64 {
        self.list.len() as u64 + self.more
    }

    fn append(&mut self, other: Self) {
        for diff in other.list {
            if self.list.len() < MAX_DIFFS { self.list.push(diff) } else { self.more += 1 }
        }
        self.more += other.more;
    }
}

/// The states before and after a step, ready for a report.
pub(super) struct Sides {
    old_inputs: Map<String, Value>,
    old_outputs: Map<String, Value>,
    new_inputs: Map<String, Value>,
    new_outputs: Map<String, Value>,
    hidden: Vec<String>,
}

impl Sides {
    pub fn new(old: Option<EventState>, new: Option<EventState>) -> Self {
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

    /// The changes of the program: from the provider's detailed diff, or from comparing the inputs.
    pub fn by_inputs(self, detailed: Option<&BTreeMap<String, PropertyDiffEvent>>) -> Diffs {
        let diffs = match detailed {
            Some(detailed) if !detailed.is_empty() => self.detailed(detailed),
            _ => between(&self.old_inputs, &self.new_inputs),
        };
        // An update with the same inputs as before: the real resource differs from them.
        let drifted = diffs.list.is_empty() && !self.old_outputs.is_empty();
        let diffs = if drifted { self.drift() } else { diffs };
        self.without_hidden(diffs)
    }

    /// The changes of the real resource: from comparing the outputs.
    pub fn by_outputs(self) -> Diffs {
        let diffs = between(&self.old_outputs, &self.new_outputs);
        self.without_hidden(diffs)
    }

    /// The inputs that differ from the real resource.
    fn drift(&self) -> Diffs {
        let known = |(key, _): &(&String, &Value)| self.new_inputs.contains_key(*key);
        let found = self.old_outputs.iter().filter(known).map(|(key, value)| (key.clone(), value.clone()));
        let found: Map<_, _> = found.collect();
        let wanted = self.new_inputs.iter().filter(|(key, _)| found.contains_key(*key));
        between(&found, &wanted.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    /// The changes by the provider's paths. A provider that compares lists index by index names every item after an
    /// inserted one: if the lists themselves differ in fewer items, those are shown.
    fn detailed(&self, detailed: &BTreeMap<String, PropertyDiffEvent>) -> Diffs {
        let mut named: Vec<_> = detailed.iter().map(|(path, event)| (path.as_str(), event)).collect();
        named.sort_by(|(a, _), (b, _)| natural(a, b));
        let mut diffs = Diffs::default();
        let mut rest = named.as_slice();
        while let Some(first) = rest.first() {
            let list = list_of(first.0);
            let alike = rest.iter().take_while(|(path, _)| list.is_some() && list_of(path) == list).count();
            let (group, others) = rest.split_at(alike.max(1));
            let mut by_index = Diffs::default();
            for (path, event) in group {
                self.one(path, event, &mut by_index);
            }
            let found = list
                .and_then(|list| self.whole_list(list, group))
                .filter(|whole| whole.total() < by_index.total());
            diffs.append(found.unwrap_or(by_index));
            rest = others;
        }
        diffs
    }

    /// The values at `path` before and after the step.
    fn values_at(&self, path: &str, event: &PropertyDiffEvent) -> (Option<&Value>, Option<&Value>) {
        let before = if event.input_diff { &self.old_inputs } else { &self.old_outputs };
        let segments = segments(path);
        let old = value_at(before, &segments).or_else(|| value_at(&self.old_inputs, &segments));
        (old, value_at(&self.new_inputs, &segments).or_else(|| value_at(&self.new_outputs, &segments)))
    }

    /// The path of a property, from its name in the detailed diff.
    fn path_of(&self, name: &str) -> String {
        path_of(&[&self.old_inputs, &self.new_inputs, &self.old_outputs, &self.new_outputs], name)
    }

    /// The differences between the lists at `path`, of which the provider names these items.
    fn whole_list(&self, path: &str, group: &[(&str, &PropertyDiffEvent)]) -> Option<Diffs> {
        let (_, event) = group.first()?;
        let (Some(Value::Array(old)), Some(Value::Array(new))) = self.values_at(path, event) else {
            return None;
        };
        let mut diffs = Diffs::default();
        arrays(path, old, new, &mut diffs);
        let replaces = group.iter().any(|(_, event)| event.diff_kind.ends_with("replace"));
        diffs.list.iter_mut().for_each(|diff| diff.replaces = replaces);
        (diffs.total() > 0).then_some(diffs)
    }

    fn one(&self, path: &str, event: &PropertyDiffEvent, diffs: &mut Diffs) {
        let path = &*self.path_of(path);
        let (old, new) = self.values_at(path, event);
        let (old, new) = (old.cloned(), new.cloned());
        let (old, new, change) = match event.diff_kind.as_str() {
            "add" | "add-replace" => (None, new, Change::Add),
            "delete" | "delete-replace" => (old, None, Change::Delete),
            _ => (old, new, Change::Update),
        };
        let before = diffs.list.len();
        match (&old, &new) {
            (Some(was), Some(is)) => compare(path, was, is, diffs),
            _ => diffs.add(path, old, new),
        }
        // The provider's statement counts, even if the values are missing or look the same.
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

/// Adds the differences between two objects. For the engine's own members at the top, only the fact that they change is
/// shown.
fn objects(path: &str, old: &Map<String, Value>, new: &Map<String, Value>, diffs: &mut Diffs) {
    let internal = |key: &str| path.is_empty() && INTERNAL.contains(&key);
    // A new resource is new as a whole, so the engine's own members are not mentioned.
    let none = old.is_empty() || new.is_empty();
    let silent = |key: &str| path.is_empty() && (key == DEFAULTS || (none && internal(key)));
    let shown = |key: &str, value: &Value| if internal(key) { "[internal]".into() } else { value.clone() };
    for (key, was) in old.iter().filter(|(key, _)| !silent(key)) {
        let path = member(path, key);
        match new.get(key) {
            Some(is) if was == is => {}
            Some(is) if internal(key) => diffs.add(&path, Some(shown(key, was)), Some(shown(key, is))),
            Some(is) => compare(&path, was, is, diffs),
            None => diffs.add(&path, Some(shown(key, was)), None),
        }
    }
    for (key, is) in new.iter().filter(|(key, _)| !old.contains_key(*key) && !silent(key)) {
        diffs.add(&member(path, key), None, Some(shown(key, is)));
    }
}

fn compare(path: &str, old: &Value, new: &Value, diffs: &mut Diffs) {
    match (old, new) {
        _ if old == new => {}
        (Value::Object(old), Value::Object(new)) => objects(path, old, new, diffs),
        (Value::Array(old), Value::Array(new)) => arrays(path, old, new, diffs),
        (Value::String(was), Value::String(is)) => match (document(was), document(is)) {
            // Only the layout differs: that is still a change, which is shown as text.
            (Some(inner_old), Some(inner_new)) if inner_old != inner_new => {
                compare(&format!("{path} (JSON)"), &inner_old, &inner_new, diffs);
                let notes = line_ends(was, is);
                if !notes.is_empty() {
                    diffs.noted(&format!("{path} (text)"), notes);
                }
            }
            _ => diffs.add(path, Some(old.clone()), Some(new.clone())),
        },
        _ => diffs.add(path, Some(old.clone()), Some(new.clone())),
    }
}

/// Adds the items that differ. An added item has its new index, a removed one its old one.
fn arrays(path: &str, old: &[Value], new: &[Value], diffs: &mut Diffs) {
    for run in align::runs(old.iter(), new.iter()) {
        let (gone, come) = (items(old, &run.old), items(new, &run.new));
        let found = match (gone.len(), come.len()) {
            (0, _) | (_, 0) => Vec::new(),
            (1, 1) => vec![(0, 0)],
            _ => {
                let texts = [gone, come].map(|items| items.iter().map(text_of).collect::<Vec<_>>());
                let [was, is] =
                    texts.each_ref().map(|texts| texts.iter().map(AsRef::as_ref).collect::<Vec<_>>());
                pairs(&was, &is)
            }
        };
        for (was, is) in &found {
            if let (Some(before), Some(after)) = (gone.get(*was), come.get(*is)) {
                compare(&format!("{path}[{}]", run.new.start + is), before, after, diffs);
            }
        }
        let with: (HashSet<usize>, HashSet<usize>) = found.into_iter().unzip();
        for (at, item) in gone.iter().enumerate().filter(|(at, _)| !with.0.contains(at)) {
            diffs.add(&format!("{path}[{}]", run.old.start + at), Some(item.clone()), None);
        }
        for (at, item) in come.iter().enumerate().filter(|(at, _)| !with.1.contains(at)) {
            diffs.add(&format!("{path}[{}]", run.new.start + at), None, Some(item.clone()));
        }
    }
}

fn items<'a>(list: &'a [Value], range: &Range<usize>) -> &'a [Value] {
    list.get(range.clone()).unwrap_or_default()
}

/// The text by which two items are compared to find similar ones.
fn text_of(item: &Value) -> Cow<'_, str> {
    item.as_str().map_or_else(|| Cow::Owned(item.to_string()), Cow::Borrowed)
}

/// The list that the item at `path` belongs to: `a.b` for `a.b[0].c`.
fn list_of(path: &str) -> Option<&str> {
    let digit = |at: &(usize, char)| {
        path.get(at.0 + 1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let (at, _) = path.char_indices().filter(|(_, c)| *c == '[').find(digit)?;
    path.get(..at)
}

/// The path of a member: `a.b`, or `a["b.c"]` if the name is no plain word.
pub(crate) fn member(path: &str, key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$'));
    match (path.is_empty(), plain) {
        (true, _) if plain || !(key.is_empty() || key.contains(['.', '['])) => key.to_owned(),
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
            let ends = |(at, _): &(usize, &str)| !quoted.get(..*at).unwrap_or_default().ends_with('\\');
            let end = quoted.match_indices("\"]").find(ends).or_else(|| quoted.match_indices("\"]").last());
            let end = end.map_or(quoted.len(), |(at, _)| at);
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

/// The value at `path`, which is in the engine's form.
pub(crate) fn value_at_path<'a>(map: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    value_at(map, &segments(path))
}

fn value_at<'a>(map: &'a Map<String, Value>, segments: &[String]) -> Option<&'a Value> {
    let (first, rest) = segments.split_first()?;
    rest.iter().try_fold(map.get(first)?, |value, segment| match value {
        Value::Object(map) => map.get(segment),
        Value::Array(items) => items.get(segment.parse::<usize>().ok()?),
        _ => None,
    })
}

/// The path that `name` means in one of `maps`: some providers write paths without quotes around names with dots.
fn path_of(maps: &[&Map<String, Value>], name: &str) -> String {
    let is_path = |name: &str| {
        let segments = segments(name);
        maps.iter().any(|map| value_at(map, &segments).is_some())
    };
    if !name.contains(['.', '[']) || is_path(name) {
        return name.to_owned();
    }
    maps.iter().find_map(|map| spelt(map, name)).unwrap_or_else(|| name.to_owned())
}

/// The path of a property of a resource with these states. The engine names properties that change or force a
/// replacement by their bare name, whatever characters it has, or by their path.
pub(super) fn property_path(states: &[&EventState], name: &str) -> String {
    let maps = states.iter().flat_map(|state| [&state.inputs, &state.outputs]).flatten().collect::<Vec<_>>();
    if maps.iter().any(|map| map.contains_key(name)) { member("", name) } else { path_of(&maps, name) }
}

/// The path that `name` means in `map`, if names with dots or brackets in it are not quoted.
fn spelt(map: &Map<String, Value>, name: &str) -> Option<String> {
    fn inside(path: &str, value: &Value, rest: &str) -> Option<String> {
        if rest.is_empty() {
            return Some(path.to_owned());
        }
        match value {
            Value::Object(map) => member_spelt(path, map, rest.strip_prefix('.').unwrap_or(rest)),
            Value::Array(items) => {
                let (index, rest) = rest.strip_prefix('[')?.split_once(']')?;
                inside(&format!("{path}[{index}]"), items.get(index.parse::<usize>().ok()?)?, rest)
            }
            _ => None,
        }
    }
    fn member_spelt(path: &str, map: &Map<String, Value>, rest: &str) -> Option<String> {
        let quoted = |key: &str| format!("[{}]", Value::from(key));
        let mut found = map.iter().filter_map(|(key, value)| {
            let bare = rest.strip_prefix(key.as_str());
            let rest = bare.or_else(|| rest.strip_prefix(&quoted(key)))?;
            let ends = rest.is_empty() || rest.starts_with(['.', '[']);
            if ends { inside(&member(path, key), value, rest) } else { None }
        });
        found.next()
    }
    member_spelt("", map, name)
}

fn joined(path: &[Value]) -> String {
    path.iter().fold(String::new(), |path, segment| match segment {
        Value::String(key) => member(&path, key),
        index => format!("{path}[{index}]"),
    })
}

/// Whether `path` is `parent` or is inside of it.
pub(crate) fn is_under(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[', ' ']))
}

#[cfg(test)]
mod tests;
