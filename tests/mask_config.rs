//! `mask-config`: the secrets of the stack's configuration, hidden wherever they show.

use serde_json::json;

use crate::support::{Scene, json};

/// A deployed stack whose configuration holds secrets, on each engine.
fn configured() -> Vec<Scene> {
    Scene::on_each_engine("hello")
        .into_iter()
        .inspect(|scene| {
            scene.run("up --stack dev --upsert").ends_with(0);
            for line in [
                "exec --stack dev -- config set --stack dev --secret token s3cret-of-the-stack",
                "exec --stack dev -- config set --stack dev --secret --path db.password hunter2-hunter2",
                "exec --stack dev -- config set --stack dev --path db.region eu-central-1",
                "exec --stack dev -- config set --stack dev --secret pin 123",
            ] {
                scene.run(line).ends_with(0);
            }
        })
        .collect()
}

fn processes(scene: &Scene) -> serde_json::Value {
    json(scene.program.join("result.json"))["engine"]["processes"].clone()
}

#[test]
fn a_secret_of_the_configuration_is_hidden_wherever_the_engine_prints_it() {
    for scene in configured() {
        let get = "-- config get --stack dev";
        // A command that decrypts needs no `mask-config`: it is on.
        scene.run(&format!("exec {get} token")).ends_with(2).says("no stack is named");
        scene
            .run(&format!("exec --stack dev {get} token"))
            .ends_with(0)
            .says("***")
            .never_says("s3cret-of-the-stack");
        scene
            .run(&format!("exec --stack dev {get} --path db.password"))
            .ends_with(0)
            .says("***")
            .never_says("hunter2");
    }
}

#[test]
fn what_is_not_secret_in_an_object_with_a_secret_stays_readable() {
    for scene in configured() {
        scene
            .with("STACKSTEP_MASK_CONFIG", "true")
            .run("exec --stack dev -- config get --stack dev --path db.region")
            .ends_with(0)
            .says("eu-central-1");
    }
}

#[test]
fn a_secret_that_is_too_short_is_named_and_stays() {
    for scene in configured() {
        scene
            .with("STACKSTEP_MASK_CONFIG", "true")
            .run("preview --stack dev")
            .ends_with(0)
            .says("`hello:pin` of the configuration is shorter than 6 characters");
    }
}

#[test]
fn it_takes_one_process_and_is_counted() {
    for scene in configured() {
        for (flags, expected) in [("", 1), ("--mask-config", 2), ("--mask-config=false", 1)] {
            scene.run(&format!("preview --stack dev --result-file result.json {flags}")).ends_with(0);
            assert_eq!(processes(&scene), json!(expected), "{flags}");
        }
    }
}

#[test]
fn loud_logs_force_it() {
    for scene in configured() {
        for (flags, expected) in
            [("--debug", 2), ("--log-flow", 2), ("--log-verbosity 9", 2), ("--log-verbosity 3", 1)]
        {
            scene
                .run(&format!("preview --stack dev --mask-config=false --result-file result.json {flags}"))
                .ends_with(0)
                .never_says("s3cret-of-the-stack");
            assert_eq!(processes(&scene), json!(expected), "{flags}");
        }
    }
}

#[test]
fn a_stack_that_is_still_to_be_created_has_no_secrets() {
    for scene in Scene::on_each_engine("hello") {
        scene.run("up --stack dev --upsert --mask-config").ends_with(0).says("3 created");
    }
}

#[test]
fn a_configuration_that_cannot_be_decrypted_ends_the_run_before_it_begins() {
    for scene in configured() {
        let scene = scene.with("PULUMI_CONFIG_PASSPHRASE", "another-passphrase");
        scene
            .run("up --stack dev --mask-config --result-file result.json")
            .ends_with(1)
            .says("reason: secrets");
        assert_eq!(processes(&scene), json!(1));
    }
}

#[test]
fn a_secret_reaches_no_file() {
    for scene in configured() {
        let scene =
            scene.on_github().input("stack", "dev").input("command", "up").input("mask-config", "true");
        let run = scene.run("run").ends_with(0).says("::add-mask::s3cret-of-the-stack");
        assert_eq!(run.log().matches("s3cret-of-the-stack").count(), 1, "only the mask names it");
        for (path, content) in scene.snapshot() {
            let text = String::from_utf8_lossy(&content);
            assert!(!text.contains("s3cret-of-the-stack"), "{}", path.display());
        }
    }
}
