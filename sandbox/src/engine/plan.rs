//! Update plans: what a preview saw, which the update is held to.
//!
//! <https://www.pulumi.com/docs/iac/concepts/update-plans/>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::deployment::{Bail, Deployment};
use super::diff;
use super::goal::Goal;
use super::step::{Op, Step};
use crate::failure::Failure;
use crate::program::number_text;
use crate::state::{ResourceState, json};
use crate::value::{Properties, Value};

/// What may happen to each resource.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// By URN.
    pub resources: BTreeMap<String, ResourcePlan>,
}

/// What may happen to one resource.
#[derive(Debug, Clone, Default)]
pub struct ResourcePlan {
    goal: Option<GoalPlan>,
    steps: Vec<String>,
    state: Properties,
}

/// What the program asked for.
#[derive(Debug, Clone, Default)]
struct GoalPlan {
    of: Goal,
    inputs: InputDiff,
}

/// How the inputs change.
#[derive(Debug, Clone, Default)]
struct InputDiff {
    adds: Properties,
    updates: Properties,
    deletes: Vec<String>,
}

impl InputDiff {
    fn between(old: &Properties, new: &Properties) -> Self {
        let mut found = Self::default();
        for key in diff::changed_keys(old, new) {
            match (old.get(&key), new.get(&key)) {
                (None, Some(value)) => drop(found.adds.insert(key, value.clone())),
                (Some(_), Some(value)) => drop(found.updates.insert(key, value.clone())),
                _ => found.deletes.push(key),
            }
        }
        found
    }

    /// What is left to do: changes that have happened already are none.
    fn left(&self, before: &Properties) -> Self {
        let left = |(key, value): &(&String, &Value)| before.get(*key).is_none_or(|old| !old.same_as(value));
        let undone = |values: &Properties| {
            values.iter().filter(left).map(|(key, value)| (key.clone(), value.clone())).collect()
        };
        Self {
            adds: undone(&self.adds),
            updates: undone(&self.updates),
            deletes: self.deletes.iter().filter(|key| before.contains_key(*key)).cloned().collect(),
        }
    }

    /// What stands before a property in messages, and its value.
    fn of(&self, key: &str) -> (char, Option<&Value>) {
        if let Some(value) = self.adds.get(key) {
            ('+', Some(value))
        } else if let Some(value) = self.updates.get(key) {
            ('~', Some(value))
        } else if self.deletes.iter().any(|deleted| deleted == key) {
            ('-', None)
        } else {
            ('=', None)
        }
    }

    /// Where the actual changes are others than the planned ones.
    fn violations(&self, actual: &Self) -> Vec<String> {
        let keys = |diff: &Self| {
            let values = diff.adds.keys().chain(diff.updates.keys());
            values.chain(&diff.deletes).cloned().collect::<std::collections::BTreeSet<String>>()
        };
        let mut found = vec![];
        for key in keys(self).union(&keys(actual)) {
            let ((expected, wanted), (done, value)) = (self.of(key), actual.of(key));
            let fits = match (wanted, value) {
                (Some(Value::Unknown), _) => true,
                (Some(wanted), Some(value)) => {
                    expected == done && (wanted.contains_unknown() || wanted.same_as(value))
                }
                _ => expected == done,
            };
            if !fits {
                let values = match (wanted, value) {
                    (Some(wanted), Some(value)) => format!("[{}!={}]", shown(wanted), shown(value)),
                    (Some(value), None) | (None, Some(value)) => format!("[{}]", shown(value)),
                    (None, None) => String::new(),
                };
                found.push(format!("{expected}{done}{key}{values}"));
            }
        }
        found
    }
}

/// A value as the messages about plans write it, secrets hidden.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "{<nil>}".to_owned(),
        Value::Bool(value) => format!("{{{value}}}"),
        Value::Number(number) => format!("{{{}}}", number_text(*number)),
        Value::Text(text) => format!("{{{text}}}"),
        Value::List(items) => format!("{{[{}]}}", items.iter().map(shown).collect::<Vec<_>>().join(" ")),
        Value::Map(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(name, value)| format!("{name}:{}", shown(value))).collect();
            format!("{{map[{}]}}", entries.join(" "))
        }
        Value::Secret(_) => "[secret]".to_owned(),
        Value::Unknown => "{{}}".to_owned(),
    }
}

/// Whether an operation is no more than what was planned.
/// <https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/step.go>
fn is_allowed(op: Op, planned: &str) -> bool {
    op.name() == planned
        || match planned {
            "create" | "update" => op == Op::Same,
            "replace" | "create-replacement" | "delete-replaced" => matches!(op, Op::Same | Op::Update),
            _ => false,
        }
}

impl Deployment<'_> {
    /// Notes what the program asks for in a new plan, or holds it to the one that was given.
    pub(super) fn check_plan(
        &mut self,
        goal: &Goal,
        old: Option<&ResourceState>,
        new: &ResourceState,
    ) -> Result<(), Bail> {
        let none = Properties::new();
        let before = old.map_or(&none, |old| &old.inputs);
        let inputs = InputDiff::between(before, &new.inputs);
        let Some(plan) = &mut self.plan else { return Ok(()) };
        if self.run.preview {
            let goal = Goal { provider: new.provider.clone(), ..goal.clone() };
            let planned =
                ResourcePlan { goal: Some(GoalPlan { of: goal, inputs }), ..ResourcePlan::default() };
            plan.resources.insert(new.urn.clone(), planned);
            return Ok(());
        }
        let planned = plan.resources.get(&new.urn).and_then(|planned| planned.goal.as_ref());
        let violations = match planned {
            Some(planned) => planned.inputs.left(before).violations(&inputs),
            // What was not in the plan may not change.
            None if old.is_some() => InputDiff::default().violations(&inputs),
            None => vec![],
        };
        if violations.is_empty() {
            return Ok(());
        }
        let message =
            format!("resource {} violates plan: properties changed: {}", new.urn, violations.join(", "));
        Err(self.bail(Some(&new.urn), &message))
    }

    /// Notes steps in a new plan, or takes them off the one that was given.
    pub(super) fn note_in_plan(&mut self, steps: &[Step], about_resource: bool) -> Result<(), Bail> {
        let preview = self.run.preview;
        let Some(plan) = &mut self.plan else { return Ok(()) };
        let mut refused = None;
        for step in steps {
            if preview {
                plan.resources.entry(step.urn.to_string()).or_default().steps.push(step.op.name().to_owned());
                continue;
            }
            let op = step.op.name();
            let problem = match plan.resources.get_mut(&*step.urn) {
                None if step.op == Op::Same => continue,
                None => "no steps were expected for this resource".to_owned(),
                Some(planned) if planned.steps.is_empty() => {
                    "no more steps were expected for this resource".to_owned()
                }
                Some(planned) => {
                    let constraint = planned.steps.remove(0);
                    if is_allowed(step.op, &constraint) {
                        continue;
                    }
                    format!("this resource is constrained to {constraint}")
                }
            };
            refused = Some((step.urn.to_string(), format!("{op} is not allowed by the plan: {problem}")));
            break;
        }
        match refused {
            Some((urn, message)) => Err(self.bail(about_resource.then_some(urn.as_str()), &message)),
            None => Ok(()),
        }
    }

    /// Refuses an update that left planned steps out.
    pub(super) fn check_plan_is_done(&mut self) -> Result<(), Bail> {
        let Some(plan) = self.plan.as_ref().filter(|_| !self.run.preview) else { return Ok(()) };
        let unneeded = |urn: &String, planned: &ResourcePlan| {
            planned.steps == ["delete"] && !self.base.iter().any(|state| state.urn == *urn)
        };
        let undone: Vec<String> = plan
            .resources
            .iter()
            .filter(|(urn, planned)| !planned.steps.is_empty() && !unneeded(urn, planned))
            .map(|(urn, _)| urn.clone())
            .collect();
        for urn in &undone {
            self.bail(Some(urn), &format!("expected resource operations for {urn} but none were seen"));
        }
        if undone.is_empty() { Ok(()) } else { Err(Bail) }
    }

    /// Notes the outputs of the resources in a new plan.
    pub(super) fn finish_plan(&mut self) {
        if let Some(plan) = self.plan.as_mut().filter(|_| self.run.preview) {
            for new in &self.news {
                if let Some(planned) = plan.resources.get_mut(&new.urn) {
                    planned.state.clone_from(&new.outputs);
                }
            }
        }
    }
}

/// A plan's file, as far as the sandbox reads it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(default)]
    manifest: Json,
    #[serde(default)]
    config: BTreeMap<String, Json>,
    #[serde(default)]
    resource_plans: BTreeMap<String, Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    goal: Option<EntryGoal>,
    #[serde(default)]
    steps: Vec<String>,
    #[serde(default)]
    state: serde_json::Map<String, Json>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct EntryGoal {
    #[serde(rename = "type")]
    type_: String,
    name: String,
    custom: bool,
    input_diff: EntryDiff,
    output_diff: EntryDiff,
    #[serde(skip_serializing_if = "String::is_empty")]
    parent: String,
    protect: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dependencies: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    provider: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    property_dependencies: BTreeMap<String, Vec<String>>,
    custom_timeouts: serde_json::Map<String, Json>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct EntryDiff {
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    adds: serde_json::Map<String, Json>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    deletes: Vec<String>,
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    updates: serde_json::Map<String, Json>,
}

impl Plan {
    /// The plan as its file holds it, secrets as `lock` says.
    pub fn to_json(&self, config: BTreeMap<String, Json>, lock: &json::Lock) -> Result<Vec<u8>, Failure> {
        let write = |properties: &Properties| -> Result<serde_json::Map<String, Json>, Failure> {
            let mut text = vec![];
            json::write_properties(&mut text, properties, lock)
                .map_err(|_| Failure::new("could not encrypt the plan"))?;
            serde_json::from_slice(&text).map_err(|error| Failure::new(error.to_string()))
        };
        let mut resource_plans = BTreeMap::new();
        for (urn, planned) in &self.resources {
            let goal = match &planned.goal {
                None => None,
                Some(goal) => Some(EntryGoal {
                    type_: goal.of.type_.clone(),
                    name: super::step::name_of(urn).to_owned(),
                    custom: goal.of.custom,
                    input_diff: EntryDiff {
                        adds: write(&goal.inputs.adds)?,
                        deletes: goal.inputs.deletes.clone(),
                        updates: write(&goal.inputs.updates)?,
                    },
                    parent: goal.of.parent.clone().unwrap_or_default(),
                    protect: goal.of.protect.unwrap_or(false),
                    dependencies: goal.of.dependencies.clone(),
                    provider: goal.of.provider.clone().unwrap_or_default(),
                    property_dependencies: goal.of.property_dependencies.clone(),
                    ..EntryGoal::default()
                }),
            };
            let entry = Entry { goal, steps: planned.steps.clone(), state: write(&planned.state)? };
            resource_plans.insert(urn.clone(), entry);
        }
        let version = crate::version::NUMBER;
        let manifest = serde_json::json!({"time": super::now(), "magic": "", "version": version});
        serde_json::to_vec_pretty(&File { manifest, config, resource_plans })
            .map_err(|error| Failure::new(error.to_string()))
    }

    /// Reads a plan's file.
    pub fn from_json(bytes: &[u8], key: &dyn json::Unlock) -> Result<Self, Failure> {
        let file: File = serde_json::from_slice(bytes).map_err(|error| Failure::new(error.to_string()))?;
        let mut plan = Self::default();
        for (urn, entry) in file.resource_plans {
            let goal = match entry.goal {
                None => None,
                Some(goal) => Some(GoalPlan {
                    of: Goal { urn: urn.clone(), type_: goal.type_, custom: goal.custom, ..Goal::default() },
                    inputs: InputDiff {
                        adds: json::read_properties(goal.input_diff.adds, key)?,
                        updates: json::read_properties(goal.input_diff.updates, key)?,
                        deletes: goal.input_diff.deletes,
                    },
                }),
            };
            let state = json::read_properties(entry.state, key)?;
            plan.resources.insert(urn, ResourcePlan { goal, steps: entry.steps, state });
        }
        Ok(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(entries: &[(&str, &str)]) -> Properties {
        entries.iter().map(|(name, text)| ((*name).to_owned(), Value::Text((*text).to_owned()))).collect()
    }

    #[test]
    fn a_change_that_was_not_planned_is_a_violation() {
        let planned = InputDiff::default();
        let actual = InputDiff::between(&inputs(&[("region", "eu")]), &inputs(&[("region", "ap")]));
        assert_eq!(planned.violations(&actual), ["=~region[{ap}]"]);
    }

    #[test]
    fn another_value_than_the_planned_one_is_a_violation() {
        let planned = InputDiff::between(&inputs(&[("a", "1")]), &inputs(&[("a", "2")]));
        let actual = InputDiff::between(&inputs(&[("a", "1")]), &inputs(&[("a", "3")]));
        assert_eq!(planned.violations(&actual), ["~~a[{2}!={3}]"]);
        assert!(planned.violations(&planned.clone()).is_empty());
    }

    #[test]
    fn what_the_plan_could_not_know_may_be_anything() {
        let unknown: Properties = [("a".to_owned(), Value::Unknown)].into();
        let planned = InputDiff::between(&Properties::new(), &unknown);
        let actual = InputDiff::between(&Properties::new(), &inputs(&[("a", "3")]));
        assert!(planned.violations(&actual).is_empty());
    }

    #[test]
    fn less_than_planned_is_allowed_and_more_is_not() {
        assert!(is_allowed(Op::Same, "update") && is_allowed(Op::Update, "create-replacement"));
        assert!(!is_allowed(Op::Update, "same") && !is_allowed(Op::Delete, "update"));
    }
}
