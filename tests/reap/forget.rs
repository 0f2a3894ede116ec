//! `stackstep reap --forget`: a stack that no sweep destroys.

use super::place::{LONG_AGO, SweepPlace};

#[test]
fn a_stack_that_a_person_takes_out_is_left_alone_from_then_on() {
    let place = SweepPlace::swept("review: { from: staging }\n");
    place.request(7, Some(LONG_AGO));
    let name = place.deployed(7);
    let line = ["reap", "--forget", &name, "--reason", "it is looked into"];
    place.scene.run_args(&line).ends_with(0).says("no sweep destroys");
    let entry = place.entries(&name).pop().unwrap();
    assert_eq!(
        (entry["kind"].as_str(), entry["reason"].as_str()),
        (Some("forgotten"), Some("it is looked into"))
    );
    assert_eq!(place.verdict().0, "forgotten");
    place.reap("").ends_with(0);
}

#[test]
fn a_stack_that_is_not_there_can_not_be_taken_out() {
    let place = SweepPlace::swept("review: { from: staging }\n");
    let forget = |stack: &str| place.scene.run_args(&["reap", "--forget", stack, "--reason", "by hand"]);
    forget("pr-7-0123abcd").ends_with(73).says("there is no stack `shop/pr-7-0123abcd`");
    for name in ["../../x", "..", "organization/../x"] {
        forget(name).ends_with(2).says("is not a stack name");
    }
    assert!(!place.scene.root().join("state/.stackstep/x").exists());
}

#[test]
fn a_reason_is_needed() {
    let place = SweepPlace::new("");
    place.scene.run("reap --forget pr-7-0123abcd").ends_with(2).says("--reason");
}
