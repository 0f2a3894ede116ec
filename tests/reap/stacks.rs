//! Which stacks are destroyed.

use serde_json::{Value, json};

use super::place::{LONG_AGO, SweepPlace};
use crate::support::forge::{Act, Verb};

/// The section of a repository with review stacks.
const FILE: &str = "review: { from: staging }\n";

#[test]
fn the_stack_of_a_closed_change_request_is_handed_on_and_that_of_an_open_one_stays() {
    let place = SweepPlace::swept(FILE);
    let (closed, open) = (place.deployed(7), place.deployed(8));
    place.request(7, Some(LONG_AGO));
    place.request(8, None);
    let run = place.reap("--json").ends_with(0);
    let page: Value = serde_json::from_str(&run.stdout()).unwrap();
    let verdicts: Vec<(&str, &str)> = page["stacks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["stack"].as_str().unwrap(), line["verdict"].as_str().unwrap()))
        .collect();
    assert_eq!(verdicts, [(closed.as_str(), "destroy"), (open.as_str(), "kept")]);
    assert_eq!(page["stacks"][0]["done"], "handed on to a job of its own");
    assert_eq!((page["dry"].is_null(), page["brake"].is_null()), (true, true));
}

#[test]
fn the_list_of_a_github_job_is_an_output_for_a_matrix() {
    let place = SweepPlace::swept(FILE);
    let name = place.deployed(7);
    place.request(7, Some(LONG_AGO));
    let output = place.scene.root().join("github-output");
    std::fs::write(&output, "").unwrap();
    let place = SweepPlace {
        scene: place
            .scene
            .without("CI_REPO")
            .with("GITHUB_ACTIONS", "true")
            .with("GITHUB_REPOSITORY", "acme/shop")
            .with("GITHUB_REF", "refs/heads/main")
            .with("GITHUB_EVENT_NAME", "schedule")
            .with("GITHUB_OUTPUT", output.to_str().unwrap()),
        fake: place.fake,
    };
    place.reap("").ends_with(0);
    let written = std::fs::read_to_string(&output).unwrap();
    let expected =
        json!([{ "project": "shop", "cwd": ".", "stack": name, "review": true, "backend": place.backend() }]);
    let list = written.lines().find(|line| line.starts_with("[{")).unwrap_or_else(|| panic!("{written}"));
    assert_eq!(serde_json::from_str::<Value>(list).unwrap(), expected);
}

#[test]
fn the_first_sweep_only_says_what_it_would_do() {
    let place = SweepPlace::new(FILE);
    place.deployed(7);
    place.request(7, Some(LONG_AGO));
    let run = place.reap("").ends_with(0);
    run.says("its change request is closed")
        .says("nothing was done: it is the first sweep of this repository");
    place.reap("--dry-run").ends_with(0).says("nothing was done: `--dry-run` was given");
    place.reap("").ends_with(0).says("handed on to a job of its own");
}

#[test]
fn no_answer_and_no_change_request_leave_the_stack_alone() {
    let place = SweepPlace::swept(FILE);
    place.deployed(7);
    let (verdict, why) = place.verdict();
    assert_eq!(verdict, "unsure", "the forge has no such change request: {why}");
    place.request(7, Some(LONG_AGO));
    place.fake.then(Verb::ChangeRequest, Act::Refuse(403, "no permission"));
    let (verdict, why) = place.verdict();
    assert_eq!(verdict, "unsure", "the forge refuses to say it: {why}");
    assert_eq!(place.verdict().0, "destroy", "it answers again");
}

#[test]
fn a_sweep_that_is_unsure_ends_with_79() {
    let place = SweepPlace::swept(FILE);
    place.deployed(7);
    place.reap("").ends_with(79).says("unsure");
}

#[test]
fn a_stack_of_a_like_name_that_nothing_says_is_ours_is_foreign() {
    let place = SweepPlace::swept(FILE);
    place.request(7, Some(LONG_AGO));
    place.state("pr-7-0123abcd", 3);
    place.update("pr-7-0123abcd", "by hand");
    assert_eq!(place.verdict().0, "foreign");
    place.reap("").ends_with(0);
}

#[test]
fn a_new_stack_that_has_inherited_the_name_and_the_tag_is_left_alone() {
    let place = SweepPlace::swept(FILE);
    place.request(7, Some(LONG_AGO));
    let name = place.deployed(7);
    place.update(&name, "by hand");
    let (verdict, why) = place.verdict();
    assert_eq!(verdict, "unsure", "{why}");
}

#[test]
fn what_the_file_does_not_allow_is_not_even_looked_at() {
    let place = SweepPlace::swept("review: { from: staging }\nreapable: [\"preview-*\"]\n");
    place.request(7, Some(LONG_AGO));
    place.deployed(7);
    assert_eq!(place.lines("--dry-run"), Vec::<Value>::new());
}

#[test]
fn a_protected_stack_is_left_alone() {
    let place =
        SweepPlace::swept("review: { from: staging }\nstacks: { \"pr-*\": { approvals: { needed: 1 } } }\n");
    place.request(7, Some(LONG_AGO));
    place.deployed(7);
    let (verdict, why) = place.verdict();
    assert_eq!(verdict, "unsure");
    assert!(why.contains("`stacks.pr-*` has `approvals`"), "{why}");
}

#[test]
fn a_locked_stack_waits_for_the_next_sweep() {
    let place = SweepPlace::swept(FILE);
    place.request(7, Some(LONG_AGO));
    let name = place.deployed(7);
    let folder = place.scene.root().join("state/.pulumi/locks/organization/shop").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let lock = json!({ "pid": 7, "username": "ci", "hostname": "runner-1", "timestamp": LONG_AGO });
    std::fs::write(folder.join("1.json"), lock.to_string()).unwrap();
    let (verdict, why) = place.verdict();
    assert_eq!(verdict, "waits");
    assert!(why.contains("ci@runner-1"), "{why}");
}

#[test]
fn an_entry_that_can_not_be_read_leaves_the_stack_alone() {
    let place = SweepPlace::swept(FILE);
    place.request(7, Some(LONG_AGO));
    let name = place.deployed(7);
    place.entry(&name, "expiry", &json!({ "number": 9 }));
    assert_eq!(place.verdict().0, "unsure");
}

#[test]
fn a_sweep_that_would_destroy_too_many_destroys_none_and_opens_one_issue() {
    let place = SweepPlace::swept("review: { from: staging, max-destroys: 1 }\n");
    for number in [7, 8] {
        place.request(number, Some(LONG_AGO));
        place.deployed(number);
    }
    for _ in 0..2 {
        place.reap("").ends_with(80).says("2 stacks would be destroyed").never_says("handed on");
    }
    assert_eq!(place.fake.memory().issues.len(), 1);
    place.fake.memory().pulls.remove(1);
    place.reap("").ends_with(79).says("handed on");
}

#[test]
fn an_issue_about_the_brake_that_can_not_be_opened_ends_no_sweep() {
    let place = SweepPlace::swept("review: { from: staging, max-destroys: 1 }\n");
    for number in [7, 8] {
        place.request(number, Some(LONG_AGO));
        place.deployed(number);
    }
    place.fake.memory().refuses_issues = true;
    let run = place.reap("").ends_with(80);
    run.says("2 stacks would be destroyed")
        .says("not known: the issue about the brake")
        .never_says("handed on");
}

#[test]
fn the_first_sweep_of_a_second_repository_with_the_same_backend_is_dry_too() {
    let place = SweepPlace::swept(FILE);
    let other = SweepPlace::new(FILE);
    let other =
        SweepPlace { scene: other.scene.with("PULUMI_BACKEND_URL", &place.backend()), fake: other.fake };
    other.reap("").ends_with(0).says("it is the first sweep of this repository");
}

/// A place with a stack whose destruction has failed four times, and the stack's name.
fn failed_four_times() -> (SweepPlace, String) {
    let place = SweepPlace::swept(FILE);
    place.request(7, Some(LONG_AGO));
    let name = place.deployed(7);
    for _ in 0..4 {
        place.entry(&name, "destroy-failed", &json!({ "reason": "the bucket is not empty" }));
    }
    (place, name)
}

#[test]
fn a_destruction_that_failed_four_times_becomes_one_issue_with_the_clouds_sentence() {
    let (place, name) = failed_four_times();
    place.reap("").says("issue #1 is about it");
    place.reap("").never_says("is about it");
    let memory = place.fake.memory();
    assert_eq!(memory.issues.len(), 1);
    let body = &memory.issues[0].body;
    assert!(body.contains("the bucket is not empty") && body.contains("reap --forget"), "{body}");
    assert!(body.contains(&format!("stackstep review down --stack {name}")), "{body}");
}

#[test]
fn of_two_sweeps_that_open_an_issue_at_once_one_stays_and_is_known() {
    let (place, name) = failed_four_times();
    place.reap("").says("issue #1 is about it");
    // The other sweep has not written into the ledger yet, and opens its own right behind this one.
    let number = place.entries(&name).len();
    let last = format!("state/.stackstep/ledger/shop/{name}/{number:012}.json");
    std::fs::remove_file(place.scene.root().join(&last)).unwrap();
    let other = place.fake.memory().issues.remove(0);
    place.fake.memory().after_opening = Some(other);
    place.reap("").says("issue #1 is about it");
    let is_open: Vec<bool> =
        place.fake.memory().issues.iter().map(|issue| issue.closed_by.is_none()).collect();
    assert_eq!(is_open, [true, false]);
    assert_eq!(place.entries(&name).pop().unwrap()["issue"], 1);
    // A sweep that was killed before it knew of its issue is followed by no second one.
    std::fs::remove_file(place.scene.root().join(&last)).unwrap();
    place.reap("");
    assert_eq!(place.fake.memory().issues.len(), 2);
}

#[test]
fn a_destruction_that_fails_ends_with_80_and_the_sweep_goes_on() {
    let place = SweepPlace::swept(FILE);
    for number in [7, 8] {
        place.request(number, Some(LONG_AGO));
        place.deployed(number);
    }
    place.scene.write("destroy.env", "NOTHING=there\n");
    let run = place.reap("--destroy-env destroy.env").ends_with(80);
    assert_eq!(run.log().matches("it was not destroyed").count(), 2, "{}", run.log());
}

#[test]
fn a_change_requests_own_job_sweeps_nothing() {
    let place = SweepPlace::new(FILE);
    let scene = place.scene.with("CI_COMMIT_BRANCH", "feature");
    let run = scene.run("reap").ends_with(73);
    run.says("whose own code could say it");
}
