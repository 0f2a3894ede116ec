//! Flags of the engine in `PULUMI_OPTION_*`: judged as in `args`, and read as the inputs that they are.

#![cfg(unix)]

use crate::support::scripted::scene;

/// Says its arguments and the options that it sees.
const ENGINE: &str = "echo \"args: $*\"; env | sed -n 's/^PULUMI_OPTION_/option: /p'\n";

#[test]
fn a_flag_that_prints_secrets_does_not_reach_the_engine_and_is_named() {
    for (name, value) in
        [("SHOW_SECRETS", "true"), ("VERBOSE", "11"), ("JSON", "true"), ("TRACING", "file:x"), ("CWD", "/")]
    {
        let scene = scene(ENGINE).with(&format!("PULUMI_OPTION_{name}"), value);
        let run = scene.run("up").ends_with(0).never_says(&format!("option: {name}"));
        run.says(&format!("`PULUMI_OPTION_{name}` is not used"));
    }
}

#[test]
fn a_flag_that_is_an_input_is_that_input() {
    let scene = scene(ENGINE)
        .with("PULUMI_OPTION_TARGET", "urn:a,urn:b")
        .with("PULUMI_OPTION_EXPECT_NO_CHANGES", "true");
    let inputs = scene.run("inputs").ends_with(0).stdout();
    let line = inputs.lines().find(|line| line.starts_with("expect-no-changes ")).unwrap();
    assert!(line.contains("environment: PULUMI_OPTION_EXPECT_NO_CHANGES"), "{line}");
    let run = scene.run("up").never_says("option: ");
    run.says("--target=urn:a").says("--target=urn:b").says("--expect-no-changes");
}

#[test]
fn an_env_file_sets_no_input_and_no_flag_of_ours() {
    let scene = scene(ENGINE).with("STACKSTEP_ENV_FILE", "variables");
    scene.write("variables", "PULUMI_OPTION_TARGET=urn:a\n");
    scene
        .run("up")
        .ends_with(2)
        .says("`env-file` can't set `PULUMI_OPTION_TARGET`")
        .says("set the `target` input");
    scene.write("variables", "PULUMI_OPTION_SHOW_SECRETS=true\nPULUMI_OPTION_EMOJI=true\n");
    let run = scene.run("up").ends_with(0).never_says("option: SHOW_SECRETS").says("option: EMOJI=true");
    run.says("`PULUMI_OPTION_EMOJI` is set: the engine takes it as `--emoji`");
}
