//! The outputs that one place gets for later steps.

use crate::ci::Output;
use std::collections::BTreeSet;

/// The names of our own outputs; a stack output of the same name is in `outputs` only.
pub const OWN: &[&str] = &[
    "outputs",
    "output",
    "result",
    "changes",
    "has-changes",
    "status",
    "reason",
    "summary",
    "digest",
    "permalink",
    "drift",
];

/// The outputs that one place gets for later steps.
pub(super) struct Handed {
    /// Our own outputs.
    pub(super) own: Vec<Output>,
    /// The stack's outputs that may leave, in the order of their names.
    pub(super) stack: Vec<Output>,
    /// The names of the outputs that are secret or hold the text of a secret, `outputs` among them.
    pub(super) secret: BTreeSet<String>,
}

/// The names, quoted for a sentence.
pub(super) fn quoted<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.map(|name| format!("`{}`", name.escape_debug())).collect::<Vec<_>>().join(", ")
}
