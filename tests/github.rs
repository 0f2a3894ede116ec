//! As a step of GitHub Actions: inputs, outputs, masks, summary, annotations.

use serde_json::json;

use crate::support::{Scene, json};

fn deployed(program: &str) -> Vec<Scene> {
    Scene::on_each_engine(program)
        .into_iter()
        .map(|scene| {
            let scene =
                scene.on_github().input("stack-name", "dev").input("command", "up").input("upsert", "true");
            scene.run("run").ends_with(0);
            std::fs::write(scene.root().join("github-output"), "").unwrap();
            std::fs::write(scene.root().join("github-summary"), "").unwrap();
            scene
        })
        .collect()
}

#[test]
fn stack_outputs_and_our_own_reach_later_steps() {
    for scene in deployed("hello") {
        scene.edit("default: hi", "default: servus");
        scene.run("run").ends_with(0);
        let outputs = scene.github_outputs();
        assert_eq!(outputs["message"], "hi world");
        assert_eq!(outputs["status"], "succeeded");
        assert_eq!(outputs["reason"], "");
        assert_eq!(outputs["has-changes"], "true");
        assert_eq!(outputs["changes"], r#"{"same":2,"update":1}"#);
        assert_eq!(outputs["permalink"], "");
        assert!(outputs["output"].contains("Updating (dev)"), "{}", outputs["output"]);
        assert_eq!(json(&outputs["result"])["status"], "succeeded");
        let all: serde_json::Value = serde_json::from_str(&outputs["outputs"]).unwrap();
        assert_eq!(all, json!({"hidden": "[secret]", "message": "hi world"}));
    }
}

#[test]
fn a_secret_output_is_withheld_and_named() {
    for scene in deployed("hello") {
        scene.run("run").ends_with(0).says("secret outputs are not exported: `hidden`");
        assert!(!scene.github_outputs().contains_key("hidden"));
    }
}

#[test]
fn a_secret_output_that_is_asked_for_is_masked_first() {
    for scene in deployed("hello") {
        let scene = scene.input("secret-outputs", "hidden");
        let run = scene.run("run").ends_with(0).says("::add-mask::hi world!");
        assert_eq!(scene.github_outputs()["hidden"], "hi world!");
        assert_eq!(run.log().matches("hi world!").count(), 1, "only the mask names it:\n{}", run.log());
        let result = json(&scene.github_outputs()["result"]);
        assert_eq!(result["engine"]["processes"], 2);
        assert_eq!(result["outputs"]["hidden"], "[secret]");
    }
}

#[test]
fn what_the_official_action_ignores_is_named_and_changes_nothing_under_its_profile() {
    let scene = Scene::new("hello").on_github().input("profile", "official-action");
    let scene = scene.input("command", "up").input("stack-name", "dev").input("upsert", "true");
    // The first would be bad input without the profile, each for a reason of its own.
    let ignored = [
        ("args", "-v=9 --logtostderr --stack other"),
        ("config", "aws:region=us-east-1"),
        ("stack", "other"),
        ("cwd", "nowhere"),
        ("comment", "true"),
        ("timeout", "soon"),
        ("env-file", "nowhere.env"),
        ("policy-pack", "nowhere"),
        ("offline", "perhaps"),
        ("environment", "production"),
        ("preview-only", "true"),
    ];
    let scene = ignored.iter().fold(scene, |scene, (name, value)| scene.input(name, value));
    let run = scene.run("run").ends_with(0);
    for (name, _) in ignored {
        assert!(
            run.log().contains(&format!("`{name}` is not used, as the official action")),
            "{}",
            run.log()
        );
    }
    let result = json(&scene.github_outputs()["result"]);
    assert_eq!((&result["stack"], &result["changes"]), (&json!("dev"), &json!({"create": 3})));
}

#[test]
fn under_the_official_actions_profile_ours_count_by_the_environment() {
    let scene = Scene::new("hello").on_github().input("profile", "official-action");
    let scene = scene.input("command", "up").input("stack-name", "dev").input("upsert", "true");
    scene.with("STACKSTEP_PREVIEW_ONLY", "yes").with("STACKSTEP_DETAIL", "all").run("run").ends_with(2);
    scene_of_our_own().input("detail", "all").run("run").ends_with(2).says("`detail` is `all`");
}

/// The same step without the profile.
fn scene_of_our_own() -> Scene {
    let scene = Scene::new("hello").on_github().input("profile", "none");
    scene.input("command", "up").input("stack-name", "dev")
}

#[test]
fn a_zero_is_no_number_to_the_official_action() {
    let scene = Scene::new("hello").on_github().input("command", "up").input("stack-name", "dev");
    let scene = scene.input("upsert", "true").input("parallel", "0").input("log-verbosity", "0");
    scene.run("run").ends_with(2);
    scene.input("profile", "official-action").run("run").ends_with(0);
}

#[test]
fn the_official_actions_profile_exports_secret_outputs_and_writes_no_summary() {
    for scene in deployed("hello") {
        let scene = scene.input("profile", "official-action");
        scene.run("run").ends_with(0);
        assert_eq!(scene.github_outputs()["hidden"], "hi world!");
        assert_eq!(scene.summary(), "");
    }
}

#[test]
fn a_preview_hands_on_the_last_deployed_outputs() {
    for scene in deployed("hello") {
        scene.edit("default: hi", "default: servus");
        let scene = scene.input("command", "preview");
        scene.run("run").ends_with(0);
        assert_eq!(scene.github_outputs()["message"], "hi world");
    }
}

#[test]
fn the_summary_shows_what_changed_and_keeps_what_was_there() {
    for scene in deployed("hello") {
        std::fs::write(scene.root().join("github-summary"), "# mine\n").unwrap();
        scene.edit("default: hi", "default: servus");
        scene.run("run").ends_with(0);
        let summary = scene.summary();
        assert!(summary.starts_with("# mine\n"), "{summary}");
        for shown in ["`hello/dev`", "1 updated", "`note`", "actions/runs/42"] {
            assert!(summary.contains(shown), "`{shown}` is not in\n{summary}");
        }
    }
}

#[test]
fn a_failing_job_has_a_summary_outputs_and_an_annotation() {
    for scene in deployed("hello") {
        scene.edit("${greeting} world", "${nope} world");
        scene.run("run").ends_with(1).says("::error title=Update of hello/dev failed (program)::");
        let outputs = scene.github_outputs();
        assert_eq!((outputs["status"].as_str(), outputs["reason"].as_str()), ("failed", "program"));
        assert_eq!(outputs["message"], "hi world", "the previous outputs are still there");
        assert!(scene.summary().contains("not found"), "{}", scene.summary());
    }
}

#[test]
fn an_engine_that_is_not_there_is_reported_too() {
    let scene = Scene::new("hello")
        .without("STACKSTEP_ENGINE")
        .with("PATH", "/nowhere")
        .with("STACKSTEP_OFFLINE", "true")
        .on_github()
        .input("command", "preview")
        .input("stack", "dev");
    scene.run("run").ends_with(71);
    assert_eq!(scene.github_outputs()["reason"], "install");
    assert!(scene.summary().contains("no `pulumi` on the PATH") || scene.summary().contains("pulumi"));
}

#[test]
fn the_step_wins_over_the_environment_and_one_line_tells() {
    for scene in deployed("hello") {
        let scene = scene.with("STACKSTEP_STACK", "prod");
        scene
            .run("run")
            .ends_with(0)
            .says("`STACKSTEP_STACK` of the environment is not used: the step sets `stack`");
    }
}

#[test]
fn an_empty_command_only_installs_the_cli_and_says_so() {
    let scene = Scene::new("hello").on_github();
    scene
        .run("run")
        .ends_with(0)
        .says("the Pulumi CLI is there")
        .says("::warning title=stackstep::no `command`");
    let scene = scene.without("STACKSTEP_ENGINE").with("PATH", "/nowhere");
    scene.run("run").ends_with(71);
}

#[test]
fn workflow_commands_of_the_engine_are_fenced_off() {
    for scene in deployed("hello") {
        let log = scene.run("run").ends_with(0).log();
        let fence = log.lines().find_map(|line| line.strip_prefix("::stop-commands::")).unwrap();
        let (before, after) = log.split_once("Updating (dev)").unwrap();
        assert!(before.contains(&format!("::stop-commands::{fence}\n")));
        assert!(after.contains(&format!("\n::{fence}::\n")));
    }
}

#[test]
fn inputs_are_not_in_the_engines_environment() {
    let scene = Scene::new("hello").on_github().input("command", "preview").input("stack", "dev");
    let seen = scene.root().join("seen");
    let engine = scene.program.join("engine");
    std::fs::write(&engine, format!("#!/bin/sh\nenv > '{}'\n", seen.display())).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&engine, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let scene = scene.with("STACKSTEP_ENGINE", "./engine").input("access-token", "pul-0123456789abcdef");
    scene.run("run").ends_with(79).never_says("\npul-0123");
    let seen = std::fs::read_to_string(seen).unwrap();
    let ours = |line: &str| line.starts_with("INPUT_") || line.starts_with("STACKSTEP_");
    assert!(!seen.lines().any(ours), "{seen}");
    assert!(seen.contains("PULUMI_ACCESS_TOKEN=pul-0123456789abcdef"), "{seen}");
    assert!(seen.contains("PULUMI_CREDENTIALS_PATH="), "{seen}");
}

#[test]
fn how_much_the_summary_shows_can_be_chosen() {
    for (detail, shows_property, shows_value) in
        [("resources", false, false), ("paths", true, false), ("values", true, true)]
    {
        for scene in deployed("hello") {
            scene.edit("default: hi", "default: servus");
            let scene = scene.input("detail", detail);
            scene.run("run").ends_with(0);
            assert_eq!(scene.summary().contains("`input`"), shows_property, "{detail}: {}", scene.summary());
            assert_eq!(
                scene.summary().contains("servus world"),
                shows_value,
                "{detail}: {}",
                scene.summary()
            );
        }
    }
}

#[test]
fn the_runner_is_told_each_line_worth_a_mask_once() {
    let key = "{\n  \"type\": \"service_account\",\n  \"private_key\": \"hunter22-hunter22\",\n  \"list\": [\n    true\n  ]\n}";
    let scene = Scene::new("hello")
        .on_github()
        .with("GOOGLE_CREDENTIALS", key)
        .with("GITHUB_TOKEN", "ghs-0123456789")
        .with("GH_TOKEN", "ghs-0123456789")
        .with("DB_PASSWORD", "db-0123456789")
        .input("forge-token", "ghs-0123456789");
    let log = scene.run("up --stack dev --upsert").ends_with(0).log();
    let mut masks: Vec<&str> = log.lines().filter_map(|line| line.strip_prefix("::add-mask::")).collect();
    masks.sort_unstable();
    assert_eq!(
        masks,
        [
            "\"private_key\": \"hunter22-hunter22\",",
            "\"type\": \"service_account\",",
            "db-0123456789",
            "ghs-0123456789",
            crate::support::PASSPHRASE
        ]
    );
}

#[test]
fn inputs_and_doctor_print_no_command_of_a_file() {
    let scene = Scene::new("hello").on_github();
    let command = "##[set-output name=v1]pwned";
    scene.write("stackstep.yaml", &format!("stack: dev\nmessage: \"x {command}\"\n"));
    for line in ["inputs", "doctor", "doctor --json"] {
        scene.run(line).says("pwned").never_says("##[");
    }
    let found: serde_json::Value = serde_json::from_str(&scene.run("doctor --json").stdout()).unwrap();
    let shown =
        found["inputs"].as_array().unwrap().iter().any(|input| input["value"] == format!("x {command}"));
    assert!(shown, "JSON keeps its values: {found}");
}
