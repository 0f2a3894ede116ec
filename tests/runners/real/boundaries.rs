//! Deployments that are killed at each of their boundaries, and finished by the next run under the same review.

use super::delivery::{Delivery, EMPTY};
use super::running::{Gate, kill_each};
use super::shown;
use super::stage::Ended;
use super::things::{Thing, program, thing};
use nix::sys::signal::{Signal, kill};

/// A reviewed change that creates `a`, which waits at the gate, and then `b`. It is merged.
fn reviewed(entry: &str) -> (Delivery, Gate) {
    let delivery = Delivery::new(entry, EMPTY);
    let gate = delivery.gate("gate");
    let record = delivery.record();
    let a = format!("waits: {{create: {}}}, {record}", gate.path().display());
    let change = program(&[thing("a", &a), Thing("b", &record, "dependsOn: [\"${a}\"]")]);
    (delivery.reviewed(&change).squashed(), gate)
}

/// The same with a gate that is open.
fn reviewed_that_waits_for_nothing(entry: &str) -> Delivery {
    let (delivery, gate) = reviewed(entry);
    std::fs::remove_file(format!("{}.begun", gate.path().display())).unwrap();
    gate.open();
    delivery
}

/// The next run finishes what was begun: each thing is created once.
#[track_caller]
fn is_finished_by(delivery: &Delivery, next: Ended) {
    next.ends_with(0);
    assert_eq!(delivery.done(), ["create a", "create b"]);
    let state = delivery.stage.state();
    assert_eq!(state.things().keys().collect::<Vec<_>>(), ["a", "b"]);
    assert!(state.leftovers().is_empty() && !delivery.stage.is_locked());
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn one_that_is_killed_before_its_engine_starts_is_done_by_the_next() {
    let delivery = reviewed_that_waits_for_nothing("");
    let gate = delivery.gate("engine-gate");
    let delivery = delivery.with_engine("up", &gate.in_a_shell(), "");
    delivery.start_until(&gate, "").kill_all();
    assert_eq!(delivery.ledger(), ["reserved"]);
    let delivery = delivery.with_plain_engine();
    let next = delivery.deploy();
    assert_eq!(delivery.ledger(), ["reserved", "reserved", "finished", "verified"]);
    is_finished_by(&delivery, next);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn one_that_is_killed_while_a_resource_is_created_keeps_others_away_and_is_done_by_the_next() {
    let (delivery, gate) = reviewed("");
    let run = delivery.start_until(&gate, "");
    let left = run.descendants();
    run.signal(Signal::SIGKILL);
    run.end();
    assert_eq!(delivery.ledger(), ["reserved"]);
    // Whether its engine is still there, or has ended as nobody reads what it says, the lock is.
    delivery.deploy().because("lock");
    assert!(delivery.done().is_empty());
    kill_each(&left);
    gate.open();
    delivery.cancel();
    let next = delivery.deploy();
    let ledger = ["reserved", "reserved", "finished", "reserved", "finished", "verified"];
    assert_eq!(delivery.ledger(), ledger);
    is_finished_by(&delivery, next);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn one_whose_engine_is_killed_while_a_resource_is_created_is_done_by_the_next() {
    let (delivery, gate) = reviewed("");
    let run = delivery.start_until(&gate, "");
    kill(run.engine(), Signal::SIGKILL).unwrap();
    let killed = run.end().because("engine");
    assert_ne!(killed.status, 0);
    assert_eq!(delivery.ledger(), ["reserved", "finished"]);
    gate.open();
    delivery.cancel();
    let next = delivery.deploy();
    assert_eq!(delivery.ledger(), ["reserved", "finished", "reserved", "finished", "verified"]);
    is_finished_by(&delivery, next);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn one_that_is_killed_after_its_engine_has_ended_is_done() {
    let delivery = reviewed_that_waits_for_nothing("");
    let gate = delivery.gate("engine-gate");
    let delivery = delivery.with_engine("up", "", &gate.in_a_shell());
    delivery.start_until(&gate, "").kill_all();
    assert_eq!(delivery.ledger(), ["reserved"]);
    let delivery = delivery.with_plain_engine();
    let next = delivery.deploy();
    assert_eq!(delivery.ledger(), ["reserved", "reserved", "finished", "verified"]);
    is_finished_by(&delivery, next);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn one_that_is_killed_while_it_is_checked_is_checked_by_the_next() {
    let delivery = reviewed_that_waits_for_nothing(", checks: [{ run: [sh, ../check.sh] }]");
    let gate = delivery.gate("check-gate");
    std::fs::write(delivery.stage.path("check.sh"), gate.in_a_shell()).unwrap();
    delivery.start_until(&gate, "").kill_all();
    assert_eq!(delivery.ledger(), ["reserved", "finished"]);
    std::fs::write(delivery.stage.path("check.sh"), "exit 0\n").unwrap();
    let next = delivery.deploy();
    assert_eq!(delivery.ledger(), ["reserved", "finished", "reserved", "finished", "verified"]);
    is_finished_by(&delivery, next);
}

/// A reviewed change that replaces `a` by another value of `property`. The old one waits at the gate in a step, or the new
/// one. It is merged.
fn replacing(property: &str, old: &str, new: &str) -> (Delivery, Gate) {
    let delivery = Delivery::new("", EMPTY);
    let gate = delivery.gate("gate");
    let of = |word: &str, step: &str| {
        let waits = format!("waits: {{{step}: {}}}", gate.path().display());
        program(&[thing("a", &format!("{property}: {word}, {waits}, {}", delivery.record()))])
    };
    let (old, new) = (of("one", old), of("two", new));
    delivery.somebody_deploys(&old);
    (delivery.reviewed(&new).squashed(), gate)
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_replacement_that_is_killed_before_the_old_one_is_deleted_is_done_by_the_next() {
    let (delivery, gate) = replacing("key", "delete", "delete");
    delivery.start_until(&gate, "").kill_all();
    assert_eq!(delivery.done(), ["create a", "create a"]);
    gate.open();
    delivery.cancel();
    delivery.deploy().ends_with(0);
    assert_eq!(delivery.done(), ["create a", "create a", "delete a"]);
    assert!(delivery.stage.state().leftovers().is_empty());
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_replacement_that_is_killed_after_the_old_one_is_deleted_is_done_by_the_next() {
    let (delivery, gate) = replacing("slot", "update", "create");
    delivery.start_until(&gate, "").kill_all();
    assert_eq!(delivery.done(), ["create a", "delete a"]);
    gate.open();
    delivery.cancel();
    delivery.deploy().ends_with(0);
    assert_eq!(delivery.done(), ["create a", "delete a", "create a"]);
    shown();
}

/// A reviewed change that creates `a` and, after it, `b`. The creation of `b` breaks off in this way until the test calms
/// the provider.
fn breaking_off(how: &str) -> Delivery {
    let delivery = Delivery::new("", EMPTY);
    let (calm, record) = (delivery.stage.path("calm"), delivery.record());
    let b = format!("value: 1, {how}, until: {}, {record}", calm.display());
    let change = program(&[thing("a", &record), Thing("b", &b, "dependsOn: [\"${a}\"]")]);
    delivery.reviewed(&change).squashed()
}

/// The deployment breaks off; the next one finishes it under the same review, by these calls.
#[track_caller]
fn breaks_off_and_is_finished(delivery: &Delivery, calls: &[&str]) {
    let broken = delivery.deploy();
    assert_ne!(broken.status, 0, "{}", broken.log);
    std::fs::write(delivery.stage.path("calm"), "").unwrap();
    delivery.deploy().ends_with(0);
    assert_eq!(delivery.done(), calls);
    assert_eq!(delivery.ledger(), ["reserved", "finished", "reserved", "finished", "verified"]);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn one_that_its_provider_has_refused_a_resource_is_done_by_the_next() {
    let delivery = breaking_off("fails: {create: there is no room}");
    breaks_off_and_is_finished(&delivery, &["create a", "create b"]);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn one_whose_provider_has_crashed_is_done_by_the_next() {
    let delivery = breaking_off("crashes: [create]");
    breaks_off_and_is_finished(&delivery, &["create a", "create b"]);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn one_whose_resource_came_up_in_part_is_done_by_the_next() {
    let delivery = breaking_off("partly: {create: it does not answer}");
    breaks_off_and_is_finished(&delivery, &["create a", "create b", "update b"]);
}
