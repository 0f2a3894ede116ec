//! The whole binary: what a step, a file and their reports make of checks, on the sandbox engine.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{FAILED, PASSED, UNCLEAR};
use crate::support::forge::{FACES, Fake, HEAD};
use crate::support::server::{Reply, Server};
use crate::support::{Run, Scene, json, read_from_pipe};
use stackstep::report::CheckOutcome;

/// A program with the output `url`, and a secret one.
fn program(url: &str) -> Scene {
    let scene = Scene::empty();
    scene.write(
        "Pulumi.yaml",
        &format!(
            "name: shop\nruntime: yaml\nvariables: {{note: x}}\noutputs:\n  url: {url}\n  token: {{fn::secret: token-for-the-shop}}\n"
        ),
    );
    scene.write("Pulumi.dev.yaml", "config: {}\n");
    scene
}

/// The same with these checks in `stackstep.yaml`, in a repository.
fn with_file(url: &str, checks: &str) -> Scene {
    let scene = program(url);
    scene.write(
        "stackstep.yaml",
        &format!("deploy: {{branches: {{main: dev}}}}\nstacks:\n  dev:\n    unreviewed: allow\n{checks}"),
    );
    commit(&scene.program);
    scene
}

fn commit(folder: &Path) {
    git(folder, "init -q -b main .");
    git(folder, "add -A");
    git(folder, "-c user.name=a -c user.email=a@b.c commit -qm all");
}

/// What `git` prints.
fn git(folder: &Path, line: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "a repository is made with git")]
    let done = Command::new("git").args(line.split(' ')).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{line}: {done:?}");
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

fn healthy(status: u16) -> Server {
    Server::start(move |_, _| Reply::Answer(status, Vec::new(), "all is ok, hunter22".into()))
}

fn up(scene: &Scene, more: &str) -> (Run, Value) {
    let run = scene.run(&format!("up --stack dev --upsert --result-file ../result.json {more}"));
    let path = scene.root().join("result.json");
    let result = if path.exists() { json(path) } else { Value::Null };
    (run, result)
}

fn outcomes(result: &Value) -> Vec<CheckOutcome> {
    let checks = result["checks"].as_array().unwrap();
    checks.iter().map(|check| serde_json::from_value(check["outcome"].clone()).unwrap()).collect()
}

/// Whether the stack has been deployed.
fn is_deployed(scene: &Scene) -> bool {
    scene.run("outputs --stack dev").log().contains("\"url\"")
}

#[test]
fn a_step_checks_an_output_without_any_file() {
    let server = healthy(200);
    let scene = program(&server.url());
    let (run, result) =
        up(&scene, "--check-url url/health,url/other --check-contains is --junit-file ../junit.xml");
    let run = run.ends_with(0).says("2 checks passed").never_says("hunter22");
    assert_eq!(outcomes(&result), [PASSED, PASSED], "{}", run.log());
    assert_eq!(result["status"], "succeeded");
    let junit = std::fs::read_to_string(scene.root().join("junit.xml")).unwrap();
    assert!(junit.contains("<testcase classname=\"shop/dev.checks\" name=\"url/health\""), "{junit}");
    assert_eq!(server.received().len(), 2, "before the deployment nobody knew the address");
    up(&scene, "--check-url url/health").0.ends_with(0);
    assert_eq!(server.received().len(), 4, "now it was asked before and after");
}

#[test]
fn a_check_that_fails_fails_the_step_of_a_deployment_that_is_told_to_be_done() {
    let server = healthy(503);
    let scene = program("https://shop.example.com");
    let url = format!("{}/health?key=hunter22", server.url());
    let (run, result) =
        up(&scene, &format!("--check-url {url} --check-timeout 2s --markdown-file ../report.md"));
    let name = format!("{}/health", server.url().replace("http://", ""));
    let run = run
        .ends_with(77)
        .says(&format!("Deployed `shop/dev`, but 1 of 1 check failed (`{name}`): 1 created"));
    run.never_says("hunter22");
    assert_eq!((&result["status"], &result["reason"]), (&json!("failed"), &json!("verification")));
    assert_eq!((&result["changes"], &result["exit_code"]), (&json!({ "create": 1 }), &json!(77)));
    assert_eq!(result["checks"][0]["before"], "failed");
    assert!(!result.to_string().contains("hunter22"));
    let report = std::fs::read_to_string(scene.root().join("report.md")).unwrap();
    assert!(report.contains("it had failed before the deployment as well"), "{report}");
    assert!(!report.contains("hunter22"));
    assert!(is_deployed(&scene));
}

#[test]
fn an_output_that_the_deployment_will_not_have_is_refused_before_it() {
    let scene = program("https://shop.example.com");
    let (run, result) = up(&scene, "--check-url uri/health --skip-preview=false");
    run.ends_with(2)
        .says("the check `uri/health` can't be made: the stack has no output `uri`")
        .says("did you mean `url`?");
    assert_eq!(result["checks"], Value::Null);
    assert!(!is_deployed(&scene));
}

#[test]
fn without_a_preview_a_missing_output_is_a_check_that_failed() {
    let scene = program("https://shop.example.com");
    let (run, result) = up(&scene, "--check-url uri/health");
    run.ends_with(77).says("the stack has no output `uri`");
    assert_eq!(outcomes(&result), [FAILED]);
}

#[test]
fn a_secret_output_is_no_address() {
    let scene = program("https://shop.example.com");
    let (run, _) = up(&scene, "--check-url token");
    run.ends_with(77).says("the output `token` is a secret").never_says("token-for-the-shop");
    let (run, _) = up(&scene, "--check-url token --skip-preview=false");
    run.ends_with(2).says("the check `token` can't be made: the output `token` is a secret");
}

#[test]
fn inputs_that_make_no_check_are_refused_before_anything_starts() {
    let scene = program("https://shop.example.com");
    for (more, says) in [
        ("--check-contains ok", "`check-contains` without `check-url`"),
        ("--check-url ftp://a", "an address of `check-url` can't be used: only `http` and `https`"),
        ("--check-url https://me:hunter22@a", "the URL has a user or a password in it"),
        ("--check-url url --check-status 2y", "`check-status` is `2y`, which is not a status"),
        ("--check-url url --check-timeout 0s", "`check-timeout` is no time at all"),
    ] {
        let before = scene.snapshot();
        let run = scene.run(&format!("up --stack dev --upsert {more}")).ends_with(2).says(says);
        run.never_says("hunter22");
        assert_eq!(scene.snapshot(), before, "{more}");
    }
}

#[test]
fn nothing_is_checked_after_a_preview_or_a_deployment_that_failed() {
    let server = healthy(200);
    let scene = program(&server.url());
    scene.write("stackstep.yaml", &format!("check-url: {}\n", server.url()));
    scene.run("preview --stack dev --upsert").ends_with(0);
    assert!(server.received().is_empty());
    scene.edit("note: x", "note: \"${no.such}\"");
    let (run, result) = up(&scene, "");
    assert_ne!(run.status(), 0);
    assert_eq!((&result["checks"], &result["reason"]), (&Value::Null, &json!("program")));
    assert_eq!(server.received().len(), 1, "before the deployment it was");
}

#[cfg(unix)]
mod with_a_file {
    use super::*;
    use crate::support::scripted::{end, signal};
    use nix::sys::signal::Signal;
    use nix::sys::stat::Mode;

    const SMOKE: &str = "    checks:\n      - { run: [sh, smoke.sh] }\n";

    /// As a step of GitHub Actions, for the head of the default branch.
    fn pushed(scene: Scene) -> Scene {
        let origin = scene.root().join("origin.git").display().to_string();
        git(&scene.program, &format!("init -q --bare -b main {origin}"));
        git(&scene.program, &format!("remote add origin {origin}"));
        git(&scene.program, "push -q origin main");
        git(&scene.program, "remote set-head origin -a");
        let head = git(&scene.program, "rev-parse HEAD");
        scene.on_github().with("GITHUB_SHA", &head)
    }

    fn smoke(script: &str, more: &str) -> Scene {
        let scene = with_file("https://shop.example.com", &format!("{SMOKE}{more}"));
        scene.write("smoke.sh", script);
        scene
    }

    #[test]
    fn each_kind_of_check_is_made_and_named() {
        let server = healthy(200);
        let checks = format!(
            "    checks:\n      - {{ http: url, path: /health, contains: ok, passes: 2 of 3, every: 1ms }}\n      \
             - {{ tcp: \"127.0.0.1:{}\" }}\n      - {{ run: [sh, smoke.sh] }}\n      - {{ preview: no-changes }}\n",
            server.port()
        );
        let scene = with_file(&server.url(), &checks);
        scene.write("smoke.sh", "exit 0\n");
        let (run, result) = up(&scene, "");
        run.ends_with(0).says("4 checks passed");
        let kinds: Vec<_> = result["checks"].as_array().unwrap().iter().map(|check| &check["kind"]).collect();
        assert_eq!(kinds, ["http", "tcp", "run", "preview"]);
        let processes = |result: &Value| result["engine"]["processes"].as_u64().unwrap();
        let without = program(&server.url());
        assert_eq!(processes(&result), processes(&up(&without, "").1) + 1, "the second preview");
    }

    #[test]
    fn a_command_has_the_outputs_and_no_credentials() {
        let scene = smoke(
            "echo \"to: $STACKSTEP_OUTPUT_url, $STACKSTEP_OUTPUT_token.\"\n\
             env | grep -e PASSPHRASE -e ACCESS_KEY -e CHECK_URL -e token-for && exit 1\nexit 0\n",
            "",
        )
        .with("AWS_SECRET_ACCESS_KEY", "key-of-the-cloud");
        up(&scene, "").0.ends_with(0).says("to: https://shop.example.com, .");
    }

    #[test]
    fn what_a_command_lists_it_gets_and_what_it_prints_of_that_is_hidden() {
        let checks =
            "    checks:\n      - { run: [sh, smoke.sh], env: [SMOKE_TOKEN], secret-outputs: [token] }\n";
        let scene = with_file("https://shop.example.com", checks).with("SMOKE_TOKEN", "token-of-the-job");
        scene.write(
            "smoke.sh",
            "echo \"$SMOKE_TOKEN $STACKSTEP_OUTPUT_token\"\ntest \"$STACKSTEP_OUTPUT_token\" = token-for-the-\"shop\" || exit 1\n",
        );
        let (run, result) = up(&scene, "");
        run.ends_with(0).says("*** ***").never_says("token-of-the-job").never_says("token-for-the-shop");
        assert!(!result.to_string().contains("token-for"));
    }

    #[test]
    fn a_variable_that_is_not_set_is_refused_before_the_deployment() {
        let checks = "    checks:\n      - { run: [sh, smoke.sh], env: [SMOKE_TOKEN] }\n";
        let scene = with_file("https://shop.example.com", checks);
        up(&scene, "").0.ends_with(2).says("needs the variable `SMOKE_TOKEN`, which is not set");
        assert!(!is_deployed(&scene));
    }

    #[test]
    fn a_program_that_is_not_there_is_refused_before_the_deployment() {
        let scene = with_file("https://shop.example.com", "    checks:\n      - { run: [./smoke.sh] }\n");
        up(&scene, "").0.ends_with(2).says("the program of the check `smoke.sh` is not there");
        assert!(!is_deployed(&scene));
    }

    #[test]
    fn what_is_still_to_change_after_the_deployment_fails_a_second_preview() {
        let scene = smoke(
            "sed 's/shop.example.com/shop.example.org/' Pulumi.yaml > new; mv new Pulumi.yaml\n",
            "      - { preview: no-changes }\n",
        );
        let (run, result) = up(&scene, "");
        run.ends_with(77).says("a second preview still has changes: outputs");
        assert_eq!(outcomes(&result), [PASSED, FAILED]);
    }

    #[test]
    fn a_second_preview_that_fails_is_inconclusive() {
        let scene = smoke("echo nonsense >> Pulumi.yaml\n", "      - { preview: no-changes }\n");
        let (run, result) = up(&scene, "");
        run.ends_with(78).says("the second preview did not tell: ");
        assert_eq!(outcomes(&result), [PASSED, UNCLEAR]);
    }

    #[test]
    fn what_is_inconclusive_fails_the_run_unless_it_may_pass_and_is_told_in_either_case() {
        for (setting, status, ending) in [("fail", 78, "failed"), ("pass", 0, "succeeded")] {
            let scene = smoke("exit 75\n", &format!("    inconclusive: {setting}\n"));
            let (run, result) = up(&scene, "");
            run.ends_with(status).says("1 of 1 check inconclusive (`sh`)");
            assert_eq!(result["status"], ending);
        }
    }

    #[test]
    fn a_signal_during_the_checks_ends_them_and_the_report_says_that_it_is_deployed() {
        let scene =
            smoke("echo > ../begun\nexec sleep 600\n", "      - { tcp: \"127.0.0.1:1\", ready-within: 0 }\n");
        nix::unistd::mkfifo(&scene.root().join("begun"), Mode::S_IRWXU).unwrap();
        let child = scene.start("up --stack dev --upsert --result-file ../result.json");
        read_from_pipe(&scene.root().join("begun"));
        signal(&child, Signal::SIGTERM);
        let (status, log) = end(child);
        assert_eq!(status.code(), Some(143), "{log}");
        let result = json(scene.root().join("result.json"));
        assert_eq!((&result["status"], &result["reason"]), (&json!("cancelled"), &json!("cancelled")));
        assert_eq!(outcomes(&result), [UNCLEAR, FAILED], "what was known is kept");
        assert_eq!(result["message"], "deployed, but the checks after it were stopped");
        assert_eq!(result["changes"], json!({ "create": 1 }));
    }

    #[test]
    fn a_step_that_is_killed_during_its_checks_is_told_to_have_deployed() {
        let scene = pushed(smoke("echo > ../begun\nexec sleep 600\n", ""));
        nix::unistd::mkfifo(&scene.root().join("begun"), Mode::S_IRWXU).unwrap();
        let mut child = scene.start("up --stack dev --upsert");
        read_from_pipe(&scene.root().join("begun"));
        stackstep::process::tree::kill(i32::try_from(child.id()).unwrap(), None);
        child.wait().unwrap();
        let file = scene.github_state()["unfinished"].clone();
        scene.run(&format!("finish {file}")).says("Deployed `shop/dev`, but 1 of 1 check inconclusive");
        let result = json(scene.result_file("up"));
        assert_eq!((&result["exit_code"], &result["reason"]), (&json!(78), &json!("verification")));
        assert_eq!(result["checks"][0]["message"], "the step was killed before it was known");
    }

    #[test]
    fn what_a_command_prints_commands_no_ci_system() {
        let scene = pushed(smoke("echo '::error::pwned'\nexit 1\n", ""));
        let run = scene.run("up --stack dev --upsert").ends_with(77);
        let log = run.stdout();
        let (before, after) = log.split_once("::error::pwned").expect("it is in the log");
        let fence = before.rfind("::stop-commands::").unwrap();
        let token = before[fence..].lines().next().unwrap().trim_start_matches("::stop-commands::");
        assert!(
            after.contains(&format!("::{token}::"))
                && !before[fence + 20..].contains(&format!("::{token}::"))
        );
        assert!(!scene.summary().contains("pwned"));
    }
}

#[test]
fn the_forge_is_told_that_it_is_deployed_and_that_a_check_failed() {
    let face = FACES.iter().find(|face| face.name() == "github").unwrap();
    let (fake, server) = (Fake::start(*face), healthy(503));
    let scene = program("https://shop.example.com").in_a_job_of(&fake);
    let more = format!(
        "--check-url {} --check-timeout 2s --environment production --commit-status=true",
        server.url()
    );
    let (run, _) = up(&scene, &more);
    run.ends_with(77);
    let told = serde_json::to_string(&fake.memory().deployments).unwrap();
    assert!(told.contains("\"failure\"") && told.contains("deployed, but 1 of 1 check failed"), "{told}");
    assert!(told.contains(HEAD));
}
