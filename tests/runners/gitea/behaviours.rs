//! What becomes of the comment from run to run.

use stackstep::publish::comment::{Marker, Mode, Posted, aggregate};

use super::jobs::actions;
use super::posted::post;
use super::repository::Pull;
use super::shown;
use crate::posts::recorded;
use crate::support::Scene;

/// Makes the preview say something else than before.
fn changed(scene: Scene) -> Scene {
    scene.edit("${greeting} world", "${greeting} moon");
    scene
}

/// Makes the preview fail.
fn broken(scene: Scene) -> Scene {
    scene.edit("${greeting} world", "${nope} world");
    scene
}

#[test]
#[ignore = "needs Gitea"]
fn the_first_run_comments_and_the_next_one_edits_among_more_than_sixty_comments() {
    let pull = Pull::open();
    for number in 0..65 {
        pull.write(&pull.server.person, &format!("comment {number}"));
    }
    actions(&pull, 1).run("preview").ends_with(0).says("commented on pull request");
    let first = pull.only();
    assert!(first.body.contains("Preview of `hello/dev`"), "{}", first.body);
    for number in 0..65 {
        pull.write(&pull.server.person, &format!("answer {number}"));
    }
    changed(actions(&pull, 2)).run("preview").ends_with(0).says("comment updated");
    let second = pull.only();
    assert_eq!(first.id, second.id);
    assert_eq!(Marker::read(&second.body).unwrap().stamp.run, Some(2));
    assert_eq!(pull.comments().len(), 131);
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn a_new_comment_takes_the_old_one_away() {
    let pull = Pull::open();
    let mut ids = Vec::new();
    for run in 1..4 {
        actions(&pull, run).with("STACKSTEP_COMMENT", "new").run("preview").ends_with(0).says("commented");
        ids.push(pull.only().id);
    }
    assert!(ids[0] < ids[1] && ids[1] < ids[2], "{ids:?}");
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn appending_leaves_all_as_it_is() {
    let pull = Pull::open();
    for run in 1..4 {
        actions(&pull, run).with("STACKSTEP_COMMENT", "append").run("preview").ends_with(0);
        assert_eq!(pull.ours().len(), usize::try_from(run).unwrap());
    }
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn comments_can_be_switched_off() {
    let pull = Pull::open();
    actions(&pull, 1).with("STACKSTEP_COMMENT", "off").run("preview").ends_with(0).never_says("comment:");
    assert!(pull.ours().is_empty());
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn there_is_a_comment_only_when_it_is_wanted() {
    let pull = Pull::open();
    let same = actions(&pull, 1);
    same.run("up").ends_with(0);
    pull.delete(&pull.only());
    let same = same.with("STACKSTEP_COMMENT_WHEN", "changes");
    same.run("preview").ends_with(0).says("nothing to comment");
    let failure = actions(&pull, 2).with("STACKSTEP_COMMENT_WHEN", "failure");
    failure.run("preview").ends_with(0).says("nothing to comment");
    assert!(pull.ours().is_empty());
    broken(failure).run("preview").says("commented on pull request");
    assert!(pull.only().body.contains("failed"), "{}", pull.only().body);
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn a_stale_comment_says_that_there_are_no_changes_any_more() {
    let pull = Pull::open();
    let scene = actions(&pull, 1).with("STACKSTEP_COMMENT_WHEN", "changes");
    scene.run("preview").ends_with(0).says("commented");
    let before = pull.only();
    // The change is taken back: what was to be created is there.
    scene.run("up").ends_with(0);
    let scene = scene.with("GITHUB_RUN_NUMBER", "2");
    scene.run("preview").ends_with(0).says("comment updated");
    let ours = pull.ours();
    let after = ours.iter().find(|comment| comment.id == before.id).unwrap();
    assert!(after.body.contains("there are none any more"), "{}", after.body);
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn two_writers_at_the_same_time_end_with_one_comment() {
    for round in 0..3 {
        let pull = Pull::open();
        let scenes: Vec<Scene> = (1..4).map(|run| actions(&pull, run)).collect();
        let running: Vec<_> = scenes.iter().map(|scene| scene.start("preview")).collect();
        for child in running {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        let run = Marker::read(&pull.only().body).unwrap().stamp.run;
        assert_eq!(run, Some(3), "round {round}: the latest run's stays");
    }
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn an_older_run_never_replaces_what_a_newer_one_said() {
    let pull = Pull::open();
    actions(&pull, 7).run("preview").ends_with(0).says("commented");
    let newer = pull.only();
    for mode in ["update", "new"] {
        let older = changed(actions(&pull, 6)).with("STACKSTEP_COMMENT", mode);
        older.run("preview").ends_with(0).says("no comment: a later run has commented");
        assert_eq!(pull.only(), newer);
    }
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn a_marker_that_a_person_copied_is_not_ours() {
    let pull = Pull::open();
    actions(&pull, 1).run("preview").ends_with(0);
    let ours = pull.only();
    pull.delete(&ours);
    pull.write(&pull.server.person, &ours.body);
    changed(actions(&pull, 2)).run("preview").ends_with(0).says("commented on pull request");
    let comments = pull.comments();
    assert_eq!(comments.len(), 2);
    assert_eq!(comments[0].body, ours.body, "the person's comment is as it was");
    assert_ne!(pull.only().body, ours.body);
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn a_comment_that_a_person_deleted_is_written_anew() {
    let pull = Pull::open();
    actions(&pull, 1).run("preview").ends_with(0);
    let first = pull.only();
    pull.delete(&first);
    actions(&pull, 2).run("preview").ends_with(0).says("commented on pull request");
    assert!(pull.only().id > first.id);
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn several_stacks_share_one_comment_and_a_run_replaces_its_own_part() {
    let pull = Pull::open();
    let stack = |name: &str, run| {
        let scene = actions(&pull, run).with("STACKSTEP_STACK", name);
        scene.with("STACKSTEP_COMMENT", "aggregate")
    };
    for name in ["dev", "prod", "test"] {
        stack(name, 1).run("preview").ends_with(0);
    }
    let parts = aggregate::parts(&pull.only().body);
    assert_eq!(parts.len(), 3, "{}", pull.only().body);
    broken(stack("prod", 2)).run("preview").says("comment updated");
    let body = pull.only().body;
    assert!(body.contains("3 stacks: 1 failed, 2 with changes"), "{body}");
    let after = aggregate::parts(&body);
    assert_eq!((&parts[0], &parts[2]), (&after[0], &after[2]), "the others' parts stay");
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn several_stacks_that_report_at_the_same_time_are_all_in_the_comment() {
    let pull = Pull::open();
    actions(&pull, 1).with("STACKSTEP_COMMENT", "aggregate").run("preview").ends_with(0);
    let scenes = ["eu", "us"]
        .map(|stack| actions(&pull, 1).with("STACKSTEP_COMMENT", "aggregate").with("STACKSTEP_STACK", stack));
    let running = scenes.each_ref().map(|scene| scene.start("preview"));
    for child in running {
        assert!(child.wait_with_output().unwrap().status.success());
    }
    assert_eq!(aggregate::parts(&pull.only().body).len(), 3, "{}", pull.only().body);
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn the_same_report_again_is_not_written_again() {
    let report = recorded("preview-replace-delete");
    for (mode, looks) in [(Mode::Update, 1), (Mode::Aggregate, 2)] {
        let pull = Pull::open();
        for _ in 0..98 {
            pull.write(&pull.server.person, "a comment");
        }
        assert_eq!(post(&pull, &report, mode, 1).0, Posted::Created);
        assert_eq!(post(&pull, &report, mode, 1), (Posted::Unchanged, looks), "{mode:?}");
        let (done, calls) = post(&pull, &report, mode, 2);
        assert_eq!(done, Posted::Updated, "{mode:?}");
        assert!(calls <= 3 || mode == Mode::Aggregate, "an update among a hundred comments: {calls} calls");
    }
    shown();
}
