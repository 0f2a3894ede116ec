//! What holds for every wrapper, whatever its CI system: it declares the whole table or says why not, YAML readers
//! agree on it, and no value is spliced into a script.

use crate::files_ending;
use serde::Deserialize as _;
use serde_json::Value;
use stackstep::base::env::Env;
use stackstep::ci;
use stackstep::inputs::Source;
use stackstep::inputs::outer::resolve;
use stackstep::inputs::resolve::Flags;
use stackstep::inputs::{Command, INPUTS, OFFICIAL_INPUTS};
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
    let left_out = folder.left_out_everywhere();
    let inputs = INPUTS.iter().filter(|input| !left_out.contains_key(input.name));
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

#[test]
fn the_deploy_action_takes_every_input_of_the_official_action() {
    let declared = declared(&xtask::root().join("actions/deploy/action.yml"));
    let missing: Vec<_> = OFFICIAL_INPUTS.iter().filter(|name| !declared.contains(**name)).collect();
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
        for (reason, names) in folder.reasons() {
            assert!(
                reason.split_whitespace().count() > 3,
                "{}: {names:?}: {reason:?} says little",
                folder.name
            );
        }
    }
}

#[test]
fn every_wrapper_has_every_input_or_a_reason_for_each_that_it_leaves_out() {
    let root = xtask::root();
    let files = xtask::generate::wrappers(&root, &Release::default()).unwrap();
    let mut checked = 0;
    for folder in folders(&root).unwrap().iter().filter(|folder| folder.spec.name.is_some()) {
        let left_out: BTreeSet<String> =
            folder.spec.wrappers.iter().flat_map(|wrapper| folder.left_out(wrapper).into_keys()).collect();
        let own = files.iter().filter(|file| file.path.starts_with(&folder.name));
        let texts: Vec<&str> = own.map(|file| file.text.as_str()).collect();
        for input in INPUTS.iter().filter(|input| !left_out.contains(input.name)) {
            let name = folder.spec.naming.spell(input.name);
            // What stands before an underscore is the system's prefix: `_STACKSTEP_STACK`.
            let is_word = |at: usize, text: &str| {
                let (before, after) =
                    (text[..at].chars().next_back(), text[at + name.len()..].chars().next());
                let part_of_word = |c: char| c.is_alphanumeric() || c == '-';
                !before.is_some_and(part_of_word) && !after.is_some_and(|c| part_of_word(c) || c == '_')
            };
            let there = texts.iter().any(|text| text.match_indices(&name).any(|(at, _)| is_word(at, text)));
            assert!(there, "{}: no `{name}`, and no reason in `gen.toml`", folder.name);
            checked += 1;
        }
    }
    assert!(checked > 500, "{checked}");
}

#[test]
fn every_wrapper_of_a_system_is_of_one_that_the_binary_knows() {
    for folder in folders(&xtask::root()).unwrap() {
        if let Some(name) = folder.spec.name {
            assert!(ci::SYSTEMS.iter().any(|system| system.name() == name), "{}: `{name}`", folder.name);
        }
    }
}

#[test]
fn every_wrapper_has_a_page_with_the_reference_of_its_inputs() {
    let root = xtask::root();
    for folder in folders(&root).unwrap().iter().filter(|folder| folder.spec.name.is_some()) {
        let page = std::fs::read_to_string(root.join(&folder.name).join("README.md")).unwrap();
        assert!(page.contains("<!-- gen:inputs -->"), "{}", folder.name);
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
    let folders = folders(&root).unwrap();
    let mut scripts = 0;
    for file in yaml_files(&root) {
        let of = folders.iter().find(|folder| file.starts_with(root.join(&folder.name)));
        let own = of.into_iter().flat_map(|folder| folder.spec.expressions.iter().map(String::as_str));
        let expressions: Vec<&str> = ["${{", "$[["].into_iter().chain(own).collect();
        let Ok(documents) = documents(&std::fs::read_to_string(&file).unwrap()) else { continue };
        each_script(&Value::Array(documents), &mut |script| {
            scripts += 1;
            let found = expressions.iter().find(|expression| script.contains(**expression));
            assert!(found.is_none(), "{}: `{}` in: {script}", file.display(), found.unwrap());
        });
    }
    assert!(scripts > 50, "{scripts}");
}

/// The keys under which CI systems have scripts, as one text or as a list of commands.
const SCRIPTS: &[&str] = &[
    "after_script",
    "bash",
    "before_install",
    "before_script",
    "command",
    "commands",
    "finally",
    "install",
    "powershell",
    "pwsh",
    "run",
    "script",
];

/// The keys under which steps have inputs and variables: what is in there is no script, whatever its name.
const VALUES: &[&str] = &["environment", "inputs", "outputs", "parameters", "settings", "with"];

/// Calls `look` with every script.
fn each_script(value: &Value, look: &mut impl FnMut(&str)) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(script) if SCRIPTS.contains(&key.as_str()) => look(script),
                    Value::Array(lines) if SCRIPTS.contains(&key.as_str()) => {
                        for line in lines {
                            match line {
                                Value::String(script) => look(script),
                                other => each_script(other, look),
                            }
                        }
                    }
                    _ if VALUES.contains(&key.as_str()) => {}
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
