//! `stackstep ttl`: the time to live of a stack.

use serde_json::json;

use super::place::{LONG_AGO, SweepPlace};

const FILE: &str = "reapable: [\"pr-*\", demo]\nreview: { from: staging, ttl-max: 14d }\n";

fn demo() -> SweepPlace {
    let place = SweepPlace::swept(FILE);
    place.state("demo", 2);
    place
}

#[test]
fn a_stack_that_has_lived_without_an_end_gets_one_only_if_it_is_said_twice() {
    let place = demo();
    place.scene.run("ttl demo").ends_with(0).says("lives without an end");
    let once = ["ttl", "demo", "--set", "7d", "--reason", "a demo"];
    place.scene.run_args(&once).ends_with(2).says("`--confirm demo`");
    assert!(place.entries("demo").is_empty());
    let twice = [&once[..], &["--confirm", "demo"]].concat();
    place.scene.run_args(&twice).ends_with(0).says("lives until 2");
    place.scene.run_args(&["ttl", "demo", "--extend", "2d", "--reason", "longer"]).ends_with(0);
    place.scene.run("ttl demo").ends_with(0).says("lives until 2");
    place.scene.run_args(&["ttl", "demo", "--never", "--reason", "it stays"]).ends_with(0);
    place.scene.run("ttl demo").ends_with(0).says("lives without an end");
}

#[test]
fn the_end_counts_for_the_state_that_it_was_set_for() {
    let place = demo();
    let line = ["ttl", "demo", "--set", "1h", "--reason", "a demo", "--confirm", "demo"];
    place.scene.run_args(&line).ends_with(0);
    let mut entry = place.entries("demo").pop().unwrap();
    entry["expires"] = json!(LONG_AGO);
    place.entry("demo", "expiry", &json!({ "expires": LONG_AGO, "state_after": entry["state_after"] }));
    place.entry("demo", "warned", &json!({ "expires": LONG_AGO, "reason": "2h" }));
    assert_eq!(place.verdict().0, "destroy");
    place.state("demo", 5);
    let (verdict, why) = place.verdict();
    assert_eq!(verdict, "unsure", "{why}");
    assert!(why.contains("has changed since"), "{why}");
}

#[test]
fn the_stack_of_a_change_request_lives_no_longer_than_the_file_allows() {
    let place = SweepPlace::swept(FILE);
    let name = place.deployed(7);
    let line = ["ttl", &name, "--extend", "2d", "--reason", "longer"];
    place.scene.run_args(&line).ends_with(73).says("`review.ttl-max`");
    let never = ["ttl", &name, "--never", "--reason", "for ever"];
    place.scene.run_args(&never).ends_with(73).says("`review.ttl-max`");
}

#[test]
fn status_shows_the_end() {
    let place = SweepPlace::swept(FILE);
    place.scene.write("Pulumi.demo.yaml", "");
    place.state("demo", 2);
    place.entry("demo", "expiry", &json!({ "expires": "2099-03-04T05:06:07Z" }));
    place.scene.run("status demo").ends_with(0).says("2099-03-04 05:06");
}
