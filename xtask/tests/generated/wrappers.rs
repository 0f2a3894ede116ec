//! What holds for every wrapper, whatever its CI system: it declares the whole table or says why not, YAML readers
//! agree on it, and no value is spliced into a script.

use crate::files_ending;
use serde::Deserialize as _;
use serde_json::Value;
use stackstep::ci;
use stackstep::env::Env;
use stackstep::inputs::resolve::{Flags, Source, resolve};
use stackstep::inputs::{Command, INPUTS};
use std::collections::BTreeSet;
use std::path::Path;
use xtask::generate::{Folder, folders};
use xtask::release::table::{Archive, Release};

pub fn yaml(path: &Path) -> Value {
    serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn yaml_files(root: &Path) -> Vec<std::path::PathBuf> {
    files_ending(root, &[".yml", ".yaml"])
}

/// The names under `inputs` of an `action.yml`.
fn declared(action: &Path) -> BTreeSet<String> {
    yaml(action)["inputs"].as_object().unwrap().keys().cloned().collect()
}

/// The names that the binary reads and `folder` does not leave out.
fn wanted(folder: &Folder) -> BTreeSet<String> {
    let inputs = INPUTS.iter().filter(|input| !folder.spec.leave_out.contains_key(input.name));
    inputs.flat_map(|input| input.names().map(|name| folder.spec.naming.spell(name))).collect()
}

#[test]
fn the_deploy_action_declares_every_input_and_no_other() {
    let root = xtask::root();
    let actions = folders(&root).unwrap().into_iter().find(|folder| folder.name == "actions").unwrap();
    assert_eq!(declared(&root.join("actions/deploy/action.yml")), wanted(&actions));
}

#[test]
fn the_binary_reads_every_input_that_the_deploy_action_declares() {
    for name in declared(&xtask::root().join("actions/deploy/action.yml")) {
        // As GitHub's runner hands it over.
        let variable = format!("INPUT_{}", name.to_uppercase());
        let env = Env::from_pairs("/", [("GITHUB_ACTIONS", "true"), (variable.as_str(), "a value")]);
        let resolved = resolve(Some(Command::Up), &Flags::new(), ci::detect(&env), &env).unwrap();
        let sources = resolved.values.values().map(|found| &found.source);
        let read = sources.filter(|source| **source == Source::Step(variable.clone())).count();
        assert_eq!(read, 1, "`{name}` arrives as `{variable}`, and nothing reads it");
    }
}

/// The inputs of <https://github.com/pulumi/actions/blob/v7/action.yml>.
const OFFICIAL_ACTION: &[&str] = &[
    "command",
    "stack-name",
    "pulumi-version",
    "pulumi-version-file",
    "work-dir",
    "comment-on-pr",
    "comment-on-pr-number",
    "comment-on-summary",
    "github-token",
    "cloud-url",
    "secrets-provider",
    "parallel",
    "message",
    "config-map",
    "expect-no-changes",
    "diff",
    "replace",
    "exclude",
    "exclude-dependents",
    "target",
    "target-dependents",
    "policyPacks",
    "policyPackConfigs",
    "refresh",
    "upsert",
    "remove",
    "edit-pr-comment",
    "color",
    "exclude-protected",
    "plan",
    "suppress-outputs",
    "suppress-progress",
    "always-include-summary",
    "continue-on-error",
    "log-verbosity",
    "log-flow",
    "debug",
];

#[test]
fn the_deploy_action_takes_every_input_of_the_official_action() {
    let declared = declared(&xtask::root().join("actions/deploy/action.yml"));
    let missing: Vec<_> = OFFICIAL_ACTION.iter().filter(|name| !declared.contains(**name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_deploy_action_has_no_defaults_but_the_token() {
    let action = yaml(&xtask::root().join("actions/deploy/action.yml"));
    let inputs = action["inputs"].as_object().unwrap();
    let with_default: Vec<_> = inputs.iter().filter(|(_, input)| input.get("default").is_some()).collect();
    assert_eq!(with_default.len(), 1);
    assert_eq!(inputs["github-token"]["default"], "${{ github.token }}");
}

#[test]
fn a_reason_is_written_for_every_input_that_is_left_out() {
    for folder in folders(&xtask::root()).unwrap() {
        let of_wrappers = folder.spec.wrappers.iter().flat_map(|wrapper| &wrapper.leave_out);
        for (name, reason) in folder.spec.leave_out.iter().chain(of_wrappers) {
            assert!(
                reason.split_whitespace().count() > 3,
                "{}: `{name}`: {reason:?} says little",
                folder.name
            );
        }
    }
}

/// The documents of a file: a GitLab template has two.
fn documents(text: &str) -> Result<Vec<Value>, serde_yaml::Error> {
    serde_yaml::Deserializer::from_str(text).map(Value::deserialize).collect()
}

#[test]
fn two_yaml_readers_read_every_yaml_file_alike() {
    let root = xtask::root();
    let files = yaml_files(&root);
    assert!(files.iter().any(|file| file.ends_with("actions/deploy/action.yml")));
    for file in files.iter().filter(|file| !file.components().any(|part| part.as_os_str() == "fixtures")) {
        let text = std::fs::read_to_string(file).unwrap();
        let first = documents(&text).unwrap();
        let second: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
        assert_eq!(first, second, "{}", file.display());
    }
}

#[test]
fn no_script_of_a_workflow_or_wrapper_contains_an_expression() {
    let root = xtask::root();
    let mut scripts = 0;
    for file in yaml_files(&root) {
        let Ok(documents) = documents(&std::fs::read_to_string(&file).unwrap()) else { continue };
        each_script(&Value::Array(documents), &mut |script| {
            scripts += 1;
            assert!(!script.contains("${{") && !script.contains("$[["), "{}: {script}", file.display());
        });
    }
    assert!(scripts > 0, "no script found at all");
}

/// Calls `look` with every text under a `run` or `script` key.
fn each_script(value: &Value, look: &mut impl FnMut(&str)) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(script) if key == "run" || key == "script" => look(script),
                    Value::Array(lines)
                        if ["before_script", "script", "after_script"].contains(&key.as_str()) =>
                    {
                        lines.iter().filter_map(Value::as_str).for_each(&mut *look);
                    }
                    _ => each_script(value, look),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| each_script(item, look)),
        _ => {}
    }
}

/// A release as it could be, for wrappers that carry its hashes.
fn release() -> Release {
    let archive = Archive {
        target: "x86_64-unknown-linux-musl".into(),
        sha256: "a".repeat(64),
        stackstep: "b".repeat(64),
        sandbox: "c".repeat(64),
    };
    Release { version: "1.2.3".into(), archive: vec![archive] }
}

#[test]
fn the_scripts_of_cloud_build_and_codebuild_carry_the_bootstrap_of_the_release_as_it_is() {
    let files = xtask::generate::wrappers(&xtask::root(), &release()).unwrap();
    let text = |path: &str| &files.iter().find(|file| file.path == Path::new(path)).unwrap().text;
    let read = |path: &str| -> Value { serde_yaml::from_str(text(path)).unwrap() };
    // The first lines say what the file was made from.
    let bootstrap = text("bootstrap/stackstep.sh").split_once("set -u\n").unwrap().1;
    assert!(bootstrap.contains(&format!("archive_sum={}", "a".repeat(64))), "{bootstrap}");
    for file in ["preview.yaml", "deploy.yaml", "destroy.yaml"] {
        let build = read(&format!("cloud-build/{file}"));
        let script = build["steps"][0]["script"].as_str().unwrap();
        assert!(script.starts_with("#!/bin/sh\nset -- run\n") && script.ends_with(bootstrap), "{file}");
    }
    for file in ["preview.yml", "deploy.yml", "destroy.yml"] {
        let buildspec = read(&format!("codebuild/{file}"));
        let install = buildspec["phases"]["install"]["commands"][0].as_str().unwrap();
        assert!(install.ends_with(&format!("{bootstrap}END-OF-STACKSTEP\n")), "{file}");
    }
}

#[test]
fn codefreshs_steps_carry_the_hashes_of_the_release() {
    let files = xtask::generate::wrappers(&xtask::root(), &release()).unwrap();
    for path in ["codefresh/step.yaml", "codefresh/finish.yaml"] {
        let text = &files.iter().find(|file| file.path == Path::new(path)).unwrap().text;
        let step: Value = serde_yaml::from_str(text).unwrap();
        let template = step["spec"]["stepsTemplate"].as_str().unwrap();
        for line in ["version='1.2.3'", &format!("archive_sum={}", "a".repeat(64))] {
            assert!(template.lines().any(|one| one.trim() == line), "{path}: {line}");
        }
    }
}
