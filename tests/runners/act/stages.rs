//! The examples that carry out the map of `stackstep.yaml`, and the reusable workflow behind them, for each event that
//! the map has.

use super::examples::copied;
use super::harness::{Job, Outcome};
use super::workflows::{pull_request, push};
use crate::tools;
use serde_json::{Value, json};

/// The map. What a gate would refuse has its own tests: here nobody reviews.
const MAP: &str = "deploy: { branches: { main: staging }, tags: { \"v*\": prod } }\nstacks:\n  \
                   staging: { environment: staging, unreviewed: allow }\n  \
                   prod: { environment: production, unreviewed: allow }\n";

fn tag(name: &str) -> Value {
    json!({
        "ref": format!("refs/tags/{name}"),
        "repository": { "full_name": "acme/hello", "default_branch": "main", "private": true },
    })
}

/// The run of a workflow in a repository with the map, whose remote has its branch `main`.
fn run_of(workflow: &str, event: &'static str, payload: Value) -> Outcome {
    run_in(workflow, event, payload, &[])
}

/// The same, with the program in these folders too.
fn run_in(workflow: &str, event: &'static str, payload: Value, folders: &[&str]) -> Outcome {
    let program = tempfile::tempdir().unwrap();
    tools::copy(&tools::root().join("examples/hello"), program.path());
    std::fs::write(program.path().join("stackstep.yaml"), MAP).unwrap();
    for folder in folders {
        let copy = program.path().join(folder);
        tools::copy(&tools::root().join("examples/hello"), &copy);
        let text = std::fs::read_to_string(copy.join("Pulumi.yaml")).unwrap();
        let name = copy.file_name().unwrap().to_string_lossy();
        // The map needs the files of stacks where there are several projects.
        for stack in ["staging", "prod"] {
            for folder in [program.path(), &copy] {
                std::fs::write(folder.join(format!("Pulumi.{stack}.yaml")), "config: {}\n").unwrap();
            }
        }
        std::fs::write(copy.join("Pulumi.yaml"), text.replace("name: hello", &format!("name: {name}")))
            .unwrap();
    }
    let job = Job::of("", program.path(), event).payload(payload).with_remote();
    let text = copied(workflow, &job.backend());
    job.workflow(&text)
        .env("STACKSTEP_ENGINE", "sandbox")
        .env("STACKSTEP_UPSERT", "true")
        .secret("ACCESS_TOKEN", "pul-a-token-of-the-environment")
        .secret("ENGINE_ENV", "PULUMI_CONFIG_PASSPHRASE=a passphrase")
        .run()
}

fn example(name: &str) -> String {
    std::fs::read_to_string(tools::root().join("actions/examples").join(name)).unwrap()
}

/// The three stages, with what a person would add: the passphrase of a backend of one's own.
pub(super) fn three_stages(more: &str) -> String {
    example("three-stages.yml")
        + &format!("{more}    secrets:\n      ENGINE_ENV: \"${{{{ secrets.ENGINE_ENV }}}}\"\n")
}

/// Asserts that these runs happened and no others.
fn happened(outcome: &Outcome, previews: &[&str], deployments: &[&str]) {
    assert!(outcome.succeeded, "{}", outcome.log);
    for stack in ["staging", "prod"] {
        let previewed = outcome.log.contains(&format!("Preview of `hello/{stack}`"));
        let deployed = outcome.log.contains(&format!("Deployed `hello/{stack}`"));
        assert_eq!(previewed, previews.contains(&stack), "preview of {stack}: {}", outcome.log);
        assert_eq!(deployed, deployments.contains(&stack), "deployment of {stack}: {}", outcome.log);
    }
}

#[test]
#[ignore = "needs act"]
fn a_pull_request_is_previewed_in_each_stack_and_deployed_nowhere() {
    let outcome = run_of(&three_stages(""), "pull_request", pull_request());
    happened(&outcome, &["staging", "prod"], &[]);
}

#[test]
#[ignore = "needs act"]
fn a_push_to_main_is_deployed_to_staging_only() {
    happened(&run_of(&three_stages(""), "push", push("main")), &[], &["staging"]);
}

#[test]
#[ignore = "needs act"]
fn a_tag_is_deployed_to_production_only() {
    happened(&run_of(&three_stages(""), "push", tag("v1.0.0")), &[], &["prod"]);
}

#[test]
#[ignore = "needs act"]
fn a_tag_that_is_not_in_the_map_is_deployed_nowhere() {
    let outcome = run_of(&three_stages(""), "push", tag("nightly"));
    happened(&outcome, &[], &[]);
    assert!(outcome.log.contains("the tag `nightly` is not in the map"), "{}", outcome.log);
}

#[test]
#[ignore = "needs act"]
fn an_environment_that_people_are_asked_for_is_previewed_before_and_its_summary_stands_in_the_question() {
    let outcome = run_of(&three_stages("    with:\n      approve: \"production\"\n"), "push", tag("v1.0.0"));
    happened(&outcome, &["prod"], &["prod"]);
    assert!(
        outcome.log.contains("approved for production: 4 to create: pulumi:index:Stash dns sha256:"),
        "{}",
        outcome.log
    );
    let staging = run_of(&three_stages("    with:\n      approve: \"production\"\n"), "push", push("main"));
    happened(&staging, &[], &["staging"]);
    assert!(!staging.log.contains("approved for"), "{}", staging.log);
}

#[test]
#[ignore = "needs act"]
fn people_are_asked_about_the_stacks_of_all_projects_and_what_they_approved_is_deployed() {
    let with = three_stages("    with:\n      approve: \"production\"\n");
    let outcome = run_in(&with, "push", tag("v1.0.0"), &["infra/second"]);
    assert!(outcome.succeeded, "{}", outcome.log);
    assert!(outcome.log.contains("job approve production: 2 stacks: 8 to create"), "{}", outcome.log);
    assert!(outcome.log.contains("at the gate: this is the change that was reviewed"), "{}", outcome.log);
    assert_eq!(outcome.messages_in_history().len(), 2, "{}", outcome.log);
}

#[test]
#[ignore = "needs act"]
fn the_example_of_an_approval_previews_asks_and_deploys() {
    let outcome = run_of(&example("approval.yml"), "push", tag("v1.0.0"));
    happened(&outcome, &["prod"], &["prod"]);
    let at = |text: &str| outcome.log.find(text).unwrap_or_else(|| unreachable!("{text}: {}", outcome.log));
    let asked = at("job approve v1.0.0: 4 to create: pulumi:index:Stash dns");
    assert!(at("Preview of `hello/prod`") < asked && asked < at("Deployed"));
}
