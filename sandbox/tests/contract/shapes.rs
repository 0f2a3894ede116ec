//! The shape of events, learned from all recordings: for each kind of event the fields that occur, their types,
//! and the fields that are always there. What a program names itself (properties, config, counts) is left open.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::Value;

use crate::compare::kind;
use crate::normalise::is_debug;
use crate::recording;

/// Fields that no recording has, from the CLI's own description of its events.
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/events.go>
const DESCRIBED: &[&str] = &[
    "resourcePreEvent/metadata/detailedDiff: object",
    "resOutputsEvent/metadata/detailedDiff: object",
    "resourcePreEvent/metadata/old/external: boolean",
    "resourcePreEvent/metadata/new/external: boolean",
    "resOutputsEvent/metadata/old/external: boolean",
    "resOutputsEvent/metadata/new/external: boolean",
    "resourcePreEvent/metadata/old/retainOnDelete: boolean",
    "resourcePreEvent/metadata/new/retainOnDelete: boolean",
    "resOutputsEvent/metadata/old/retainOnDelete: boolean",
    "resOutputsEvent/metadata/new/retainOnDelete: boolean",
];

/// Objects whose keys the program chooses.
const OPEN: [&str; 8] =
    ["inputs", "outputs", "config", "resourceChanges", "PolicyPacks", "detailedDiff", "before", "after"];

/// What is known of one kind of event.
#[derive(Default)]
struct Shape {
    allowed: BTreeSet<String>,
    always: Option<BTreeSet<String>>,
}

static SHAPES: LazyLock<BTreeMap<String, Shape>> = LazyLock::new(|| {
    let mut shapes: BTreeMap<String, Shape> = BTreeMap::new();
    for name in recording::all() {
        // The last line of a killed engine's log may be cut off.
        let events = recording::load(&name).events.unwrap_or_default();
        for event in events.iter().filter(|event| event.is_object()) {
            let fields = fields(event);
            let shape = shapes.entry(kind(event).0.to_owned()).or_default();
            let paths = |fields: &BTreeSet<String>| fields.iter().map(|field| path(field)).collect();
            let here: BTreeSet<String> = paths(&fields);
            shape.always = Some(match shape.always.take() {
                Some(always) => always.intersection(&here).cloned().collect(),
                None => here,
            });
            shape.allowed.extend(fields);
        }
    }
    shapes
});

/// What is wrong with the shape of a log, a line each.
pub fn check(events: &[Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    for event in events.iter().filter(|event| !is_debug(event)) {
        let (kind, _) = kind(event);
        let Some(shape) = SHAPES.get(kind) else {
            wrong.push(format!("no recording has an event `{kind}`"));
            continue;
        };
        let fields = fields(event);
        for field in fields.iter().filter(|field| !shape.allowed.contains(*field)) {
            if !DESCRIBED.contains(&field.as_str()) {
                wrong.push(format!("no recording has {field}"));
            }
        }
        let here: BTreeSet<String> = fields.iter().map(|field| path(field)).collect();
        for missing in shape.always.iter().flatten().filter(|always| !here.contains(*always)) {
            wrong.push(format!("every recording has {missing}"));
        }
    }
    wrong.extend(sequence(events));
    wrong.sort();
    wrong.dedup();
    wrong
}

/// The numbers count up, from 0 in each phase.
fn sequence(events: &[Value]) -> Vec<String> {
    let numbers: Vec<u64> = events.iter().filter_map(|event| event.get("sequence")?.as_u64()).collect();
    let starts = numbers.first().is_none_or(|first| *first == 0);
    let counts = numbers.windows(2).all(|pair| pair[0] < pair[1] || pair[1] == 0);
    if starts && counts { Vec::new() } else { vec![format!("sequence: {numbers:?}")] }
}

/// Every field of an event as `path: type`; `[]` stands for the items of a list.
fn fields(event: &Value) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    if let Value::Object(map) = event {
        map.iter().for_each(|(key, value)| walk(key, value, &mut fields));
    }
    fields
}

fn walk(path: &str, value: &Value, fields: &mut BTreeSet<String>) {
    let name = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    };
    fields.insert(format!("{path}: {name}"));
    let open = path.rsplit('/').next().is_some_and(|last| OPEN.contains(&last));
    match value {
        Value::Object(map) if !open => {
            map.iter().for_each(|(key, value)| walk(&format!("{path}/{key}"), value, fields));
        }
        Value::Array(list) => list.iter().for_each(|value| walk(&format!("{path}[]"), value, fields)),
        _ => {}
    }
}

fn path(field: &str) -> String {
    field.rsplit_once(": ").map_or(field, |(path, _)| path).to_owned()
}

#[test]
fn every_recording_has_a_sound_shape() {
    for name in recording::all() {
        let events = recording::load(&name).events.unwrap_or_default();
        let whole: Vec<Value> = events.into_iter().filter(Value::is_object).collect();
        assert_eq!(check(&whole), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn an_unknown_field_another_type_and_a_missing_field_are_seen() {
    let sound = recording::load("yaml-up-create").events.expect("events");
    let mut events = sound.clone();
    events[0]["preludeEvent"]["configuration"] = Value::from("x");
    assert_eq!(check(&events), ["no recording has preludeEvent/configuration: string"]);
    let mut events = sound.clone();
    events[1]["resourcePreEvent"]["metadata"]["op"] = Value::from(1);
    assert_eq!(check(&events), ["no recording has resourcePreEvent/metadata/op: number"]);
    let mut events = sound.clone();
    events[1]["resourcePreEvent"]["metadata"].as_object_mut().expect("an object").remove("new");
    assert_eq!(check(&events), ["every recording has resourcePreEvent/metadata/new"]);
    let mut events = sound;
    events[2]["sequence"] = Value::from(1);
    assert_eq!(check(&events).len(), 1);
}
