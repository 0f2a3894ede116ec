//! `stackstep doctor` tells what is there, what is missing and what would run, and touches nothing.

use serde_json::{Value, json};

use crate::support::server::{Reply, Server};
use crate::support::{Run, Scene};

/// What it prints as JSON.
#[track_caller]
fn diagnosis(run: &Run) -> Value {
    serde_json::from_str(&run.stdout()).unwrap_or_else(|error| panic!("{error}:\n{}", run.log()))
}

/// Runs it and fails the test if a file came, went or changed.
#[track_caller]
fn examined(scene: &Scene, line: &str) -> Run {
    let before = scene.snapshot();
    let run = scene.run(&format!("doctor {line}"));
    let after = scene.snapshot();
    let touched: Vec<_> =
        after.iter().filter(|(path, content)| before.get(*path) != Some(*content)).collect();
    assert!(touched.is_empty() && before.len() == after.len(), "{touched:?}");
    run
}

/// The findings of a level, each with its hint.
fn findings(diagnosis: &Value, level: &str) -> Vec<(String, String)> {
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    diagnosis["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["level"] == level)
        .map(|finding| (text(finding, "what"), text(finding, "hint")))
        .collect()
}

#[test]
fn a_run_that_would_work_misses_nothing_and_nothing_is_touched() {
    for scene in Scene::on_each_engine("hello") {
        let run = examined(&scene, "--stack dev --command up --upsert").ends_with(0);
        run.says("nothing is missing").says("pulumi up --stack=dev").says("hello (`").says("version 3.");
    }
}

#[test]
fn it_prints_the_same_as_json() {
    for scene in Scene::on_each_engine("hello") {
        let run = examined(&scene, "--json --stack dev --command up").ends_with(0);
        let found = diagnosis(&run);
        assert_eq!(found["ok"], json!(true), "{found:#}");
        assert_eq!((&found["command"], &found["stack"]), (&json!("up"), &json!("dev")));
        assert_eq!((&found["project"], &found["ci"]), (&json!("hello"), &json!("local")));
        assert!(found["backend"].as_str().unwrap().starts_with("file://"));
        assert_eq!(found["credentials"], json!(["PULUMI_CONFIG_PASSPHRASE"]));
        assert!(found["engine"]["version"].as_str().unwrap().starts_with("3."));
        assert_eq!(found["plan"][0]["arguments"][0], json!("up"));
    }
}

#[test]
fn each_input_has_its_source() {
    let scene = Scene::new("hello").with("STACKSTEP_DIFF", "true");
    scene.write("stackstep.yaml", "stack: dev\n");
    let run = examined(&scene, "--json --refresh").ends_with(0);
    let inputs = diagnosis(&run)["inputs"].clone();
    let of = |name: &str| inputs.as_array().unwrap().iter().find(|row| row["name"] == name).cloned();
    assert_eq!(of("refresh").unwrap(), json!({"name": "refresh", "value": "true", "source": "flag"}));
    assert_eq!(of("diff").unwrap()["source"], "environment: STACKSTEP_DIFF");
    assert!(of("stack").unwrap()["source"].as_str().unwrap().ends_with("stackstep.yaml"));
    assert_eq!(of("upsert"), None, "a default is no setting");
}

#[test]
fn everything_that_is_missing_is_named_at_once_with_a_way_out() {
    let scene = Scene::empty()
        .without("PULUMI_BACKEND_URL")
        .without("STACKSTEP_ENGINE")
        .with("PATH", "/nowhere")
        .with("STACKSTEP_OFFLINE", "true");
    let run = examined(&scene, "--json").ends_with(1);
    let missing = findings(&diagnosis(&run), "missing");
    for expected in ["no Pulumi.yaml", "no backend is named", "no `pulumi` on the PATH"] {
        assert!(missing.iter().any(|(what, _)| what.contains(expected)), "{expected}: {missing:?}");
    }
    assert!(missing.iter().all(|(_, hint)| !hint.is_empty()), "{missing:?}");
    let text = examined(&scene, "").ends_with(1).log();
    assert_eq!(text.matches("missing: ").count(), missing.len(), "{text}");
    assert_eq!(text.matches("hint: ").count(), missing.len(), "{text}");
}

#[test]
fn bad_input_is_a_finding() {
    for (line, says) in [
        ("--stack dev;id", "is not a stack name"),
        ("--stack dev --parallel 0", "`parallel` is `0`"),
        ("--stack dev --args --json", "`args` can't hold"),
        ("--stack dev --pulumi-version dev", "nobody has released"),
        ("--stack dev --cwd nowhere", "there is no folder"),
        ("--stack dev --engine ./nowhere", "is not there"),
    ] {
        let run = examined(&Scene::new("hello"), line).ends_with(1);
        run.says("missing: ").says(says).says("hint: ");
    }
}

#[test]
fn an_engine_of_another_version_is_a_finding() {
    for scene in Scene::on_each_engine("hello") {
        examined(&scene, "--stack dev --pulumi-version ^2").ends_with(1).says("asks for `^2`");
    }
}

#[cfg(unix)]
#[test]
fn an_engine_that_is_none_is_a_finding() {
    use std::os::unix::fs::PermissionsExt;
    for (script, says) in [("echo hello", "gives `hello`"), ("echo broken >&2; exit 1", "broken")] {
        let scene = Scene::new("hello");
        scene.write("engine.sh", &format!("#!/bin/sh\n{script}\n"));
        let path = scene.program.join("engine.sh");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        examined(&scene, "--stack dev --engine ./engine.sh").ends_with(1).says(says);
    }
}

#[test]
fn a_job_that_may_not_sign_in_is_told_which_permission_it_lacks() {
    let scene = Scene::new("hello")
        .on_github()
        .without("PULUMI_BACKEND_URL")
        .input("stack", "acme/hello/dev")
        .input("command", "preview")
        .input("oidc-organization", "acme");
    examined(&scene, "").ends_with(1).says("id-token: write").says("OIDC for acme");
}

#[test]
fn nobody_is_asked() {
    let server = Server::start(|_, _| Reply::Close);
    let scene = Scene::new("hello")
        .on_github()
        .without("PULUMI_BACKEND_URL")
        .with("ACTIONS_ID_TOKEN_REQUEST_URL", &server.url())
        .with("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request-token-hunter2")
        .input("cloud-url", &server.url())
        .input("stack", "acme/hello/dev")
        .input("command", "up")
        .input("oidc-organization", "acme");
    examined(&scene, "").ends_with(0).says("the CI system hands it out").never_says("hunter2");
    assert!(server.received().is_empty());
}

#[test]
fn a_stack_of_another_organisation_is_worth_a_word() {
    let scene = Scene::new("hello")
        .without("PULUMI_BACKEND_URL")
        .with("STACKSTEP_OIDC_TOKEN", "e30.e30.c2lnbmF0dXJl")
        .with("STACKSTEP_OIDC_ORGANIZATION", "acme");
    examined(&scene, "--stack other/hello/dev")
        .ends_with(0)
        .says("the stack is one of `other`, and the job signs in to `acme`");
}

#[test]
fn pulumi_cloud_without_a_token_is_a_finding() {
    let scene = Scene::new("hello").with("PULUMI_BACKEND_URL", "https://api.pulumi.com");
    examined(&scene, "--stack dev").ends_with(1).says("there is no access token").says("withholds");
    let scene = scene.with("PULUMI_ACCESS_TOKEN", "pul-0123456789abcdef");
    examined(&scene, "--stack dev")
        .ends_with(0)
        .says("PULUMI_ACCESS_TOKEN")
        .never_says("pul-0123456789abcdef");
}

#[test]
fn secrets_without_their_passphrase_are_a_finding() {
    for scene in Scene::on_each_engine("hello") {
        scene.run("up --stack dev --upsert").ends_with(0);
        examined(&scene, "--stack dev").ends_with(0);
        let scene = scene.without("PULUMI_CONFIG_PASSPHRASE");
        examined(&scene, "--stack dev").ends_with(1).says("there is no passphrase for the secrets in");
        scene.write("vars.env", "PULUMI_CONFIG_PASSPHRASE=test-passphrase\n");
        examined(&scene, "--stack dev --env-file vars.env").ends_with(0).never_says("test-passphrase");
    }
}

#[test]
fn a_run_that_would_be_refused_is_a_finding() {
    let scene = Scene::new("hello").on_github().input("stack", "dev").input("command", "up");
    let payload = json!({
        "pull_request": {"number": 7, "head": {"sha": "abc", "ref": "feature", "repo": {"full_name": "bob/shop"}},
                         "base": {"ref": "main", "repo": {"full_name": "acme/shop"}}},
        "repository": {"full_name": "acme/shop", "private": true},
    });
    let path = scene.root().join("event.json");
    std::fs::write(&path, payload.to_string()).unwrap();
    let scene = scene
        .with("GITHUB_EVENT_NAME", "pull_request")
        .with("GITHUB_EVENT_PATH", &path.display().to_string());
    examined(&scene, "").ends_with(1).says("it would be refused").says("comes from a fork");
}

#[test]
fn what_it_plans_is_what_a_run_starts() {
    for scene in Scene::on_each_engine("hello") {
        scene.run("up --stack dev --upsert").ends_with(0);
        for line in [
            "--command up --expect-no-changes --mask-config",
            "--command preview",
            "--command destroy",
            "--command outputs",
        ] {
            let run = examined(&scene, &format!("--json --stack dev {line}")).ends_with(0);
            let plan = diagnosis(&run)["plan"].clone();
            let certain = plan.as_array().unwrap().iter().filter(|step| step["only"] == json!(null)).count();
            scene.run(&format!("run --stack dev --result-file result.json {line}")).ends_with(0);
            let result = crate::support::json(scene.program.join("result.json"));
            assert_eq!(result["engine"]["processes"], json!(certain), "{line}: {plan:#}");
            std::fs::remove_file(scene.program.join("result.json")).unwrap();
        }
    }
}

#[test]
fn secrets_show_in_neither_form() {
    let scene = Scene::new("hello")
        .on_github()
        .with("STACKSTEP_ACCESS_TOKEN", "pul-0123456789abcdef")
        .with("STACKSTEP_MESSAGE", "deploy with pul-0123456789abcdef")
        .with("STACKSTEP_CONFIG", "token: {value: hunter2-hunter2, secret: true}");
    for form in ["", "--json"] {
        examined(&scene, &format!("--stack dev {form}"))
            .never_says("pul-0123456789abcdef")
            .never_says("hunter2");
    }
}

#[test]
fn where_a_comment_would_go_is_told_with_what_the_token_needs() {
    let scene = Scene::new("hello").on_github().input("forge-token", "forge-token-0123456789");
    let run = scene.run("doctor --stack dev --change-request 7");
    let run = run.says("pull request #7 of `acme/shop` on GitHub").says("Pull requests: Read and write");
    run.never_says("forge-token-0123456789");
    scene.run("doctor --stack dev --comment off").says("none: it is switched off");
}

#[test]
fn the_backend_of_an_env_file_counts_as_in_a_run() {
    let scene = Scene::new("hello").without("PULUMI_BACKEND_URL");
    let state = scene.root().join("state").display().to_string();
    scene.write("env.txt", &format!("PULUMI_BACKEND_URL=file://{state}\n"));
    examined(&scene, "--stack dev --upsert --env-file env.txt")
        .ends_with(0)
        .says("nothing is missing")
        .says(&state);
    scene.run("preview --stack dev --upsert --env-file env.txt").ends_with(0);
}

#[test]
fn an_event_that_cannot_be_read_is_worth_a_word_as_in_a_run() {
    let scene = Scene::new("hello").on_github().with("GITHUB_EVENT_PATH", "/nowhere").input("stack", "dev");
    let what = "the file of `GITHUB_EVENT_PATH` is of no use";
    examined(&scene, "").says(what);
    scene.run("preview").says(what);
}

#[test]
fn a_log_that_shows_every_variable_is_a_finding_as_in_a_run() {
    let scene = Scene::new("hello").with("GITLAB_CI", "true").with("CI_DEBUG_TRACE", "true");
    examined(&scene, "--stack dev").ends_with(1).says("`CI_DEBUG_TRACE` is set");
    scene.run("preview --stack dev").ends_with(73).says("`CI_DEBUG_TRACE` is set");
}

/// A job of the fake forge's repository.
fn on_forge(face: &'static dyn crate::support::forge::Face) -> (crate::support::forge::Fake, Scene) {
    let fake = crate::support::forge::Fake::start(face);
    {
        let mut memory = fake.memory();
        memory.shown.guarded = true;
        memory.shown.branches = vec![("main".to_owned(), "0".repeat(40))];
        memory.shown.commits = vec![("0".repeat(40), Vec::new())];
    }
    let scene = Scene::new("hello")
        .on_github()
        .with("GITHUB_REPOSITORY", "acme/shop")
        .with("STACKSTEP_FORGE", face.name())
        .with("STACKSTEP_FORGE_URL", &fake.server.url())
        .with("STACKSTEP_FORGE_TOKEN", crate::support::forge::TOKEN)
        .input("stack", "dev")
        .input("environment", "production");
    (fake, scene)
}

#[test]
fn what_the_forge_lets_through_is_told_when_it_is_asked_for() {
    for face in crate::support::forge::FACES {
        let (fake, scene) = on_forge(*face);
        let run = examined(&scene, "--remote --json").never_says(crate::support::forge::TOKEN);
        let found = diagnosis(&run)["remote"].clone();
        assert_eq!((&found["repository"], &found["default_branch"]), (&json!("acme/shop"), &json!("main")));
        let lines = found["lines"].as_array().unwrap();
        let says = |what: &str| lines.iter().any(|line| line["what"].as_str().unwrap().contains(what));
        assert!(says("a change request for `main` needs 2 approvals"), "{}: {found:#}", face.name());
        let of_environment = |line: &&Value| line["about"] == "environment production";
        assert!(lines.iter().any(|line| of_environment(&line)), "{}: {found:#}", face.name());
        let text = examined(&scene, "--remote").says("lets through in acme/shop").log();
        assert!(text.contains("a change request for `main` needs 2 approvals"), "{text}");
        fake.memory().shown.guarded = false;
        let text = examined(&scene, "--remote").log();
        assert!(text.contains("    open       a change of `main` needs nobody's approval"), "{text}");
        assert!(text.contains("hint: require at least one approving review"), "{text}");
    }
}

#[test]
fn without_the_flag_no_forge_is_asked() {
    let (fake, scene) = on_forge(crate::support::forge::FACES[0]);
    let run = examined(&scene, "--json");
    assert_eq!(diagnosis(&run).get("remote"), None);
    assert!(fake.server.received().is_empty());
}

#[test]
fn what_the_token_may_not_read_is_not_known_and_never_open() {
    for face in crate::support::forge::FACES {
        let (fake, scene) = on_forge(*face);
        fake.memory().shown.closed = vec!["protection", "environments", "contents"];
        let text = examined(&scene, "--remote").log();
        assert!(text.contains("    not known  it is not known"), "{}: {text}", face.name());
        fake.memory().shown.guarded = false;
        let text = examined(&scene, "--remote").log();
        // Gitea and GitHub tell everybody whether a branch is protected at all.
        let tells = ["github", "gitea"].contains(&face.name());
        assert_eq!(text.contains("    open "), tells, "{}: {text}", face.name());
    }
}

#[test]
fn a_forge_that_can_not_be_asked_is_a_finding_and_the_rest_is_told() {
    let (_fake, scene) = on_forge(crate::support::forge::FACES[0]);
    let scene = scene.with("STACKSTEP_FORGE_TOKEN", "").with("GITHUB_TOKEN", "");
    let run = examined(&scene, "--remote --json").ends_with(0);
    let found = diagnosis(&run);
    assert_eq!(found.get("remote"), None);
    let warned = findings(&found, "warning");
    assert!(warned.iter().any(|(what, _)| what.contains("no token for GitHub")), "{warned:?}");
}

#[test]
fn what_the_map_of_the_default_branch_deploys_is_looked_at() {
    let github = crate::support::forge::FACES[0];
    let (fake, scene) = on_forge(github);
    let map = "deploy:\n  branches: { main: staging, \"release/*\": qa }\n  tags: { \"prod-*\": prod }\n\
               stacks:\n  prod: { environment: customers }\n";
    fake.memory().shown.files = vec![("0".repeat(40), "stackstep.yaml".to_owned(), map.to_owned())];
    let text = examined(&scene, "--remote").log();
    assert!(text.contains("there is no environment `customers`"), "{text}");
    assert!(text.contains("everybody who may write can create a tag `prod-*`"), "{text}");
    assert!(!text.contains("  tags v*"), "{text}");
    fake.memory().shown.files[0].2 = "deploy: [main]\n".to_owned();
    let text = examined(&scene, "--remote").log();
    assert!(text.contains("  stackstep.yaml\n    not known"), "{text}");
}
