//! Logs that nobody would want: each is survived, and the report says what is missing.

use serde_json::json;
use stackstep::render::{self, Options, Size};
use stackstep::report::{
    Ending, Facts, Fold, Operation, Reason, Report, Status, StepStatus, Verdict, report,
};

fn fold(lines: &[Vec<u8>]) -> Fold {
    let mut fold = Fold::new();
    for line in lines {
        fold.line(line);
    }
    fold
}

fn ended(fold: Fold, ending: Ending, exit: i32) -> Report {
    report(fold.finish(), Facts::new(Operation::Up, "dev", ending, exit))
}

fn line(kind: &str, event: &serde_json::Value) -> Vec<u8> {
    let mut whole = json!({ "sequence": 1, "timestamp": 2 });
    whole[kind] = event.clone();
    whole.to_string().into_bytes()
}

fn step(kind: &str, op: &str, name: &str) -> Vec<u8> {
    let urn = format!("urn:pulumi:dev::shop::aws:s3/bucket:Bucket::{name}");
    let state = json!({ "urn": urn, "custom": true, "id": "x", "inputs": { "a": name } });
    let metadata = json!({ "op": op, "urn": urn, "logical": true, "old": null, "new": state });
    line(kind, &json!({ "metadata": metadata }))
}

fn summary(changes: &serde_json::Value) -> Vec<u8> {
    line("summaryEvent", &json!({ "resourceChanges": changes, "result": "succeeded" }))
}

#[test]
fn broken_lines_are_counted_and_the_rest_is_read() {
    let lines = [
        b"{\"sequence\":".to_vec(),
        b"\xff\xfe garbage".to_vec(),
        b"[1,2,3]".to_vec(),
        br#"{"resourcePreEvent":{"metadata":{"op":7}}}"#.to_vec(),
        step("resourcePreEvent", "create", "logs"),
        step("resOutputsEvent", "create", "logs"),
        summary(&json!({ "create": 1 })),
    ];
    let report = ended(fold(&lines), Ending::Exited(0), 0);
    assert_eq!(report.steps.len(), 1);
    assert!(
        report.notes.contains(&"4 of 7 lines of the event log could not be read".to_owned()),
        "{:?}",
        report.notes
    );
}

#[test]
fn unknown_events_and_fields_pass() {
    let lines = [line("someNewEvent", &json!({ "x": [1] })), summary(&json!({ "transmogrify": 2 }))];
    let report = ended(fold(&lines), Ending::Exited(0), 0);
    assert_eq!(report.least_changes()["transmogrify"], 2);
    assert!(report.notes.is_empty(), "{:?}", report.notes);
    assert!(render::markdown(&report, &Options::default()).contains("2 transmogrify"));
}

#[test]
fn a_run_without_an_event_log_says_so() {
    let report = ended(Fold::new(), Ending::Exited(0), 0);
    assert_eq!(report.status, Status::Succeeded);
    assert_eq!((report.incomplete, &report.changes, report.has_changes), (true, &None, None));
    assert_eq!(report.notes, ["the engine wrote no event log: what changed is not known"]);
}

#[test]
fn a_log_that_stops_in_the_middle_says_so_and_keeps_what_there_is() {
    let lines = [
        step("resourcePreEvent", "create", "a"),
        step("resOutputsEvent", "create", "a"),
        step("resourcePreEvent", "create", "b"),
    ];
    let report = ended(fold(&lines), Ending::Signalled(9), 137);
    assert_eq!(report.reason, Some(Reason::Engine));
    assert_eq!((&report.changes, report.least_changes()["create"]), (&None, 1));
    let statuses: Vec<_> = report.steps.iter().map(|step| step.status).collect();
    assert_eq!(statuses, [StepStatus::Done, StepStatus::Unfinished]);
    assert!(report.notes[0].starts_with("the event log stops in the middle"), "{:?}", report.notes);
}

#[test]
fn an_engine_that_ends_at_once_leaves_its_last_words() {
    let mut facts = Facts::new(Operation::Up, "dev", Ending::Exited(1), 1);
    facts.stderr = "warning: new version\nerror: something nobody has seen before\n  details".to_owned();
    let report = report(Fold::new().finish(), facts);
    assert_eq!(report.reason, Some(Reason::Unknown));
    assert_eq!(report.message.as_deref(), Some("error: something nobody has seen before\n  details"));
}

#[test]
fn a_diagnostic_of_ten_megabytes_is_survived() {
    let message = format!("begin {} end", "<b>|`\n".repeat(1_700_000));
    let lines = [line("diagnosticEvent", &json!({ "message": message, "severity": "error" }))];
    let report = ended(fold(&lines), Ending::Exited(1), 1);
    assert!(report.to_json().len() < 200_000);
    let text = render::fit(&report, &Options::default(), Size::Bytes(65_536));
    assert!(text.contains("bytes left out"), "{}", &text[..500]);
}

#[test]
fn a_name_of_a_hundred_kilobytes_is_survived() {
    let name = "n".repeat(100_000);
    let lines = [step("resourcePreEvent", "create", &name), step("resOutputsEvent", "create", &name)];
    let mut running = fold(&lines[..1]);
    assert!(running.in_flight()[0].name.len() < 2000);
    running.line(&lines[1]);
    let report = ended(running, Ending::Exited(0), 0);
    assert_eq!((report.steps.len(), report.least_changes()["create"]), (1, 1));
    assert!(report.steps[0].name.len() < 2000);
}

#[test]
fn a_hundred_thousand_diagnostics_are_counted() {
    let mut running = Fold::new();
    for number in 0..100_000 {
        running.line(&line(
            "diagnosticEvent",
            &json!({ "message": format!("no {number}"), "severity": "warning" }),
        ));
    }
    let report = ended(running, Ending::Exited(0), 0);
    assert_eq!(report.diagnostics.len(), 500);
    assert!(
        report.notes.iter().any(|note| note == "99500 more warnings were left out"),
        "{:?}",
        report.notes
    );
}

#[test]
fn memory_does_not_grow_with_unchanged_resources() {
    let mut running = Fold::new();
    for number in 0..20_000 {
        running.line(&step("resourcePreEvent", "same", &format!("r{number}")));
        running.line(&step("resOutputsEvent", "same", &format!("r{number}")));
    }
    assert!(format!("{running:?}").len() < 2000);
    running.line(&summary(&json!({})));
    assert_eq!(ended(running, Ending::Exited(0), 0).least_changes()["same"], 20_000);
}

#[test]
fn nesting_without_end_is_a_broken_line() {
    let deep =
        format!("{{\"diagnosticEvent\":{{\"message\":{}{}}}}}", "[".repeat(100_000), "]".repeat(100_000));
    let report = ended(fold(&[deep.into_bytes()]), Ending::Exited(0), 0);
    assert!(report.notes.iter().any(|note| note.contains("could not be read")), "{:?}", report.notes);
}

#[test]
fn a_second_phase_in_the_same_log_replaces_the_first() {
    let prelude = line("preludeEvent", &json!({ "config": {} }));
    let cancel = line("cancelEvent", &json!({}));
    let warning = line("diagnosticEvent", &json!({ "message": "old disk", "severity": "warning" }));
    let planned = step("resourcePreEvent", "create", "a");
    let (begun, done) = (step("resourcePreEvent", "create", "b"), step("resOutputsEvent", "create", "b"));
    let first = [prelude.clone(), warning.clone(), planned, summary(&json!({ "create": 9 })), cancel.clone()];
    let second = [prelude, warning, begun, done, summary(&json!({ "create": 1 })), cancel];
    let report = ended(fold(&[first.as_slice(), second.as_slice()].concat()), Ending::Exited(0), 0);
    assert_eq!(report.changes.unwrap()["create"], 1);
    assert_eq!(report.steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>(), ["b"]);
    assert_eq!((report.diagnostics.len(), report.diagnostics[0].times), (1, 1));
}

#[test]
fn a_secret_that_changes_is_named_without_its_value() {
    let secret =
        json!({ "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x" });
    let state = |size: u8| json!({ "custom": true, "inputs": { "size": size, "password": secret } });
    let urn = "urn:pulumi:dev::shop::aws:rds/instance:Instance::db";
    let metadata = json!({ "op": "update", "urn": urn, "logical": true, "diffs": ["password", "size"], "old": state(1), "new": state(2) });
    let report =
        ended(fold(&[line("resourcePreEvent", &json!({ "metadata": metadata }))]), Ending::Exited(1), 1);
    let paths: Vec<_> = report.steps[0].diffs.iter().map(|diff| diff.path.as_str()).collect();
    assert_eq!(paths, ["size", "password"]);
    assert!(!report.to_json().contains("ciphertext"));
}

#[test]
fn a_clone_tells_how_things_stand_while_the_engine_works() {
    let mut running = fold(&[step("resourcePreEvent", "create", "a")]);
    let mut facts = Facts::new(Operation::Up, "dev", Ending::Cancelled { signal: 15 }, 143);
    facts.notes = vec!["the engine is still finishing".to_owned()];
    let interim = report(running.clone().finish(), facts);
    assert_eq!(interim.status, Status::Cancelled);
    assert_eq!(interim.steps[0].status, StepStatus::Unfinished);
    running.line(&step("resOutputsEvent", "create", "a"));
    assert_eq!(ended(running, Ending::Exited(0), 0).steps[0].status, StepStatus::Done);
}

#[test]
fn the_ci_systems_own_way_out_comes_first() {
    let mut facts = Facts::new(Operation::Preview, "dev", Ending::Exited(3), 3);
    facts.ci_hints.insert(Reason::Auth, "secrets are withheld from forks".to_owned());
    let hint = report(Fold::new().finish(), facts).hint.unwrap();
    assert!(hint.starts_with("secrets are withheld from forks; check that"), "{hint}");
}

#[test]
fn our_own_decision_beats_what_the_engine_said() {
    let mut facts = Facts::new(Operation::Up, "dev", Ending::NotStarted, 73);
    let (reason, message) = (Some(Reason::Untrusted), "this is a fork's change".to_owned());
    facts.verdict = Some(Verdict { status: Status::Skipped, reason, message, hint: None });
    let report = report(Fold::new().finish(), facts);
    assert_eq!((report.status, report.reason), (Status::Skipped, Some(Reason::Untrusted)));
    assert!(report.hint.is_some_and(|hint| hint.contains("maintainer")));
}

#[test]
fn a_mask_reaches_every_text_of_a_report() {
    let mut made = super::fit::hostile(9, 30);
    // What names the run is never masked: see the tests of what is handed on.
    (made.stack, made.project) = ("dev".to_owned(), Some("shop".to_owned()));
    (made.commit, made.repository) = (None, None);
    let masked = made.clone().masked(&|_| "***".to_owned());
    let everything = masked.to_json();
    let left =
        ["evil", "everyone", "plain-name", "漢字", "onerror"].iter().find(|word| everything.contains(**word));
    assert_eq!(left, None);
    assert!(made.to_json().contains("everyone"), "the report had such words");
}

#[test]
fn mangled_logs_are_survived() {
    let mut dice = super::fit::Dice(7);
    for name in ["up-replace-delete", "preview-policy-remediation", "up-yaml-program-error", "refresh-drift"]
    {
        let path = super::snapshot::path("fixtures/recordings").join(name).join("events.jsonl");
        let log = std::fs::read(path).unwrap();
        let lines: Vec<_> = log.split(|byte| *byte == b'\n').collect();
        for _ in 0..60 {
            let mut fold = Fold::new();
            for line in &lines {
                fold.line(&mangled(line, &mut dice));
            }
            let report = ended(fold, Ending::Exited(1), 1);
            let text = render::fit(&report, &Options::default(), Size::Bytes(4096));
            assert!(text.len() <= 4096 && super::fit::broken(&text, true).is_none(), "{text}");
        }
    }
}

/// Now and then a line is cut, a byte is another one, or a word stands for another.
fn mangled(line: &[u8], dice: &mut super::fit::Dice) -> Vec<u8> {
    let mut line = line.to_vec();
    if line.is_empty() || dice.roll(3) > 0 {
        return line;
    }
    let at = dice.roll(line.len());
    match dice.roll(5) {
        0 => line.truncate(at),
        1 => line[at] = u8::try_from(dice.roll(256)).unwrap(),
        2 => drop(line.remove(at)),
        3 => return String::from_utf8_lossy(&line).replace("\"same\"", "\"update\"").into_bytes(),
        _ => return String::from_utf8_lossy(&line).replace("{}", "null").into_bytes(),
    }
    line
}
