//! What takes long on the real engine.

use super::running::{Running, is_running};
use super::shown;
use super::stage::{Ended, Stage};
use super::things::{Thing, program};
use crate::support::json as read_json;
use nix::sys::signal::{Signal, kill};
use serde_json::json;
use std::collections::BTreeSet;

const MANY: usize = 3000;

/// A program with many things; every fiftieth has this value.
fn many(value: u8) -> String {
    let of = |number: usize| {
        let value = if number.is_multiple_of(50) { value } else { 0 };
        (format!("thing-{number}"), format!("value: {value}"))
    };
    let all: Vec<(String, String)> = (0..MANY).map(of).collect();
    program(&all.iter().map(|(name, properties)| Thing(name, properties, "")).collect::<Vec<_>>())
}

#[test]
#[ignore = "needs the Pulumi CLI; soak"]
fn three_thousand_resources_are_created_updated_refreshed_and_destroyed() {
    // The state is written once at the end: after each resource it would be written whole, which takes half an hour.
    // https://www.pulumi.com/docs/iac/cli/environment-variables/
    let stage =
        Stage::new(&many(1)).with("PULUMI_EXPERIMENTAL", "true").with("PULUMI_SKIP_CHECKPOINTS", "true");
    let up = stage.stackstep("up --stack dev --upsert").ends_with(0).counts(&json!({ "create": MANY + 1 }));
    assert_eq!(up.result["steps"].as_array().unwrap().len(), MANY + 1);
    assert_eq!(stage.state().things().len(), MANY);
    stage.write("Pulumi.yaml", &many(2));
    let counts = json!({ "update": MANY / 50, "same": MANY + 1 - MANY / 50 });
    stage.stackstep("preview --stack dev").ends_with(0).counts(&counts);
    let up = stage.stackstep("up --stack dev").ends_with(0).counts(&counts);
    assert_eq!(up.result["steps"].as_array().unwrap().len(), MANY / 50);
    stage.stackstep("refresh --stack dev").ends_with(0).counts(&json!({ "same": MANY + 1 }));
    stage.stackstep("destroy --stack dev").ends_with(0).counts(&json!({ "delete": MANY + 1 }));
    assert!(stage.state().things().is_empty());
    shown();
}

/// Things that are created one after the other.
const CHAIN: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// The program of these.
fn chain() -> String {
    let after: Vec<String> = CHAIN.iter().map(|name| format!("dependsOn: [\"${{{name}}}\"]")).collect();
    let things = CHAIN.iter().enumerate().map(|(at, name)| {
        let after = at.checked_sub(1).map_or("", |before| after[before].as_str());
        Thing(name, "value: 1", after)
    });
    program(&things.collect::<Vec<_>>())
}

/// What a run may claim: that all is there when it succeeded, and, unless it says that it does not know all, exactly what
/// is there. What the provider has done and the state has lost is what `incomplete` is for.
#[track_caller]
fn is_true(run: &Ended, stage: &Stage, when: &str) {
    let claims_all = run.result["status"] == "succeeded";
    let claims_to_know = run.result["incomplete"] == json!(false);
    if is_cut_off(stage) {
        assert!(!claims_all && !claims_to_know, "{when}: {}", run.result);
        return;
    }
    let there: BTreeSet<String> = stage.state().things().into_keys().collect();
    assert!(!claims_all || there.len() == CHAIN.len(), "{when}: {there:?}");
    let steps = run.result["steps"].as_array().into_iter().flatten();
    let named = steps.filter(|step| step["status"] == "done").filter_map(|step| step["name"].as_str());
    let named: BTreeSet<String> = named.filter(|name| CHAIN.contains(name)).map(str::to_owned).collect();
    assert!(!claims_to_know || there == named, "{when}: there are {there:?}, said to be done {named:?}");
}

/// Whether the engine was killed as it wrote the state, or what lies beside it.
fn is_cut_off(stage: &Stage) -> bool {
    let export = stage.pulumi("stack export --stack dev");
    export.status != 0 && export.log.contains("failed to load checkpoint: ")
}

/// The next run goes on where the killed one was, after what the hints say.
#[track_caller]
fn goes_on(stage: &Stage, when: &str) {
    if is_cut_off(stage) {
        let next = stage.stackstep("up --stack dev").because("backend");
        let hint = next.result["hint"].as_str().unwrap();
        let file = stage.path("state/.pulumi/stacks/shop/dev.json");
        if hint.contains("`.bak`") {
            std::fs::copy(file.with_extension("json.bak"), file).unwrap();
        } else {
            assert!(hint.contains("`.attrs`"), "{when}: {hint}");
            std::fs::remove_file(file.with_extension("json.attrs")).unwrap();
        }
    }
    if stage.is_locked() {
        stage.stackstep("up --stack dev").because("lock");
        stage.pulumi("cancel dev --yes").ends_with(0);
    }
    let next = stage.stackstep("up --stack dev");
    assert_eq!(next.status, 0, "{when}:\n{}", next.log);
    assert_eq!(stage.state().things().len(), CHAIN.len(), "{when}");
}

/// A run that has said this many lines; none if it ends before.
fn at_line(stage: &Stage, line: usize) -> Option<Running> {
    stage.write("Pulumi.yaml", &chain());
    stage.pulumi("stack init dev --no-select").ends_with(0);
    let mut run = stage.start("up --stack dev", "killed");
    run.until_lines(line).then_some(run)
}

#[test]
#[ignore = "needs the Pulumi CLI; soak"]
fn a_run_that_is_killed_after_any_line_is_reported_by_its_post_step_and_the_next_one_goes_on() {
    let (mut line, mut completed) = (0, 0);
    loop {
        let stage = Stage::on_github();
        let Some(run) = at_line(&stage, line) else { break };
        let when = format!("stackstep was killed after line {line}");
        let engine = run.engine_if_any();
        run.signal(Signal::SIGKILL);
        run.end();
        let told = std::fs::read_to_string(stage.path("STATE")).unwrap();
        if let Some(left) = told.lines().nth(1) {
            let finish = stage.stackstep(&format!("finish {left}")).ends_with(0);
            assert!(!engine.is_some_and(is_running), "{when}: the engine still runs\n{}", finish.log);
            let mut killed = finish;
            killed.result = read_json(stage.path("killed.json"));
            is_true(&killed, &stage, &when);
            completed += 1;
        }
        goes_on(&stage, &when);
        line += 1;
    }
    assert!(
        line > 10 && completed + 4 > line,
        "the run has said {line} lines, and {completed} were completed"
    );
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI; soak"]
fn an_engine_that_is_killed_after_any_line_is_reported_and_the_next_run_goes_on() {
    let mut line = 0;
    loop {
        let stage = Stage::on_github();
        let Some(run) = at_line(&stage, line) else { break };
        let when = format!("the engine was killed after line {line}");
        if let Some(engine) = run.engine_if_any() {
            // It may have ended meanwhile.
            let _ = kill(engine, Signal::SIGKILL);
        }
        let run = run.end();
        is_true(&run, &stage, &when);
        goes_on(&stage, &when);
        line += 1;
    }
    assert!(line > 10, "the run has said {line} lines");
    shown();
}
