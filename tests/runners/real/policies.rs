//! Policies: packs that our own host of policy packs runs. Their rules stand in their own files.

use super::shown;
use super::stage::Stage;
use super::things::{program, thing};
use serde_json::json;

/// A stage with a pack in the folder `rules` of the program.
fn stage(value: &str, rules: &str) -> Stage {
    let stage = Stage::new(&program(&[thing("a", &format!("value: {value}"))]));
    std::fs::create_dir(stage.path("program/rules")).unwrap();
    let pack = format!("runtime:\n  name: probe\n  options:\n    rules:\n{rules}");
    stage.write("rules/PulumiPolicy.yaml", &pack);
    stage.pulumi("stack init dev --no-select").ends_with(0);
    stage
}

const SIZES: &str =
    "      - {name: no-big-things, level: mandatory, value: big, message: big things are not allowed}
      - {name: rather-small, level: advisory, value: medium, message: smaller would be better}
      - {name: made-small, level: remediate, value: huge, becomes: small, message: huge things are made small}
";

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_mandatory_policy_ends_a_deployment_before_anything_is_created() {
    let stage = stage("big", SIZES);
    let bare = stage.pulumi("preview --stack dev --policy-pack rules");
    assert_ne!(bare.status, 0, "{}", bare.log);
    let up = stage.stackstep("up --stack dev --policy-pack rules").ends_with(bare.status).because("policy");
    let violation = &up.result["policies"]["violations"][0];
    assert_eq!(
        (&violation["policy"], &violation["level"], &violation["name"]),
        (&json!("no-big-things"), &json!("mandatory"), &json!("a"))
    );
    assert!(violation["message"].as_str().unwrap().contains("big things are not allowed"), "{violation}");
    assert!(stage.state().things().is_empty());
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn an_advisory_policy_is_told_and_stops_nothing() {
    let stage = stage("medium", SIZES);
    let up = stage.stackstep("up --stack dev --policy-pack rules").ends_with(0);
    let violations = up.result["policies"]["violations"].as_array().unwrap();
    assert_eq!(violations.len(), 1, "{violations:?}");
    assert_eq!(
        (&violations[0]["policy"], &violations[0]["level"]),
        (&json!("rather-small"), &json!("advisory"))
    );
    let packs = &up.result["policies"]["packs"];
    assert_eq!(packs[0]["name"], "probe-pack", "{packs}");
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn what_a_policy_mends_is_deployed_mended_and_told() {
    let stage = stage("huge", SIZES);
    let up = stage.stackstep("up --stack dev --policy-pack rules").ends_with(0);
    let remediation = &up.result["policies"]["remediations"][0];
    assert_eq!((&remediation["policy"], &remediation["name"]), (&json!("made-small"), &json!("a")));
    assert_eq!(stage.state().things()["a"]["outputs"]["value"], "small");
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_mandatory_policy_about_the_whole_stack_ends_a_deployment_before_it_begins() {
    let rules = "      - {name: never, level: mandatory, stack: true, message: this stack is not allowed}\n";
    let stage = stage("small", rules);
    let up = stage.stackstep("up --stack dev --policy-pack rules").because("policy");
    assert_ne!(up.status, 0);
    assert_eq!(up.result["policies"]["violations"][0]["policy"], "never");
    assert!(stage.state().things().is_empty());
    shown();
}
