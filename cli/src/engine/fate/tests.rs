//! Notes are held against what the process and its events show.

use super::*;
use crate::process::signals::Signal;
use crate::process::stream::Captured;
use crate::process::tail::TailState;
use crate::report::Fold;

fn ended(status: ProcessStatus, rung: Option<Rung>, told: Told) -> Ended {
    Ended {
        status,
        cause: rung.map(|_| Cause::Cancelled(Signal::Terminate)),
        rung,
        told,
        stdout: Captured::default(),
        stderr: Captured::default(),
        events: TailState::default(),
        duration: Duration::ZERO,
        closed_output: false,
        left_behind: false,
    }
}

/// The events of a recording of the real engine, or the first lines of it.
fn recording(name: &str, lines: usize) -> Events {
    let path = format!("{}/tests/fixtures/recordings/{name}/events.jsonl", env!("CARGO_MANIFEST_DIR"));
    let mut fold = Fold::new();
    std::fs::read_to_string(path)
        .expect("a recording")
        .lines()
        .take(lines)
        .for_each(|line| fold.line(line.as_bytes()));
    fold.finish()
}

fn said(ended: &Ended, events: &Events) -> String {
    notes(ended, events, true).join("\n")
}

const ASKED: Option<Rung> = Some(Rung::Interrupted);

#[test]
fn an_engine_that_finished_what_it_had_begun_is_said_to_have() {
    let note =
        said(&ended(ProcessStatus::Exited(1), ASKED, Told::Once), &recording("up-interrupted", usize::MAX));
    assert_eq!(note, "the engine was asked to stop, finished what it had begun and released the lock");
}

#[test]
fn an_engine_that_left_something_unfinished_is_not_said_to_have_finished() {
    let events = recording("up-interrupted", 74);
    assert_eq!(events.in_flight().len(), 5);
    let note = said(&ended(ProcessStatus::Exited(1), ASKED, Told::Once), &events);
    assert!(!note.contains("finished what it had begun") && note.contains("not all"), "{note}");
}

#[test]
fn a_log_that_stops_in_the_middle_proves_nothing() {
    let note = said(&ended(ProcessStatus::Exited(1), ASKED, Told::Once), &Events::default());
    assert_eq!(note, "the engine was asked to stop and released the lock");
}

#[test]
fn a_second_signal_of_somebody_else_is_told_as_what_it_is() {
    let events = recording("up-interrupted-twice", usize::MAX);
    let note = said(&ended(ProcessStatus::Exited(1), ASKED, Told::Again), &events);
    assert!(note.starts_with("the engine was told to stop at once"), "{note}");
    assert_eq!(note.lines().count(), 1, "one note, and none that contradicts it: {note}");
}

#[test]
fn an_engine_that_somebody_killed_is_not_said_to_have_released_anything() {
    for rung in [None, ASKED, Some(Rung::InterruptedAgain)] {
        let note = said(&ended(ProcessStatus::Signalled(9), rung, Told::Never), &Events::default());
        assert!(note.contains("ended by signal 9") && !note.contains("released"), "{note}");
    }
    assert!(leaves_its_lock(&ended(ProcessStatus::Signalled(9), None, Told::Never)));
    assert!(!leaves_its_lock(&ended(ProcessStatus::Exited(1), ASKED, Told::Once)));
}

#[test]
fn an_engine_that_our_own_interrupt_ended_is_not_said_to_have_been_ended_by_others() {
    let note = said(&ended(ProcessStatus::Signalled(2), ASKED, Told::Never), &Events::default());
    assert!(note.contains("by our signal 2") && !note.contains("not ours"), "{note}");
    let note = said(&ended(ProcessStatus::Signalled(2), None, Told::Never), &Events::default());
    assert!(note.contains("not ours"), "{note}");
}

#[test]
fn a_preview_has_no_lock_to_talk_about() {
    let events = recording("up-interrupted", usize::MAX);
    for (status, rung) in
        [(ProcessStatus::Exited(1), Rung::Interrupted), (ProcessStatus::Signalled(9), Rung::Killed)]
    {
        let notes = notes(&ended(status, Some(rung), Told::Once), &events, false).join("\n");
        assert!(!notes.contains("lock") && !notes.is_empty(), "{notes}");
    }
}

#[test]
fn what_somebody_ended_looks_cancelled_and_an_ordinary_failure_does_not() {
    let none = Events::default();
    for (status, told) in [
        (ProcessStatus::Signalled(15), Told::Never),
        (ProcessStatus::Signalled(2), Told::Never),
        (ProcessStatus::Exited(1), Told::Once),
    ] {
        assert!(looks_cancelled(&ended(status, None, told), &none), "{status:?}");
    }
    for (status, told) in [
        (ProcessStatus::Exited(1), Told::Never),
        (ProcessStatus::Signalled(9), Told::Never),
        (ProcessStatus::Exited(0), Told::Once),
    ] {
        assert!(!looks_cancelled(&ended(status, None, told), &none), "{status:?}");
    }
    assert!(!looks_cancelled(
        &ended(ProcessStatus::Exited(1), None, Told::Never),
        &recording("up-partial-failure", 999)
    ));
    let mut fold = Fold::new();
    fold.line(br#"{"sequence":1,"diagnosticEvent":{"severity":"error","message":"error reading from server: EOF"}}"#);
    assert!(looks_cancelled(&ended(ProcessStatus::Exited(1), None, Told::Never), &fold.finish()));
}
