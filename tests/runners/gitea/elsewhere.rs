//! Jobs that have to find their pull request, of CI systems that know nothing of Gitea; the commit's status.

use super::jobs::{actions, actions_on_main, jenkins, of_commit, woodpecker, woodpecker_push};
use super::repository::{BRANCH, Pull};
use super::shown;

#[test]
#[ignore = "needs Gitea"]
fn foreign_ci_systems_comment_by_forge_and_forge_url() {
    for job in [woodpecker, jenkins] {
        let pull = Pull::open();
        let said = format!("commented on pull request #{} (Gitea or Forgejo)", pull.number);
        job(&pull).run("preview").ends_with(0).says(&said);
        pull.only();
    }
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn jenkins_finds_the_forge_by_the_checkouts_address() {
    let pull = Pull::open();
    let scene = jenkins(&pull).without("STACKSTEP_FORGE_URL");
    scene.run("preview").ends_with(0).says("commented on pull request");
    pull.only();
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn a_push_finds_its_pull_request_by_branch() {
    let pull = Pull::open();
    woodpecker_push(&pull, BRANCH).run("preview").ends_with(0).says("commented on pull request");
    pull.only();
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn a_push_finds_its_pull_request_by_the_head_commit() {
    let pull = Pull::open();
    of_commit(&pull).run("preview").ends_with(0).says("commented on pull request");
    pull.only();
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn a_push_without_a_pull_request_is_told() {
    let pull = Pull::open();
    pull.close();
    let run = woodpecker_push(&pull, BRANCH).run("preview").ends_with(0);
    run.says("no comment: no open change request has this commit");
    assert!(pull.ours().is_empty());
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn a_deployment_is_posted_on_the_pull_request_just_merged() {
    let pull = Pull::open();
    let commit = pull.merge();
    let scene = actions_on_main(&pull, &commit).with("STACKSTEP_COMMENT_MERGED", "true");
    scene.run("up").ends_with(0).says("commented on pull request");
    assert!(pull.only().body.contains("Deployed `hello/dev`"), "{}", pull.only().body);
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn the_commits_status_is_set_and_follows_the_run() {
    let pull = Pull::open();
    let scene = actions(&pull, 1).with("STACKSTEP_COMMIT_STATUS", "true");
    scene.run("preview").ends_with(0).says("commit status set");
    scene.edit("${greeting} world", "${nope} world");
    scene.run("preview");
    let statuses = pull.statuses();
    let states: Vec<&str> = statuses.iter().map(|one| one["status"].as_str().unwrap()).collect();
    assert!(states.contains(&"success") && states.contains(&"failure"), "{statuses:#?}");
    let name = "stackstep / hello / dev (file://./state)";
    assert!(statuses.iter().all(|one| one["context"] == name), "{statuses:#?}");
    assert!(statuses.iter().all(|one| one["target_url"].as_str().unwrap().starts_with(&pull.server.url)));
    shown();
}
