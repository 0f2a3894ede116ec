//! `ttl` at `up`: the stack has an end from its first resource on, and each deployment renews it.

use serde_json::{Value, json};

use super::place::{LONG_AGO, SweepPlace};
use crate::support::{Run, json as read_json};

/// The file of the default branch.
const FILE: &str = "reapable: [\"pr-*\", \"demo*\"]\nstacks: { demo: { ttl-max: 30d, unreviewed: allow }, demo-kept: { approvals: { needed: 1 } } }\n";

const PROGRAM: &str = "name: shop\nruntime: yaml\nresources:\n  thing:\n    type: demo:index:Thing\n    properties: { size: 1 }\n";

fn place() -> SweepPlace {
    let place = SweepPlace::swept(FILE);
    place.scene.write("Pulumi.yaml", PROGRAM);
    place
}

impl SweepPlace {
    /// Deploys the stack, and makes it first.
    fn up(&self, stack: &str, more: &str) -> Run {
        let result = self.scene.root().join("result.json");
        self.scene.run(&format!("up --stack {stack} --upsert --result-file {} {more}", result.display()))
    }

    fn result(&self) -> Value {
        read_json(self.scene.root().join("result.json"))
    }

    /// The entries that set an end.
    fn ends(&self, stack: &str) -> Vec<Value> {
        self.entries(stack).into_iter().filter(|entry| entry["kind"] == "expiry").collect()
    }

    /// The state of a stack, as it lies there.
    fn state_of(&self, stack: &str) -> Option<Vec<u8>> {
        std::fs::read(self.scene.root().join(format!("state/.pulumi/stacks/shop/{stack}.json"))).ok()
    }
}

#[test]
fn a_new_stack_has_its_end_before_its_first_resource_and_for_the_state_that_was_deployed() {
    let place = place();
    place.up("demo", "--ttl 7d").ends_with(0).says("`shop/demo` lives until 2");
    let ends = place.ends("demo");
    assert_eq!(ends.len(), 2, "{ends:#?}");
    assert_eq!((&ends[0]["state_before"], ends[0].get("state_after")), (&json!("none"), None));
    assert!(ends[1]["state_after"].as_str().unwrap().starts_with("sha256:"), "{ends:#?}");
    assert_eq!(place.result()["expires"], ends[1]["expires"]);
    assert!(place.result()["notes"].to_string().contains("the stack lives until"), "{}", place.result());
    place.scene.run("status demo").ends_with(0).says(&ends[1]["expires"].as_str().unwrap()[..10]);
    let (verdict, why) = place.verdict();
    assert_eq!((verdict.as_str(), why.as_str()), ("kept", "its time is not over"));
}

#[test]
fn each_further_deployment_with_it_renews_the_end_and_one_without_it_does_not() {
    let place = place();
    place.up("demo", "--ttl 1h").ends_with(0);
    place.up("demo", "--ttl 8d").ends_with(0).says("lives until");
    let ends = place.ends("demo");
    assert_eq!(ends.len(), 3, "a stack that is there has one entry more");
    assert!(ends[1]["expires"].as_str() < ends[2]["expires"].as_str(), "{ends:#?}");
    place.up("demo", "").ends_with(0).never_says("lives until");
    assert_eq!(place.ends("demo").len(), 3);
}

#[test]
fn a_deployment_that_fails_half_way_has_an_end_too() {
    let place = place();
    let fault = "{resources: [{match: other, fail: quota exceeded}]}";
    let place = SweepPlace { scene: place.scene.with("PULUMI_SANDBOX_FAULTS", fault), fake: place.fake };
    place.scene.write("Pulumi.yaml", &format!("{PROGRAM}  other:\n    type: demo:index:Thing\n"));
    let run = place.up("demo", "--ttl 7d").says("lives until");
    assert_ne!(run.status(), 0, "{}", run.log());
    assert!(place.ends("demo")[1]["state_after"].is_string());
    assert_eq!(place.verdict().0, "kept");
}

#[test]
fn a_stack_that_a_killed_run_has_begun_goes_at_its_end_unless_it_was_changed_since() {
    let place = place();
    place.entry("demo", "expiry", &json!({ "expires": LONG_AGO, "state_before": "none" }));
    place.entry("demo", "warned", &json!({ "expires": LONG_AGO, "reason": "2h" }));
    place.state("demo", 3);
    assert_eq!(place.verdict().0, "destroy");
    place.update("demo", "by hand");
    let (verdict, why) = place.verdict();
    assert_eq!(verdict, "unsure");
    assert!(why.contains("was killed, and it has changed since"), "{why}");
}

#[test]
fn a_stack_that_has_lived_without_an_end_is_refused_before_anything_is_deployed_unless_it_is_said_twice() {
    let place = place();
    place.up("demo", "").ends_with(0);
    place.scene.write("Pulumi.yaml", &PROGRAM.replace("size: 1", "size: 2"));
    let before = place.state_of("demo");
    for more in ["--ttl 7d", "--ttl 7d --confirm other"] {
        place.up("demo", more).ends_with(2).says("has lived without an end").says("`--confirm demo`");
        assert_eq!((place.state_of("demo"), place.ends("demo").len()), (before.clone(), 0), "{more}");
    }
    place.up("demo", "--ttl 7d --confirm demo").ends_with(0).says("lives until");
    assert_ne!(place.state_of("demo"), before);
    assert_eq!(place.verdict().0, "kept");
}

#[test]
fn a_time_that_is_longer_than_the_file_allows_is_refused() {
    let place = place();
    place.up("demo", "--ttl 31d").ends_with(73).says("`ttl-max` of `stacks.demo`");
    assert_eq!((place.state_of("demo"), place.ends("demo").len()), (None, 0));
    place.up("demo", "--ttl 30d").ends_with(0);
    let longer = ["ttl", "demo", "--extend", "2d", "--reason", "the fair"];
    place.scene.run_args(&longer).ends_with(73).says("`ttl-max` lets `demo` live until");
    place.up("demo", "--ttl 7").ends_with(2).says("less than a minute");
}

#[test]
fn what_no_sweep_destroys_gets_no_end_and_the_line_to_add_is_said() {
    let place = place();
    place
        .up("prod", "--ttl 7d")
        .ends_with(73)
        .says("does not name `prod`")
        .says("write `reapable: [\"pr-*\", \"demo*\", \"prod\"]`");
    place.up("demo-kept", "--ttl 7d").ends_with(73).says("has `approvals`: no sweep destroys `demo-kept`");
    assert_eq!((place.state_of("prod"), place.state_of("demo-kept")), (None, None));
}

#[test]
fn the_default_branchs_file_judges_and_not_the_checkouts_own() {
    let place = place();
    place.scene.write(
        "stackstep.yaml",
        "reapable: [prod]\nstacks: { demo: { ttl-max: 300d, unreviewed: allow } }\n",
    );
    place.up("prod", "--ttl 7d").ends_with(73).says("does not name `prod`");
    place.up("demo", "--ttl 31d").ends_with(73).says("`ttl-max` of `stacks.demo`");
}

#[test]
fn it_is_an_input_like_others() {
    let of_step = place();
    let scene = of_step.scene.with("STACKSTEP_TTL", "7d");
    SweepPlace { scene, fake: of_step.fake }.up("demo", "").ends_with(0).says("lives until");
    let of_file = place();
    of_file.scene.write("stackstep.yaml", "ttl: 7d\n");
    of_file.up("demo", "").ends_with(0).says("lives until");
    of_file.up("demo", "--preview-only").ends_with(2);
}

#[test]
fn without_a_ledger_or_a_sweep_there_is_no_end() {
    let place = place();
    let scene = place.scene.with("PULUMI_BACKEND_URL", "postgres://127.0.0.1:9/state");
    SweepPlace { scene, fake: place.fake }.up("demo", "--ttl 7d").ends_with(73).says("`ttl`");
}
