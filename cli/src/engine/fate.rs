//! The fate of an engine process: its ending in the report's terms, and notes on one that was stopped, was killed, or
//! left something behind. A note says only what the process and its events show.

use std::time::Duration;

use crate::process::ladder::{Cause, Rung};
use crate::process::supervise::{Ended, ProcessStatus};
use crate::process::told::Told;
use crate::report::{Ending, Events, crash, is_provider_gone};

/// The time to wait for our own signal after the engine or its providers had theirs: GitLab's runner gives a process 6
/// s before it signals the next one.
/// <https://gitlab.com/gitlab-org/gitlab-runner/-/blob/main/shells/bash.go>
pub(super) const OWN_SIGNAL: Duration = Duration::from_secs(6);

/// The note on a lock that can't be looked at.
pub(crate) const MAY_BE_LOCKED: &str = "the lock may still be there, as the engine was gone before it could release it: if \
                                        no other run is at work, `pulumi cancel` does";

/// SIGINT, which [`crate::process::ladder`] sends first. An engine that is just starting, or a script before it, does
/// not handle it yet.
const INTERRUPT: i32 = 2;

/// Signals by which a CI system asks a process to end: SIGHUP, SIGINT, SIGTERM.
const REQUESTS: [i32; 3] = [1, 2, 15];

/// The ending of the process in the report's terms.
pub(super) fn ending(ended: &Ended) -> Ending {
    match (ended.status, ended.cause) {
        // An engine that was asked to stop may have finished everything all the same.
        (ProcessStatus::Exited(0), _) => Ending::Exited(0),
        (_, Some(cause)) => stopped_by(cause),
        (ProcessStatus::Exited(status), None) => Ending::Exited(status),
        (ProcessStatus::Signalled(signal), None) => Ending::Signalled(signal),
        (ProcessStatus::NotStarted | ProcessStatus::Stuck, None) => Ending::NotStarted,
    }
}

/// The ending of a process that we stop.
pub(super) fn stopped_by(cause: Cause) -> Ending {
    match cause {
        Cause::TimedOut => Ending::TimedOut,
        Cause::Halted => Ending::Halted,
        Cause::Cancelled(signal) => Ending::Cancelled { signal: i32::from(signal.number()) },
    }
}

/// Whether an engine that failed without being stopped by us seems to have been cancelled from outside: it reports a
/// signal, was ended by one, or lost a provider's process.
pub(super) fn looks_cancelled(ended: &Ended, events: &Events) -> bool {
    let failed = ended.cause.is_none() && ended.status != ProcessStatus::Exited(0);
    let by_request = matches!(ended.status, ProcessStatus::Signalled(signal) if REQUESTS.contains(&signal));
    failed && (by_request || ended.told > Told::Never || lost_a_provider(ended, events))
}

fn lost_a_provider(ended: &Ended, events: &Events) -> bool {
    events.lost_a_provider() || is_provider_gone(&ended.stderr.masked())
}

/// Whether the process ended without a chance to release its lock.
pub(super) fn leaves_its_lock(ended: &Ended) -> bool {
    matches!(ended.status, ProcessStatus::Signalled(_) | ProcessStatus::Stuck) || has_crashed(ended)
}

fn has_crashed(ended: &Ended) -> bool {
    ended.status == ProcessStatus::Exited(2) && crash(&ended.stderr.masked()).is_some()
}

/// The notes for a reader of the report. `locks` tells whether the process held the stack's lock.
pub(super) fn notes(ended: &Ended, events: &Events, locks: bool) -> Vec<String> {
    let mut notes: Vec<String> = end(ended, events, locks).into_iter().collect();
    if ended.status != ProcessStatus::Exited(0) && lost_a_provider(ended, events) {
        notes.push(
            "a provider's process ended before it answered: what became of its resources is not known, and the state \
             may have no pending operation for them"
                .to_owned(),
        );
    }
    if ended.left_behind {
        notes.push("the engine left processes behind, which were killed".to_owned());
    }
    if ended.closed_output {
        notes.push("nobody read the log to its end".to_owned());
    }
    notes
}

/// The note on the end of a process that was stopped or killed.
fn end(ended: &Ended, events: &Events, locks: bool) -> Option<String> {
    let lock = |released: &'static str| if locks { released } else { "" };
    match (ended.status, ended.cause, ended.rung) {
        (ProcessStatus::NotStarted, Some(_), _) => {
            Some("the engine was not started: the run was stopped before".to_owned())
        }
        (ProcessStatus::Signalled(_) | ProcessStatus::Stuck, Some(_), Some(Rung::Killed)) => {
            Some(format!("the engine did not stop and was killed{}", lock(": operations may be pending")))
        }
        (ProcessStatus::Signalled(INTERRUPT), Some(_), Some(_)) if ended.told == Told::Never => {
            Some(format!(
                "the engine was ended by our signal {INTERRUPT}, which it did not handle{}",
                lock(": operations may be pending")
            ))
        }
        (ProcessStatus::Signalled(signal), ..) => Some(format!(
            "the engine was ended by signal {signal}, which was not ours{}",
            lock(": operations may be pending")
        )),
        (ProcessStatus::Exited(_), ..) if has_crashed(ended) => {
            Some(format!("the engine crashed{}", lock(": operations may be pending")))
        }
        (ProcessStatus::Exited(status), _, rung)
            if rung == Some(Rung::InterruptedAgain) || (ended.told == Told::Again && status != 0) =>
        {
            let lock = lock(": the lock is released, operations that were under way are pending");
            Some(format!("the engine was told to stop at once{lock}"))
        }
        (ProcessStatus::Exited(_), _, Some(Rung::Interrupted)) => Some(asked(events, locks)),
        (ProcessStatus::Exited(status), ..) if ended.told == Told::Once && status != 0 => {
            Some(asked(events, locks))
        }
        _ => None,
    }
}

/// The note on an engine that was asked once to stop, and ended by itself.
fn asked(events: &Events, locks: bool) -> String {
    let released = if locks { " and released the lock" } else { " and has ended" };
    if !events.in_flight().is_empty() || events.lost_a_provider() {
        return format!("the engine was asked to stop{released}, but not all that it had begun was finished");
    }
    if events.are_whole() {
        return format!("the engine was asked to stop, finished what it had begun{released}");
    }
    format!("the engine was asked to stop{released}")
}

#[cfg(test)]
mod tests;
