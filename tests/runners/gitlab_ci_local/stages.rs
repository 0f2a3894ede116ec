//! The examples that carry out the map of `stackstep.yaml`, for each event that the map has.

use super::{LOCAL, Pipeline, SHELL};
use crate::harness::engine::Engine;
use crate::tools;

/// The map. What a gate would refuse has its own tests: here nobody reviews.
const MAP: &str = "engine: sandbox\nupsert: true\ndeploy: { branches: { main: staging }, tags: { \"v*\": prod } }\n\
                   stacks:\n  staging: { environment: staging, unreviewed: allow, environment-url: url }\n  \
                   prod: { environment: production, unreviewed: allow, environment-url: url }\n";

const MERGE_REQUEST: &[&str] = &[
    "CI_PIPELINE_SOURCE=merge_request_event",
    "CI_COMMIT_BRANCH=",
    "CI_MERGE_REQUEST_IID=7",
    "CI_MERGE_REQUEST_PROJECT_PATH=acme/hello",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH=acme/hello",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME=change",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main",
];
const PUSH: &[&str] = &["CI_PIPELINE_SOURCE=push", "CI_COMMIT_BRANCH=main"];
const TAG: &[&str] = &["CI_PIPELINE_SOURCE=push", "CI_COMMIT_BRANCH=", "CI_COMMIT_TAG=v1"];

/// The example with a repository that has the map.
fn example(name: &str) -> Pipeline {
    Pipeline::with_file(Engine::Sandbox, &text_of(name), MAP)
}

/// The text of the example, with the templates of this checkout.
pub fn text_of(name: &str) -> String {
    let path = tools::root().join("gitlab-templates/examples").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let (before, after) = text.split_once("remote: \"").unwrap();
    let (_, after) = after.split_once('"').unwrap();
    format!("{before}{}{after}", LOCAL.replace("NAME", "delivery"))
}

/// The names of the jobs that a pipeline for the event has.
fn jobs(pipeline: &Pipeline, event: &[&str]) -> Vec<String> {
    let (fine, list) = pipeline.run(&[&variables(event)[..], &["--list-csv"]].concat());
    assert!(fine, "{list}");
    let rows = list.lines().skip_while(|line| !line.starts_with("name;")).skip(1);
    rows.filter_map(|row| Some(row.split_once(';')?.0.trim_matches('"').to_owned())).collect()
}

fn variables<'v>(event: &[&'v str]) -> Vec<&'v str> {
    let more = ["CI_DEFAULT_BRANCH=main", "CI_PROJECT_PATH=acme/hello"];
    event.iter().copied().chain(more).flat_map(|variable| ["--variable", variable]).collect()
}

/// The log of a pipeline for the event, with what a person would start.
fn log(pipeline: &Pipeline, event: &[&str], more: &[&str]) -> String {
    let (fine, log) = pipeline.run(&[&variables(event)[..], more, &[SHELL]].concat());
    assert!(fine, "{log}");
    log
}

#[test]
#[ignore = "needs gitlab-ci-local"]
fn each_event_has_the_jobs_of_its_stage_and_no_others() {
    let pipeline = example("three-stages.yml");
    assert_eq!(jobs(&pipeline, MERGE_REQUEST), ["preview: [staging]", "preview: [prod]"]);
    assert_eq!(jobs(&pipeline, PUSH), ["staging"]);
    assert_eq!(jobs(&pipeline, TAG), ["production"]);
    // Neither a clock nor a webhook, such as that of a comment, deploys.
    for source in ["schedule", "trigger"] {
        let event = [&format!("CI_PIPELINE_SOURCE={source}"), "CI_COMMIT_BRANCH=main"];
        assert_eq!(jobs(&pipeline, &event), [""; 0], "{source}");
    }
}

#[test]
#[ignore = "needs gitlab-ci-local"]
fn a_merge_request_is_previewed_in_each_stack_and_deployed_nowhere() {
    let log = log(&example("three-stages.yml"), MERGE_REQUEST, &[]);
    for stack in ["staging", "prod"] {
        assert!(log.contains(&format!("Preview of `hello/{stack}`")), "{log}");
    }
    assert!(!log.contains("Deployed"), "{log}");
}

#[test]
#[ignore = "needs gitlab-ci-local"]
fn the_default_branch_is_deployed_to_staging_and_a_tag_to_production() {
    let pipeline = example("three-stages.yml");
    let staging = log(&pipeline, PUSH, &[]);
    assert!(staging.contains("Deployed `hello/staging`"), "{staging}");
    assert!(!staging.contains("hello/prod") && !staging.contains("WARN"), "{staging}");
    let production = log(&pipeline, TAG, &[]);
    assert!(production.contains("Deployed `hello/prod`"), "{production}");
    assert!(!production.contains("hello/staging"), "{production}");
    let outputs = pipeline.report("production/outputs.env");
    assert!(outputs.contains("STACK_ENVIRONMENT_URL=https://hello.example.com/\n"), "{outputs}");
}

#[test]
#[ignore = "needs gitlab-ci-local"]
fn a_tag_that_is_not_in_the_map_deploys_nothing_and_passes() {
    let event = ["CI_PIPELINE_SOURCE=push", "CI_COMMIT_BRANCH=", "CI_COMMIT_TAG=nightly"];
    let log = log(&example("three-stages.yml"), &event, &[]);
    assert!(log.contains("the tag `nightly` is not in the map") && !log.contains("Deployed"), "{log}");
}

#[test]
#[ignore = "needs gitlab-ci-local"]
fn with_an_approval_production_is_previewed_and_waits_for_a_person() {
    let pipeline = example("approval.yml");
    assert_eq!(jobs(&pipeline, TAG), ["preview-production", "production"]);
    assert_eq!(jobs(&pipeline, PUSH), ["staging"]);
    let waiting = log(&pipeline, TAG, &[]);
    assert!(waiting.contains("Preview of `hello/prod`") && !waiting.contains("Deployed"), "{waiting}");
    let started = log(&pipeline, TAG, &["--manual", "production"]);
    assert!(started.contains("Deployed `hello/prod`"), "{started}");
}
