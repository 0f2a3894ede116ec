//! Codefresh's examples that carry out the map, step by step as Codefresh runs them.

use super::did;
use crate::harness::codefresh::{build, read, run as typed};
use crate::harness::machine::{binary, run};
use crate::harness::mapped::{git, with_head, with_map};
use crate::harness::{Event, Place};
use serde_json::{Value, json};

/// Runs a step of the example in a build of the event, with what the pipeline sets besides.
fn step(place: &Place, example: &Value, name: &str, event: Event, stack: &str) -> String {
    let mut arguments = example["steps"][name]["arguments"].clone();
    // Those that are secrets are not there on this machine.
    for name in ["ACCESS_TOKEN", "FORGE_TOKEN"] {
        arguments.as_object_mut().unwrap().remove(name);
    }
    arguments["ENV"] = json!(["STACKSTEP_ENGINE=sandbox", "STACKSTEP_UPSERT=true", "STACKSTEP_COMMENT=off"]);
    let mut variables = build(place, event);
    if !stack.is_empty() {
        variables.insert("STACKSTEP_STACK".to_owned(), stack.to_owned());
    }
    let mut command = typed(place, &read("step.yaml"), &arguments, &variables).unwrap();
    with_head(&mut command, &git(place, &["rev-parse", "HEAD"]));
    let (status, said) = run(command);
    assert_eq!(status, 0, "{said}");
    said
}

#[test]
#[ignore = "needs go"]
fn one_file_is_the_pipeline_of_each_stage() {
    let example = read("examples/three-stages.yml");
    for (event, stack, runs) in [
        (Event::ChangeRequest, "", &["Preview of `hello/staging`", "Preview of `hello/prod`"][..]),
        (Event::Push, "staging", &["Deployed `hello/staging`"]),
        (Event::Tag, "prod", &["Deployed `hello/prod`"]),
    ] {
        let place = with_map(Place::new(binary()));
        did(&step(&place, &example, "delivery", event, stack), runs);
    }
    let production = &read("examples/pipeline-production.yml")["spec"];
    assert_eq!(production["variables"][0], json!({ "key": "STACKSTEP_STACK", "value": "prod" }));
}

#[test]
#[ignore = "needs go"]
fn a_tag_is_previewed_and_after_the_approval_deployed() {
    let example = read("examples/approval.yml");
    let order: Vec<&str> = example["steps"].as_object().unwrap().keys().map(String::as_str).collect();
    let at = |name: &str| order.iter().position(|step| *step == name).unwrap();
    assert!(at("preview") < at("tell") && at("tell") < at("approve") && at("approve") < at("deploy"));
    assert_eq!(
        example["steps"]["deploy"]["when"]["steps"][0],
        json!({ "name": "approve", "on": ["approved"] })
    );
    let place = with_map(Place::new(binary()));
    did(&step(&place, &example, "preview", Event::Tag, ""), &["Preview of `hello/prod`"]);
    did(&step(&place, &example, "deploy", Event::Tag, ""), &["Deployed `hello/prod`"]);
}

#[test]
fn a_build_that_waits_for_a_person_holds_no_other_up() {
    let spec = &read("examples/pipeline-production.yml")["spec"];
    assert_eq!(
        (&spec["concurrency"], &spec["options"]["pendingApprovalConcurrencyApplied"]),
        (&json!(1), &json!(false))
    );
    assert!(spec.get("terminationPolicy").is_none());
}
