//! Flags by environment and `args`, the CLI's version, and what else a run is told: held against what the CLI does when
//! it is told by itself.

use super::scene::{pulumi, scene, shown, tried};
use super::stage::{SHOP, engine_version};
use crate::support::{Scene, json as read_json};
use serde_json::{Value, json};

fn deployed(scene: Scene) -> Scene {
    scene.run("up --stack dev --upsert").ends_with(0);
    scene
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_flag_by_environment_that_prints_secrets_does_not_reach_the_cli() {
    let scene = deployed(scene(SHOP)).with("PULUMI_OPTION_SHOW_SECRETS", "true");
    let bare = pulumi(&scene, "stack output --stack dev");
    assert!(bare.contains("token-for-the-shop"), "the CLI itself takes it:\n{bare}");
    for command in ["outputs", "up"] {
        scene
            .run(&format!("{command} --stack dev"))
            .ends_with(0)
            .says("`PULUMI_OPTION_SHOW_SECRETS` is not used")
            .never_says("token-for-the-shop");
    }
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_flag_by_environment_that_is_an_input_is_that_input() {
    let scene = scene(SHOP).with("PULUMI_OPTION_EXPECT_NO_CHANGES", "true");
    let scene = scene.with("PULUMI_OPTION_MESSAGE", "said by the environment");
    scene.run("up --stack dev --upsert").ends_with(7).says("changes-unexpected");
    assert_eq!(pulumi(&scene, "stack output --json --stack dev").trim(), "{}", "nothing was deployed");
    let scene = scene.without("PULUMI_OPTION_EXPECT_NO_CHANGES");
    scene.run("up --stack dev").ends_with(0);
    let history = pulumi(&scene, "stack history --json --stack dev");
    assert!(history.contains("\"message\": \"said by the environment\""), "{history}");
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_flag_that_the_cli_does_not_have_ends_the_run_for_the_reason_that_it_is_unknown() {
    let scene = deployed(scene(SHOP));
    let (bare, _, log) = tried(&scene, "preview --stack dev --no-such-flag");
    let run = scene.run("preview --stack dev --args --no-such-flag");
    assert_ne!(bare, 0, "{log}");
    run.ends_with(bare).says("reason: engine-too-old");
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn changes_may_be_no_failure() {
    let scene = scene(SHOP).with("STACKSTEP_RESULT_FILE", "result.json");
    scene.run("up --stack dev --upsert --expect-no-changes --fail-on-changes=false").ends_with(0);
    let result = read_json(scene.program.join("result.json"));
    assert_eq!((&result["status"], &result["has_changes"]), (&json!("succeeded"), &json!(true)));
    assert_eq!(pulumi(&scene, "stack output --json --stack dev").trim(), "{}", "nothing was deployed");
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn the_version_of_the_cli_is_read_and_held_against_what_is_asked_for() {
    let scene = scene(SHOP).with("STACKSTEP_OFFLINE", "true");
    let version = engine_version();
    scene.run(&format!("preview --stack dev --upsert --pulumi-version {version}")).ends_with(0);
    scene.run("preview --stack dev --pulumi-version ^3.200").ends_with(0);
    scene
        .run("preview --stack dev --pulumi-version ^2")
        .ends_with(71)
        .says(&format!("Pulumi {version} is not what"));
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn doctor_names_the_cli_and_its_version_and_leaves_nothing_behind() {
    let scene = deployed(scene(SHOP));
    let before = scene.snapshot();
    let run = scene.run("doctor --json --stack dev --command up").ends_with(0);
    let found: Value = serde_json::from_str(&run.stdout()).unwrap();
    assert_eq!(found["engine"]["version"], engine_version());
    assert_eq!((&found["engine"]["sandbox"], &found["ok"]), (&json!(false), &json!(true)), "{found:#}");
    assert_eq!(found["findings"], json!([]));
    assert_eq!(scene.snapshot(), before);
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_message_is_in_the_history_as_it_was_written() {
    let message = "it's $(touch pwned) \"quoted\" ünï\nsecond line";
    let scene = scene(SHOP);
    scene.run_args(&["up", "--stack", "dev", "--upsert", "--message", message]).ends_with(0);
    let history: Value = serde_json::from_str(&pulumi(&scene, "stack history --json --stack dev")).unwrap();
    assert_eq!(history[0]["message"], message);
    shown(&scene);
}
