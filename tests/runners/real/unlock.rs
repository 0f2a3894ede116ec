//! The lock of a run that was killed with its engine: `unlock` removes it once the CI system says that the run has ended,
//! and the deployment is finished by the next run.

use super::delivery::{Delivery, EMPTY};
use super::running::Gate;
use super::shown;
use super::things::{Thing, program, thing, urn};
use crate::support::server::{Reply, Server};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// A reviewed change that creates `a` and then `b`, merged and in a job of the pipeline 42. `b` waits at the gate.
fn merged() -> (Delivery, Gate) {
    let delivery = Delivery::new("", EMPTY);
    let gate = delivery.gate("gate");
    let waits = format!("waits: {{create: {}}}, {}", gate.path().display(), delivery.record());
    let change = program(&[thing("a", &delivery.record()), Thing("b", &waits, "dependsOn: [\"${a}\"]")]);
    let delivery = delivery.reviewed(&change).squashed();
    (in_pipeline(delivery, "42", "427"), gate)
}

fn in_pipeline(delivery: Delivery, pipeline: &str, job: &str) -> Delivery {
    delivery
        .with("CI_PIPELINE_ID", pipeline)
        .with("CI_JOB_ID", job)
        .with("CI_JOB_URL", &format!("https://gitlab.example.com/acme/shop/-/jobs/{job}"))
}

/// A GitLab that knows the job 427, which has this status.
fn gitlab(status: &Arc<Mutex<&'static str>>) -> Server {
    let status = Arc::clone(status);
    Server::start(move |request, _| match request.target.as_str() {
        "/api/v4/projects/acme%2Fshop/jobs/427" => {
            Reply::json(200, &json!({ "status": *status.lock().unwrap() }))
        }
        _ => Reply::json(404, &json!({ "message": "404 Not found" })),
    })
}

/// How `status` says that the stack stands.
fn standing(delivery: &Delivery) -> Value {
    let page = delivery.stage.stackstep("status --stack dev --json").ends_with(0).stdout;
    serde_json::from_str::<Value>(&page).unwrap()["stacks"][0].take()
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn the_lock_of_a_killed_run_is_removed_once_its_job_has_ended_and_the_next_run_finishes_the_deployment() {
    let (delivery, gate) = merged();
    let run = delivery.start_until(&gate, "");
    let at_work = standing(&delivery);
    assert_eq!(at_work["lock"]["state"], "found", "{at_work}");
    run.kill_all();
    let status = Arc::new(Mutex::new("running"));
    let server = gitlab(&status);
    let delivery = in_pipeline(delivery, "43", "437")
        .with("STACKSTEP_FORGE", "gitlab")
        .with("STACKSTEP_FORGE_URL", &server.url())
        .with("STACKSTEP_FORGE_TOKEN", "glpat-0123456789");

    let (state, ledger) = (delivery.state_file(), delivery.ledger());
    for (line, why) in [
        ("unlock --stack dev --run 42", "the run 42 (job 427) has not ended (`running`)"),
        ("unlock --stack dev --run 43", "the run 43 is this one"),
        ("unlock --stack dev --run 41", "the ledger has no deployment of the run 41"),
    ] {
        let refused = delivery.stage.stackstep(line).ends_with(73);
        assert!(refused.log.contains(why), "{}", refused.log);
    }
    assert!(delivery.stage.is_locked());
    assert_eq!((delivery.state_file(), delivery.ledger()), (state.clone(), ledger));

    *status.lock().unwrap() = "failed";
    let done = delivery.stage.stackstep("unlock --stack dev --run 42").ends_with(0);
    assert!(done.log.contains(&format!("creating {}", urn("b"))), "{}", done.log);
    assert!(done.log.contains("--clear-pending-creates"), "{}", done.log);
    assert!(!delivery.stage.is_locked());
    assert_eq!((delivery.state_file(), delivery.ledger().last().unwrap().as_str()), (state, "unlocked"));
    assert_eq!(standing(&delivery)["unfinished"]["value"][0]["run"], "42");

    gate.open();
    delivery.deploy().ends_with(0);
    let after = standing(&delivery);
    assert_eq!((&after["lock"]["state"], &after["unfinished"]["state"]), (&json!("none"), &json!("none")));
    assert_eq!(after["deployed"]["value"]["run"], "43", "{after}");
    shown();
}
