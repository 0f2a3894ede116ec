//! GitHub Actions: the launcher of `actions/deploy`, started by Node as the runner starts it.

use super::{Cancel, Event, Place, Whom, Wrapper, fixture};
use crate::tools;
use std::collections::BTreeMap;
use std::process::Command;

/// GitHub Actions.
pub struct GitHub;

impl Wrapper for GitHub {
    fn system(&self) -> &'static str {
        "github-actions"
    }

    fn command(&self, place: &Place, event: Event, inputs: &[(&str, &str)]) -> Command {
        let fixtures = tools::root().join("tests/fixtures/ci/github-actions");
        let name = case(event);
        let mut command = Command::new("node");
        command.arg(tools::root().join("actions/deploy/launcher.cjs"));
        command.current_dir(place.repository()).env_clear().envs(place.environment());
        command.envs(fixture("github-actions", name));
        // https://docs.github.com/en/actions/reference/workflows-and-actions/variables
        for (variable, path) in [
            ("GITHUB_EVENT_PATH", fixtures.join(format!("{name}.event.json"))),
            ("GITHUB_WORKSPACE", place.repository()),
            ("RUNNER_TEMP", place.temporary()),
            ("GITHUB_OUTPUT", place.beside("output")),
            ("GITHUB_STATE", place.beside("step-state")),
            ("GITHUB_STEP_SUMMARY", place.beside("summary")),
            ("GITHUB_PATH", place.beside("path")),
            ("GITHUB_ENV", place.beside("variables")),
        ] {
            command.env(variable, path);
        }
        // Every declared input is handed over, those that the step leaves out empty or with the action's default:
        // https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax#inputs
        for name in declared() {
            command.env(variable_of(&name), "");
        }
        for (name, value) in inputs {
            command.env(variable_of(name), value);
        }
        command
    }

    fn outputs(&self, place: &Place, _log: &str) -> BTreeMap<String, String> {
        read_outputs(&std::fs::read_to_string(place.beside("output")).unwrap_or_default())
    }

    // https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation
    fn cancel(&self) -> &'static [Cancel] {
        &[Cancel { executor: "", signals: &["SIGINT", "SIGTERM", "SIGKILL"], whom: Whom::Entry }]
    }
}

/// The documented environment of an event.
fn case(event: Event) -> &'static str {
    match event {
        Event::Bot => "pull-request-dependabot",
        other => other.usual_case(),
    }
}

/// The names under `inputs` of the action.
fn declared() -> Vec<String> {
    let action = std::fs::read_to_string(tools::root().join("actions/deploy/action.yml")).unwrap();
    let action: serde_json::Value = serde_yaml::from_str(&action).unwrap();
    action["inputs"].as_object().unwrap().keys().cloned().collect()
}

/// The runner's own rule: upper case, blanks become underscores, hyphens stay.
fn variable_of(name: &str) -> String {
    format!("INPUT_{}", name.replace(' ', "_").to_uppercase())
}

/// `name=value`, or `name<<delimiter`, lines, and the delimiter:
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#multiline-strings>.
fn read_outputs(text: &str) -> BTreeMap<String, String> {
    let mut outputs = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        match (line.split_once("<<"), line.split_once('=')) {
            (Some((name, delimiter)), equals)
                if equals.is_none_or(|(before, _)| before.len() > name.len()) =>
            {
                let value: Vec<_> = lines.by_ref().take_while(|line| *line != delimiter).collect();
                outputs.insert(name.to_owned(), value.join("\n"));
            }
            (_, Some((name, value))) => {
                outputs.insert(name.to_owned(), value.to_owned());
            }
            _ => {}
        }
    }
    outputs
}
