//! What a comparison leaves out, and why: the whole list is [`LEFT_OUT`] and [`TEXT`]. Everything else counts.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use regex_lite::Regex;
use serde_json::{Map, Value};

/// What is left out of events and files, for the table and for the reader.
pub const LEFT_OUT: &[(&str, &str)] = &[
    ("diagnostics of severity `debug`", "they are the engine's own notes, another build has others"),
    ("`sequence`, `timestamp`, `durationSeconds` of events", "when it happened; the order is compared"),
    ("`steps` of a failed operation", "how much of something else was done by then"),
    ("the order of events of different resources", "the engine works on independent resources at once"),
    ("when a diagnostic of the program comes", "it comes from another process; their order is compared"),
    ("the order of independent resources in the state", "it is the order in which they were done"),
    ("what is in a `.bak` file of the state", "the state before the last of several writes at once"),
    ("ids", "an id becomes `<id URN #n>`: that the same one comes back in the right places is compared"),
    ("`sourcePosition`, `stackTrace` in the state", "lines of the language host's sources"),
    ("ciphertexts, salts, seeds, checksums", "each run draws its own"),
    ("folders of the run, user, host, process number", "where it happened"),
    ("blank lines and lines of dots on standard output", "how long it took"),
    ("the order of lines on standard output", "the display follows the events"),
    ("the sandbox's first line", "that it is there has a test of its own"),
];

/// What is left out of any text: a name, a pattern, and what stands there instead.
const TEXT: &[(&str, &str)] = &[
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "<time>"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>"),
    (r"\((\d+m)?\d+(\.\d+)?s\)", "(<duration>)"),
    (r"Duration: (\d+m)?\d+s", "Duration: <duration>"),
    (r"Updated (now|\d+ \w+ ago) took \d+s", "Updated <time> took <duration>"),
    (r"created by \S+@\S+ \(pid \d+\)", "created by <user>@<host> (pid <pid>)"),
    (r"v1:[A-Za-z0-9+/=]{8,}:v1:[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+", "<salt>"),
    (r"v1:[A-Za-z0-9+/=]{8,}:[A-Za-z0-9+/=]+", "<ciphertext>"),
    (r"\b1[0-9]{18}\b", "<nanoseconds>"),
];

static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    TEXT.iter().map(|(pattern, name)| (Regex::new(pattern).expect("a sound pattern"), *name)).collect()
});

/// Stands for a value that is not known yet: no id.
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go>
const UNKNOWN: &str = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/// The folders of a run, and what stands in their place.
#[derive(Debug, Clone)]
pub struct Places(Vec<(String, &'static str)>);

impl Places {
    /// No folders: what is normalised already.
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// A stage's folders.
    pub fn under(root: &Path) -> Self {
        let root = root.display();
        Self(vec![
            (format!("{root}/project"), "<project>"),
            (format!("{root}/state"), "<state>"),
            (format!("{root}/home"), "<home>"),
            (root.to_string(), "<root>"),
        ])
    }

    /// The folders that the recordings were made in.
    pub fn of_recordings() -> Self {
        let name = |path: &str, place| (path.to_owned(), place);
        Self(vec![
            name("/home/ci/yamllife", "<project>"),
            name("/home/ci/dyn", "<project>"),
            name("/home/ci/state", "<state>"),
            name("/home/ci/plan.json", "<project>/plan.json"),
        ])
    }

    /// Takes everything out of a text that is this run's alone.
    pub fn text(&self, text: &str) -> String {
        let mut text = text.replace(UNKNOWN, "<unknown>");
        for (path, place) in &self.0 {
            text = text.replace(path, place);
        }
        for (pattern, name) in PATTERNS.iter() {
            text = pattern.replace_all(&text, *name).into_owned();
        }
        text
    }
}

/// Names ids after the resource that bears them, in the order in which they appear.
#[derive(Default)]
pub struct Ids {
    names: BTreeMap<String, String>,
    count: BTreeMap<String, usize>,
}

impl Ids {
    /// Learns the ids of every object that has a `urn` and an `id`.
    pub fn learn(&mut self, value: &Value) {
        if let (Some(urn), Some(id)) = (text(value, "urn"), text(value, "id"))
            && !id.is_empty()
            && ![UNKNOWN, "<unknown>"].contains(&id)
            && !self.names.contains_key(id)
        {
            let count = self.count.entry(urn.to_owned()).or_default();
            *count += 1;
            let name = urn.rsplit("::").next().unwrap_or(urn);
            self.names.insert(id.to_owned(), format!("<id {name} #{count}>"));
        }
        match value {
            Value::Object(map) => map.values().for_each(|value| self.learn(value)),
            Value::Array(list) => list.iter().for_each(|value| self.learn(value)),
            _ => {}
        }
    }

    /// Puts names in the place of ids, everywhere.
    pub fn apply(&self, value: &Value, places: &Places) -> Value {
        match value {
            Value::String(text) => {
                if let Some(name) = self.names.get(text) {
                    return Value::from(name.clone());
                }
                // A reference to a provider ends in the provider's id.
                if let Some((urn, id)) = text.rsplit_once("::")
                    && let Some(name) = self.names.get(id)
                {
                    return Value::from(format!("{urn}::{name}"));
                }
                Value::from(places.text(text))
            }
            Value::Array(list) => list.iter().map(|value| self.apply(value, places)).collect(),
            Value::Object(map) => Value::Object(
                map.iter().map(|(key, value)| (places.text(key), self.apply(value, places))).collect(),
            ),
            other => other.clone(),
        }
    }
}

/// The events that count, without what [`LEFT_OUT`] names.
pub fn events(events: &[Value], places: &Places) -> Vec<Value> {
    let mut ids = Ids::default();
    events.iter().for_each(|event| ids.learn(event));
    events
        .iter()
        .filter(|event| !is_debug(event))
        .map(|event| ids.apply(&without_clock(event), places))
        .collect()
}

/// A diagnostic that is not for people.
pub fn is_debug(event: &Value) -> bool {
    event.pointer("/diagnosticEvent/severity").and_then(Value::as_str) == Some("debug")
}

fn without_clock(event: &Value) -> Value {
    let mut event = event.clone();
    if let Value::Object(map) = &mut event {
        map.remove("sequence");
        map.remove("timestamp");
        if let Some(Value::Object(summary)) = map.get_mut("summaryEvent") {
            summary.remove("durationSeconds");
        }
        if let Some(Value::Object(failed)) = map.get_mut("resOpFailedEvent") {
            failed.remove("steps");
        }
    }
    event
}

/// The lines of standard output that count, sorted.
pub fn lines(text: &str, places: &Places, sandbox: bool) -> Vec<String> {
    let text = match serde_json::from_str::<Value>(text) {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => format!("{:#}", json(&value, places)),
        _ => match text.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>() {
            // Events on standard output.
            Ok(lines) => events(&lines, places).iter().map(|line| format!("{line}\n")).collect(),
            Err(_) => places.text(text),
        },
    };
    let is_dots = |line: &str| line.starts_with('@') && line.ends_with('.');
    let mut lines: Vec<String> = text
        .lines()
        .filter(|line| !line.trim().is_empty() && !is_dots(line))
        .filter(|line| !(sandbox && line.contains("SANDBOX")))
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines
}

/// A file of the state: parsed when it is JSON, without what belongs to one run.
pub fn file(text: &str, places: &Places) -> Value {
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return Value::from(places.text(text));
    };
    json(&value, places)
}

fn json(value: &Value, places: &Places) -> Value {
    let mut ids = Ids::default();
    ids.learn(value);
    ids.apply(&without_sources(value), places)
}

fn without_sources(value: &Value) -> Value {
    const DROPPED: [&str; 2] = ["sourcePosition", "stackTrace"];
    const HIDDEN: [&str; 8] =
        ["md5", "seed", "startTime", "endTime", "duration", "pid", "username", "hostname"];
    match value {
        Value::Object(map) => {
            let mut kept = Map::new();
            for (key, value) in map.iter().filter(|(key, _)| !DROPPED.contains(&key.as_str())) {
                let value = match key.as_str() {
                    "resources" | "pending_operations" => by_urn(&without_sources(value)),
                    hidden if HIDDEN.contains(&hidden) => Value::from(format!("<{hidden}>")),
                    _ => without_sources(value),
                };
                kept.insert(key.clone(), value);
            }
            Value::Object(kept)
        }
        Value::Array(list) => list.iter().map(without_sources).collect(),
        other => other.clone(),
    }
}

/// Independent resources are in the state as they were done; their order is checked by [`unsound`].
fn by_urn(resources: &Value) -> Value {
    let Some(list) = resources.as_array() else { return resources.clone() };
    let mut list = list.clone();
    let urn = |resource: &Value| {
        let urn = text(resource, "urn").or_else(|| text(resource.get("resource")?, "urn"));
        urn.unwrap_or_default().to_owned()
    };
    list.sort_by_key(urn);
    Value::Array(list)
}

/// What is wrong with the order in a checkpoint: a resource comes after all that it needs.
pub fn unsound(checkpoint: &Value) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    let mut wrong = Vec::new();
    for resource in
        checkpoint.pointer("/checkpoint/latest/resources").and_then(Value::as_array).into_iter().flatten()
    {
        let urn = text(resource, "urn").unwrap_or_default();
        let provider = text(resource, "provider").and_then(|provider| Some(provider.rsplit_once("::")?.0));
        let dependencies = resource.get("dependencies").and_then(Value::as_array).into_iter().flatten();
        let needs = text(resource, "parent")
            .into_iter()
            .chain(provider)
            .chain(dependencies.filter_map(Value::as_str));
        for need in needs.filter(|need| !seen.iter().any(|seen| seen == need)) {
            wrong.push(format!("the checkpoint has {urn} before {need}"));
        }
        seen.push(urn.to_owned());
    }
    wrong
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}
