//! What a command line says.

use std::collections::BTreeMap;

/// A parsed command line: everything in it is known and supported.
#[derive(Debug, Default, Clone)]
pub struct Args {
    /// The command by its usual name, with its parent's in front: `stack output`. Empty for none.
    pub command: String,
    /// The arguments that are no flags.
    pub arguments: Vec<String>,
    pub(super) flags: BTreeMap<&'static str, Vec<String>>,
}
