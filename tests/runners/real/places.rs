//! Where things lie and what they are called: folders, files, stacks, backends, logins.

use super::scene::{pulumi, scene, shown, tried};
use super::stage::{SHOP, telling};
use crate::support::{PASSPHRASE, Scene};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_plan_and_a_file_of_configuration_lie_in_the_folder_of_the_program() {
    let scene = scene("name: outer\nruntime: yaml\n");
    scene.write("app/Pulumi.yaml", SHOP);
    let flags = "--cwd app --stack dev --upsert --plan plan.json --config-file own.yaml --config";
    let words: Vec<&str> = ["preview"].into_iter().chain(flags.split(' ')).chain(["k: v"]).collect();
    scene.run_args(&words).ends_with(0);
    assert!(scene.program.join("app/plan.json").is_file());
    assert!(scene.program.join("app/own.yaml").is_file());
    scene.run("up --cwd app --stack dev --plan plan.json --config-file own.yaml").ends_with(0);
    assert_eq!(pulumi(&scene, "stack output tier --cwd app --stack dev").trim(), "small");
    scene.write("stackstep.yaml", "plan: of-the-file.json\n");
    scene.run("preview --cwd app --stack dev").ends_with(0);
    assert!(scene.program.join("of-the-file.json").is_file());
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_program_in_the_folder_that_main_names_is_deployed() {
    let scene = scene("name: shop\nruntime: yaml\nmain: source\n");
    scene.write("source/Main.yaml", "outputs:\n  text: {fn::readFile: ./text}\n");
    scene.write("source/text", "from the folder");
    scene.run_args(&["up", "--stack", "dev", "--upsert", "--config", "k: v"]).ends_with(0);
    assert_eq!(pulumi(&scene, "stack output text --stack dev").trim(), "from the folder");
    assert_eq!(pulumi(&scene, "config get k --stack dev").trim(), "v");
    assert!(scene.program.join("Pulumi.dev.yaml").is_file());
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn files_with_a_byte_order_mark_and_a_second_document_serve() {
    const MARK: &str = "\u{feff}";
    let scene = scene(&format!("{MARK}name: shop\nruntime: yaml\noutputs: {{a: '1'}}\n---\nname: other\n"));
    scene.write("stackstep.yaml", &format!("{MARK}stack: dev\n---\nnonsense: here\n"));
    scene.write("values.env", &format!("{MARK}FROM_FILE=moin\r\n"));
    scene.write("value.txt", &format!("{MARK}hello"));
    let scene = scene.with("STACKSTEP_ENV_FILE", "values.env");
    let scene = scene.with("STACKSTEP_CONFIG", &format!("{MARK}f: {{from-file: value.txt}}"));
    scene.run("preview --upsert").ends_with(0);
    assert_eq!(pulumi(&scene, "config get f --stack dev").trim(), "hello");
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_stack_is_the_same_by_each_spelling_of_its_name_and_has_one_file() {
    let scene = scene(SHOP);
    for name in ["organization/shop/dev", "organization/dev", "dev"] {
        scene
            .run_args(&["up", "--stack", name, "--upsert", "--config", &format!("said: {name}")])
            .ends_with(0);
        assert_eq!(pulumi(&scene, "config get said --stack dev").trim(), name);
    }
    let files = std::fs::read_dir(&scene.program).unwrap().map(|entry| entry.unwrap().file_name());
    let mut files: Vec<_> = files.map(|name| name.into_string().unwrap()).collect();
    files.sort();
    assert_eq!(files, ["Pulumi.dev.yaml", "Pulumi.yaml"]);
    let stacks: Value = serde_json::from_str(&pulumi(&scene, "stack ls --json")).unwrap();
    assert_eq!(stacks.as_array().unwrap().len(), 1, "{stacks}");
    scene.run("destroy --stack organization/shop/dev --remove").ends_with(0);
    assert_eq!(pulumi(&scene, "stack ls --json").trim(), "[]");
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_stack_named_in_full_needs_no_program_to_be_read() {
    let scene = scene(SHOP);
    scene.run("up --stack dev --upsert").ends_with(0);
    std::fs::remove_file(scene.program.join("Pulumi.yaml")).unwrap();
    scene.run("outputs --stack organization/shop/dev").ends_with(0).says("\"tier\": \"small\"");
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn upsert_creates_what_is_missing_once_and_nothing_without_it() {
    let scene = scene(SHOP).with("STACKSTEP_RESULT_FILE", "result.json");
    scene.run("up --stack dev").ends_with(telling(6)).says("stack-not-found");
    assert_eq!(pulumi(&scene, "stack ls --json").trim(), "[]");
    scene.run("up --stack dev --upsert").ends_with(0).says("has been created in file://");
    scene.run("up --stack dev --upsert").ends_with(0).never_says("has been created");
    let processes = crate::support::json(scene.program.join("result.json"))["engine"]["processes"].clone();
    assert_eq!(processes, 1, "nothing but the update");
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_stack_that_is_kept_is_empty_after_it_is_destroyed() {
    let scene = scene(SHOP);
    scene.run("up --stack dev --upsert").ends_with(0);
    scene.run("destroy --stack dev").ends_with(0).says("1 deleted");
    let stacks: Value = serde_json::from_str(&pulumi(&scene, "stack ls --json")).unwrap();
    assert_eq!((&stacks[0]["name"], &stacks[0]["resourceCount"]), (&"dev".into(), &0.into()), "{stacks}");
    assert!(scene.program.join("Pulumi.dev.yaml").is_file());
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_file_of_variables_brings_backend_and_passphrase_and_shows_no_passphrase() {
    let scene = scene(SHOP);
    let state = scene.root().join("other-state");
    std::fs::create_dir(&state).unwrap();
    let variables =
        format!("PULUMI_CONFIG_PASSPHRASE=hunter2-hunter2\nPULUMI_BACKEND_URL=file://{}\n", state.display());
    std::fs::write(scene.root().join("variables"), variables).unwrap();
    let scene = scene
        .without("PULUMI_CONFIG_PASSPHRASE")
        .without("PULUMI_BACKEND_URL")
        .with("STACKSTEP_ENV_FILE", "../variables");
    scene.run("up --stack dev --upsert").ends_with(0).never_says("hunter2-hunter2");
    assert!(state.join(".pulumi/stacks/shop/dev.json").is_file());
    let (_, stdout, _) = tried(
        &scene
            .with("PULUMI_BACKEND_URL", &format!("file://{}", state.display()))
            .with("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE),
        "stack output --show-secrets --stack dev",
    );
    assert!(!stdout.contains("token-for-the-shop"), "the stack is encrypted with the file's: {stdout}");
    super::shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_variable_that_is_set_wins_over_the_file_of_variables() {
    let scene = scene(SHOP).with("STACKSTEP_ENV_FILE", "variables");
    scene.write("variables", "PULUMI_CONFIG_PASSPHRASE=hunter2-hunter2\n");
    scene.run("up --stack dev --upsert").ends_with(0);
    assert!(pulumi(&scene, "stack output --show-secrets --stack dev").contains("token-for-the-shop"));
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn an_earlier_login_is_used_where_it_lies_and_stays_as_it_is() {
    let scene = scene(SHOP);
    let state = format!("file://{}", scene.root().join("state").display());
    let scene = scene.without("PULUMI_BACKEND_URL");
    pulumi(&scene, &format!("login {state}"));
    let login = scene.root().join("home/credentials.json");
    let before = std::fs::read(&login).unwrap();
    scene.run("up --stack dev --upsert").ends_with(0);
    assert_eq!(pulumi(&scene, "stack output tier --stack dev").trim(), "small");
    assert_eq!(std::fs::read(&login).unwrap(), before);
    shown(&scene);
}

/// A program that the CLI looks for on the PATH: it notes that it was started.
fn with_a_helper(scene: Scene) -> Scene {
    let folder = scene.root().join("planted");
    std::fs::create_dir(&folder).unwrap();
    let helper = folder.join("pulumi-credential-helper");
    let note = scene.root().join("started");
    std::fs::write(&helper, format!("#!/bin/sh\necho >> '{}'\nexit 1\n", note.display())).unwrap();
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = crate::harness::engine::Engine::Pulumi.path().into_string().unwrap();
    scene.with("PATH", &format!("{}:{path}", folder.display()))
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_helper_for_credentials_that_lies_on_the_path_is_not_started() {
    let scene = with_a_helper(scene(SHOP));
    let note = scene.root().join("started");
    for line in [
        "up --stack dev --upsert",
        "outputs --stack dev",
        "exec --stack dev -- stack ls",
        "doctor --stack dev",
    ] {
        scene.run(line).ends_with(0);
        assert!(!note.exists(), "{line}");
    }
    tried(&scene, "stack ls");
    assert!(note.exists(), "the CLI itself starts it");
    shown(&scene);
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_helper_for_credentials_that_the_job_names_is_started() {
    let scene = with_a_helper(scene(SHOP));
    let helper = scene.root().join("planted/pulumi-credential-helper").display().to_string();
    let note = scene.root().join("started");
    let scene = scene.with("PULUMI_CREDENTIAL_HELPER", &helper);
    scene.run("preview --stack dev").ends_with(1).says("reason: auth");
    assert!(note.exists());
    super::shown();
}
