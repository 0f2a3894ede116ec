//! The stack's outputs: those of the resource that stands for the stack.
//!
//! Its "begun" event has the outputs of the last deployment, its "done" event the new ones. When the run
//! fails or is cancelled there may be no "done" event, and in a preview the new ones are only planned: the
//! last deployed ones are then the stack's outputs.

use serde_json::{Map, Value};

use super::event::StepEvent;
use super::model::{Change, OutputChange, OutputsFrom};
use super::value;

/// What is known of the stack's outputs.
#[derive(Debug, Clone, Default)]
pub(super) struct Outputs {
    old: Option<Map<String, Value>>,
    new: Option<Map<String, Value>>,
    gone: bool,
    planning: bool,
}

/// The outputs as the report has them.
#[derive(Debug, Default)]
pub(super) struct Finished {
    pub values: Map<String, Value>,
    pub from: Option<OutputsFrom>,
    pub secret: Vec<String>,
    pub unknown: Vec<String>,
    pub changes: Vec<OutputChange>,
}

impl Outputs {
    pub fn begun(&mut self, event: &StepEvent) {
        self.planning |= event.planning;
        if let Some(old) = &event.metadata.old {
            self.old = Some(old.outputs.clone().unwrap_or_default());
        }
    }

    /// A preview tells twice: when the step is planned, and again with the outputs.
    pub fn done(&mut self, event: &StepEvent) {
        self.planning |= event.planning;
        self.gone = event.metadata.op == "delete";
        if let Some(old) = &event.metadata.old {
            self.old = Some(old.outputs.clone().unwrap_or_default());
        }
        self.new = event.metadata.new.as_ref().map(|state| state.outputs.clone().unwrap_or_default());
    }

    /// `complete` says that the program ran to its end: only then a missing output is one that goes.
    pub fn finish(self, complete: bool) -> Finished {
        let mut finished = Finished::default();
        let reached = self.new.is_some() || self.gone;
        let old = self.old;
        let new = if self.gone { Some(Map::new()) } else { self.new };
        let deployed = reached && !self.planning;
        if reached {
            finished.changes = changes(old.as_ref(), new.as_ref(), complete);
        }
        let (values, from) = if deployed {
            (new.unwrap_or_default(), OutputsFrom::Current)
        } else {
            match old {
                Some(old) => (old, OutputsFrom::Previous),
                None => (Map::new(), OutputsFrom::None),
            }
        };
        for (name, value) in values {
            let (value, met) = value::shown(value);
            if met.secret {
                finished.secret.push(name.clone());
            }
            if met.unknown {
                finished.unknown.push(name.clone());
            }
            finished.values.insert(name, value);
        }
        finished.from = Some(from);
        finished
    }
}

fn changes(
    old: Option<&Map<String, Value>>,
    new: Option<&Map<String, Value>>,
    complete: bool,
) -> Vec<OutputChange> {
    let empty = Map::new();
    let (old, new) = (old.unwrap_or(&empty), new.unwrap_or(&empty));
    let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
    let changed = names.filter(|name| old.get(*name) != new.get(*name));
    let changed = changed.filter_map(|name| {
        let change = match (old.get(name), new.get(name)) {
            (_, None) if !complete => return None,
            (_, None) => Change::Delete,
            (None, _) => Change::Add,
            _ => Change::Update,
        };
        let shown = |value: Option<&Value>| value.map(|value| value::shown(value.clone()).0);
        Some(OutputChange {
            name: name.clone(),
            change,
            old: shown(old.get(name)),
            new: shown(new.get(name)),
            text_diff: None,
        })
    });
    changed.collect()
}
