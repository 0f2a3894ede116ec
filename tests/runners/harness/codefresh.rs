//! Codefresh: a typed step's arguments are held against its schema, Go fills in the step's template, variables are filled
//! in, and each part runs its commands in a container of its own, which shares a volume with the others.
//!
//! <https://codefresh.io/docs/docs/pipelines/steps/#example-with-step-templating>

use super::fixture;
use super::{Cancel, Event, Place, Whom, Wrapper};
use crate::tools;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Codefresh.
pub struct Codefresh;

/// What every step's shell finds on its PATH. Names of what is masked are noted.
/// <https://codefresh.io/docs/docs/pipelines/variables/#exporting-variables-with-cf_export>
const CF_EXPORT: &str = "#!/bin/sh
mask=''
for word; do if [ \"$word\" = --mask ]; then mask=1; fi; done
for word; do
  case $word in
    --mask) continue ;;
    *=*) line=$word ;;
    *) eval \"line=\\$word=\\$$word\" ;;
  esac
  printf '%s\\n' \"$line\" >>\"$CF_VOLUME_PATH/env_vars_to_export\"
  if [ -n \"$mask\" ]; then printf '%s\\n' \"${line%%=*}\" >>\"$CF_VOLUME_PATH/masked\"; fi
done
";

impl Wrapper for Codefresh {
    fn system(&self) -> &'static str {
        "codefresh"
    }

    fn command(&self, place: &Place, event: Event, inputs: &[(&str, &str)]) -> Command {
        static STEP: OnceLock<(Value, Value)> = OnceLock::new();
        let (step, schema) = STEP.get_or_init(|| {
            let step = read("step.yaml");
            let schema = schema(&step);
            (step, schema)
        });
        let mut arguments = json!({ "WORKING_DIRECTORY": "${{main_clone}}" });
        let mut variables = build(place, event);
        let declared = &schema["properties"];
        for (name, value) in inputs {
            let name = name.replace('-', "_").to_uppercase();
            if declared.get(&name).is_some() {
                arguments[&name] = (*value).into();
            } else {
                variables.insert(format!("STACKSTEP_{name}"), (*value).to_owned());
            }
        }
        if arguments.get("COMMAND").is_none() {
            arguments["COMMAND"] = "up".into();
        }
        match run(place, step, &arguments, &variables) {
            Ok(command) => command,
            // Codefresh does not start the step.
            Err(_) => Command::new("false"),
        }
    }

    fn outputs(&self, place: &Place, _log: &str) -> BTreeMap<String, String> {
        let of_a_run = ["status", "reason", "has-changes", "changes", "result", "permalink", "outputs"];
        let own = [&of_a_run[..], &["command", "stacks", "environment", "skip", "why"]].concat();
        exported(place)
            .into_iter()
            .filter_map(|(name, value)| {
                let name = name.strip_prefix("STACK_")?.to_owned();
                let ours = own.iter().find(|own| own.replace('-', "_").to_uppercase() == name);
                let theirs = name.strip_prefix("OUTPUT_").map(str::to_owned);
                Some((ours.map(|own| (*own).to_owned()).or(theirs)?, value))
            })
            .collect()
    }

    fn cancel(&self) -> &'static [Cancel] {
        // What a terminated build's container is told is not documented. Container engines signal its first process:
        // https://docs.docker.com/reference/cli/docker/container/stop/
        &[Cancel { executor: "", signals: &["SIGTERM"], whom: Whom::Entry }]
    }
}

/// A step type, as JSON.
pub fn read(file: &str) -> Value {
    let path = tools::root().join("codefresh").join(file);
    serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The schema of its arguments.
pub fn schema(step: &Value) -> Value {
    serde_json::from_str(step["spec"]["arguments"].as_str().unwrap()).unwrap()
}

/// The variables of a build.
pub fn build(place: &Place, event: Event) -> BTreeMap<String, String> {
    let case = match event {
        // A clock's builds and tries are not told apart.
        Event::Schedule | Event::Rerun | Event::MergeQueue => "push",
        other => other.usual_case(),
    };
    let mut variables = fixture("codefresh", case);
    if event == Event::MergeQueue {
        let queue = "gh-readonly-queue/main/pr-7-88a27cd7f2210ae0c1d4c0b7a5a1f0e3d2c1b0a9";
        variables.insert("CF_BRANCH".to_owned(), queue.to_owned());
    }
    variables.insert("CF_VOLUME_PATH".to_owned(), volume(place).display().to_string());
    variables.insert("main_clone".to_owned(), place.repository().display().to_string());
    variables
}

/// The volume that all steps of a build share.
pub fn volume(place: &Place) -> PathBuf {
    place.beside("volume")
}

/// The variables that later steps get, the last value of each.
pub fn exported(place: &Place) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(volume(place).join("env_vars_to_export")).unwrap_or_default();
    text.lines().filter_map(|line| line.split_once('=')).map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
}

/// Holds the arguments against the step's schema. Those of the last step that was asked for are kept.
fn takes(step: &Value, arguments: &Value) -> Result<(), String> {
    static KEPT: Mutex<Option<(Value, jsonschema::Validator)>> = Mutex::new(None);
    let of = &step["spec"]["arguments"];
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.as_ref().is_none_or(|(other, _)| other != of) {
        *kept = Some((of.clone(), jsonschema::validator_for(&schema(step)).unwrap()));
    }
    let (_, validator) = kept.as_ref().unwrap();
    validator.validate(arguments).map_err(|error| error.to_string())
}

/// The parts that a step becomes, in their order, or why Codefresh would not take the arguments.
pub fn parts(step: &Value, arguments: &Value) -> Result<Map<String, Value>, String> {
    takes(step, arguments)?;
    let spec = &step["spec"];
    let given = json!({
        "Template": spec["stepsTemplate"],
        "Left": spec["delimiters"]["left"],
        "Right": spec["delimiters"]["right"],
        "Arguments": arguments,
    });
    let mut child = Command::new(renderer()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(given.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the template does not render");
    let text = String::from_utf8(output.stdout).unwrap();
    Ok(serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{error}:\n{text}")))
}

/// `text` with `${{NAME}}` filled in; what is no variable stays as it is.
/// <https://github.com/codefresh-io/steps/blob/master/incubating/obtain-oidc-id-token/step.yaml>
pub fn substitute(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        out.push_str(before);
        match after.split_once("}}") {
            Some((name, after)) if variables.contains_key(name) => {
                out.push_str(&variables[name]);
                rest = after;
            }
            _ => {
                out.push_str("${{");
                rest = after;
            }
        }
    }
    out + rest
}

/// The step's containers, one after the other until one fails.
pub fn run(
    place: &Place,
    step: &Value,
    arguments: &Value,
    variables: &BTreeMap<String, String>,
) -> Result<Command, String> {
    let parts = parts(step, arguments)?;
    let bin = place.beside("codefresh-bin");
    let volume = volume(place);
    for folder in [&bin, &volume] {
        std::fs::create_dir_all(folder).unwrap();
    }
    let cf_export = bin.join("cf_export");
    std::fs::write(&cf_export, CF_EXPORT).unwrap();
    std::fs::set_permissions(&cf_export, std::fs::Permissions::from_mode(0o755)).unwrap();

    let mut environment = place.environment();
    environment.insert("PATH".to_owned(), format!("{}:{}", bin.display(), environment["PATH"]));
    environment.extend(variables.iter().filter(|(name, _)| *name != "main_clone").map(owned));
    let mut scripts = Vec::new();
    let mut folder = volume.display().to_string();
    for (name, part) in &parts {
        let text = |value: &Value| substitute(value.as_str().unwrap(), variables);
        assert!(!text(&part["image"]).is_empty(), "a step needs an image");
        for pair in part["environment"].as_array().into_iter().flatten() {
            assert_eq!(name, "main", "only the first part has an environment");
            let pair = text(pair);
            let (name, value) = pair.split_once('=').unwrap();
            environment.insert(name.to_owned(), value.to_owned());
        }
        if !part["working_directory"].is_null() {
            folder = text(&part["working_directory"]);
        }
        // https://codefresh.io/docs/docs/pipelines/steps/freestyle/#commands
        let commands = part["commands"].as_array().unwrap().iter().map(text);
        scripts.push(format!("set -e; {}", commands.collect::<Vec<_>>().join(";")));
    }
    let mut command = Command::new("/bin/sh");
    match scripts.as_slice() {
        [one] => command.args(["-c", one]),
        [first, second] => {
            command.args(["-c", "/bin/sh -c \"$1\" && /bin/sh -c \"$2\"", "sh", first, second])
        }
        more => panic!("{} parts", more.len()),
    };
    command.env_clear().envs(environment).current_dir(folder);
    Ok(command)
}

fn owned((name, value): (&String, &String)) -> (String, String) {
    (name.clone(), value.clone())
}

/// The program that fills in templates, built once.
fn renderer() -> &'static PathBuf {
    static RENDERER: OnceLock<PathBuf> = OnceLock::new();
    RENDERER.get_or_init(|| {
        let folder = tools::root().join("target/codefresh-template");
        std::fs::create_dir_all(&folder).unwrap();
        let program = folder.join("render");
        let source = tools::root().join("tests/runners/harness/codefresh.go");
        let status = Command::new("go").args(["build", "-o"]).arg(&program).arg(source).status().unwrap();
        assert!(status.success(), "the program that fills in templates does not build");
        program
    })
}
