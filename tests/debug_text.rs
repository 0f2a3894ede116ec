//! Text that the engine writes for debugging shows plain values of secrets: none of them reaches a sink.

#![cfg(unix)]

use serde_json::json;

use crate::support::scripted::{end, result, scene};

const SIGNED: &str =
    "resp: urn,,4dabf18193072939515e22adb298388d,,,1b47061264138c4ac30d75fd1eb44270,value,,,";

/// What the SDK of Node.js says about a resource with a secret, with `--debug`.
fn debug_text() -> String {
    format!(
        "RegisterResource RPC finished: x; err: null, {SIGNED}hunter22-line1\nhunter22-line2\nhunter22-line3"
    )
}

/// Prints `out` and `err` in pieces that cut the signature, and has the message in its event log.
fn engine_that_says_it() -> crate::support::Scene {
    let scene = scene(
        "cat events > \"$LOG\"\nhead -c 150 out; tail -c +151 out\nhead -c 150 err >&2; tail -c +151 err >&2\nexit 1\n",
    );
    let text = debug_text();
    let shown = format!(
        "Diagnostics:\n  a:b:C (d):\n    debug: {}\n\nResources:\n    1 to create\n",
        text.replace('\n', "\n    ")
    );
    scene.write("out", &shown);
    scene.write("err", &format!("I1129 01:58:11.812742   21582 x.go:85] {text}\nerror: update failed\n"));
    let event =
        |severity: &str| json!({ "diagnosticEvent": { "message": text, "severity": severity } }).to_string();
    scene.write("events", &format!("{}\n{}\n{}\n", event("info#err"), event("error"), event("warning")));
    scene
}

#[test]
fn a_signed_value_reaches_neither_the_log_nor_any_report() {
    let scene = engine_that_says_it()
        .with("STACKSTEP_REPORT_FILE", "report.html")
        .with("STACKSTEP_MARKDOWN_FILE", "report.md")
        .with("STACKSTEP_JUNIT_FILE", "junit.xml")
        .with("STACKSTEP_DETAIL", "values");
    let (_, log) = end(scene.start("up"));
    std::fs::remove_file(scene.root().join("begun")).unwrap();
    assert!(!log.contains("hunter22"), "{log}");
    assert!(log.contains("[withheld: the engine wrote the plain value of a secret here]"), "{log}");
    assert!(log.contains("Resources:\n    1 to create") && log.contains("error: update failed"), "{log}");
    assert!(result(&scene)["diagnostics"].to_string().contains("[withheld: "), "{}", result(&scene));
    for (path, content) in scene.snapshot() {
        let is_input = ["out", "err", "events"].iter().any(|name| path.ends_with(name));
        assert!(is_input || !String::from_utf8_lossy(&content).contains("hunter22"), "{}", path.display());
    }
}

#[test]
fn the_event_log_is_for_nobody_else() {
    let scene = scene("ls -l \"$LOG\"\n");
    let (_, log) = end(scene.start("up"));
    assert!(log.lines().any(|line| line.starts_with("-rw-------") && line.contains("/events-")), "{log}");
}

#[test]
fn args_let_no_trace_be_written() {
    for flag in ["--tracing=file:trace", "--otel-traces=file://trace"] {
        let scene = scene("exit 0\n").with("STACKSTEP_ARGS", flag);
        scene.run("up").ends_with(2).says("what it writes holds secrets in plain text");
    }
}
