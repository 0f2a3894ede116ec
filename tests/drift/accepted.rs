//! `stackstep accept --drift`: people live with drift for a time.

use super::{LARGER, LARGEST, Looked};
use crate::support::Run;

fn accept(looked: &Looked, more: &[&str]) -> Run {
    let line =
        ["accept", "-C", "infra/shop", "--stack", "staging", "--drift", "--reason", "a test of the size"];
    looked.repository.scene.run_args(&[&line[..], more].concat())
}

#[test]
fn it_fails_nothing_and_closes_the_issue_until_the_day_is_over() {
    let (looked, fake) = Looked::new().finding(LARGER).on("gitlab");
    let looked = looked.with("GITLAB_USER_LOGIN", "ann");
    looked.look("--fail-on-drift").ends_with(7);
    accept(&looked, &["--until", "2099-12-31"]).ends_with(0).says("is accepted until 2100-01-01T00:00:00Z");
    let run = looked.look("--fail-on-drift").ends_with(0);
    run.says("this drift is accepted until 2100-01-01T00:00:00Z by `ann`: a test of the size")
        .says("issue #1 is closed: the drift is accepted");
    assert_eq!(looked.output(), "true", "it is there all the same");
    assert_eq!(looked.result()["drift"]["accepted"]["by"], "ann");
    let comment = fake.memory().issues[0].comments[0].clone();
    assert!(comment.contains("by `ann`: `a test of the size`"), "{comment}");

    let kinds = looked.kinds();
    let at = kinds.iter().position(|kind| kind == "drift-accepted").unwrap() + 1;
    let path = looked.path(&format!("state/.stackstep/ledger/shop/staging/{at:012}.json"));
    let mut entry = crate::support::json(&path);
    entry["expires"] = "2026-01-01T00:00:00Z".into();
    std::fs::write(path, entry.to_string()).unwrap();
    looked.look("--fail-on-drift").ends_with(7).says("issue #1 is open again");
}

#[test]
fn another_drift_is_not_accepted_with_it() {
    let looked = Looked::new().finding(LARGER);
    looked.look("").ends_with(0);
    accept(&looked, &["--until", "2099-12-31"]).ends_with(0);
    looked.finding(LARGEST).look("--fail-on-drift").ends_with(7);
}

#[test]
fn only_drift_that_was_found_is_accepted_and_only_for_a_time_to_come() {
    let looked = Looked::new();
    accept(&looked, &["--until", "2099-12-31"]).ends_with(73).says("nobody has looked for drift");
    looked.look("").ends_with(0);
    accept(&looked, &["--until", "2099-12-31"]).ends_with(73).says("has found no drift");
    accept(&looked, &["--until", "2020-12-31"]).ends_with(2).says("is over");
    accept(&looked, &[]).ends_with(2).says("--until");
    accept(&looked, &["--until", "2099-12-31", "--as-deployed"]).ends_with(2);
}
