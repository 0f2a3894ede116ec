//! What is not known is never said to be nothing: event logs that are cut, have gaps or can't be read, on every recording
//! of the real engine.

use std::fs;

use serde_json::{Value, json};
use stackstep::render::{self, Options};
use stackstep::report::{Ending, Facts, Fold, Operation, Reason, Report, SCHEMA, Status, report};

use super::{recordings, snapshot};

/// The lines of a recording's log.
fn log(name: &str) -> Vec<Vec<u8>> {
    let path = snapshot::path("fixtures/recordings").join(name).join("events.jsonl");
    let text = fs::read(path).unwrap_or_default();
    text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
}

fn fold<'a>(lines: impl IntoIterator<Item = &'a Vec<u8>>) -> Fold {
    let mut fold = Fold::new();
    lines.into_iter().for_each(|line| fold.line(line));
    fold
}

/// The report of a recording with other lines.
fn with_lines<'a>(name: &str, lines: impl IntoIterator<Item = &'a Vec<u8>>) -> Report {
    let folder = snapshot::path("fixtures/recordings").join(name);
    report(fold(lines).finish(), recordings::facts(&folder))
}

/// Whether the report says in every form that it does not know.
fn says_that_it_is_not_known(report: &Report) -> Result<(), String> {
    if !report.incomplete || report.changes.is_some() || report.has_changes.is_some() {
        return Err("it passes for a whole one".to_owned());
    }
    let only_looked = report.command.only_looks(report.preview_only);
    if only_looked && report.exit_code == 0 {
        return Err("it ends with 0".to_owned());
    }
    let options = Options::default();
    let forms = [
        render::markdown(report, &options),
        render::html(report, &options),
        render::text(report, None),
        render::junit(report, &options),
        render::headline(report, str::to_owned),
    ];
    for form in forms.map(|form| form.replace("no changes were expected", "")) {
        for word in ["no changes", "no drift", "only outputs change", "None of them changes"] {
            if form.contains(word) {
                return Err(format!("`{word}` in\n{form}"));
            }
        }
        if report.status == Status::Succeeded && !form.contains("is not known") {
            return Err(format!("not a word of it in\n{form}"));
        }
    }
    Ok(())
}

fn at_summary(lines: &[Vec<u8>]) -> Option<usize> {
    let is_summary = |line: &Vec<u8>| String::from_utf8_lossy(line).contains("\"summaryEvent\"");
    lines.iter().rposition(is_summary)
}

#[test]
fn a_log_that_is_cut_before_its_summary_is_not_known() {
    let mut tried = 0;
    for name in recordings::all() {
        let lines = log(&name);
        let Some(summary) = at_summary(&lines) else { continue };
        for end in (0..=summary).filter(|end| end % 3 == 0 || *end == summary) {
            let cut = with_lines(&name, &lines[..end]);
            // A failure that comes before the operation writes no log: there is nothing to be known of it.
            let nothing_began = end == 0 && cut.exit_code != 0 && cut.changes.is_some();
            if !nothing_began {
                says_that_it_is_not_known(&cut).unwrap_or_else(|why| panic!("{name} cut at {end}: {why}"));
            }
            tried += 1;
        }
    }
    assert!(tried > 500, "{tried}");
}

#[test]
fn a_log_with_a_gap_is_not_known() {
    for name in recordings::all() {
        let lines = log(&name);
        let Some(summary) = at_summary(&lines) else { continue };
        // That a phase's very first event is gone can't be told, and nothing that counts is in it.
        let begins = |at: &usize| lines[*at].starts_with(b"{\"sequence\":0,");
        for gone in (1..summary).step_by(4).filter(|at| !begins(at)) {
            let rest = lines.iter().enumerate().filter(|(at, _)| *at != gone).map(|(_, line)| line);
            let report = with_lines(&name, rest);
            let message = format!("{name} without line {gone}");
            says_that_it_is_not_known(&report).unwrap_or_else(|why| panic!("{message}: {why}"));
        }
    }
}

#[test]
fn a_log_with_half_a_line_is_not_known() {
    for name in recordings::all() {
        let lines = log(&name);
        let Some(summary) = at_summary(&lines) else { continue };
        for half in (0..=summary).step_by(5) {
            let mut lines = lines.clone();
            let middle = lines[half].len() / 2;
            lines[half].truncate(middle);
            let report = with_lines(&name, &lines);
            says_that_it_is_not_known(&report).unwrap_or_else(|why| panic!("{name} line {half}: {why}"));
        }
    }
}

#[test]
fn two_lines_that_a_full_disk_has_made_one_of_are_not_known() {
    for name in recordings::all() {
        let mut lines = log(&name);
        let Some(summary) = at_summary(&lines) else { continue };
        let at = summary / 2;
        let next = lines.remove(at + 1);
        let middle = lines[at].len() / 2;
        lines[at].truncate(middle);
        lines[at].extend(next);
        says_that_it_is_not_known(&with_lines(&name, &lines)).unwrap_or_else(|why| panic!("{name}: {why}"));
    }
}

#[test]
fn every_whole_recording_is_known_unless_a_preview_broke_off() {
    for name in recordings::all() {
        let report = recordings::folded(&name);
        let only_looked = report.command.only_looks(report.preview_only);
        let broke_off = only_looked
            && report.status != Status::Succeeded
            && report.reason != Some(Reason::ChangesUnexpected);
        let known = !broke_off && name != "up-killed";
        assert_eq!((report.changes.is_some(), report.has_changes.is_some()), (known, known), "{name}");
        assert_eq!(report.incomplete, !known, "{name}");
    }
}

#[test]
fn a_preview_that_can_not_be_read_fails_and_says_what_was_read() {
    let lines = log("preview-create");
    let summary = at_summary(&lines).unwrap();
    let report = with_lines("preview-create", &lines[..summary]);
    assert_eq!(
        (report.status, report.reason, report.exit_code),
        (Status::Failed, Some(Reason::Incomplete), 79)
    );
    assert_eq!(
        render::headline(&report, str::to_owned),
        "Preview of dyn/rec: what would change is not known, at least 7 to create"
    );
}

#[test]
fn an_update_that_ended_well_stays_what_it_is_and_says_what_was_read() {
    let lines = log("up-create");
    let report = with_lines("up-create", &lines[..at_summary(&lines).unwrap()]);
    assert_eq!((report.status, report.reason, report.exit_code), (Status::Succeeded, None, 0));
    let headline = render::headline(&report, str::to_owned);
    assert_eq!(headline, "Deployed dyn/rec: what changed is not known, at least 7 created");
    assert_eq!(render::sign(&report), "⚠️");
}

/// A line of a log in which the stack's outputs are nested so deeply.
fn nested(levels: usize) -> Vec<Vec<u8>> {
    let deep = format!("{}\"x\"{}", "{\"d\":".repeat(levels), "}".repeat(levels));
    let urn = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev";
    let state = format!(r#"{{"urn":"{urn}","outputs":{{"deep":{deep},"a":2}}}}"#);
    let metadata =
        format!(r#"{{"op":"same","urn":"{urn}","old":{{"urn":"{urn}","outputs":{{"a":1}}}},"new":{state}}}"#);
    vec![
        format!(r#"{{"sequence":0,"timestamp":1,"resOutputsEvent":{{"metadata":{metadata}}}}}"#).into_bytes(),
        br#"{"sequence":1,"timestamp":1,"summaryEvent":{"resourceChanges":{"same":1},"result":"succeeded"}}"#
            .to_vec(),
    ]
}

#[test]
fn what_is_nested_deeply_is_read_or_not_known() {
    let of = |levels| {
        report(fold(&nested(levels)).finish(), Facts::new(Operation::Up, "dev", Ending::Exited(0), 0))
    };
    for levels in [1, 100, 122, 123, 128, 200, 500] {
        let report = of(levels);
        assert_eq!(report.has_changes, Some(true), "{levels}");
        let outputs = report.outputs.unwrap();
        assert!(outputs["deep"].to_string().matches("\"d\"").count() == levels, "{levels}");
        assert_eq!(outputs["a"], json!(2));
    }
    for levels in [600, 5000, 100_000] {
        says_that_it_is_not_known(&of(levels)).unwrap_or_else(|why| panic!("{levels}: {why}"));
    }
}

#[test]
fn a_value_that_others_could_not_parse_is_left_out_of_the_result_by_name() {
    let made = report(fold(&nested(200)).finish(), Facts::new(Operation::Up, "dev", Ending::Exited(0), 0));
    let report = made.masked(&str::to_owned);
    assert_eq!(report.withheld_outputs, ["deep"]);
    assert_eq!(report.outputs, json!({"a": 2}).as_object().cloned());
    let read: Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(read["withheld_outputs"], json!(["deep"]));
}

#[test]
fn an_operation_that_never_began_changed_nothing() {
    for name in ["up-locked", "up-stack-not-found"] {
        assert_eq!(recordings::folded(name).has_changes, Some(false), "{name}");
    }
}

#[test]
fn a_destroy_with_nothing_to_do_is_known() {
    let mut facts = Facts::new(Operation::Destroy, "dev", Ending::Exited(0), 0);
    facts.nothing_to_do = true;
    let report = report(Fold::new().finish(), facts);
    assert_eq!((report.incomplete, report.has_changes), (false, Some(false)));
    assert!(report.notes.is_empty(), "{:?}", report.notes);
    assert_eq!(render::headline(&report, str::to_owned), "Destroyed dev: no changes");
}

#[test]
fn a_step_that_names_no_resource_is_no_step() {
    let line = br#"{"sequence":0,"resourcePreEvent":{"metadata":{"op":"create"}}}"#.to_vec();
    let summary = br#"{"sequence":1,"summaryEvent":{"resourceChanges":{"create":1}}}"#.to_vec();
    let report =
        report(fold(&[line, summary]).finish(), Facts::new(Operation::Up, "dev", Ending::Exited(0), 0));
    says_that_it_is_not_known(&report).unwrap();
}

#[test]
fn a_diagnostic_that_can_not_be_read_hides_no_change() {
    let diagnostic =
        b"{\"sequence\":0,\"timestamp\":1,\"diagnosticEvent\":{\"message\":\"\xff\",\"severity\":\"info\"}}"
            .to_vec();
    let summary = br#"{"sequence":1,"timestamp":1,"summaryEvent":{"resourceChanges":{"same":1}}}"#.to_vec();
    let report =
        report(fold(&[diagnostic, summary]).finish(), Facts::new(Operation::Up, "dev", Ending::Exited(0), 0));
    assert_eq!(report.has_changes, Some(false));
    assert_eq!(report.notes, ["1 of 2 lines of the event log could not be read"]);
}

/// A result file of version 1.
fn of_version_1(change: &Value) -> Report {
    let mut value = serde_json::to_value(recordings::folded("yaml-preview-noop")).unwrap();
    let fields = value.as_object_mut().unwrap();
    for name in ["incomplete", "withheld_outputs"] {
        fields.remove(name);
    }
    fields.insert("schema".to_owned(), json!(1));
    fields.extend(change.as_object().unwrap().clone());
    serde_json::from_value::<Report>(value).unwrap().of_today()
}

#[test]
fn a_result_of_version_1_is_read_with_what_it_does_not_know() {
    let whole = of_version_1(&json!({}));
    assert_eq!((whole.schema, whole.incomplete, whole.has_changes), (SCHEMA, false, Some(false)));
    let notes = json!(["the engine wrote no event log: what changed is not known"]);
    says_that_it_is_not_known(&of_version_1(&json!({ "notes": notes, "status": "failed", "exit_code": 1 })))
        .unwrap();
    let unknown = of_version_1(&json!({ "outputs": {}, "outputs_from": "none" }));
    assert_eq!(unknown.outputs, None);
    let step = serde_json::to_value(&recordings::folded("up-create").steps[0]).unwrap();
    let mut step = step.clone();
    step["operation"] = json!("delete-replaced");
    let left_over = of_version_1(&json!({ "steps": [step] }));
    assert_eq!((left_over.has_changes, left_over.changes.unwrap()["delete-replaced"]), (Some(true), 1));
}
