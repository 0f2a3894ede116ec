//! Woodpecker's examples that carry out the map: which step an event has, and what it does.

use super::did;
use crate::harness::machine::{binary, run};
use crate::harness::mapped::{step, with_map};
use crate::harness::{Event, Place, WRAPPERS, Wrapper};
use crate::tools;
use serde_json::Value;
use std::process::Command;

fn woodpecker() -> &'static dyn Wrapper {
    *WRAPPERS.iter().find(|wrapper| wrapper.system() == "woodpecker-ci").unwrap()
}

/// The steps of the example that run for an event, in a pipeline that has it.
fn steps(example: &str, event: &str) -> Vec<Value> {
    let path = tools::root().join("woodpecker/examples").join(example);
    let text = std::fs::read_to_string(path).unwrap();
    let document: Value = serde_yaml::from_str(&text).unwrap();
    let is_for = |when: &Value| when.as_array().unwrap().iter().any(|one| one["event"] == event);
    assert!(is_for(&document["when"]), "{example} has no pipeline for {event}");
    let all = document["steps"].as_array().unwrap().iter();
    all.filter(|step| is_for(&step["when"])).cloned().collect()
}

/// The plugin, started for the step.
fn command(place: &Place, event: Event, of: &Value) -> Command {
    let settings = of["settings"].as_object().unwrap().iter();
    let plain = settings.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
    let rehearsal = [("engine", "sandbox"), ("upsert", "true"), ("comment", "off")];
    step(woodpecker(), place, event, &plain.chain(rehearsal).collect::<Vec<_>>())
}

#[test]
#[ignore = "needs a shell"]
fn each_event_has_the_step_of_its_stage_with_a_secret_of_its_own() {
    for (event, name, kind, said) in [
        (
            "pull_request",
            "preview",
            Event::ChangeRequest,
            &["Preview of `hello/staging`", "Preview of `hello/prod`"][..],
        ),
        ("push", "staging", Event::Push, &["Deployed `hello/staging`"]),
        ("tag", "production", Event::Tag, &["Deployed `hello/prod`"]),
    ] {
        let steps = steps("three-stages.yaml", event);
        assert_eq!(steps.len(), 1, "{event}");
        assert_eq!(steps[0]["name"], name);
        assert_eq!(steps[0]["settings"]["access-token"]["from_secret"], format!("pulumi_{name}_token"));
        let place = with_map(Place::new(binary()));
        let (status, log) = run(command(&place, kind, &steps[0]));
        assert_eq!(status, 0, "{log}");
        did(&log, said);
    }
}

#[test]
#[ignore = "needs a shell"]
fn a_tag_is_previewed_and_deployed_when_a_person_says_so() {
    let place = with_map(Place::new(binary()));
    let (status, log) = run(command(&place, Event::Tag, &steps("approval.yaml", "tag")[0]));
    assert_eq!(status, 0, "{log}");
    did(&log, &["Preview of `hello/prod`"]);
    // A deployment is the same pipeline once more: https://github.com/woodpecker-ci/woodpecker/blob/main/server/api/pipeline.go
    let mut deployment = command(&place, Event::Tag, &steps("approval.yaml", "deployment")[0]);
    deployment.env("CI_PIPELINE_EVENT", "deployment").env("CI_PIPELINE_DEPLOY_TARGET", "production");
    deployment.env("CI_COMMIT_REF", "refs/tags/v1.2.0").env_remove("CI_COMMIT_TAG");
    let (status, log) = run(deployment);
    assert_eq!(status, 0, "{log}");
    did(&log, &["Deployed `hello/prod`"]);
}
