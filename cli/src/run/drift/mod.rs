//! A look for drift, around the refresh that only looks: whether the stack is at rest before and after, what of it counts,
//! and what becomes of its issue and its ledger.

mod follow;
mod owners;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::base::error::{EXIT_AUTH, EXIT_INCOMPLETE, EXIT_TIMEOUT, Error, Problem, Result};
use crate::base::moment::Moment;
use crate::ci::console::Console;
use crate::delivery::history::RepositoryHistory;
use crate::delivery::notify::NotifyEvent;
use crate::delivery::place::ForgeAccess;
use crate::engine::executor::{EXIT_CHANGES, EngineQuery, Executor};
use crate::engine::job::{DriftAsk, Job};
use crate::ledger::Ledger;
use crate::ledger::drift_history::DriftHistory;
use crate::ledger::entry::{EntryKind, EntryStatus, LedgerEntry};
use crate::ledger::history::History;
use crate::ledger::state_identity;
use crate::lifecycle::drift::found::{digest, take_ignored};
use crate::lifecycle::drift::rest::{StackAtRest, was_not_at_rest, why_not_told};
use crate::lifecycle::issue::IssueNow;
use crate::process::signals::Signals;
use crate::publish::notify::{self, NotifyFacts, PATIENCE};
use crate::report::{DriftAcceptance, DriftOutcome, Masked, Reason, Report, Status};
use crate::run::gates::{ledger, place_in_history, top};
use follow::Followed;

/// The engine's exit status for a stack that is not there.
const EXIT_NO_STACK: i32 = 6;

/// A look for drift at the job's stack.
pub struct DriftLook<'a> {
    job: &'a Job<'a>,
    ask: &'a DriftAsk,
    forge: Option<ForgeAccess>,
    ledger: Ledger,
    /// What the ledger says. None if there is none, or it can't be read.
    past: Option<History>,
    /// What was seen of the stack before the refresh.
    before: StackAtRest,
    notes: Vec<String>,
}

impl<'a> DriftLook<'a> {
    /// Begins the look of the job's run. None if it is another run. Fails where nobody may look, or need not look again.
    pub async fn begin(
        job: &'a Job<'a>,
        executor: &dyn Executor,
        console: &Console,
        signals: &Signals,
    ) -> Result<Option<Self>> {
        let Some(ask) = job.drift else { return Ok(None) };
        let forge = ForgeAccess::find(job.ci, job.env, &job.context, &job.inputs)?;
        let client = forge.as_ref().map(ForgeAccess::client);
        let history = RepositoryHistory::new(&top(job), job.env, &job.context, client.as_ref());
        place_in_history::refuse_a_change("drift", job, &history).await?;
        drop(client);
        let mut notes = Vec::new();
        let ledger = ledger::open(job, forge.as_ref().map(|forge| &forge.place));
        let past = match Box::pin(ledger.history()).await {
            Ok(past) => past,
            Err(trouble) => {
                notes.push(format!("what was found before is not known: {}", trouble.problem.in_one_line()));
                None
            }
        };
        if let Some(missing) = ledger.missing() {
            notes.push(format!("the look is not recorded, as there is no ledger: {}", missing.what));
        }
        refuse_to_look_again(job, ask, past.as_ref())?;
        let before = at_rest(job, executor, console, signals).await;
        if before.at_work.is_none() {
            notes.push(
                "whether somebody holds the lock of the stack is not known, as only the engine reads this backend"
                    .to_owned(),
            );
        }
        Ok(Some(Self { job, ask, forge, ledger, past, before, notes }))
    }

    /// Ends the look: decides what it has found, and follows it up. Returns the report with that.
    pub async fn end(
        mut self,
        report: Masked<Report>,
        executor: &dyn Executor,
        console: &Console,
        signals: &Signals,
    ) -> Masked<Report> {
        let after = at_rest(self.job, executor, console, signals).await;
        let mut report = report.into_inner();
        report.notes.append(&mut self.notes);
        if ends_by_itself(&report) {
            let why = report.message.clone().unwrap_or_else(|| "the look was stopped".to_owned());
            report.drift = Some(Box::new(DriftOutcome::not_known(why)));
            return report.masked(&|text| console.masker().mask(text));
        }
        let outcome = self.outcome(&mut report, &after);
        let followed = Box::pin(self.follow_up(&report, &outcome, console)).await;
        self.conclude(report, outcome, followed, console).await
    }

    /// What the look has found. What is ignored is taken out of the report.
    fn outcome(&self, report: &mut Report, after: &StackAtRest) -> DriftOutcome {
        if let Some(why) = was_not_at_rest(&self.before, after).or_else(|| why_not_told(report)) {
            return DriftOutcome::not_known(why);
        }
        let ignored = take_ignored(report, &self.ask.settings.ignore);
        if report.has_changes == Some(false) {
            return DriftOutcome { found: Some(false), ignored, ..DriftOutcome::default() };
        }
        let digest = digest(report);
        let now = self.job.env.clock().time();
        let accepted = self.past.as_ref().and_then(|past| past.drift().accepted(&digest, now));
        let accepted = accepted.map(|entry| DriftAcceptance {
            by: entry.actor.clone(),
            until: entry.expires.clone(),
            reason: entry.reason.clone(),
        });
        DriftOutcome { found: Some(true), digest: Some(digest), ignored, accepted, ..DriftOutcome::default() }
    }

    /// Writes what was found into the issue, the ledger and the report, and tells people.
    async fn conclude(
        &self,
        mut report: Report,
        mut outcome: DriftOutcome,
        followed: Followed,
        console: &Console,
    ) -> Masked<Report> {
        let event = self.event(&outcome, &followed);
        outcome.issue.clone_from(&followed.issue);
        report.notes.extend(followed.notes);
        if let Err(why) = self.record(&outcome, console).await {
            report
                .notes
                .push(format!("the look is not in the ledger: {}", Problem::from(&why).in_one_line()));
        }
        judge(&mut report, &outcome, self.ask.fails);
        let link = outcome.issue.as_ref().and_then(|issue| issue.url.clone());
        report.drift = Some(Box::new(outcome));
        let report = report.masked(&|text| console.masker().mask(text));
        let Some(event) = event else { return report };
        let facts = NotifyFacts { link, ..NotifyFacts::of_report(&report) };
        let told = notify::notify(self.job, event, &facts, console, PATIENCE).await;
        told.log(console);
        told.noted_in(report, &|text| console.masker().mask(text))
    }

    /// The event that people hear of: drift that is new or another one, and its end.
    fn event(&self, outcome: &DriftOutcome, followed: &Followed) -> Option<NotifyEvent> {
        let known = self.past.as_ref().map(History::drift).and_then(DriftHistory::known);
        let was_found = known.filter(|look| look.status == Some(EntryStatus::Found));
        match outcome.found? {
            true if outcome.accepted.is_some() => None,
            true => {
                let digest = outcome.digest.as_deref().unwrap_or_default();
                let is_known = was_found.is_some_and(|look| look.is_about_change(digest));
                (!is_known || followed.changed).then_some(NotifyEvent::Drift)
            }
            false => (was_found.is_some() || followed.changed).then_some(NotifyEvent::DriftGone),
        }
    }

    /// Adds the look to the ledger, unless it says nothing new and the ledger has no room for that.
    async fn record(&self, outcome: &DriftOutcome, console: &Console) -> Result<()> {
        if self.ledger.missing().is_some() {
            return Ok(());
        }
        let mut entry = ledger::new_entry(self.job, EntryKind::Drift);
        entry.status = Some(match outcome.found {
            Some(true) => EntryStatus::Found,
            Some(false) => EntryStatus::NoneFound,
            None => EntryStatus::NotKnown,
        });
        entry.commit.clone_from(&self.job.context.commit);
        entry.digest.clone_from(&outcome.digest);
        let before = self.past.as_ref().map(History::drift);
        let known_issue = before.and_then(DriftHistory::issue);
        entry.issue = outcome.issue.as_ref().map(|issue| issue.number).or(known_issue);
        entry.reason.clone_from(&outcome.why);
        let same = |last: &LedgerEntry| {
            (&last.status, &last.issue) == (&entry.status, &entry.issue)
                && entry.digest.as_deref().is_none_or(|digest| last.is_about_change(digest))
        };
        let says_nothing_new = before.and_then(DriftHistory::last).is_some_and(same);
        if says_nothing_new && !self.ledger.is_roomy() && self.ask.settings.min_interval.is_none() {
            return Ok(());
        }
        ledger::append(&self.ledger, entry, console).await.map(drop)
    }

    /// What the look came to know, for the issue. None if that is nothing.
    fn now(outcome: &DriftOutcome) -> Option<IssueNow> {
        Some(match outcome.found? {
            true if outcome.accepted.is_some() => IssueNow::Accepted,
            true => IssueNow::Found(outcome.digest.clone().unwrap_or_default()),
            false => IssueNow::Gone,
        })
    }
}

/// Skips a look so soon after the last one that came to know something.
fn refuse_to_look_again(job: &Job<'_>, ask: &DriftAsk, past: Option<&History>) -> Result<()> {
    let Some(interval) = ask.settings.min_interval else { return Ok(()) };
    let Some(last) = past.and_then(|past| past.drift().known()) else { return Ok(()) };
    if !is_recent(&last.time, interval, job.env.clock().time()) {
        return Ok(());
    }
    let found = if last.status == Some(EntryStatus::Found) { "there was drift" } else { "there was none" };
    Err(Error::Skipped {
        what: format!(
            "the stack was looked at on {}, and {found}: it is not looked at twice within {}",
            last.time,
            humantime::format_duration(interval)
        ),
        hint: "`drift.min-interval` in `stackstep.yaml` says how often a stack is looked at".to_owned(),
        reason: None,
    })
}

/// Whether a look was less than the interval ago. One of the future is that of a wrong clock, and keeps nobody from looking.
fn is_recent(look: &str, interval: Duration, now: SystemTime) -> bool {
    let now = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let since = Moment::parse(look).and_then(|at| now.checked_sub(at.unix()));
    since.is_some_and(|since| since < interval.as_secs())
}

/// What is seen of the stack now.
async fn at_rest(
    job: &Job<'_>,
    executor: &dyn Executor,
    console: &Console,
    signals: &Signals,
) -> StackAtRest {
    let Some(identity) = job.identity() else {
        return StackAtRest { identity: Err("the stack is not known".to_owned()), at_work: None };
    };
    let token = job.backend.token_for_requests();
    let stack = ledger::ledger_for(job, &identity, token.as_ref(), None);
    let why = match state_identity::read(&stack).await {
        Ok(seen) => {
            return StackAtRest { identity: Ok(seen.identity.to_string()), at_work: Some(seen.at_work) };
        }
        Err(problem) => problem.in_one_line(),
    };
    if signals.first().is_some() {
        return StackAtRest { identity: Err(why), at_work: None };
    }
    let asked = executor.query(EngineQuery::Export, console, signals).await;
    let told = asked.ok().and_then(|answer| answer.object().ok());
    // What a deployment has begun stands in the state, and in that of one that was killed.
    if let Some(begun) =
        told.as_ref().and_then(|told| state_identity::pending_in_export(told).into_iter().next())
    {
        let why = format!("nobody knows how `{begun}` ends: a deployment is at work, or was killed");
        return StackAtRest { identity: Err(why), at_work: None };
    }
    let told = told.as_ref().and_then(state_identity::of_export);
    StackAtRest { identity: told.map(|identity| identity.to_string()).ok_or(why), at_work: None }
}

/// Whether a run has an exit status of its own that a look does not change: it was stopped, ran out of time, could not sign
/// in, or there is no such stack.
fn ends_by_itself(report: &Report) -> bool {
    let own = [i32::from(EXIT_TIMEOUT), i32::from(EXIT_AUTH), EXIT_NO_STACK];
    report.status == Status::Cancelled || (report.status == Status::Failed && own.contains(&report.exit_code))
}

/// Gives the report the status that the outcome has.
fn judge(report: &mut Report, outcome: &DriftOutcome, fails: bool) {
    if let Some(why) = &outcome.why {
        report.status = Status::Failed;
        report.reason = Some(Reason::Incomplete);
        report.exit_code = i32::from(EXIT_INCOMPLETE);
        report.message = Some(format!("whether there is drift is not known: {why}"));
        report.hint = Some(NOT_KNOWN.to_owned());
        report.incomplete = true;
        (report.changes, report.has_changes) = (None, None);
    } else if outcome.is_open() && fails {
        report.status = Status::Failed;
        report.reason = Some(Reason::ChangesUnexpected);
        report.exit_code = EXIT_CHANGES;
        report.message = Some("what is there is not what was deployed".to_owned());
        report.hint = Some(FOUND.to_owned());
    }
    if !outcome.ignored.is_empty() {
        let named: Vec<String> =
            outcome.ignored.iter().map(|one| format!("`{}`", one.escape_debug())).collect();
        report.notes.push(format!("not counted, by `drift.ignore`: {}", named.join(", ")));
    }
    if let Some(accepted) = &outcome.accepted {
        let text = |text: &Option<String>, none: &str| text.clone().unwrap_or_else(|| none.to_owned());
        report.notes.push(format!(
            "this drift is accepted until {} by `{}`: {}",
            text(&accepted.until, "an unknown time"),
            text(&accepted.by, "somebody"),
            text(&accepted.reason, "no reason was given")
        ));
    }
}

/// The way out of a look that knows nothing.
const NOT_KNOWN: &str = "this says neither that there is drift nor that there is none: run it again when nobody deploys the stack,                          with credentials that can read every resource";

/// The way out of drift.
const FOUND: &str = "bring back what was deployed (`stackstep up --refresh`), write what is there into the program, or accept it for a                      time (`stackstep accept --drift --until YYYY-MM-DD --reason …`)";

#[cfg(test)]
mod tests;
