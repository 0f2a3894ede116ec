//! `run-on: deployments`: the operation is a deployment at the service, and the report is the one of a run in the job.

use serde_json::{Value, json};

use super::{Shop, TOKEN};
#[cfg(unix)]
use crate::support::scripted::{end, signal};
use crate::support::server::Reply;
use crate::support::{Run, fixture, json as json_of};

const COMMIT: &str = "2d5a1c0e9f3b4a6d8c7e5f1a2b3c4d5e6f708192";

/// The events that the real CLI has written.
fn recorded(name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(fixture("recordings").join(name).join("events.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A push to the main branch of GitHub, whose stack has settings.
fn shop() -> Shop {
    let mut shop = Shop::new("");
    shop.scene = shop.scene.on_github().without("STACKSTEP_ENGINE");
    let shop = shop.has(json!({ "sourceContext": { "git": { "repoUrl": "https://github.com/acme/shop.git", "branch": "main" } } }));
    let mut kept = shop.kept();
    let queue = &mut kept.queue;
    queue.events.insert("preview", recorded("preview-update"));
    queue.events.insert("update", recorded("up-update"));
    queue.log = [
        "# Get source",
        "Cloning",
        "# pulumi update",
        "View Live: https://app.pulumi.com/acme/shop/prod/updates/18",
    ]
    .map(str::to_owned)
    .to_vec();
    drop(kept);
    shop
}

impl Shop {
    fn deploys(&self, line: &str) -> Run {
        self.scene.run(&format!("{line} --stack acme/shop/prod --run-on deployments"))
    }

    /// The operations that the service was asked for.
    fn asked(&self) -> Vec<String> {
        let kept = self.kept();
        kept.queue.made.iter().map(|made| made.asked["operation"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn an_up_is_previewed_and_deployed_and_its_report_is_made_of_the_updates_own_events() {
    let shop = shop();
    let run = shop.deploys("up").ends_with(0);
    assert_eq!(shop.asked(), ["preview", "update"]);
    let result = json_of(shop.scene.result_file("up"));
    assert_eq!(result["changes"], json!({ "same": 1, "update": 6 }), "{}", run.log());
    assert_eq!(result["status"], "succeeded");
    assert_eq!(result["outputs"]["arn"], "arn:w5");
    assert_eq!(result["permalink"], "https://app.pulumi.com/acme/shop/prod/updates/18");
    run.says("deployment #2 (update): https://app.pulumi.com/acme/shop/prod/deployments/2").says("Cloning");
}

#[test]
fn a_deployment_is_asked_for_with_the_jobs_commit_and_inherits_the_rest() {
    let shop = shop();
    shop.deploys("preview").ends_with(0);
    let asked = shop.kept().queue.made[0].asked.clone();
    assert_eq!(asked["sourceContext"], json!({ "git": { "branch": null, "commit": COMMIT } }));
    assert_eq!(asked["inheritSettings"], true);
    let variables = asked["operationContext"]["environmentVariables"].as_object().unwrap();
    assert_eq!(variables.keys().collect::<Vec<_>>(), ["STACKSTEP_RUN"]);
    assert!(variables["STACKSTEP_RUN"].as_str().unwrap().contains("42"), "{variables:?}");
}

#[test]
fn no_pulumi_cli_is_needed_in_the_job() {
    let mut shop = shop();
    shop.scene = shop.scene.with("PATH", "/nowhere");
    shop.kept().queue.events.insert("refresh", recorded("refresh"));
    shop.deploys("refresh").ends_with(0).says("Pulumi Deployments at");
}

#[test]
fn a_success_without_events_is_no_success_without_changes() {
    let shop = shop();
    shop.kept().queue.events.clear();
    shop.deploys("preview").ends_with(79);
    let result = json_of(shop.scene.result_file("preview"));
    assert_eq!(result["changes"], Value::Null);
}

#[test]
fn each_end_but_success_fails_the_step() {
    for (ends, says) in [("failed", "deployment #1 has failed"), ("skipped", "has skipped deployment #1")] {
        let shop = shop();
        shop.kept().queue.ends = ends;
        shop.kept().queue.events.clear();
        let run = shop.deploys("preview");
        assert_ne!(run.status(), 0, "{ends}");
        run.says(says);
        assert_ne!(json_of(shop.scene.result_file("preview"))["status"], "succeeded");
    }
}

#[test]
fn an_update_is_not_begun_after_a_preview_that_failed() {
    let shop = shop();
    shop.kept().queue.ends = "failed";
    shop.kept().queue.events.insert("preview", recorded("preview-program-error"));
    let run = shop.deploys("up");
    assert_ne!(run.status(), 0);
    assert_eq!(shop.asked(), ["preview"]);
}

#[test]
fn a_request_without_an_answer_is_found_again_and_not_sent_twice() {
    let shop = shop();
    shop.kept().queue.lost = 1;
    shop.deploys("up --skip-preview").ends_with(0).says("it is looked for");
    assert_eq!(shop.asked(), ["update"]);
}

#[test]
fn a_request_that_may_have_been_carried_out_is_never_sent_twice() {
    for status in [500, 503] {
        let shop = shop();
        shop.kept().instead.push_back((
            "POST",
            "/deployments",
            Reply::json(status, &json!({ "message": "busy" })),
        ));
        shop.deploys("up --skip-preview").ends_with(79).says("whether the deployment was begun is not known");
        assert_eq!(shop.asked(), Vec::<String>::new());
        let posts = shop.server.received();
        let posts = posts.iter().filter(|it| it.method == "POST" && it.target.ends_with("/deployments"));
        assert_eq!(posts.count(), 1, "{status}");
    }
}

#[test]
fn a_request_that_comes_too_early_is_sent_again() {
    let shop = shop();
    shop.kept().instead.push_back(("POST", "/deployments", Reply::again(429)));
    shop.deploys("preview").ends_with(0);
    assert_eq!(shop.asked(), ["preview"]);
}

#[test]
fn the_job_that_is_started_once_more_waits_for_the_deployment_of_the_first_one() {
    let mut shop = shop();
    shop.kept().queue.runs = None;
    shop.deploys("up --skip-preview --wait-timeout 1s").ends_with(70).says("still running");
    shop.kept().queue.made[0].fixed = Some("succeeded");
    shop.scene = shop.scene.with("GITHUB_RUN_ATTEMPT", "2");
    shop.deploys("up --skip-preview").ends_with(0).says("has begun deployment #1");
    assert_eq!(shop.asked(), ["update"]);
}

#[test]
fn what_was_deployed_before_something_else_is_deployed_anew() {
    let mut shop = shop();
    // A CI system that counts no attempts.
    shop.scene = shop.scene.without("GITHUB_RUN_ATTEMPT");
    shop.kept().queue.events.insert("destroy", recorded("destroy"));
    for line in ["up --skip-preview", "destroy", "up --skip-preview"] {
        shop.deploys(line).ends_with(0);
    }
    assert_eq!(shop.asked(), ["update", "destroy", "update"]);
}

#[test]
fn the_commit_is_the_one_whose_files_lie_here() {
    for (head, event, commit) in [
        (
            "1111111111111111111111111111111111111111",
            "push",
            Some("1111111111111111111111111111111111111111"),
        ),
        (COMMIT, "push", Some(COMMIT)),
    ] {
        let mut shop = shop();
        shop.scene.write(".git/HEAD", head);
        shop.scene = shop.scene.with("GITHUB_EVENT_NAME", event);
        shop.deploys("preview").ends_with(0);
        let asked = shop.kept().queue.made[0].asked["sourceContext"]["git"]["commit"].clone();
        assert_eq!(asked.as_str(), commit);
    }
}

#[test]
fn a_destroy_that_rules_are_for_is_refused_as_it_has_no_preview() {
    let shop = shop();
    shop.deploys("destroy --max-deletes 1").ends_with(2).says("has no preview");
    assert_eq!(shop.asked(), Vec::<String>::new());
}

#[test]
fn another_run_of_the_same_commit_deploys_anew() {
    let mut shop = shop();
    shop.deploys("up --skip-preview").ends_with(0);
    shop.scene = shop.scene.with("GITHUB_RUN_ID", "43");
    shop.deploys("up --skip-preview").ends_with(0);
    assert_eq!(shop.asked(), ["update", "update"]);
}

#[test]
fn a_job_that_is_started_once_more_after_a_failure_deploys_anew() {
    let mut shop = shop();
    shop.kept().queue.ends = "failed";
    assert_ne!(shop.deploys("up --skip-preview").status(), 0);
    shop.kept().queue.ends = "succeeded";
    shop.scene = shop.scene.with("GITHUB_RUN_ATTEMPT", "2");
    shop.deploys("up --skip-preview").ends_with(0);
    assert_eq!(shop.asked(), ["update", "update"]);
}

#[test]
fn a_wait_that_is_too_long_ends_with_what_is_still_queued_and_cancels_nothing() {
    let shop = shop();
    shop.kept().queue.waits = None;
    shop.kept().queue.paused = true;
    let run = shop.deploys("preview --wait-timeout 1s").ends_with(70);
    run.says("still queued").says("not cancelled").says("paused for the organisation");
    assert!(!shop.kept().queue.made[0].cancelled);
}

#[test]
#[cfg(unix)]
fn a_job_that_is_cancelled_takes_what_waits_out_of_the_queue_and_lets_run_what_runs() {
    for (waits, flags, cancelled, says) in [
        (None, "", true, "taken out of the queue"),
        (Some(0), "", false, "runs on without this job"),
        (Some(0), "--cancel-running", true, "cancelled while it ran"),
    ] {
        let shop = shop();
        shop.kept().queue.waits = waits;
        shop.kept().queue.runs = None;
        let (looked, looks) = std::sync::mpsc::channel();
        shop.kept().queue.looked = Some(looked);
        let child = shop.scene.start(&format!("preview --stack acme/shop/prod --run-on deployments {flags}"));
        // The second look is answered, so the first one is done.
        (0..2).for_each(|_| looks.recv_timeout(std::time::Duration::from_secs(60)).unwrap());
        signal(&child, nix::sys::signal::Signal::SIGTERM);
        let (status, log) = end(child);
        assert_eq!(status.code(), Some(143), "{log}");
        assert!(log.contains(says), "{says}: {log}");
        assert_eq!(shop.kept().queue.made[0].cancelled, cancelled, "{log}");
    }
}

#[test]
#[cfg(unix)]
fn a_job_that_is_cancelled_does_not_wait_for_a_service_that_is_silent() {
    let shop = shop();
    shop.kept().queue.waits = None;
    let (looked, looks) = std::sync::mpsc::channel();
    shop.kept().queue.looked = Some(looked);
    let child = shop.scene.start("preview --stack acme/shop/prod --run-on deployments");
    // The second look is answered, so the first one is done.
    (0..2).for_each(|_| looks.recv_timeout(std::time::Duration::from_secs(60)).unwrap());
    for _ in 0..3 {
        shop.kept().instead.push_back(("GET", "/deployments/deployment-1", Reply::Silence));
    }
    signal(&child, nix::sys::signal::Signal::SIGTERM);
    let (status, log) = end(child);
    assert_eq!(status.code(), Some(143), "{log}");
    assert!(shop.kept().queue.made[0].cancelled && log.contains("taken out of the queue"), "{log}");
}

#[test]
fn a_stack_without_settings_is_told_how_to_get_them() {
    let shop = shop();
    shop.kept().settings = None;
    shop.deploys("up").ends_with(2).says("no deployment settings").says("deployment settings apply");
}

#[test]
fn settings_of_another_repository_are_refused() {
    let shop =
        shop().has(json!({ "sourceContext": { "git": { "repoUrl": "https://github.com/acme/other.git" } } }));
    shop.deploys("up").ends_with(2).says("`acme/other`");
    assert_eq!(shop.asked(), Vec::<String>::new());
}

#[test]
fn what_a_deployment_can_not_be_given_is_refused_by_name() {
    let shop = shop();
    for flags in ["--target urn:x", "--config a=b", "--parallel 3", "--timeout 1m", "--upsert", "--message x"]
    {
        let name = flags.split([' ']).next().unwrap().trim_start_matches('-');
        shop.deploys(&format!("up {flags}")).ends_with(2).says("can't pass on").says(name);
    }
    shop.scene
        .run("up --stack acme/shop/prod --wait-timeout 1m")
        .ends_with(2)
        .says("without `run-on: deployments`");
    assert_eq!(shop.asked(), Vec::<String>::new());
}

#[test]
fn a_rule_judges_the_preview_before_anything_is_deployed() {
    let shop = shop();
    let run = shop.deploys("up --max-updates 1");
    assert_ne!(run.status(), 0, "{}", run.log());
    assert_eq!(shop.asked(), ["preview"]);
}

#[test]
fn a_refresh_that_only_shows_what_it_would_do_is_the_services_look_for_drift() {
    let shop = shop();
    shop.kept().queue.events.insert("detect-drift", recorded("refresh-preview-drift"));
    let run = shop.deploys("refresh --preview-only").ends_with(0);
    assert_eq!(shop.asked(), ["detect-drift"]);
    let result = json_of(shop.scene.result_file("refresh"));
    assert_eq!(result["has_changes"], true, "{}", run.log());
}

#[test]
fn no_secret_of_the_job_is_in_a_request_or_in_the_log() {
    let shop = shop();
    shop.kept().queue.log.push(format!("echo {TOKEN}"));
    let log = shop.deploys("preview").ends_with(0).log();
    let shown = log.lines().filter(|line| line.contains(TOKEN) && !line.starts_with("::add-mask::"));
    assert_eq!(shown.count(), 0, "{log}");
    for request in shop.server.received() {
        assert!(!request.body.contains(TOKEN) && !request.target.contains(TOKEN), "{}", request.target);
    }
}

#[test]
fn secret_outputs_are_decrypted_by_the_service_only_where_they_are_listed() {
    let secret = json!({ "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "Y2lwaGVy" });
    let mut shop = shop();
    shop.kept().queue.state = json!({ "version": 3, "deployment": {
        "secrets_providers": { "type": "service" },
        "resources": [{ "type": "pulumi:pulumi:Stack", "outputs": { "token": secret, "arn": "arn:w5" } }],
    } });
    let run = shop.deploys("up --skip-preview").ends_with(0);
    run.never_says("open-sesame-4711");
    assert!(!shop.server.received().iter().any(|it| it.target.ends_with("/decrypt")));
    shop.scene = shop.scene.with("GITHUB_RUN_ID", "43");
    shop.deploys("up --skip-preview --secret-outputs token").ends_with(0);
    assert_eq!(shop.scene.github_outputs()["token"], "open-sesame-4711");
}
