//! A change from a fork: its own job writes a file, a job with rights posts it and believes nothing.

use serde_json::json;

use super::{HEAD, found, github, job, path, workflow_run, write};
use crate::support::Scene;
use crate::support::forge::{FACES, Fake, Pull, TOKEN};

/// The pull request of the tests, from a fork. Nobody finds it by its commit, as on GitHub.
fn of_fork(fake: &Fake) {
    fake.memory().pulls[0].fork = true;
    fake.memory().pulls[0].commits.clear();
}

#[test]
fn a_forks_result_is_posted_where_the_commit_says() {
    let fake = github();
    of_fork(&fake);
    // This repository has a branch of the same name, too.
    let own = Pull { number: 9, fork: false, head: "0".repeat(40), ..fake.memory().pulls[0].clone() };
    fake.memory().pulls.push(own);
    let scene = workflow_run(&fake, "bob/shop");
    let mut report = found("dev", "preview-replace-delete");
    report.permalink = Some("https://evil.example/".into());
    report.ci.as_mut().unwrap().build_url = Some("https://evil.example/".into());
    write(&scene, "result.json", &report);
    scene.run("run").ends_with(0).says("commented on pull request #7 (GitHub)");
    let body = fake.only();
    assert!(body.contains("fork's own code") && !body.contains("evil.example"), "{body}");
    assert!(body.contains("/acme/shop/actions/runs/42/attempts/1"), "the trusted run's page: {body}");
    assert!(!scene.github_outputs().contains_key("token"), "no stack output is handed on");
    assert_eq!(scene.github_outputs()["outputs"], "{}");
}

#[test]
fn a_pull_request_that_has_moved_on_gets_no_comment() {
    let fake = github();
    of_fork(&fake);
    "1".repeat(40).clone_into(&mut fake.memory().pulls[0].head);
    let scene = workflow_run(&fake, "bob/shop");
    write(&scene, "result.json", &found("dev", "preview-create"));
    scene.run("run").ends_with(0).says("no open change request has this commit");
    assert!(fake.memory().comments.is_empty());
}

#[test]
fn a_result_of_another_commit_or_repository_is_refused() {
    for (change, words) in [
        (json!({ "commit": "1".repeat(40) }), "is of commit `1111"),
        (json!({ "commit": null }), "does not say which commit"),
        (json!({ "repository": "acme/other" }), "is of the repository `acme/other`"),
        (json!({ "repository": null }), "does not say which repository"),
    ] {
        let fake = github();
        of_fork(&fake);
        let scene = workflow_run(&fake, "bob/shop").input("report-file", "report.html");
        let mut result = serde_json::to_value(found("dev", "preview-create")).unwrap();
        for (name, value) in change.as_object().unwrap() {
            result[name] = value.clone();
        }
        scene.write("result.json", &result.to_string());
        scene.run("run").ends_with(73).says(words);
        assert!(fake.server.received().is_empty());
        assert!(!path(&scene, "report.html").exists());
    }
}

#[test]
fn a_number_in_the_file_means_nothing() {
    let fake = github();
    of_fork(&fake);
    let other = Pull { number: 8, ..fake.memory().pulls[0].clone() };
    fake.memory().pulls.push(Pull { head: "2".repeat(40), ..other });
    let scene = workflow_run(&fake, "bob/shop");
    let mut result = serde_json::to_value(found("dev", "preview-create")).unwrap();
    for name in ["change_request", "change-request", "number"] {
        result[name] = json!(8);
    }
    scene.write("result.json", &result.to_string());
    scene.run("run").ends_with(0).says("commented on pull request #7");
}

#[test]
fn a_strangers_result_sets_no_status_and_records_no_deployment() {
    for (name, value) in [("commit-status", "true"), ("environment", "production")] {
        let fake = github();
        of_fork(&fake);
        let scene = workflow_run(&fake, "bob/shop").input(name, value);
        write(&scene, "result.json", &found("dev", "up-create"));
        scene.run("run").ends_with(73).says(&format!("`{name}` is refused"));
        assert!(fake.server.received().is_empty());
    }
}

#[test]
fn an_event_log_of_a_fork_is_refused() {
    let fake = github();
    of_fork(&fake);
    let scene = workflow_run(&fake, "bob/shop").without("INPUT_RESULTS").input("event-log", "events.jsonl");
    let log = crate::support::fixture("recordings/preview-create/events.jsonl");
    scene.write("events.jsonl", &std::fs::read_to_string(log).unwrap());
    scene.run("run").ends_with(73).says("is an event log");
}

#[test]
fn a_template_is_not_used_for_a_fork() {
    let fake = github();
    of_fork(&fake);
    let scene = workflow_run(&fake, "bob/shop").input("comment-template", "template.md");
    scene.write("template.md", "## mine");
    write(&scene, "result.json", &found("dev", "preview-create"));
    scene.run("run").ends_with(0).says("`comment-template` is not used");
    assert!(!fake.only().contains("mine"));
}

/// A job of the target's own branch, which is told the number and nothing else.
fn told_the_number(fake: &Fake) -> Scene {
    job(fake)
        .with("CI_COMMIT_SHA", &"3".repeat(40))
        .with("CI_COMMIT_BRANCH", "main")
        .with("STACKSTEP_CHANGE_REQUEST", "7")
        .with("STACKSTEP_COMMENT", "update")
}

#[test]
fn the_forge_says_which_commit_a_named_change_request_is_at() {
    for face in FACES {
        for fork in [false, true] {
            let fake = Fake::start(*face);
            fake.memory().pulls[0].fork = fork;
            let scene = told_the_number(&fake);
            write(&scene, "result.json", &found("dev", "preview-create"));
            scene.run("report result.json").ends_with(0).says("commented on ");
            let body = fake.only();
            assert_eq!(body.contains("fork's own code"), fork, "{}: {body}", face.name());
            let mut report = found("dev", "preview-create");
            report.commit = Some("3".repeat(40));
            write(&scene, "result.json", &report);
            // The job's own commit is no proof of a stranger's.
            scene.run("report result.json").ends_with(if fork { 73 } else { 0 });
        }
    }
}

#[test]
fn without_a_token_nobody_can_say_whose_change_it_is() {
    let fake = github();
    let scene = told_the_number(&fake).without("STACKSTEP_FORGE_TOKEN");
    write(&scene, "result.json", &found("dev", "preview-create"));
    scene.run("report result.json").ends_with(72).says("nothing is published").says("STACKSTEP_FORGE_TOKEN");
}

#[test]
fn an_older_run_that_ends_later_does_not_replace_a_newer_one() {
    let fake = github();
    let scene = workflow_run(&fake, "acme/shop");
    write(&scene, "result.json", &found("dev", "preview-create"));
    scene.run("run").ends_with(0);
    let event = scene.root().join("event.json");
    let older = std::fs::read_to_string(&event).unwrap().replace("\"id\":41", "\"id\":40");
    std::fs::write(&event, older).unwrap();
    write(&scene, "result.json", &found("dev", "preview-update"));
    scene.with("GITHUB_RUN_ID", "43").run("run").ends_with(0).says("a later run has commented");
}

#[test]
fn a_preview_that_a_fork_could_not_make_is_told() {
    let fake = github();
    of_fork(&fake);
    let scene = workflow_run(&fake, "bob/shop");
    let mut report = found("dev", "preview-create");
    report.status = stackstep::report::Status::Skipped;
    report.reason = Some(stackstep::report::Reason::Untrusted);
    report.message = Some("no credentials".into());
    write(&scene, "result.json", &report);
    scene.run("run").ends_with(0).says("commented on pull request #7");
    assert!(fake.only().contains("skipped"));
    assert!(!fake.only().contains(TOKEN) && fake.only().contains(&HEAD[..10]));
}
