//! Stacks that read the outputs of others.

use super::shown;
use super::stage::Stage;
use serde_json::json;

const READER: &str = "name: reader
runtime: yaml
resources:
  shop: {type: 'pulumi:pulumi:StackReference', properties: {name: organization/shop/dev}}
outputs:
  url: ${shop.outputs[\"url\"]}
  token: ${shop.outputs[\"token\"]}
";

#[test]
#[ignore = "needs the Pulumi CLI"]
fn outputs_of_another_stack_arrive_and_a_secret_stays_one() {
    let stage = Stage::deployed(super::stage::SHOP);
    stage.write("Pulumi.yaml", READER);
    let up = stage.stackstep("up --stack dev --upsert").ends_with(0);
    assert_eq!(up.result["outputs"], json!({ "token": "[secret]", "url": "https://shop.example.com/" }));
    assert!(!up.log.contains("token-for-the-shop"), "{}", up.log);
    let bare = stage.pulumi("stack output token --show-secrets --stack dev").ends_with(0);
    assert_eq!(bare.stdout.trim(), "token-for-the-shop");
    let again = stage.stackstep("up --stack dev").ends_with(0);
    assert_eq!(again.result["has_changes"], false, "{}", again.log);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_stack_that_is_referred_to_and_is_not_there_ends_a_preview() {
    let stage = Stage::new(READER);
    stage.pulumi("stack init dev --no-select").ends_with(0);
    let bare = stage.pulumi("preview --stack dev");
    assert_ne!(bare.status, 0, "{}", bare.log);
    let preview = stage.stackstep("preview --stack dev").ends_with(bare.status).because("provider");
    assert!(
        preview.result["message"].as_str().unwrap().contains("organization/shop/dev"),
        "{}",
        preview.result
    );
    shown();
}
