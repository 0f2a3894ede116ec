//! GitHub workflows that use the action, run by `act` on the machine itself, with the sandbox engine.

mod actions;
mod delivery;
mod examples;
mod fleets;
pub mod harness;
mod migration;
mod place;
mod real;
mod stages;
pub mod workflows;

use crate::harness::engine::Engine;
use crate::hostile;
use harness::{Job, Outcome};

/// Runs a job of these steps after a checkout.
fn job(steps: &str) -> Outcome {
    Job::on(Engine::Sandbox, steps).run()
}

/// A step that deploys the example, with more lines under `with:`.
fn up(more: &str) -> String {
    step("up", &format!("          upsert: true\n{more}"))
}

/// A step of the action, its id the command, with more lines under `with:`.
fn step(command: &str, more: &str) -> String {
    format!(
        "      - id: {command}\n        uses: stackstep/stackstep/actions/deploy@v1\n        with:\n          \
         command: {command}\n          stack-name: dev\n{more}"
    )
}

#[test]
#[ignore = "needs act"]
fn the_whole_life_of_a_stack_passes() {
    let outcome =
        job(&[step("preview", "          upsert: true\n"), up(""), step("outputs", ""), step("destroy", "")]
            .concat());
    assert!(outcome.succeeded, "{}", outcome.log);
    for step in ["preview", "up", "outputs", "destroy"] {
        assert_eq!(outcome.step_result(step), "success", "{step}");
    }
}

#[test]
#[ignore = "needs act"]
fn an_output_of_the_stack_reaches_the_next_step_under_its_own_name() {
    let next = "      - run: echo \"the address is $URL\"\n        env:\n          URL: ${{ steps.up.outputs.url }}\n";
    let outcome = job(&(up("") + next));
    assert!(outcome.log.contains("the address is https://hello.example.com/"), "{}", outcome.log);
}

#[test]
#[ignore = "needs act"]
fn the_outputs_that_the_action_declares_are_set() {
    let next =
        "      - run: cat \"$RESULT\"\n        env:\n          RESULT: ${{ steps.up.outputs.result }}\n";
    let outcome = job(&(up("") + next));
    let outputs = outcome.outputs("up");
    assert_eq!(outputs["status"], "succeeded");
    assert_eq!(outputs["has-changes"], "true");
    assert_eq!(outputs["changes"], r#"{"create":4}"#);
    assert!(outputs["output"].contains("hello-dev"), "{}", outputs["output"]);
    let all: serde_json::Value = serde_json::from_str(&outputs["outputs"]).unwrap();
    assert_eq!(all["url"], "https://hello.example.com/");
    assert!(outcome.log.contains(r#""command": "up""#), "{}", outcome.log);
}

#[test]
#[ignore = "needs act"]
fn the_summary_page_holds_the_report_when_asked_for() {
    let outcome = job(&up("          comment-on-summary: true\n"));
    assert!(outcome.summary.contains("hello") && outcome.summary.contains("dev"), "{}", outcome.summary);
}

#[test]
#[ignore = "needs act"]
fn the_summary_page_stays_empty_as_with_the_official_action() {
    assert_eq!(job(&up("")).summary, "");
}

#[test]
#[ignore = "needs act"]
fn a_secret_output_is_exported_as_with_the_official_action_and_masked_first() {
    let next = "      - run: echo \"it is $TOKEN\"; echo \"$TOKEN\" | wc -c\n        env:\n          TOKEN: ${{ steps.up.outputs.token }}\n";
    let outcome = job(&(up("") + next));
    assert!(outcome.log.contains("it is ***"), "{}", outcome.log);
    assert!(outcome.log.contains("16\n"), "{}", outcome.log);
    assert!(!outcome.log.contains("token-for-hello"), "{}", outcome.log);
}

#[test]
#[ignore = "needs act"]
fn a_secret_output_is_withheld_and_named_under_our_own_defaults() {
    let outcome = job(&up("          profile: none\n"));
    assert!(!outcome.outputs("up").contains_key("token"));
    assert!(outcome.log.contains("`token`"), "{}", outcome.log);
}

#[test]
#[ignore = "needs act"]
fn a_failing_deployment_fails_the_job_and_still_writes_its_report() {
    let broken = "      - run: |\n          echo '  broken: ${nowhere.output}' >> Pulumi.yaml\n";
    let outcome = job(&(broken.to_owned() + &up("          comment-on-summary: true\n")));
    assert_eq!(outcome.step_result("up"), "failure", "{}", outcome.log);
    assert!(!outcome.succeeded);
    assert_eq!(outcome.outputs("up")["status"], "failed");
    assert_ne!(outcome.outputs("up")["reason"], "");
    assert!(outcome.summary.contains("nowhere"), "{}", outcome.summary);
}

#[test]
#[ignore = "needs act"]
fn a_comment_that_is_not_possible_is_told_and_the_job_goes_on() {
    let outcome = job(&up("          comment-on-pr: true\n          comment-on-pr-number: 7\n"));
    assert!(outcome.succeeded, "{}", outcome.log);
    assert!(outcome.warnings.iter().any(|warning| warning.contains("no comment: ")), "{}", outcome.log);
}

#[test]
#[ignore = "needs act"]
fn without_a_command_the_engine_is_looked_for_and_nothing_runs() {
    let outcome = job("      - id: install\n        uses: stackstep/stackstep/actions/deploy@v1\n");
    assert!(outcome.succeeded, "{}", outcome.log);
    assert!(!outcome.outputs("install").contains_key("status"), "{:?}", outcome.outputs("install"));
}

#[test]
#[ignore = "needs act"]
fn a_development_version_of_the_engine_is_refused_with_the_reason() {
    for version in ["dev", "pr#123"] {
        let outcome = job(&up(&format!("          pulumi-version: '{version}'\n")));
        assert!(!outcome.succeeded);
        assert!(outcome.log.contains(&format!("`{version}`")), "{}", outcome.log);
    }
}

#[test]
#[ignore = "needs act"]
fn hostile_messages_reach_the_engine_unharmed() {
    // An expression is the runner's own business, and a step a value would take minutes: what matters alone is alone.
    let values = hostile::values();
    let short = values.iter().filter(|value| value.len() < 1000 && !value.contains("${{"));
    let all = short.cloned().collect::<Vec<_>>().join("\n");
    let alone = ["-rf", "--help", "'", "on", "12:30", " leading and trailing ", "a\nb"].map(str::to_owned);
    let messages = [&[all], &alone[..]].concat();
    let steps = messages.iter().map(|message| {
        let quoted = serde_json::Value::from(message.as_str());
        up(&format!("          message: {quoted}\n"))
    });
    let outcome = job(&steps.collect::<String>().replace("      - id: up\n        uses:", "      - uses:"));
    assert!(outcome.succeeded, "{}", outcome.log);
    assert_eq!(outcome.messages_in_history(), messages);
    assert!(!outcome.exists("pwned"), "a message was executed");
}
