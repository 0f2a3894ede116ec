//! What nobody would want from an engine, a disk or a CI system: each is survived and explained, and a report that can't
//! be written never turns a good deployment red.

#![cfg(unix)]

use serde_json::json;

use crate::support::scripted::{end, result, scene};
use crate::support::{Scene, table};

const GOOD: &str = "echo deployed\nexit 0\n";

/// Runs `up`; its status and its log.
fn up(scene: &Scene) -> (Option<i32>, String) {
    let (status, log) = end(scene.start("up"));
    (status.code(), log)
}

/// One line of an event log.
fn event(kind: &str, event: &serde_json::Value) -> String {
    let mut line = json!({ "sequence": 1, "timestamp": 1_795_217_008 });
    line[kind] = event.clone();
    format!("{line}\n")
}

fn diagnostic(message: &str, severity: &str) -> String {
    event("diagnosticEvent", &json!({ "message": message, "severity": severity }))
}

fn summary() -> String {
    event("summaryEvent", &json!({ "resourceChanges": { "create": 1 }, "result": "succeeded" }))
}

/// A scene whose engine writes `events` as its log, and ends with `status`.
fn logging(events: &[u8], status: i32) -> Scene {
    let scene = scene(&format!("cat events > \"$LOG\"\nexit {status}\n"));
    std::fs::write(scene.program.join("events"), events).unwrap();
    scene
}

fn notes(scene: &Scene) -> String {
    result(scene)["notes"].to_string()
}

#[test]
fn a_token_that_is_empty_is_named() {
    let scene = scene("echo 'error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions' >&2\nexit 3\n")
        .with("PULUMI_BACKEND_URL", "https://api.pulumi.com")
        .with("PULUMI_ACCESS_TOKEN", "");
    let (status, log) = up(&scene);
    assert_eq!(status, Some(3), "{log}");
    assert_eq!(result(&scene)["reason"], "auth");
    assert!(log.contains("`PULUMI_ACCESS_TOKEN` is set and empty"), "{log}");
}

#[test]
fn a_version_that_is_garbage_is_shown() {
    let scene = scene("printf 'v\\377\\033[31mnope\\n'\n").with("STACKSTEP_PULUMI_VERSION", "^3");
    let (status, log) = up(&scene);
    assert_eq!(status, Some(71), "{log}");
    assert_eq!(result(&scene)["reason"], "install");
    assert!(log.contains("for its version"), "{log}");
}

#[test]
fn an_engine_that_ends_at_once_with_an_error_and_no_word_is_reported() {
    let scene = scene("exit 1\n");
    assert_eq!(up(&scene).0, Some(1));
    assert_eq!(result(&scene)["reason"], "unknown");
}

#[test]
fn an_engine_that_succeeds_at_once_and_writes_no_event_log_is_not_trusted_blindly() {
    let scene = scene("exit 0\n");
    assert_eq!(up(&scene).0, Some(0));
    assert!(notes(&scene).contains("the engine wrote no event log"), "{}", notes(&scene));
}

#[test]
fn a_full_disk_under_the_result_keeps_the_deployment_green() {
    let scene = scene(GOOD).with("STACKSTEP_RESULT_FILE", "/dev/full");
    let (status, log) = up(&scene);
    assert_eq!(status, Some(0), "{log}");
    assert!(log.contains("the result file could not be written"), "{log}");
    assert_eq!(scene.github_outputs()["status"], "succeeded");
    assert_eq!(scene.github_outputs()["result"], "");
}

#[test]
fn a_link_to_a_full_disk_keeps_the_deployment_green() {
    let scene = scene(GOOD).with("STACKSTEP_RESULT_FILE", "result.json");
    std::os::unix::fs::symlink("/dev/full", scene.program.join("result.json")).unwrap();
    let (status, log) = up(&scene);
    assert_eq!(status, Some(0), "{log}");
    assert!(log.contains("the result file could not be written"), "{log}");
}

#[test]
fn a_full_disk_under_the_summary_page_keeps_the_deployment_green() {
    let scene = scene(GOOD).with("GITHUB_STEP_SUMMARY", "/dev/full");
    let (status, log) = up(&scene);
    assert_eq!(status, Some(0), "{log}");
    assert!(log.contains("the summary page could not be written"), "{log}");
    assert_eq!(result(&scene)["status"], "succeeded");
}

#[test]
fn an_output_file_that_cannot_be_written_keeps_the_deployment_green() {
    let scene = scene(GOOD).with("GITHUB_OUTPUT", "/dev/full");
    let (status, log) = up(&scene);
    assert_eq!(status, Some(0), "{log}");
    assert!(log.contains("the outputs for later steps could not be written"), "{log}");
    let scene = scene.with("GITHUB_OUTPUT", "/nowhere/at/all");
    assert_eq!(up(&scene).0, Some(0));
}

#[test]
fn a_state_file_that_cannot_be_written_costs_nothing() {
    let scene = scene(GOOD).with("GITHUB_STATE", "/nowhere/at/all");
    assert_eq!(up(&scene).0, Some(0));
}

#[test]
fn an_event_payload_that_is_no_json_is_named() {
    let scene = scene(GOOD);
    scene.write("event.json", "{\"pull_request\": ");
    let scene = scene.with("GITHUB_EVENT_PATH", "event.json");
    let (status, log) = up(&scene);
    assert_eq!(status, Some(0), "{log}");
    assert!(log.contains("GITHUB_EVENT_PATH"), "{log}");
}

#[test]
fn a_hundred_thousand_diagnostics_are_counted_and_the_worst_are_shown() {
    let mut log: String =
        (0..100_000).map(|number| diagnostic(&format!("warning {number}"), "warning")).collect();
    log.push_str(&diagnostic("the one that matters", "error"));
    let scene = logging(log.as_bytes(), 1);
    let (status, log) = up(&scene);
    assert_eq!(status, Some(1));
    assert!(log.matches("::warning title").count() <= 10 && log.contains("the one that matters"), "{log}");
    assert!(notes(&scene).contains("more warnings were left out"), "{}", notes(&scene));
    assert!(scene.summary().len() <= 1024 * 1024);
}

#[test]
fn a_diagnostic_of_ten_megabytes_is_shortened() {
    let scene = logging(diagnostic(&"0123456789".repeat(1_000_000), "error").as_bytes(), 1);
    let (status, log) = up(&scene);
    assert_eq!(status, Some(1));
    assert!(log.len() < 200_000, "{} bytes of log", log.len());
    assert!(result(&scene).to_string().len() < 200_000);
}

#[test]
fn a_resource_name_of_a_hundred_kilobytes_is_shortened() {
    let urn = format!("urn:pulumi:dev::hello::aws:s3/bucket:Bucket::{}", "n".repeat(100_000));
    let metadata = json!({ "op": "create", "urn": urn, "logical": true, "old": null, "new": { "urn": urn, "custom": true } });
    let log = event("resourcePreEvent", &json!({ "metadata": metadata }))
        + &event("resOutputsEvent", &json!({ "metadata": metadata }))
        + &summary();
    let scene = logging(log.as_bytes(), 0);
    assert_eq!(up(&scene).0, Some(0));
    assert_eq!(result(&scene)["changes"]["create"], 1);
    assert!(scene.summary().len() < 10_000);
}

#[test]
fn bytes_that_are_no_text_pass_and_every_file_stays_text() {
    let scene = scene("printf 'a\\377\\376b\\n'\nprintf 'error: c\\200d\\n' >&2\nexit 1\n");
    let output = scene.start("up").wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.windows(4).any(|bytes| bytes == b"a\xff\xfeb"), "it was changed");
    assert!(scene.github_outputs()["output"].contains("a\u{fffd}\u{fffd}b"));
    assert!(result(&scene)["message"].as_str().unwrap().contains("c\u{fffd}d"));
}

#[test]
fn a_log_that_stops_in_the_middle_says_so() {
    let scene = logging((diagnostic("hello", "info") + "{\"sequence\": 7, \"resou").as_bytes(), 1);
    assert_eq!(up(&scene).0, Some(1));
    assert!(notes(&scene).contains("stops in the middle"), "{}", notes(&scene));
    assert!(notes(&scene).contains("1 of 2 lines"), "{}", notes(&scene));
}

#[test]
fn broken_lines_are_counted() {
    let mut log = b"\xff\xfe\x00\n[]\nnull\n{\"resourcePreEvent\": 7}\n".to_vec();
    log.extend_from_slice(summary().as_bytes());
    let scene = logging(&log, 0);
    assert_eq!(up(&scene).0, Some(0));
    assert!(notes(&scene).contains("4 of 5 lines of the event log could not be read"), "{}", notes(&scene));
}

#[test]
fn a_log_that_is_no_file_is_no_log() {
    let scene = scene("mkfifo \"$LOG\"\nexit 0\n");
    assert_eq!(up(&scene).0, Some(0));
    assert!(notes(&scene).contains("the engine wrote no event log"), "{}", notes(&scene));
}

#[test]
fn an_engine_that_the_kernel_kills_is_reported_with_what_it_had_done() {
    let scene = scene("cat events > \"$LOG\"\nkill -9 $$\n");
    scene.write("events", &diagnostic("about to die", "warning"));
    let (status, log) = up(&scene);
    assert_eq!(status, Some(137), "{log}");
    assert_eq!(result(&scene)["reason"], "engine");
    assert!(
        log.contains("with more memory where the engine was out of it") && log.contains("about to die"),
        "{log}"
    );
}

#[test]
fn an_engine_that_crashes_is_reported() {
    let scene = scene("kill -SEGV $$\n");
    assert_eq!(up(&scene).0, Some(139));
    assert_eq!(result(&scene)["reason"], "engine");
}

#[test]
fn an_engine_that_panics_is_no_wrong_setting_and_its_lock_is_named() {
    let scene = scene(
        "mkdir -p \"$ROOT/state/.pulumi/locks/organization/hello/dev\"\n\
         echo {} > \"$ROOT/state/.pulumi/locks/organization/hello/dev/x.json\"\n\
         printf 'panic: assignment to entry in nil map\\n\\ngoroutine 1 [running]:\\nmain.main()\\n' >&2\nexit 2\n",
    );
    let (status, log) = up(&scene);
    assert_eq!(status, Some(2), "{log}");
    let result = result(&scene);
    assert_eq!(result["reason"], "engine");
    assert_eq!(result["message"], "the engine crashed: panic: assignment to entry in nil map");
    assert!(log.contains("the stack is locked: if the engine is gone"), "{log}");
}

#[test]
fn a_line_without_end_is_survived() {
    let scene = scene("head -c 20000000 /dev/zero | tr '\\0' x\nexit 0\n");
    let (status, log) = up(&scene);
    assert_eq!(status, Some(0));
    assert!(log.len() >= 20_000_000, "{} bytes", log.len());
    assert!(scene.github_outputs()["output"].len() < 1024 * 1024);
}

#[test]
fn the_faults_are_counted() {
    let faults = include_str!("faults.rs").matches("\n#[test]\nfn ").count() - 1;
    table(
        "faults",
        &format!("| bad input that is survived and explained | |\n| --- | ---: |\n| cases | {faults} |\n"),
    );
    assert!(faults >= 15);
}

#[test]
fn an_update_that_failed_in_its_middle_is_a_change_and_one_that_failed_before_is_none() {
    let scene =
        Scene::new("hello").with("STACKSTEP_STACK", "dev").with("STACKSTEP_RESULT_FILE", "result.json");
    scene.run("up --upsert").ends_with(0);
    scene.edit("default: hi", "default: servus");
    let mut scene = scene.with("STACKSTEP_COUNTS_FILE", "counts.json");
    for (partial, has_changes, counts) in
        [(false, false, json!({ "create": 0, "delete": 0, "update": 0 })), (true, true, json!({}))]
    {
        let fault =
            format!("{{resources: [{{match: note, on: [update], fail: half done, partial: {partial}}}]}}");
        scene = scene.with("PULUMI_SANDBOX_FAULTS", &fault);
        scene.run("up").says("half done");
        let read = |name: &str| crate::support::json(scene.program.join(name));
        assert_eq!(read("result.json")["has_changes"], json!(has_changes), "{partial}");
        assert_eq!(read("counts.json"), counts, "{partial}");
    }
}

#[test]
fn an_update_that_is_cancelled_with_a_step_in_flight_has_no_counts() {
    let step = json!({ "op": "update", "urn": "urn:pulumi:dev::hello::t:m:T::b", "type": "t:m:T", "logical": true, "new": { "custom": true } });
    let begun = event("resourcePreEvent", &json!({ "metadata": step }));
    let summary = event("summaryEvent", &json!({ "resourceChanges": { "same": 1 }, "result": "canceled" }));
    for status in [8, 1, 255] {
        let scene =
            logging(format!("{begun}{summary}").as_bytes(), status).with("STACKSTEP_COUNTS_FILE", "c.json");
        let (ended, log) = up(&scene);
        assert_eq!(ended, Some(status), "{log}");
        let made = result(&scene);
        assert_eq!((&made["has_changes"], &made["changes"]), (&json!(null), &json!(null)), "{status}");
        assert_eq!(crate::support::json(scene.program.join("c.json")), json!({}));
        assert!(log.contains("what became of it is not known") && !log.contains("no changes"), "{log}");
    }
}

#[test]
fn a_preview_that_contradicts_itself_lets_no_operation_follow_that_expects_no_changes() {
    let step = json!({ "op": "update", "urn": "urn:pulumi:dev::hello::t:m:T::b", "type": "t:m:T", "logical": true, "new": { "custom": true } });
    let lines: String = ["resourcePreEvent", "resOutputsEvent"]
        .map(|kind| event(kind, &json!({ "metadata": step, "planning": true })))
        .concat();
    let counts = json!({ "resourceChanges": { "same": 1 }, "result": "succeeded", "isPreview": true });
    let scene = scene("echo \"$1\" >> \"$ROOT/calls\"\ncat events > \"$LOG\"\nexit 0\n");
    scene.write("events", &format!("{lines}{}", event("summaryEvent", &counts)));
    let (status, log) = end(scene.start("up --expect-no-changes"));
    assert_eq!(status.code(), Some(79), "{log}");
    let calls = std::fs::read_to_string(scene.root().join("calls")).unwrap();
    assert!(!calls.contains("up"), "{calls}");
}
