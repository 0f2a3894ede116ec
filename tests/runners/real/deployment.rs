//! The settings of Pulumi Deployments, with the CLI as a second client of the same fake: what it writes we read, and what we
//! write it reads.

use super::shown;
use super::stage::{Ended, SHOP, Stage};
use crate::support::pulumi_cloud::deployments::Deployments;
use crate::support::pulumi_cloud::with_deployments;
use crate::support::server::Server;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const TOKEN: &str = "pul-0123456789abcdef0123456789abcdef01234567";
const STACK: &str = "--stack acme/shop/prod";

/// A stage whose backend is the fake.
fn stage() -> (Stage, Server, Arc<Mutex<Deployments>>) {
    let (server, kept) = with_deployments(TOKEN);
    let stage = Stage::new(SHOP)
        .with("PULUMI_BACKEND_URL", &server.url())
        .with("PULUMI_ACCESS_TOKEN", TOKEN)
        .with("GIT_TOKEN", "the-token-of-the-repository");
    (stage, server, kept)
}

fn ours(stage: &Stage, verb: &str) -> Ended {
    stage.stackstep(&format!("deployment settings {verb} {STACK}"))
}

/// What the CLI prints as JSON.
fn told(stage: &Stage, line: &str) -> Value {
    let printed = stage.pulumi(&format!("{line} {STACK} --output json")).ends_with(0).stdout;
    serde_json::from_str(&printed).unwrap()
}

const FILE: &str = "\
sourceContext: { git: { repoUrl: 'https://git.example.com/shop.git', branch: main, repoDir: infra, gitAuth: { accessToken: { from-env: GIT_TOKEN } } } }
operationContext:
  preRunCommands: [npm ci]
  environmentVariables: { LOG_LEVEL: info, API_KEY: { from-env: GIT_TOKEN } }
  oidc: { aws: { roleArn: 'arn:aws:iam::1:role/deploy', sessionName: shop, duration: 90m } }
executorContext: { executorImage: 'acme/deployer:1' }
cacheOptions: { enable: true }
schedules: [{ scheduleCron: '0 */4 * * *', operation: refresh }]
drift: { scheduleCron: '0 6 * * *', autoRemediate: true }
ttl: { timestamp: '2099-01-01T00:00:00Z', deleteAfterDestroy: true }
";

#[test]
#[ignore = "needs the Pulumi CLI"]
fn the_cli_reads_the_settings_that_we_have_applied() {
    let (stage, _server, _kept) = stage();
    stage.write("deployment.yaml", FILE);
    ours(&stage, "apply").ends_with(0);
    let settings = told(&stage, "deployment settings get");
    let source = json!({
        "kind": "git", "repository": "https://git.example.com/shop.git", "branch": "main", "folder": "infra",
        "auth": "Access token",
    });
    assert_eq!(settings["source"], source, "{settings}");
    let variables = json!([{ "name": "API_KEY", "secret": true }, { "name": "LOG_LEVEL", "value": "info" }]);
    assert_eq!(settings["environmentVariables"], variables, "{settings}");
    assert_eq!(settings["oidc"]["aws"]["sessionDuration"], "1h30m0s", "{settings}");
    assert_eq!(settings["runner"]["executorImage"], "acme/deployer:1", "{settings}");
    assert_eq!(
        (&settings["preRunCommands"], &settings["cacheEnabled"]),
        (&json!(["npm ci"]), &json!(true)),
        "{settings}"
    );
    assert!(!settings.to_string().contains("the-token-of-the-repository"));
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn the_cli_lists_the_schedules_that_we_have_made_as_what_they_are() {
    let (stage, _server, _kept) = stage();
    stage.write("deployment.yaml", FILE);
    ours(&stage, "apply").ends_with(0);
    let listed = told(&stage, "stack schedule list").to_string();
    for words in ["pulumi refresh", "detect + auto-remediate", "destroy + delete stack", "0 */4 * * *"] {
        assert!(listed.contains(words), "`{words}` is not in\n{listed}");
    }
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn what_the_cli_edits_is_seen_path_by_path_and_taken_back() {
    let (stage, _server, _kept) = stage();
    stage.write("deployment.yaml", FILE);
    ours(&stage, "apply").ends_with(0);
    let edit = "deployment settings edit --branch other --env EXTRA=1 --remove-oidc-aws --secret-env NEW=hunter2-hunter2";
    stage.pulumi(&format!("{edit} {STACK}")).ends_with(0);
    let check = ours(&stage, "check").ends_with(7);
    for words in [
        "sourceContext.git.branch: the file has `main`, the service has `other`",
        "operationContext.environmentVariables.EXTRA: the file has nothing, the service has `1`",
        "operationContext.environmentVariables.NEW: the file has nothing, the service has `[secret]`",
        "operationContext.oidc.aws.roleArn",
    ] {
        assert!(check.log.contains(words), "`{words}` is not in\n{}", check.log);
    }
    ours(&stage, "apply").ends_with(0);
    ours(&stage, "check").ends_with(0);
    assert_eq!(told(&stage, "deployment settings get")["source"]["branch"], "main");
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn schedules_that_the_cli_has_made_are_shown_in_the_form_of_the_file() {
    let (stage, _server, kept) = stage();
    kept.lock().unwrap().settings = Some(json!({ "sourceContext": { "git": { "branch": "main" } } }));
    let schedules: [&[&str]; 3] = [
        &["--kind", "raw", "--operation", "update", "--cron", "5 5 * * *"],
        &["--kind", "drift", "--cron", "0 6 * * *", "--auto-remediate"],
        &["--kind", "ttl", "--once", "2099-01-01T00:00:00Z", "--delete-after-destroy"],
    ];
    for schedule in schedules {
        let new = ["stack", "schedule", "new", "--yes", "--stack", "acme/shop/prod"];
        stage.pulumi_words(&[&new, schedule].concat()).ends_with(0);
    }
    let shown_by_us = ours(&stage, "show").ends_with(0).stdout;
    stage.write("deployment.yaml", &shown_by_us);
    ours(&stage, "check").ends_with(0);
    for words in
        ["scheduleCron: 5 5 * * *", "operation: update", "autoRemediate: true", "deleteAfterDestroy: true"]
    {
        assert!(shown_by_us.contains(words), "`{words}` is not in\n{shown_by_us}");
    }
    shown();
}

/// A job for a push to the main branch.
fn pushed(stage: Stage) -> Stage {
    let variables = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_REPOSITORY", "acme/shop"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_RUN_ID", "42"),
        ("GITHUB_RUN_ATTEMPT", "1"),
        ("GITHUB_EVENT_NAME", "push"),
        ("GITHUB_SHA", "2d5a1c0e9f3b4a6d8c7e5f1a2b3c4d5e6f708192"),
        ("GITHUB_REF_NAME", "main"),
        ("GITHUB_REF_TYPE", "branch"),
    ];
    variables.into_iter().fold(stage, |stage, (name, value)| stage.with(name, value))
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn the_cli_lists_and_reads_the_deployment_that_we_have_begun() {
    let (stage, _server, kept) = stage();
    let stage = pushed(stage);
    kept.lock().unwrap().settings = Some(json!({ "sourceContext": { "git": { "branch": "main" } } }));
    kept.lock().unwrap().queue.log = ["# Get source", "Cloning"].map(str::to_owned).to_vec();
    kept.lock().unwrap().queue.ends = "failed";
    let run = stage.stackstep(&format!("preview --run-on deployments {STACK}"));
    assert!(run.status != 0 && run.log.contains("deployment #1 has failed"), "{}", run.log);
    let listed = stage.pulumi(&format!("deployment list {STACK} --output json")).ends_with(0).stdout;
    assert!(listed.contains("\"failed\"") && listed.contains("\"preview\""), "{listed}");
    let read = stage.pulumi(&format!("deployment get 1 {STACK} --output json")).ends_with(0).stdout;
    assert!(read.contains("\"failed\"") && read.contains("pulumi preview"), "{read}");
    let log = stage.pulumi(&format!("deployment log 1 {STACK}")).ends_with(0);
    assert!(log.stdout.contains("Cloning"), "{}", log.log);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_deployment_that_the_cli_has_begun_is_none_of_ours() {
    let (stage, _server, kept) = stage();
    let stage = pushed(stage);
    kept.lock().unwrap().settings = Some(json!({ "sourceContext": { "git": { "branch": "main" } } }));
    kept.lock().unwrap().queue.runs = None;
    stage.pulumi(&format!("deployment run update {STACK} --inherit-settings")).ends_with(0);
    stage
        .stackstep(&format!("up --skip-preview --run-on deployments --wait-timeout 1s {STACK}"))
        .ends_with(70);
    assert_eq!(kept.lock().unwrap().queue.made.len(), 2);
    shown();
}
