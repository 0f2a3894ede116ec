//! The engine's events as they are in the log: one JSON object a line, with exactly one kind set.
//!
//! Only the fields that a report needs are read; unknown kinds and fields are ignored.
//! Every field: <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/events.go>

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::urn::Urn;

#[expect(clippy::struct_field_names, reason = "the engine's own names")]
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Event {
    pub timestamp: i64,
    pub prelude_event: Option<IgnoredAny>,
    pub cancel_event: Option<IgnoredAny>,
    pub diagnostic_event: Option<DiagnosticEvent>,
    pub resource_pre_event: Option<StepEvent>,
    pub res_outputs_event: Option<StepEvent>,
    pub res_op_failed_event: Option<FailedEvent>,
    pub policy_event: Option<PolicyEvent>,
    pub policy_remediation_event: Option<PolicyRemediationEvent>,
    pub policy_analyze_summary_event: Option<PolicyTally>,
    pub policy_analyze_stack_summary_event: Option<PolicyTally>,
    pub policy_remediate_summary_event: Option<PolicyTally>,
    pub start_debugging_event: Option<IgnoredAny>,
    pub summary_event: Option<SummaryEvent>,
    pub error_event: Option<ErrorEvent>,
}

impl Event {
    /// Whether each step has an operation and a resource.
    pub fn is_sound(&self) -> bool {
        let steps = [&self.resource_pre_event, &self.res_outputs_event].into_iter().flatten();
        let failed = self.res_op_failed_event.iter().map(|event| &event.metadata);
        let mut metadata = steps.map(|event| &event.metadata).chain(failed);
        metadata.all(|metadata| !metadata.op.is_empty() && !metadata.urn.is_empty())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DiagnosticEvent {
    pub urn: String,
    pub message: String,
    pub severity: String,
    pub ephemeral: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StepEvent {
    pub metadata: StepMetadata,
    pub planning: bool,
}

impl StepEvent {
    /// Whether it is about the resource that stands for the stack itself.
    pub fn is_stack(&self) -> bool {
        Urn::parse(&self.metadata.urn).is_some_and(|urn| urn.is_stack())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FailedEvent {
    pub metadata: StepMetadata,
    /// The state of the resource after the failure, see [`super::tally::Left`].
    pub status: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct StepMetadata {
    pub op: String,
    pub urn: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub old: Option<EventState>,
    pub new: Option<EventState>,
    pub keys: Option<Vec<String>>,
    pub diffs: Option<Vec<String>>,
    pub detailed_diff: Option<BTreeMap<String, PropertyDiffEvent>>,
    pub logical: bool,
}

impl StepMetadata {
    /// The ID of the resource before the step.
    pub fn old_id(&self) -> Option<&str> {
        self.old.as_ref().map(|state| state.id.as_str()).filter(|id| !id.is_empty())
    }

    /// Whether it is a component or the stack itself, which only the engine works on.
    pub fn is_component(&self) -> bool {
        self.new.as_ref().or(self.old.as_ref()).is_some_and(|state| !state.custom)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct EventState {
    pub custom: bool,
    pub id: String,
    pub parent: String,
    pub protect: bool,
    pub retain_on_delete: bool,
    pub inputs: Option<Map<String, Value>>,
    pub outputs: Option<Map<String, Value>>,
    pub hide_diffs: Option<Vec<Vec<Value>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct PropertyDiffEvent {
    pub diff_kind: String,
    pub input_diff: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct PolicyEvent {
    pub resource_urn: String,
    pub message: String,
    pub policy_name: String,
    pub policy_pack_name: String,
    pub policy_pack_version: String,
    pub enforcement_level: String,
    pub severity: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct PolicyRemediationEvent {
    pub resource_urn: String,
    pub policy_name: String,
    pub policy_pack_name: String,
    pub policy_pack_version: String,
    pub before: Option<Map<String, Value>>,
    pub after: Option<Map<String, Value>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct PolicyTally {
    pub policy_pack_name: String,
    pub policy_pack_version: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct SummaryEvent {
    pub maybe_corrupt: bool,
    pub is_preview: bool,
    pub resource_changes: Option<BTreeMap<String, u64>>,
    pub result: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ErrorEvent {
    pub error: String,
}
