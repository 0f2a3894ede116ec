//! The reusable workflows, called as another repository calls them.

use super::harness::{Call, Job, Outcome};
use crate::tools;
use serde_json::{Value, json};

/// A workflow that calls one of ours and shows what it hands back.
fn caller(name: &str, with: &str) -> String {
    format!(
        "on: [push, pull_request, merge_group]\njobs:\n  call:\n    uses: stackstep/stackstep/.github/workflows/{name}.yml@v1\n    \
         with:\n      stack: dev\n      engine: sandbox\n      upsert: true\n{with}    secrets:\n      \
         ENGINE_ENV: ${{{{ secrets.ENGINE_ENV }}}}\n  after:\n    needs: call\n    runs-on: ubuntu-latest\n    steps:\n      \
         - run: echo \"$STATUS, changes $CHANGES, in $ARTIFACT\"\n        env:\n          \
         STATUS: ${{{{ needs.call.outputs.status }}}}\n          CHANGES: ${{{{ needs.call.outputs.has-changes }}}}\n          \
         ARTIFACT: ${{{{ needs.call.outputs.artifact }}}}\n"
    )
}

fn called(name: &str, with: &str, event: &'static str, payload: Value) -> Outcome {
    let program = tools::root().join("examples/hello");
    let job = Job::of(&caller(name, with), &program, event).payload(payload);
    job.secret("ENGINE_ENV", "PULUMI_CONFIG_PASSPHRASE=another passphrase\nGREETING_TOKEN=hidden-in-the-file")
        .run()
}

pub fn push(branch: &str) -> Value {
    json!({ "ref": format!("refs/heads/{branch}"), "repository": { "default_branch": "main", "private": true } })
}

pub(super) fn pull_request() -> Value {
    let repository = json!({ "full_name": "acme/hello" });
    json!({
        "action": "opened",
        "number": 7,
        "pull_request": {
            "number": 7,
            "head": { "ref": "change", "sha": "1".repeat(40), "repo": repository },
            "base": { "ref": "main", "sha": "2".repeat(40), "repo": repository },
        },
        "repository": { "full_name": "acme/hello", "default_branch": "main", "private": true },
    })
}

fn call<'a>(calls: &'a [Call], action: &str) -> Option<&'a Call> {
    calls.iter().find(|call| call.action == action)
}

#[test]
#[ignore = "needs act"]
fn the_preview_hands_on_its_outputs_and_keeps_its_files() {
    let outcome = called("preview", "", "pull_request", pull_request());
    assert!(outcome.succeeded, "{}", outcome.log);
    assert!(outcome.log.contains("succeeded, changes true, in stackstep-preview-dev-"), "{}", outcome.log);
    let calls = outcome.calls();
    let upload = call(&calls, "actions/upload-artifact").unwrap();
    assert!(upload.inputs["INPUT_NAME"].starts_with("stackstep-preview-dev-"), "{upload:?}");
    let mut files = upload.files.clone();
    files.sort();
    assert_eq!(files, ["junit.xml", "report.html", "result.json"]);
    assert_eq!(outcome.messages_in_history(), [""; 0], "a preview deployed");
}

#[test]
#[ignore = "needs act"]
fn a_preview_restores_the_plugins_and_saves_none() {
    let calls = called("preview", "", "pull_request", pull_request()).calls();
    let restore = call(&calls, "actions/cache/restore").unwrap();
    assert_eq!(restore.inputs["INPUT_PATH"], "~/.pulumi/plugins");
    assert!(restore.inputs["INPUT_KEY"].starts_with("pulumi-plugins-Linux-"), "{restore:?}");
    assert!(call(&calls, "actions/cache/save").is_none(), "{calls:?}");
}

#[test]
#[ignore = "needs act"]
fn a_merge_queue_is_previewed() {
    let payload = json!({ "merge_group": { "head_ref": "refs/heads/gh-readonly-queue/main/pr-7-1", "base_ref": "refs/heads/main" } });
    let outcome = called("preview", "", "merge_group", payload);
    assert!(outcome.succeeded, "{}", outcome.log);
    assert!(outcome.log.contains("succeeded, changes true"), "{}", outcome.log);
}

#[test]
#[ignore = "needs act"]
fn the_deployment_hands_on_its_outputs_and_saves_the_plugins_on_the_default_branch() {
    let outcome = called("deploy", "      message: \"it's $(touch pwned)\"\n", "push", push("main"));
    assert!(outcome.succeeded, "{}", outcome.log);
    assert!(outcome.log.contains("succeeded, changes true, in stackstep-deploy-dev-"), "{}", outcome.log);
    assert_eq!(outcome.messages_in_history(), ["it's $(touch pwned)"]);
    assert!(!outcome.exists("pwned"));
    let calls = outcome.calls();
    let (restore, save) =
        (call(&calls, "actions/cache/restore").unwrap(), call(&calls, "actions/cache/save").unwrap());
    assert_eq!(save.inputs["INPUT_KEY"], restore.inputs["INPUT_KEY"]);
    assert_eq!(save.inputs["INPUT_PATH"], "~/.pulumi/plugins");
}

#[test]
#[ignore = "needs act"]
fn a_deployment_of_another_branch_saves_no_plugins() {
    let mut payload = push("main");
    payload["repository"]["default_branch"] = "trunk".into();
    let outcome = called("deploy", "", "push", payload);
    assert!(outcome.succeeded, "{}", outcome.log);
    assert!(call(&outcome.calls(), "actions/cache/save").is_none());
}

#[test]
#[ignore = "needs act"]
fn nothing_is_deployed_for_a_pull_request_or_a_merge_queue() {
    for (event, payload) in [("pull_request", pull_request()), ("merge_group", json!({ "merge_group": {} }))]
    {
        let outcome = called("deploy", "", event, payload);
        assert!(outcome.succeeded, "{}", outcome.log);
        assert_eq!(outcome.step_result("stackstep"), "none", "{}", outcome.log);
        assert_eq!(outcome.messages_in_history(), [""; 0]);
    }
}

#[test]
#[ignore = "needs act"]
fn a_failed_deployment_keeps_its_result() {
    let outcome = called("deploy", "      expect-no-changes: true\n", "push", push("main"));
    assert!(!outcome.succeeded);
    let calls = outcome.calls();
    let upload = call(&calls, "actions/upload-artifact").unwrap();
    assert!(upload.files.contains(&"result.json".to_owned()), "{upload:?}");
}

#[test]
#[ignore = "needs act"]
fn each_cloud_is_signed_in_to_only_where_it_is_named() {
    let with = "      aws-role: arn:aws:iam::123456789012:role/preview\n      aws-region: eu-central-1\n      google-workload-identity-provider: projects/1/x\n      google-service-account: preview@acme.iam.gserviceaccount.com\n";
    let calls = called("preview", with, "pull_request", pull_request()).calls();
    let aws = call(&calls, "aws-actions/configure-aws-credentials").unwrap();
    assert_eq!(aws.inputs["INPUT_ROLE-TO-ASSUME"], "arn:aws:iam::123456789012:role/preview");
    assert!(call(&calls, "google-github-actions/auth").is_some());
    assert!(call(&calls, "azure/login").is_none());
}

#[test]
#[ignore = "needs act"]
fn the_variables_of_the_secret_reach_the_engine_and_no_log() {
    let outcome = called("deploy", "", "push", push("main"));
    assert!(outcome.succeeded, "{}", outcome.log);
    assert!(
        !outcome.log.contains("hidden-in-the-file") && !outcome.log.contains("another passphrase"),
        "{}",
        outcome.log
    );
}
