//! The GitLab template that carries out the map: what it declares, and what each of its jobs may do.

use crate::harness::gitlab::template;
use crate::tools;
use serde_json::{Value, json};
use stackstep::inputs::{Command, INPUTS};
use std::collections::{BTreeMap, BTreeSet};

/// The inputs that are the jobs' and not stackstep's.
const OF_THE_JOBS: &[&str] = &[
    "staging",
    "production",
    "production-gate",
    "staging-environment",
    "production-environment",
    "preview-environment",
    "preview-stage",
    "deploy-stage",
    "image",
    "artifacts-access",
    "cache-key-files",
];

/// The jobs that deploy; the others look.
const DEPLOYS: &[&str] = &["staging", "production"];

fn jobs(inputs: &[(&'static str, Value)]) -> Value {
    template("delivery").with(&inputs.iter().cloned().collect::<BTreeMap<_, _>>()).unwrap()
}

/// The names under `leave-out` of a part of `gen.toml`.
fn left_out(part: &toml::Value) -> BTreeSet<String> {
    let reasons: BTreeMap<String, Vec<String>> = part["leave-out"].clone().try_into().unwrap();
    reasons.into_values().flatten().collect()
}

#[test]
fn it_declares_the_inputs_of_its_command_or_says_why_not() {
    let text = std::fs::read_to_string(tools::root().join("gitlab-templates/gen.toml")).unwrap();
    let spec: toml::Value = toml::from_str(&text).unwrap();
    let wrappers = spec["wrapper"].as_array().unwrap();
    let own = wrappers.iter().find(|one| one["files"].get("templates/delivery.yml").is_some()).unwrap();
    let left_out = &left_out(&spec) | &left_out(own);
    let read =
        INPUTS.iter().filter(|input| input.applies_to(Command::Deploy) && !left_out.contains(input.name));
    let wanted: BTreeSet<&str> = read.map(|input| input.name).chain(OF_THE_JOBS.iter().copied()).collect();
    assert_eq!(template("delivery").inputs().into_iter().collect::<BTreeSet<_>>(), wanted);
}

#[test]
fn previews_and_each_stage_have_an_environment_of_their_own() {
    let jobs = jobs(&[]);
    let environment = |job: &str| jobs[job]["environment"]["name"].as_str().unwrap().to_owned();
    assert_eq!(environment("preview"), environment("preview-production"));
    let all: BTreeSet<String> = ["preview", "staging", "production"].map(environment).into();
    assert_eq!(all.len(), 3, "{all:?}");
}

#[test]
fn only_what_deploys_holds_a_resource_and_nothing_cancels_it() {
    for (name, job) in jobs(&[("production-gate", json!("manual"))]).as_object().unwrap() {
        let deploys = DEPLOYS.contains(&name.as_str());
        assert_eq!(job.get("resource_group").is_some(), deploys, "{name}");
        assert_eq!(job["environment"]["action"] == "prepare", !deploys, "{name}");
        assert_eq!(job["interruptible"], !deploys, "{name}");
        assert!(job.get("retry").is_none(), "{name}");
    }
}

#[test]
fn a_stack_is_deployed_under_the_lock_that_the_template_deploy_has_for_it() {
    let deploy = template("deploy");
    let given = BTreeMap::from([("stack", json!("prod")), ("environment", json!("production"))]);
    let group = deploy.with(&given).unwrap()["deploy"]["resource_group"].clone();
    assert_eq!(jobs(&[])["production"]["resource_group"], group);
}

#[test]
fn a_job_that_deploys_is_for_its_stack_only() {
    let jobs = jobs(&[("staging", json!("test")), ("production", json!("live"))]);
    for (job, stack) in [("staging", "test"), ("production", "live"), ("preview-production", "live")] {
        assert_eq!(jobs[job]["variables"]["STACKSTEP_INPUT_STACK"]["value"], stack, "{job}");
    }
    assert_eq!(jobs["preview"]["parallel"]["matrix"], json!([{ "STACKSTEP_STACK": ["test", "live"] }]));
    assert_eq!(jobs["preview-production"]["variables"]["STACKSTEP_INPUT_COMMAND"], "preview");
}

#[test]
fn no_value_is_a_part_of_a_script() {
    for (name, job) in jobs(&[]).as_object().unwrap() {
        for part in ["script", "after_script"] {
            let text = job[part].to_string();
            assert!(text.contains("stackstep") && !text.contains("$[["), "{part} of {name}");
        }
    }
}
