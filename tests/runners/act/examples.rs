//! The examples and the start of the README, as a new user copies them: run for a pull request and for a push. What
//! reaches a cloud is replaced by a backend on this machine; the vendors' logins are stand-ins.

use super::harness::{Job, Outcome};
use super::workflows::{pull_request, push};
use crate::tools;
use serde_json::Value;

/// The stacks that the examples name.
const STACKS: [&str; 5] = ["dev", "prod", "production", "network", "shop"];

/// What a person puts in place of the words, and this machine in place of a cloud.
pub(super) fn copied(text: &str, backend: &str) -> String {
    let is_of_a_cloud = |line: &&str| {
        !["secrets-provider:", "oidc-", "AWS_"].iter().any(|name| line.trim_start().starts_with(name))
    };
    let with_backend = |line: &str| {
        let of_the_line = ["cloud-url: ", "STACKSTEP_CLOUD_URL: "].iter().find_map(|key| {
            let (before, _) = line.split_once(key)?;
            Some(format!("{before}{key}\"{backend}\"\n"))
        });
        of_the_line.unwrap_or_else(|| format!("{line}\n"))
    };
    let lines = text.lines().filter(is_of_a_cloud).map(with_backend);
    let text = lines.collect::<String>().replace("<full-commit-SHA-of-the-release>", "v1");
    let text = text.replace("acme/shop/production", "production").replace("run: 'curl ", "run: 'echo tried ");
    super::place::for_act(&text)
}

fn run(text: &str, event: &'static str) -> Outcome {
    run_for(text, event, if event == "push" { push("main") } else { pull_request() })
}

fn run_for(text: &str, event: &'static str, payload: Value) -> Outcome {
    let mut job = Job::of("", &tools::root().join("examples/hello"), event).payload(payload);
    for folder in ["infrastructure/network", "infrastructure/shop"] {
        job = job.program_in(folder);
    }
    for stack in STACKS.iter().filter(|stack| text.contains(**stack)) {
        job = job.deployed(stack);
    }
    let text = copied(text, &job.backend());
    job.workflow(&text)
        .env("STACKSTEP_ENGINE", "sandbox")
        .secret("PULUMI_CONFIG_PASSPHRASE", "a passphrase")
        .run()
}

#[test]
#[ignore = "needs act"]
fn every_example_previews_a_pull_request_and_deploys_a_push() {
    let folder = tools::root().join("actions/examples");
    let mut examples: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    // What is for forks or comments only does nothing here; a repository of many projects, and a map, have tests of their own.
    let apart = [
        "monorepo.yml",
        "fleet.yml",
        "three-stages.yml",
        "approval.yml",
        "comment-commands.yml",
        "review-stacks.yml",
        "reap.yml",
        "drift.yml",
        "ways-out.yml",
    ];
    let is_apart = |name: &str| name.starts_with("forks-") || apart.contains(&name);
    examples.retain(|path| !is_apart(&path.file_name().unwrap().to_string_lossy()));
    examples.sort();
    assert!(examples.len() >= 8);
    for path in examples {
        let text = std::fs::read_to_string(&path).unwrap();
        for event in ["pull_request", "push"] {
            let outcome = run(&text, event);
            assert!(outcome.succeeded, "{} on {event}: {}", path.display(), outcome.log);
            let did = if event == "push" { "Deployed `hello/" } else { "Preview of `hello/" };
            assert!(outcome.log.contains(did), "{} on {event}: {}", path.display(), outcome.log);
        }
    }
}

#[test]
#[ignore = "needs act"]
fn the_example_of_drift_looks_at_a_stack_that_is_deployed() {
    let text = std::fs::read_to_string(tools::root().join("actions/examples/drift.yml")).unwrap();
    let job = Job::of("", &tools::root().join("examples/hello"), "workflow_dispatch").payload(push("main"));
    let job = job.deployed("dev");
    let (text, backend) = (copied(&text, ""), job.backend());
    let outcome = job
        .workflow(&text)
        .env("STACKSTEP_ENGINE", "sandbox")
        .env("STACKSTEP_CLOUD_URL", &backend)
        .env("STACKSTEP_STACK", "dev")
        .secret("PULUMI_CONFIG_PASSPHRASE", "a passphrase")
        .run();
    assert!(outcome.succeeded, "{}", outcome.log);
    assert!(outcome.log.contains("Drift check of `hello/dev`"), "{}", outcome.log);
}

#[test]
#[ignore = "needs act and jq"]
fn the_example_for_a_repository_of_many_projects_has_a_job_for_each_stack_that_the_change_can_affect() {
    let repository = tempfile::tempdir().unwrap();
    let program = std::fs::read_to_string(tools::root().join("examples/hello/Pulumi.yaml")).unwrap();
    for (name, stacks) in [("network", &["dev"][..]), ("shop", &["dev", "prod"])] {
        let folder = repository.path().join("infra").join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("Pulumi.yaml"), program.replace("name: hello", &format!("name: {name}")))
            .unwrap();
        for stack in stacks {
            std::fs::write(folder.join(format!("Pulumi.{stack}.yaml")), "").unwrap();
        }
    }
    let text = std::fs::read_to_string(tools::root().join("actions/examples/monorepo.yml")).unwrap();
    let job = Job::of("", repository.path(), "pull_request").payload(pull_request());
    let text = copied(&text, &job.backend());
    let outcome = job
        .workflow(&text)
        .changed("infra/shop/README.md", "a word")
        .env("STACKSTEP_ENGINE", "sandbox")
        .env("STACKSTEP_UPSERT", "true")
        .secret("PULUMI_CONFIG_PASSPHRASE", "a passphrase")
        .run();
    assert!(outcome.succeeded, "{}", outcome.log);
    for stack in ["shop/dev", "shop/prod"] {
        assert!(outcome.log.contains(&format!("Preview of `{stack}`")), "{stack}: {}", outcome.log);
    }
    assert!(!outcome.log.contains("Preview of `network/dev`"), "{}", outcome.log);
}

#[test]
#[ignore = "needs act"]
fn the_example_for_forks_writes_a_result_for_a_fork_and_does_nothing_else() {
    let path = tools::root().join("actions/examples/forks-preview.yml");
    let text = std::fs::read_to_string(path).unwrap();
    let mut payload = pull_request();
    payload["pull_request"]["head"]["repo"]["full_name"] = "bob/hello".into();
    let outcome = run_for(&text, "pull_request", payload);
    assert!(outcome.succeeded && outcome.exists("network.json"), "{}", outcome.log);
    assert!(outcome.log.contains("Preview of `hello/dev`"), "{}", outcome.log);
}

#[test]
#[ignore = "needs act"]
fn the_start_of_the_readme_runs_in_a_repository_that_has_only_a_program() {
    let readme = std::fs::read_to_string(tools::root().join("actions/README.md")).unwrap();
    let start = readme.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    for (event, did) in [("pull_request", "Preview of `hello/dev`"), ("push", "Deployed `hello/dev`")] {
        let outcome = run(start, event);
        assert!(outcome.succeeded && outcome.log.contains(did), "{event}: {}", outcome.log);
    }
}
