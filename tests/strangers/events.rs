//! Events that bring the repository's credentials along: what is not proven to be its own code is refused.

use serde_json::{Value, json};

use super::{BASE, HEAD, comment, pull_request, step, workflow_run};
use crate::support::Scene;

/// The commands that could run or read code of the folder.
const COMMANDS: &[&str] = &["preview", "up", "refresh", "destroy", "outputs", "exec -- stack ls"];

fn fork() -> Value {
    json!({"full_name": "mallory/shop"})
}

/// Expects that each command is refused and starts no engine.
#[track_caller]
fn is_refused(scene: &Scene, what: &str) {
    for command in COMMANDS {
        let run = scene.run(command);
        assert_eq!(run.status(), 73, "{what}, {command}:\n{}", run.log());
        assert!(!run.log().contains("SANDBOX"), "{what}, {command}: the engine was started");
    }
}

#[test]
fn a_forks_code_is_refused_on_each_event_that_brings_credentials() {
    for (what, event, payload) in [
        ("target", "pull_request_target", pull_request(&fork())),
        ("a fork that is deleted", "pull_request_target", pull_request(&json!(null))),
        ("a repository without a name", "pull_request_target", pull_request(&json!({}))),
        ("workflow_run", "workflow_run", workflow_run("pull_request", &fork())),
        ("workflow_run of a deleted fork", "workflow_run", workflow_run("pull_request", &json!(null))),
        ("workflow_run of nobody", "workflow_run", workflow_run("pull_request", &json!({}))),
        ("workflow_run after a fork's push", "workflow_run", workflow_run("push", &fork())),
        (
            "workflow_run after a comment",
            "workflow_run",
            workflow_run("issue_comment", &json!({"full_name": "acme/shop"})),
        ),
        (
            "workflow_run after a deployment",
            "workflow_run",
            workflow_run("deployment_status", &json!({"full_name": "acme/shop"})),
        ),
        (
            "workflow_run after what nobody knows",
            "workflow_run",
            workflow_run("something_new", &json!({"full_name": "acme/shop"})),
        ),
        ("comment", "issue_comment", comment()),
        ("another event's shape", "workflow_run", pull_request(&fork())),
        ("another event's shape", "pull_request_target", workflow_run("push", &fork())),
        ("another event's shape", "issue_comment", json!({"ref": "refs/heads/main"})),
        ("a check on a commit", "check_suite", json!({"check_suite": {"head_sha": HEAD}})),
    ] {
        is_refused(&step(event, &payload, Some(HEAD)), what);
        for commit in [None, Some("garbage"), Some("2d5a1c0")] {
            let run = step(event, &payload, commit).run("preview");
            assert_eq!(run.status(), 73, "{what} at {commit:?}:\n{}", run.log());
        }
    }
}

#[test]
fn an_event_that_cannot_be_read_is_a_strangers() {
    for event in ["pull_request_target", "workflow_run", "issue_comment"] {
        for (what, text) in
            [("empty", ""), ("cut", "{\"pull_request\": {"), ("no object", "[]"), ("null", "null")]
        {
            let scene = step(event, &json!({}), Some(HEAD));
            std::fs::write(scene.root().join("event.json"), text).unwrap();
            let run = scene.run("preview");
            assert_eq!(run.status(), 73, "{event}, {what}:\n{}", run.log());
        }
        let scene = step(event, &json!({}), Some(HEAD));
        std::fs::remove_file(scene.root().join("event.json")).unwrap();
        is_refused(&scene, &format!("{event}, missing"));
        is_refused(&scene.without("GITHUB_EVENT_PATH"), &format!("{event}, not named"));
    }
}

#[test]
fn an_event_that_is_not_known_is_a_strangers_whatever_its_own_commit_is() {
    let deployment = |reference: &str, commit: &str| json!({"deployment": {"ref": reference, "sha": commit}});
    for (event, payload) in [
        ("something_new", json!({})),
        ("Push", json!({})),
        ("push ", json!({})),
        ("pull_request_approved", json!({})),
        ("registry_package", json!({})),
        ("dynamic", json!({})),
        ("deployment", deployment(HEAD, HEAD)),
        ("deployment", deployment("refs/pull/7/head", HEAD)),
        ("deployment_status", deployment("v1", HEAD)),
        ("deployment_status", json!({})),
        // The default branch's name with another commit than the event's own.
        ("deployment", deployment("main", BASE)),
    ] {
        let mut payload = payload;
        payload["repository"] = json!({"full_name": "acme/shop", "default_branch": "main"});
        for reference in ["", "refs/pull/7/head", "refs/tags/main"] {
            let scene =
                step(event, &payload, Some(HEAD)).with("GITHUB_SHA", HEAD).with("GITHUB_REF", reference);
            let run = scene.run("preview");
            assert_eq!(run.status(), 73, "{event} {payload} {reference}:\n{}", run.log());
        }
        is_refused(&step(event, &payload, Some(HEAD)).with("GITHUB_SHA", HEAD).with("GITHUB_REF", ""), event);
    }
}

#[test]
fn an_event_that_anybody_can_cause_needs_the_repositorys_own_commit() {
    let deployment = json!({
        "deployment": {"ref": "main", "sha": BASE},
        "repository": {"full_name": "acme/shop", "default_branch": "main"},
    });
    let plain = json!({"repository": {"full_name": "acme/shop", "default_branch": "main"}});
    for (event, payload) in [
        ("repository_dispatch", &plain),
        ("issues", &plain),
        ("watch", &plain),
        ("something_new", &plain),
        ("deployment", &deployment),
        ("deployment_status", &deployment),
    ] {
        let run = step(event, payload, Some(BASE)).run("preview");
        assert_eq!(run.status(), 6, "{event}: the stack is not there\n{}", run.log());
        is_refused(&step(event, payload, Some(HEAD)), event);
    }
}

#[test]
fn a_job_that_does_not_tell_its_event_is_a_strangers() {
    for payload in [pull_request(&json!({"full_name": "acme/shop"})), json!({"ref": "refs/heads/main"})] {
        for commit in [BASE, HEAD] {
            let scene = step("", &payload, Some(commit));
            is_refused(&scene, "no event");
            scene.run("up").says("does not tell which event started it").says("-e GITHUB_EVENT_NAME");
        }
        let scene = step("", &payload, Some(BASE)).without("GITHUB_EVENT_NAME").without("GITHUB_EVENT_PATH");
        is_refused(&scene, "no event and no file");
    }
}

/// The program's folder becomes a checkout of the repository's own code, below another one.
fn nested(outer: &str) -> Scene {
    let scene = step("pull_request_target", &pull_request(&fork()), Some(BASE));
    std::fs::create_dir(scene.root().join(".git")).unwrap();
    std::fs::write(scene.root().join(".git/HEAD"), outer).unwrap();
    scene
}

#[test]
fn a_checkout_around_the_proven_one_has_to_be_proven_too() {
    let scene = nested(HEAD);
    is_refused(&scene, "a fork's checkout around");
    let around = format!("the checkout `{}` around the work folder is at commit", scene.root().display());
    scene.run("preview").says(&around);
    let run = nested(BASE).run("preview");
    assert_eq!(run.status(), 6, "{}", run.log());
}

#[test]
fn a_project_above_the_proven_checkout_is_refused() {
    for name in ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"] {
        let scene = step("pull_request_target", &pull_request(&fork()), Some(BASE));
        let above = scene.root().join(name);
        std::fs::rename(scene.program.join("Pulumi.yaml"), &above).unwrap();
        is_refused(&scene, name);
        scene.run("preview").says(&format!("the project's file `{}` lies outside", above.display()));
        scene.run("doctor --command preview").ends_with(1).says("it would be refused");
    }
    // Without credentials by the event the change's own project counts, wherever it lies.
    let scene = step("pull_request", &pull_request(&fork()), Some(HEAD));
    std::fs::rename(scene.program.join("Pulumi.yaml"), scene.root().join("Pulumi.yaml")).unwrap();
    assert_eq!(scene.run("preview").status(), 6);
}

#[test]
fn the_commands_of_gitea_and_forgejo_are_judged_alike() {
    for sign in ["GITEA_ACTIONS", "FORGEJO_ACTIONS"] {
        let scene = step("pull_request_target", &pull_request(&fork()), Some(HEAD)).with(sign, "true");
        is_refused(&scene, sign);
    }
}

#[test]
fn the_working_folder_of_a_file_or_a_way_around_proves_nothing() {
    let scene = step("pull_request_target", &pull_request(&fork()), Some(HEAD));
    scene.write("stackstep.yaml", "cwd: /proc/self/cwd\nengine: sandbox\n");
    is_refused(&scene, "cwd of the file");
    let other = tempfile::tempdir().unwrap();
    std::fs::create_dir(other.path().join(".git")).unwrap();
    std::fs::write(other.path().join(".git/HEAD"), BASE).unwrap();
    let around = format!("{}/../{}", other.path().display(), scene.program.display());
    std::fs::create_dir_all(other.path().join("x")).unwrap();
    is_refused(&scene.with("STACKSTEP_CWD", &around), "a way through another repository");
}

#[test]
fn the_repositorys_own_code_goes_on_working() {
    let own = json!({"full_name": "acme/shop"});
    for (what, event, payload, commit) in [
        ("a fork's change, the target's code", "pull_request_target", pull_request(&fork()), Some(BASE)),
        ("a colleague's change, the target's code", "pull_request_target", pull_request(&own), Some(BASE)),
        ("a colleague's change", "pull_request_target", pull_request(&own), Some(HEAD)),
        ("a comment, the branch's code", "issue_comment", comment(), Some(BASE)),
        ("after a push", "workflow_run", workflow_run("push", &own), None),
        ("a pull request", "pull_request", pull_request(&own), Some(HEAD)),
        ("a push", "push", json!({"repository": {"default_branch": "main"}}), None),
    ] {
        // The stack is not there: the engine was started and says so.
        let run = step(event, &payload, commit).run("preview");
        assert_eq!(run.status(), 6, "{what}:\n{}", run.log());
    }
}

#[test]
fn a_push_of_a_colleague_deploys_and_a_fork_never_does() {
    let scene =
        step("push", &json!({"repository": {"default_branch": "main"}}), None).input("upsert", "true");
    scene.run("up").ends_with(0);
    is_refused_to_change(&step("pull_request_target", &pull_request(&fork()), Some(BASE)));
    is_refused_to_change(&step("pull_request", &pull_request(&fork()), Some(HEAD)));
}

#[track_caller]
fn is_refused_to_change(scene: &Scene) {
    for command in ["up", "refresh", "destroy", "exec -- up"] {
        scene.run(command).ends_with(73).says("comes from a fork");
    }
}

#[test]
fn systems_without_a_file_of_their_own_are_not_trusted_with_a_change_request() {
    let change = |pairs: &[(&str, &str)]| {
        let scene = Scene::new("hello").with("STACKSTEP_STACK", "dev").with("STACKSTEP_UPSERT", "true");
        pairs.iter().fold(scene, |scene, (name, value)| scene.with(name, value))
    };
    let semaphore = [
        ("SEMAPHORE", "true"),
        ("SEMAPHORE_GIT_PR_NUMBER", "7"),
        ("SEMAPHORE_GIT_PR_SLUG", "mallory/shop"),
        ("SEMAPHORE_GIT_REPO_SLUG", "acme/shop"),
    ];
    change(&semaphore).run("up").ends_with(73).says("comes from a fork (`mallory/shop`)");
    for pairs in [
        &[("CI", "true"), ("DRONE", "true"), ("DRONE_PULL_REQUEST", "7")][..],
        &[("TEAMCITY_VERSION", "2025.3"), ("TEAMCITY_PULLREQUEST_NUMBER", "7")][..],
    ] {
        let scene = change(pairs);
        scene.write("stackstep.yaml", "message: hello\n");
        scene
            .run("up")
            .ends_with(0)
            .says("comes from a fork can't be told")
            .says("`message` of `stackstep.yaml` is not used");
    }
}
