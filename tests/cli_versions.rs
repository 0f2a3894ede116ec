//! What other versions of the CLI do: newer ones have an exit status 10, events and fields that nobody knows yet, refusals
//! on stacks that have their configuration elsewhere; older ones tell what went wrong in words only. The engine is a
//! script.

use serde_json::{Value, json};

use crate::support::scripted::{end, result, scene};
use crate::support::{Scene, fixture};

/// A recorded log of an update.
fn recorded() -> String {
    std::fs::read_to_string(fixture("recordings/up-create/events.jsonl")).unwrap()
}

/// A run whose engine has this log and ends with this status; the exit status of ours, and its result.
fn with_log(events: &str, status: i32) -> (Option<i32>, Value) {
    let scene = scene(&format!("cat events > \"$LOG\"\nexit {status}\n"));
    scene.write("events", events);
    let (ended, log) = end(scene.start("up"));
    let mut result = result(&scene);
    for own in ["began", "duration_ms", "engine", "identity"] {
        result.as_object_mut().unwrap().remove(own);
    }
    assert!(result["status"].is_string(), "{log}");
    (ended.code(), result)
}

#[test]
fn events_and_fields_that_nobody_knows_yet_are_no_loss() {
    let mut lines = Vec::new();
    for line in recorded().lines() {
        let mut event: Value = serde_json::from_str(line).unwrap();
        let fields = event.as_object_mut().unwrap();
        for (_, inner) in fields.iter_mut() {
            if let Some(inner) = inner.as_object_mut() {
                inner.insert("novelty".to_owned(), json!({ "deep": [1, { "deeper": null }] }));
            }
        }
        fields.insert("noveltyOfTheEvent".to_owned(), json!(true));
        lines.push(event);
        // The number stands first, as in all events.
        lines.push(json!({ "sequence": 0, "timestamp": 1, "noveltyEvent": { "metadata": { "op": "levitate", "urn": "urn:x" } } }));
    }
    for (number, event) in lines.iter_mut().enumerate() {
        event["sequence"] = json!(number);
    }
    let newer = lines.iter().fold(String::new(), |text, event| text + &event.to_string() + "\n");
    let (status, result) = with_log(&newer, 0);
    assert_eq!((status, &result["notes"]), (Some(0), &json!([])));
    assert_eq!(result, with_log(&recorded(), 0).1);
}

#[test]
fn an_operation_that_is_not_known_yet_has_its_own_name_in_the_report() {
    let newer = recorded().replace("\"op\":\"create\"", "\"op\":\"levitate\"");
    let (status, result) = with_log(&newer, 0);
    assert_eq!(status, Some(0));
    let operations: Vec<_> =
        result["steps"].as_array().unwrap().iter().map(|step| &step["operation"]).collect();
    assert!(operations.contains(&&json!("levitate")), "{operations:?}");
}

#[test]
fn exit_status_10_is_the_cli_s_own_and_passes_through_with_what_to_do() {
    let (status, result) = with_log(&recorded(), 10);
    assert_eq!((status, &result["exit_code"]), (Some(10), &json!(10)));
    assert_eq!((&result["status"], &result["reason"]), (&json!("failed"), &json!("provider")));
    let hint = result["hint"].as_str().unwrap();
    assert!(hint.contains("goes on and was not waited for"), "{hint}");
}

/// The CLI's own words since 3.276, which a stack of Pulumi Cloud is needed for.
const MANAGED: &str = "is not supported on stacks with an ESC-managed environment yet";

#[test]
fn a_stack_that_takes_no_configuration_says_what_to_leave_out() {
    for flag in ["config", "config-file"] {
        let scene = scene(&format!("echo 'error: --{flag} {MANAGED}' >&2\nexit 1\n"));
        let (status, log) = end(scene.start("up"));
        assert_eq!(status.code(), Some(1), "{log}");
        let result = result(&scene);
        assert_eq!(result["reason"], "config", "{log}");
        let hint = result["hint"].as_str().unwrap();
        assert!(hint.contains(&format!("leave `{flag}` out")), "{hint}");
    }
}

/// What doctor finds worth a word in an engine of this version.
fn findings(version: &str) -> Vec<String> {
    let scene: Scene = scene(&format!("echo v{version}\n"));
    let printed = scene.run("doctor --json --stack dev --command up").stdout();
    let found: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(found["engine"]["version"], version);
    let findings = found["findings"].as_array().unwrap().iter();
    findings.map(|finding| format!("{}: {}", finding["level"].as_str().unwrap(), finding["what"])).collect()
}

#[test]
fn doctor_knows_which_versions_of_the_cli_are_too_old_bad_or_untried() {
    use stackstep::engine::install::tried::{NEWEST, OLDEST};
    for (version, says) in [
        ("3.67.1".to_owned(), "known to be bad"),
        ("3.100.0".to_owned(), "too old"),
        (format!("{}.{}.0", OLDEST.major, OLDEST.minor - 1), "older than"),
        (format!("{}.{}.0", NEWEST.major, NEWEST.minor + 1), "newer than"),
    ] {
        let found = findings(&version);
        assert!(
            found.iter().any(|finding| finding.starts_with("warning: ") && finding.contains(says)),
            "{version}: {found:?}"
        );
    }
    for tried in [OLDEST, NEWEST] {
        assert!(!findings(&tried.to_string()).iter().any(|finding| finding.contains("Pulumi ")), "{tried}");
    }
}

#[test]
fn changes_that_were_not_expected_end_with_7_where_the_cli_has_no_status_for_them() {
    for words in ["changes were proposed", "changes occurred"] {
        let engine = format!(
            "cat events > \"$LOG\"\necho 'error: error: no changes were expected but {words}' >&2\nexit 255\n"
        );
        for (fail, wanted) in [("true", 7), ("false", 0)] {
            let scene = scene(&engine)
                .with("STACKSTEP_EXPECT_NO_CHANGES", "true")
                .with("STACKSTEP_FAIL_ON_CHANGES", fail);
            let preview = std::fs::read_to_string(fixture("recordings/preview-create/events.jsonl")).unwrap();
            scene.write("events", &preview);
            let (status, log) = end(scene.start("up"));
            assert_eq!(status.code(), Some(wanted), "{log}");
            assert_eq!(result(&scene)["exit_code"], wanted, "{log}");
        }
    }
    // Another failure keeps the CLI's own.
    let scene = scene("echo 'error: no stack named dev found' >&2\nexit 255\n")
        .with("STACKSTEP_EXPECT_NO_CHANGES", "true");
    assert_eq!(end(scene.start("up")).0.code(), Some(255));
}
