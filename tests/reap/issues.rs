//! The issues of a sweep: one for each thing, also when a sweep is killed or the forge breaks off.

use serde_json::json;

use super::place::{LONG_AGO, SweepPlace};
use crate::support::forge::StoredIssue;

/// The stack of a closed change request, whose destruction has failed four times; with its name.
fn failed() -> (SweepPlace, String) {
    let place = SweepPlace::swept("review: { from: staging }\n");
    place.request(7, Some(LONG_AGO));
    let name = place.deployed(7);
    for _ in 0..4 {
        place.entry(&name, "destroy-failed", &json!({ "reason": "the bucket is not empty" }));
    }
    (place, name)
}

/// A sweep that would destroy more than it may.
fn braked() -> SweepPlace {
    let place = SweepPlace::swept("review: { from: staging, max-destroys: 1 }\n");
    for number in [7, 8] {
        place.request(number, Some(LONG_AGO));
        place.deployed(number);
    }
    place
}

/// How many issues there are, and how many of them are open.
fn issues(place: &SweepPlace) -> (usize, usize) {
    let issues = &place.fake.memory().issues;
    (issues.len(), issues.iter().filter(|issue| issue.closed_by.is_none()).count())
}

/// Takes the last entry out of a ledger, as if the sweep had been killed before it wrote that.
fn unwritten(place: &SweepPlace, project: &str, stack: &str) {
    let folder = place.scene.root().join("state/.stackstep/ledger").join(project).join(stack);
    let last = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).max().unwrap();
    let entry = crate::support::json(&last);
    assert!(entry["issue"].is_number(), "{entry}");
    std::fs::remove_file(last).unwrap();
}

#[test]
fn a_sweep_that_is_killed_before_it_writes_the_number_down_leaves_no_second_issue() {
    let (place, name) = failed();
    place.reap("").says("issue #1 is about it");
    unwritten(&place, "shop", &name);
    place.reap("").says("issue #1 is about it");
    assert_eq!(place.fake.memory().issues.len(), 1);
    assert_eq!(place.entries(&name).pop().unwrap()["issue"], 1, "it is written down now");

    let place = braked();
    place.reap("").ends_with(80);
    let own = format!("reap-{}", place.repository().digits());
    unwritten(&place, "stackstep", &own);
    place.reap("").ends_with(80);
    assert_eq!(place.fake.memory().issues.len(), 1);
}

#[test]
fn a_forge_that_takes_the_issue_and_breaks_off_has_one() {
    for brakes in [false, true] {
        let place = if brakes { braked() } else { failed().0 };
        place.fake.memory().cuts_issues = true;
        place.reap("").says("not known: ");
        for _ in 0..2 {
            let _ = place.reap("");
        }
        assert_eq!(place.fake.memory().issues.len(), 1, "{brakes}");
    }
}

#[test]
fn the_marker_in_an_issue_of_somebody_else_does_not_count() {
    let (place, name) = failed();
    place.reap("").says("issue #1 is about it");
    unwritten(&place, "shop", &name);
    place.fake.memory().issues[0].author = "eve".to_owned();
    place.reap("").says("issue #2 is about it");
}

#[test]
fn of_two_sweeps_at_once_the_first_issue_stays() {
    let (place, name) = failed();
    place.reap("").says("issue #1 is about it");
    unwritten(&place, "shop", &name);
    let mut memory = place.fake.memory();
    let first = memory.issues.remove(0);
    memory.after_opening = Some(StoredIssue { ..first });
    drop(memory);
    place.reap("").says("issue #1 is about it");
    assert_eq!(issues(&place), (2, 1));
    assert_eq!(place.entries(&name).pop().unwrap()["issue"], 1);
}

#[test]
fn the_issue_about_the_brake_is_closed_once_it_is_released_and_opened_again_by_the_next() {
    let place = braked();
    place.reap("").ends_with(80);
    let pull = place.fake.memory().pulls.remove(1);
    let _ = place.reap("");
    assert_eq!(issues(&place), (1, 0));
    place.fake.memory().pulls.push(pull);
    place.reap("").ends_with(80);
    assert_eq!(issues(&place), (1, 1));
}
