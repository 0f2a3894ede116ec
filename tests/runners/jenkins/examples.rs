//! The Jenkinsfiles of `jenkins/examples`, each run as a change request and on the main branch.

use super::{Told, binary, place, place_with, run};
use crate::harness::Place;
use crate::harness::jenkins::spec;
use crate::tools;
use serde_json::{Value, json};
use std::path::PathBuf;

fn examples() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(tools::root().join("jenkins/examples")).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Every credential that the examples ask for.
fn credentials() -> Value {
    let login = json!(["name", "a-password"]);
    json!({
        "pulumi-access-token": "pul-0123456789", "pulumi-preview-token": "pul-preview", "pulumi-passphrase": "a passphrase",
        "pulumi-oidc-preview": "id-token-preview", "pulumi-oidc-deploy": "id-token-deploy", "cloud-oidc-preview": "id-token-preview",
        "cloud-oidc-deploy": "id-token-deploy", "state-preview": login, "state-deploy": login, "github-token": "gh-token",
    })
}

fn pipeline(place: &Place, file: &str, event: &str, engine: Option<&str>) -> Told {
    let path = tools::root().join("jenkins/examples").join(file);
    let mut spec = spec(place, event, json!({ "pipeline": path, "credentials": credentials() }));
    if let Some(engine) = engine {
        spec.environment.insert("STACKSTEP_ENGINE".to_owned(), engine.to_owned());
        spec.environment.insert("STACKSTEP_UPSERT".to_owned(), "true".to_owned());
    }
    run(&spec)
}

/// The commands that reached the binary, with the stacks.
fn commands(told: &Told) -> Vec<(String, String)> {
    let lines = told.log.lines().filter(|line| line.starts_with("{\"arguments\""));
    lines
        .map(|line| {
            let seen: Value = serde_json::from_str(line).unwrap();
            let text = |name: &str| seen["env"][name].as_str().unwrap_or_default().to_owned();
            (text("STACKSTEP_INPUT_COMMAND"), text("STACKSTEP_INPUT_STACK"))
        })
        .collect()
}

#[test]
#[ignore = "needs java"]
fn a_change_request_is_only_previewed_and_the_main_branch_deployed() {
    for path in examples() {
        let file = path.file_name().unwrap().to_str().unwrap();
        let changed = commands(&pipeline(&place(), file, "pull-request-head", None));
        assert!(
            !changed.is_empty() && changed.iter().all(|(command, _)| command == "preview"),
            "{file}: {changed:?}"
        );
        let told = pipeline(&place(), file, "push", None);
        let pushed = commands(&told);
        assert!(pushed.iter().any(|(command, _)| command == "up"), "{file}: {pushed:?}\n{}", told.log);
        assert_eq!(told.json["problems"][0], Value::Null, "{file}");
    }
}

#[test]
#[ignore = "needs java"]
fn previews_and_deploys_have_two_identities() {
    for path in examples() {
        let text = std::fs::read_to_string(&path).unwrap();
        let both = text.contains("preview-token") || text.contains("-preview'");
        assert!(both, "{}", path.display());
    }
}

#[test]
#[ignore = "needs java"]
fn a_person_is_asked_outside_of_an_agent_and_a_deploy_is_never_run_twice_at_once() {
    for file in ["declarative.Jenkinsfile", "scripted.Jenkinsfile"] {
        let told = pipeline(&place(), file, "push", None);
        let steps = told.steps();
        let at = |name: &str| {
            steps
                .iter()
                .position(|step| *step == name)
                .unwrap_or_else(|| panic!("{file}: no {name}: {steps:?}"))
        };
        let asked = at("input");
        let deploy = steps.iter().rposition(|step| *step == "sh").unwrap();
        assert!(asked < deploy, "{file}: {steps:?}");
        assert!(
            steps[asked..deploy].iter().any(|step| ["node", "agent"].contains(step)),
            "{file}: {steps:?}"
        );
        assert!(at("lock") < deploy && at("milestone") < deploy, "{file}: {steps:?}");
        assert!(steps.contains(&"disableConcurrentBuilds"), "{file}: {steps:?}");
    }
}

#[test]
#[ignore = "needs java"]
fn both_forms_deploy_with_the_real_binary() {
    for file in ["declarative.Jenkinsfile", "scripted.Jenkinsfile"] {
        let place = place_with(&binary());
        let told = pipeline(&place, file, "push", Some("sandbox"));
        assert_eq!(told.status, Some(0), "{}", told.log);
        assert!(told.log.contains("stackstep: Deployed `hello/dev`: 3 created"), "{}", told.log);
        assert!(told.json["description"].as_str().unwrap().contains("up of dev: succeeded"), "{}", told.json);
    }
}
