//! `stackstep ttl`: the time to live of a stack.

use serde_json::json;

use super::place::SweepPlace;

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
    place.due("demo");
    assert_eq!(place.verdict().0, "destroy");
    place.scene.run("ttl demo").ends_with(0).says("lives until 2").never_says("no longer counts");
    place.state("demo", 5);
    let run = place.scene.run("ttl demo").ends_with(0);
    run.says("that end no longer counts").says("`stackstep ttl demo --set 7d --reason …`");
    let (verdict, why) = place.verdict();
    assert_eq!(verdict, "unsure", "{why}");
    assert!(why.contains("has changed since"), "{why}");
}

#[test]
fn the_stack_of_a_change_request_lives_no_longer_than_the_file_allows() {
    let place = SweepPlace::swept(FILE);
    let name = place.deployed(7);
    let line = ["ttl", &name, "--set", "2d", "--reason", "longer"];
    place.scene.run_args(&line).ends_with(73).says("`review.ttl-max`");
    let never = ["ttl", &name, "--never", "--reason", "for ever"];
    place.scene.run_args(&never).ends_with(73).says("`review.ttl-max`");
}

#[test]
fn what_lives_without_an_end_is_not_extended() {
    let place = demo();
    let name = place.deployed(7);
    for stack in ["demo", &name] {
        let before = place.entries(stack);
        let line = ["ttl", stack, "--extend", "2d", "--reason", "it is needed"];
        place.scene.run_args(&line).ends_with(0).says("lives without an end: there is nothing to extend");
        assert_eq!(place.entries(stack), before);
    }
}

#[test]
fn a_stack_that_is_not_there_has_no_time_to_live() {
    let place = demo();
    place.scene.run("ttl other").ends_with(73).says("there is no stack `shop/other`");
    let set = ["ttl", "other", "--set", "7d", "--reason", "a demo", "--confirm", "other"];
    place.scene.run_args(&set).ends_with(73).says("there is no stack `shop/other`");
}

#[test]
fn a_stack_that_no_sweep_destroys_gets_no_end() {
    let place = demo();
    place.state("prod", 2);
    let set = ["ttl", "prod", "--set", "7d", "--reason", "a demo", "--confirm", "prod"];
    place.scene.run_args(&set).ends_with(73).says("`reapable`");
    assert!(place.entries("prod").is_empty());
}

#[test]
fn no_warning_is_about_a_program_that_does_not_run() {
    let place = demo();
    place.scene.write("Pulumi.other.yaml", "");
    place.scene.run("ttl demo").ends_with(0).never_says("would be changed or deleted");
    place.reap("--dry-run").never_says("would be changed or deleted");
    place.scene.run("ttl").ends_with(2).says("no stack is named for `ttl`");
}

#[test]
fn status_shows_the_end() {
    let place = SweepPlace::swept(FILE);
    place.scene.write("Pulumi.demo.yaml", "");
    place.state("demo", 2);
    place.entry("demo", "expiry", &json!({ "expires": "2099-03-04T05:06:07Z" }));
    place.scene.run("status demo").ends_with(0).says("2099-03-04 05:06");
}
