//! The life of a stack: preview, up, outputs, refresh, destroy, on the sandbox and on the real CLI where there is one.

use serde_json::json;

use crate::support::{Scene, json};

/// A scene per engine, with the stack `dev` deployed.
fn deployed(program: &str) -> Vec<Scene> {
    let scenes = Scene::on_each_engine(program);
    for scene in &scenes {
        scene.run("up --stack dev --upsert").ends_with(0);
    }
    scenes
}

#[test]
fn a_missing_stack_is_created_when_upsert_asks_for_it_and_only_then() {
    for scene in Scene::on_each_engine("hello") {
        scene
            .run("preview --stack dev")
            .ends_with(6)
            .says("stack-not-found")
            .says("`upsert: true` creates `dev`");
        let run = scene.run("preview --stack dev --upsert --result-file result.json").ends_with(0);
        run.says("the stack `dev` was not there and has been created in file://").says("3 to create");
        let result = json(scene.program.join("result.json"));
        assert_eq!(result["engine"]["processes"], 3, "the failed try, `stack init`, the preview");
    }
}

#[test]
fn an_existing_stack_file_only_gains_what_the_engine_must_add() {
    for scene in Scene::on_each_engine("hello") {
        scene.write("Pulumi.dev.yaml", "# ours\nconfig:\n  hello:greeting: servus # theirs\n");
        scene.run("preview --stack dev --upsert").ends_with(0);
        let file = std::fs::read_to_string(scene.program.join("Pulumi.dev.yaml")).unwrap();
        for kept in ["# ours\n", "  hello:greeting: servus # theirs\n", "encryptionsalt: v1:"] {
            assert!(file.contains(kept), "`{kept}` is not in\n{file}");
        }
    }
}

#[test]
fn a_deployment_takes_one_process() {
    for scene in deployed("hello") {
        scene.run("up --stack dev --result-file result.json").ends_with(0).says("no changes");
        assert_eq!(json(scene.program.join("result.json"))["engine"]["processes"], 1);
    }
}

#[test]
fn the_result_tells_what_changed() {
    for scene in deployed("hello") {
        scene.edit("default: hi", "default: hello");
        scene.run("up --stack dev --result-file result.json").ends_with(0).says("1 updated");
        let result = json(scene.program.join("result.json"));
        assert_eq!(result["schema"], 2);
        assert_eq!(result["command"], "up");
        assert_eq!(result["project"], "hello");
        assert_eq!(result["stack"], "dev");
        assert_eq!(result["status"], "succeeded");
        assert_eq!(result["reason"], json!(null));
        assert_eq!(result["changes"], json!({"same": 2, "update": 1}));
        assert_eq!(result["has_changes"], true);
        let step = &result["steps"][0];
        assert_eq!((&step["name"], &step["operation"]), (&json!("note"), &json!("update")));
        assert_eq!(step["diffs"][0]["path"], "input");
        assert_eq!(step["diffs"][0]["new"], "hello world");
        assert_eq!(result["outputs"]["hidden"], "[secret]");
    }
}

#[test]
fn outputs_are_read_with_secrets_hidden() {
    for scene in deployed("hello") {
        let run = scene.run("outputs --stack dev").ends_with(0);
        let printed: serde_json::Value = serde_json::from_str(&run.stdout()).unwrap();
        assert_eq!(printed, json!({"hidden": "[secret]", "message": "hi world"}));
    }
}

#[test]
fn outputs_of_a_stack_named_in_full_need_no_program() {
    for scene in deployed("hello") {
        std::fs::remove_file(scene.program.join("Pulumi.yaml")).unwrap();
        scene.run("outputs --stack organization/hello/dev").ends_with(0).says("\"message\": \"hi world\"");
    }
}

#[test]
fn the_only_stack_is_taken_for_looking() {
    for scene in deployed("hello") {
        scene.run("preview").ends_with(0).says("stack: `dev`, the only one");
        scene.run("outputs").ends_with(0).says("hi world");
    }
}

#[test]
fn expecting_no_changes_ends_with_7_and_deploys_nothing() {
    for scene in deployed("hello") {
        scene.edit("default: hi", "default: hello");
        let run = scene.run("up --stack dev --expect-no-changes --result-file result.json").ends_with(7);
        run.says("changes-unexpected");
        assert_eq!(json(scene.program.join("result.json"))["has_changes"], true);
        scene.run("preview --stack dev").ends_with(0).says("1 to update");
    }
}

#[test]
fn changes_may_be_no_failure() {
    for scene in deployed("hello") {
        scene.edit("default: hi", "default: hello");
        scene
            .run("up --stack dev --expect-no-changes --fail-on-changes=false --result-file result.json")
            .ends_with(0);
        let result = json(scene.program.join("result.json"));
        assert_eq!((&result["status"], &result["has_changes"]), (&json!("succeeded"), &json!(true)));
        scene.run("preview --stack dev").ends_with(0).says("1 to update");
    }
}

#[test]
fn expecting_no_changes_deploys_where_there_are_none() {
    for scene in deployed("hello") {
        scene.run("up --stack dev --expect-no-changes --result-file result.json").ends_with(0);
        assert_eq!(
            json(scene.program.join("result.json"))["engine"]["processes"],
            2,
            "a preview goes before"
        );
    }
}

#[test]
fn a_teardown_can_be_looked_at_first() {
    for scene in deployed("hello") {
        scene.run("destroy --stack dev --preview-only").ends_with(0).says("3 to delete");
        scene.run("outputs --stack dev").ends_with(0).says("hi world");
    }
}

#[test]
fn destroying_with_remove_leaves_no_stack() {
    for scene in deployed("hello") {
        scene.run("destroy --stack dev --remove").ends_with(0).says("3 deleted");
        scene.run("preview --stack dev").ends_with(6);
        assert!(!scene.program.join("Pulumi.dev.yaml").exists());
    }
}

#[test]
fn a_protected_resource_stays_and_the_report_says_what_to_do() {
    for scene in deployed("life") {
        scene.run("destroy --stack dev").ends_with(1).says("protected").says("hint: ");
    }
}

#[test]
fn a_refresh_finds_nothing_to_do() {
    for scene in deployed("hello") {
        scene.run("refresh --stack dev").ends_with(0);
        scene.run("refresh --stack dev --preview-only --expect-no-changes").ends_with(0);
    }
}

#[test]
fn plain_configuration_is_set_with_the_operation_and_stays() {
    for scene in deployed("hello") {
        let scene = scene.with("STACKSTEP_CONFIG", "greeting: {value: moin}");
        scene.run("up --stack dev --result-file result.json").ends_with(0).says("1 updated");
        assert_eq!(json(scene.program.join("result.json"))["engine"]["processes"], 1);
        let file = std::fs::read_to_string(scene.program.join("Pulumi.dev.yaml")).unwrap();
        assert!(file.contains("hello:greeting: moin"), "{file}");
    }
}

#[test]
fn a_secret_of_the_configuration_is_encrypted_and_shows_nowhere() {
    for scene in Scene::on_each_engine("hello") {
        let scene = scene
            .with("GREETING", "very-secret-greeting")
            .with("STACKSTEP_CONFIG", "greeting: {from-env: GREETING, secret: true}")
            .with("STACKSTEP_RESULT_FILE", "result.json");
        scene.run("up --stack dev --upsert").ends_with(0).never_says("very-secret");
        let file = std::fs::read_to_string(scene.program.join("Pulumi.dev.yaml")).unwrap();
        assert!(file.contains("secure: v1:"), "{file}");
        for (path, content) in scene.snapshot() {
            let found = content.windows(11).any(|bytes| bytes == b"very-secret");
            assert!(!found, "the secret is in {}", path.display());
        }
    }
}

#[test]
fn an_object_of_the_configuration_is_set_by_paths() {
    for scene in deployed("hello") {
        let scene = scene.with("STACKSTEP_CONFIG", "db: {value: {size: 3, tags: [a, b]}}\nplain.key: x");
        scene.run("up --stack dev").ends_with(0);
        let file = std::fs::read_to_string(scene.program.join("Pulumi.dev.yaml")).unwrap();
        let file: serde_yaml::Value = serde_yaml::from_str(&file).unwrap();
        let db = &file["config"]["hello:db"];
        assert_eq!(db["tags"][1], serde_yaml::Value::from("b"), "{file:?}");
        assert_eq!(file["config"]["hello:plain.key"], serde_yaml::Value::from("x"), "{file:?}");
    }
}

#[test]
fn any_engine_command_runs_with_the_same_backend() {
    for scene in deployed("hello") {
        scene.run("exec -- stack ls --json").ends_with(0).says("\"name\": \"dev\"");
        scene.run("exec -- stack output nope --stack dev").ends_with(1);
        scene.run("exec -- stack output --show-secrets --stack dev").ends_with(2).says("a job's log is kept");
    }
}

#[test]
fn extra_arguments_are_split_as_a_shell_would_and_no_shell_sees_them() {
    for scene in deployed("life") {
        let urn = "urn:pulumi:dev::life::pulumi:index:Stash::c";
        let scene =
            scene.with("STACKSTEP_ARGS", &format!("--message '$(touch pwned) `id`' --target \"{urn}\""));
        scene.run("up --stack dev").ends_with(0);
        assert!(!scene.program.join("pwned").exists());
    }
}

#[test]
fn a_program_that_fails_ends_with_the_engines_status_and_its_message() {
    for scene in deployed("hello") {
        scene.edit("${greeting} world", "${nope} world");
        let run = scene.run("preview --stack dev --result-file result.json").ends_with(1);
        run.says("reason: program").says("\"nope\" not found");
        let result = json(scene.program.join("result.json"));
        assert_eq!((&result["status"], &result["reason"]), (&json!("failed"), &json!("program")));
    }
}

#[test]
fn a_wrong_passphrase_is_named_as_the_reason() {
    for scene in deployed("hello") {
        let scene = scene.with("PULUMI_CONFIG_PASSPHRASE", "another-passphrase");
        scene.run("preview --stack dev").ends_with(1).says("reason: secrets");
    }
}

#[test]
fn a_file_of_variables_goes_to_the_engine_and_never_overrides() {
    for scene in deployed("hello") {
        scene.write("vars.env", "PULUMI_CONFIG_PASSPHRASE=another\n# a comment\nexport OTHER='x'\n");
        scene.run("preview --stack dev --env-file vars.env").ends_with(0);
        let scene = scene.without("PULUMI_CONFIG_PASSPHRASE");
        scene.write("vars.env", "PULUMI_CONFIG_PASSPHRASE=\"test-passphrase\"\n");
        scene.run("preview --stack dev --env-file vars.env").ends_with(0).never_says("test-passphrase");
    }
}

#[test]
fn the_home_folder_holds_no_credentials_afterwards() {
    for scene in deployed("hello") {
        assert!(!scene.root().join("home/credentials.json").exists());
    }
}

#[test]
fn a_file_of_variables_can_name_the_backend() {
    for scene in deployed("hello") {
        let other = scene.root().join("other");
        std::fs::create_dir(&other).unwrap();
        scene.write("vars.env", &format!("PULUMI_BACKEND_URL=file://{}\n", other.display()));
        let scene = scene.without("PULUMI_BACKEND_URL");
        scene.run("preview --stack dev --env-file vars.env").ends_with(6).says("other");
    }
}
