//! Cloud Build's files: every input is a substitution or left out for a reason, and no value becomes a part of a script.

use crate::{files_ending, wrappers::yaml};
use serde_json::Value;
use stackstep::base::env::Env;
use stackstep::ci;
use stackstep::inputs::Source;
use stackstep::inputs::outer::resolve;
use stackstep::inputs::resolve::Flags;
use stackstep::inputs::{Command, INPUTS};
use std::collections::BTreeSet;
use xtask::generate::{Folder, folders};

/// The generated build files and the command of each.
const FILES: &[(&str, Command)] =
    &[("preview.yaml", Command::Preview), ("deploy.yaml", Command::Up), ("destroy.yaml", Command::Destroy)];

fn folder() -> Folder {
    folders(&xtask::root()).unwrap().into_iter().find(|folder| folder.name == "cloud-build").unwrap()
}

fn build(file: &str) -> Value {
    yaml(&xtask::root().join("cloud-build").join(file))
}

/// The inputs that a build file declares, in the table's spelling.
fn declared(file: &str) -> BTreeSet<String> {
    let build = build(file);
    let substitutions = build["substitutions"].as_object().unwrap().keys();
    substitutions
        .filter_map(|name| name.strip_prefix("_STACKSTEP_"))
        .map(|name| name.to_lowercase().replace('_', "-"))
        .collect()
}

#[test]
fn every_input_of_the_command_is_a_substitution_or_left_out_for_a_reason() {
    let left_out = folder().left_out_everywhere();
    for (file, command) in FILES {
        let wanted: BTreeSet<String> = INPUTS
            .iter()
            .filter(|input| input.applies_to(*command) && !left_out.contains_key(input.name))
            .map(|input| input.name.to_owned())
            .collect();
        assert_eq!(declared(file), wanted, "{file}");
    }
}

#[test]
fn the_binary_reads_every_substitution_that_is_declared() {
    for (file, command) in FILES {
        for name in declared(file) {
            let variable = format!("_STACKSTEP_{}", name.to_uppercase().replace('-', "_"));
            let env = Env::from_pairs("/", [("BUILDER_OUTPUT", "/o"), (variable.as_str(), "a value")]);
            let resolved = resolve(Some(*command), &Flags::new(), ci::detect(&env), &env).unwrap();
            assert_eq!(resolved.values[name.as_str()].source, Source::Step(variable), "{file}");
        }
    }
}

#[test]
fn no_secret_is_a_substitution() {
    let secrets = INPUTS.iter().filter(|input| input.kind == stackstep::inputs::Kind::Secret);
    for secret in secrets {
        assert!(FILES.iter().all(|(file, _)| !declared(file).contains(secret.name)), "{}", secret.name);
    }
}

#[test]
fn what_is_declared_has_no_value_but_the_presets() {
    let folder = folder();
    for ((file, _), wrapper) in FILES.iter().zip(&folder.spec.wrappers) {
        for (name, value) in build(file)["substitutions"].as_object().unwrap() {
            let Some(name) = name.strip_prefix("_STACKSTEP_") else { continue };
            let preset = wrapper.presets.get(&name.to_lowercase().replace('_', "-"));
            assert_eq!(value, preset.map_or("", String::as_str), "{file}: {name}");
        }
    }
}

#[test]
fn nothing_is_replaced_inside_of_a_script() {
    let mut steps = 0;
    for file in files_ending(&xtask::root().join("cloud-build"), &[".yaml"]) {
        for step in yaml(&file)["steps"].as_array().into_iter().flatten() {
            steps += 1;
            for text in step["args"].as_array().into_iter().flatten() {
                // What is left when each escaped dollar sign is gone would be replaced by Cloud Build.
                let left = text.as_str().unwrap().replace("$$", "");
                assert!(!left.contains('$'), "{}: {text}", file.display());
            }
            let script = step["script"].as_str().unwrap_or_default();
            assert!(!script.contains("${_"), "{}: a script knows no substitutions", file.display());
        }
    }
    assert!(steps >= 10, "{steps}");
}

#[test]
fn a_deploy_waits_for_the_lock_and_ends_before_its_build_is_killed() {
    for file in ["deploy.yaml", "destroy.yaml"] {
        let build = build(file);
        assert_eq!(build["substitutions"]["_STACKSTEP_LOCK_TIMEOUT"], "20m");
        assert_eq!(
            (&build["substitutions"]["_STACKSTEP_TIMEOUT"], &build["timeout"]),
            (&"50m".into(), &"3600s".into())
        );
    }
}

#[test]
fn every_build_logs_as_a_service_account_of_its_own_needs() {
    for file in files_ending(&xtask::root().join("cloud-build"), &[".yaml"]) {
        let document = yaml(&file);
        if document.get("steps").is_some() {
            assert_eq!(document["options"]["logging"], "CLOUD_LOGGING_ONLY", "{}", file.display());
        }
    }
}
