//! Each of the thin actions, in one life of a stack.

use super::job;
use serde_json::Value;

/// A step of an action of the suite with the sandbox engine, its id the action's name, and more lines under `with:`.
fn step(action: &str, more: &str) -> String {
    let mut lines = format!(
        "      - id: {action}\n        uses: stackstep/stackstep/actions/{action}@v1\n        with:\n          engine: sandbox\n"
    );
    if action != "setup" {
        lines.push_str("          stack: dev\n");
    }
    lines + more
}

#[test]
#[ignore = "needs act"]
fn each_action_runs_its_own_command_and_sets_the_outputs_that_it_declares() {
    let upsert = "          upsert: true\n";
    let steps = [
        step("preview", upsert),
        step("up", upsert),
        step("refresh", ""),
        step("outputs", ""),
        step("destroy", "          remove: true\n"),
    ];
    let outcome = job(&steps.concat());
    assert!(outcome.succeeded, "{}", outcome.log);
    for action in ["preview", "up", "refresh", "outputs", "destroy"] {
        let outputs = outcome.outputs(action);
        for name in declared_outputs(action) {
            assert!(outputs.contains_key(&name), "{action} sets no `{name}`: {outputs:?}");
        }
        assert_eq!(outputs["status"], "succeeded", "{action}");
    }
    assert_eq!(outcome.outputs("up")["url"], "https://hello.example.com/");
    assert_eq!(outcome.outputs("outputs")["url"], "https://hello.example.com/");
    assert_eq!(outcome.outputs("up")["changes"], r#"{"create":4}"#);
    assert_eq!(outcome.outputs("destroy")["changes"], r#"{"delete":4}"#);
}

/// The outputs in an `action.yml`.
fn declared_outputs(action: &str) -> Vec<String> {
    let path = crate::tools::root().join(format!("actions/{action}/action.yml"));
    let action: Value = serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    action["outputs"].as_object().unwrap().keys().cloned().collect()
}

#[test]
#[ignore = "needs act"]
fn after_setup_both_programs_are_on_the_path() {
    let next = "      - run: command -v stackstep; stackstep --version; command -v pulumi-sandbox\n";
    let outcome = job(&(step("setup", "") + next));
    assert!(outcome.succeeded, "{}", outcome.log);
    assert!(outcome.log.contains(env!("CARGO_BIN_EXE_stackstep")), "{}", outcome.log);
    assert!(outcome.log.contains("/pulumi-sandbox\n"), "{}", outcome.log);
}

#[test]
#[ignore = "needs act"]
fn a_command_in_the_environment_does_not_turn_one_action_into_another() {
    let outcome = job(&format!(
        "{}        env:\n          STACKSTEP_COMMAND: destroy\n",
        step("up", "          upsert: true\n")
    ));
    assert!(outcome.succeeded, "{}", outcome.log);
    assert_eq!(outcome.outputs("up")["changes"], r#"{"create":4}"#);
}

#[test]
#[ignore = "needs act"]
fn an_action_that_is_told_another_command_refuses() {
    let outcome = job(&step("up", "          upsert: true\n          command: preview\n"));
    assert!(!outcome.succeeded, "{}", outcome.log);
    assert!(outcome.log.contains("contradicts this step, which runs `up`"), "{}", outcome.log);
}

#[test]
#[ignore = "needs act"]
fn the_thin_actions_have_the_defaults_of_stackstep_not_of_the_official_action() {
    let outcome = job(&step("up", "          upsert: true\n"));
    assert!(outcome.summary.contains("hello"), "{}", outcome.summary);
    assert!(!outcome.outputs("up").contains_key("token"), "a secret output was handed on");
}
