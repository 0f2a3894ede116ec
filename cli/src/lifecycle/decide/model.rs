//! A search through all that can happen to the stack of one change request: events that come, are lost and come late; a
//! deployment and two sweeps at once, each of which can be killed between any two of its steps; clocks that differ; a forge
//! that fails or answers something else; a person who renames the stack and makes another one of its name.
//!
//! What has to hold: no destruction touches a stack that is not ours, or one that was deployed for a change request that is
//! open; and wherever everything has stopped, one sweep in which nothing goes wrong leaves no stack of ours behind whose
//! change request is closed, and takes away nothing else.

mod search;
mod world;

use super::{SweepDecision, SweepRules, SweptStack, decide};
use crate::lifecycle::facts::{RequestFacts, RequestStanding};
use crate::lifecycle::mark::in_message;
use search::{Found, search};
use world::NONCES;

/// A decider: the real one, or one that is broken.
type Decider = fn(&[SweptStack], &SweepRules) -> SweepDecision;

#[test]
fn no_order_of_events_leaves_a_stack_behind_or_takes_away_a_live_one_or_a_foreign_one() {
    let Found { states, wrong } = search(decide);
    assert_eq!(wrong, None);
    // The number of states shows that the search has not become small by mistake.
    println!("{states} states were visited");
    assert!(states > 100_000, "{states} states");
}

fn must_be_found(decider: Decider, what: &str) {
    let wrong = search(decider).wrong;
    assert!(wrong.as_ref().is_some_and(|wrong| wrong.contains(what)), "{wrong:?}");
}

#[test]
fn a_decider_that_trusts_the_tag_alone_is_found() {
    must_be_found(
        |stacks, rules| {
            let mut stacks = stacks.to_vec();
            for held in stacks.iter_mut().filter_map(|stack| stack.held.as_mut().ok()) {
                held.found.messages = NONCES.iter().map(|nonce| in_message(nonce)).collect();
            }
            decide(&stacks, rules)
        },
        "is not ours",
    );
}

#[test]
fn a_decider_that_takes_no_answer_for_a_closed_change_request_is_found() {
    must_be_found(
        |stacks, rules| {
            let mut stacks = stacks.to_vec();
            for stack in stacks.iter_mut().filter(|stack| stack.request.is_err()) {
                let standing = RequestStanding::ClosedAt(0);
                stack.request = Ok(Some(RequestFacts { number: 7, repository: None, standing, kept: false }));
            }
            decide(&stacks, rules)
        },
        "is live",
    );
}

#[test]
fn a_decider_that_does_not_look_at_the_answers_number_is_found() {
    must_be_found(
        |stacks, rules| {
            let mut stacks = stacks.to_vec();
            for request in stacks.iter_mut().filter_map(|stack| stack.request.as_mut().ok()?.as_mut()) {
                request.number = 7;
            }
            decide(&stacks, rules)
        },
        "is live",
    );
}

#[test]
fn a_decider_that_needs_a_tag_leaves_what_a_killed_run_has_created() {
    must_be_found(
        |stacks, rules| {
            let mut decided = decide(stacks, rules);
            for (decision, stack) in decided.stacks.iter_mut().zip(stacks) {
                if stack.held.as_ref().is_ok_and(|held| held.found.tag.is_none()) {
                    decision.verdict = super::SweepVerdict::Unsure("it has no tag".to_owned());
                }
            }
            decided
        },
        "is left behind",
    );
}
