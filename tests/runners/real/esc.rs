//! Environments of Pulumi ESC, with the CLI as a second client of the fake that we open them at.

use super::shown;
use super::stage::{SHOP, Stage};
use crate::support::pulumi_cloud::esc::{plain, secret, with_environments};
use serde_json::{Value, json};

const TOKEN: &str = "pul-0123456789abcdef0123456789abcdef01234567";

#[test]
#[ignore = "needs the Pulumi CLI"]
fn the_cli_opens_the_environment_that_we_open() {
    let (server, environments) = with_environments(TOKEN);
    let properties = json!({
        "region": plain("eu-central-1"),
        "environmentVariables": { "value": {
            "PULUMI_CONFIG_PASSPHRASE": secret("a passphrase of the environment"), "COUNT": plain(3), "ON": plain(true),
        }, "trace": {} },
        "files": { "value": { "KUBECONFIG": secret("clusters: []\n") }, "trace": {} },
    });
    environments.lock().unwrap().kept.insert("acme/shop/prod".to_owned(), Ok(properties));
    let cloud = Stage::new(SHOP).with("PULUMI_BACKEND_URL", &server.url()).with("PULUMI_ACCESS_TOKEN", TOKEN);
    let printed = cloud.pulumi("env open acme/shop/prod --format json").ends_with(0).stdout;
    let mut told: Value = serde_json::from_str(&printed).unwrap();
    // The path of a file that the CLI has written.
    let path = told["environmentVariables"].as_object_mut().unwrap().remove("KUBECONFIG");
    assert_eq!((path.is_some(), &told["files"]["KUBECONFIG"]), (true, &json!("clusters: []\n")), "{told}");
    let variables =
        json!({ "PULUMI_CONFIG_PASSPHRASE": "a passphrase of the environment", "COUNT": 3, "ON": true });
    assert_eq!(told["environmentVariables"], variables, "{told}");
    let dotenv = cloud.pulumi("env open acme/shop/prod --format dotenv").ends_with(0).stdout;
    assert!(dotenv.contains("COUNT=\"3\"\n") && dotenv.contains("ON=\"true\"\n"), "{dotenv}");

    // The state lies in a folder; its passphrase comes from the environment.
    let stage = Stage::new(SHOP)
        .with("PULUMI_API", &server.url())
        .with("PULUMI_ACCESS_TOKEN", TOKEN)
        .with("PULUMI_CONFIG_PASSPHRASE", "another passphrase");
    let up = stage.stackstep("up --stack dev --upsert --esc acme/shop/prod").ends_with(0);
    assert!(!up.log.contains("a passphrase of the environment"), "{}", up.log);
    stage.stackstep("preview --stack dev").ends_with(1).because("secrets");
    stage.stackstep("preview --stack dev --esc acme/shop/prod").ends_with(0);
    shown();
}
