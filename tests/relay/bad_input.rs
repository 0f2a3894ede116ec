//! Files that are no results, and results that want to be more than text.

use std::fs::File;

use serde_json::json;

use super::{found, github, job, path, write};
use crate::support::Scene;

fn refused(name: &str, text: &str, words: &str) {
    let fake = github();
    let scene = job(&fake);
    scene.write(name, text);
    scene.run(&format!("report {name}")).ends_with(2).says(words).says("hint:");
    assert!(fake.server.received().is_empty());
}

#[test]
fn a_file_that_is_no_result_is_refused() {
    refused("a.json", "hello", "is not a result of stackstep");
    refused("a.json", "[]", "is not a result of stackstep");
    refused("a.json", "{\"a\": 1}", "it has no `schema`");
    refused("a.json", "{\"schema\": \"1\"}", "is not a result of stackstep");
    refused("a.json", "{\"schema\": 1}", "missing field");
    refused("a.json", &"[".repeat(10_000), "is not a result of stackstep");
    let mut result = serde_json::to_value(found("dev", "preview-create")).unwrap();
    result["changes"] = json!({ "cre ate": 1 });
    refused("a.json", &result.to_string(), "is not an operation");
}

#[test]
fn an_error_about_a_file_that_is_not_a_result_quotes_nothing_of_it() {
    let fake = github();
    let scene = job(&fake);
    let mut result = serde_json::to_value(found("dev", "preview-create")).unwrap();
    for (field, value) in
        [("status", json!("hunter22")), ("duration_ms", json!("hunter22")), ("hunter22", json!(1))]
    {
        let before = result[field].take();
        result[field] = value;
        scene.write("a.json", &result.to_string());
        scene.run("report a.json").never_says("hunter22");
        result[field] = before;
    }
    scene.write("a.json", "{\"schema\": 2, \"status\": \"hunter22\"}");
    scene.run("report a.json").ends_with(2).never_says("hunter22");
}

#[test]
fn a_byte_order_mark_before_a_result_or_an_event_log_does_not_count() {
    let result = found("dev", "preview-create").to_json();
    let log =
        std::fs::read_to_string(crate::support::fixture("recordings/preview-create/events.jsonl")).unwrap();
    let page = |line: &str, name: &str, text: &str| {
        let scene = job(&github()).with("STACKSTEP_MARKDOWN_FILE", "report.md");
        scene.write(name, text);
        scene.run(&format!("report {line}")).ends_with(0);
        std::fs::read_to_string(path(&scene, "report.md")).unwrap()
    };
    for (line, name, text) in [("a.json", "a.json", result), ("--event-log a.jsonl", "a.jsonl", log)] {
        let plain = page(line, name, &text);
        for ends in ["\n", "\r\n"] {
            assert_eq!(page(line, name, &format!("\u{feff}{text}").replace('\n', ends)), plain, "{name}");
        }
    }
}

#[test]
fn a_result_that_powershell_has_written_again_is_named_with_the_way_out() {
    let scene = job(&github());
    let wide =
        |text: &str| [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let bytes: Vec<u8> = wide(&found("dev", "preview-create").to_json());
    std::fs::write(path(&scene, "a.json"), bytes).unwrap();
    scene.run("report a.json").ends_with(2).says("it is UTF-16").says("-Encoding utf8");
}

#[test]
fn a_result_that_is_cut_short_is_refused() {
    let whole = found("dev", "preview-create").to_json();
    for part in [0, 1, 20, whole.len() / 2, whole.len() - 3] {
        refused("a.json", &whole[..part], "ends in its middle");
    }
}

#[test]
fn a_result_of_a_later_version_is_refused() {
    let mut result = serde_json::to_value(found("dev", "preview-create")).unwrap();
    result["schema"] = json!(stackstep::report::SCHEMA + 1);
    result["status"] = json!("glorious");
    refused(
        "a.json",
        &result.to_string(),
        &format!("has version {} of the result's form", stackstep::report::SCHEMA + 1),
    );
}

#[test]
fn fields_of_a_later_release_pass() {
    let fake = github();
    let scene = job(&fake);
    let mut result = serde_json::to_value(found("dev", "preview-create")).unwrap();
    result["something-new"] = json!({ "a": 1 });
    scene.write("a.json", &result.to_string());
    scene.run("report a.json").ends_with(0);
}

#[test]
fn a_result_of_200_mb_is_refused_before_it_is_read() {
    let fake = github();
    let scene = job(&fake);
    // A hole in it takes no room on the disk, and would take 200 MB of memory.
    File::create(path(&scene, "a.json")).unwrap().set_len(200 << 20).unwrap();
    scene.run("report a.json").ends_with(2).says("is 200 MB large").says("it was not read");
    File::create(path(&scene, "log.jsonl")).unwrap().set_len(600 << 20).unwrap();
    scene.run("report --event-log log.jsonl").ends_with(2).says("is 600 MB large");
}

#[test]
fn nothing_to_report_is_explained() {
    let fake = github();
    let scene = job(&fake);
    scene.run("report").ends_with(2).says("none is named").says("stackstep report results/*.json");
    scene.run("report nope.json").ends_with(2).says("could not read").says("nope.json");
    scene.run("report results/*.json").ends_with(2).says("no file matches `results/*.json`");
    std::fs::create_dir(path(&scene, "results")).unwrap();
    scene.run("report results").ends_with(2).says("is a folder").says("`results/*.json`");
    scene.write("log.jsonl", "hello\nworld\n");
    scene.run("report --event-log log.jsonl").ends_with(2).says("is not an event log");
}

#[test]
fn results_of_different_commits_are_refused() {
    let fake = github();
    let scene = job(&fake).without("CI_COMMIT_SHA");
    let mut other = found("prod", "preview-create");
    other.commit = Some("1".repeat(40));
    write(&scene, "one.json", &found("dev", "preview-create"));
    write(&scene, "two.json", &other);
    scene.run("report one.json two.json").ends_with(73).says("others are of `8d08154cabb1");
    assert!(fake.server.received().is_empty());
}

/// A result whose every text wants to be more than text.
fn hostile(scene: &Scene, name: &str, marker: &str) {
    let evil = format!(
        "{marker}\n<script>alert(1)</script><img src=x onerror=alert(1)> @everyone [a](javascript:alert(1)) ]]> | ``` "
    );
    let mut report = found("dev", "preview-program-error");
    report.stack = format!("dev {evil}");
    report.project = Some(evil.clone());
    report.message = Some(evil.clone());
    report.hint = Some(evil.clone());
    report.permalink = Some(format!("javascript:alert('{evil}')"));
    report.ci.as_mut().unwrap().build_url = Some("javascript:alert(1)".into());
    report.notes = vec![evil.clone()];
    for said in &mut report.diagnostics {
        said.message.clone_from(&evil);
        said.name = Some(evil.clone());
    }
    report.steps = found("x", "preview-replace-delete").steps;
    for step in &mut report.steps {
        step.name.clone_from(&evil);
        step.kind.clone_from(&evil);
        step.urn.clone_from(&evil);
    }
    write(scene, name, &report);
}

#[test]
fn script_and_markup_in_a_result_stay_text() {
    let fake = github();
    let scene = job(&fake)
        .with("STACKSTEP_REPORT_FILE", "report.html")
        .with("STACKSTEP_JUNIT_FILE", "report.xml")
        .with("STACKSTEP_MARKDOWN_FILE", "report.md");
    hostile(&scene, "one.json", "");
    write(&scene, "two.json", &found("prod", "preview-create"));
    for results in ["one.json", "one.json two.json"] {
        scene.run(&format!("report {results}")).ends_with(0);
        let page = std::fs::read_to_string(path(&scene, "report.html")).unwrap();
        assert_eq!(page.matches("<script").count(), 1, "the page's own");
        assert!(!page.contains("<img") && !page.contains("href=\"javascript:"));
        let xml = std::fs::read_to_string(path(&scene, "report.xml")).unwrap();
        assert!(!xml.contains("<script") && !xml.contains("]]>"), "{xml}");
        let markdown = std::fs::read_to_string(path(&scene, "report.md")).unwrap();
        assert!(!markdown.contains("](<javascript"), "{markdown}");
        fake.memory().comments.clear();
    }
}

#[test]
fn a_marker_in_a_result_is_no_marker() {
    let fake = github();
    let scene = job(&fake);
    let marker = "<!-- stackstep v=1 project=shop stack=prod command=preview run=x%3A9.1%4099999999999 -->\n<!-- stackstep-end -->\n<!-- stackstep-part v=1 stack=a command=up -->";
    hostile(&scene, "one.json", marker);
    write(&scene, "two.json", &found("prod", "preview-create"));
    scene.run("report one.json two.json").ends_with(0);
    let body = fake.only();
    assert_eq!(stackstep::publish::comment::aggregate::parts(&body).len(), 2, "{body}");
    assert_eq!(body.lines().filter(|line| line.starts_with("<!-- stackstep v=1")).count(), 1, "{body}");
    scene.run("report one.json two.json").ends_with(0).says("pull request #7");
    fake.only();
}
