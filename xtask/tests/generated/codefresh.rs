//! Codefresh's typed steps: in the documented form, complete, and safe from Codefresh's own replacements.

use crate::{files_ending, wrappers::yaml};
use serde_json::{Value, json};
use stackstep::base::env::Env;
use stackstep::ci;
use stackstep::inputs::Source;
use stackstep::inputs::outer::resolve;
use stackstep::inputs::resolve::Flags;
use stackstep::inputs::{Command, INPUTS, Kind};
use std::collections::BTreeSet;
use xtask::generate::{Folder, folders};

/// The arguments of the step that are no inputs.
const OWN: &[&str] = &["WORKING_DIRECTORY", "ENV", "IMAGE"];

fn folder() -> Folder {
    folders(&xtask::root()).unwrap().into_iter().find(|folder| folder.name == "codefresh").unwrap()
}

fn step(file: &str) -> Value {
    yaml(&xtask::root().join("codefresh").join(file))
}

/// A field of `spec` that holds JSON.
fn schema(step: &Value, field: &str) -> Value {
    serde_json::from_str(step["spec"][field].as_str().unwrap()).unwrap()
}

/// The arguments that are inputs, in the table's spelling.
fn declared(file: &str) -> BTreeSet<String> {
    let schema = schema(&step(file), "arguments");
    let names = schema["properties"].as_object().unwrap().keys().filter(|name| !OWN.contains(&name.as_str()));
    names.map(|name| name.to_lowercase().replace('_', "-")).collect()
}

#[test]
fn every_input_is_an_argument_or_left_out_for_a_reason() {
    let folder = folder();
    for (file, wrapper) in ["step.yaml", "finish.yaml"].iter().zip(&folder.spec.wrappers) {
        let left_out = folder.left_out(wrapper);
        let inputs = INPUTS.iter().map(|input| input.name.to_owned());
        let wanted: BTreeSet<String> = inputs.filter(|name| !left_out.contains_key(name)).collect();
        assert_eq!(declared(file), wanted, "{file}");
    }
}

#[test]
fn the_binary_reads_every_argument() {
    for name in declared("step.yaml") {
        let variable = format!("STACKSTEP_INPUT_{}", name.to_uppercase().replace('-', "_"));
        let env = Env::from_pairs("/", [("CF_BUILD_ID", "5f0e3c2d1b"), (variable.as_str(), "a value")]);
        let resolved = resolve(Some(Command::Up), &Flags::new(), ci::detect(&env), &env).unwrap();
        assert_eq!(resolved.values[name.as_str()].source, Source::Step(variable));
    }
}

#[test]
fn no_argument_has_a_default_and_typed_ones_take_a_variable_too() {
    let schema = schema(&step("step.yaml"), "arguments");
    for input in INPUTS {
        let name = input.name.to_uppercase().replace('-', "_");
        let Some(argument) = schema["properties"].get(&name) else { continue };
        assert!(argument.get("default").is_none(), "{name}");
        let typed = matches!(input.kind, Kind::Bool | Kind::Choice(_) | Kind::Number { .. });
        assert_eq!(argument.get("pattern").is_some(), typed, "{name}");
        let validator = jsonschema::validator_for(argument).unwrap();
        assert!(
            validator.is_valid(&json!("${{OF_THE_PIPELINE}}")) && validator.is_valid(&json!("")),
            "{name}"
        );
        assert_eq!(validator.is_valid(&json!("nonsense")), !typed, "{name}");
    }
}

/// What all of Codefresh's own steps have: <https://github.com/codefresh-io/steps>, and
/// <https://codefresh.io/docs/docs/pipelines/steps/#creating-a-typed-codefresh-plugin>.
fn form() -> jsonschema::Validator {
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    let form = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["version", "kind", "metadata", "spec"],
        "properties": {
            "version": { "const": "1.0" },
            "kind": { "const": "step-type" },
            "metadata": {
                "type": "object",
                "additionalProperties": false,
                "required": ["name", "version", "isPublic", "description", "sources", "stage", "maintainers",
                    "categories", "official", "tags", "icon", "examples"],
                "properties": {
                    "name": { "type": "string", "pattern": "^[a-z0-9-]+/[a-z0-9-]+$" },
                    "version": { "type": "string", "pattern": "^[0-9]+\\.[0-9]+\\.[0-9]+$" },
                    "title": { "type": "string" },
                    "description": { "type": "string" },
                    "isPublic": { "type": "boolean" },
                    "official": { "type": "boolean" },
                    "latest": { "type": "boolean" },
                    "stage": { "enum": ["incubating", "graduated"] },
                    "sources": texts,
                    "categories": texts,
                    "tags": texts,
                    "maintainers": { "type": "array", "items": { "required": ["name"] } },
                    "icon": {
                        "required": ["type", "url", "background"],
                        "properties": { "type": { "enum": ["svg", "image"] } }
                    },
                    "examples": { "type": "array", "items": { "required": ["description", "workflow"] } }
                }
            },
            "spec": {
                "type": "object",
                "additionalProperties": false,
                "required": ["arguments", "returns", "delimiters", "stepsTemplate"],
                "properties": {
                    "arguments": { "type": "string" },
                    "returns": { "type": "string" },
                    "stepsTemplate": { "type": "string" },
                    "delimiters": {
                        "additionalProperties": false,
                        "required": ["left", "right"],
                        "properties": { "left": { "type": "string" }, "right": { "type": "string" } }
                    }
                }
            }
        }
    });
    jsonschema::validator_for(&form).unwrap()
}

#[test]
fn the_steps_have_the_documented_form() {
    for file in ["step.yaml", "finish.yaml"] {
        let step = step(file);
        let errors: Vec<_> = form().iter_errors(&step).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{file}: {errors:?}");
        for field in ["arguments", "returns"] {
            let schema = schema(&step, field);
            assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#", "{file}: {field}");
            assert!(jsonschema::meta::is_valid(&schema), "{file}: {field}");
        }
        let mut broken = step.clone();
        broken["spec"]["step"] = json!({});
        assert!(!form().is_valid(&broken));
    }
}

#[test]
fn nothing_in_a_template_is_replaced_but_the_arguments() {
    for file in ["step.yaml", "finish.yaml"] {
        let step = step(file);
        let template = step["spec"]["stepsTemplate"].as_str().unwrap();
        assert!(!template.contains("${{"), "{file}: Codefresh would fill that in");
        // Between the delimiters there is nothing but the template's own language.
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("[[") {
            assert!(!before.contains("]]"), "{file}: {before:.60}");
            let (action, after) = after.split_once("]]").unwrap();
            let action = action.trim_matches('-').trim();
            let word = action.split_whitespace().next().unwrap();
            assert!(["if", "else", "end", "range", "printf"].contains(&word), "{file}: {action}");
            assert!(word != "printf" || action.contains("\"%q\""), "{file}: {action} is not quoted");
            rest = after;
        }
        assert!(!rest.contains("]]"), "{file}");
        // Values are whole scalars, or whole items of a list; what is left are conditions on lines of their own.
        for line in template.lines().map(str::trim).filter(|line| line.contains("[[")) {
            let whole = ["image: [[", "working_directory: [[ printf", "- [[ printf", "[[- "];
            assert!(whole.iter().any(|start| line.starts_with(start)), "{file}: {line}");
        }
    }
}

#[test]
fn no_command_of_an_example_has_a_value_in_it() {
    let files = files_ending(&xtask::root().join("codefresh/examples"), &[".yml"]);
    assert!(files.len() >= 10);
    let mut commands = 0;
    for file in files {
        let mut values = vec![yaml(&file)];
        while let Some(value) = values.pop() {
            for command in value["commands"].as_array().into_iter().flatten() {
                commands += 1;
                assert!(!command.as_str().unwrap().contains("${{"), "{}: {command}", file.display());
            }
            values.extend(value.as_object().into_iter().flat_map(|fields| fields.values().cloned()));
            values.extend(value.as_array().into_iter().flatten().cloned());
        }
    }
    assert!(commands >= 2);
}

#[test]
fn previews_and_deploys_have_a_pipeline_and_an_identity_each_and_no_deploy_is_ended() {
    let pipeline = |name: &str| step(&format!("examples/pipeline-{name}.yml"))["spec"].clone();
    let (preview, deploy) = (pipeline("preview"), pipeline("deploy"));
    assert_ne!(preview["contexts"], deploy["contexts"]);
    assert!(preview["terminationPolicy"].is_array() && deploy.get("terminationPolicy").is_none());
    assert_eq!((&deploy["concurrency"], &deploy["permitRestartFromFailedSteps"]), (&json!(1), &json!(false)));
    assert_eq!(preview["triggers"][0]["pullRequestAllowForkEvents"], false);
    for file in files_ending(&xtask::root().join("codefresh/examples"), &[".yml"]) {
        assert!(!yaml(&file).to_string().contains("\"retry\""), "{}", file.display());
    }
}
