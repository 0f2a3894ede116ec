//! CodeBuild's buildspecs and pipelines: valid, complete, and without a second try of a deployment.

use crate::{files_ending, wrappers::yaml};
use serde_json::{Value, json};
use stackstep::base::env::Env;
use stackstep::ci;
use stackstep::inputs::Source;
use stackstep::inputs::outer::resolve;
use stackstep::inputs::resolve::Flags;
use stackstep::inputs::{Command, INPUTS, Input};
use std::collections::BTreeSet;
use std::path::PathBuf;
use xtask::generate::folders;

/// Every buildspec of the folder: what is no CloudFormation template and no Pulumi program.
fn buildspecs() -> Vec<PathBuf> {
    let mut files = files_ending(&xtask::root().join("codebuild"), &[".yml"]);
    files.retain(|file| yaml(file).get("phases").is_some());
    assert!(files.len() >= 9, "{files:?}");
    files
}

fn schema() -> jsonschema::Validator {
    let path = xtask::root().join("tests/fixtures/schemas/buildspec.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn every_buildspec_is_valid() {
    let schema = schema();
    for file in buildspecs() {
        let errors: Vec<_> = schema.iter_errors(&yaml(&file)).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", file.display());
    }
}

#[test]
fn the_schema_refuses_what_codebuild_would_refuse() {
    let schema = schema();
    let good = json!({ "version": 0.2, "phases": { "build": { "commands": ["true"] } } });
    assert!(schema.is_valid(&good));
    let with = |pointer: &str, name: &str, value: Value| {
        let mut changed = good.clone();
        changed.pointer_mut(pointer).unwrap()[name] = value;
        changed
    };
    for wrong in [
        with("", "version", json!("0.2")),
        with("", "phase", json!({})),
        with("/phases", "deploy", json!({ "commands": ["true"] })),
        with("/phases/build", "commands", json!([])),
        with("/phases/build", "on-failure", json!("RETRY")),
        with("", "env", json!({ "variables": { "CODEBUILD_X": "reserved" } })),
        with("", "env", json!({ "variables": { "A": 1 } })),
        with("", "env", json!({ "exported-variables": ["AWS_REGION"] })),
        with("", "reports", json!({ "x": { "files": ["a"], "file-format": "JUNIT" } })),
    ] {
        assert!(!schema.is_valid(&wrong), "{wrong}");
    }
}

/// The variables of the table in the README.
fn listed() -> BTreeSet<String> {
    let readme = std::fs::read_to_string(xtask::root().join("codebuild/README.md")).unwrap();
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `STACKSTEP_INPUT_"));
    rows.map(|row| format!("STACKSTEP_INPUT_{}", row.split('`').next().unwrap())).collect()
}

fn variable(input: &Input) -> String {
    format!("STACKSTEP_INPUT_{}", input.name.to_uppercase().replace('-', "_"))
}

#[test]
fn every_input_is_listed_or_left_out_for_a_reason() {
    let folder =
        folders(&xtask::root()).unwrap().into_iter().find(|folder| folder.name == "codebuild").unwrap();
    let left_out = folder.left_out_everywhere();
    let wanted: BTreeSet<String> =
        INPUTS.iter().filter(|input| !left_out.contains_key(input.name)).map(variable).collect();
    assert_eq!(listed(), wanted);
}

#[test]
fn the_binary_reads_every_variable_that_is_listed() {
    for input in INPUTS.iter().filter(|input| listed().contains(&variable(input))) {
        let variable = variable(input);
        let pairs = [("CODEBUILD_BUILD_ARN", "arn"), (variable.as_str(), "a value")];
        let env = Env::from_pairs("/", pairs);
        let resolved = resolve(Some(Command::Up), &Flags::new(), ci::detect(&env), &env).unwrap();
        assert_eq!(resolved.values[input.name].source, Source::Step(variable));
    }
}

#[test]
fn the_buildspecs_say_nothing_but_the_presets() {
    for (file, command) in [("preview.yml", "preview"), ("deploy.yml", "up"), ("destroy.yml", "destroy")] {
        let buildspec = yaml(&xtask::root().join("codebuild").join(file));
        let variables = buildspec["env"]["variables"].as_object().unwrap();
        assert_eq!(variables["STACKSTEP_INPUT_COMMAND"], command);
        let unknown: Vec<_> = variables.keys().filter(|name| !listed().contains(*name)).collect();
        assert!(unknown.is_empty(), "{file}: {unknown:?}");
    }
}

#[test]
fn what_a_pipeline_uses_is_exported() {
    let exported = yaml(&xtask::root().join("codebuild/preview.yml"))["env"]["exported-variables"].clone();
    let exported: Vec<String> = serde_json::from_value(exported).unwrap();
    for file in ["pipeline.yml", "pipeline/Pulumi.yaml"] {
        let text = std::fs::read_to_string(xtask::root().join("codebuild").join(file)).unwrap();
        let used: Vec<&str> =
            text.split("#{Preview.").skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
        assert_eq!(used.len(), 3, "{file}");
        assert!(used.iter().all(|name| exported.iter().any(|one| one == name)), "{file}: {used:?}");
    }
}

/// A pipeline's stages, with the category and the configuration of each action.
type Stages = Vec<(String, Vec<(String, Vec<String>)>)>;

fn stages(pipeline: &Value, names: [&str; 3], category: &str) -> Stages {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let list = |value: &Value| value.as_array().unwrap().clone();
    let actions = |stage: &Value| {
        let action = |action: &Value| {
            let mut keys: Vec<String> = action[names[2]].as_object().unwrap().keys().cloned().collect();
            keys.retain(|key| key != "NotificationArn");
            (text(action.pointer(category).unwrap()), keys)
        };
        list(&stage[names[1]]).iter().map(action).collect()
    };
    list(pipeline).iter().map(|stage| (text(&stage[names[0]]), actions(stage))).collect()
}

#[test]
fn both_forms_of_the_pipeline_are_one() {
    let template = yaml(&xtask::root().join("codebuild/pipeline.yml"));
    let program = yaml(&xtask::root().join("codebuild/pipeline/Pulumi.yaml"));
    let template = &template["Resources"]["Pipeline"]["Properties"];
    let program = &program["resources"]["pipeline"]["properties"];
    let first = stages(&template["Stages"], ["Name", "Actions", "Configuration"], "/ActionTypeId/Category");
    let second = stages(&program["stages"], ["name", "actions", "configuration"], "/category");
    assert_eq!(first, second);
    let names: Vec<_> = first.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Source", "Preview", "Approve", "Deploy"]);
    assert_eq!((&template["ExecutionMode"], &program["executionMode"]), (&"QUEUED".into(), &"QUEUED".into()));
    assert_eq!((&template["PipelineType"], &program["pipelineType"]), (&"V2".into(), &"V2".into()));
}

#[test]
fn nothing_tries_a_deployment_again() {
    let retries = |value: &Value| {
        let text = value.to_string().to_lowercase();
        ["retry", "onfailure", "on-failure"].iter().any(|word| text.contains(word))
    };
    for file in files_ending(&xtask::root().join("codebuild"), &[".yml", ".yaml"]) {
        let mut document = yaml(&file);
        // A script may try a download again.
        if let Some(install) = document.pointer_mut("/phases/install") {
            install.take();
        }
        assert!(!retries(&document), "{}", file.display());
    }
    assert!(retries(&json!({ "OnFailure": { "Result": "RETRY" } })));
}

#[test]
fn previews_and_deploys_have_a_role_each() {
    for file in ["pipeline.yml", "examples/webhooks.yml"] {
        let resources = yaml(&xtask::root().join("codebuild").join(file))["Resources"].clone();
        let role = |project: &str| resources[project]["Properties"]["ServiceRole"].clone();
        assert_eq!(role("PreviewProject"), json!({ "Fn::GetAtt": ["PreviewRole", "Arn"] }), "{file}");
        assert_eq!(role("DeployProject"), json!({ "Fn::GetAtt": ["DeployRole", "Arn"] }), "{file}");
    }
}
