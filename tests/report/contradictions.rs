//! Logs that are whole and say two things, or leave open what became of a resource: what can't be told from them is not
//! known, and a change that is known is one.

use serde_json::{Value, json};
use stackstep::render;
use stackstep::report::{Ending, Facts, Fold, Operation, OutputsFrom, Report, Status, report};

use super::recordings;

/// A log, line by line.
#[derive(Clone, Default)]
struct Log {
    lines: Vec<String>,
    planning: bool,
}

impl Log {
    fn begun(planning: bool) -> Self {
        Self { planning, ..Self::default() }.add("preludeEvent", json!({ "config": {} }))
    }

    fn add(mut self, kind: &str, event: Value) -> Self {
        let mut line = json!({ "sequence": self.lines.len(), "timestamp": 1 });
        line[kind] = event;
        self.lines.push(line.to_string());
        self
    }

    fn step(self, kind: &str, op: &str, logical: bool) -> Self {
        let urn = "urn:pulumi:dev::shop::t:m:T::b";
        let state = json!({ "urn": urn, "custom": true, "id": "i", "inputs": { "a": op } });
        let metadata =
            json!({ "op": op, "urn": urn, "type": "t:m:T", "logical": logical, "old": state, "new": state });
        let planning = self.planning;
        self.add(kind, json!({ "metadata": metadata, "planning": planning }))
    }

    fn open(self, op: &str) -> Self {
        self.step("resourcePreEvent", op, true)
    }

    fn done(self, op: &str) -> Self {
        self.open(op).step("resOutputsEvent", op, true)
    }

    fn failed(self, op: &str, status: Value) -> Self {
        let mut failed = self.open(op).step("resOpFailedEvent", op, true);
        let mut line: Value = serde_json::from_str(failed.lines.last().unwrap()).unwrap();
        line["resOpFailedEvent"]["status"] = status;
        *failed.lines.last_mut().unwrap() = line.to_string();
        failed
    }

    /// The stack's own step, by which the output `a` becomes `new`.
    fn outputs(self, new: u8) -> Self {
        let urn = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev";
        let state = |a: u8| json!({ "urn": urn, "outputs": { "a": a } });
        let metadata =
            json!({ "op": "same", "urn": urn, "logical": true, "old": state(1), "new": state(new) });
        let planning = self.planning;
        self.add("resOutputsEvent", json!({ "metadata": metadata, "planning": planning }))
    }

    fn ended(self, counts: Value, result: &str) -> Self {
        let mut summary = json!({ "result": result, "isPreview": self.planning });
        summary["resourceChanges"] = counts;
        self.add("summaryEvent", summary).add("cancelEvent", json!({}))
    }

    fn report(&self, command: Operation, exit: i32) -> Report {
        let mut fold = Fold::new();
        self.lines.iter().for_each(|line| fold.line(line.as_bytes()));
        report(fold.finish(), Facts::new(command, "dev", Ending::Exited(exit), exit))
    }

    /// Without the line at this place from the end.
    fn without(mut self, place: usize) -> Self {
        self.lines.remove(self.lines.len() - 1 - place);
        self
    }
}

/// Two phases of one process.
fn both(first: &Log, second: &Log) -> Log {
    Log { lines: [first.lines.as_slice(), second.lines.as_slice()].concat(), planning: false }
}

#[track_caller]
fn is_not_known(report: &Report, what: &str) {
    assert_eq!(
        (report.changes.is_some(), report.has_changes, report.incomplete),
        (false, None, true),
        "{what}"
    );
    let headline = render::headline(report, str::to_owned);
    assert!(!headline.contains("no changes"), "{what}: {headline}");
}

#[test]
fn a_change_that_is_not_counted_or_has_no_row_is_not_known() {
    for (command, planning) in [(Operation::Preview, true), (Operation::Up, false)] {
        for op in [
            "create",
            "update",
            "delete",
            "replace",
            "create-replacement",
            "import",
            "import-replacement",
            "rename",
        ] {
            for counts in [json!({ "same": 2 }), json!({ "same": 2, op: 0 })] {
                let report =
                    Log::begun(planning).done(op).ended(counts.clone(), "succeeded").report(command, 0);
                is_not_known(&report, &format!("{op} {counts}"));
                assert_eq!(report.exit_code, if planning { 79 } else { 0 });
            }
            let behind = Log::begun(planning).ended(json!({ "same": 2 }), "succeeded").done(op);
            is_not_known(&behind.report(command, 0), &format!("{op} behind the summary"));
        }
        for op in ["create", "update", "delete", "replace", "import"] {
            let report =
                Log::begun(planning).ended(json!({ op: 1, "same": 1 }), "succeeded").report(command, 0);
            is_not_known(&report, &format!("{op} without a row"));
            let counted = Log::begun(planning).done(op).ended(json!({ op: 1, "same": 1 }), "succeeded");
            assert_eq!(counted.report(command, 0).has_changes, Some(true), "{op}");
        }
        let silent = Log::begun(planning)
            .step("resourcePreEvent", "update", false)
            .step("resOutputsEvent", "update", false)
            .ended(json!({}), "succeeded");
        is_not_known(&silent.report(command, 0), "an update that is not logical");
    }
    let planned = Log::begun(true).open("update").ended(json!({ "same": 1 }), "succeeded");
    is_not_known(&planned.report(Operation::Preview, 0), "a planned step without an end");
}

#[test]
fn an_operation_of_the_engines_own_is_no_change() {
    for op in ["remove-pending-replace", "extend-parameterize", "refresh", "read", "discard"] {
        let log = Log::begun(false)
            .step("resourcePreEvent", op, false)
            .step("resOutputsEvent", op, false)
            .ended(json!({ "same": 1 }), "succeeded");
        assert_eq!(log.report(Operation::Up, 0).has_changes, Some(false), "{op}");
    }
}

#[test]
fn an_exit_status_that_the_log_does_not_bear_out_is_not_known() {
    for result in ["failed", "canceled", "in-progress", "partial"] {
        for (command, planning) in [(Operation::Preview, true), (Operation::Up, false)] {
            let report = Log::begun(planning).ended(json!({ "same": 1 }), result).report(command, 0);
            is_not_known(&report, result);
            assert!(report.notes.iter().any(|note| note.contains("did not succeed")), "{:?}", report.notes);
        }
    }
    let failed = Log::begun(false).failed("update", json!(0)).ended(json!({ "same": 1 }), "succeeded");
    is_not_known(&failed.report(Operation::Up, 0), "a failed step");
    let error =
        Log::begun(false).add("errorEvent", json!({ "error": "panic" })).ended(json!({ "same": 1 }), "");
    is_not_known(&error.report(Operation::Up, 0), "an error of the engine's own");
    let same = Log::begun(true).ended(json!({ "same": 1, "read": 1 }), "succeeded");
    is_not_known(&same.report(Operation::Preview, 7), "7 and nothing but `same`");
    let changed = Log::begun(true).done("update").ended(json!({ "update": 1 }), "succeeded");
    assert_eq!(changed.report(Operation::Preview, 7).has_changes, Some(true));
    let outputs = Log::begun(true).outputs(2).ended(json!({ "same": 1 }), "succeeded");
    assert_eq!(outputs.report(Operation::Preview, 7).has_changes, Some(true));
}

#[test]
fn a_step_whose_end_nobody_knows_is_no_word_of_no_changes() {
    for exit in [0, 1, 8, 255] {
        let result = if exit == 0 { "succeeded" } else { "canceled" };
        let open = Log::begun(false).open("update").ended(json!({ "same": 1 }), result);
        is_not_known(&open.report(Operation::Up, exit), "open");
    }
    for op in ["create", "update", "delete", "create-replacement", "delete-replaced"] {
        for (status, has_changes) in [
            (json!(0), Some(false)),
            (json!(1), Some(true)),
            (json!(2), None),
            (json!(3), None),
            (json!(null), None),
        ] {
            let log = Log::begun(false).failed(op, status.clone()).ended(json!({ "same": 1 }), "failed");
            let report = log.report(Operation::Up, 1);
            assert_eq!(report.has_changes, has_changes, "{op} {status}");
            assert_eq!(report.incomplete, has_changes.is_none(), "{op} {status}");
        }
    }
    let with_another =
        Log::begun(false).done("create").open("update").ended(json!({ "create": 1 }), "canceled");
    let report = with_another.report(Operation::Up, 8);
    assert_eq!((report.has_changes, report.incomplete), (Some(true), false));
    assert_eq!(report.changes.unwrap()["create"], 1);
}

#[test]
fn what_was_done_of_a_replacement_that_failed_is_a_change() {
    let deleted_first = Log::begun(false)
        .step("resourcePreEvent", "delete-replaced", false)
        .step("resOutputsEvent", "delete-replaced", false)
        .failed("create-replacement", json!(0))
        .ended(json!({ "same": 1 }), "failed");
    assert_eq!(deleted_first.report(Operation::Up, 1).has_changes, Some(true));
    let created_first = Log::begun(false)
        .step("resourcePreEvent", "create-replacement", false)
        .step("resOutputsEvent", "create-replacement", false)
        .ended(json!({ "same": 1 }), "canceled");
    assert_eq!(created_first.report(Operation::Up, 8).has_changes, Some(true));
}

fn phases() -> (Log, Log) {
    let counts = json!({ "update": 1, "same": 1 });
    let of = |planning| Log::begun(planning).outputs(2).done("update").ended(counts.clone(), "succeeded");
    (of(true), of(false))
}

#[test]
fn two_phases_are_known_as_long_as_their_bounds_are_there() {
    let (first, second) = phases();
    let whole = both(&first, &second).report(Operation::Up, 0);
    assert_eq!((whole.has_changes, whole.incomplete), (Some(true), false));
    assert_eq!(whole.outputs.unwrap()["a"], 2);
    let without_prelude = Log { lines: second.lines[1..].to_vec(), planning: false };
    let unnumbered = |log: &Log| {
        let strip = |line: &String| line.replacen("\"sequence\":", "\"number\":", 1);
        Log { lines: log.lines.iter().map(strip).collect(), planning: false }
    };
    for (what, log) in [
        ("the first's end", both(&first.clone().without(0), &second)),
        ("the second's beginning", both(&first, &without_prelude)),
        ("both", both(&first.clone().without(0), &without_prelude)),
    ] {
        for log in [unnumbered(&log), log] {
            let report = log.report(Operation::Up, 0);
            is_not_known(&report, what);
            assert_eq!(report.status, Status::Succeeded, "{what}");
            let outdated = report.outputs.is_some_and(|outputs| outputs["a"] == 1);
            assert!(!outdated, "{what}: the outputs of before");
        }
    }
}

#[test]
fn an_operation_of_which_only_the_preview_is_there_did_nothing_that_is_known() {
    let (first, second) = phases();
    for exit in [0, 1] {
        for log in [first.clone(), both(&first, &Log { lines: second.lines[..1].to_vec(), planning: false })]
        {
            let report = log.report(Operation::Up, exit);
            is_not_known(&report, "only planned");
            assert_eq!((report.outputs, report.outputs_from), (None, OutputsFrom::None));
            assert!(report.output_changes.is_empty());
        }
        let headline = render::headline(&first.report(Operation::Up, exit), str::to_owned);
        assert!(!headline.contains("updated"), "{headline}");
    }
}

#[test]
fn a_half_known_result_is_read_as_far_as_it_says_something() {
    let read = |change: &Value| {
        let mut value = serde_json::to_value(recordings::folded("yaml-preview-noop")).unwrap();
        for (name, field) in change.as_object().unwrap() {
            match field {
                Value::String(gone) if gone == "gone" => value.as_object_mut().unwrap().shift_remove(name),
                field => value.as_object_mut().unwrap().insert(name.clone(), field.clone()),
            };
        }
        serde_json::from_value::<Report>(value).unwrap().of_today()
    };
    for half in [json!({ "has_changes": "gone" }), json!({ "has_changes": null }), json!({ "changes": null })]
    {
        is_not_known(&read(&half), &half.to_string());
    }
    let counted = read(&json!({ "has_changes": "gone", "changes": { "update": 1 } }));
    assert_eq!((counted.has_changes, counted.incomplete), (Some(true), true));
    let denied = read(&json!({ "has_changes": false, "changes": { "update": 1 } }));
    assert_eq!(denied.has_changes, Some(true));
    let outputs = read(&json!({ "incomplete": true }));
    let headline = render::headline(&outputs, str::to_owned);
    assert!(headline.ends_with("no changes; not all of its outputs are known"), "{headline}");
}
