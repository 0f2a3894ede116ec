//! The real engine: where it is for the tests that look for one, and how much of all ran on it.

use super::tools::{self, State};
use serde::Deserialize;
use stackstep::base::error::{Error, Result};
use std::path::{Path, PathBuf};

/// Names the folder of the engine for the sandbox's contract, and for the suite `real` when it is another one.
pub const VARIABLE: &str = "REAL_ENGINE";

/// The folder among the tables in which each suite leaves how much it ran on the real engine.
pub const PARTS: &str = "real-engine";

/// The tool that is the engine.
pub const NEWEST: &str = "engine";

/// The tool that is the oldest engine that is tried.
pub const OLDEST: &str = "engine-oldest";

/// The runner tests that run on the oldest engine too.
pub const OF_EACH_VERSION: &str = "real::";

/// Of these, those that meet the newest engine alone: the wrappers, the official action's workflows, and what older
/// engines do not have.
pub const OF_THE_NEWEST: [&str; 6] =
    ["conformance::", "act::", "gitea::", "gitlab_ci_local::", "migration::", "helper_for_credentials"];

/// Installs the engine that is the tool `name`; the folder of its programs. None without its toolchain, or when it can't be built: the suite of the runners says so, and
/// counts it.
pub fn install(root: &Path, name: &str) -> Result<Option<PathBuf>> {
    let engine = tools::find(root, name)?;
    Ok(matches!(engine.install(root)?, State::Ready).then(|| engine.folder(root).join("bin")))
}

/// What one suite ran on one version of the engine.
#[derive(Debug, Deserialize)]
struct Part {
    suite: String,
    version: String,
    scenarios: u64,
    starts: u64,
    seconds: u64,
}

/// How much ran on the real engine. None when nothing did.
pub fn table(parts: &Path) -> Result<Option<String>> {
    let Ok(entries) = std::fs::read_dir(parts) else { return Ok(None) };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let mut table = String::from(
        "| on the real engine | version | scenarios | starts | seconds of these |\n| --- | --- | ---: | ---: | ---: |\n",
    );
    let (mut scenarios, mut starts, mut seconds) = (0, 0, 0);
    for path in &paths {
        let text = std::fs::read_to_string(path).map_err(Error::io("read", path))?;
        let part: Part = serde_json::from_str(&text).map_err(|error| {
            Error::input(format!("`{}` is malformed: {error}", path.display()), format!("remove `{TABLES}`"))
        })?;
        table += &format!(
            "| {} | {} | {} | {} | {} |\n",
            part.suite, part.version, part.scenarios, part.starts, part.seconds
        );
        scenarios += part.scenarios;
        starts += part.starts;
        seconds += part.seconds;
    }
    table += &format!("| together | | {scenarios} | {starts} | {seconds} |");
    Ok((!paths.is_empty()).then_some(table))
}

/// Where suites leave tables in Markdown that are shown at the end.
pub const TABLES: &str = "target/report-tables";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_suites_ran_on_the_engine_is_added_up() {
        let folder = tempfile::tempdir().unwrap();
        let part = |file: &str, text: &str| std::fs::write(folder.path().join(file), text).unwrap();
        part(
            "a.json",
            r#"{"suite": "real", "version": "3.2.1", "scenarios": 2, "starts": 10, "seconds": 5}"#,
        );
        part("b.json", r#"{"suite": "old", "version": "3.0.0", "scenarios": 1, "starts": 20, "seconds": 7}"#);
        let table = table(folder.path()).unwrap().unwrap();
        assert!(table.contains("| real | 3.2.1 | 2 | 10 | 5 |\n| old | 3.0.0 | 1 | 20 | 7 |\n"), "{table}");
        assert!(table.ends_with("| together | | 3 | 30 | 12 |"), "{table}");
    }

    #[test]
    fn without_a_suite_on_the_engine_there_is_no_table() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(table(folder.path()).unwrap(), None);
        assert_eq!(table(&folder.path().join("none")).unwrap(), None);
    }
}
