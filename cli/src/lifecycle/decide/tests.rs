//! The decision about single stacks, one behaviour a test. All that can happen to several runs at once is in [`super::model`].

use super::*;
use crate::lifecycle::time_to_live::SKEW;
use std::time::UNIX_EPOCH;

use crate::ledger::entry::{EntryKind, LedgerEntry};
use crate::lifecycle::facts::{GivenWarning, HeldFacts, RequestFacts};
use crate::lifecycle::mark::{Mark, in_message};
use crate::lifecycle::ownership::FoundStack;
use crate::lifecycle::{RepositoryIdentity, ReviewName};

/// The time of the sweep.
const NOW: u64 = 1_796_000_000;

const NONCE: &str = "0123456789abcdef";

fn shop() -> RepositoryIdentity {
    RepositoryIdentity::from_id("github.com", "123456").unwrap()
}

fn rules() -> SweepRules {
    SweepRules { repository: shop(), now: NOW, grace: HOUR, max_destroys: 10, max_share: 50 }
}

fn mark() -> Mark {
    Mark {
        repository: shop(),
        number: 7,
        project: "shop".to_owned(),
        nonce: NONCE.to_owned(),
        created: "2026-11-29T10:00:00Z".to_owned(),
    }
}

/// The stack of the closed change request 7, as `review up` leaves it.
fn closed() -> SweptStack {
    let name = ReviewName::for_request(&shop(), "shop", 7).unwrap();
    let mut opened = LedgerEntry::new(EntryKind::Opened, Some("shop"), name.as_str(), UNIX_EPOCH);
    opened.repository = Some(shop().to_string());
    opened.change_requests = vec![7];
    opened.nonce = Some(NONCE.to_owned());
    let messages = vec![in_message(NONCE)];
    SweptStack {
        project: "shop".to_owned(),
        stack: name.to_string(),
        name: Some(name),
        reapable: true,
        protected: None,
        life: Ok(LifeFacts { opened: Some(opened), ..LifeFacts::default() }),
        held: Ok(HeldFacts {
            found: FoundStack { tag: Some(mark().to_string()), resources: 3, messages },
            ..HeldFacts::default()
        }),
        request: Ok(Some(RequestFacts {
            number: 7,
            repository: Some("123456".to_owned()),
            standing: RequestStanding::ClosedAt(NOW - 2 * HOUR),
            kept: false,
        })),
    }
}

fn verdict(change: impl FnOnce(&mut SweptStack)) -> SweepVerdict {
    let mut stack = closed();
    change(&mut stack);
    decide(&[stack], &rules()).stacks.remove(0).verdict
}

fn life(stack: &mut SweptStack) -> &mut LifeFacts {
    stack.life.as_mut().unwrap()
}

fn held(stack: &mut SweptStack) -> &mut HeldFacts {
    stack.held.as_mut().unwrap()
}

fn request(stack: &mut SweptStack) -> &mut RequestFacts {
    stack.request.as_mut().unwrap().as_mut().unwrap()
}

/// Warnings of the end of the stack's time to live: which one, and when.
fn warned_of(end: u64, warnings: &[(Warning, u64)]) -> Vec<GivenWarning> {
    warnings.iter().map(|&(which, at)| GivenWarning { which, at, end }).collect()
}

fn opened(stack: &mut SweptStack) -> &mut LedgerEntry {
    life(stack).opened.as_mut().unwrap()
}

/// Writes another mark into the stack's tag.
fn mark_as(stack: &mut SweptStack, change: impl FnOnce(&mut Mark)) {
    let mut other = mark();
    change(&mut other);
    held(stack).found.tag = Some(other.to_string());
}

/// An open change request, whose stack has a time to live that ends so many seconds from now.
fn open_with_end(stack: &mut SweptStack, expires: u64) {
    request(stack).standing = RequestStanding::Open;
    life(stack).expires = Some(expires);
}

#[test]
fn the_stack_of_a_closed_change_request_is_destroyed_after_the_grace() {
    assert!(matches!(verdict(|_| ()), SweepVerdict::Destroy(_)));
    let early = verdict(|stack| request(stack).standing = RequestStanding::ClosedAt(NOW - HOUR + 1));
    assert!(matches!(early, SweepVerdict::Waits(_)), "{early:?}");
    let open = verdict(|stack| request(stack).standing = RequestStanding::Open);
    assert!(matches!(open, SweepVerdict::Kept(_)), "{open:?}");
}

#[test]
fn what_can_not_be_read_leaves_the_stack_alone() {
    let why = || "the server did not answer".to_owned();
    for (name, verdict) in [
        ("the forge", verdict(|stack| stack.request = Err(why()))),
        ("the ledger", verdict(|stack| stack.life = Err(why()))),
        ("the backend", verdict(|stack| stack.held = Err(why()))),
    ] {
        assert_eq!(verdict, SweepVerdict::Unsure(why()), "{name}");
    }
    assert!(matches!(verdict(|stack| stack.request = Ok(None)), SweepVerdict::Unsure(_)));
}

#[test]
fn an_answer_about_something_else_is_no_answer() {
    let number = verdict(|stack| request(stack).number = 8);
    let repository = verdict(|stack| request(stack).repository = Some("123457".to_owned()));
    for verdict in [number, repository] {
        assert!(
            matches!(&verdict, SweepVerdict::Unsure(why) if why.contains("another change request")),
            "{verdict:?}"
        );
    }
}

#[test]
fn signs_that_contradict_each_other_leave_the_stack_alone() {
    let by_hand = vec!["by hand".to_owned()];
    let nonce = "fedcba9876543210".to_owned();
    for (name, verdict) in [
        ("a new stack that inherited the tag", verdict(|stack| held(stack).found.messages = by_hand)),
        ("another nonce in the tag", verdict(|stack| mark_as(stack, |mark| mark.nonce = nonce))),
        ("a tag of another change request", verdict(|stack| mark_as(stack, |mark| mark.number = 8))),
        (
            "a tag of another project",
            verdict(|stack| mark_as(stack, |mark| mark.project = "network".to_owned())),
        ),
        ("no tag", verdict(|stack| held(stack).found.tag = None)),
        ("nothing in the ledger", verdict(|stack| life(stack).opened = None)),
        ("another change request in the ledger", verdict(|stack| opened(stack).change_requests = vec![8])),
        ("another project's name", verdict(|stack| stack.name = ReviewName::parse("pr-7-0123abcd"))),
    ] {
        assert!(matches!(verdict, SweepVerdict::Unsure(_)), "{name}: {verdict:?}");
    }
}

#[test]
fn a_stack_of_somebody_else_is_foreign() {
    let unknown = verdict(|stack| {
        held(stack).found.tag = None;
        life(stack).opened = None;
    });
    let other = verdict(|stack| opened(stack).repository = Some("github.com/9".to_owned()));
    let not_allowed = verdict(|stack| stack.reapable = false);
    for verdict in [unknown, other, not_allowed] {
        assert!(matches!(verdict, SweepVerdict::Foreign(_)), "{verdict:?}");
    }
}

#[test]
fn what_a_killed_run_has_left_is_ours_as_far_as_nothing_says_otherwise() {
    let before_the_tag = verdict(|stack| held(stack).found = FoundStack::default());
    let before_the_first_update = verdict(|stack| {
        (held(stack).found.resources, held(stack).found.messages) = (0, Vec::new());
    });
    let after_the_destruction = verdict(|stack| held(stack).found.resources = 0);
    for verdict in [before_the_tag, before_the_first_update, after_the_destruction] {
        assert!(matches!(verdict, SweepVerdict::Destroy(_)), "{verdict:?}");
    }
    let of_another_project = verdict(|stack| {
        held(stack).found = FoundStack::default();
        stack.project = "network".to_owned();
    });
    assert!(matches!(of_another_project, SweepVerdict::Unsure(_)), "{of_another_project:?}");
}

#[test]
fn a_protected_a_locked_and_a_forgotten_stack_stay() {
    let protected = verdict(|stack| stack.protected = Some("`stacks.pr-*` has approvals".to_owned()));
    assert!(matches!(protected, SweepVerdict::Unsure(_)), "{protected:?}");
    let locked = verdict(|stack| held(stack).locked_by = Some("ci@runner-1".to_owned()));
    assert!(matches!(locked, SweepVerdict::Waits(_)), "{locked:?}");
    assert_eq!(verdict(|stack| life(stack).forgotten = true), SweepVerdict::Forgotten);
}

#[test]
fn a_destruction_that_failed_is_tried_again_after_growing_pauses() {
    let after = |failures: usize, ago: u64| verdict(|stack| life(stack).failures = vec![NOW - ago; failures]);
    for (failures, pause) in [(1, HOUR), (2, 4 * HOUR), (3, DAY), (9, DAY)] {
        assert!(matches!(after(failures, pause - 1), SweepVerdict::Waits(_)), "{failures}");
        assert!(matches!(after(failures, pause), SweepVerdict::Destroy(_)), "{failures}");
    }
    let from_the_future = verdict(|stack| life(stack).failures = vec![NOW + 100 * DAY]);
    assert!(matches!(from_the_future, SweepVerdict::Destroy(_)), "a wrong clock holds nothing up for ever");
}

#[test]
fn the_fourth_failure_needs_one_issue() {
    let needs = |failures: usize, has_issue: bool| {
        let mut stack = closed();
        life(&mut stack).failures = vec![NOW; failures];
        life(&mut stack).has_issue = has_issue;
        decide(&[stack], &rules()).stacks[0].needs_issue
    };
    assert!(!needs(3, false) && needs(4, false) && !needs(4, true) && needs(9, false));
}

#[test]
fn people_are_warned_two_days_and_two_hours_before_and_once_each() {
    let warned = |left: u64, warned: &[(Warning, u64)]| {
        verdict(|stack| {
            open_with_end(stack, NOW + left);
            life(stack).warned = warned_of(NOW + left, warned);
        })
    };
    let which = |verdict: SweepVerdict| match verdict {
        SweepVerdict::Warn { which, .. } => Some(which),
        _ => None,
    };
    assert_eq!(which(warned(2 * DAY + 1, &[])), None);
    assert_eq!(which(warned(2 * DAY, &[])), Some(Warning::TwoDays));
    assert_eq!(which(warned(DAY, &[(Warning::TwoDays, NOW)])), None);
    assert_eq!(which(warned(HOUR, &[(Warning::TwoDays, NOW)])), Some(Warning::TwoHours));
    assert_eq!(which(warned(HOUR, &[(Warning::TwoHours, NOW)])), None);
}

#[test]
fn nothing_is_destroyed_for_its_time_without_a_warning_and_some_notice() {
    let over = |ago: u64, warned: &[(Warning, u64)]| {
        verdict(|stack| {
            open_with_end(stack, NOW - ago);
            life(stack).warned = warned_of(NOW - ago, warned);
        })
    };
    assert!(matches!(over(DAY, &[]), SweepVerdict::Warn { which: Warning::TwoHours, .. }));
    assert!(matches!(over(DAY, &[(Warning::TwoHours, NOW - HOUR)]), SweepVerdict::Waits(_)));
    assert!(matches!(over(DAY, &[(Warning::TwoHours, NOW - NOTICE)]), SweepVerdict::Destroy(_)));
    let within_the_skew = over(SKEW - 1, &[(Warning::TwoDays, NOW - DAY), (Warning::TwoHours, NOW - NOTICE)]);
    assert!(matches!(within_the_skew, SweepVerdict::Kept(_)), "{within_the_skew:?}");
}

#[test]
fn the_label_keeps_the_stack_of_an_open_change_request_up_to_the_longest_time() {
    let kept = |latest: Option<u64>, standing: RequestStanding| {
        verdict(|stack| {
            open_with_end(stack, NOW - 10 * DAY);
            let end = latest.unwrap_or(NOW - 10 * DAY);
            life(stack).warned = warned_of(end, &[(Warning::TwoHours, NOW - DAY)]);
            life(stack).latest = latest;
            request(stack).kept = true;
            request(stack).standing = standing;
        })
    };
    assert!(matches!(kept(None, RequestStanding::Open), SweepVerdict::Kept(_)));
    assert!(matches!(kept(Some(NOW + 9 * DAY), RequestStanding::Open), SweepVerdict::Kept(_)));
    assert!(matches!(kept(Some(NOW - DAY), RequestStanding::Open), SweepVerdict::Destroy(_)));
    assert!(matches!(kept(None, RequestStanding::ClosedAt(NOW - DAY)), SweepVerdict::Destroy(_)));
}

#[test]
fn a_warning_of_the_end_that_the_label_makes_counts_for_that_end_alone() {
    let kept = |end_of_the_warning: u64| {
        verdict(|stack| {
            open_with_end(stack, NOW - 10 * DAY);
            life(stack).latest = Some(NOW - DAY);
            request(stack).kept = true;
            life(stack).warned = warned_of(end_of_the_warning, &[(Warning::TwoHours, NOW - 4 * HOUR)]);
        })
    };
    let again = SweepVerdict::Warn { which: Warning::TwoHours, expires: NOW - DAY };
    assert_eq!(kept(NOW - 10 * DAY), again, "the end without the label was another one");
    assert!(matches!(kept(NOW - DAY), SweepVerdict::Destroy(_)), "it was warned of, and is over");
}

#[test]
fn any_other_stack_is_ours_only_with_the_state_that_its_time_was_set_for() {
    let timed = |change: &dyn Fn(&mut SweptStack)| {
        verdict(|stack| {
            stack.stack = "demo".to_owned();
            stack.name = None;
            stack.request = Ok(None);
            held(stack).state = "sha256:aa".to_owned();
            *life(stack) = LifeFacts {
                expires: Some(NOW - DAY),
                expires_for: Some("sha256:aa".to_owned()),
                warned: warned_of(NOW - DAY, &[(Warning::TwoHours, NOW - DAY)]),
                ..LifeFacts::default()
            };
            change(stack);
        })
    };
    assert!(matches!(timed(&|_| ()), SweepVerdict::Destroy(_)));
    assert!(matches!(timed(&|stack| held(stack).state = "sha256:bb".to_owned()), SweepVerdict::Unsure(_)));
    assert!(matches!(timed(&|stack| life(stack).expires_for = None), SweepVerdict::Unsure(_)));
    assert!(matches!(timed(&|stack| life(stack).expires = None), SweepVerdict::Foreign(_)));
    assert!(matches!(timed(&|stack| life(stack).expires = Some(NOW + 9 * DAY)), SweepVerdict::Kept(_)));
}

#[test]
fn a_sweep_that_would_destroy_too_much_destroys_nothing() {
    let brake = |doomed: usize, kept: usize| {
        let mut open = closed();
        request(&mut open).standing = RequestStanding::Open;
        let stacks = [vec![closed(); doomed], vec![open; kept]].concat();
        decide(&stacks, &rules()).brake
    };
    assert_eq!(brake(3, 0), None, "the share does not count for a few");
    assert!(brake(4, 3).unwrap().contains("4 of 7 stacks"));
    assert_eq!(brake(4, 4), None);
    assert!(brake(11, 100).unwrap().contains("`max-destroys` is 10"));
}
