//! The stack's lock: while a deployment runs, others are kept away or wait.

use super::running::Gate;
use super::shown;
use super::stage::Stage;
use super::things::{program, thing};
use serde_json::json;

/// A stage whose deployment waits at the gate.
fn waiting() -> (Stage, Gate) {
    let stage = Stage::new("");
    let gate = Gate::closed(stage.path("gate"));
    let waits = format!("waits: {{create: {}}}", gate.path().display());
    stage.write("Pulumi.yaml", &program(&[thing("a", &waits)]));
    stage.pulumi("stack init dev --no-select").ends_with(0);
    (stage, gate)
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_second_deployment_ends_for_the_lock_and_says_whose_it_is_and_how_it_is_released() {
    let (stage, gate) = waiting();
    let mut first = stage.start("up --stack dev", "first");
    gate.until_begun(&mut first);
    let bare = stage.pulumi("up --stack dev --yes --skip-preview");
    let second = stage.stackstep("up --stack dev").ends_with(bare.status).because("lock");
    let holder = format!("(pid {})", first.engine());
    assert!(second.result["message"].as_str().unwrap().contains(&holder), "{}", second.result["message"]);
    assert!(second.result["hint"].as_str().unwrap().contains("`pulumi cancel`"), "{}", second.result["hint"]);
    // What only looks needs no lock.
    stage.stackstep("preview --stack dev").ends_with(0);
    gate.open();
    first.end().ends_with(0).counts(&json!({ "create": 2 }));
    assert!(!stage.is_locked());
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_deployment_that_may_wait_for_the_lock_waits_and_names_the_one_who_holds_it() {
    let (stage, gate) = waiting();
    let mut first = stage.start("up --stack dev", "first");
    gate.until_begun(&mut first);
    let mut second = stage.start("up --stack dev --lock-timeout 10m", "second");
    let holder = second.until("waiting for the stack's lock");
    assert!(holder.contains(&format!("(pid {})", first.engine())), "{holder}");
    gate.open();
    first.end().ends_with(0).counts(&json!({ "create": 2 }));
    second.end().ends_with(0).counts(&json!({ "same": 2 }));
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn the_lock_of_an_engine_that_was_killed_stays_and_the_line_of_the_hint_releases_it() {
    let (stage, gate) = waiting();
    let mut first = stage.start("up --stack dev", "first");
    gate.until_begun(&mut first);
    nix::sys::signal::kill(first.engine(), nix::sys::signal::Signal::SIGKILL).unwrap();
    let first = first.end();
    assert_eq!(first.result["reason"], "engine", "{}", first.log);
    assert!(first.result["hint"].as_str().unwrap().contains("`pulumi cancel`"), "{}", first.result["hint"]);
    assert!(stage.is_locked());
    gate.open();
    stage.stackstep("up --stack dev").because("lock");
    stage.pulumi("cancel dev --yes").ends_with(0);
    assert!(!stage.is_locked());
    stage.stackstep("up --stack dev").ends_with(0);
    shown();
}
