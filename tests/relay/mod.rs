//! `stackstep report`: what other jobs have found, published by one that did nothing else.

mod bad_input;
mod forks;
mod several;

use std::path::PathBuf;

use serde_json::{Value, json};
use stackstep::report::Report;

use crate::report::recordings::folded;
use crate::support::forge::{FACES, Fake, HEAD, TOKEN};
use crate::support::{Scene, json as file};

/// What another job has found at that commit.
fn found(stack: &str, recording: &str) -> Report {
    Report {
        project: Some("shop".into()),
        stack: stack.into(),
        commit: Some(HEAD.into()),
        repository: Some("acme/shop".into()),
        ..folded(recording)
    }
}

fn write(scene: &Scene, name: &str, report: &Report) {
    scene.write(name, &report.to_json());
}

fn path(scene: &Scene, name: &str) -> PathBuf {
    scene.program.join(name)
}

/// A job without an engine, a backend or a project, of a system that has one of the five forges.
fn job(fake: &Fake) -> Scene {
    let scene = Scene::empty()
        .without("STACKSTEP_ENGINE")
        .without("PULUMI_BACKEND_URL")
        .without("PULUMI_CONFIG_PASSPHRASE")
        .with("PATH", "/nowhere");
    fake.memory().pulls[0].commits = vec![HEAD.to_owned()];
    scene.in_a_job_of(fake)
}

/// A job of a workflow that a pull request's run of `source` has started, as GitHub tells of it.
fn workflow_run(fake: &Fake, source: &str) -> Scene {
    let event = json!({
        "workflow_run": {
            "id": 41, "event": "pull_request", "head_sha": HEAD, "head_branch": "feature/a b",
            "head_repository": { "full_name": source },
            "pull_requests": if source == "acme/shop" {
                json!([{ "number": 7, "base": { "ref": "main" } }])
            } else {
                json!([])
            },
        },
        "repository": { "full_name": "acme/shop", "private": false, "default_branch": "main" },
    });
    let url = fake.server.url();
    let scene = Scene::empty()
        .without("STACKSTEP_ENGINE")
        .without("PULUMI_BACKEND_URL")
        .without("PULUMI_CONFIG_PASSPHRASE")
        .with("PATH", "/nowhere")
        .on_github()
        .with("GITHUB_SERVER_URL", &url)
        .with("GITHUB_API_URL", &format!("{url}/api/v3"))
        .with("GITHUB_EVENT_NAME", "workflow_run")
        .input("command", "report")
        .input("results", "result.json")
        .input("github-token", TOKEN);
    let path = scene.root().join("event.json");
    std::fs::write(&path, event.to_string()).unwrap();
    scene.with("GITHUB_EVENT_PATH", &path.display().to_string())
}

fn github() -> Fake {
    Fake::start(FACES[0])
}

#[test]
fn a_result_becomes_all_that_an_operation_publishes() {
    for face in FACES {
        let fake = Fake::start(*face);
        let scene = job(&fake)
            .with("STACKSTEP_COMMIT_STATUS", "true")
            .with("STACKSTEP_MARKDOWN_FILE", "report.md")
            .with("STACKSTEP_REPORT_FILE", "report.html")
            .with("STACKSTEP_JUNIT_FILE", "report.xml")
            .with("STACKSTEP_COUNTS_FILE", "counts.json")
            .with("STACKSTEP_OUTPUTS_FILE", "outputs.env")
            .with("STACKSTEP_RESULT_FILE", "again.json");
        let report = found("dev", "preview-replace-delete");
        write(&scene, "result.json", &report);
        let run = scene.run("report result.json").ends_with(0).says("commented on ");
        assert!(run.log().contains("commit status set"), "{}", run.log());
        assert!(fake.only().contains("Preview of `shop/dev`"));
        assert_eq!(fake.memory().statuses.len(), 1);
        let read = |name: &str| std::fs::read_to_string(path(&scene, name)).unwrap();
        assert!(read("report.md").contains("## ⚠️ Preview of `shop/dev`"));
        assert!(read("report.html").contains("<code>shop/dev</code>"));
        assert!(read("report.xml").contains("<testsuite name=\"shop/dev\""));
        assert!(file(path(&scene, "counts.json"))["delete"].as_u64().unwrap() > 0);
        assert!(read("outputs.env").contains("STACK_HAS_CHANGES"));
        assert_eq!(
            file(path(&scene, "again.json"))["changes"],
            serde_json::to_value(&report.changes).unwrap()
        );
    }
}

#[test]
fn a_deployment_that_failed_does_not_fail_its_report() {
    let fake = github();
    let scene = job(&fake);
    write(&scene, "result.json", &found("dev", "up-partial-failure"));
    scene.run("report result.json").ends_with(0).says("commented on pull request #7");
    assert!(fake.only().contains("failed"));
}

#[test]
fn what_was_asked_for_and_could_not_be_published_fails_the_step() {
    use crate::support::forge::{Act, Verb};
    let fake = github();
    let scene = job(&fake).with("STACKSTEP_COMMENT", "update");
    write(&scene, "result.json", &found("dev", "preview-create"));
    fake.then(Verb::Create, Act::Refuse(403, "Resource not accessible by integration"));
    scene.run("report result.json").ends_with(72).says("Pull requests: Read and write");
    let scene = scene.with("STACKSTEP_COMMENT", "off").with("STACKSTEP_REPORT_FILE", "/dev/null/report.html");
    scene.run("report result.json").ends_with(72).says("the HTML report could not be written");
    let scene = scene.without("STACKSTEP_REPORT_FILE").with("STACKSTEP_COMMIT_STATUS", "true");
    fake.then(Verb::Status, Act::Refuse(403, "Resource not accessible by integration"));
    fake.then(Verb::Status, Act::Refuse(403, "Resource not accessible by integration"));
    scene.run("report result.json").ends_with(72).says("status 403");
}

#[test]
fn secrets_of_the_environment_are_masked_in_what_another_job_wrote() {
    const SECRET: &str = "pul-0123456789abcdef0123456789abcdef";
    let fake = github();
    let scene = job(&fake).with("PULUMI_ACCESS_TOKEN", SECRET).with("STACKSTEP_REPORT_FILE", "report.html");
    let mut report = found("dev", "preview-program-error");
    report.message = Some(format!("the program says {SECRET} and {TOKEN}"));
    report.notes.push(SECRET.into());
    write(&scene, "result.json", &report);
    let run = scene.run("report result.json").ends_with(0);
    let page = std::fs::read_to_string(path(&scene, "report.html")).unwrap();
    for text in [run.log(), fake.only(), page] {
        assert!(!text.contains(SECRET) && !text.contains(TOKEN), "{text}");
    }
}

#[test]
fn stackstep_yaml_is_not_read() {
    let fake = github();
    let scene = job(&fake).without("STACKSTEP_FORGE_URL").without("STACKSTEP_FORGE");
    scene.write("stackstep.yaml", &format!("forge: github\nforge-url: {}\nnonsense: 1\n", fake.server.url()));
    scene.write("Pulumi.yaml", "[");
    write(&scene, "result.json", &found("dev", "preview-create"));
    scene.run("report result.json").never_says("nonsense");
    assert!(fake.server.received().is_empty());
}

#[test]
fn an_event_log_of_the_engine_is_reported() {
    let events = |name: &str| {
        std::fs::read_to_string(crate::support::fixture(&format!("recordings/{name}/events.jsonl"))).unwrap()
    };
    for (option, recording, words) in [
        ("events.jsonl", "preview-create", "Preview of `dyn/rec`"),
        ("events.jsonl", "up-update", "Deployed `dyn/rec`"),
        ("destroy=events.jsonl", "destroy", "Destroyed `dyn/rec`"),
        ("refresh=events.jsonl", "refresh-preview-drift", "Drift check of `drift/dev`: 1 gone, 1 changed"),
        ("*.jsonl", "up-partial-failure", "Update of `dyn/rec` failed"),
    ] {
        let fake = github();
        let scene = job(&fake);
        scene.write("events.jsonl", &events(recording));
        scene.run(&format!("report --event-log {option}")).ends_with(0);
        let body = fake.only();
        assert!(body.contains(words) && body.contains("event log alone"), "{recording}: {body}");
        assert!(body.contains("8d08154cab"), "the job's own commit: {body}");
    }
}

#[test]
fn a_log_with_a_failure_is_reported_as_one_whatever_its_end_says() {
    let urn = "urn:pulumi:dev::shop::t:m:T::b";
    let metadata = json!({ "op": "update", "urn": urn, "type": "t:m:T", "logical": true });
    let failed = ("resOpFailedEvent", json!({ "metadata": metadata, "status": 0 }));
    let said = ("diagnosticEvent", json!({ "urn": urn, "message": "boom", "severity": "error" }));
    let internal = ("errorEvent", json!({ "error": "boom" }));
    for (what, events, result) in [
        ("a failed step", vec![&failed], "succeeded"),
        ("a failed step and no word", vec![&failed, &said], ""),
        ("an error and no word", vec![&said], ""),
        ("an error of the engine's own", vec![&internal], "succeeded"),
        ("an error and a failed end", vec![&said], "failed"),
        ("an end without success", vec![], "canceled"),
    ] {
        let fake = github();
        let scene = job(&fake);
        let summary = ("summaryEvent", json!({ "resourceChanges": { "same": 1 }, "result": result }));
        let lines = events.into_iter().chain([&summary]).enumerate().map(|(number, (kind, event))| {
            let mut line = json!({ "sequence": number, "timestamp": 1 });
            line[*kind] = event.clone();
            format!("{line}\n")
        });
        scene.write("events.jsonl", &lines.collect::<String>());
        scene.run("report --event-log events.jsonl --stack dev --result-file result.json").ends_with(0);
        let result = crate::support::json(scene.program.join("result.json"));
        assert_ne!(result["status"], "succeeded", "{what}");
        assert!(!fake.only().contains("Deployed"), "{what}");
    }
}

#[test]
fn the_command_is_one_of_a_steps() {
    let fake = github();
    let scene = workflow_run(&fake, "acme/shop");
    write(&scene, "result.json", &found("dev", "preview-create"));
    scene.run("run").ends_with(0).says("commented on pull request #7");
    let outputs = scene.github_outputs();
    assert_eq!((outputs["status"].as_str(), outputs["has-changes"].as_str()), ("succeeded", "true"));
    assert!(scene.summary().contains("Preview of `shop/dev`"));
    let changes: Value = serde_json::from_str(&outputs["changes"]).unwrap();
    assert!(changes["create"].as_u64().unwrap() > 0);
}
