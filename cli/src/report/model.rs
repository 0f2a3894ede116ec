//! The report: everything that a run reports, as one value. Written as JSON it is the result file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::change::Change;
use super::checks::CheckResult;
use super::drift::DriftOutcome;
use super::hunks::TextDiff;
use super::operation::Operation;
use super::review::{ReviewComparison, ReviewRecord};
use super::ruled::RulesOutcome;
use crate::base::reason::Reason;
use crate::base::source_place::SourcePlace;
use crate::pulumi::stack::StackIdentity;

/// The version of the result file's form. It grows when a field changes its meaning or is removed.
pub const SCHEMA: u32 = 2;

/// What a run has to say. Field by field: `docs/reference/result.schema.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Report {
    /// The version of this form: [`SCHEMA`].
    pub schema: u32,
    /// What was asked.
    pub command: Operation,
    /// A refresh or destroy that only shows what it would do.
    pub preview_only: bool,
    /// The project, when it is known.
    pub project: Option<String>,
    /// The stack, as it was named.
    pub stack: String,
    /// Which stack that is, the same for each spelling of its name. None in results of earlier versions.
    #[serde(default)]
    pub identity: Option<StackIdentity>,
    /// Whether headings name the backend, because a stack of the same name in another one is reported beside this.
    #[serde(skip)]
    pub names_backend: bool,
    /// Whether a stranger's run has made it: none of its addresses becomes a link.
    #[serde(skip)]
    pub is_a_strangers: bool,
    /// How it ended.
    pub status: Status,
    /// Why it did not succeed.
    pub reason: Option<Reason>,
    /// What went wrong, in the words of whoever said it first.
    pub message: Option<String>,
    /// Where in the repository's files it went wrong, where that is known: an exception, an error of a compiler.
    #[serde(default)]
    pub place: Option<SourcePlace>,
    /// What to do about it.
    pub hint: Option<String>,
    /// stackstep's exit status.
    pub exit_code: i32,
    /// Whether something is not known that a whole report has: what changed or would change, or the stack's outputs.
    #[serde(default)]
    pub incomplete: bool,
    /// How many resources each operation concerns; `null` where that is not known.
    pub changes: Option<BTreeMap<String, u64>>,
    /// Any operation but `same` and `read`, or a changed stack output; `null` where that is not known.
    pub has_changes: Option<bool>,
    /// The resources that change, in the order in which they were begun.
    pub steps: Vec<Step>,
    /// What the engine, the program and the providers had to say.
    pub diagnostics: Vec<Diagnostic>,
    /// What the policies had to say.
    pub policies: Policies,
    /// The verdict of the rules of `stackstep.yaml` and of the inputs, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<RulesOutcome>,
    /// The stack's outputs by name; a secret is `"[secret]"`, at any depth. `null` where they are not known.
    pub outputs: Option<Map<String, Value>>,
    /// Where the outputs come from.
    pub outputs_from: OutputsFrom,
    /// The outputs that hold a secret at any depth.
    pub secret_outputs: Vec<String>,
    /// The outputs that hold a value which is not known yet, at any depth.
    pub unknown_outputs: Vec<String>,
    /// The outputs that are left out of `outputs`: their value holds a secret's text, is nested too deeply for a JSON
    /// file, or is an asset, whose contents are not known.
    #[serde(default)]
    pub withheld_outputs: Vec<String>,
    /// The outputs that this run changes, or would change.
    pub output_changes: Vec<OutputChange>,
    /// How long it took.
    pub duration_ms: u64,
    /// The engine that did it.
    pub engine: Option<Engine>,
    /// The CI system that it ran in.
    pub ci: Option<Ci>,
    /// The commit that it ran for.
    pub commit: Option<String>,
    /// The commit that it rolls back to: `commit`, if it is a rollback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<String>,
    /// The address of what it has deployed, if that is a stack of a change request's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The end of the stack's time to live that it has set, as RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// The repository that it ran for, as the CI system names it.
    #[serde(default)]
    pub repository: Option<String>,
    /// The branch that it ran for; of a change request its source.
    #[serde(default)]
    pub branch: Option<String>,
    /// The number of the change request that it ran for.
    #[serde(default)]
    pub change_request: Option<u64>,
    /// When it began, in Unix seconds.
    #[serde(default)]
    pub began: Option<u64>,
    /// The run's page at Pulumi Cloud.
    pub permalink: Option<String>,
    /// The checks after the deployment, in the order of the settings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckResult>,
    /// What a reader must know about the report itself: what is missing, and why.
    pub notes: Vec<String>,
    /// What this preview proposes and what it is made from, for a later run to compare with: the reviewed change. None if
    /// it is no preview, or is not known whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Box<ReviewRecord>>,
    /// How what this run was about to do differs from what was reviewed; none if nothing was compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<ReviewComparison>,
    /// What a look for drift has come to; none for any other run, and for a look that was skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<Box<DriftOutcome>>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// All was done.
    Succeeded,
    /// Something was not.
    Failed,
    /// Somebody stopped it.
    Cancelled,
    /// There was a reason not to begin.
    Skipped,
}

/// One resource that changes. A replacement is one step, whatever the engine does for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Step {
    /// The resource's URN.
    pub urn: String,
    /// The resource's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The resource's name in the program.
    pub name: String,
    /// What is done to it: `create`, `update`, `replace`, `delete`, `import`, …
    pub operation: String,
    /// How far it got.
    pub status: StepStatus,
    /// The URN of the component that it belongs to; of a resource that belongs to none the stack's.
    pub parent: Option<String>,
    /// When the engine began with it, in Unix seconds.
    pub began: Option<i64>,
    /// When the engine was done with it, in Unix seconds.
    pub ended: Option<i64>,
    /// The resource's ID at its provider.
    pub id: Option<String>,
    /// Whether it stays at its provider when it is deleted here.
    pub retained: bool,
    /// The properties that force a replacement.
    pub replace_keys: Vec<String>,
    /// The properties that change.
    pub diffs: Vec<PropertyDiff>,
    /// How many more properties change.
    pub more_diffs: u64,
}

/// How far a step got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum StepStatus {
    /// A preview: it would be done.
    Planned,
    /// It was done.
    Done,
    /// It failed.
    Failed,
    /// It was begun, and nobody said that it ended: what became of it is not known.
    Unfinished,
}

/// One property that changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PropertyDiff {
    /// The property's path: `tags.owner`, `rules[0].port`.
    pub path: String,
    /// How it changes.
    pub change: Change,
    /// Whether this change forces a replacement.
    pub replaces: bool,
    /// The value before. Where there is a `text_diff`, its digest: `sha256`, `bytes` and `lines` of its text.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub old: Option<Value>,
    /// The value afterwards. Where there is a `text_diff`, its digest: `sha256`, `bytes` and `lines` of its text.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub new: Option<Value>,
    /// What differs, where the values are too large to stand here: more than 16 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_diff: Option<TextDiff>,
    /// Whether a part of what differs, in the value or in the name, is a secret's text and so reads the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
}

impl PropertyDiff {
    /// The change of the property at `path` from one value to another; none stands for a missing property.
    pub fn between(path: String, old: Option<Value>, new: Option<Value>) -> Self {
        let change = match (&old, &new) {
            (None, _) => Change::Add,
            (_, None) => Change::Delete,
            _ => Change::Update,
        };
        Self { path, change, replaces: false, old, new, text_diff: None, hidden: false }
    }
}

/// Something that the engine, the program or a provider had to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The resource that it belongs to.
    pub urn: Option<String>,
    /// That resource's name.
    pub name: Option<String>,
    /// That resource's type.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The text, without terminal colours.
    pub message: String,
    /// How often it was said.
    pub times: u64,
}

/// How bad a diagnostic is, in the engine's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Severity {
    /// An error.
    #[serde(rename = "error")]
    Error,
    /// A warning.
    #[serde(rename = "warning")]
    Warning,
    /// What the program wrote to its standard error.
    #[serde(rename = "info#err")]
    ProgramError,
    /// What the program wrote to its standard output.
    #[serde(rename = "info")]
    Info,
}

/// What the policies had to say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Policies {
    /// The packs that looked at the resources.
    pub packs: Vec<PolicyPack>,
    /// What they found.
    pub violations: Vec<Violation>,
    /// What they fixed.
    pub remediations: Vec<Remediation>,
}

/// A policy pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PolicyPack {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// A resource that a policy does not like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Violation {
    /// The policy's name.
    pub policy: String,
    /// The pack's name.
    pub pack: String,
    /// `mandatory` stops the run, `advisory` does not.
    pub level: String,
    /// How severe the policy's author finds it.
    pub severity: Option<String>,
    /// The resource; none for a policy about the stack.
    pub urn: Option<String>,
    /// That resource's name.
    pub name: Option<String>,
    /// What the policy says.
    pub message: String,
}

/// A resource that a policy changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Remediation {
    /// The policy's name.
    pub policy: String,
    /// The pack's name.
    pub pack: String,
    /// The resource.
    pub urn: Option<String>,
    /// That resource's name.
    pub name: Option<String>,
    /// The properties that it changed.
    pub diffs: Vec<PropertyDiff>,
}

/// Where the values of `outputs` come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum OutputsFrom {
    /// This run.
    Current,
    /// The last deployment: this run does not deploy, or did not get there.
    Previous,
    /// Nowhere: nothing is known of them.
    #[default]
    None,
}

/// An output that this run changes, or would change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OutputChange {
    /// The output's name.
    pub name: String,
    /// How it changes.
    pub change: Change,
    /// The value before. Where there is a `text_diff`, its digest: `sha256`, `bytes` and `lines` of its text.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub old: Option<Value>,
    /// The value afterwards. Where there is a `text_diff`, its digest: `sha256`, `bytes` and `lines` of its text.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub new: Option<Value>,
    /// What differs, where the values are too large to stand here: more than 16 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_diff: Option<TextDiff>,
}

/// Reads a field that is present: a written `null` is a value, and only a missing field is none.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Diagnostic {
    /// Whether it only says that the run failed: "update failed" adds nothing to the status.
    pub fn says_nothing(&self) -> bool {
        matches!(
            self.message.as_str(),
            "update failed" | "preview failed" | "destroy failed" | "refresh failed"
        )
    }
}

impl Report {
    /// The identity of the report's stack; for a result of an earlier version made of the names that it has.
    pub fn stack_identity(&self) -> StackIdentity {
        let written = || StackIdentity::written(&self.stack, self.project.as_deref());
        self.identity.clone().unwrap_or_else(written)
    }

    /// Marks the reports whose heading has to name the backend: another one is about a stack of the same names in
    /// another backend.
    pub fn tell_backends_apart(reports: &mut [Self]) {
        let identities: Vec<StackIdentity> = reports.iter().map(Self::stack_identity).collect();
        for (report, identity) in reports.iter_mut().zip(&identities) {
            report.names_backend |= identities
                .iter()
                .any(|other| other.has_the_names_of(identity) && other.backend != identity.backend);
        }
    }

    /// The report as JSON, in the form of the result file.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// The engine that did the work.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Engine {
    /// Its name: `pulumi`, or `pulumi-sandbox`.
    pub name: String,
    /// Its version, when it is known.
    pub version: Option<String>,
    /// How many processes of it were started.
    pub processes: u32,
    /// Whether nothing was deployed because it is the sandbox.
    pub sandbox: bool,
}

/// The CI system that it ran in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ci {
    /// Its name.
    pub name: String,
    /// The job's page.
    pub build_url: Option<String>,
}
