//! A run that ends before its engine writes its result all the same, so that no older file tells of a success.

use serde_json::{Value, json};

use super::{HEAD, pull_request, step};
use crate::support::{Scene, json};

/// A run that has succeeded, with all of its files.
fn deployed() -> Scene {
    let scene =
        Scene::new("hello").with("STACKSTEP_OUTPUTS_FILE", "o.env").with("STACKSTEP_MARKDOWN_FILE", "m.md");
    scene.run("up --stack dev --upsert --result-file r.json").ends_with(0);
    assert_eq!(result(&scene)["status"], "succeeded");
    scene
}

fn result(scene: &Scene) -> Value {
    json(scene.program.join("r.json"))
}

/// Expects that the files tell of a failure because of the input.
#[track_caller]
fn tells(scene: &Scene, line: &str) {
    scene.run(line).ends_with(2);
    let result = result(scene);
    assert_eq!(
        (&result["status"], &result["exit_code"], &result["reason"]),
        (&json!("failed"), &json!(2), &json!("config")),
        "{line}"
    );
    let outputs = std::fs::read_to_string(scene.program.join("o.env")).unwrap();
    let status = outputs.lines().rfind(|line| line.contains("STACK_STATUS=")).unwrap();
    assert!(status.contains("failed"), "{line}: {status}");
    let markdown = std::fs::read_to_string(scene.program.join("m.md")).unwrap();
    assert!(!markdown.contains("Deployed"), "{line}: {markdown}");
}

#[test]
fn bad_input_leaves_no_older_success() {
    for line in [
        "up --stack dev --result-file r.json --paralel 3",
        "up --result-file=r.json --paralel 3",
        "up --stack bad/na/me/x --result-file r.json",
        "up --stack dev --result-file r.json --target a --exclude b",
        "up --stack dev --result-file r.json --expect-no-changes --skip-preview",
        "up --stack dev --result-file r.json --args --yes",
        "up --stack dev --result-file r.json --cwd nowhere",
        "--stack dev up --result-file r.json",
    ] {
        tells(&deployed(), line);
    }
}

#[test]
fn what_no_command_line_holds_leaves_no_older_success() {
    let scene = deployed();
    scene.write("stackstep.yaml", &format!("message: {}\n", "x".repeat(140_000)));
    tells(&scene, "up --stack dev --result-file r.json");
}

#[test]
fn a_machine_without_room_for_temporary_files_leaves_no_older_success() {
    let scene = deployed();
    let missing = scene.root().join("no-such-folder").display().to_string();
    let scene = scene.with("TMPDIR", &missing);
    let said = format!("could not make a folder in `{missing}`");
    scene.run("up --stack dev --result-file r.json").ends_with(1).says(&said);
    let result = result(&scene);
    assert_eq!((&result["status"], &result["exit_code"]), (&json!("failed"), &json!(1)));
}

#[test]
fn a_project_that_cannot_be_read_leaves_no_older_success() {
    for text in ["nam: hello\nruntime: yaml\n", "name: [hello\n", ""] {
        let scene = deployed();
        scene.write("Pulumi.yaml", text);
        tells(&scene, "up --stack dev --result-file r.json");
    }
    let scene = deployed();
    std::fs::remove_file(scene.program.join("Pulumi.yaml")).unwrap();
    tells(&scene, "up --stack dev --result-file r.json");
}

#[test]
fn the_path_can_come_from_the_environment_or_from_a_file_of_ones_own() {
    let scene = deployed().with("STACKSTEP_RESULT_FILE", "r.json");
    tells(&scene, "up --stack dev --paralel 3");
    let scene = deployed();
    scene.write("stackstep.yaml", "result-file: r.json\n");
    tells(&scene, "up --stack dev --paralel 3");
    tells(&scene, "up --stack dev --target a --exclude b");
}

#[test]
fn a_command_that_is_none_takes_the_older_result_away() {
    let scene = deployed().with("STACKSTEP_COMMAND", "uup");
    scene.run("run --result-file r.json").ends_with(2).says("unknown command");
    assert!(!scene.program.join("r.json").exists());
    let scene = deployed();
    scene.run("uup --result-file r.json").ends_with(2);
    assert!(!scene.program.join("r.json").exists());
}

#[test]
fn later_steps_hear_of_a_refused_run() {
    let payload = pull_request(&json!({"full_name": "mallory/shop"}));
    let scene = step("pull_request_target", &payload, Some(HEAD)).input("command", "preview");
    scene.run("run").ends_with(73);
    let outputs = scene.github_outputs();
    assert_eq!((outputs["status"].as_str(), outputs["reason"].as_str()), ("failed", "untrusted"));
    assert_eq!(json(&outputs["result"])["exit_code"], 73);
}

#[test]
fn a_setup_that_fails_leaves_the_result_of_another_step_alone() {
    let scene = deployed()
        .with("STACKSTEP_RESULT_FILE", "r.json")
        .without("STACKSTEP_ENGINE")
        .with("PATH", "/nowhere");
    scene.run("install --pulumi-version nonsense").ends_with(2);
    scene.run("run --pulumi-version nonsense").ends_with(2);
    assert_eq!(result(&scene)["status"], "succeeded");
}
