//! `/stackstep approve`: it counts as an approving review of what the comment with the preview shows.

use super::talk::Talk;
use crate::support::forge::State;
use crate::support::forge::reads::{Kept, Verdict};

const ON: &str = "comment-commands: {}\n";

const ENTRY: &str = "stacks: { staging: { unreviewed: refuse, approvals: { needed: 1 } } }\n";

/// A change that a comment has previewed.
fn previewed() -> Talk {
    let talk = Talk::new(&format!("{ON}{ENTRY}"));
    talk.comment("tim", "/stackstep preview").ends_with(0);
    talk
}

/// The job of the default branch after the merge.
fn merged(talk: Talk) -> Talk {
    talk.repository.git(&["merge", "-q", "--ff-only", &talk.head]);
    talk.repository.push("main");
    talk.repository.git(&["fetch", "-q", "origin"]);
    let main = talk.repository.head();
    {
        let mut memory = talk.fake.memory();
        memory.pulls[0].state = State::Merged;
        memory.pulls[0].merge_commit = Some(main.clone());
        memory.pulls[0].commits = vec![main.clone()];
        let before = memory.shown.branches[0].1.clone();
        memory.shown.commits = vec![(before.clone(), Vec::new()), (main.clone(), vec![before])];
        memory.shown.branches = vec![("main".to_owned(), main.clone())];
        memory.shown.pushes = vec![("2026-11-01T09:00:00Z".to_owned(), talk.head.clone())];
    }
    talk.with("CI_COMMIT_SHA", &main).with("CI_PIPELINE_SOURCE", "push")
}

const UP: &str = "up -C infra/shop --stack staging";

#[test]
fn what_is_approved_is_deployed_and_once() {
    let talk = previewed();
    let run = talk.comment("ann", "/stackstep approve").ends_with(0);
    run.says("is approved by `ann`");
    let entry = talk.entry(1);
    assert_eq!((entry["kind"].as_str(), entry["actor"].as_str()), (Some("approved"), Some("ann")));
    assert_eq!(entry["commit"].as_str(), Some(talk.head.as_str()));
    assert_eq!(
        (&entry["change_requests"], &entry["approvers"][0]["by"]),
        (&serde_json::json!([7]), &"comment".into())
    );
    let talk = merged(talk);
    talk.repository.scene.run(UP).ends_with(0).says("approved by `ann` on merge request !7").says("Deployed");
    let reserved = talk.entry(2);
    assert_eq!(reserved["approvers"][0]["by"].as_str(), Some("comment"));
}

#[test]
fn without_it_an_approval_is_missing() {
    let talk = merged(previewed());
    talk.repository.scene.run(UP).ends_with(75).says("an approval is missing").never_says("Deployed");
}

#[test]
fn a_person_counts_once_whether_they_review_or_comment() {
    let talk = Talk::new(&format!(
        "{ON}stacks: {{ staging: {{ unreviewed: refuse, approvals: {{ needed: 2 }} }} }}\n"
    ));
    talk.comment("tim", "/stackstep preview").ends_with(0);
    talk.comment("ann", "/stackstep approve").ends_with(0);
    let talk = merged(talk);
    let review = |who: &str| Kept {
        who: who.to_owned(),
        verdict: Verdict::Approved,
        at: "2026-11-21T23:00:00Z".to_owned(),
        head: talk.head.clone(),
        writes: true,
    };
    talk.fake.memory().shown.reviews = vec![review("ann")];
    talk.repository.scene.run(UP).ends_with(75).says("1 of 2");
    talk.fake.memory().shown.reviews = vec![review("bob")];
    talk.repository.scene.run(UP).ends_with(0).says("approved by `ann`").says("approved by `bob`");
}

#[test]
fn nobody_approves_their_own_change() {
    let talk = previewed();
    talk.comment("ada", "/stackstep approve").ends_with(73).says("nobody may `approve` their own change");
    assert!(talk.kinds().is_empty());
}

#[test]
fn who_is_named_and_may_not_write_approves_nothing() {
    let talk = Talk::new("comment-commands: { approve: [rob] }\n");
    talk.comment("tim", "/stackstep preview").ends_with(0);
    talk.comment("rob", "/stackstep approve").ends_with(73).says("`approve` takes the permission `write`");
}

#[test]
fn what_no_comment_shows_is_not_approved() {
    let talk = Talk::new(&format!("{ON}{ENTRY}"));
    talk.comment("ann", "/stackstep approve").ends_with(73).says("shows a preview of a stack");
    let talk = previewed();
    let run = talk.comment("ann", "/stackstep approve shop/prod").ends_with(73);
    run.says("shows a preview of `shop/prod`");
}

#[test]
fn a_head_that_has_moved_is_not_approved() {
    let mut talk = previewed();
    talk.moves(3);
    talk.comment("ann", "/stackstep approve").ends_with(73).says("the preview of `shop/staging` is of");
    assert!(talk.kinds().is_empty());
}

#[test]
fn a_preview_that_is_newer_than_the_approval_is_not_approved() {
    let talk = previewed();
    let id = talk.says("ann", "/stackstep approve");
    let talk = talk.in_job("2");
    talk.comment("tim", "/stackstep preview").ends_with(0);
    talk.job(id, "/stackstep approve").ends_with(73).says("was shown after the approval was written");
}

#[test]
fn an_approval_does_not_count_for_what_was_previewed_after_it() {
    let talk = previewed();
    talk.comment("ann", "/stackstep approve").ends_with(0);
    let talk = talk.in_job("2");
    talk.comment("tim", "/stackstep preview").ends_with(0);
    let talk = merged(talk);
    let run = talk.repository.scene.run(UP).ends_with(75);
    run.says("before the preview was shown").never_says("Deployed");
}

#[test]
fn who_requests_changes_after_their_approval_blocks() {
    let talk = previewed();
    talk.comment("ann", "/stackstep approve").ends_with(0);
    let talk = merged(talk);
    let review = Kept {
        who: "ann".to_owned(),
        verdict: Verdict::Changes,
        at: "2026-11-21T23:00:00Z".to_owned(),
        head: talk.head.clone(),
        writes: true,
    };
    talk.fake.memory().shown.reviews = vec![review];
    talk.repository.scene.run(UP).ends_with(75).never_says("Deployed");
}
