//! The tests' fake of Pulumi Cloud, used by the official client of the service: its decoding is strict, so that what satisfies
//! it has the form that the service's description gives.

use serde_json::json;

use crate::real_parts::shown_with;
use crate::support::pulumi_cloud::with_deployments;
use crate::support::{Scene, fixture};
use crate::tools::{folder, root, run};

const TOKEN: &str = "pul-0123456789abcdef0123456789abcdef01234567";

// The client can't read a variable of the environment that is plain text.
const FILE: &str = "\
sourceContext: { git: { branch: main, gitAuth: { accessToken: { from-env: GIT_TOKEN } } } }
vcs: { provider: github, repository: acme/shop, deployCommits: true, paths: [infra/**] }
operationContext:
  preRunCommands: [npm ci]
  environmentVariables: { API_KEY: { from-env: GIT_TOKEN } }
  oidc: { aws: { roleArn: 'arn:aws:iam::1:role/deploy', sessionName: shop, duration: 1h } }
executorContext: { executorImage: 'acme/deployer:1' }
cacheOptions: { enable: true }
schedules: [{ scheduleCron: '0 */4 * * *', operation: refresh }]
drift: { scheduleCron: '0 6 * * *' }
ttl: { timestamp: '2099-01-01T00:00:00Z' }
";

#[test]
#[ignore = "needs pulumi-cloud-sdk"]
fn the_official_client_reads_what_we_have_applied_and_we_see_what_it_changes() {
    let (server, kept) = with_deployments(TOKEN);
    let scene = Scene::empty()
        .with("PULUMI_BACKEND_URL", &server.url())
        .with("PULUMI_ACCESS_TOKEN", TOKEN)
        .with("GIT_TOKEN", "the-token-of-the-repository");
    scene.write("Pulumi.yaml", "name: shop\nruntime: yaml\n");
    scene.write("deployment.yaml", FILE);
    scene.run("deployment settings apply --stack acme/shop/prod").ends_with(0);
    let mut client = std::process::Command::new(folder("pulumi-cloud-sdk").join("bin/python"));
    client.arg(root().join("tests/runners/pulumi-cloud-sdk.py")).env("URL", server.url()).env("TOKEN", TOKEN);
    let (fine, said) = run(&mut client);
    assert!(fine, "{said}");
    scene
        .run("deployment settings check --stack acme/shop/prod")
        .ends_with(7)
        .says("sourceContext.git.branch: the file has `main`, the service has `other`")
        .says("schedule: look for drift at `30 6 * * *` becomes: look for drift at `0 6 * * *`")
        .says("new schedule: destroy the stack at `2099-01-01T00:00:00Z`");
    scene.run("deployment settings apply --stack acme/shop/prod").ends_with(0);
    let branch = kept.lock().unwrap().settings.clone().unwrap()["sourceContext"]["git"]["branch"].clone();
    assert_eq!(branch, json!("main"));
    shown_with("Pulumi Cloud's client (pulumi-cloud-sdk)");
}

#[test]
#[ignore = "needs pulumi-cloud-sdk"]
fn the_official_client_reads_the_deployment_that_we_have_begun_and_followed() {
    let (server, kept) = with_deployments(TOKEN);
    {
        let mut kept = kept.lock().unwrap();
        kept.settings = Some(json!({ "sourceContext": { "git": { "branch": "main" } } }));
        kept.queue.log = ["# Get source", "Cloning"].map(str::to_owned).to_vec();
        let events = std::fs::read_to_string(fixture("recordings/up-update/events.jsonl")).unwrap();
        let events = events.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        kept.queue.events.insert("update", events);
    }
    let scene = Scene::empty()
        .on_github()
        .without("STACKSTEP_ENGINE")
        .with("PULUMI_BACKEND_URL", &server.url())
        .with("PULUMI_ACCESS_TOKEN", TOKEN);
    scene.write("Pulumi.yaml", "name: shop\nruntime: yaml\n");
    scene.run("up --skip-preview --stack acme/shop/prod --run-on deployments").ends_with(0).says("Cloning");
    let mut client = std::process::Command::new(folder("pulumi-cloud-sdk").join("bin/python"));
    client.arg(root().join("tests/runners/pulumi-cloud-sdk-deployments.py"));
    let (fine, said) = run(client.env("URL", server.url()).env("TOKEN", TOKEN));
    assert!(fine, "{said}");
    assert!(kept.lock().unwrap().queue.made[1].cancelled);
    shown_with("Pulumi Cloud's client (pulumi-cloud-sdk)");
}
