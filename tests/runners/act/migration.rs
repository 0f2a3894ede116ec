//! Public workflows that use the official action, in shapes of our own, moved by changing the one `uses:` line: each
//! runs, and hands on what the official action would hand on.
//!
//! What that is: <https://github.com/pulumi/actions/blob/deb0aa33df8474b3c16e68e62f088f61e5c97bda/src/main.ts>: the
//! engine's log as `output`, and after every command each output that the stack then has, under its own name, secret
//! ones too.

use super::harness::{Job, Outcome};
use super::workflows::{pull_request, push};
use crate::tools;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The fixtures, by name.
fn fixtures() -> Vec<PathBuf> {
    let folder = tools::root().join("tests/fixtures/migration/github");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The workflow with the one line changed, wherever it stands.
fn moved(workflow: &str) -> (String, usize) {
    let mut changed = 0;
    let lines = workflow.lines().map(|line| match line.split_once("uses: pulumi/actions@") {
        Some((before, _)) => {
            changed += 1;
            format!("{before}uses: stackstep/stackstep/actions/deploy@v1\n")
        }
        None => format!("{line}\n"),
    });
    (lines.collect(), changed)
}

/// Runs it for the event that reaches its step: a push where it takes one.
fn run(workflow: &str) -> Outcome {
    let on = workflow.split("jobs:").next().unwrap();
    let (event, payload) = if on.contains("workflow_dispatch") {
        ("workflow_dispatch", json!({ "repository": { "default_branch": "main" } }))
    } else if on.contains("push") {
        ("push", push("main"))
    } else {
        ("pull_request", pull_request())
    };
    let job = Job::of(workflow, &tools::root().join("examples/hello"), event).payload(payload);
    let job = job.program_in("infrastructure").deployed("dev");
    let backend = job.backend();
    job.env("STACKSTEP_ENGINE", "sandbox")
        .env("BACKEND", &backend)
        .secret("PULUMI_CONFIG_PASSPHRASE", "a passphrase")
        .var("PULUMI_STACK_NAME", "dev")
        .run()
}

/// What the official action hands on after its command.
fn official(workflow: &str) -> BTreeMap<&'static str, &'static str> {
    let replicas = if workflow.contains("replicas: {value: 5") { "5" } else { "2" };
    let stack = [("url", "https://hello.example.com/"), ("replicas", replicas), ("token", "token-for-hello")];
    if !workflow.contains("command: ") {
        BTreeMap::new() // only an install
    } else if workflow.contains("command: destroy") {
        BTreeMap::from([("output", "")])
    } else {
        stack.into_iter().chain([("output", "")]).collect()
    }
}

#[test]
#[ignore = "needs act"]
fn public_workflows_move_by_one_line_and_hand_the_same_outputs_on() {
    let mut failed = Vec::new();
    let fixtures = fixtures();
    for path in &fixtures {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.starts_with("# Shape of https://github.com/"), "{name} names no source");
        let (workflow, changed) = moved(&text);
        assert!(changed > 0, "{name} does not use the official action");
        let outcome = run(&workflow);
        let outputs = outcome.outputs("pulumi");
        let mut wrong: Vec<_> = official(&workflow)
            .into_iter()
            .filter(|(name, value)| match outputs.get(*name) {
                // The log is the engine's own words.
                Some(own) => *name != "output" && own != value && own != "***",
                None => true,
            })
            .map(|(name, value)| format!("`{name}` should be `{value}` and is {:?}", outputs.get(name)))
            .collect();
        if !outcome.succeeded || outcome.step_result("pulumi") != "success" {
            wrong.push(format!("it failed:\n{}", outcome.log));
        }
        if !wrong.is_empty() {
            failed.push(format!("{name}: {}", wrong.join("; ")));
        }
    }
    let passed = fixtures.len() - failed.len();
    let line =
        format!("{passed} of {} workflows with the official action moved by one line\n", fixtures.len());
    let folder = tools::root().join("target/report-tables");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("migration-github.md"), line).unwrap();
    assert!(fixtures.len() >= 12 && failed.is_empty(), "{}", failed.join("\n\n"));
}

#[test]
#[ignore = "needs act"]
fn a_stack_output_reaches_the_next_step_and_the_next_job() {
    let path = tools::root().join("tests/fixtures/migration/github/outputs-to-a-later-job.yml");
    let outcome = run(&moved(&std::fs::read_to_string(path).unwrap()).0);
    assert!(outcome.log.contains("in the job https://hello.example.com/"), "{}", outcome.log);
    assert!(outcome.log.contains("in the next job https://hello.example.com/"), "{}", outcome.log);
}
