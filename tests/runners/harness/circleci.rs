//! CircleCI: the steps that our orb's commands become, each a bash of its own as the default shell is, in the
//! environment that the vendor documents.
//!
//! <https://circleci.com/docs/reference/configuration-reference/#default-shell-options>

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value, json};

use super::{Cancel, Event, Place, Whom, Wrapper, fixture};
use crate::circleci::orb::{Config, Step, When};

/// The orb's `execute`.
pub struct CircleCi;

impl Wrapper for CircleCi {
    fn system(&self) -> &'static str {
        "circleci"
    }

    fn command(&self, place: &Place, event: Event, inputs: &[(&str, &str)]) -> Command {
        let mut arguments = Map::new();
        let mut secrets = BTreeMap::new();
        for (name, value) in inputs {
            let declared = &crate::circleci::orb::ours()["commands"]["execute"]["parameters"][*name];
            let value = match declared["type"].as_str() {
                // The secret itself is a variable of a context.
                Some("env_var_name") => {
                    let variable = format!("CONTEXT_{}", name.replace('-', "_").to_uppercase());
                    secrets.insert(variable.clone(), (*value).to_owned());
                    json!(variable)
                }
                Some("integer") => value.parse::<i64>().map_or_else(|_| json!(value), |number| json!(number)),
                _ => json!(value),
            };
            arguments.insert((*name).to_owned(), value);
        }
        let config = Config::new(json!({
            "orbs": { "stackstep": "stackstep/stackstep@1" },
            "jobs": { "job": { "steps": [{ "stackstep/execute": Value::Object(arguments) }] } },
        }));
        let mut environment = environment(place, event);
        environment.extend(secrets);
        match config.steps("job", &Map::new()) {
            Ok(steps) => shell(place, &steps, &environment),
            // CircleCI compiles a configuration before it starts a job: https://circleci.com/docs/reference/reusing-config/
            Err(error) => {
                let mut refused = Command::new("sh");
                refused.args(["-c", "echo \"refused: $0\" >&2; exit 2"]).arg(error);
                refused
            }
        }
    }

    fn outputs(&self, place: &Place, _log: &str) -> BTreeMap<String, String> {
        let mut later = Command::new("bash");
        later
            .args(["-c", "env -0"])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("BASH_ENV", bash_env(place));
        outputs_of(&String::from_utf8(later.output().unwrap().stdout).unwrap())
    }

    /// Which signal a cancelled job gets is not documented; its processes end with the container.
    fn cancel(&self) -> &'static [Cancel] {
        &[Cancel { executor: "", signals: &["SIGTERM"], whom: Whom::Group }]
    }
}

/// Our outputs among `variables`, each ended by a NUL, under the table's own names.
pub fn outputs_of(variables: &str) -> BTreeMap<String, String> {
    let pairs = variables.split('\0').filter_map(|pair| pair.split_once('='));
    let named = pairs.filter_map(|(name, value)| {
        let name = name.strip_prefix("STACK_")?;
        let name = match name.strip_prefix("OUTPUT_") {
            Some(of_the_stack) => of_the_stack.to_owned(),
            None => name.to_lowercase().replace('_', "-"),
        };
        Some((name, value.to_owned()))
    });
    named.collect()
}

fn bash_env(place: &Place) -> std::path::PathBuf {
    place.beside("bash-env")
}

/// What a job of `event` finds.
pub fn environment(place: &Place, event: Event) -> BTreeMap<String, String> {
    let case = match event {
        // Nothing tells a schedule or a re-run apart from a push.
        Event::Schedule | Event::Rerun => "push",
        other => other.usual_case(),
    };
    let mut environment = place.environment();
    environment.extend(fixture("circleci", case));
    environment.insert("BASH_ENV".to_owned(), bash_env(place).display().to_string());
    environment
}

/// One shell that runs the steps: one that fails stops those that need success, and its status is the job's.
pub fn shell(place: &Place, steps: &[Step], environment: &BTreeMap<String, String>) -> Command {
    let folder = place.beside("steps");
    std::fs::create_dir_all(&folder).unwrap();
    // It outlives a signal to the group, as CircleCI's agent does.
    let mut script = "trap : INT TERM\nstatus=0\nhalted=\n".to_owned();
    for (at, step) in steps.iter().enumerate() {
        match step {
            Step::Run { command, environment, when, .. } => {
                let (file, variables) = (folder.join(format!("{at}.sh")), folder.join(format!("{at}.env")));
                std::fs::write(&file, command).unwrap();
                std::fs::write(&variables, exports(environment)).unwrap();
                let condition = match when {
                    When::Success => "[ $status = 0 ] && [ -z \"$halted\" ]",
                    When::Always => "true",
                    When::Failure => "[ $status != 0 ]",
                };
                let (file, variables) = (quoted(&file), quoted(&variables));
                let _ = writeln!(
                    script,
                    "if {condition}; then ( . {variables}; exec bash -eo pipefail {file} ) || {{ \
                     now=$?; [ $status != 0 ] || status=$now; }}; fi\n\
                     [ ! -e \"$HOME/halted\" ] || halted=yes"
                );
            }
            Step::Own(name, arguments) => own(&mut script, place, name, arguments),
        }
    }
    script.push_str("exit $status\n");
    std::fs::write(folder.join("job.sh"), script).unwrap();
    std::fs::write(bash_env(place), "").unwrap();
    let mut command = Command::new("sh");
    command.arg(folder.join("job.sh")).current_dir(place.repository()).env_clear().envs(environment);
    command
}

/// What CircleCI does itself in a step. Of test results and artifacts only that they are there counts here.
fn own(script: &mut String, place: &Place, name: &str, arguments: &Value) {
    let workspace = quoted(&place.beside("workspace"));
    match name {
        "persist_to_workspace" => {
            let paths = arguments["paths"].as_array().unwrap();
            for path in paths.iter().map(|path| path.as_str().unwrap()) {
                let _ = writeln!(
                    script,
                    "if [ $status = 0 ]; then mkdir -p {workspace} && cp --parents -R {} {workspace} || status=1; fi",
                    quoted(Path::new(path))
                );
            }
        }
        "attach_workspace" => {
            let _ = writeln!(script, "if [ $status = 0 ]; then cp -R {workspace}/. . || status=1; fi");
        }
        "store_artifacts" | "store_test_results" => {
            let path = quoted(Path::new(arguments["path"].as_str().unwrap()));
            let _ = writeln!(script, "ls {path} >/dev/null || echo 'nothing to store'");
        }
        _ => {}
    }
}

fn exports(environment: &BTreeMap<String, String>) -> String {
    environment.iter().fold(String::new(), |mut lines, (name, value)| {
        let _ = writeln!(lines, "export {name}='{}'", value.replace('\'', "'\\''"));
        lines
    })
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}
