//! The example of a fleet: the plan's jobs, each with its stacks, one stage after the other.

use super::examples::copied;
use super::harness::{Job, Outcome};
use super::workflows::{pull_request, push};
use crate::harness::fleet::lay_fleet;
use crate::tools;
use serde_json::Value;

fn run(event: &'static str, payload: Value) -> Outcome {
    let repository = tempfile::tempdir().unwrap();
    lay_fleet(repository.path());
    let text = std::fs::read_to_string(tools::root().join("actions/examples/fleet.yml")).unwrap();
    let job = Job::of("", repository.path(), event).payload(payload).with_remote();
    // The repository has one commit, since which nothing has changed, and there is no GitHub to comment on.
    let text = copied(&text, &job.backend()).replace(" --since ", " ");
    let text = text.replace("comment: \"aggregate\"", "comment: \"off\"");
    job.workflow(&text)
        .env("STACKSTEP_ENGINE", "sandbox")
        .env("STACKSTEP_UPSERT", "true")
        .secret("PULUMI_CONFIG_PASSPHRASE", "a passphrase")
        .run()
}

#[test]
#[ignore = "needs act"]
fn a_push_deploys_each_stack_after_the_jobs_with_those_that_it_comes_after() {
    let outcome = run("push", push("main"));
    assert!(outcome.succeeded, "{}", outcome.log);
    let deployed = |stack: &str| {
        let at = outcome.log.find(&format!("Deployed `{stack}`"));
        at.unwrap_or_else(|| unreachable!("{stack}: {}", outcome.log))
    };
    for stack in ["shop/prod", "blog/prod"] {
        assert!(deployed("network/prod") < deployed(stack), "{stack}: {}", outcome.log);
    }
    assert!(deployed("network/dev") < deployed("shop/dev"), "{}", outcome.log);
}

#[test]
#[ignore = "needs act"]
fn a_pull_request_is_previewed_and_deployed_nowhere() {
    let outcome = run("pull_request", pull_request());
    assert!(outcome.succeeded && !outcome.log.contains("Deployed `"), "{}", outcome.log);
    for stack in ["network/dev", "shop/dev", "network/prod", "shop/prod", "blog/prod"] {
        assert!(outcome.log.contains(&format!("Preview of `{stack}`")), "{stack}: {}", outcome.log);
    }
}
