//! What a stack's state holds: its resources, and the operations that were under way when it was written.
//!
//! <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/core.go>

use std::collections::BTreeMap;

use serde_json::Map as JsonMap;
use serde_json::Value as Json;

use crate::value::Properties;

/// The state of a stack at one moment, secrets in plain text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// The resources, dependencies before what depends on them.
    pub resources: Vec<ResourceState>,
    /// Operations that may have happened or not.
    pub pending_operations: Vec<PendingOperation>,
    /// The state of the secrets manager that encrypted it.
    pub secrets_salt: Option<String>,
    /// When it was written.
    pub time: Option<String>,
    /// The version of the engine that wrote it.
    pub version: Option<String>,
    /// Deployment fields that the sandbox only keeps.
    pub extra: JsonMap<String, Json>,
    /// The schema's version and features, kept when they are newer than the usual.
    pub schema: Schema,
}

/// The version of a checkpoint's schema, and the features that version 4 lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// 3, or 4 when features are needed.
    pub version: u32,
    /// What a reader must know about.
    pub features: Vec<String>,
}

impl Default for Schema {
    fn default() -> Self {
        Self { version: 3, features: vec![] }
    }
}

/// A resource as the state knows it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceState {
    /// Its unique name.
    pub urn: String,
    /// Whether a provider manages it.
    pub custom: bool,
    /// Whether it waits for its deletion.
    pub delete: bool,
    /// The provider's name for it.
    pub id: Option<String>,
    /// Its type.
    pub type_: String,
    /// What the program asked for.
    pub inputs: Properties,
    /// What the provider answered.
    pub outputs: Properties,
    /// Its parent's URN.
    pub parent: Option<String>,
    /// Whether it refuses to be deleted.
    pub protect: bool,
    /// Whether somebody else manages it.
    pub external: bool,
    /// The URNs it depends on.
    pub dependencies: Vec<String>,
    /// Its provider: URN and id.
    pub provider: Option<String>,
    /// The URNs that each input depends on.
    pub property_dependencies: BTreeMap<String, Vec<String>>,
    /// Whether it was deleted to be replaced.
    pub pending_replacement: bool,
    /// Outputs that are secret whatever the provider says.
    pub additional_secret_outputs: Vec<String>,
    /// Whether deleting only forgets it.
    pub retain_on_delete: bool,
    /// When it was first known.
    pub created: Option<String>,
    /// When it last changed.
    pub modified: Option<String>,
    /// Fields that the sandbox only keeps: aliases, timeouts, source positions and what else there is.
    pub extra: JsonMap<String, Json>,
}

/// An operation that was under way.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingOperation {
    /// The resource it was about.
    pub resource: ResourceState,
    /// `creating`, `updating`, `deleting` or `reading`.
    pub kind: String,
}

impl Snapshot {
    /// The outputs of the stack: those of its root resource.
    pub fn outputs(&self) -> Option<&Properties> {
        self.resources.iter().find(|resource| resource.is_root()).map(|resource| &resource.outputs)
    }
}

/// The type of the root resource.
pub const ROOT_TYPE: &str = "pulumi:pulumi:Stack";

impl ResourceState {
    /// Whether it is the stack itself.
    pub fn is_root(&self) -> bool {
        self.type_ == ROOT_TYPE && self.parent.is_none()
    }
}
