//! The binary as a step: what it finds by itself, what it says, and how it ends.

use serde_json::{Value, json};

use crate::support::forge::{Act, FACES, Fake, HEAD, ME, NUMBER, Pull, State, TOKEN, Verb};
use crate::support::{Scene, json as file};

fn github() -> Fake {
    Fake::start(FACES[0])
}

/// A step of GitHub Actions whose server is `fake`.
fn step(fake: &Fake, command: &str) -> Scene {
    let url = fake.server.url();
    Scene::new("hello")
        .on_github()
        .with("GITHUB_SERVER_URL", &url)
        .with("GITHUB_API_URL", &format!("{url}/api/v3"))
        .input("github-token", TOKEN)
        .input("stack", "dev")
        .input("upsert", "true")
        .input("command", command)
}

/// The same for pull request 7 of `source`.
fn pull_request(fake: &Fake, command: &str, source: &str) -> Scene {
    of_pull_request(step(fake, command), source)
}

fn of_pull_request(scene: Scene, source: &str) -> Scene {
    let payload = json!({
        "pull_request": {
            "number": NUMBER,
            "head": {"sha": HEAD, "ref": "feature", "repo": {"full_name": source}},
            "base": {"ref": "main", "repo": {"full_name": "acme/shop"}},
        },
        "repository": {"full_name": "acme/shop", "private": true, "default_branch": "main"},
    });
    let path = scene.root().join("event.json");
    std::fs::write(&path, payload.to_string()).unwrap();
    scene.with("GITHUB_EVENT_NAME", "pull_request").with("GITHUB_EVENT_PATH", &path.display().to_string())
}

fn result(scene: &Scene) -> Value {
    file(&scene.github_outputs()["result"])
}

#[test]
fn a_pull_request_gets_a_comment_without_being_asked_for() {
    let fake = github();
    let scene = pull_request(&fake, "preview", "acme/shop");
    scene.run("run").ends_with(0).says("commented on pull request #7 (GitHub)");
    let body = fake.only();
    assert!(body.contains("Preview of `hello/dev`") && body.contains("SANDBOX"), "{body}");
    scene.run("run").ends_with(0).says("comment updated on pull request #7");
    fake.only();
}

/// A job somewhere that has one of the five forges.
fn elsewhere(fake: &Fake) -> Scene {
    Scene::new("hello").in_a_job_of(fake).with("STACKSTEP_STACK", "dev").with("STACKSTEP_UPSERT", "true")
}

#[test]
fn each_forge_gets_its_comment_and_the_token_is_in_no_output() {
    for face in FACES {
        let fake = Fake::start(*face);
        fake.memory().pulls[0].commits = vec![HEAD.to_owned()];
        let scene = elsewhere(&fake)
            .with("STACKSTEP_COMMIT_STATUS", "true")
            .with("STACKSTEP_RESULT_FILE", "result.json");
        // The program and the forge both say it.
        scene.edit("${greeting} world", &format!("${{nope}} {TOKEN}"));
        // At the beginning, where it is tried as a check and as a status, and at the end.
        for _ in 0..3 {
            let said = Box::leak(format!("bad token {TOKEN}").into_boxed_str());
            fake.then(Verb::Status, Act::Refuse(403, said));
        }
        let run = scene.run("up").ends_with(1).says("commented on ").says("status 403");
        assert!(!run.log().contains(TOKEN), "{}", run.log());
        assert!(!fake.only().contains(TOKEN));
        let out: Vec<_> =
            scene.snapshot().into_iter().filter(|(path, _)| !path.ends_with("Pulumi.yaml")).collect();
        for (path, content) in out {
            assert!(!String::from_utf8_lossy(&content).contains(TOKEN), "{}", path.display());
        }
    }
}

#[test]
fn a_push_finds_its_change_request_by_commit_or_by_branch() {
    for face in FACES {
        let fake = Fake::start(*face);
        fake.memory().pulls[0].commits = vec![HEAD.to_owned()];
        "another".clone_into(&mut fake.memory().pulls[0].branch);
        elsewhere(&fake).run("preview").ends_with(0).says("commented on ");
        fake.only();
    }
    let fake = github();
    elsewhere(&fake).run("preview").ends_with(0).says("commented on ");
}

#[test]
fn a_push_without_a_change_request_is_told() {
    let fake = github();
    fake.memory().pulls.clear();
    elsewhere(&fake).run("preview").ends_with(0).says("no comment: no open change request has this commit");
}

#[test]
fn a_push_to_the_default_branch_asks_for_nothing() {
    let fake = github();
    let scene = step(&fake, "up");
    let path = scene.root().join("event.json");
    std::fs::write(&path, json!({ "repository": { "default_branch": "main" } }).to_string()).unwrap();
    let scene = scene.with("GITHUB_EVENT_PATH", &path.display().to_string());
    scene.run("run").ends_with(0).never_says("no comment");
    assert!(fake.server.received().is_empty());
    // Even a comment that is required has no place here.
    scene.input("comment", "required").run("run").ends_with(0);
}

#[test]
fn a_deployment_is_posted_on_the_change_request_just_merged() {
    for face in FACES {
        let fake = Fake::start(*face);
        let merged =
            Pull { state: State::Merged, commits: vec![HEAD.to_owned()], ..fake.memory().pulls[0].clone() };
        fake.memory().pulls = vec![merged];
        let scene =
            elsewhere(&fake).with("CI_COMMIT_BRANCH", "main").with("STACKSTEP_COMMENT_MERGED", "true");
        scene.run("up").ends_with(0).says("commented on ");
        assert!(fake.only().contains("Deployed `hello/dev`"));
    }
}

#[test]
fn without_a_token_one_notice_says_what_it_needs() {
    let fake = github();
    let scene = pull_request(&fake, "preview", "acme/shop").without("INPUT_GITHUB-TOKEN");
    let run = scene.run("run").ends_with(0).says("pull-requests: write");
    assert_eq!(run.log().matches("::notice").count(), 1, "{}", run.log());
    assert!(fake.server.received().is_empty());
}

#[test]
fn a_token_that_may_not_comment_is_a_notice_unless_comments_were_asked_for() {
    for (asked, level) in [("", "::notice"), ("update", "::warning"), ("aggregate", "::warning")] {
        let fake = github();
        fake.then(Verb::List, Act::Refuse(403, "Resource not accessible by integration"));
        let scene = pull_request(&fake, "preview", "acme/shop").input("comment", asked);
        let run = scene.run("run").ends_with(0).says("pull-requests: write");
        let line = run.log().lines().find(|line| line.contains("not accessible")).unwrap().to_owned();
        assert!(line.starts_with(level), "{line}");
    }
}

#[test]
fn a_required_comment_that_fails_is_exit_status_72_and_the_deployment_stays_good() {
    let fake = github();
    fake.then(Verb::List, Act::Refuse(403, "Resource not accessible by integration"));
    let scene = pull_request(&fake, "up", "acme/shop").input("comment", "required");
    scene.run("run").ends_with(72).says("::error").says("pull-requests: write");
    let result = result(&scene);
    assert_eq!(
        (&result["status"], &result["reason"], &result["exit_code"]),
        (&json!("succeeded"), &json!("publish"), &json!(72))
    );
    let outputs = scene.github_outputs();
    assert_eq!((outputs["status"].as_str(), outputs["message"].as_str()), ("succeeded", "hi world"));
    // The next run finds everything deployed.
    scene.run("run").ends_with(0).says("commented on pull request #7");
}

#[test]
fn a_failed_deployment_keeps_its_own_status_when_the_required_comment_fails_too() {
    let fake = github();
    fake.then(Verb::List, Act::Refuse(403, "no"));
    let scene = pull_request(&fake, "up", "acme/shop").input("comment", "required");
    scene.edit("${greeting} world", "${nope} world");
    scene.run("run").ends_with(1).says("no comment: could not read the comments");
    assert_eq!(result(&scene)["reason"], "program");
}

#[test]
fn a_run_that_an_error_of_ours_ended_is_reported_too() {
    let fake = github();
    let scene = pull_request(&fake, "preview", "acme/shop")
        .without("STACKSTEP_ENGINE")
        .with("PATH", "/nowhere")
        .with("STACKSTEP_OFFLINE", "true");
    scene.run("run").ends_with(71).says("commented on pull request #7");
    assert!(fake.only().contains("`install`"), "{}", fake.only());
}

#[test]
fn a_change_that_the_gate_refuses_comments_nothing() {
    for (command, status) in [("up", 73), ("preview", 0)] {
        let fake = github();
        let scene = pull_request(&fake, command, "bob/shop")
            .without("INPUT_UPSERT")
            .without("PULUMI_CONFIG_PASSPHRASE")
            .with("PULUMI_BACKEND_URL", "https://api.pulumi.com")
            .input("comment", "required")
            .input("commit-status", "true");
        scene.run("run").ends_with(status).says("comes from a fork");
        assert!(fake.server.received().is_empty());
    }
}

#[test]
fn a_form_of_ones_own_is_used_and_a_broken_one_is_told() {
    let fake = github();
    let scene = pull_request(&fake, "preview", "acme/shop").input("comment-template", "comment.md");
    scene.write("comment.md", "ours: {{ report.stack }}\n");
    scene.run("run").ends_with(0);
    let body = fake.only();
    assert!(body.starts_with("<!-- stackstep ") && body.ends_with("ours: dev\n"), "{body}");
    scene.write("comment.md", "{{ nope");
    scene.run("run").ends_with(0).says("title=comment-template").says("comment updated");
    assert!(fake.only().contains("Preview of `hello/dev`"));
    std::fs::remove_file(scene.program.join("comment.md")).unwrap();
    scene.edit("default: hi", "default: hey");
    scene.run("run").ends_with(0).says("the comment by its template").says("comment updated");
}

#[test]
fn a_strangers_change_does_not_say_where_the_token_goes() {
    let fake = github();
    let evil = crate::support::server::Server::start(|_, _| crate::support::server::Reply::Close);
    let scene = step(&fake, "up");
    scene.run("run").ends_with(0);
    let scene = of_pull_request(scene.without("INPUT_UPSERT").input("command", "preview"), "bob/shop");
    scene.write("stackstep.yaml", &format!("forge-url: {}\nchange-request: 8\n", evil.url()));
    scene.write("comment.md", "all is well");
    let scene = scene.input("comment-template", "comment.md");
    scene
        .run("run")
        .ends_with(0)
        .says("`change-request`, `forge-url` of `stackstep.yaml` are not used")
        .says("pull request #7");
    assert!(evil.received().is_empty());
    assert!(!fake.only().contains("all is well"));
}

#[test]
fn the_official_actions_profile_comments_only_when_it_is_asked_to() {
    for (inputs, comments, edits) in [
        (vec![], 0, true),
        (vec![("comment-on-pr", "true")], 1, true),
        (vec![("comment-on-pr", "true"), ("edit-pr-comment", "false")], 2, false),
        (vec![("comment-on-pr-number", "7")], 1, true),
        (vec![("comment-on-pr", "false"), ("comment-on-pr-number", "7")], 1, true),
    ] {
        let fake = github();
        let scene = pull_request(&fake, "preview", "acme/shop").without("INPUT_STACK");
        let scene = scene.input("stack-name", "dev").input("profile", "official-action");
        let scene = inputs.iter().fold(scene, |scene, (name, value)| scene.input(name, value));
        scene.run("run").ends_with(0);
        scene.run("run").ends_with(0);
        assert_eq!(fake.memory().comments.len(), comments, "{inputs:?}");
        assert_eq!(fake.asked().contains(&Verb::Update), edits && comments > 0, "{inputs:?}");
    }
}

#[test]
fn comments_can_be_switched_off() {
    for (name, value) in [("comment", "off"), ("comment-on-pr", "false")] {
        let fake = github();
        pull_request(&fake, "preview", "acme/shop")
            .input(name, value)
            .run("run")
            .ends_with(0)
            .never_says("comment:");
        assert!(fake.server.received().is_empty());
    }
}

#[test]
fn the_jobs_own_token_is_used_and_its_user_is_known() {
    let fake = github();
    let scene =
        pull_request(&fake, "preview", "acme/shop").without("INPUT_GITHUB-TOKEN").with("GITHUB_TOKEN", TOKEN);
    scene.run("run").ends_with(0).says("commented");
    for comment in &mut fake.memory().comments {
        assert_eq!(comment.author, ME);
        "github-actions[bot]".clone_into(&mut comment.author);
    }
    scene.run("run").ends_with(0).says("comment updated");
    assert!(!fake.asked().contains(&Verb::Me));
}

#[test]
fn gitlabs_job_token_says_what_to_set() {
    let fake = Fake::start(FACES[1]);
    let url = fake.server.url();
    let scene = Scene::new("hello")
        .with("GITLAB_CI", "true")
        .with("CI_SERVER_URL", &url)
        .with("CI_API_V4_URL", &format!("{url}/api/v4"))
        .with("CI_PROJECT_PATH", "acme/shop")
        .with("CI_MERGE_REQUEST_IID", "7")
        .with("CI_MERGE_REQUEST_PROJECT_PATH", "acme/shop")
        .with("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "acme/shop")
        .with("CI_COMMIT_SHA", HEAD)
        .with("CI_JOB_TOKEN", "job-token-0123456789")
        .with("STACKSTEP_STACK", "dev")
        .with("STACKSTEP_UPSERT", "true");
    scene.run("preview").ends_with(0).says("GitLab's job token can't write comments");
    assert!(fake.server.received().is_empty());
    let scene = scene.with("STACKSTEP_FORGE_TOKEN", TOKEN);
    scene.run("preview").ends_with(0).says("commented on merge request !7 (GitLab)");
    fake.only();
}

/// The status of the scene's stack.
fn status_name(scene: &Scene) -> String {
    format!("stackstep / hello / dev (file://{}/state)", scene.root().display())
}

#[test]
fn a_status_of_one_backend_is_never_overwritten_by_that_of_another() {
    let fake = github();
    let scene = step(&fake, "preview").input("commit-status", "true");
    let here = status_name(&scene);
    let other = scene.root().join("other");
    std::fs::create_dir(&other).unwrap();
    scene.edit("${greeting} world", "${nope} world");
    scene.run("run");
    scene.edit("${nope} world", "${greeting} world");
    scene.with("PULUMI_BACKEND_URL", &format!("file://{}", other.display())).run("run").ends_with(0);
    let memory = fake.memory();
    let ended = memory.statuses.iter().filter(|one| one["state"] != "pending");
    let ended: Vec<(&str, &str)> =
        ended.map(|one| (one["context"].as_str().unwrap(), one["state"].as_str().unwrap())).collect();
    let there = format!("stackstep / hello / dev (file://{})", other.display());
    assert_eq!(ended, [(here.as_str(), "failure"), (there.as_str(), "success")]);
}

#[test]
fn a_deployment_and_a_status_go_to_the_forge() {
    let fake = github();
    let scene = step(&fake, "up")
        .input("environment", "production")
        .input("environment-url", "message")
        .input("commit-status", "true");
    scene.edit("default: hi", "default: https://shop.example");
    scene.edit("${greeting} world", "${greeting}");
    scene.run("run").ends_with(0).says("deployment recorded: production").says("commit status set");
    let memory = fake.memory();
    let states: Vec<_> = memory.statuses.iter().map(|one| (&one["context"], &one["state"])).collect();
    let name = status_name(&scene).into();
    assert_eq!(states, [(&name, &"pending".into()), (&name, &"success".into())]);
    assert_eq!(memory.deployments[0]["environment"], "production");
    assert_eq!(memory.deployments[1]["state"], "success");
    assert_eq!(memory.deployments[1]["environment_url"], "https://shop.example");
    assert_eq!(memory.deployments[1]["description"], "deployed: 3 created: pulumi:index:Stash note");
}

#[test]
fn a_token_that_may_sets_a_check_with_the_report_on_it() {
    for (good, conclusion) in [(true, "success"), (false, "failure")] {
        let fake = github();
        fake.memory().checks = Some(Vec::new());
        let scene = step(&fake, "up").input("commit-status", "true");
        let faults = if good { "{}" } else { "{resources: [{match: note, fail: quota exceeded}]}" };
        let name = status_name(&scene);
        scene.with("PULUMI_SANDBOX_FAULTS", faults).run("run");
        let memory = fake.memory();
        let checks = memory.checks.as_ref().unwrap();
        assert_eq!(checks[0]["status"], "in_progress");
        assert_eq!(checks[1]["conclusion"], conclusion);
        assert_eq!(checks[1]["name"], name);
        assert!(checks[1]["output"]["summary"].as_str().unwrap().contains("`hello/dev`"), "{}", checks[1]);
        assert!(memory.statuses.is_empty() && checks.len() == 2);
    }
}

#[test]
fn a_secret_output_is_no_environments_address() {
    let fake = github();
    let scene = step(&fake, "up").input("environment", "production").input("environment-url", "hidden");
    scene.run("run").ends_with(0).says("`environment-url` is `hidden`, which is neither");
    assert!(fake.memory().deployments[1].get("environment_url").is_none());
}

#[test]
fn a_forge_that_is_down_leaves_the_deployment_good() {
    let fake = github();
    for _ in 0..8 {
        fake.then(Verb::List, Act::Answer(crate::support::server::Reply::again(503)));
    }
    let scene = pull_request(&fake, "up", "acme/shop").input("comment", "update");
    scene.run("run").ends_with(0).says("::warning").says("status 503");
    assert_eq!(result(&scene)["status"], "succeeded");
}

#[cfg(unix)]
mod stopped {
    use nix::sys::signal::Signal;

    use super::{Fake, HEAD, TOKEN, github};
    use crate::support::Scene;
    use crate::support::scripted::{end, scene, signal, until_begun};

    fn on_a_pull_request(scene: Scene, fake: &Fake) -> Scene {
        let url = fake.server.url();
        let event = scene.root().join("event.json");
        let pull = serde_json::json!({ "pull_request": {
            "number": 7, "head": {"sha": HEAD, "ref": "x", "repo": {"full_name": "acme/shop"}},
            "base": {"ref": "main", "repo": {"full_name": "acme/shop"}} } });
        std::fs::write(&event, pull.to_string()).unwrap();
        scene
            .with("GITHUB_SERVER_URL", &url)
            .with("GITHUB_API_URL", &format!("{url}/api/v3"))
            .with("GITHUB_EVENT_NAME", "pull_request")
            .with("GITHUB_EVENT_PATH", &event.display().to_string())
            .input("github-token", TOKEN)
    }

    /// Ends on SIGINT.
    const GRACEFUL: &str = "trap 'exit 1' INT\necho > \"$ROOT/begun\"\nwhile :; do sleep 0.02; done\n";

    #[test]
    fn a_cancelled_run_comments_before_it_ends() {
        let fake = github();
        let scene = on_a_pull_request(scene(GRACEFUL), &fake);
        let child = scene.start("up");
        until_begun(&scene);
        signal(&child, Signal::SIGINT);
        assert_eq!(end(child).0.code(), Some(130));
        assert!(fake.only().contains("cancelled"));
    }

    #[test]
    fn the_post_step_comments_for_a_run_that_was_killed() {
        let fake = github();
        let scene = on_a_pull_request(scene(GRACEFUL), &fake);
        let child = scene.start("up");
        until_begun(&scene);
        signal(&child, Signal::SIGKILL);
        end(child);
        assert!(fake.memory().comments.is_empty());
        let left = scene.github_state()["unfinished"].clone();
        scene.run_args(&["finish", &left]).ends_with(0).says("commented on pull request #7");
        assert!(fake.only().contains("a later step has put this together"));
    }
}
