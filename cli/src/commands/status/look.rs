//! The look at one stack: its ledger, and its lock. What can't be read is a fact about the stack, and ends nothing.

use std::time::SystemTime;

use super::page::{LedgerStatus, LockStatus, StackStatus, StatusEntry, StatusFact};
use crate::base::error::Problem;
use crate::base::moment::Moment;
use crate::engine::job::Job;
use crate::forge::Place;
use crate::ledger::entry::{EntryKind, EntryStatus, LedgerEntry};
use crate::ledger::history::History;
use crate::ledger::locks::{self, StackLock};
use crate::run::gates::{glass, ledger};

/// The reason why nothing is said of drift.
const NO_DRIFT_LOOK: &str = "nobody has looked for it: `stackstep drift`";

/// Looks at the job's stack: one reading of its ledger, and one of its locks.
pub(super) async fn stack_status(job: &Job<'_>, place: Option<&Place>, cwd: Option<&str>) -> StackStatus {
    let identity = job.identity().unwrap_or_default();
    let book = ledger::open(job, place);
    let read = match book.missing() {
        Some(missing) => Err(format!("there is no ledger: {}", missing.in_one_line())),
        None => book
            .history()
            .await
            .map(Option::unwrap_or_default)
            .map_err(|trouble| trouble.problem.in_one_line()),
    };
    let token = job.backend.token_for_requests();
    let locks = locks::read(&ledger::ledger_for(job, &identity, token.as_ref(), place)).await;
    let mut status = of_history(read.as_ref().map_err(String::as_str), job.env.clock().time());
    status.name = identity.to_string();
    (status.stack, status.project, status.backend) = (identity.stack, identity.project, identity.backend_url);
    status.cwd = cwd.map(str::to_owned);
    status.ledger.place = book.missing().is_none().then(|| book.shown());
    status.lock = lock(locks);
    status
}

/// The status of a stack that could not be looked at.
pub(super) fn unseen(project: Option<&str>, stack: &str, cwd: Option<&str>, why: &str) -> StackStatus {
    let name = project.map_or_else(|| stack.to_owned(), |project| format!("{project}/{stack}"));
    let (project, cwd) = (project.map(str::to_owned), cwd.map(str::to_owned));
    StackStatus {
        name,
        stack: stack.to_owned(),
        project,
        cwd,
        ..of_history(Err(why), SystemTime::UNIX_EPOCH)
    }
}

fn lock(locks: Result<Vec<StackLock>, Problem>) -> StatusFact<Vec<LockStatus>> {
    match locks {
        Ok(locks) => StatusFact::of_all(
            locks.into_iter().map(|lock| LockStatus { holder: lock.holder, since: lock.since }).collect(),
        ),
        Err(problem) => StatusFact::not_known(&problem.in_one_line()),
    }
}

/// What the ledger says, or the reason why nobody knows. The names and the lock are left open.
fn of_history(read: Result<&History, &str>, now: SystemTime) -> StackStatus {
    let certain = read.map(|history| history.certain().map_err(|problem| problem.in_one_line()));
    let ledger = LedgerStatus {
        place: None,
        certain: certain.as_ref().ok().map(Result::is_ok),
        why: match &certain {
            Ok(certain) => certain.as_ref().err().cloned(),
            Err(why) => Some((*why).to_owned()),
        },
    };
    // What is not there may stand in an entry that is missing or can't be read.
    let nothing = ledger.why.as_deref();
    let one = |of: &dyn for<'h> Fn(&'h History) -> Option<&'h LedgerEntry>| {
        let entry = read.ok().and_then(|history| of(history).map(|entry| status_entry(entry, now)));
        StatusFact::if_any(entry).or_not_known(nothing)
    };
    let all = |of: &dyn for<'h> Fn(&'h History) -> Vec<&'h LedgerEntry>| {
        let entries =
            read.map(|history| of(history).into_iter().map(|entry| status_entry(entry, now)).collect());
        StatusFact::of_all(entries.unwrap_or_default()).or_not_known(nothing)
    };
    StackStatus {
        name: String::new(),
        stack: String::new(),
        project: None,
        cwd: None,
        backend: None,
        deployed: one(&|history| history.deployed()),
        verified: one(&of_what_is_deployed),
        last_verified: one(&|history| history.verified()),
        held: all(&|history| history.holds().iter().collect()),
        refused: one(&|history| history.refused()),
        unfinished: all(&|history| {
            let last = history.deployed().map_or(0, |deployed| deployed.number);
            history.unfinished().iter().filter(|entry| entry.number > last).collect()
        }),
        glass_broken: one(&|history| history.broke_glass().filter(|entry| !glass::is_done(entry, history))),
        accepted: all(&|history| history.accepted_changes().iter().collect()),
        lock: match read {
            Ok(_) => StatusFact::None,
            Err(why) => StatusFact::not_known(why),
        },
        drift: drift(read, nothing, now),
        expiry: one(&of_expiry),
        ledger,
    }
}

/// What the last look for drift has come to.
fn drift(read: Result<&History, &str>, nothing: Option<&str>, now: SystemTime) -> StatusFact<StatusEntry> {
    let Some(look) = read.ok().and_then(|history| history.drift().last()) else {
        let not_looked = StatusFact::NotLooked { why: NO_DRIFT_LOOK.to_owned() };
        return nothing.map_or(not_looked, StatusFact::not_known);
    };
    let why = look.reason.as_deref().unwrap_or("the last look came to nothing");
    match &look.status {
        Some(EntryStatus::Found) => {
            let digest = look.digest.as_deref().unwrap_or_default();
            let accepted = read.ok().and_then(|history| history.drift().accepted(digest, now));
            let entry = status_entry(look, now);
            // By whom, why and until when is told of the acceptance.
            let told = accepted.map(|accepted| status_entry(accepted, now));
            StatusFact::Found {
                value: match told {
                    Some(told) => StatusEntry {
                        who: told.who,
                        reason: told.reason,
                        expires: told.expires,
                        expired: told.expired,
                        ..entry
                    },
                    None => entry,
                },
            }
        }
        Some(EntryStatus::NoneFound) => StatusFact::None,
        _ => StatusFact::not_known(&format!("{} ({})", why, look.time)),
    }
}

/// The entry that sets the end of the stack's time to live.
fn of_expiry(history: &History) -> Option<&LedgerEntry> {
    history.expiry().or(history.opened()).filter(|entry| entry.expires.is_some())
}

/// The last verification, if it is of what is deployed.
fn of_what_is_deployed(history: &History) -> Option<&LedgerEntry> {
    let (checked, deployed) = (history.checked()?, history.deployed()?);
    let about = checked.about.is_none_or(|about| about == deployed.number || Some(about) == deployed.about);
    (about && checked.number > deployed.number).then_some(checked)
}

fn status_entry(entry: &LedgerEntry, now: SystemTime) -> StatusEntry {
    let is_past = |expires: &String| Some(Moment::parse(expires)?.unix() <= seconds(now));
    let passed = |result: &str| result == "passed";
    let not_passed = entry.checks.iter().filter(|check| !passed(&check.result));
    StatusEntry {
        number: entry.number,
        time: entry.time.clone(),
        who: entry.actor.clone(),
        commit: entry.commit.clone(),
        source: entry.source.clone(),
        digest: entry.digest.clone(),
        run: entry.run.as_ref().and_then(|run| run.id.clone()),
        url: entry.run.as_ref().and_then(|run| run.url.clone()),
        result: entry
            .status
            .as_ref()
            .filter(|_| entry.kind == EntryKind::Verified)
            .map(|status| status.word().to_owned()),
        not_passed: not_passed.map(|check| format!("{}: {}", check.check, check.result)).collect(),
        gate: entry.gate.clone(),
        reason: entry.reason.clone(),
        link: entry.link.clone(),
        expires: entry.expires.clone(),
        // What can't be read as a time does not count.
        expired: entry.expires.as_ref().map(|expires| is_past(expires).unwrap_or(true)),
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
