//! The example of a fleet: the plan, and the child pipeline that is made of it.
//!
//! The tool starts no child pipeline (<https://github.com/firecow/gitlab-ci-local/issues/94>), so that its two files are
//! included here as GitLab does it.

use super::{Pipeline, SHELL};
use crate::harness::engine::Engine;
use crate::harness::fleet::lay_fleet;
use crate::tools;
use std::process::Command;

const CHILD: &str = "include:\n  - local: fleet.yml\n  - local: ci/fleet-job.yml\n";

/// The example in a repository of several projects.
fn pipeline() -> Pipeline {
    let example = |name: &str| {
        std::fs::read_to_string(tools::root().join("gitlab-templates/examples").join(name)).unwrap()
    };
    Pipeline::laid(Engine::Sandbox, &example("fleet.yml"), true, |repository| {
        lay_fleet(repository);
        let own = repository.join("ci");
        std::fs::create_dir(&own).unwrap();
        std::fs::copy(tools::root().join("bootstrap/stackstep.sh"), own.join("stackstep.sh")).unwrap();
        std::fs::write(own.join("fleet-job.yml"), example("fleet-job.yml")).unwrap();
        std::fs::write(repository.join("child.yml"), CHILD).unwrap();
    })
}

fn log(pipeline: &Pipeline, more: &[&str]) -> String {
    let variables = [
        "CI_PIPELINE_SOURCE=push",
        "CI_COMMIT_BRANCH=main",
        "CI_DEFAULT_BRANCH=main",
        "CI_PROJECT_PATH=acme/hello",
        "FLEET_SOURCE=push",
        "STACKSTEP_ENGINE=sandbox",
        "STACKSTEP_UPSERT=true",
    ];
    let variables: Vec<&str> = variables.iter().flat_map(|variable| ["--variable", variable]).collect();
    let (fine, log) = pipeline.run(&[&variables[..], &[SHELL], more].concat());
    assert!(fine, "{log}");
    log
}

#[test]
#[ignore = "needs gitlab-ci-local"]
fn the_child_pipeline_deploys_each_stack_after_those_that_it_comes_after() {
    let pipeline = pipeline();
    let planned = log(&pipeline, &["plan"]);
    assert!(
        planned.contains("plan of fleet up: 5 stacks in ") && planned.contains(", in 2 stages"),
        "{planned}"
    );
    // The tool includes only what git knows.
    let mut add = Command::new("git");
    add.args(["add", "fleet.yml"]).current_dir(pipeline.path("repository"));
    assert!(add.status().unwrap().success(), "{planned}");
    let deployed = log(&pipeline, &["--file", "child.yml"]);
    let at = |stack: &str| {
        deployed.find(&format!("Deployed `{stack}`")).unwrap_or_else(|| unreachable!("{stack}: {deployed}"))
    };
    for stack in ["shop/prod", "blog/prod"] {
        assert!(at("network/prod") < at(stack), "{stack}: {deployed}");
    }
    assert!(at("network/dev") < at("shop/dev"), "{deployed}");
}
