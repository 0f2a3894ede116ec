//! `preview --json`: one object with the steps, the messages and the counts.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/backend/display/json.go>

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Map, Value as Json, json};

use crate::engine::event::{Event, Severity};
use crate::engine::step::Step;
use crate::state::ResourceState;
use crate::state::json::{Lock, write_properties};
use crate::value::Properties;

/// A preview as it adds up.
pub struct Digest {
    config: BTreeMap<String, String>,
    steps: Vec<Json>,
    diagnostics: Vec<Json>,
    started: Instant,
}

impl Default for Digest {
    fn default() -> Self {
        Self { config: BTreeMap::new(), steps: vec![], diagnostics: vec![], started: Instant::now() }
    }
}

impl Digest {
    /// Takes one event; the last one completes the object.
    pub fn event(&mut self, event: &Event, out: &mut String) {
        match event {
            Event::Prelude(config) => self.config.clone_from(config),
            Event::Pre(step) if !step.is_internal() => self.steps.push(self::step(step)),
            Event::Diagnostic { urn, severity, message } if *severity != Severity::Debug => {
                let mut found = Map::new();
                if let Some(urn) = urn {
                    found.insert("urn".into(), json!(urn));
                }
                if !severity.prefix().is_empty() {
                    found.insert("prefix".into(), json!(severity.prefix()));
                }
                found.insert("message".into(), json!(message));
                found.insert("severity".into(), json!(severity.name()));
                self.diagnostics.push(Json::Object(found));
            }
            Event::Summary { changes, maybe_corrupt, .. } => {
                let changes: BTreeMap<&str, usize> =
                    changes.iter().map(|(op, count)| (op.name(), *count)).collect();
                let mut digest = Map::new();
                digest.insert("config".into(), json!(self.config));
                digest.insert("steps".into(), json!(self.steps));
                if !self.diagnostics.is_empty() {
                    digest.insert("diagnostics".into(), json!(self.diagnostics));
                }
                let nanoseconds = u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX);
                digest.insert("duration".into(), json!(nanoseconds));
                digest.insert("changeSummary".into(), json!(changes));
                if *maybe_corrupt {
                    digest.insert("maybeCorrupt".into(), json!(true));
                }
                if let Ok(text) = serde_json::to_string_pretty(&Json::Object(digest)) {
                    out.push_str(&text.replace("\n  ", "\n    "));
                    out.push('\n');
                }
            }
            _ => {}
        }
    }
}

fn step(step: &Step) -> Json {
    let mut found = Map::new();
    found.insert("op".into(), json!(step.op.name()));
    found.insert("urn".into(), json!(&*step.urn));
    if !step.provider().is_empty() {
        found.insert("provider".into(), json!(step.provider()));
    }
    for (name, side) in [("oldState", &step.old), ("newState", &step.new)] {
        if let Some(side) = side {
            found.insert(name.into(), state(side));
        }
    }
    for (name, keys) in [("diffReasons", &step.diffs), ("replaceReasons", &step.keys)] {
        if !keys.is_empty() {
            found.insert(name.into(), json!(keys));
        }
    }
    let detailed = step.detailed.as_ref().map(|detailed| {
        let entries = detailed.iter();
        entries
            .map(|(path, diff)| (path.clone(), json!({"kind": diff.kind, "inputDiff": diff.input})))
            .collect::<Map<String, Json>>()
    });
    found.insert("detailedDiff".into(), json!(detailed));
    Json::Object(found)
}

fn state(state: &ResourceState) -> Json {
    let mut found = Map::new();
    found.insert("urn".into(), json!(state.urn));
    found.insert("custom".into(), json!(state.custom));
    if let Some(id) = &state.id {
        found.insert("id".into(), json!(id));
    }
    found.insert("type".into(), json!(state.type_));
    for (name, values) in [("inputs", &state.inputs), ("outputs", &state.outputs)] {
        if !values.is_empty() {
            found.insert(name.into(), properties(values));
        }
    }
    if let Some(parent) = &state.parent {
        found.insert("parent".into(), json!(parent));
    }
    if state.protect {
        found.insert("protect".into(), json!(true));
    }
    if let Some(provider) = &state.provider {
        found.insert("provider".into(), json!(provider));
    }
    Json::Object(found)
}

fn properties(values: &Properties) -> Json {
    let mut text = vec![];
    let _ = write_properties(&mut text, values, &Lock::Hide);
    serde_json::from_slice(&text).unwrap_or_default()
}
