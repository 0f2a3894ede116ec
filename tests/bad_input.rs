//! Bad input gets one clear error with a way out, exit status 2, and touches nothing.

use crate::support::Scene;

/// Runs `line` and expects the error and that no file came, went or changed.
#[track_caller]
fn refused(scene: &Scene, line: &str, error: &str) {
    let before = scene.snapshot();
    let run = scene.run(line).ends_with(2).says(error).says("hint: ");
    let errors = run.log().matches("error: ").count();
    assert_eq!(errors, 1, "one error, not {errors}:\n{}", run.log());
    assert!(scene.snapshot() == before, "files were touched");
}

#[test]
fn no_stack_is_named() {
    refused(&Scene::new("hello"), "up", "no stack is named for `up`");
}

#[test]
fn the_stacks_that_there_are_are_named() {
    let scene = Scene::new("hello");
    scene.write("Pulumi.dev.yaml", "config: {}\n");
    scene.write("Pulumi.prod.yaml", "config: {}\n");
    refused(&scene, "preview", "the project has `dev`, `prod`");
}

#[test]
fn changing_takes_no_stack_by_itself() {
    let scene = Scene::new("hello");
    scene.write("Pulumi.dev.yaml", "config: {}\n");
    for command in ["up", "refresh", "destroy"] {
        refused(&scene, command, &format!("no stack is named for `{command}`"));
    }
}

#[test]
fn a_stack_name_with_illegal_characters() {
    refused(&Scene::new("hello"), "preview --stack dev;id", "`dev;id` is not a stack name");
}

#[test]
fn a_folder_without_a_program() {
    refused(&Scene::empty(), "preview --stack dev", "there is no Pulumi.yaml in");
}

#[test]
fn a_folder_that_is_not_there() {
    refused(&Scene::new("hello"), "preview --stack dev --cwd nowhere", "there is no folder");
}

#[test]
fn a_malformed_project_file() {
    let scene = Scene::new("hello");
    scene.write("Pulumi.yaml", "name: [hello\nruntime: yaml\n");
    refused(&scene, "preview --stack dev", "line 2 column");
}

#[test]
fn a_malformed_configuration_of_stackstep() {
    let scene = Scene::new("hello");
    scene.write("stackstep.yaml", "stack: [dev\nx: y\n");
    refused(&scene, "preview", "line 2 column");
}

#[test]
fn an_unknown_key_in_the_configuration() {
    let scene = Scene::new("hello");
    scene.write("stackstep.yaml", "stak: dev\n");
    refused(&scene, "preview", "did you mean `stack`?");
}

#[test]
fn inputs_that_contradict_each_other() {
    refused(
        &Scene::new("hello"),
        "up --stack dev --target a --exclude b",
        "`target` and `exclude` contradict",
    );
}

#[test]
fn a_boolean_that_is_none() {
    let scene = Scene::new("hello").with("STACKSTEP_DIFF", "yep");
    refused(&scene, "preview --stack dev", "`diff` is `yep`, which is not a boolean");
}

#[test]
fn a_number_out_of_range() {
    refused(&Scene::new("hello"), "up --stack dev --parallel 0", "`parallel` is `0`");
}

#[test]
fn a_length_of_time_that_is_none() {
    refused(&Scene::new("hello"), "up --stack dev --timeout soon", "`timeout` is `soon`");
}

#[test]
fn arguments_that_stackstep_owns() {
    let scene = Scene::new("hello");
    for arg in [
        "--show-secrets",
        "-esprod",
        "-v=9",
        "--output=json",
        "--stack=x",
        "-s x",
        "--yes",
        "-fy",
        "--json",
        "--event-log=x",
        "--cwd=x",
        "--remote",
    ] {
        let before = scene.snapshot();
        let run = scene
            .run_args(&["preview", "--stack", "dev", "--args", arg])
            .ends_with(2)
            .says("`args` can't hold");
        assert!(run.log().contains("hint: "), "{arg}");
        assert!(scene.snapshot() == before, "{arg}");
    }
}

#[test]
fn arguments_with_an_open_quote() {
    let scene = Scene::new("hello").with("STACKSTEP_ARGS", "--target 'a");
    refused(&scene, "preview --stack dev", "`args` has a quote that is not closed");
}

#[test]
fn configuration_that_is_no_mapping_does_not_show_itself() {
    let scene = Scene::new("hello").with("STACKSTEP_CONFIG", "token: [hunter2-hunter2");
    refused(&scene, "preview --stack dev", "`config` is not a YAML mapping");
    scene.run("preview --stack dev").never_says("hunter2");
}

#[test]
fn a_secret_on_the_command_line() {
    let scene = Scene::new("hello");
    let config = "token: {value: hunter2-hunter2, secret: true}";
    let run = scene.run_args(&["up", "--stack", "dev", "--config", config]).ends_with(2);
    run.says("`token` of `--config` stands on the command line").never_says("hunter2");
    let run = scene.run_args(&["up", "--stack", "dev", "--access-token", "pul-0123456789"]).ends_with(2);
    run.never_says("pul-0123456789");
}

#[test]
fn a_build_of_the_cli_that_nobody_released() {
    for version in ["dev", "pr#123"] {
        let scene = Scene::new("hello").with("STACKSTEP_PULUMI_VERSION", version);
        refused(&scene, "up --stack dev", "nobody has released");
    }
}

#[test]
fn an_engine_that_is_not_there_ends_with_10_and_names_the_ways_to_get_one() {
    let scene = Scene::new("hello")
        .without("STACKSTEP_ENGINE")
        .with("PATH", "/nowhere")
        .with("STACKSTEP_OFFLINE", "true");
    scene
        .run("preview --stack dev")
        .ends_with(71)
        .says("there is no `pulumi` on the PATH that will do, and none could be installed: the run is offline, ")
        .says(" that will do, and the list of releases can't be asked for one")
        .says("install the Pulumi CLI")
        .says("engine: sandbox");
}

#[cfg(unix)]
#[test]
fn an_engine_that_is_not_executable_ends_with_10() {
    let scene = Scene::new("hello");
    scene.write("engine", "not a program");
    scene.run("preview --stack dev --engine ./engine").ends_with(71).says("can't be executed");
}

#[test]
fn an_unknown_variable_is_a_warning() {
    let scene = Scene::new("hello")
        .with("STACKSTEP_STAK", "x")
        .without("STACKSTEP_ENGINE")
        .with("PATH", "/nowhere")
        .with("STACKSTEP_OFFLINE", "true");
    scene
        .run("preview --stack dev")
        .says("`STACKSTEP_STAK` means nothing to stackstep, did you mean `STACKSTEP_STACK`?");
}

#[test]
fn no_backend() {
    let scene = Scene::new("hello").without("PULUMI_BACKEND_URL").without("PULUMI_ACCESS_TOKEN");
    refused(&scene, "preview --stack dev", "no backend is named and nobody is logged in");
}

#[test]
fn a_backend_without_a_scheme() {
    let scene = Scene::new("hello");
    refused(&scene, "preview --stack dev --cloud-url my-bucket", "did you mean `s3://my-bucket`?");
}

#[test]
fn a_command_of_another_tool() {
    let scene = Scene::new("hello");
    scene
        .run("deploy --stack dev")
        .ends_with(2)
        .says("there is no map for `deploy`")
        .says("`stackstep up --stack …`")
        .never_says("destroy");
    scene.run("plan").ends_with(2).says("`stackstep preview`");
}

#[test]
fn a_step_that_runs_one_command_and_names_another() {
    let scene = Scene::new("hello").on_github().input("stack", "dev").input("command", "preview");
    scene
        .run("up")
        .ends_with(2)
        .says("contradicts this step, which runs `up`")
        .says("use the action `deploy`");
}

#[test]
fn an_input_of_the_step_that_is_almost_one() {
    for (name, meant) in
        [("expect_no_changes", "expect-no-changes"), ("stakc", "stack"), ("comand", "command")]
    {
        let scene = Scene::new("hello").on_github().input("stack", "dev").input(name, "true");
        scene.run("preview").ends_with(2).says(&format!("did you mean `{meant}`?"));
    }
}

#[test]
fn an_input_of_the_step_that_is_like_none_is_named_and_not_used() {
    let scene = Scene::new("hello").on_github().input("stack", "dev").input("colour-of-the-sky", "blue");
    scene.input("upsert", "true").run("preview").ends_with(0).says("there is no input `colour-of-the-sky`");
}

#[test]
fn a_workflow_that_has_moved_goes_on_with_an_input_that_the_official_action_does_not_read() {
    let scene = Scene::new("hello")
        .on_github()
        .input("stack-name", "dev")
        .input("profile", "official-action")
        .input("upsert", "true")
        .input("target-dependent", "yes");
    scene.run("preview").ends_with(0).says("it is not used; did you mean `target-dependents`?");
}

#[test]
fn a_review_key_that_could_be_guessed_is_refused_and_not_shown() {
    let scene = Scene::new("hello").with("STACKSTEP_REVIEW_KEY", "correct-horse-battery");
    let run = scene.run("preview --stack dev --upsert").ends_with(2);
    run.says("`review-key` has 21 characters").says("openssl rand -hex 32").never_says("correct-horse");
}
