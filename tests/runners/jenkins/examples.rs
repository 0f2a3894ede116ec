//! The Jenkinsfiles of `jenkins/examples`, each run as a change request and on the main branch.

use super::{Told, binary, place, place_with, run};
use crate::harness::Place;
use crate::harness::jenkins::spec;
use crate::harness::mapped::{git, with_map};
use crate::tools;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

/// Those that carry out a map: what they do for an event is not in them. And those of review stacks, of the sweep and of drift.
const APART: [&str; 5] = [
    "three-stages.Jenkinsfile",
    "approval.Jenkinsfile",
    "review-stacks.Jenkinsfile",
    "reap.Jenkinsfile",
    "drift.Jenkinsfile",
];

fn examples() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(tools::root().join("jenkins/examples")).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| !APART.iter().any(|name| file.ends_with(name)));
    files.sort();
    files
}

/// Every credential that the examples ask for.
fn credentials() -> Value {
    json!({
        "pulumi-access-token": "pul-0123456789", "pulumi-preview-token": "pul-preview",
        "pulumi-staging-token": "pul-staging", "pulumi-production-token": "pul-production", "pulumi-passphrase": "a passphrase",
        "pulumi-oidc-preview": "id-token-preview", "pulumi-oidc-deploy": "id-token-deploy", "cloud-oidc-preview": "id-token-preview",
        "cloud-oidc-deploy": "id-token-deploy", "state-preview": ["reader", "a-password"], "state-deploy": ["writer", "another"], "github-token": "gh-token",
        "review-passphrase": "of review stacks", "review-aws": ["reviewer", "p"], "state-reader": ["sweeper", "q"], "review-env": "A='b'\n",
    })
}

/// The run of an example in a repository with a map.
fn by_map(place: &Place, file: &str, event: &str) -> Told {
    let path = tools::root().join("jenkins/examples").join(file);
    let mut spec = spec(place, event, json!({ "pipeline": path, "credentials": credentials() }));
    spec.environment.insert("GIT_COMMIT".to_owned(), git(place, &["rev-parse", "HEAD"]));
    for (name, value) in [("ENGINE", "sandbox"), ("UPSERT", "true"), ("COMMENT", "off")] {
        spec.environment.insert(format!("STACKSTEP_{name}"), value.to_owned());
    }
    run(&spec)
}

fn pipeline(place: &Place, file: &str, event: &str, engine: Option<&str>) -> Told {
    let path = tools::root().join("jenkins/examples").join(file);
    let mut spec = spec(place, event, json!({ "pipeline": path, "credentials": credentials() }));
    // Google's program stands on the PATH of its users' agents: here one that writes its words down.
    let programs = place.beside("bin");
    std::fs::create_dir_all(&programs).unwrap();
    let gcloud = programs.join("gcloud");
    std::fs::write(&gcloud, "#!/bin/sh\necho \"gcloud $*\"\n").unwrap();
    std::fs::set_permissions(&gcloud, std::fs::Permissions::from_mode(0o755)).unwrap();
    spec.environment
        .entry("PATH".to_owned())
        .and_modify(|path| *path = format!("{}:{path}", programs.display()));
    if let Some(engine) = engine {
        spec.environment.insert("STACKSTEP_ENGINE".to_owned(), engine.to_owned());
        spec.environment.insert("STACKSTEP_UPSERT".to_owned(), "true".to_owned());
    }
    run(&spec)
}

/// What reached the binary, run by run.
fn runs(told: &Told) -> Vec<Value> {
    let lines = told.log.lines().filter(|line| line.starts_with("{\"arguments\""));
    lines.map(|line| serde_json::from_str::<Value>(line).unwrap()["env"].take()).collect()
}

/// The commands that reached the binary.
fn commands(told: &Told) -> Vec<String> {
    let command = |env: Value| env["STACKSTEP_INPUT_COMMAND"].as_str().unwrap_or_default().to_owned();
    runs(told).into_iter().map(command).collect()
}

/// Who a run is for the outside. Files of credentials are named after them.
const IDENTITIES: &[&str] = &[
    "STACKSTEP_INPUT_ACCESS_TOKEN",
    "STACKSTEP_INPUT_OIDC_TOKEN",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "ARM_CLIENT_ID",
    "ARM_OIDC_TOKEN",
    "SERVICE_ACCOUNT",
    "TOKEN_FILE",
];

/// The identities of a run by the names of their variables, without the folder of files.
fn identities(env: &Value) -> BTreeMap<&'static str, String> {
    let last = |value: &Value| Some(value.as_str()?.rsplit('/').next()?.to_owned());
    IDENTITIES.iter().filter_map(|name| Some((*name, last(&env[name])?))).collect()
}

#[test]
#[ignore = "needs java"]
fn a_change_request_is_only_previewed_and_the_main_branch_deployed() {
    for path in examples() {
        let file = path.file_name().unwrap().to_str().unwrap();
        let changed = commands(&pipeline(&place(), file, "pull-request-head", None));
        assert!(
            !changed.is_empty() && changed.iter().all(|command| command == "preview"),
            "{file}: {changed:?}"
        );
        let told = pipeline(&place(), file, "push", None);
        let pushed = commands(&told);
        assert!(pushed.iter().any(|command| command == "up"), "{file}: {pushed:?}\n{}", told.log);
        assert_eq!(told.json["problems"][0], Value::Null, "{file}");
    }
}

/// The arguments and the environment of the only run of an example with the bootstrap of a release.
fn only_run(file: &str, event: &str) -> (Told, Value) {
    let place = place();
    std::fs::create_dir(place.repository().join("ci")).unwrap();
    let bootstrap = tools::root().join("bootstrap/stackstep.sh");
    std::fs::copy(bootstrap, place.repository().join("ci/stackstep.sh")).unwrap();
    let told = pipeline(&place, file, event, None);
    let lines: Vec<_> = told.log.lines().filter(|line| line.starts_with("{\"arguments\"")).collect();
    assert_eq!(lines.len(), 1, "{}", told.log);
    let run = serde_json::from_str(lines[0]).unwrap();
    (told, run)
}

#[test]
#[ignore = "needs java"]
fn a_change_request_has_a_stack_and_the_sweep_and_drift_have_a_clock_and_identities_of_their_own() {
    let (_, run) = only_run("review-stacks.Jenkinsfile", "pull-request-head");
    assert_eq!(run["arguments"], json!(["review", "up"]));
    assert_eq!(
        (&run["env"]["STACKSTEP_CWD"], &run["env"]["AWS_ACCESS_KEY_ID"]),
        (&json!("infra/shop"), &json!("reviewer"))
    );
    let pushed = pipeline(&place(), "review-stacks.Jenkinsfile", "push", None);
    assert!(runs(&pushed).is_empty(), "{}", pushed.log);
    let (told, run) = only_run("reap.Jenkinsfile", "push");
    let arguments = run["arguments"].as_array().unwrap();
    assert_eq!(arguments[..2], [json!("reap"), json!("--destroy-env")]);
    assert!(arguments[2].as_str().unwrap().ends_with("credential-review-env"), "{arguments:?}");
    assert_eq!(run["env"]["AWS_ACCESS_KEY_ID"], "sweeper");
    assert_eq!(told.call("cron")[1], "H * * * *");
    let (told, run) = only_run("drift.Jenkinsfile", "push");
    assert_eq!(run["env"]["STACKSTEP_INPUT_COMMAND"], "drift");
    assert_eq!(run["env"]["STACKSTEP_INPUT_ACCESS_TOKEN"], "pul-preview");
    assert_eq!(told.call("cron")[1], "H 5 * * 1-5");
}

#[test]
#[ignore = "needs java"]
fn previews_and_deploys_have_two_identities() {
    for path in examples() {
        let file = path.file_name().unwrap().to_str().unwrap();
        let preview = identities(&runs(&pipeline(&place(), file, "pull-request-head", None))[0]);
        let deploy = identities(runs(&pipeline(&place(), file, "push", None)).last().unwrap());
        assert!(!preview.is_empty() && preview.keys().eq(deploy.keys()), "{file}: {preview:?} {deploy:?}");
        for (name, one) in &preview {
            assert_ne!(Some(one), deploy.get(name), "{file}: {name}");
        }
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
fn each_stage_of_the_map_has_an_identity_of_its_own_and_a_lock_where_it_deploys() {
    for (event, stack, token, locks) in [
        ("pull-request-head", Value::Null, "pul-preview", 0),
        ("push", json!("staging"), "pul-staging", 1),
        ("tag", json!("prod"), "pul-production", 1),
    ] {
        let told = pipeline(&place(), "three-stages.Jenkinsfile", event, None);
        let runs = runs(&told);
        assert_eq!(runs.len(), 1, "{event}: {}", told.log);
        assert_eq!(runs[0]["STACKSTEP_INPUT_COMMAND"], "deploy", "{event}");
        assert_eq!(runs[0]["STACKSTEP_INPUT_STACK"], stack, "{event}");
        assert_eq!(runs[0]["STACKSTEP_INPUT_ACCESS_TOKEN"], token, "{event}");
        assert_eq!(told.steps().iter().filter(|step| **step == "lock").count(), locks, "{event}");
    }
}

#[test]
#[ignore = "needs java"]
fn each_event_of_the_map_is_carried_out() {
    for (event, did) in [
        ("pull-request-head", &["Preview of `hello/staging`", "Preview of `hello/prod`"][..]),
        ("push", &["Deployed `hello/staging`"]),
        ("tag", &["Deployed `hello/prod`"]),
    ] {
        let place = with_map(place_with(&binary()));
        let told = by_map(&place, "three-stages.Jenkinsfile", event);
        assert_eq!(told.status, Some(0), "{event}: {}", told.log);
        for text in [
            "Preview of `hello/staging`",
            "Preview of `hello/prod`",
            "Deployed `hello/staging`",
            "Deployed `hello/prod`",
        ] {
            assert_eq!(told.log.contains(text), did.contains(&text), "{event}: {text}: {}", told.log);
        }
    }
}

#[test]
#[ignore = "needs java"]
fn a_person_is_asked_with_the_summary_between_the_preview_and_the_deployment_of_a_tag() {
    let place = with_map(place_with(&binary()));
    let told = by_map(&place, "approval.Jenkinsfile", "tag");
    assert_eq!(told.status, Some(0), "{}", told.log);
    let asked = &told.call("input")[1];
    let question = "v1.2.0 to production? 4 to create: pulumi:index:Stash dns\n(sha256:";
    assert!(asked["message"].as_str().unwrap().contains(question), "{asked}");
    assert_eq!(asked["submitter"], "release-managers");
    let steps = told.steps();
    let at = |name: &str| steps.iter().position(|step| *step == name).unwrap();
    assert!(at("node") < at("input") && at("input") < at("lock"), "{steps:?}");
    assert!(told.log.contains("Deployed `hello/prod`"), "{}", told.log);
    let pushed = by_map(&with_map(place_with(&binary())), "approval.Jenkinsfile", "push");
    assert!(!pushed.log.contains("stackstep:"), "{}", pushed.log);
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
