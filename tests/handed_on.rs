//! What later steps get of a stack's outputs: the value as the engine has it, or nothing and a word about it; and what
//! becomes of an answer that can't be read.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{Scene, json as read_json};

/// A secret that stands in plain outputs, and in the names of stack and project.
const SECRET: &str = "production";

const OUTPUTS: &str = "  url: https://production.example.com/prod\n  list: [production-a, b]\n  plain: nothing\n  \
                       number: 0.1\n  large: 1e300\n  whole: 9007199254740991\n";

/// A stack called as the secret, with these outputs; not yet deployed.
fn scene(outputs: &str) -> Scene {
    let scene = Scene::new("hello")
        .with("STACKSTEP_STACK", SECRET)
        .with("STACKSTEP_UPSERT", "true")
        .with("STACKSTEP_RESULT_FILE", "result.json")
        .with("PULUMI_CONFIG_PASSPHRASE", SECRET);
    scene.write("Pulumi.yaml", &format!("name: shop-production\nruntime: yaml\noutputs:\n{outputs}"));
    scene
}

fn result(scene: &Scene) -> Value {
    read_json(scene.program.join("result.json"))
}

fn variables(scene: &Scene, name: &str) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(scene.program.join(name)).unwrap();
    let lines = text.lines().filter_map(|line| line.trim_start_matches("export ").split_once('='));
    lines.map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned())).collect()
}

#[test]
fn a_plain_output_that_holds_a_secrets_text_reaches_a_later_step_whole() {
    let scene = scene(OUTPUTS).on_github();
    scene.run("up").ends_with(0).never_says("production.example.com");
    let outputs = scene.github_outputs();
    assert_eq!(outputs["url"], "https://production.example.com/prod");
    assert_eq!(outputs["list"], r#"["production-a","b"]"#);
    let all: Value = serde_json::from_str(&outputs["outputs"]).unwrap();
    assert_eq!(all["url"], "https://production.example.com/prod");
}

#[test]
fn a_file_for_a_shell_has_it_whole_and_is_the_owners_alone() {
    let scene = scene(OUTPUTS).with("STACKSTEP_OUTPUTS_FILE", "outputs.sh");
    scene.run("up").ends_with(0);
    assert_eq!(variables(&scene, "outputs.sh")["STACK_OUTPUT_url"], "https://production.example.com/prod");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(scene.program.join("outputs.sh")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn the_result_names_what_it_leaves_out_and_keeps_the_names_of_the_run() {
    let scene = scene(OUTPUTS);
    scene.run("up").ends_with(0);
    let result = result(&scene);
    assert_eq!((&result["stack"], &result["project"]), (&json!(SECRET), &json!("shop-production")));
    assert_eq!(result["withheld_outputs"], json!(["list", "url"]));
    assert_eq!(result["outputs"]["plain"], "nothing");
    assert!(result["outputs"].get("url").is_none());
    assert_eq!(
        result["steps"][0]["urn"],
        "urn:pulumi:production::shop-production::pulumi:pulumi:Stack::shop-production-production"
    );
    for change in result["output_changes"].as_array().unwrap() {
        assert!(!change.to_string().contains("***"), "{change}");
    }
}

#[test]
fn standard_output_has_values_as_they_are_or_not_at_all() {
    let scene = scene(OUTPUTS);
    scene.run("up").ends_with(0);
    let run = scene.run("outputs").ends_with(0).says("the outputs `list`, `url`");
    let printed: Value = serde_json::from_str(&run.stdout()).unwrap();
    let names: Vec<_> = printed.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["large", "number", "plain", "whole"]);
    assert!(run.stdout().contains("\"whole\": 9007199254740991"), "{}", run.stdout());
}

#[test]
fn what_others_can_read_has_it_only_when_it_is_listed() {
    let scene = scene(OUTPUTS).with("GITLAB_CI", "true").with("STACKSTEP_OUTPUTS_FILE", "stack.env");
    scene.run("up").ends_with(0).says("as their values hold the text of a secret: `list`, `url`");
    let left = variables(&scene, "stack.env");
    assert_eq!(left["STACK_OUTPUT_plain"], "nothing");
    assert!(!left.contains_key("STACK_OUTPUT_url") && !left["STACK_OUTPUTS"].contains("url"), "{left:?}");
    let scene = scene.with("STACKSTEP_SECRET_OUTPUTS", "url");
    scene.run("up").ends_with(0);
    assert_eq!(variables(&scene, "stack.env")["STACK_OUTPUT_url"], "https://production.example.com/prod");
}

#[test]
fn short_secrets_and_whole_objects_go_out_as_the_official_action_hands_them_on() {
    let outputs = "  user: {fn::secret: admin}\n  port: {fn::secret: 5432}\n  kube:\n    fn::secret: \
                   {apiVersion: v1, server: https://eks.example.com}\n";
    let scene = scene(outputs).on_github().input("profile", "official-action");
    let run = scene.run("up").ends_with(0);
    let outputs = scene.github_outputs();
    assert_eq!((outputs["user"].as_str(), outputs["port"].as_str()), ("admin", "5432"));
    let kube: Value = serde_json::from_str(&outputs["kube"]).unwrap();
    assert_eq!(kube, json!({"apiVersion": "v1", "server": "https://eks.example.com"}));
    run.says("::add-mask::https://eks.example.com")
        .says("::add-mask::{")
        .says("under 6 characters: `kube.apiVersion`")
        .says("`port`")
        .says("`user`")
        .never_says("::add-mask::admin");
}

#[test]
fn the_stacks_own_output_wins_over_ours_under_the_official_profile_only() {
    let outputs = "  status: blue\n  result: mine\n  UPPER: a\n  upper: b\n";
    let scene = scene(outputs).on_github();
    scene.run("up").ends_with(0).says("has a name of ours");
    assert_eq!(scene.github_outputs()["status"], "succeeded");
    assert!(!scene.github_outputs().contains_key("UPPER"));
    let scene = scene.input("profile", "official-action");
    scene.run("up").ends_with(0).says("`status` is exported in place of");
    let outputs = scene.github_outputs();
    assert_eq!((outputs["status"].as_str(), outputs["result"].as_str()), ("blue", "mine"));
    assert_eq!((outputs["UPPER"].as_str(), outputs["upper"].as_str()), ("a", "b"));
    let text = std::fs::read_to_string(scene.root().join("github-output")).unwrap();
    assert_eq!(text.rsplit("status<<").count(), 3, "ours once, the stack's once");
}

#[cfg(unix)]
mod answers {
    use super::*;
    use crate::support::scripted;

    /// The exit status, the log and the standard output of `command` with an engine that prints `answer`.
    fn asked(command: &str, answer: &str) -> (Option<i32>, String) {
        let scene = scripted::scene("cat answer\nexit 0\n");
        scene.write("answer", answer);
        let (status, log) = scripted::end(scene.start(command));
        (status.code(), log)
    }

    #[test]
    fn what_stands_before_the_outputs_is_skipped() {
        for before in ["", "SDK WARN {no checksum}\n", "a new version is there\n\n"] {
            let (status, log) = asked("outputs", &format!("{before}{{\n  \"a\": 1\n}}\n"));
            assert_eq!(status, Some(0), "{log}");
            assert!(log.contains("\"a\": 1"), "{log}");
        }
    }

    #[test]
    fn an_answer_that_can_not_be_read_is_not_known() {
        for answer in [
            "",
            "\n",
            "{\"a\": 1",
            "[1]",
            "null",
            "{\"a\": 1}\na new version is there\n",
            "Outputs:\n  a 1\n",
            "{\n  \"a\": 1\n}\n{\"level\":\"info\"}\n",
            "{\n  \"a\": 1\n}\n{}\n",
            "{\"level\":\"warn\"}\n{\n  \"a\": 1\n}\n",
            "{\n  \"list\": [\n    {\n      \"a\": 1\n    }\n",
        ] {
            let (status, log) = asked("outputs", answer);
            assert_eq!(status, Some(79), "{answer:?}: {log}");
            assert!(
                log.contains("what they are is not known") && log.contains("reason: incomplete"),
                "{log}"
            );
            assert!(!log.contains("\n{}\n"), "{log}");
        }
    }

    #[test]
    fn outputs_that_are_not_known_are_no_empty_ones() {
        let scene = scripted::scene("echo nothing of use\nexit 0\n").with("STACKSTEP_COMMAND", "outputs");
        let (status, log) = scripted::end(scene.start("run"));
        assert_eq!(status.code(), Some(79), "{log}");
        let outputs = scene.github_outputs();
        for name in ["outputs", "changes", "has-changes"] {
            assert_eq!(outputs[name], "", "{name}");
        }
        assert_eq!(outputs["reason"], "incomplete");
        let result = read_json(&outputs["result"]);
        assert_eq!((&result["outputs"], &result["outputs_from"]), (&json!(null), &json!("none")));
    }

    #[test]
    fn a_configuration_that_can_not_be_read_refuses_the_run_by_its_reason() {
        let secret = "{\"hello:token\":{\"value\":\"s3cret-value-xyz\",\"secret\":true}}\n";
        for answer in
            ["no configuration\n", "{\"level\":\"info\"}\n", &format!("{secret}{{\"level\":\"info\"}}\n")]
        {
            let (status, log) = asked("up --mask-config", answer);
            assert_eq!(status, Some(79), "{log}");
            assert!(
                log.contains("reason: incomplete") && log.contains("a configuration that can't be read"),
                "{log}"
            );
            assert!(!log.contains("is not known,"), "nothing was begun: {log}");
            assert!(!log.contains("s3cret-value-xyz"), "{log}");
        }
    }

    #[test]
    fn secret_outputs_that_can_not_be_read_say_why() {
        let stack = "urn:pulumi:dev::hello::pulumi:pulumi:Stack::hello-dev";
        let secret = json!({ "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x" });
        let state = json!({ "urn": stack, "outputs": { "token": secret } });
        let done = json!({ "sequence": 0, "resOutputsEvent": { "metadata": { "op": "same", "urn": stack, "new": state } } });
        let summary = json!({ "sequence": 1, "summaryEvent": { "resourceChanges": { "same": 1 } } });
        let scene =
            scripted::scene("if [ -n \"$LOG\" ]; then cat events > \"$LOG\"; else echo sorry; fi\nexit 0\n")
                .with("STACKSTEP_SECRET_OUTPUTS", "token");
        scene.write("events", &format!("{done}\n{summary}\n"));
        let (status, log) = scripted::end(scene.start("up"));
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(log.contains("could not be read: the engine printed no JSON that can be read"), "{log}");
        let result = scripted::result(&scene);
        assert_eq!((&result["incomplete"], &result["has_changes"]), (&json!(true), &json!(true)));
        assert!(!scene.github_outputs().contains_key("token"));
    }

    /// A stack's step and summary whose outputs are these.
    fn log_with(outputs: &Value) -> String {
        let stack = "urn:pulumi:dev::hello::pulumi:pulumi:Stack::hello-dev";
        let state = json!({ "urn": stack, "outputs": outputs });
        let done = json!({ "sequence": 0, "resOutputsEvent": { "metadata": { "op": "same", "urn": stack, "old": state, "new": state } } });
        let summary = json!({ "sequence": 1, "summaryEvent": { "resourceChanges": { "same": 1 } } });
        format!("{done}\n{summary}\n")
    }

    #[test]
    fn a_listed_secret_output_that_the_engine_does_not_print_is_missed_by_name() {
        let secret = json!({ "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x" });
        for answer in ["{\"plain\": \"x\"}", "{\"token\": \"[secret]\"}", "{}"] {
            let scene = scripted::scene(
                "if [ -n \"$LOG\" ]; then cat events > \"$LOG\"; else cat answer; fi\nexit 0\n",
            )
            .with("STACKSTEP_SECRET_OUTPUTS", "*");
            scene.write("events", &log_with(&json!({ "token": secret, "plain": "x" })));
            scene.write("answer", answer);
            let (status, log) = scripted::end(scene.start("up"));
            assert_eq!(status.code(), Some(0), "{log}");
            assert!(
                log.contains("these outputs are not exported") && log.contains("`token`"),
                "{answer}: {log}"
            );
            let result = scripted::result(&scene);
            assert_eq!((&result["incomplete"], &result["has_changes"]), (&json!(true), &json!(false)));
            assert!(log.contains("no changes; not all of its outputs are known"), "{log}");
            let outputs = scene.github_outputs();
            assert!(!outputs.contains_key("token") && outputs["plain"] == "x", "{outputs:?}");
        }
    }

    #[test]
    fn an_output_that_looks_like_one_that_is_not_known_yet_is_missed_by_name() {
        let scene = scripted::scene("cat events > \"$LOG\"\nexit 0\n");
        scene.write(
            "events",
            &log_with(&json!({ "id": "04da6b54-80e4-46f7-96ec-b56ff0331ba9", "plain": "x" })),
        );
        let (status, log) = scripted::end(scene.start("up"));
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(log.contains("these outputs are not exported") && log.contains("`id`"), "{log}");
        assert_eq!(scripted::result(&scene)["incomplete"], json!(true));
        assert!(!scene.github_outputs().contains_key("id"));
    }

    #[test]
    fn a_failure_in_the_middle_without_an_event_log_is_not_known() {
        for (stdout, stderr, known) in [
            ("", "error: the stack is currently locked by 1 lock(s).", true),
            (
                "Updating (acme/dev)\n\n",
                "error: [409] Conflict: Another update is currently in progress.",
                true,
            ),
            ("", "error: getting stack configuration: get stack secrets manager: incorrect passphrase", true),
            ("", "error: PULUMI_ACCESS_TOKEN must be set for login", true),
            (
                " +  aws:s3:Bucket logs created (3s)\n",
                "error: the stack is currently locked by 1 lock(s).",
                false,
            ),
            ("Updating (dev):\n\n", "error: incorrect passphrase", false),
            (" +  aws:s3:Bucket logs created (3s)\n", "error: creating: api error ExpiredToken", false),
            ("", "error: creating: api error ExpiredToken", false),
            ("", "error: Missing required configuration variable 'hello:x'", false),
            ("", "error: User is not authorized to perform: s3:CreateBucket", false),
            ("", "the program says: incorrect passphrase", false),
        ] {
            let scene = scripted::scene("cat out\ncat err >&2\nexit 255\n");
            scene.write("out", stdout);
            scene.write("err", &format!("{stderr}\n"));
            let (status, log) = scripted::end(scene.start("up"));
            assert_eq!(status.code(), Some(255), "{log}");
            let result = scripted::result(&scene);
            let expected = if known { json!(false) } else { json!(null) };
            assert_eq!(
                (&result["has_changes"], &result["incomplete"]),
                (&expected, &json!(!known)),
                "{stdout}{stderr}"
            );
        }
    }

    #[test]
    fn nothing_to_destroy_is_known_only_where_protected_resources_are_to_stay() {
        let words = "There were no unprotected resources to destroy. There are still 2 protected resources associated with this stack.\n";
        for (flags, stdout, known) in [
            ("--exclude-protected", words.to_owned(), true),
            ("--exclude-protected", format!("[notice] a new version\n{words}"), true),
            ("", words.to_owned(), false),
            ("--exclude-protected", format!("{words} -  aws:s3:Bucket logs deleted (3s)\n"), false),
            (
                "--exclude-protected",
                "There were no unprotected resources to destroy, says the program\n".to_owned(),
                false,
            ),
        ] {
            let scene = scripted::scene("cat out\nexit 0\n").with("STACKSTEP_RESULT_FILE", "result.json");
            scene.write("out", &stdout);
            let (status, log) = scripted::end(scene.start(&format!("destroy {flags}")));
            assert_eq!(status.code(), Some(0), "{log}");
            let has_changes = result(&scene)["has_changes"].clone();
            assert_eq!(has_changes, if known { json!(false) } else { json!(null) }, "{flags} {stdout}");
        }
    }

    #[test]
    fn a_preview_without_an_event_log_is_no_preview() {
        let scene = scripted::scene("echo 'Resources: 3 to create'\nexit 0\n")
            .with("STACKSTEP_COUNTS_FILE", "counts.json");
        let (status, log) = scripted::end(scene.start("preview"));
        assert_eq!(status.code(), Some(79), "{log}");
        assert!(log.contains("what would change is not known"), "{log}");
        let outputs = scene.github_outputs();
        assert_eq!((outputs["status"].as_str(), outputs["has-changes"].as_str()), ("failed", ""));
        assert_eq!(read_json(scene.program.join("counts.json")), json!({}));
    }
}
