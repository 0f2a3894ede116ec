//! The three ways in which one thing changes.

use serde::{Deserialize, Serialize};

/// How a property or an output changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It comes.
    Add,
    /// It goes.
    Delete,
    /// It gets another value.
    Update,
}
