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

/// The beginning or the end of the work on a resource.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StepEvent {
    /// The step.
    pub metadata: StepMetadata,
    /// Whether it is only planned.
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

/// A step of the engine.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StepMetadata {
    /// The operation in the engine's words.
    pub op: String,
    /// The resource's URN.
    pub urn: String,
    /// The resource's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The resource before the step.
    pub old: Option<EventState>,
    /// The resource afterwards.
    pub new: Option<EventState>,
    /// The properties that force a replacement.
    pub keys: Option<Vec<String>>,
    /// The properties that change, where the provider names no more than that.
    pub diffs: Option<Vec<String>>,
    /// The properties that change, by path.
    pub detailed_diff: Option<BTreeMap<String, PropertyDiffEvent>>,
    /// Whether the engine counts the step.
    pub logical: bool,
    /// The provider: its URN, and its ID behind two colons.
    pub provider: String,
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

/// A resource before or after a step. Secrets in it have no values.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventState {
    /// Whether a provider manages it; only the engine works on a component.
    pub custom: bool,
    /// The ID at its provider.
    pub id: String,
    /// The URN of its parent.
    pub parent: String,
    /// Whether it is protected from deletion.
    pub protect: bool,
    /// Whether it stays at its provider when it is deleted here.
    pub retain_on_delete: bool,
    /// The inputs, as the provider has checked them.
    pub inputs: Option<Map<String, Value>>,
    /// The outputs.
    pub outputs: Option<Map<String, Value>>,
    /// The paths of properties whose values are not shown.
    pub hide_diffs: Option<Vec<Vec<Value>>>,
}

/// The change of one property, in the provider's view.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PropertyDiffEvent {
    /// `add`, `update` or `delete`, with `-replace` behind it where it forces a replacement.
    pub diff_kind: String,
    /// Whether inputs are compared; else the real resource.
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
