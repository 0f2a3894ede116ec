//! How much was shown with the real thing: each scenario that ran against a vendor's own code or description, counted
//! when it is over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

/// Notes that the test that runs now has shown what its name says, with `part`.
pub fn shown_with(part: &'static str) {
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    also_shown_with(part, &test);
}

/// Notes one of several scenarios of a test.
pub fn also_shown_with(part: &'static str, scenario: &str) {
    static SHOWN: Mutex<BTreeMap<&str, BTreeSet<String>>> = Mutex::new(BTreeMap::new());
    let mut shown = SHOWN.lock().unwrap();
    shown.entry(part).or_default().insert(scenario.to_owned());
    let rows = shown.iter().map(|(part, scenarios)| format!("| {part} | {} |\n", scenarios.len()));
    let table = format!("| real part | scenarios |\n| --- | ---: |\n{}", rows.collect::<String>());
    crate::tools::table("real-parts", &table);
}
