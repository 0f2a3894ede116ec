//! The operations that a report can be about.

use serde::{Deserialize, Serialize};

/// What was asked of the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", schemars(rename = "Command"))]
pub enum Operation {
    /// Shows what an update would do.
    Preview,
    /// Deploys.
    Up,
    /// Compares the state with what is really there.
    Refresh,
    /// Deletes everything in the stack.
    Destroy,
    /// Reads the stack's outputs.
    Outputs,
}

impl Operation {
    /// The operation's name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Preview => "preview",
            Self::Up => "up",
            Self::Refresh => "refresh",
            Self::Destroy => "destroy",
            Self::Outputs => "outputs",
        }
    }

    /// The operation as a noun that begins a sentence: "Update of …".
    pub fn noun(self, preview_only: bool) -> &'static str {
        match (self, preview_only) {
            (Self::Preview, _) | (Self::Up, true) => "Preview",
            (Self::Up, false) => "Update",
            (Self::Refresh, false) => "Refresh",
            (Self::Refresh, true) => "Drift check",
            (Self::Destroy, false) => "Destroy",
            (Self::Destroy, true) => "Destroy preview",
            (Self::Outputs, _) => "Outputs",
        }
    }

    /// Whether the operation changes nothing.
    pub fn only_looks(self, preview_only: bool) -> bool {
        preview_only || matches!(self, Self::Preview | Self::Outputs)
    }
}
