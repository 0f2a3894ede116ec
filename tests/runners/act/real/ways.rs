//! The ways out of a refusal and the commands of comments, in workflows on the Pulumi CLI, with a GitHub that answers on
//! loopback.

use crate::act::delivery::Act;
use crate::act::examples::copied;
use crate::harness::engine::Engine;
use crate::real::shown;
use crate::story::{self, Story};
use crate::support::forge::FACES;
use crate::tools;

/// A job that a person starts with a line. A change request has one of the same text.
const WAY_OUT: &str = r#"
on:
  workflow_dispatch: { inputs: { line: { required: true } } }
  pull_request: {}
jobs:
  way-out:
    runs-on: "ubuntu-latest"
    permissions: { contents: "read", issues: "write", pull-requests: "read", actions: "read" }
    steps:
      - uses: "actions/checkout@v5"
      - uses: "stackstep/stackstep/actions/setup@v1"
      - run: 'eval "$LINE"'
        env:
          LINE: "${{ github.event.inputs.line }}"
          STACKSTEP_FORGE_TOKEN: "${{ github.token }}"
"#;

/// A job that a person starts with a signed approval, which deploys what the map says.
const APPROVED: &str = r#"
on: { workflow_dispatch: { inputs: { approval: { required: true } } } }
jobs:
  deploy:
    runs-on: "ubuntu-latest"
    steps:
      - uses: "actions/checkout@v5"
      - uses: "stackstep/stackstep/actions/deploy@v1"
        with:
          command: "deploy"
          approval: "${{ github.event.inputs.approval }}"
          github-token: "${{ github.token }}"
"#;

fn begun() -> Story<Act> {
    let workflows = [("way-out.yml", WAY_OUT), ("approved.yml", APPROVED)];
    Story::with_ways_out(FACES[0], Act::new(Engine::Pulumi, &workflows))
}

#[test]
#[ignore = "needs act and the Pulumi CLI"]
fn a_hold_an_acceptance_and_a_signature_let_one_change_through() {
    story::a_hold_an_acceptance_and_a_signature_let_one_change_through(&begun());
    shown();
}

#[test]
#[ignore = "needs act and the Pulumi CLI"]
fn a_rollback_is_a_deployment_with_gates_of_its_own() {
    story::a_rollback_is_a_deployment_with_gates_of_its_own(&begun());
    shown();
}

#[test]
#[ignore = "needs act and the Pulumi CLI"]
fn a_glass_is_broken_for_one_change_and_no_rule() {
    story::a_glass_is_broken_for_one_change_and_no_rule(&begun());
    shown();
}

#[test]
#[ignore = "needs act and the Pulumi CLI"]
fn a_deployment_that_was_killed_is_unlocked_and_finished() {
    story::a_deployment_that_was_killed_is_unlocked_and_finished(&begun());
    shown();
}

#[test]
#[ignore = "needs act and the Pulumi CLI"]
fn the_example_of_comments_carries_out_the_commands_of_those_who_may() {
    let path = tools::root().join("actions/examples/comment-commands.yml");
    let example = copied(&std::fs::read_to_string(path).unwrap(), "");
    let system = Act::new(Engine::Pulumi, &[("comment-commands.yml", &example)]);
    story::comments_are_commands_of_those_who_may(&Story::with_commands(FACES[0], system));
    shown();
}

#[test]
#[ignore = "needs act and the Pulumi CLI"]
fn the_example_of_ways_out_takes_each_by_its_inputs() {
    let path = tools::root().join("actions/examples/ways-out.yml");
    let example = copied(&std::fs::read_to_string(path).unwrap(), "");
    let system = Act::new(Engine::Pulumi, &[("ways-out.yml", &example)]);
    story::a_job_with_inputs_takes_each_way_out(&Story::with_ways_out(FACES[0], system), Act::way_out);
    shown();
}
