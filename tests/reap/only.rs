//! `stackstep reap --only`: the process that destroys one stack decides anew.

use std::path::Path;

use serde_json::json;

use super::place::{LONG_AGO, SweepPlace};
use crate::support::forge::TOKEN;

const FILE: &str = "reapable: [\"pr-*\", demo]\n";

/// A place in which the time of the stack `demo` is over.
fn due() -> SweepPlace {
    let place = SweepPlace::swept(FILE);
    place.due("demo");
    place
}

#[test]
fn a_stack_that_was_deployed_or_extended_since_the_sweep_stays() {
    let place = due();
    place.state("demo", 5);
    place.scene.run("reap --only demo").ends_with(73).says("it has changed since its time to live was set");
    let place = due();
    place.scene.run_args(&["ttl", "demo", "--extend", "2d", "--reason", "the fair"]).ends_with(0);
    place.scene.run("reap --only demo").ends_with(73).says("`demo` is not destroyed");
    let place = due();
    place.scene.run_args(&["reap", "--forget", "demo", "--reason", "it stays"]).ends_with(0);
    place.scene.run("reap --only demo").ends_with(73).says("a person has taken it out");
}

#[test]
fn a_stack_that_no_sweep_would_destroy_stays() {
    let place = due();
    place.state("prod", 2);
    place.entry("prod", "expiry", &json!({ "expires": LONG_AGO }));
    place.scene.run("reap --only prod").ends_with(73).says("`reapable` does not allow its name");
    place.scene.run("reap --only other").ends_with(73).says("there is no stack `shop/other`");
    place.scene.run("reap --only organization/shop/demo").ends_with(2).says("names more than a stack");
    let open = place.deployed(7);
    place.request(7, None);
    place.scene.run(&format!("reap --only {open}")).ends_with(73);
}

#[test]
fn a_destruction_that_fails_is_written_down_so_that_the_next_sweep_waits() {
    let place = due();
    // Two resources of one URN, which no engine takes.
    place.state("demo", 2);
    let set = ["ttl", "demo", "--set", "1h", "--reason", "a demo"];
    place.scene.run_args(&set).ends_with(0);
    let state = place.entries("demo").pop().unwrap()["state_after"].clone();
    place.entry("demo", "expiry", &json!({ "expires": LONG_AGO, "state_after": state }));
    place.scene.run("reap --only demo").ends_with(1).says("duplicate resource");
    let last = place.entries("demo").pop().unwrap();
    assert_eq!(last["kind"], "destroy-failed", "{last}");
    assert!(last["reason"].as_str().unwrap().contains("duplicate resource"), "{last}");
    assert_eq!(place.verdict().0, "waits");
}

#[test]
fn the_destroying_process_works_in_the_backend_of_the_sweep() {
    let place = due();
    let other = SweepPlace::swept(FILE);
    other.state("demo", 2);
    let state = |place: &SweepPlace| place.scene.root().join("state/.pulumi/stacks/shop/demo.json");
    let untouched = std::fs::read(state(&other)).unwrap();
    let lines = [
        ("PULUMI_BACKEND_URL", other.backend()),
        ("PULUMI_CONFIG_PASSPHRASE", "a passphrase".to_owned()),
        ("STACKSTEP_ENGINE", "sandbox".to_owned()),
        ("STACKSTEP_FORGE", "gitea".to_owned()),
        ("STACKSTEP_FORGE_URL", place.fake.server.url()),
        ("STACKSTEP_FORGE_TOKEN", TOKEN.to_owned()),
        ("CI", "true".to_owned()),
        ("CI_REPO", "acme/shop".to_owned()),
        ("CI_COMMIT_BRANCH", "main".to_owned()),
    ];
    let text: Vec<String> = lines.iter().map(|(name, value)| format!("{name}='{value}'\n")).collect();
    place.scene.write("destroy.env", &text.concat());
    let run = place.reap("--destroy-env destroy.env");
    let run = run.says("`demo` is destroyed: its time to live is over");
    assert!(!Path::exists(&state(&place)), "the stack that was due is gone: {}", run.log());
    assert_eq!(std::fs::read(state(&other)).unwrap(), untouched);
    let last = place.entries("demo").pop().unwrap();
    assert_eq!(last["kind"], "destroyed", "{last}");
}
