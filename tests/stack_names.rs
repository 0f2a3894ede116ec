//! A stack that is not there, or whose configuration is not: what the run says of it.

use crate::support::{Scene, json};

/// Scenes whose backend has the stack `dev`.
fn with_dev() -> Vec<Scene> {
    let scenes = Scene::on_each_engine("hello");
    for scene in &scenes {
        scene.run("up --stack dev --upsert").ends_with(0);
    }
    scenes
}

#[test]
fn a_misspelled_stack_is_told_which_ones_there_are_before_one_is_created() {
    for scene in with_dev() {
        let run = scene.run("preview --stack develop").ends_with(6);
        run.says("hint: did you mean `dev`? this project's stacks in the backend, file://")
            .says("`upsert: true` creates `develop`");
    }
}

#[test]
fn a_stack_that_upsert_creates_is_no_error() {
    for scene in Scene::on_each_engine("hello") {
        scene
            .run("up --stack dev --upsert")
            .ends_with(0)
            .never_says("no stack named")
            .says("has been created");
    }
}

#[test]
fn configuration_is_taken_as_the_cli_takes_it() {
    for scene in with_dev() {
        let line = "up --stack dev --config greeting=servus --config hello:other=1.20";
        scene.run(line).ends_with(0);
        let file = std::fs::read_to_string(scene.program.join("Pulumi.dev.yaml")).unwrap();
        assert!(file.contains("hello:greeting: servus") && file.contains("1.20"), "{file}");
    }
}

#[test]
fn a_deployed_stack_without_its_file_says_so_at_the_head_of_log_and_report() {
    for scene in with_dev() {
        scene.run("up --stack dev --config greeting=servus").ends_with(0);
        std::fs::remove_file(scene.program.join("Pulumi.dev.yaml")).unwrap();
        scene.write("Pulumi.prod.yaml", "config: {}\n");
        let run = scene.run("preview --stack dev --result-file r.json");
        run.says("warning: stackstep: there is no `Pulumi.dev.yaml` in this checkout");
        let result = json(scene.program.join("r.json"));
        let first = result["notes"][0].as_str().unwrap_or_default();
        assert!(first.contains("no `Pulumi.dev.yaml`"), "{result}");
    }
}

#[test]
fn a_stack_that_is_about_to_be_created_or_configured_needs_no_file() {
    for line in ["preview --stack dev --upsert", "preview --stack dev --config greeting=servus --upsert"] {
        let scene = Scene::new("hello");
        scene.write("Pulumi.prod.yaml", "config: {}\n");
        scene.run(line).ends_with(0).never_says("in this checkout");
    }
}
