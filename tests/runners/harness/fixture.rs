//! The documented environments of `tests/fixtures/ci`, as a job of the system gets them.

use crate::tools;
use std::collections::BTreeMap;

/// The variables of `tests/fixtures/ci/<system>/<name>.env`.
pub fn environment(system: &str, name: &str) -> BTreeMap<String, String> {
    let path = tools::root().join(format!("tests/fixtures/ci/{system}/{name}.env"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once('=').unwrap()).map(|(name, value)| (name.into(), value.into())).collect()
}
