//! Cloud Build: substitutions, then each step's script in the environment that the build's file says.

use super::{Cancel, Event, Place, Whom, Wrapper, fixture};
use crate::tools;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Google Cloud Build.
pub struct CloudBuild;

/// The inputs that are secrets, which come by `secretEnv`: substitutions can be read by everyone who sees the build.
const SECRETS: &[&str] = &["access-token", "oidc-token", "forge-token", "github-token", "plugin-token"];

impl Wrapper for CloudBuild {
    fn system(&self) -> &'static str {
        "google-cloud-build"
    }

    fn command(&self, place: &Place, event: Event, inputs: &[(&str, &str)]) -> Command {
        let command = inputs.iter().find(|(name, _)| *name == "command").map_or("up", |(_, word)| word);
        let file = match command {
            "preview" => "preview.yaml",
            "destroy" => "destroy.yaml",
            _ => "deploy.yaml",
        };
        let build = read(&tools::root().join("cloud-build").join(file));
        let mut given = fixture(self.system(), case(event));
        given.remove("BUILDER_OUTPUT");
        let mut secrets = BTreeMap::new();
        for (name, value) in inputs {
            let name_in_capitals = name.replace('-', "_").to_uppercase();
            if SECRETS.contains(name) {
                secrets.insert(format!("STACKSTEP_{name_in_capitals}"), (*value).to_owned());
            } else {
                given.insert(format!("_STACKSTEP_{name_in_capitals}"), (*value).to_owned());
            }
        }
        step(place, &build, 0, &given, &secrets)
    }

    fn outputs(&self, place: &Place, _log: &str) -> BTreeMap<String, String> {
        let text = std::fs::read_to_string(place.beside("builder-output/output")).unwrap_or_default();
        text.lines().last().map(|line| serde_json::from_str(line).unwrap()).unwrap_or_default()
    }

    fn cancel(&self) -> &'static [Cancel] {
        // The machine is taken away: https://cloud.google.com/build/docs/api/reference/rest/v1/projects.builds/cancel
        &[Cancel { executor: "", signals: &[], whom: Whom::Nobody }]
    }
}

fn case(event: Event) -> &'static str {
    match event {
        // Cloud Scheduler runs a trigger of a branch, and a build that is run again has another number.
        Event::Schedule | Event::Rerun => "push",
        // Whose change it is is not told.
        Event::Bot => "pull-request",
        other => other.usual_case(),
    }
}

/// A build's file.
pub fn read(path: &Path) -> Value {
    serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The step number `index` of `build` as Cloud Build starts it.
///
/// Of `given`, what is not in the build's file is a trigger's: triggers have the option `ALLOW_LOOSE` on.
/// <https://cloud.google.com/build/docs/configuring-builds/substitute-variable-values>
pub fn step(
    place: &Place,
    build: &Value,
    index: usize,
    given: &BTreeMap<String, String>,
    secrets: &BTreeMap<String, String>,
) -> Command {
    let mut values: BTreeMap<String, String> = build["substitutions"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    values.extend(given.clone());
    let step = &build["steps"][index];
    let filled = |text: &str| substitute(text, &values).unwrap();
    assert!(!filled(step["name"].as_str().unwrap()).is_empty(), "a step needs an image");
    let mut environment = place.environment();
    if step["automapSubstitutions"].as_bool().or(build["options"]["automapSubstitutions"].as_bool())
        == Some(true)
    {
        environment.extend(values.clone());
    }
    for pair in step["env"].as_array().into_iter().flatten() {
        let pair = filled(pair.as_str().unwrap());
        let (name, value) = pair.split_once('=').unwrap();
        environment.insert(name.to_owned(), value.to_owned());
    }
    environment.extend(secrets.clone());
    let output = place.beside("builder-output");
    std::fs::create_dir_all(&output).unwrap();
    environment.insert("BUILDER_OUTPUT".to_owned(), output.display().to_string());

    let folder = place.repository().join(step["dir"].as_str().map(filled).unwrap_or_default());
    let mut command = if let Some(script) = step["script"].as_str() {
        // In a script nothing is replaced; its first line says who reads it.
        // https://cloud.google.com/build/docs/configuring-builds/run-bash-scripts
        let file = place.beside(&format!("script-{index}"));
        std::fs::write(&file, script).unwrap();
        let first = script.lines().next().unwrap_or_default();
        let reader = first.strip_prefix("#!").unwrap_or("/bin/sh");
        let mut words = reader.split_whitespace();
        let mut command = Command::new(words.next().unwrap());
        command.args(words).arg(file);
        command
    } else {
        let mut command = Command::new(filled(step["entrypoint"].as_str().unwrap()));
        command.args(step["args"].as_array().into_iter().flatten().map(|arg| filled(arg.as_str().unwrap())));
        command
    };
    command.env_clear().envs(environment).current_dir(folder);
    command
}

/// Names that Cloud Build fills in by itself, with nothing where a build has no such thing.
const BUILT_IN: &[&str] = &[
    "PROJECT_ID",
    "BUILD_ID",
    "PROJECT_NUMBER",
    "LOCATION",
    "TRIGGER_NAME",
    "COMMIT_SHA",
    "REVISION_ID",
    "SHORT_SHA",
    "REPO_NAME",
    "REPO_FULL_NAME",
    "BRANCH_NAME",
    "TAG_NAME",
    "REF_NAME",
    "TRIGGER_BUILD_CONFIG_PATH",
    "SERVICE_ACCOUNT_EMAIL",
    "SERVICE_ACCOUNT",
    "_HEAD_BRANCH",
    "_BASE_BRANCH",
    "_HEAD_REPO_URL",
    "_PR_NUMBER",
];

/// `text` with `$NAME` and `${NAME}` filled in; `$$` is a dollar sign. An error names what is no substitution.
/// <https://cloud.google.com/build/docs/configuring-builds/substitute-variable-values>
pub fn substitute(text: &str, values: &BTreeMap<String, String>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let plain = |text: &str| {
            text.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
                .unwrap_or(text.len())
        };
        let (name, after) = match after.strip_prefix('{') {
            Some(braced) => braced.split_once('}').ok_or_else(|| format!("no end of {braced}"))?,
            None => after.split_at(plain(after)),
        };
        let own = name.len() > 1 && name.starts_with('_') && plain(name) == name.len();
        match values.get(name) {
            Some(value) => out.push_str(value),
            None if BUILT_IN.contains(&name) || own => {}
            None => return Err(format!("`{name}` is no substitution")),
        }
        rest = after;
    }
    Ok(out + rest)
}
