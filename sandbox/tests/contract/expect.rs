//! What a person worked out by hand, and whether a run keeps it.
//!
//! A resource's life is written as a list of words: `create` is a `resourcePreEvent` and a `resOutputsEvent` of
//! that operation, `create!` ends in a `resOpFailedEvent`, `create?` has no end, `refresh>same` begins with one
//! operation and ends with another.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::compare::kind;
use crate::disk::is_checkpoint;
use crate::engine::{Exit, Run};
use crate::normalise;
use crate::scenario::Played;

/// What must come of a command. What is not given is not looked at, but `exit`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The exit status.
    #[serde(default)]
    exit: i32,
    /// Standard error as a whole, normalised.
    #[serde(default)]
    stderr: Option<String>,
    /// Texts that standard error holds.
    #[serde(default)]
    stderr_has: Vec<String>,
    /// Texts that standard output holds.
    #[serde(default)]
    stdout_has: Vec<String>,
    /// Standard output, parsed.
    #[serde(default)]
    json: Option<Value>,
    /// The life of every resource but the stack and the default provider.
    #[serde(default)]
    resources: Option<BTreeMap<String, String>>,
    /// `[b, a]`: the first event of `b` comes after the last one of `a`. `a:delete` are its deletions only.
    #[serde(default)]
    after: Vec<(String, String)>,
    /// The inputs that a resource is registered with.
    #[serde(default)]
    inputs: BTreeMap<String, Value>,
    /// Why a resource is replaced.
    #[serde(default)]
    keys: BTreeMap<String, Value>,
    /// Which inputs changed.
    #[serde(default)]
    diffs: BTreeMap<String, Value>,
    /// The stack's outputs; a secret is `[secret]`, a value that is not known `<unknown>`.
    #[serde(default)]
    outputs: Option<Value>,
    /// The counts of the summary.
    #[serde(default)]
    summary: Option<BTreeMap<String, u64>>,
    /// A piece of each diagnostic for people, in their order; there is no other.
    #[serde(default)]
    diagnostics: Option<Vec<String>>,
    /// The names of the resources in the checkpoint, but the stack and the default provider.
    #[serde(default)]
    state: Option<Vec<String>>,
    /// Values in the checkpoint: a JSON pointer behind a resource's name, and what is there.
    #[serde(default)]
    state_has: BTreeMap<String, Value>,
    /// Nothing on the disk has changed.
    #[serde(default)]
    unchanged: bool,
    /// There is no event log.
    #[serde(default)]
    no_log: bool,
}

impl Expect {
    /// What the run does not keep, a line each.
    pub fn check(&self, played: &Played) -> Vec<String> {
        let run = &played.run;
        let mut broken = Broken(Vec::new());
        broken.same("exit", &run.exit, &Exit::Status(self.exit));
        self.check_text(run, &mut broken);
        self.check_events(run, &mut broken);
        self.check_state(&played.disk, &mut broken);
        if self.unchanged && !played.unchanged {
            broken.0.push("the disk changed".to_owned());
        }
        broken.0
    }

    fn check_text(&self, run: &Run, broken: &mut Broken) {
        let (stdout, stderr) = (run.places.text(&run.stdout), run.places.text(&run.stderr));
        if let Some(expected) = &self.stderr {
            broken.same("stderr", &stderr.trim(), &expected.trim());
        }
        for piece in &self.stderr_has {
            broken.holds("stderr", &stderr, piece);
        }
        for piece in &self.stdout_has {
            broken.holds("stdout", &stdout, piece);
        }
        if let Some(expected) = &self.json {
            match serde_json::from_str::<Value>(&stdout) {
                Ok(value) => broken.same("json", &value, expected),
                Err(e) => broken.0.push(format!("stdout is not JSON: {e}: {stdout}")),
            }
        }
    }

    fn check_events(&self, run: &Run, broken: &mut Broken) {
        if self.no_log && run.events.is_some() {
            broken.0.push("there is an event log".to_owned());
        }
        let events = normalise::events(run.events.as_deref().unwrap_or_default(), &run.places);
        if let Some(expected) = &self.resources {
            let lives = lives(&events);
            broken.same("resources", &lives, expected);
        }
        for (later, earlier) in &self.after {
            let (later, earlier) = (places_of(&events, later), places_of(&events, earlier));
            if later.is_empty() || earlier.is_empty() || later.iter().min() <= earlier.iter().max() {
                broken.0.push(format!("order: {later:?} does not come after {earlier:?}"));
            }
        }
        for (name, expected) in &self.inputs {
            broken.same(&format!("inputs of {name}"), &last(&events, name, "/metadata/new/inputs"), expected);
        }
        for (name, expected) in &self.keys {
            broken.same(&format!("keys of {name}"), &last(&events, name, "/metadata/keys"), expected);
        }
        for (name, expected) in &self.diffs {
            broken.same(&format!("diffs of {name}"), &last(&events, name, "/metadata/diffs"), expected);
        }
        if let Some(expected) = &self.outputs {
            broken.same("outputs", &outputs(&events), expected);
        }
        if let Some(expected) = &self.summary {
            let counts = events.iter().find_map(|event| event.pointer("/summaryEvent/resourceChanges"));
            let counts: BTreeMap<String, u64> =
                counts.and_then(|counts| serde_json::from_value(counts.clone()).ok()).unwrap_or_default();
            broken.same("summary", &counts, expected);
        }
        if let Some(expected) = &self.diagnostics {
            let found = diagnostics(&events);
            let all = found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| a.contains(b));
            if !all {
                broken.0.push(format!("diagnostics: {found:#?} instead of {expected:#?}"));
            }
        }
    }

    fn check_state(&self, disk: &BTreeMap<String, Value>, broken: &mut Broken) {
        let resources = resources(disk);
        if let Some(expected) = &self.state {
            let mut names: Vec<String> =
                resources.iter().filter(|resource| counts(resource)).map(name).collect();
            names.sort();
            broken.same("state", &names, expected);
        }
        for (path, expected) in &self.state_has {
            let (resource, pointer) = path.split_at(path.find('/').unwrap_or(path.len()));
            let found = resources.iter().find(|found| name(found) == resource);
            let value = found.and_then(|found| found.pointer(pointer)).cloned().unwrap_or_default();
            broken.same(&format!("state {path}"), &value, expected);
        }
    }
}

struct Broken(Vec<String>);

impl Broken {
    fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, found: &T, expected: &T) {
        if found != expected {
            self.0.push(format!("{what}: {found:?} instead of {expected:?}"));
        }
    }

    fn holds(&mut self, what: &str, text: &str, piece: &str) {
        if !text.contains(piece) {
            self.0.push(format!("{what} has no {piece:?}: {text:?}"));
        }
    }
}

/// The resources of the only checkpoint.
fn resources(disk: &BTreeMap<String, Value>) -> Vec<Value> {
    let checkpoint = disk.iter().find(|(path, _)| is_checkpoint(path)).map(|(_, value)| value);
    let list = checkpoint.and_then(|value| value.pointer("/checkpoint/latest/resources"));
    list.and_then(Value::as_array).cloned().unwrap_or_default()
}

fn name(resource: &Value) -> String {
    let urn = resource.get("urn").and_then(Value::as_str).unwrap_or_default();
    urn.rsplit("::").next().unwrap_or_default().to_owned()
}

fn counts(resource: &Value) -> bool {
    let kind = resource.get("type").and_then(Value::as_str).unwrap_or_default();
    kind != "pulumi:pulumi:Stack" && !kind.starts_with("pulumi:providers:")
}

fn metadata<'a>(event: &'a Value, pointer: &str) -> Option<&'a Value> {
    kind(event).1.pointer(pointer)
}

fn event_name(event: &Value) -> Option<&str> {
    metadata(event, "/metadata/urn")?.as_str()?.rsplit("::").next()
}

fn op(event: &Value) -> &str {
    metadata(event, "/metadata/op").and_then(Value::as_str).unwrap_or_default()
}

/// Each resource's life in words.
pub fn lives(events: &[Value]) -> BTreeMap<String, String> {
    let mut lives: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in events {
        let counts = metadata(event, "/metadata").is_some_and(counts);
        let Some(name) = event_name(event).filter(|_| counts) else { continue };
        let life = lives.entry(name.to_owned()).or_default();
        let op = op(event);
        match (kind(event).0, life.last_mut()) {
            ("resourcePreEvent", _) => life.push(format!("{op}?")),
            ("resOutputsEvent", Some(last)) if *last == format!("{op}?") => op.clone_into(last),
            ("resOutputsEvent", Some(last)) if last.ends_with('?') => {
                *last = last.replace('?', &format!(">{op}"));
            }
            ("resOpFailedEvent", Some(last)) if last.ends_with('?') => *last = last.replace('?', "!"),
            (kind, _) => life.push(format!("{kind}:{op}")),
        }
    }
    lives.into_iter().map(|(name, life)| (name, life.join(" "))).collect()
}

fn places_of(events: &[Value], which: &str) -> Vec<usize> {
    let (name, wanted) = which.split_once(':').map_or((which, None), |(name, op)| (name, Some(op)));
    let is =
        |event: &Value| event_name(event) == Some(name) && wanted.is_none_or(|wanted| op(event) == wanted);
    events.iter().enumerate().filter(|(_, event)| is(event)).map(|(i, _)| i).collect()
}

fn last(events: &[Value], name: &str, pointer: &str) -> Value {
    let found = events.iter().filter(|event| event_name(event) == Some(name) && counts_event(event));
    simple(found.filter_map(|event| metadata(event, pointer)).next_back().unwrap_or(&Value::Null))
}

fn counts_event(event: &Value) -> bool {
    metadata(event, "/metadata").is_some_and(counts)
}

/// The stack's outputs as its last event has them.
pub fn outputs(events: &[Value]) -> Value {
    let is_stack = |event: &&Value| {
        kind(event).0 == "resOutputsEvent"
            && metadata(event, "/metadata/type").and_then(Value::as_str) == Some("pulumi:pulumi:Stack")
    };
    let last = events.iter().rfind(is_stack);
    simple(last.and_then(|event| metadata(event, "/metadata/new/outputs")).unwrap_or(&Value::Null))
}

/// The diagnostics for people, prefix and all.
pub fn diagnostics(events: &[Value]) -> Vec<String> {
    let text = |body: &Value, key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let bodies = events.iter().filter_map(|event| event.get("diagnosticEvent"));
    bodies.map(|body| text(body, "prefix") + &text(body, "message")).collect()
}

/// A secret becomes `[secret]`.
fn simple(value: &Value) -> Value {
    match value {
        Value::Object(map) if map.contains_key("4dabf18193072939515e22adb298388d") => Value::from("[secret]"),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), simple(value))).collect(),
        Value::Array(list) => list.iter().map(simple).collect(),
        other => other.clone(),
    }
}
