//! Tries that are played, on a clock that runs only while everybody waits.

use std::cell::Cell;

use super::*;
use crate::process::signals::Signal;
use crate::report::CheckKind;

const SECOND: Duration = Duration::from_secs(1);
const PASSED: CheckOutcome = CheckOutcome::Passed;
const FAILED: CheckOutcome = CheckOutcome::Failed;
const UNCLEAR: CheckOutcome = CheckOutcome::Inconclusive;

/// A check whose tries end like these, and like the last of them from then on. Each takes 100 ms.
async fn played(outcomes: &[CheckOutcome], pace: Pace, time: Duration) -> (CheckResult, usize) {
    let made = Cell::new(0);
    let mut result = CheckResult::new("one", CheckKind::Http, UNCLEAR);
    let one = async |_| {
        tokio::time::sleep(SECOND / 10).await;
        let outcome = *outcomes.get(made.get()).or(outcomes.last()).unwrap();
        made.set(made.get() + 1);
        match outcome {
            CheckOutcome::Passed => Tried::passed(SECOND / 10),
            other => Tried::without_answer(other, format!("try {}", made.get()), "look"),
        }
    };
    try_until_known(pace, Instant::now() + time, &Signals::none(), &mut result, one).await;
    (result, made.get())
}

fn pace(needed: u32, of: u32, ready_within: u64) -> Pace {
    Pace { needed, of, every: SECOND, ready_within: SECOND * u32::try_from(ready_within).unwrap() }
}

#[tokio::test(start_paused = true)]
async fn what_passes_at_once_takes_one_try_and_no_time() {
    let (result, made) = played(&[PASSED], pace(1, 1, 60), 300 * SECOND).await;
    assert_eq!((result.outcome, made, result.duration_ms), (PASSED, 1, 100));
    assert_eq!((result.worst_ms, result.message), (Some(100), None));
}

#[tokio::test(start_paused = true)]
async fn tries_do_not_count_while_the_deployment_comes_up() {
    let (result, made) = played(&[FAILED, UNCLEAR, FAILED, PASSED], pace(1, 1, 60), 300 * SECOND).await;
    assert_eq!((result.outcome, made, result.early_tries), (PASSED, 4, 3));
    assert_eq!(result.tries.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn each_try_counts_after_the_first_that_passed() {
    let (result, _) = played(&[FAILED, PASSED, FAILED, FAILED], pace(2, 3, 60), 300 * SECOND).await;
    assert_eq!((result.outcome, result.early_tries), (FAILED, 1));
    assert_eq!(result.message.as_deref(), Some("1 of 3 tries passed, and 2 of 3 have to: try 3"));
}

#[tokio::test(start_paused = true)]
async fn what_never_comes_up_has_failed_when_its_time_is_over() {
    let (result, made) = played(&[FAILED], pace(1, 1, 10), 300 * SECOND).await;
    assert_eq!((result.outcome, result.early_tries, result.tries.len()), (FAILED, 10, 1));
    assert_eq!((made, result.message.as_deref()), (11, Some("try 11")));
}

#[tokio::test(start_paused = true)]
async fn no_more_tries_are_made_than_decide() {
    let (result, made) = played(&[PASSED], pace(5, 6, 0), 300 * SECOND).await;
    assert_eq!((result.outcome, made, result.duration_ms), (PASSED, 5, 4_100));
    let (result, made) = played(&[PASSED, FAILED], pace(5, 6, 0), 300 * SECOND).await;
    assert_eq!((result.outcome, made), (FAILED, 3));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_fails_every_second_time_does_not_pass_five_of_six() {
    let (result, _) = played(&[PASSED, FAILED, PASSED, FAILED], pace(5, 6, 60), 300 * SECOND).await;
    assert_eq!(result.outcome, FAILED);
}

#[tokio::test(start_paused = true)]
async fn what_the_time_is_over_for_is_not_known() {
    let (result, made) = played(&[PASSED], pace(5, 6, 60), 3 * SECOND).await;
    assert_eq!((result.outcome, made), (UNCLEAR, 3));
    assert_eq!(result.message.as_deref(), Some("3 of 3 tries passed, and 5 of 6 have to"));
    assert!(result.hint.unwrap().contains("checks-timeout"));
    let (result, made) = played(&[PASSED], pace(1, 1, 60), Duration::ZERO).await;
    assert_eq!(
        (result.outcome, made, result.message.as_deref()),
        (UNCLEAR, 0, Some("there was no time left"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_short_time_for_all_checks_is_kept_for_the_tries_that_count() {
    let (result, _) = played(&[FAILED], pace(2, 3, 60), 10 * SECOND).await;
    assert_eq!((result.outcome, result.early_tries), (FAILED, 7));
}

#[tokio::test(start_paused = true)]
async fn what_tells_nothing_is_inconclusive_and_names_why() {
    let (result, made) = played(&[UNCLEAR], pace(2, 3, 0), 300 * SECOND).await;
    assert_eq!((result.outcome, made), (UNCLEAR, 2), "a third try could not change it");
    assert_eq!(result.message.as_deref(), Some("0 of 2 tries passed, and 2 of 3 have to: try 1"));
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_explained_by_a_try_that_failed() {
    let (result, _) = played(&[UNCLEAR, FAILED, FAILED], pace(2, 3, 0), 300 * SECOND).await;
    assert_eq!(result.message.as_deref(), Some("0 of 3 tries passed, and 2 of 3 have to: try 2"));
}

#[tokio::test(start_paused = true)]
async fn a_try_is_told_how_long_it_may_take() {
    let mut left = Vec::new();
    let mut result = CheckResult::new("one", CheckKind::Http, UNCLEAR);
    let one = async |time| {
        left.push(time);
        Tried::without_answer(FAILED, "no", "look")
    };
    try_until_known(pace(1, 3, 0), Instant::now() + 10 * SECOND, &Signals::none(), &mut result, one).await;
    assert_eq!(left, [10 * SECOND, 9 * SECOND, 8 * SECOND]);
}

#[tokio::test(start_paused = true)]
async fn a_signal_ends_the_pause_between_two_tries() {
    let signals = Signals::none();
    let mut result = CheckResult::new("one", CheckKind::Run, UNCLEAR);
    let pace = Pace { every: 100 * SECOND, ..pace(1, 3, 0) };
    let begun = Instant::now();
    let one = async |_| {
        let signals = signals.clone();
        tokio::spawn(async move {
            tokio::time::sleep(SECOND).await;
            signals.cancel(Signal::Terminate);
        });
        Tried::without_answer(FAILED, "no", "look")
    };
    try_until_known(pace, begun + 1000 * SECOND, &signals, &mut result, one).await;
    assert_eq!(begun.elapsed(), SECOND);
    assert_eq!((result.outcome, result.tries.len()), (UNCLEAR, 1));
}
