//! The environments that vendors document, as recorded in `tests/fixtures/ci`.

use crate::tools;
use std::collections::BTreeMap;

/// The variables of `<system>/<case>.env`.
pub fn environment(system: &str, case: &str) -> BTreeMap<String, String> {
    let path = tools::root().join(format!("tests/fixtures/ci/{system}/{case}.env"));
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
