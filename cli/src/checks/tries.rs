//! As many tries of a check as its result takes, at its pace, up to a deadline.
//!
//! What was just deployed may still come up. So up to the first try that passes, or until `ready-within` is over, no try
//! counts; from then on each does.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::settings::Pace;
use super::tally::Tally;
use crate::base::error::Problem;
use crate::process::signals::Signals;
use crate::report::{CheckOutcome, CheckResult, CheckTry};

/// One try that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// What came of it.
    pub outcome: CheckOutcome,
    /// Why it did not pass, and the way out.
    pub problem: Option<Problem>,
    /// The status of the answer, or the exit status.
    pub status: Option<i32>,
    /// The time until the answer; none without one.
    pub took: Option<Duration>,
    /// For how many more days the certificate is valid.
    pub certificate_days: Option<i64>,
}

impl Tried {
    /// A try that passed.
    pub fn passed(took: Duration) -> Self {
        Self {
            outcome: CheckOutcome::Passed,
            problem: None,
            status: None,
            took: Some(took),
            certificate_days: None,
        }
    }

    /// A try that did not pass, without an answer.
    pub fn without_answer(outcome: CheckOutcome, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            outcome,
            problem: Some(Problem::new(what, hint)),
            status: None,
            took: None,
            certificate_days: None,
        }
    }

    fn shown(&self) -> CheckTry {
        CheckTry {
            outcome: self.outcome,
            status: self.status,
            took_ms: self.took.map(milliseconds),
            message: self.problem.as_ref().map(|problem| problem.what.clone()),
        }
    }
}

/// Makes tries by `one`, which is told how long it may take, until the result is known, the time is over or the run is
/// stopped. Writes what
/// came of them into `result`.
pub async fn try_until_known(
    pace: Pace,
    until: Instant,
    signals: &Signals,
    result: &mut CheckResult,
    mut one: impl AsyncFnMut(Duration) -> Tried,
) {
    let begun = Instant::now();
    // Where the time for all checks is short, it is kept for the tries that count.
    let room = until.saturating_duration_since(begun).saturating_sub(pace.every.saturating_mul(pace.of));
    let ready = begun + pace.ready_within.min(room);
    let mut tally = Tally::new(pace.needed, pace.of);
    let (mut tries, mut early) = (Vec::new(), None);
    let mut early_tries = 0;
    loop {
        let start = Instant::now();
        let left = until.saturating_duration_since(start);
        if left.is_zero() {
            break;
        }
        let tried = one(left).await;
        let next = start + pace.every;
        if tries.is_empty() && tried.outcome != CheckOutcome::Passed && next <= ready {
            early_tries += 1;
            early = Some(tried);
        } else {
            tally.count(tried.outcome);
            tries.push(tried);
        }
        if tally.decided().is_some() || signals.first().is_some() {
            break;
        }
        tokio::select! {
            () = sleep_until(next.min(until)) => {}
            _ = signals.cancelled() => break,
        }
    }
    result.outcome = tally.outcome();
    (result.needed, result.of, result.early_tries) = (pace.needed, pace.of, early_tries);
    result.worst_ms = tries.iter().filter_map(|tried| tried.took).max().map(milliseconds);
    result.certificate_days = tries.iter().filter_map(|tried| tried.certificate_days).min();
    let problem = problem(result, &tries, early.as_ref());
    result.tries = tries.iter().map(Tried::shown).collect();
    (result.message, result.hint) =
        problem.map_or((None, None), |problem| (Some(problem.what), problem.hint));
    result.duration_ms = milliseconds(begun.elapsed());
}

/// Why a check did not pass: the reason of the first try that had the check's own outcome.
fn problem(result: &CheckResult, tries: &[Tried], early: Option<&Tried>) -> Option<Problem> {
    if result.outcome == CheckOutcome::Passed {
        return None;
    }
    let with = |tried: &&Tried| tried.outcome == result.outcome && tried.problem.is_some();
    let decisive = tries.iter().find(with).or_else(|| tries.iter().find(|tried| tried.problem.is_some()));
    let cause = decisive.or(early).and_then(|tried| tried.problem.clone());
    let all = tries.len();
    let passed = tries.iter().filter(|tried| tried.outcome == CheckOutcome::Passed).count();
    let counted = match (result.of, all) {
        (_, 0) => Some("there was no time left".to_owned()),
        (1, _) => None,
        (of, _) => Some(format!("{passed} of {all} tries passed, and {} of {of} have to", result.needed)),
    };
    let longer = "set a longer `checks-timeout`, or have less to check";
    Some(match (cause, counted) {
        (Some(cause), Some(counted)) => cause.retold(|what| format!("{counted}: {what}")),
        (Some(cause), None) => cause,
        (None, counted) => Problem::new(counted.unwrap_or_default(), longer),
    })
}

/// A try that the end of the time for all checks cut off, or kept from being made.
pub fn no_time_left() -> Tried {
    Tried::without_answer(
        CheckOutcome::Inconclusive,
        "there was no time left",
        "set a longer `checks-timeout`, or have less to check",
    )
}

/// A try of which nobody knows, because the step was killed.
pub fn killed() -> Tried {
    Tried::without_answer(
        CheckOutcome::Inconclusive,
        "the step was killed before it was known",
        "run the job again to have it checked",
    )
}

/// A try that a signal to the run has ended.
pub fn stopped() -> Tried {
    Tried::without_answer(
        CheckOutcome::Inconclusive,
        "the run was stopped",
        "run the job again to have it checked",
    )
}

/// A time in milliseconds.
pub fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
