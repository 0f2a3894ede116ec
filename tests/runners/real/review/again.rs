//! What happens to a change request while its stack is made or destroyed, and resources that stay.

use super::*;
use crate::real::running::Gate;
use crate::real::things::Thing;

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_change_request_that_is_opened_again_while_its_stack_is_destroyed_has_a_new_one() {
    let review = Review::opened("from: staging", crate::real::delivery::EMPTY);
    let gate = Gate::closed(review.stage.path("gate"));
    let waiting = plain(&[thing("a", &format!("waits: {{delete: {}}}", gate.path().display()))]);
    let review = review.pushed(&waiting);
    review.up().ends_with(0);
    let review = review.closed();
    let mut down = review.stage.start("review down", "down");
    gate.until_begun(&mut down);
    review.forge.memory().pulls[0].state = State::Open;
    let mut up = review.stage.start("review up", "up");
    up.until("waiting for");
    gate.open();
    assert_eq!((down.end().status, up.end().status), (0, 0));
    assert_eq!(review.things(), ["a"]);
    assert_eq!(review.ledger(), ["opened", "destroyed", "opened"]);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_change_request_that_is_opened_again_before_the_destruction_begins_keeps_its_stack() {
    let review = Review::opened("from: staging", &plain(&[thing("a", "value: 1")]));
    review.up().ends_with(0);
    let review = review.closed();
    // It has asked the forge already when it reads the stack.
    let gate = review.stage.path("read");
    let begun = review.stage.path("read.begun");
    let wait = format!("touch {}; until [ -e {} ]; do :; done", begun.display(), gate.display());
    let review = review.with_engine("stack history", &wait, "");
    let down = review.stage.start("review down", "down");
    while !begun.exists() {}
    review.forge.memory().pulls[0].state = State::Open;
    std::fs::write(&gate, "").unwrap();
    let down = down.end().ends_with(73);
    assert!(down.log.contains("merge request !7 is open"), "{}", down.log);
    assert_eq!(review.things(), ["a"]);
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn a_push_while_the_run_makes_the_stack_leaves_the_deployment_to_the_newer_one() {
    let review = Review::opened("from: staging", &plain(&[thing("a", "value: 1")]));
    let gate = review.stage.path("made");
    let begun = review.stage.path("made.begun");
    let wait = format!("touch {}; until [ -e {} ]; do :; done", begun.display(), gate.display());
    let review = review.with_engine("stack init", &wait, "");
    let up = review.stage.start("review up", "up");
    while !begun.exists() {}
    review.forge.memory().pulls[0].head = "0".repeat(40);
    std::fs::write(&gate, "").unwrap();
    let up = up.end().ends_with(0);
    assert!(up.log.contains("is no longer the head of merge request !7"), "{}", up.log);
    assert_eq!(review.things(), Vec::<String>::new());
    shown();
}

#[test]
#[ignore = "needs the Pulumi CLI"]
fn what_goes_with_another_resource_goes_with_it_and_stays_with_one_that_is_protected() {
    let own = |protect: bool| {
        let begin = if protect { "protect: true" } else { "" };
        plain(&[
            Thing("cluster", "value: 1", begin),
            Thing("namespace", "fails: {delete: the cluster does it}", "deletedWith: \"${cluster}\""),
        ])
    };
    let review = Review::opened("from: staging", &own(true));
    review.up().ends_with(0);
    let review = review.closed();
    assert_ne!(review.down().status, 0);
    assert_eq!(review.ledger(), ["opened", "destroy-failed"]);
    assert!(review.things().contains(&"cluster".to_owned()), "{:?}", review.things());
    review.pulumi("state unprotect --all --yes").ends_with(0);
    let run = review.down();
    assert_eq!((run.status, review.left()), (0, Vec::new()), "{}", run.log);
    shown();
}
