//! The life of a stack, from its first preview to its end.

use super::shown;
use super::stage::{SHOP, Stage};
use serde_json::json;

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_preview_creates_the_stack_that_upsert_asks_for_and_deploys_nothing() {
    let stage = Stage::new(SHOP);
    let preview = stage.stackstep("preview --stack dev --upsert").ends_with(0);
    assert_eq!(preview.result["status"], "succeeded");
    assert_eq!(preview.result["has_changes"], true, "{}", preview.log);
    assert_eq!(preview.result["changes"], json!({ "create": 1 }));
    assert_eq!(stage.pulumi("stack output --json --stack dev").ends_with(0).stdout.trim(), "{}");
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_deployment_leaves_what_its_program_says_and_shows_no_secret() {
    let stage = Stage::new(SHOP);
    let up = stage.stackstep("up --stack dev --upsert").ends_with(0);
    assert_eq!(
        up.result["outputs"],
        json!({ "tier": "small", "token": "[secret]", "url": "https://shop.example.com/" })
    );
    assert_eq!(up.result["secret_outputs"], json!(["token"]));
    assert!(!up.log.contains("token-for-the-shop"), "{}", up.log);
    let bare = stage.pulumi("stack output --json --show-secrets --stack dev").ends_with(0).stdout;
    let bare: serde_json::Value = serde_json::from_str(&bare).unwrap();
    assert_eq!(
        bare,
        json!({ "tier": "small", "token": "token-for-the-shop", "url": "https://shop.example.com/" })
    );
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn outputs_are_read_without_an_update() {
    let stage = Stage::deployed(SHOP);
    let outputs = stage.stackstep("outputs --stack dev").ends_with(0);
    assert_eq!(outputs.result["outputs"]["url"], "https://shop.example.com/");
    assert_eq!(outputs.result["outputs"]["token"], "[secret]");
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn an_output_that_changes_is_a_change() {
    let stage = Stage::deployed(SHOP);
    let same = stage.stackstep("preview --stack dev").ends_with(0);
    assert_eq!(same.result["has_changes"], false, "{}", same.log);
    stage.write("Pulumi.yaml", &SHOP.replace("shop.example.com", "shop.example.org"));
    let changed = stage.stackstep("preview --stack dev").ends_with(0);
    assert_eq!(changed.result["has_changes"], true, "{}", changed.log);
    assert_eq!(changed.result["output_changes"][0]["name"], "url", "{}", changed.result);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn configuration_reaches_the_program_and_the_stack_s_file_and_a_secret_does_so_encrypted() {
    let stage = Stage::new(SHOP);
    stage.write("stackstep.yaml", "config: {tier: large}\n");
    let up = stage.stackstep("up --stack dev --upsert").ends_with(0);
    assert_eq!(up.result["outputs"]["tier"], "large");
    let file = std::fs::read_to_string(stage.path("program/Pulumi.dev.yaml")).unwrap();
    assert!(file.contains("shop:tier: large"), "{file}");
    stage.write("secret.txt", "a secret tier");
    stage.write("stackstep.yaml", "config: {tier: {secret: true, from-file: secret.txt}}\n");
    let up = stage.stackstep("up --stack dev").ends_with(0);
    let file = std::fs::read_to_string(stage.path("program/Pulumi.dev.yaml")).unwrap();
    assert!(file.contains("secure:") && !file.contains("a secret tier"), "{file}");
    assert!(!up.log.contains("a secret tier"), "{}", up.log);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_refresh_passes_and_changes_nothing() {
    let stage = Stage::deployed(SHOP);
    let refresh = stage.stackstep("refresh --stack dev").ends_with(0);
    assert_eq!(refresh.result["has_changes"], false, "{}", refresh.log);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn after_it_is_destroyed_and_removed_the_stack_is_gone() {
    let stage = Stage::deployed(SHOP);
    let destroy = stage.stackstep("destroy --stack dev --remove").ends_with(0);
    assert_eq!(destroy.result["changes"], json!({ "delete": 1 }), "{}", destroy.log);
    assert_eq!(stage.pulumi("stack ls --json").ends_with(0).stdout.trim(), "[]");
    assert!(!stage.path("program/Pulumi.dev.yaml").exists());
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn each_spelling_of_a_stack_s_name_means_the_same_stack() {
    let stage = Stage::deployed(SHOP);
    for name in ["dev", "organization/dev", "organization/shop/dev"] {
        let outputs = stage.stackstep(&format!("outputs --stack {name}")).ends_with(0);
        assert_eq!(outputs.result["outputs"]["tier"], "small", "{name}");
    }
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_deployment_keeps_to_the_plan_of_its_preview() {
    let stage = Stage::new(SHOP);
    let plan = stage.path("plan.json").display().to_string();
    stage.stackstep(&format!("preview --stack dev --upsert --plan {plan}")).ends_with(0);
    assert!(stage.path("plan.json").exists());
    stage.stackstep(&format!("up --stack dev --plan {plan}")).ends_with(0);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_run_of_our_own_leaves_no_login_and_no_selected_stack() {
    let stage = Stage::deployed(SHOP);
    assert!(!stage.path("home/credentials.json").exists());
    assert!(!stage.path("home/workspaces").exists());
    shown();
}
