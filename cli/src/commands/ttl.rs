//! `ttl`: shows, sets and extends the time to live of a stack. A sweep (`reap`) destroys the stack after it.

use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command as Clap};

use super::{ledger_verb, one_stack, project_stacks};
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::moment::Moment;
use crate::ci::console::Console;
use crate::delivery::history::RepositoryHistory;
use crate::delivery::judging::default_definition;
use crate::delivery::place::ForgeAccess;
use crate::engine::job::Job;
use crate::inputs::resolve::Flags;
use crate::ledger::Ledger;
use crate::ledger::entry::{EntryKind, LedgerEntry, instant_of};
use crate::ledger::history::History;
use crate::lifecycle::time_to_live::latest;
use crate::lifecycle::{ReviewName, ReviewSettings};
use crate::process::signals::Signals;
use crate::report::Reason;
use crate::run::gates::{ledger, top};

/// A change of the time to live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndChange {
    /// The stack lives for so long from now on.
    Set(Duration),
    /// It lives for so much longer than it would, or for so long if its time is over. What lives without an end still does.
    Extend(Duration),
    /// It lives without an end.
    Never,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TtlAsk {
    /// The change. None only shows it.
    pub change: Option<EndChange>,
    /// Why.
    pub reason: String,
    /// The stack's name, said a second time.
    pub confirm: Option<String>,
}

impl TtlAsk {
    /// The subcommand.
    pub fn clap() -> Clap {
        let time = |name: &'static str, help: &'static str, at| {
            Arg::new(name)
                .long(name)
                .value_name("TIME")
                .help(help)
                .value_parser(|text: &str| parse_time(text))
                .requires("reason")
                .display_order(at)
        };
        one_stack::subcommand("ttl", "Show, set or extend the time to live of a stack").args([
            time("set", "Let it live for so long from now on: `7d`", 0)
                .conflicts_with_all(["extend", "never"]),
            time("extend", "Let it live for so much longer: `2d`", 1).conflicts_with("never"),
            Arg::new("never")
                .long("never")
                .help("Let it live without an end")
                .action(ArgAction::SetTrue)
                .requires("reason")
                .display_order(2),
            ledger_verb::text("reason", "TEXT", "Why; it stands in the ledger").display_order(3),
            ledger_verb::text(
                "confirm",
                "STACK",
                "The stack's name once more, if it has lived without an end until now",
            )
            .display_order(4),
        ])
    }

    /// What the command line asks for.
    pub fn given(sub: &ArgMatches) -> Self {
        let time = |name: &str| sub.get_one::<Duration>(name).copied();
        let change = match (time("set"), time("extend"), sub.get_flag("never")) {
            (Some(time), ..) => Some(EndChange::Set(time)),
            (_, Some(time), _) => Some(EndChange::Extend(time)),
            (.., true) => Some(EndChange::Never),
            _ => None,
        };
        let confirm = sub.get_one::<String>("confirm").cloned();
        Self { change, reason: ledger_verb::given(sub, "reason"), confirm }
    }
}

/// A length of time as people write it: `7d`, `36h`. Fails with the reason.
pub(super) fn parse_time(text: &str) -> std::result::Result<Duration, String> {
    let time = humantime::parse_duration(text)
        .map_err(|_| format!("`{text}` is no length of time: write `7d` or `36h`"))?;
    if time < Duration::from_secs(60) {
        return Err(format!("`{text}` is less than a minute"));
    }
    Ok(time)
}

/// Shows or changes the time to live of the job's stack. Returns the exit status.
pub async fn ttl(
    ask: &TtlAsk,
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<u8> {
    let (mut job, book) = ledger_verb::with_ledger("ttl", flags, env, console, signals).await?;
    let identity = job.identity().unwrap_or_default();
    let state = project_stacks::needs_stack(&mut job, console, signals).await?;
    let Some(change) = ask.change else {
        let past = ledger::read(&book).await?.unwrap_or_default();
        console.line(&format!("`{identity}` {}", shown(past.expires())));
        if let Some(note) = no_longer_counts(&past, &state, &identity.stack) {
            console.line(&note);
        }
        return Ok(0);
    };
    let forge = ForgeAccess::find(job.ci, job.env, &job.context, &job.inputs)?;
    let client = forge.as_ref().map(ForgeAccess::client);
    let history = RepositoryHistory::new(&top(&job), job.env, &job.context, client.as_ref());
    crate::run::gates::place_in_history::refuse_a_change("ttl", &job, &history).await?;
    let is_review = ReviewName::parse(&identity.stack).is_some();
    let definition = default_definition(&history).await?;
    if change != EndChange::Never && !definition.reapable.allows(&identity.stack) {
        return Err(refused(
            format!(
                "`reapable` of the default branch's file does not name `{}`: no sweep destroys it",
                identity.stack
            ),
            "name it there first, see docs/reap.md",
        ));
    }
    let entry = job.stack.as_ref().and_then(|stack| definition.settings(stack));
    let ttl_max = entry.and_then(|entry| entry.ttl_max);
    let settings = definition.review.as_deref().filter(|_| is_review);
    let confirmed =
        ask.confirm.as_deref().is_some_and(|name| name == identity.stack || name == identity.to_string());
    let end = NewEnd { change, reason: &ask.reason, state, settings, ttl_max, confirmed };
    let done = Box::pin(end.write(&job, &book, console)).await?;
    console.line(&done);
    Ok(0)
}

fn shown(expires: Option<&str>) -> String {
    expires.map_or_else(|| "lives without an end".to_owned(), |time| format!("lives until {time}"))
}

/// What is said of an end that was set for a state which is not the present one: no sweep believes it. None if it counts. A change
/// request's stack has the end that its opening has, whatever is deployed to it.
fn no_longer_counts(past: &History, state: &str, stack: &str) -> Option<String> {
    past.expires()?;
    let set_for = past.expiry()?.state_after.as_deref()?;
    (ReviewName::parse(stack).is_none() && set_for != state).then(|| {
        format!(
            "that end no longer counts, and no sweep destroys the stack: it has changed since the end was set, by a run without \
             `ttl`; set it anew: `stackstep ttl {stack} --set 7d --reason …`"
        )
    })
}

/// A new end of a stack's time to live.
pub(super) struct NewEnd<'a> {
    pub change: EndChange,
    pub reason: &'a str,
    /// The identity of the stack's state; it does not count for a change request's stack.
    pub state: String,
    /// The section `review`, for a change request's stack.
    pub settings: Option<&'a ReviewSettings>,
    /// The longest time from now on, for any other stack. None: any.
    pub ttl_max: Option<Duration>,
    /// Whether the stack's name was said a second time.
    pub confirmed: bool,
}

impl NewEnd<'_> {
    /// Writes it into the stack's ledger. Returns what was done, in a sentence.
    pub async fn write(&self, job: &Job<'_>, book: &Ledger, console: &Console) -> Result<String> {
        let identity = job.identity().unwrap_or_default();
        let mut entry = ledger_verb::entry(job, EntryKind::Expiry, self.reason, console);
        let is_review = ReviewName::parse(&identity.stack).is_some();
        if !is_review {
            // The sweep leaves a stack alone whose state is another one by then.
            entry.state_after = Some(self.state.clone());
        }
        let now = job.env.clock().now();
        let past = ledger::read(book).await?.unwrap_or_default();
        let lives_on = matches!(self.change, EndChange::Extend(_)) && past.expires().is_none();
        if lives_on && (!is_review || past.opened().is_some()) {
            return Ok(format!("`{identity}` lives without an end: there is nothing to extend"));
        }
        let written = book.append(|past| self.decide(past, &entry, now, is_review, &identity.stack)).await;
        let written = written.map_err(ledger::not_appended)?;
        let (number, expires) = written.map_or((0, None), |entry| (entry.number, entry.expires));
        Ok(format!("`{identity}` {} (entry {number} of the ledger)", shown(expires.as_deref())))
    }

    fn decide(
        &self,
        past: &History,
        entry: &LedgerEntry,
        now: u64,
        is_review: bool,
        stack: &str,
    ) -> Result<LedgerEntry> {
        if is_review && past.opened().is_none() {
            return Err(refused(
                format!("the ledger does not say that `{stack}` was opened for a change request"),
                "`stackstep audit` shows what the ledger has",
            ));
        }
        let until = past.expires().and_then(Moment::parse).map(Moment::unix);
        if until.is_none() && !is_review && !self.confirmed && self.change != EndChange::Never {
            return Err(Error::input(
                format!("`{stack}` has lived without an end until now, and a sweep would destroy it"),
                format!("say it twice: `--confirm {stack}`"),
            ));
        }
        let expires = match self.change {
            EndChange::Never => None,
            EndChange::Set(time) => Some(now.saturating_add(time.as_secs())),
            // What has lost its end since it was read is not given one.
            EndChange::Extend(time) => until.map(|until| until.max(now).saturating_add(time.as_secs())),
        };
        let (latest, key) = if is_review {
            let most = self.settings.and_then(|review| review.ttl_max);
            (past.opened().and_then(|opened| latest(&opened.time, most)), "review.ttl-max")
        } else {
            (self.ttl_max.map(|most| now.saturating_add(most.as_secs())), "ttl-max")
        };
        if latest.is_some_and(|latest| expires.is_none_or(|expires| expires > latest)) {
            let latest = latest.map(instant_of).unwrap_or_default();
            return Err(refused(
                format!("`{key}` lets `{stack}` live until {latest} at most"),
                format!("shorten it, or raise `{key}` on the default branch"),
            ));
        }
        Ok(LedgerEntry { expires: expires.map(instant_of), ..entry.clone() })
    }
}

fn refused(what: impl Into<String>, hint: impl Into<String>) -> Error {
    Error::Refused { what: what.into(), hint: hint.into(), reason: Reason::Gate }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_and_is_a_minute_at_least() {
        assert_eq!(parse_time("2d"), Ok(Duration::from_secs(48 * 3600)));
        for text in ["2", "", "soon", "0d", "30s", "-1d"] {
            assert!(parse_time(text).is_err(), "{text}");
        }
    }
}
