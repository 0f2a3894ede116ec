//! The stack's outputs, which are those of the resource that stands for the stack.
//!
//! Its "begun" event has the outputs of the last deployment, its "done" event the new ones. If the run fails or is
//! cancelled there may be no "done" event, and in a preview the new ones are only planned: then the stack's outputs are
//! the last deployed ones.

use serde_json::{Map, Value};

use super::change::Change;
use super::event::StepEvent;
use super::model::{OutputChange, OutputsFrom, Report};
use super::natural::natural_key;
use super::value;
use crate::base::json::leaves;
use crate::report::{SECRET, UNKNOWN};

/// The stack's outputs before and after the run, while the events are read.
#[derive(Debug, Clone, Default)]
pub(super) struct Outputs {
    old: Option<Map<String, Value>>,
    new: Option<Map<String, Value>>,
    gone: bool,
    planning: bool,
    /// Whether an event of the stack was read: if it has no earlier outputs, there are none.
    met: bool,
}

/// The outputs in the form of the report.
#[derive(Debug, Default)]
pub(super) struct FinishedOutputs {
    /// The values; none if they are not known.
    pub values: Option<Map<String, Value>>,
    pub from: OutputsFrom,
    pub secret: Vec<String>,
    pub unknown: Vec<String>,
    /// The outputs whose value is not in the log.
    pub withheld: Vec<String>,
    pub changes: Vec<OutputChange>,
}

impl Outputs {
    pub fn begun(&mut self, event: &StepEvent) {
        self.met = true;
        self.planning |= event.planning;
        if let Some(old) = &event.metadata.old {
            self.old = Some(old.outputs.clone().unwrap_or_default());
        }
    }

    /// Reads a "done" event. A preview has two: when the step is planned, and again with the outputs.
    pub fn done(&mut self, event: &StepEvent) {
        self.met = true;
        self.planning |= event.planning;
        self.gone = event.metadata.op == "delete";
        if let Some(old) = &event.metadata.old {
            self.old = Some(old.outputs.clone().unwrap_or_default());
        }
        self.new = event.metadata.new.as_ref().map(|state| state.outputs.clone().unwrap_or_default());
    }

    /// The outputs for the report. `complete` says that the program ran to its end: only then a missing output is a
    /// removed one.
    pub fn finish(self, complete: bool) -> FinishedOutputs {
        let reached = self.new.is_some() || self.gone;
        let old = self.old;
        let new = if self.gone { Some(Map::new()) } else { self.new };
        let changes = if reached { changes(old.as_ref(), new.as_ref(), complete) } else { Vec::new() };
        let deployed = reached && !self.planning;
        let (values, from) = match (deployed, new, old) {
            (true, new, _) => (Some(new.unwrap_or_default()), OutputsFrom::Current),
            (false, _, Some(old)) => (Some(old), OutputsFrom::Previous),
            (false, _, None) if self.met => (Some(Map::new()), OutputsFrom::Previous),
            (false, _, None) => (None, OutputsFrom::None),
        };
        let mut finished = FinishedOutputs { from, changes, ..FinishedOutputs::default() };
        finished.values =
            values.map(|values| values.into_iter().filter_map(|output| finished.take(output)).collect());
        finished
    }
}

impl FinishedOutputs {
    /// A note on the outputs whose value is not in the log.
    pub fn left_out(&self) -> Option<String> {
        let names: Vec<_> = self.withheld.iter().map(|name| format!("`{}`", name.escape_debug())).collect();
        (!names.is_empty()).then(|| {
            format!("left out, as the event log has no contents of assets: the outputs {}", names.join(", "))
        })
    }

    /// The output for later steps. None if its value is not in the log; its name is recorded.
    fn take(&mut self, (name, value): (String, Value)) -> Option<(String, Value)> {
        let (value, met) = value::output(value);
        if met.asset {
            self.withheld.push(name);
            return None;
        }
        if met.secret {
            self.secret.push(name.clone());
        }
        if met.unknown {
            self.unknown.push(name.clone());
        }
        Some((name, value))
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
    let mut changed: Vec<OutputChange> = changed.collect();
    changed.sort_by_cached_key(|change| natural_key(&change.name));
    changed
}

/// Sets the report's outputs to those that the engine printed.
pub fn take_outputs(report: &mut Report, outputs: Map<String, Value>, from: OutputsFrom) {
    let secret = outputs.iter().filter(|(_, value)| holds_secret(value));
    report.secret_outputs = secret.map(|(name, _)| name.clone()).collect();
    report.outputs = Some(outputs);
    report.outputs_from = from;
}

impl OutputChange {
    /// Whether nothing else is known of the change than that the new value is not known before the deployment: the
    /// value may turn out to be the one of before.
    pub fn is_unknown(&self) -> bool {
        match (self.change, &self.old, &self.new) {
            (Change::Delete, _, _) | (_, _, None) => false,
            (Change::Add, _, Some(new)) => leaves(new).any(|leaf| leaf == UNKNOWN),
            (Change::Update, old, Some(new)) => {
                old.as_ref().is_none_or(|old| may_be_equal(old, new))
                    && leaves(new).any(|leaf| leaf == UNKNOWN)
            }
        }
    }
}

/// Whether `new` differs from `old` only where it is not known yet.
fn may_be_equal(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (_, Value::String(new)) if new == UNKNOWN => true,
        (Value::Array(old), Value::Array(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| may_be_equal(old, new))
        }
        (Value::Object(old), Value::Object(new)) => {
            let known =
                |(name, new): (&String, &Value)| old.get(name).is_some_and(|old| may_be_equal(old, new));
            old.len() == new.len() && new.iter().all(known)
        }
        _ => old == new,
    }
}

fn holds_secret(value: &Value) -> bool {
    leaves(value).any(|leaf| leaf == SECRET)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn change(old: Value, new: Value) -> OutputChange {
        let (old, new) = (Some(old), Some(new));
        OutputChange { name: "url".to_owned(), change: Change::Update, old, new, text_diff: None }
    }

    #[test]
    fn an_output_that_differs_only_where_it_is_not_known_yet_is_unknown() {
        assert!(change(json!("https://a"), json!(UNKNOWN)).is_unknown());
        assert!(change(json!({"a": [1, "x"], "b": 2}), json!({"a": [1, UNKNOWN], "b": 2})).is_unknown());
    }

    #[test]
    fn an_output_with_a_part_that_is_known_to_differ_changes() {
        assert!(!change(json!({"a": "x", "b": 2}), json!({"a": UNKNOWN, "b": 3})).is_unknown());
        assert!(!change(json!(["x"]), json!([UNKNOWN, UNKNOWN])).is_unknown());
        assert!(!change(json!("a"), json!("b")).is_unknown());
    }

    #[test]
    fn the_changes_are_in_natural_order() {
        let outputs =
            |value: i32| json!({"u10": value, "u9": value, "a": value}).as_object().unwrap().clone();
        let names: Vec<_> = changes(Some(&outputs(1)), Some(&outputs(2)), true)
            .into_iter()
            .map(|change| change.name)
            .collect();
        assert_eq!(names, ["a", "u9", "u10"]);
    }
}
