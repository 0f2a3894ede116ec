//! Secrets of the configuration and of the outputs: the CLI prints them where it is asked to, stackstep shows none.

use super::scene::{pulumi, scene, shown, tried};
use super::stage::telling;
use crate::support::{Scene, json as read_json};
use serde_json::json;

const PROGRAM: &str = "name: hello\nruntime: yaml\nconfig:\n  token: {type: string, secret: true}\n\
                       outputs: {shown: hello, hidden: '${token}'}\n";

/// A deployed stack whose configuration holds secrets.
fn configured() -> Scene {
    let scene = scene(PROGRAM);
    for line in [
        "stack init dev --no-select",
        "config set --stack dev --secret token s3cret-of-the-stack",
        "config set --stack dev --secret --path db.password hunter2-hunter2",
        "config set --stack dev --path db.region eu-central-1",
        "config set --stack dev --secret pin 123",
    ] {
        pulumi(&scene, line);
    }
    scene.run("up --stack dev").ends_with(0);
    scene
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_secret_of_the_configuration_is_hidden_wherever_the_cli_prints_it() {
    let scene = configured();
    assert_eq!(pulumi(&scene, "config get token --stack dev").trim(), "s3cret-of-the-stack");
    let get = "exec --stack dev -- config get --stack dev";
    scene.run(&format!("{get} token")).ends_with(0).says("***").never_says("s3cret-of-the-stack");
    scene.run(&format!("{get} --path db.password")).ends_with(0).says("***").never_says("hunter2");
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn what_is_not_secret_in_an_object_with_a_secret_stays_readable() {
    let scene = configured().with("STACKSTEP_MASK_CONFIG", "true");
    scene
        .run("exec --stack dev -- config get --stack dev --path db.region")
        .ends_with(0)
        .says("eu-central-1");
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_secret_that_is_too_short_to_be_hidden_is_named() {
    let scene = configured();
    scene
        .run("preview --stack dev --mask-config")
        .ends_with(0)
        .says("`hello:pin` of the configuration is shorter than 6 characters");
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn reading_the_secrets_of_the_configuration_takes_one_process() {
    let scene = configured().with("STACKSTEP_RESULT_FILE", "result.json");
    for (flags, processes) in [("", 1), ("--mask-config", 2)] {
        scene.run(&format!("preview --stack dev {flags}")).ends_with(0);
        let result = read_json(scene.program.join("result.json"));
        assert_eq!(result["engine"]["processes"], json!(processes), "{flags}");
    }
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_configuration_that_cannot_be_decrypted_ends_the_run_before_it_begins() {
    let scene = configured().with("PULUMI_CONFIG_PASSPHRASE", "another-passphrase");
    let scene = scene.with("STACKSTEP_RESULT_FILE", "result.json");
    scene.run("up --stack dev --mask-config").ends_with(telling(1)).says("reason: secrets");
    assert_eq!(read_json(scene.program.join("result.json"))["engine"]["processes"], json!(1));
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn the_loudest_logs_show_no_secret() {
    let scene = configured();
    scene.edit("shown: hello", "canary: {fn::secret: canary-of-the-program}");
    let bare = tried(&scene, "up --yes --stack dev --debug --logtostderr --logflow --verbose=11").2;
    assert!(bare.contains("canary-of-the-program"), "the CLI itself prints it:\n{bare}");
    let loud = scene.run("up --stack dev --debug --log-flow --log-verbosity 11").ends_with(0);
    let loud = loud.says("debug: ").never_says("canary-of-the-program");
    loud.never_says("s3cret-of-the-stack").never_says("hunter2-hunter2");
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn no_file_that_a_run_leaves_holds_a_secret() {
    let scene = configured().on_github().with("STACKSTEP_STACK", "dev").with("STACKSTEP_MASK_CONFIG", "true");
    let scene = scene.with("STACKSTEP_REPORT_FILE", "report.html").with("STACKSTEP_JUNIT_FILE", "junit.xml");
    let scene = scene.with("STACKSTEP_RESULT_FILE", "result.json").with("STACKSTEP_DETAIL", "values");
    scene.run("up").ends_with(0);
    for (path, content) in scene.snapshot() {
        let text = String::from_utf8_lossy(&content);
        for secret in ["s3cret-of-the-stack", "hunter2-hunter2"] {
            assert!(!text.contains(secret), "`{secret}` is in {}", path.display());
        }
    }
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_command_of_the_person_s_own_prints_what_it_prints_without_us() {
    let scene = configured();
    let bare = pulumi(&scene, "stack output --json --stack dev");
    let ours = scene.run("exec -- stack output --json --stack dev").ends_with(0).stdout();
    assert!(ours.contains(bare.trim()), "{ours}");
    shown(&scene);
}
