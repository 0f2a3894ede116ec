//! Recordings of Node.js programs, reduced to what does not depend on the language: a YAML program with resources
//! of the same names and types has to bring about the same.

use serde_json::Value;

use crate::compare::{self, Difference, kind, subject};
use crate::engine::Run;
use crate::recording;

/// What is left out beside [`crate::normalise::LEFT_OUT`]: the default provider of Node.js (its inputs are the
/// config), the source of a dynamic provider (`__provider`), `diffs`, which it doesn't tell, and ids, of which it
/// makes the same ones again.
///
/// With `only`, nothing but these resources is compared, and of the engine's own events the kinds: what else
/// happens before an update stops is a matter of chance.
pub fn differences(ours: &Run, name: &str, only: &[String]) -> Vec<Difference> {
    compare::runs(&reduce(ours, only), &reduce(&recording::load(name), only))
}

fn reduce(run: &Run, only: &[String]) -> Run {
    let mut run = run.clone();
    let diff = regex_lite::Regex::new(r" \[diff: [^\]]*\]").expect("a sound pattern");
    run.stdout = match only {
        [] => {
            diff.replace_all(&run.stdout, "").lines().map(|line| format!("{}\n", line.trim_end())).collect()
        }
        _ => String::new(),
    };
    if let Some(events) = &mut run.events {
        events.retain(|event| !subject(event).contains("::pulumi:providers:"));
        if !only.is_empty() {
            events.retain(|event| is_engine(event) || only.iter().any(|urn| urn == subject(event)));
            events.iter_mut().filter(|event| is_engine(event)).for_each(kind_only);
        }
        events.iter_mut().for_each(plain);
    }
    run
}

fn is_engine(event: &Value) -> bool {
    ["the engine", "the program"].contains(&subject(event))
}

fn kind_only(event: &mut Value) {
    let name = kind(event).0.to_owned();
    // A diagnostic of severity `debug` is left out later.
    let severity = event.pointer("/diagnosticEvent/severity").cloned().unwrap_or_default();
    *event = serde_json::json!({ name: { "severity": severity } });
}

fn plain(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| !["__provider", "diffs", "id", "provider"].contains(&key.as_str()));
            map.values_mut().for_each(plain);
        }
        Value::Array(list) => list.iter_mut().for_each(plain),
        _ => {}
    }
}

#[test]
fn a_recording_is_its_own_twin_and_no_others() {
    let run = recording::load("up-protect");
    assert!(differences(&run, "up-protect", &[]).is_empty());
    assert!(!differences(&run, "up-create", &[]).is_empty());
    let only = ["urn:pulumi:rec::dyn::pulumi-nodejs:dynamic:Resource::w5".to_owned()];
    let run = recording::load("up-partial-failure");
    assert!(differences(&run, "up-partial-failure", &only).is_empty());
    assert!(!differences(&run, "up-create", &only).is_empty());
}
