//! What people are told before a stack's time to live is over.

use std::time::{Duration, SystemTime};

use serde_json::json;
use stackstep::ledger::entry::instant;

use super::place::{LONG_AGO, SweepPlace};
use crate::support::forge::{Act, Verb};

const HOUR: u64 = 3600;

const FILE: &str = "review: { from: staging, ttl: 3d, ttl-max: 14d }\n";

fn in_hours(hours: u64) -> String {
    instant(SystemTime::now() + Duration::from_secs(hours * HOUR))
}

/// The stack of an open change request, whose time to live ends then.
fn with_end(expires: &str) -> (SweepPlace, String) {
    let place = SweepPlace::swept(FILE);
    place.request(7, None);
    let name = place.deployed(7);
    place.entry(&name, "expiry", &json!({ "expires": expires }));
    (place, name)
}

#[test]
fn people_are_warned_once_by_a_new_comment() {
    let (place, name) = with_end(&in_hours(40));
    place.reap("").ends_with(0).says("its people were warned (2d)");
    place.reap("").ends_with(0).never_says("were warned");
    let comment = place.fake.only();
    assert!(comment.contains(&name) && comment.contains("/stackstep extend"), "{comment}");
    let entry = place.entries(&name).pop().unwrap();
    assert_eq!((entry["kind"].as_str(), entry["reason"].as_str()), (Some("warned"), Some("2d")));
}

/// Takes the ledger's last entry away.
fn forget_the_last_entry(place: &SweepPlace, name: &str) {
    let number = place.entries(name).len();
    let path = format!("state/.stackstep/ledger/shop/{name}/{number:012}.json");
    std::fs::remove_file(place.scene.root().join(path)).unwrap();
}

#[test]
fn a_sweep_that_was_killed_behind_its_comment_has_no_second_one_after_it() {
    let (place, name) = with_end(&in_hours(40));
    place.reap("").ends_with(0);
    forget_the_last_entry(&place, &name);
    place.reap("").ends_with(0).says("its people were warned (2d)");
    assert!(place.fake.only().contains(&name));
    assert_eq!(place.entries(&name).pop().unwrap()["kind"], "warned");
}

#[test]
fn of_two_sweeps_that_comment_at_once_one_comment_stays() {
    let (place, name) = with_end(&in_hours(40));
    place.reap("").ends_with(0);
    forget_the_last_entry(&place, &name);
    let other = place.fake.memory().comments.remove(0);
    place.fake.then(
        Verb::Create,
        Act::Meanwhile(Box::new(move |memory| {
            memory.write(&other.author, &other.body);
        })),
    );
    place.reap("").ends_with(0);
    assert!(place.fake.only().contains(&name));
}

#[test]
fn a_person_who_writes_our_marker_keeps_nobody_from_being_warned() {
    let (place, name) = with_end(&in_hours(40));
    place.reap("").ends_with(0);
    forget_the_last_entry(&place, &name);
    place.fake.memory().comments[0].author = "ada".to_owned();
    place.reap("").ends_with(0);
    assert!(place.fake.only().contains(&name));
    assert_eq!(place.fake.memory().comments.len(), 2);
}

#[test]
fn a_time_that_is_over_without_a_warning_is_warned_of_first() {
    let (place, _) = with_end(LONG_AGO);
    place.reap("").ends_with(0).says("its people were warned (2h)").never_says("handed on");
    let (verdict, why) = place.verdict();
    assert_eq!((verdict.as_str(), why.as_str()), ("waits", "its people were warned a short time ago"));
}

#[test]
fn a_time_that_is_over_after_a_warning_ends_the_stack_of_an_open_change_request() {
    let (place, name) = with_end(LONG_AGO);
    place.entry(&name, "warned", &json!({ "expires": LONG_AGO, "reason": "2h" }));
    place.reap("").ends_with(0).says("its time to live is over; handed on");
}

#[test]
fn a_warning_of_the_end_that_the_label_makes_is_given_once() {
    let place = SweepPlace::swept(FILE);
    place.request(7, None);
    let name = place.deployed(7);
    place.entry(&name, "opened", &{
        let mut fields = place.opening(7);
        // Fourteen days later is in forty hours.
        fields["time"] = json!(instant(SystemTime::now() - Duration::from_secs((14 * 24 - 40) * HOUR)));
        fields["expires"] = json!(LONG_AGO);
        fields
    });
    place.fake.memory().pulls[0].labels = vec!["stackstep/keep".to_owned()];
    place.reap("").ends_with(0).says("its people were warned (2d)");
    place.reap("").ends_with(0).never_says("were warned");
    let end = place.lines("--dry-run")[0]["expires"].as_str().unwrap().to_owned();
    assert!(end > instant(SystemTime::now()), "the page shows the end that the label makes: {end}");
}

#[test]
fn the_label_keeps_a_stack_that_is_within_the_longest_time() {
    let place = SweepPlace::swept(FILE);
    place.request(7, None);
    let name = place.deployed(7);
    let opened = instant(SystemTime::now());
    place.entry(&name, "opened", &{
        let mut fields = place.opening(7);
        fields["time"] = json!(opened);
        fields["expires"] = json!(LONG_AGO);
        fields
    });
    place.entry(&name, "warned", &json!({ "expires": LONG_AGO, "reason": "2h" }));
    assert_eq!(place.verdict().0, "destroy");
    place.fake.memory().pulls[0].labels = vec!["stackstep/keep".to_owned()];
    assert_eq!(place.verdict().0, "kept");
}
