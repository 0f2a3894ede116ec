//! Proof that the comparison can fail: a sound recording, altered in one way at a time.

use serde_json::{Value, json};

use crate::compare::{self, Class};
use crate::engine::{Exit, Run};
use crate::recording;

/// The recording that is altered: it has creations, a replacement, a deletion and sames.
const SOUND: &str = "yaml-life-replace";

/// The classes of the differences that an alteration makes.
fn altered(name: &str, alter: impl FnOnce(&mut Run)) -> Vec<Class> {
    let sound = recording::load(name);
    let mut run = sound.clone();
    alter(&mut run);
    let mut classes: Vec<Class> = compare::runs(&run, &sound).iter().map(|found| found.class).collect();
    classes.sort();
    classes.dedup();
    classes
}

/// The events of a run, as a list to alter.
fn events(run: &mut Run) -> &mut Vec<Value> {
    run.events.as_mut().expect("a recording with events")
}

/// The place of the first event of this kind and operation about `b`.
fn find(run: &mut Run, kind: &str, op: &str) -> usize {
    let is = |event: &Value| {
        let metadata = event.get(kind).and_then(|body| body.get("metadata"));
        metadata.is_some_and(|m| m["op"] == op && m["urn"].as_str().is_some_and(|urn| urn.ends_with("::b")))
    };
    events(run).iter().position(is).expect("an event of that kind")
}

/// A value in the first event of this kind and operation about `b`.
fn value<'a>(run: &'a mut Run, kind: &str, op: &str, pointer: &str) -> &'a mut Value {
    let i = find(run, kind, op);
    events(run)[i].pointer_mut(&format!("/{kind}/metadata{pointer}")).expect("a value to alter")
}

#[test]
fn an_unaltered_run_has_no_difference() {
    for name in recording::all() {
        assert_eq!(altered(&name, |_| {}), [], "{name}");
    }
}

#[test]
fn another_operation_is_a_difference() {
    let classes = altered(SOUND, |run| *value(run, "resourcePreEvent", "replace", "/op") = json!("update"));
    assert_eq!(classes, [Class::Op]);
}

#[test]
fn events_of_a_resource_in_another_order_are_a_difference() {
    let classes = altered(SOUND, |run| {
        let (a, b) =
            (find(run, "resourcePreEvent", "replace"), find(run, "resourcePreEvent", "delete-replaced"));
        events(run).swap(a, b);
    });
    assert_eq!(classes, [Class::Order]);
}

#[test]
fn events_of_two_resources_in_another_order_are_none() {
    let classes = altered("yaml-life-create", |run| {
        let of = |event: &Value, name: &str| compare::subject(event).ends_with(name);
        let a = events(run).iter().position(|event| of(event, "::a")).expect("an event of `a`");
        let c = events(run).iter().position(|event| of(event, "::c")).expect("an event of `c`");
        events(run).swap(a, c);
    });
    assert_eq!(classes, []);
}

#[test]
fn another_key_is_a_difference() {
    let classes = altered(SOUND, |run| {
        *value(run, "resourcePreEvent", "create-replacement", "/keys/0") = json!("input");
    });
    assert_eq!(classes, [Class::Keys]);
}

#[test]
fn another_old_value_is_a_difference() {
    let classes = altered(SOUND, |run| {
        *value(run, "resourcePreEvent", "create-replacement", "/old/inputs/input/deep/1") = json!("other");
    });
    assert_eq!(classes, [Class::Old]);
}

#[test]
fn another_new_value_is_a_difference() {
    let classes = altered(SOUND, |run| {
        *value(run, "resOutputsEvent", "create-replacement", "/new/outputs/output/rev") = json!(3);
    });
    assert_eq!(classes, [Class::New]);
}

#[test]
fn a_value_of_another_type_is_a_difference() {
    let classes = altered(SOUND, |run| {
        *value(run, "resOutputsEvent", "create-replacement", "/new/outputs/output/rev") = json!("2");
    });
    assert_eq!(classes, [Class::New]);
}

#[test]
fn the_id_of_the_deleted_one_on_the_new_one_is_a_difference() {
    let classes = altered(SOUND, |run| {
        let old = value(run, "resOutputsEvent", "create-replacement", "/old/id").clone();
        *value(run, "resOutputsEvent", "create-replacement", "/new/id") = old;
    });
    assert!(classes.contains(&Class::New), "{classes:?}");
}

#[test]
fn an_absent_field_is_a_difference() {
    let classes = altered(SOUND, |run| {
        let metadata = value(run, "resourcePreEvent", "replace", "");
        metadata.as_object_mut().expect("an object").remove("detailedDiff");
    });
    assert_eq!(classes, [Class::Field]);
}

#[test]
fn a_missing_event_is_a_difference() {
    let classes = altered(SOUND, |run| {
        let i = find(run, "resOutputsEvent", "delete-replaced");
        events(run).remove(i);
    });
    assert_eq!(classes, [Class::Missing]);
}

#[test]
fn an_event_too_many_is_a_difference() {
    let classes = altered(SOUND, |run| {
        let i = find(run, "resOutputsEvent", "delete-replaced");
        let event = events(run)[i].clone();
        events(run).push(event);
    });
    assert_eq!(classes, [Class::Extra]);
}

#[test]
fn a_resource_too_many_is_a_difference() {
    let classes = altered(SOUND, |run| {
        *value(run, "resourcePreEvent", "replace", "/urn") =
            json!("urn:pulumi:dev::life::pulumi:index:Stash::x");
    });
    assert_eq!(classes, [Class::Missing, Class::Extra]);
}

#[test]
fn another_count_is_a_difference() {
    let classes = altered(SOUND, |run| {
        let summary = events(run).iter_mut().find_map(|event| event.get_mut("summaryEvent"));
        summary.expect("a summary")["resourceChanges"]["same"] = json!(4);
    });
    assert_eq!(classes, [Class::Count]);
}

#[test]
fn another_output_of_the_stack_is_a_difference() {
    let classes = altered("yaml-up-create", |run| {
        let outputs = events(run).iter_mut().find_map(|event| {
            let outputs = event.pointer_mut("/resOutputsEvent/metadata/new/outputs")?;
            outputs.get("hidden").is_some().then_some(outputs)
        });
        outputs.expect("the stack's outputs")["hidden"] = json!("hi world!");
    });
    assert_eq!(classes, [Class::Outputs]);
}

#[test]
fn another_diagnostic_is_a_difference() {
    let classes = altered("yaml-life-destroy-protected", |run| {
        let diagnostic = events(run).iter_mut().find_map(|event| event.get_mut("diagnosticEvent"));
        diagnostic.expect("a diagnostic")["severity"] = json!("warning");
    });
    assert_eq!(classes, [Class::Diagnostic]);
}

#[test]
fn debug_diagnostics_are_none() {
    let classes = altered(SOUND, |run| {
        events(run)
            .insert(1, json!({"sequence": 1, "diagnosticEvent": {"severity": "debug", "message": "x"}}));
    });
    assert_eq!(classes, []);
}

#[test]
fn a_broken_line_in_the_log_is_a_difference() {
    let classes = altered(SOUND, |run| events(run).push(json!("{\"sequence\":22,\"time")));
    assert_eq!(classes, [Class::Extra]);
}

#[test]
fn no_event_log_is_a_difference() {
    assert_eq!(altered(SOUND, |run| run.events = None), [Class::Log]);
}

#[test]
fn another_exit_status_is_a_difference() {
    assert_eq!(altered(SOUND, |run| run.exit = Exit::Status(1)), [Class::Exit]);
}

#[test]
fn another_standard_error_is_a_difference() {
    assert_eq!(
        altered("up-locked", |run| run.stderr = run.stderr.replace("1 lock", "2 lock")),
        [Class::Stderr]
    );
}

#[test]
fn another_line_of_standard_output_is_a_difference() {
    assert_eq!(altered(SOUND, |run| run.stdout.push_str("one more line\n")), [Class::Stdout]);
}

#[test]
fn dots_and_durations_are_none() {
    let classes = altered(SOUND, |run| {
        run.stdout = run.stdout.replace("(0.00s)", "(1m4s)");
        run.stdout.push_str("@ updating....\n");
    });
    assert_eq!(classes, []);
}

#[test]
fn another_file_or_another_content_is_a_difference() {
    let files = |name: &str, value: Value| [(name.to_owned(), value)].into_iter().collect();
    let sound = files("a", json!({"resources": [{"custom": true}]}));
    let classes = |found: Vec<compare::Difference>| found.iter().map(|found| found.class).collect::<Vec<_>>();
    assert_eq!(classes(compare::files(&sound, &sound)), []);
    let other = files("a", json!({"resources": [{"custom": false}]}));
    assert_eq!(classes(compare::files(&other, &sound)), [Class::State]);
    let elsewhere = files("b", json!({"resources": [{"custom": true}]}));
    assert_eq!(classes(compare::files(&elsewhere, &sound)), [Class::Files, Class::Files]);
}
