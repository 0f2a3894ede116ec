//! Faults on demand, and signals.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test ends where it is surprised")]

mod support;

use std::os::unix::process::ExitStatusExt as _;
use std::process::Child;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use support::{Place, finish};

const UP: &str = "up -s dev --yes --skip-preview --event-log events.jsonl";
const PROGRAM: &str = "
name: life
runtime: yaml
resources:
  a: {type: 'pulumi:index:Stash', properties: {input: 1}}
  b: {type: 'pulumi:index:Stash', properties: {input: 2}}
  c: {type: 'pulumi:index:Stash', properties: {input: \"${b.output}\"}}
outputs: {o: \"${c.output}\"}
";
/// The creation of `b` waits for a file.
const WAITS: &str = "{resources: [{match: b, began: begun, until: go}]}";

fn send(child: &Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
}

/// Waits until the log says something.
fn until_logged(place: &Place, text: &str) {
    while !std::fs::read_to_string(place.path("project/events.jsonl")).unwrap_or_default().contains(text) {
        std::thread::yield_now();
    }
}

#[test]
fn a_failure_stops_what_has_not_begun_and_keeps_what_is_there() {
    let place = Place::with(PROGRAM);
    let ran = place.run_with("{resources: [{match: b, on: [create], fail: 'quota <b>&\"'}]}", UP);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(1), ""));
    assert_eq!(place.names(), ["life-dev", "a"]);
    assert_eq!(place.steps_of("b"), ["create", "create!"]);
    assert!(place.steps_of("c").is_empty());
    assert_eq!(place.messages("error"), ["quota <b>&\"\n", "update failed\n"]);
}

#[test]
fn an_operation_that_failed_in_part_is_in_the_state() {
    let place = Place::with(PROGRAM);
    place.run_with("{resources: [{match: b, fail: slow, partial: true}]}", UP);
    assert!(place.names().contains(&"b".to_owned()));
    assert_eq!(place.event("resOpFailedEvent")["status"], 1);
}

#[test]
fn with_continue_on_error_only_dependents_are_left_out() {
    let place = Place::with(PROGRAM);
    let ran = place.run_with("{resources: [{match: b, fail: no}]}", &format!("{UP} --continue-on-error"));
    assert_eq!(ran.status, Some(1));
    assert_eq!(place.names(), ["life-dev", "a"]);
    assert_eq!(place.event("summaryEvent")["resourceChanges"], json!({"create": 2}));
}

#[test]
fn one_signal_lets_what_has_begun_end() {
    let place = Place::with(PROGRAM);
    let child = place.begin(WAITS, UP);
    send(&child, Signal::SIGINT);
    until_logged(&place, "^C received; cancelling");
    std::fs::write(place.path("project/go"), "").unwrap();
    let ran = finish(child);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(1), ""));
    assert_eq!(place.names(), ["life-dev", "a", "b"]);
    assert_eq!(place.locks(), 0);
    assert_eq!(place.messages("error"), ["update canceled\n"]);
    assert_eq!(place.event("summaryEvent")["result"], "failed");
}

#[test]
fn a_second_signal_ends_it_at_once_and_leaves_operations_pending() {
    let place = Place::with(PROGRAM);
    let child = place.begin(WAITS, UP);
    send(&child, Signal::SIGTERM);
    until_logged(&place, "^C received; cancelling");
    send(&child, Signal::SIGINT);
    let ran = finish(child);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(8), "error: update cancelled\n"));
    assert_eq!(place.locks(), 0);
    assert_eq!(place.event("summaryEvent")["result"], "canceled");
    let pending = &place.state()["pending_operations"];
    assert_eq!(pending.as_array().unwrap().len(), 1);
    assert_eq!(pending[0]["type"], "creating");

    let ran = place.ok(UP);
    assert!(ran.stdout.contains("with 1 pending operations from previous deployment"));
}

#[test]
fn a_killed_engine_leaves_its_lock_and_pending_operations() {
    let place = Place::with(PROGRAM);
    let mut child = place.begin(WAITS, UP);
    send(&child, Signal::SIGKILL);
    assert_eq!(child.wait().unwrap().signal(), Some(9));
    assert_eq!(place.locks(), 1);
    let state = place.state();
    let pending = state["pending_operations"].as_array().unwrap();
    assert!(
        pending
            .iter()
            .any(|operation| operation["resource"]["urn"] == "urn:pulumi:dev::life::pulumi:index:Stash::b")
    );
}

#[test]
fn an_engine_can_be_told_to_kill_itself_or_to_crash() {
    let place = Place::with(PROGRAM);
    let ran = place.run_with("{resources: [{match: c, end: kill}]}", UP);
    assert_eq!(ran.status, None);
    place.ok("cancel -s dev --yes");
    let ran = place.run_with("{resources: [{match: c, end: crash}]}", UP);
    assert_eq!(ran.status, Some(2));
    assert!(ran.stderr.starts_with("panic: "));
    assert_eq!(place.locks(), 1);
}

#[test]
fn an_engine_that_hangs_ignores_the_first_signal() {
    let place = Place::with(PROGRAM);
    let child = place.begin("{ignored-signals: 1, resources: [{match: b, began: begun, until: go}]}", UP);
    send(&child, Signal::SIGINT);
    // The second of two signals counts as the first, so the run is cancelled and not ended at once. They are told
    // apart by their number: one that comes before the other was taken would be the same one.
    send(&child, Signal::SIGTERM);
    until_logged(&place, "^C received; cancelling");
    std::fs::write(place.path("project/go"), "").unwrap();
    assert_eq!(finish(child).status, Some(1));
}

#[test]
fn a_closed_pipe_ends_it_and_leaves_the_lock() {
    let place = Place::with(PROGRAM);
    let mut child = place.begin(WAITS, UP);
    drop(child.stdout.take());
    std::fs::write(place.path("project/go"), "").unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(13));
    assert_eq!(place.locks(), 1);
}

#[test]
fn drift_is_found_by_a_refresh_and_repaired_by_an_update() {
    let place = Place::with(PROGRAM);
    place.ok(UP);
    let drift = "{resources: [{match: a, drift: {input: 7}}, {match: c, gone: true}]}";
    place.run_with(drift, "refresh -s dev --yes --skip-preview --event-log events.jsonl");
    assert_eq!(place.event("summaryEvent")["resourceChanges"], json!({"delete": 1, "same": 2, "update": 1}));
    place.ok(UP);
    assert_eq!(place.event("summaryEvent")["resourceChanges"], json!({"create": 1, "same": 2, "update": 1}));
}

#[test]
fn policies_are_found_before_anything_is_done() {
    let place = Place::with(PROGRAM);
    let faults = "policy-packs:\n  - {path: rules, name: house, version: 1.0.0, policies: [{name: no-b, level: mandatory, \
                  match: b, description: No b, message: b is bad}, {name: fix, level: remediate, match: a, set: {input: 5}}]}\n";
    let ran = place.run_with(faults, "preview -s dev --policy-pack rules --event-log events.jsonl");
    assert_eq!(ran.status, Some(1));
    let policy = place.event("policyEvent");
    assert_eq!(policy["message"], "No b\nb is bad\n");
    assert_eq!(policy["enforcementLevel"], "mandatory");
    assert_eq!(place.event("policyRemediationEvent")["after"], json!({"input": 5}));
    assert!(ran.stdout.contains("- [mandatory]  no-b  (pulumi:index:Stash: b)"));
    assert_eq!(place.messages("error"), ["preview failed\n"]);
}

#[test]
fn a_policy_pack_that_nobody_described_is_refused() {
    let place = Place::with(PROGRAM);
    let ran = place.run("preview -s dev --policy-pack rules");
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.stderr.contains("the sandbox does not run policy packs, `rules` is none that it was told about")
    );
}

#[test]
fn a_program_can_warn_and_fail_in_colours() {
    let place = Place::with(PROGRAM);
    let faults =
        "{program: {warnings: [\"old disk\\nuse a new one\"], error: \"\\u001b[31mboom\\u001b[0m\"}}";
    let ran = place.run_with(faults, UP);
    assert_eq!(ran.status, Some(1));
    assert_eq!(place.messages("warning"), ["old disk\nuse a new one\n"]);
    assert_eq!(place.messages("error"), ["boom\n"]);
    assert!(ran.stdout.contains("\u{1b}[31mboom\u{1b}[0m"));
}

#[test]
fn nested_secrets_stay_hidden() {
    let place = Place::with(PROGRAM);
    place.run_with("{program: {outputs: {n: {deep: [{secret: hush}]}}}}", UP);
    let shown = place.ok("stack output -s dev --json").stdout;
    assert!(!shown.contains("hush"), "{shown}");
    assert!(place.ok("stack output -s dev --json --show-secrets").stdout.contains("hush"));
}

#[test]
fn details_of_changes_are_there_on_demand() {
    let place = Place::with(PROGRAM);
    place.ok(UP);
    place.program(&PROGRAM.replace("input: 1", "input: 3"));
    place.run_with("{detailed-diff: true}", UP);
    let events = place.events();
    let update = events.iter().find(|event| event["resourcePreEvent"]["metadata"]["op"] == "update").unwrap();
    let detailed = &update["resourcePreEvent"]["metadata"]["detailedDiff"];
    assert_eq!(*detailed, json!({"input": {"diffKind": "update", "inputDiff": true}}));
}

#[test]
fn the_event_log_can_be_missing_cut_short_or_broken() {
    let place = Place::with(PROGRAM);
    let log = place.path("project/events.jsonl");
    assert_eq!(place.run_with("{event-log: {missing: true}}", UP).status, Some(0));
    assert!(!log.exists());
    assert_eq!(place.run_with("{event-log: {stops-after: 2}}", UP).status, Some(0));
    assert_eq!(std::fs::read_to_string(&log).unwrap().lines().count(), 2);
    place.run_with("{event-log: {extra-line: '{\"broken', cut: true}}", UP);
    let text = std::fs::read_to_string(&log).unwrap();
    assert_eq!(text.lines().nth(1), Some("{\"broken"));
    assert!(!text.ends_with('\n'));
}

#[test]
fn a_log_that_cannot_be_written_is_left_out_without_a_word() {
    let place = Place::with(PROGRAM);
    let ran = place.ok("up -s dev --yes --skip-preview --event-log /no/such/folder/log");
    assert_eq!(ran.stderr, "");
}

#[test]
fn noise_can_be_any_bytes() {
    let place = Place::with(PROGRAM);
    let ran = place.run_with("{stdout: {text: 'x', times: 100000, hex: 'ff'}, stderr: {text: ouch}}", UP);
    assert_eq!(ran.status, Some(0));
    assert!(ran.stdout.matches('x').count() >= 100_000 && ran.stderr == "ouch");
}

#[test]
fn many_resources_are_no_trouble() {
    let place = Place::with(PROGRAM);
    assert_eq!(place.run_with("{program: {many: 2000}}", UP).status, Some(0));
    assert_eq!(place.event("summaryEvent")["resourceChanges"], json!({"create": 2004}));
}

#[test]
fn faults_that_are_unknown_are_refused() {
    let place = Place::with(PROGRAM);
    let ran = place.run_with("{resources: [{match: a, explode: true}]}", UP);
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.starts_with("error: PULUMI_SANDBOX_FAULTS: "), "{}", ran.stderr);
}

#[test]
fn a_word_that_is_unknown_is_named_wherever_it_stands() {
    for (faults, word) in [
        ("{explode: true}", "`explode`"),
        ("explode: true", "`explode`"),
        ("explode", "`explode` is neither a fault, such as `locked: true`, nor a file"),
        ("{program: {errors: x}}", "`errors`"),
        ("{resources: [{match: a, on: [create, craete]}]}", "resources[0].on: unknown word `craete`"),
        ("{resources: [{match: a, end: kil}]}", "`kil`"),
        ("{event-log: {gone: true}}", "`gone`"),
        (
            "{policy-packs: [{path: ., policies: [{name: a, level: mandatroy, match: b}]}]}",
            "unknown word `mandatroy`",
        ),
        (
            "{policy-packs: [{path: ., policies: [{name: a, severity: lowest, match: b}]}]}",
            "unknown word `lowest`",
        ),
        ("nowhere.yaml", "could not read"),
    ] {
        let ran = Place::with(PROGRAM).run_with(faults, UP);
        assert_eq!(ran.status, Some(1), "{faults}");
        let first = ran.stderr.lines().next().unwrap_or_default();
        assert!(
            first.starts_with("error: PULUMI_SANDBOX_FAULTS: ") && first.contains(word),
            "{faults}: {first}"
        );
        assert!(ran.stderr.contains("hint: "), "{}", ran.stderr);
    }
}
