//! The action on the Pulumi CLI: what later steps see of what the engine did.

mod reviews;
mod ways;

use super::harness::{Job, Outcome};
use super::{step, up};
use crate::harness::engine::Engine;
use crate::hostile;
use crate::real::shown;
use serde_json::{Value, json};

/// Runs a job of these steps after a checkout of a program without resources.
fn job(steps: &str) -> Outcome {
    Job::on(Engine::Pulumi, steps).run()
}

#[test]
#[ignore = "needs act and the Pulumi CLI"]
fn the_whole_life_of_a_stack_passes() {
    let upsert = "          upsert: true\n";
    let remove = "          remove: true\n";
    let steps = [step("preview", upsert), up(""), step("outputs", ""), step("destroy", remove)];
    let outcome = job(&steps.concat());
    assert!(outcome.succeeded, "{}", outcome.log);
    let changes = |step| outcome.outputs(step)["changes"].clone();
    assert_eq!(changes("preview"), r#"{"create":1}"#);
    assert_eq!(changes("up"), r#"{"create":1}"#);
    assert_eq!(outcome.outputs("outputs")["url"], "https://shop.example.com/");
    assert_eq!(changes("destroy"), r#"{"delete":1}"#);
    assert!(!outcome.exists("dev.json"), "the stack is still there");
    shown();
}

#[test]
#[ignore = "needs act and the Pulumi CLI"]
fn later_steps_have_the_outputs_that_the_action_declares_and_the_stack_s_own() {
    let next = "      - run: cat \"$RESULT\"; echo \"the address is $URL\"\n        env:\n          \
                RESULT: ${{ steps.up.outputs.result }}\n          URL: ${{ steps.up.outputs.url }}\n";
    let outcome = job(&(up("") + next));
    let outputs = outcome.outputs("up");
    assert_eq!((outputs["status"].as_str(), outputs["has-changes"].as_str()), ("succeeded", "true"));
    assert!(outputs["output"].contains("shop-dev"), "{}", outputs["output"]);
    let all: Value = serde_json::from_str(&outputs["outputs"]).unwrap();
    assert_eq!((&all["url"], &all["tier"]), (&json!("https://shop.example.com/"), &json!("small")));
    assert!(outcome.log.contains("the address is https://shop.example.com/"), "{}", outcome.log);
    assert!(outcome.log.contains(r#""command": "up""#), "{}", outcome.log);
    shown();
}

#[test]
#[ignore = "needs act and the Pulumi CLI"]
fn a_secret_output_is_exported_as_with_the_official_action_and_masked_first() {
    let next = "      - run: echo \"it is $TOKEN\"; printf %s \"$TOKEN\" | wc -c\n        env:\n          TOKEN: ${{ steps.up.outputs.token }}\n";
    let outcome = job(&(up("") + next));
    assert!(outcome.log.contains("it is ***"), "{}", outcome.log);
    assert!(outcome.log.lines().any(|line| line.trim() == "18"), "{}", outcome.log);
    assert!(!outcome.log.contains("token-for-the-shop"), "{}", outcome.log);
    shown();
}

#[test]
#[ignore = "needs act and the Pulumi CLI"]
fn a_secret_output_is_withheld_and_named_under_our_own_defaults() {
    let outcome = job(&up("          profile: none\n"));
    assert!(outcome.succeeded, "{}", outcome.log);
    assert!(!outcome.outputs("up").contains_key("token"));
    assert!(outcome.log.contains("`token`"), "{}", outcome.log);
    shown();
}

#[test]
#[ignore = "needs act and the Pulumi CLI"]
fn a_failing_deployment_fails_the_job_and_still_writes_its_report() {
    let broken = "      - run: |\n          echo '  broken: ${nowhere.output}' >> Pulumi.yaml\n";
    let outcome = job(&(broken.to_owned() + &up("          comment-on-summary: true\n")));
    assert!(!outcome.succeeded);
    assert_eq!(outcome.step_result("up"), "failure", "{}", outcome.log);
    let outputs = outcome.outputs("up");
    assert_eq!((outputs["status"].as_str(), outputs["reason"].as_str()), ("failed", "program"));
    assert!(outcome.summary.contains("nowhere"), "{}", outcome.summary);
    shown();
}

#[test]
#[ignore = "needs act and the Pulumi CLI"]
fn hostile_messages_reach_the_engine_unharmed() {
    let values = hostile::values();
    let short = values.iter().filter(|value| value.len() < 1000 && !value.contains("${{"));
    let all = short.cloned().collect::<Vec<_>>().join("\n");
    let messages = [all, "--help".to_owned(), " leading and trailing ".to_owned()];
    let steps = messages.iter().map(|message| {
        let quoted = Value::from(message.as_str());
        up(&format!("          message: {quoted}\n"))
    });
    let outcome = job(&steps.collect::<String>().replace("      - id: up\n        uses:", "      - uses:"));
    assert!(outcome.succeeded, "{}", outcome.log);
    assert_eq!(outcome.messages_in_history(), messages);
    assert!(!outcome.exists("pwned"), "a message was executed");
    shown();
}
