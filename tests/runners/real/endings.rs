//! How runs end that do not succeed: with the status of the CLI itself, and with the reason.

use super::shown;
use super::stage::{SHOP, Stage, telling};

/// The run that fails has the exit status of the CLI with the same words, and this reason.
#[track_caller]
fn ends_as_the_cli_does(stage: &Stage, line: &str, more: &str, reason: &str) {
    let bare = stage.pulumi(&format!("{line} {more}"));
    assert_ne!(bare.status, 0, "{}", bare.log);
    stage.stackstep(line).ends_with(bare.status).because(reason);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_stack_that_is_not_there_ends_a_preview() {
    ends_as_the_cli_does(&Stage::new(SHOP), "preview --stack dev", "", "stack-not-found");
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn another_passphrase_ends_a_deployment() {
    let stage = Stage::deployed(SHOP).with_passphrase("another passphrase");
    ends_as_the_cli_does(&stage, "up --stack dev", "--yes", "secrets");
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_program_that_can_not_be_evaluated_ends_a_deployment() {
    let stage = Stage::deployed(SHOP);
    stage.write("Pulumi.yaml", &format!("{SHOP}  broken: ${{nowhere}}\n"));
    ends_as_the_cli_does(&stage, "up --stack dev", "--yes", "program");
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn changes_that_were_not_expected_end_a_deployment_before_it_begins() {
    let stage = Stage::new(SHOP);
    stage.pulumi("stack init dev --no-select").ends_with(0);
    let line = "preview --stack dev --expect-no-changes";
    stage.pulumi(line).ends_with(telling(7));
    stage.stackstep(line).ends_with(7).because("changes-unexpected");
    shown();
    stage.stackstep("up --stack dev --expect-no-changes").ends_with(7).because("changes-unexpected");
    assert_eq!(stage.pulumi("stack output --json --stack dev").ends_with(0).stdout.trim(), "{}");
    stage.stackstep("up --stack dev").ends_with(0);
    stage.stackstep("up --stack dev --expect-no-changes").ends_with(0);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_lock_of_somebody_else_ends_a_deployment_and_is_left_there() {
    let stage = Stage::deployed(SHOP);
    let locks = stage.path("state/.pulumi/locks/organization/shop/dev");
    std::fs::create_dir_all(&locks).unwrap();
    let lock = locks.join("0b8de1c2-0000-4000-8000-000000000000.json");
    let text = r#"{"pid":1,"username":"ada","hostname":"elsewhere","timestamp":"2026-01-01T00:00:00Z"}"#;
    std::fs::write(&lock, text).unwrap();
    ends_as_the_cli_does(&stage, "up --stack dev", "--yes", "lock");
    assert!(lock.exists());
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn an_update_plan_that_is_not_there_ends_a_deployment() {
    let stage = Stage::deployed(SHOP);
    let plan = stage.path("nowhere.json").display().to_string();
    let line = format!("up --stack dev --plan {plan}");
    let bare = stage.pulumi(&format!("{line} --yes"));
    assert_ne!(bare.status, 0, "{}", bare.log);
    stage.stackstep(&line).ends_with(bare.status);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_command_of_the_person_s_own_ends_as_it_does_without_us() {
    let stage = Stage::deployed(SHOP);
    let bare = stage.pulumi("stack output nowhere --stack dev");
    assert_ne!(bare.status, 0);
    stage.stackstep("exec -- stack output nowhere --stack dev --non-interactive").ends_with(bare.status);
    shown();
}
