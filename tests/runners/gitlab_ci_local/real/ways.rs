//! The ways out of a refusal and the commands of comments, in pipelines on the Pulumi CLI, with a GitLab that answers on
//! loopback.

use crate::gitlab_ci_local::Pipeline;
use crate::gitlab_ci_local::stages::text_of;
use crate::harness::engine::Engine;
use crate::real::shown;
use crate::story::{self, Story};
use crate::support::forge::FACES;
use crate::tools;

/// A job beside those of the example of three stages that a person starts with a line.
const WAY_OUT: &str = r#"
way-out:
  stage: deploy
  rules:
    - when: manual
  environment: { name: staging, action: prepare }
  resource_group: staging
  variables:
    STACKSTEP_BIN: stackstep
  script:
    - stackstep() { "$STACKSTEP_BIN" "$@"; }
    - eval "$LINE"
"#;

fn pipeline(more: &str) -> Pipeline {
    Pipeline::laid(Engine::Pulumi, &(text_of("three-stages.yml") + more), false, |_| {})
}

fn begun() -> Story<Pipeline> {
    Story::with_ways_out(FACES[1], pipeline(WAY_OUT))
}

#[test]
#[ignore = "needs gitlab-ci-local and the Pulumi CLI"]
fn a_hold_an_acceptance_and_a_signature_let_one_change_through() {
    story::a_hold_an_acceptance_and_a_signature_let_one_change_through(&begun());
    shown();
}

#[test]
#[ignore = "needs gitlab-ci-local and the Pulumi CLI"]
fn a_rollback_is_a_deployment_with_gates_of_its_own() {
    story::a_rollback_is_a_deployment_with_gates_of_its_own(&begun());
    shown();
}

#[test]
#[ignore = "needs gitlab-ci-local and the Pulumi CLI"]
fn a_glass_is_broken_for_one_change_and_no_rule() {
    story::a_glass_is_broken_for_one_change_and_no_rule(&begun());
    shown();
}

#[test]
#[ignore = "needs gitlab-ci-local and the Pulumi CLI"]
fn a_deployment_that_was_killed_is_unlocked_and_finished() {
    story::a_deployment_that_was_killed_is_unlocked_and_finished(&begun());
    shown();
}

#[test]
#[ignore = "needs gitlab-ci-local and the Pulumi CLI"]
fn the_example_of_comments_carries_out_the_commands_of_those_who_may() {
    let path = tools::root().join("gitlab-templates/examples/comment-commands.yml");
    let example = std::fs::read_to_string(path).unwrap();
    story::comments_are_commands_of_those_who_may(&Story::with_commands(FACES[1], pipeline(&example)));
    shown();
}
