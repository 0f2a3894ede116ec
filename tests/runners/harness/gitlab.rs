//! GitLab CI: a template as GitLab reads it, its job's scripts as GitLab's runner executes them.
//!
//! Inputs: <https://docs.gitlab.com/ci/inputs/>. The runner's shell executor:
//! <https://docs.gitlab.com/runner/executors/shell/>; what it writes round a script:
//! <https://gitlab.com/gitlab-org/gitlab-runner/-/blob/main/shells/bash.go>.

use super::{Cancel, Event, Place, Whom, Wrapper, fixture};
use crate::tools;
use serde::Deserialize as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

/// The most bytes of a string input: <https://docs.gitlab.com/ci/inputs/#define-input-parameters-with-specinputs>.
const LONGEST_INPUT: usize = 1024;

/// Tokens are masked variables of the project, as a pipeline's inputs are no secrets.
const SECRETS: &[&str] = &["access-token", "oidc-token", "forge-token", "github-token", "plugin-token"];

/// The templates, with a runner that has this shell.
pub struct GitLab {
    /// The program.
    pub shell: &'static str,
}

impl Wrapper for GitLab {
    fn system(&self) -> &'static str {
        "gitlab-ci"
    }

    fn command(&self, place: &Place, event: Event, inputs: &[(&str, &str)]) -> Command {
        let command = inputs.iter().find(|(name, _)| *name == "command").map_or("preview", |(_, word)| word);
        let template = template(match command {
            "preview" | "destroy" => command,
            // A job of another command overrides what the template says: `STACKSTEP_INPUT_COMMAND`.
            _ => "deploy",
        });
        let mut given = BTreeMap::from([("environment", json!("production")), ("stack", json!(""))]);
        let mut overridden = BTreeMap::new();
        for (name, value) in inputs {
            if template.declares(name) {
                given.insert(name, json!(value));
            } else {
                let prefix = if SECRETS.contains(name) { "STACKSTEP_" } else { "STACKSTEP_INPUT_" };
                overridden.insert(
                    format!("{prefix}{}", name.replace('-', "_").to_uppercase()),
                    (*value).to_owned(),
                );
            }
        }
        match template.with(&given) {
            Ok(jobs) => self.job(place, event, &jobs, overridden),
            // GitLab makes no pipeline then.
            Err(why) => {
                let mut refusal = Command::new("sh");
                refusal.args(["-c", "printf '%s\\n' \"$WHY\" >&2; exit 1"]).env_clear().env("WHY", why);
                refusal.current_dir(place.repository());
                refusal
            }
        }
    }

    fn outputs(&self, place: &Place, _log: &str) -> BTreeMap<String, String> {
        let reports = std::fs::read_dir(place.repository().join(".stackstep")).unwrap();
        let files = reports.map(|entry| entry.unwrap().path().join("outputs.env"));
        let Some(file) = files.into_iter().find(|file| file.exists()) else { return BTreeMap::new() };
        let text = std::fs::read_to_string(file).unwrap();
        let named = text.lines().filter_map(|line| line.strip_prefix("STACK_")?.split_once('='));
        let mut outputs: BTreeMap<String, String> = named
            .map(|(name, value)| {
                let own = || name.to_lowercase().replace('_', "-");
                (name.strip_prefix("OUTPUT_").map_or_else(own, str::to_owned), value.to_owned())
            })
            .collect();
        // What a dotenv file can't hold is in the artifact.
        let result = outputs.get("result").and_then(|path| std::fs::read(path).ok());
        let result: Value = serde_json::from_slice(&result.unwrap_or_else(|| b"{}".to_vec())).unwrap();
        for (name, value) in result["outputs"].as_object().into_iter().flatten() {
            if let Some(text) = value.as_str().filter(|text| *text != "[secret]") {
                outputs.entry(name.clone()).or_insert_with(|| text.to_owned());
            }
        }
        outputs
    }

    fn cancel(&self) -> &'static [Cancel] {
        &[
            // https://docs.gitlab.com/runner/executors/shell/#terminate-and-kill-processes
            Cancel { executor: "shell", signals: &["SIGTERM"], whom: Whom::Group },
            // Docker and Kubernetes: https://gitlab.com/gitlab-org/gitlab-runner/-/blob/main/shells/bash.go
            Cancel { executor: "container", signals: &["SIGTERM"], whom: Whom::Each },
        ]
    }
}

impl GitLab {
    /// The runner that executes the only job's scripts.
    fn job(
        &self,
        place: &Place,
        event: Event,
        jobs: &Value,
        overridden: BTreeMap<String, String>,
    ) -> Command {
        let (_, job) = jobs.as_object().unwrap().iter().next().unwrap();
        let folder = place.repository();
        let temporary = place.beside("repository.tmp");
        std::fs::create_dir_all(&temporary).unwrap();
        let mut env = documented(event);
        for (name, value) in [
            ("CI_PROJECT_DIR", folder.clone()),
            ("RUNNER_TEMP_PROJECT_DIR", temporary.clone()),
            ("TMPDIR", place.temporary()),
        ] {
            env.insert(name.to_owned(), value.display().to_string());
        }
        env.insert("GITLAB_OIDC_TOKEN".to_owned(), "header.claims.signature".to_owned());
        env.extend(variables(job, &env));
        env.extend(overridden);
        // The settings of the project win: https://docs.gitlab.com/ci/variables/#cicd-variable-precedence
        env.extend(place.environment());

        let written = |name: &str, lines: &Value| -> PathBuf {
            let path = temporary.join(name);
            std::fs::write(&path, script(&folder.display().to_string(), lines)).unwrap();
            path
        };
        let (main, after) =
            (written("script", &job["script"]), written("after_script", &job["after_script"]));
        let mut runner = Command::new("sh");
        // Not part of the job: it is there to the end, whatever becomes of the script.
        runner
            .arg("-c")
            .arg("trap : TERM INT\n\"$1\" \"$2\"; status=$?\n\"$1\" \"$3\" || :\nexit \"$status\"");
        runner.args(["runner", self.shell]).args([main, after]);
        runner.env_clear().envs(env).current_dir(folder);
        runner
    }
}

/// What the runner makes of a list of lines.
fn script(folder: &str, lines: &Value) -> String {
    let mut script =
        "trap exit 1 TERM\nif set -o | grep pipefail > /dev/null; then set -o pipefail; fi; set -o errexit\n\
                      set +o noclobber\n"
            .to_owned();
    writeln!(script, "cd '{folder}'").unwrap();
    for line in lines.as_array().unwrap() {
        writeln!(script, "{}", line.as_str().unwrap()).unwrap();
    }
    script + "exit 0\n"
}

/// The variables of the job, with what `expand` does not forbid replaced.
fn variables(job: &Value, env: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let variables = job["variables"].as_object().unwrap().iter();
    variables
        .map(|(name, value)| {
            let text = match value {
                Value::Object(raw) => {
                    assert_eq!(raw["expand"], false);
                    raw["value"].as_str().unwrap().to_owned()
                }
                plain => plain.as_str().unwrap().replace("$CI_PROJECT_DIR", &env["CI_PROJECT_DIR"]),
            };
            (name.clone(), text)
        })
        .collect()
}

/// The documented environment of the event.
fn documented(event: Event) -> BTreeMap<String, String> {
    let name = match event {
        Event::Push | Event::Rerun => "push",
        Event::ChangeRequest => "merge-request",
        Event::Fork => "fork-in-the-parent",
        Event::Bot => "bot",
        Event::MergeQueue => "merge-train",
        Event::Tag => "tag",
        Event::Schedule => "schedule",
    };
    fixture("gitlab-ci", name)
}

/// A template: what it declares, and its jobs.
pub struct Template {
    spec: Value,
    jobs: Value,
}

/// The template of this name.
pub fn template(name: &str) -> Template {
    let path = tools::root().join(format!("gitlab-templates/templates/{name}.yml"));
    let text = std::fs::read_to_string(path).unwrap();
    let mut documents = serde_yaml::Deserializer::from_str(&text).map(|one| Value::deserialize(one).unwrap());
    Template { spec: documents.next().unwrap()["spec"]["inputs"].take(), jobs: documents.next().unwrap() }
}

impl Template {
    /// Whether there is such an input.
    pub fn declares(&self, input: &str) -> bool {
        self.spec.get(input).is_some()
    }

    /// The names of the inputs.
    pub fn inputs(&self) -> Vec<&str> {
        self.spec.as_object().unwrap().keys().map(String::as_str).collect()
    }

    /// The jobs with these inputs, or why GitLab refuses them.
    pub fn with(&self, given: &BTreeMap<&str, Value>) -> Result<Value, String> {
        let mut values = BTreeMap::new();
        for (name, spec) in self.spec.as_object().unwrap() {
            let value = given.get(name.as_str()).or_else(|| spec.get("default"));
            let value =
                value.ok_or_else(|| format!("`{name}` input: required value has not been provided"))?;
            refuse(name, spec, value)?;
            values.insert(name.as_str(), value.clone());
        }
        Ok(filled(&self.jobs, &values))
    }
}

/// The checks of <https://docs.gitlab.com/ci/yaml/#specinputs>.
fn refuse(name: &str, spec: &Value, value: &Value) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    if text.len() >= LONGEST_INPUT {
        return Err(format!("`{name}` input: 1 KB or more"));
    }
    if spec.get("options").is_some_and(|options| !options.as_array().unwrap().contains(value)) {
        return Err(format!("`{name}` input: not in the list of allowed options"));
    }
    let matches = |pattern: &Value| jsonschema::is_valid(&json!({"pattern": pattern}), &json!(text));
    if spec.get("regex").is_some_and(|pattern| !matches(pattern)) {
        return Err(format!("`{name}` input: does not match its regex"));
    }
    Ok(())
}

/// `node` with its `$[[ inputs.NAME ]]` replaced: by the value itself where that is all, else as text.
fn filled(node: &Value, values: &BTreeMap<&str, Value>) -> Value {
    match node {
        Value::Array(items) => items.iter().map(|item| filled(item, values)).collect(),
        Value::Object(fields) => {
            let text = |name: &str| filled_text(name, values).as_str().unwrap().to_owned();
            Value::Object(fields.iter().map(|(name, value)| (text(name), filled(value, values))).collect())
        }
        Value::String(text) => filled_text(text, values),
        other => other.clone(),
    }
}

fn filled_text(text: &str, values: &BTreeMap<&str, Value>) -> Value {
    let mut parts = text.split("$[[ inputs.");
    let mut made = parts.next().unwrap().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(" ]]").unwrap();
        let value = &values[name];
        if text == format!("$[[ inputs.{name} ]]") {
            return value.clone();
        }
        made += value.as_str().unwrap();
        made += rest;
    }
    Value::String(made)
}

/// The whole configuration of `text`, with the templates that it includes: `included` finds the name of one in what an
/// entry of `include` says. <https://docs.gitlab.com/ci/yaml/includes/#merge-method-for-include>
pub fn pipeline(text: &str, included: impl Fn(&Value) -> String) -> Result<Value, String> {
    let mut own: Value = serde_yaml::from_str(text).unwrap();
    let entries = own.as_object_mut().unwrap().remove("include").unwrap_or_default();
    let mut whole = json!({});
    for include in entries.as_array().into_iter().flatten() {
        let inputs = include["inputs"].as_object().into_iter().flatten();
        let inputs = inputs.map(|(name, value)| (name.as_str(), value.clone())).collect();
        let template = template(&included(include));
        if let Some(unknown) = inputs_unknown(&template, &inputs) {
            return Err(format!("unknown input arguments: {unknown}"));
        }
        merge(&mut whole, template.with(&inputs)?);
    }
    merge(&mut whole, own);
    Ok(whole)
}

fn inputs_unknown(template: &Template, given: &BTreeMap<&str, Value>) -> Option<String> {
    given.keys().find(|name| !template.declares(name)).map(|name| (*name).to_owned())
}

/// Mappings are merged, everything else is replaced.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}
