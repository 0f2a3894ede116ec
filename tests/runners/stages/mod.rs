//! `command: deploy` through every wrapper: what each CI system's documented environment makes of the map's three events.

mod azure;
mod clouds;
mod codefresh;
mod woodpecker;

use crate::harness::machine::{binary, run};
use crate::harness::mapped::{step, with_map};
use crate::harness::{Event, Place, WRAPPERS, Wrapper};

/// What a step for `stack` says, for each wrapper that has the event. It has to pass.
fn said(event: Event, stack: &str, check: impl Fn(&dyn Wrapper, &str)) {
    let mut tried = 0;
    for wrapper in WRAPPERS.iter().filter(|wrapper| wrapper.lacks(event).is_none()) {
        let place = with_map(Place::new(binary()));
        // CodeBuild knows no forks, so a change's own file says neither.
        let rehearsal = [("engine", "sandbox"), ("upsert", "true"), ("comment", "off")];
        let inputs = [&[("command", "deploy"), ("stack", stack)][..], &rehearsal].concat();
        let (status, said) = run(step(*wrapper, &place, event, &inputs));
        assert_eq!(status, 0, "{}: {said}", wrapper.system());
        check(*wrapper, &said);
        tried += 1;
    }
    assert!(tried >= 9, "{tried}");
}

/// Asserts that these runs of the map's stacks are told, and no others.
fn did(log: &str, runs: &[&str]) {
    for stack in ["staging", "prod"] {
        for run in [format!("Preview of `hello/{stack}`"), format!("Deployed `hello/{stack}`")] {
            assert_eq!(log.contains(&run), runs.contains(&run.as_str()), "{run}: {log}");
        }
    }
}

fn has(wrapper: &dyn Wrapper, said: &str, text: &str, wanted: bool) {
    assert_eq!(said.contains(text), wanted, "{}: `{text}` in: {said}", wrapper.system());
}

#[test]
#[ignore = "needs every runner of the wrappers"]
fn a_change_request_is_previewed_in_each_stack_that_it_would_deploy() {
    said(Event::ChangeRequest, "", |wrapper, said| {
        has(wrapper, said, "previews `staging`, `prod`", true);
        has(wrapper, said, "Preview of `hello/staging`", true);
        has(wrapper, said, "Preview of `hello/prod`", true);
        has(wrapper, said, "Deployed", false);
    });
}

#[test]
#[ignore = "needs every runner of the wrappers"]
fn a_push_to_the_default_branch_is_deployed_by_the_job_of_its_stack() {
    said(Event::Push, "staging", |wrapper, said| {
        has(wrapper, said, "a commit on the branch `main` deploys `staging`", true);
        has(wrapper, said, "Deployed `hello/staging`", true);
        has(wrapper, said, "hello/prod", false);
    });
}

#[test]
#[ignore = "needs every runner of the wrappers"]
fn a_job_for_another_stack_skips_it() {
    said(Event::Push, "prod", |wrapper, said| {
        has(wrapper, said, "this job is for `prod`", true);
        has(wrapper, said, "Deployed", false);
    });
}

#[test]
#[ignore = "needs every runner of the wrappers"]
fn a_tag_is_deployed_by_the_map_of_the_default_branch_which_is_asked_for() {
    said(Event::Tag, "prod", |wrapper, said| {
        has(wrapper, said, "the tag `v1.2.0` deploys `prod`", true);
        has(wrapper, said, "Deployed `hello/prod`", true);
    });
}

#[test]
#[ignore = "needs every runner of the wrappers"]
fn a_dry_run_hands_on_what_the_map_says() {
    for wrapper in WRAPPERS {
        let place = with_map(Place::new(binary()));
        let inputs = [("command", "deploy"), ("dry-run", "true")];
        let (status, said) = run(step(*wrapper, &place, Event::Push, &inputs));
        assert_eq!(status, 0, "{}: {said}", wrapper.system());
        let outputs = wrapper.outputs(&place, &said);
        for (name, value) in [("command", "up"), ("environment", "staging"), ("skip", "false")] {
            assert_eq!(
                outputs.get(name).map(String::as_str),
                Some(value),
                "{}: {outputs:?}",
                wrapper.system()
            );
        }
        let stacks = outputs["stacks"].as_str();
        assert!(stacks.contains("\"stack\":\"staging\""), "{}: {stacks}", wrapper.system());
    }
}
