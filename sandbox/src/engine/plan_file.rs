//! The file of an update plan, in the CLI's form.
//!
//! <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/plan.go>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::goal::Goal;
use super::planned::{GoalPlan, InputDiff, Plan, ResourcePlan};
use crate::failure::Failure;
use crate::state::json;
use crate::value::Properties;

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
