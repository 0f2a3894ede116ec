//! What keeps a comment from being written, and what is said about it.

use super::jobs::actions;
use super::repository::Pull;
use super::server::BOT;
use super::shown;
use crate::support::Run;

/// Fails if the token stands anywhere but where the runner is told to mask it.
#[track_caller]
fn is_unseen(token: &str, run: &Run) {
    let log = run.log();
    assert!(log.lines().all(|line| line.starts_with("::add-mask::") || !line.contains(token)), "{log}");
}

#[test]
#[ignore = "needs Gitea"]
fn a_closed_and_a_merged_pull_request_take_comments_too() {
    for end in [Pull::close as fn(&Pull), |pull| drop(pull.merge())] {
        let pull = Pull::open();
        actions(&pull, 1).run("preview").ends_with(0).says("commented");
        end(&pull);
        actions(&pull, 2).run("preview").ends_with(0).says("comment updated");
        pull.delete(&pull.only());
        actions(&pull, 3).run("preview").ends_with(0).says("commented");
        pull.only();
    }
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn a_required_comment_that_the_token_may_not_write_is_exit_status_72() {
    let pull = Pull::open();
    let token = pull.server.token(BOT, &["read:issue", "read:repository", "read:user"]);
    let scene = actions(&pull, 1).with("STACKSTEP_FORGE_TOKEN", &token);
    let scene = scene.with("STACKSTEP_COMMENT", "required");
    is_unseen(&token, &scene.run("up").ends_with(72).says("status 403").says("write:issue"));
    assert!(pull.ours().is_empty());
    let scene = scene.with("STACKSTEP_FORGE_TOKEN", &pull.server.bot);
    scene.run("up").ends_with(0).says("commented on pull request");
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn the_named_scopes_are_enough_for_a_comment_and_those_for_a_status_are_named() {
    let pull = Pull::open();
    let token = pull.server.token(BOT, &["write:issue", "read:repository", "read:user"]);
    let scene = actions(&pull, 1).with("STACKSTEP_FORGE_TOKEN", &token);
    scene.run("preview").ends_with(0).says("commented on pull request");
    let scene = scene.with("STACKSTEP_COMMIT_STATUS", "true").with("GITHUB_RUN_NUMBER", "2");
    scene.run("preview").ends_with(0).says("comment updated").says("write:repository");
    let token = pull.server.token(BOT, &["write:issue", "read:repository"]);
    let scene = scene.with("STACKSTEP_COMMIT_STATUS", "false").with("STACKSTEP_COMMENT_AUTHOR", BOT);
    let scene = scene.with("GITHUB_RUN_NUMBER", "3");
    scene.with("STACKSTEP_FORGE_TOKEN", &token).run("preview").ends_with(0).says("comment updated");
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn a_token_that_is_none_is_told_and_stays_unseen() {
    let pull = Pull::open();
    let token = "0123456789abcdef0123456789abcdef01234567";
    let scene = actions(&pull, 1).with("STACKSTEP_FORGE_TOKEN", token);
    is_unseen(token, &scene.run("preview").ends_with(0).says("status 401").says("write:issue"));
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn a_locked_conversation_is_told() {
    let pull = Pull::open();
    pull.lock();
    let stranger = &pull.server.person;
    let scene =
        actions(&pull, 1).with("STACKSTEP_FORGE_TOKEN", stranger).with("STACKSTEP_COMMENT", "required");
    scene.run("preview").ends_with(72).says("its conversation is locked");
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn a_pull_request_that_is_not_there_is_told() {
    let pull = Pull::open();
    let scene =
        actions(&pull, 1).with("STACKSTEP_CHANGE_REQUEST", "4711").with("STACKSTEP_COMMENT", "update");
    scene.run("preview").ends_with(0).says("status 404");
    assert!(pull.ours().is_empty());
    shown();
}
