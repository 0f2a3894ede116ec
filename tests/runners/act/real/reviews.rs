//! The examples of review stacks and of the sweep, on the Pulumi CLI, with a GitHub that answers on loopback.

use crate::act::delivery::Act;
use crate::act::examples::copied;
use crate::harness::engine::Engine;
use crate::real::shown;
use crate::story::{self, Story};
use crate::support::forge::FACES;
use crate::tools;

/// The text of an example. The head of the pull request is checked out already: `act` fetches what has a `ref`.
fn example(name: &str) -> String {
    let text = std::fs::read_to_string(tools::root().join("actions/examples").join(name)).unwrap();
    copied(&text.replace("          ref: \"${{ github.event.pull_request.head.sha }}\"\n", ""), "")
}

fn begun() -> Story<Act> {
    let (review, reap) = (example("review-stacks.yml"), example("reap.yml"));
    let workflows = [("job.yml", review.as_str()), ("reap.yml", reap.as_str())];
    Story::with_review_stacks(FACES[0], Act::with_workflows(Engine::Pulumi, &workflows))
}

#[test]
#[ignore = "needs act and the Pulumi CLI"]
fn a_pull_request_has_a_stack_while_it_is_open() {
    story::a_change_request_has_a_stack_while_it_is_open(&begun());
    shown();
}

#[test]
#[ignore = "needs act and the Pulumi CLI"]
fn a_close_that_was_lost_is_found_by_the_sweep() {
    story::a_close_that_was_lost_is_found_by_the_sweep(&begun());
    shown();
}
