//! `hold` and `release`: nothing is deployed to a stack that is held, until somebody releases it. Both are entries of the
//! stack's ledger, with who did it and why; previews go on.

use std::cell::RefCell;

use clap::{ArgMatches, Command as Clap};

use super::ledger_verb;
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::ci::console::Console;
use crate::delivery::notify::NotifyEvent;
use crate::engine::job::Job;
use crate::inputs::resolve::Flags;
use crate::ledger::Ledger;
use crate::ledger::entry::{EntryKind, LedgerEntry};
use crate::ledger::history::History;
use crate::process::signals::Signals;
use crate::publish::notify::NotifyFacts;
use crate::run::gates::ledger;
use crate::run::telling::tell_of_verb;

/// Holds or releases a stack.
#[derive(Debug, PartialEq, Eq)]
pub struct HoldAsk {
    /// Whether the stack is released.
    pub releases: bool,
    /// Why.
    pub reason: String,
}

impl HoldAsk {
    /// The subcommands.
    pub fn clap() -> [Clap; 2] {
        [
            ledger_verb::subcommand("hold", "Deploy nothing to a stack until it is released"),
            ledger_verb::subcommand("release", "Let a stack that is held be deployed again"),
        ]
    }

    /// What the command line asks for.
    pub fn given(name: &str, matches: &ArgMatches) -> Self {
        Self { releases: name == "release", reason: ledger_verb::given(matches, "reason") }
    }
}

/// Writes the entry. Returns the exit status.
pub async fn hold(
    ask: &HoldAsk,
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<u8> {
    let verb = if ask.releases { "release" } else { "hold" };
    let (job, ledger) = ledger_verb::with_ledger(verb, flags, env, console, signals).await?;
    // A change could release what holds it.
    ledger_verb::refuse_a_change(verb, &job).await?;
    let done = hold_stack(ask, &job, &ledger, console).await?;
    console.line(&done);
    tell_of_hold(ask, &job, console).await;
    Ok(0)
}

/// Writes the entry about the job's stack. Returns what was done, in a sentence.
pub async fn hold_stack(ask: &HoldAsk, job: &Job<'_>, ledger: &Ledger, console: &Console) -> Result<String> {
    let identity = job.identity().unwrap_or_default();
    let kind = if ask.releases { EntryKind::Released } else { EntryKind::Held };
    let entry = ledger_verb::entry(job, kind, &ask.reason, console);
    let lifted = RefCell::new(Vec::new());
    let decide = |past: &History| {
        if ask.releases && past.holds().is_empty() {
            return Err(Error::input(format!("`{identity}` is not held"), "there is nothing to release"));
        }
        *lifted.borrow_mut() = past.holds().iter().map(in_words).collect();
        Ok(entry.clone())
    };
    let written = ledger.append(decide).await.map_err(ledger::not_appended)?;
    let number = written.map_or(0, |entry| entry.number);
    let done = if ask.releases {
        format!("released; it was held by {}", lifted.borrow().join("; by "))
    } else {
        "held: nothing is deployed until it is released".to_owned()
    };
    Ok(format!("`{identity}` is {done} (entry {number} of the ledger)"))
}

/// Who holds the stack, since when, and why.
fn in_words(hold: &LedgerEntry) -> String {
    let who = hold.actor.as_deref().unwrap_or("somebody");
    let why = hold.reason.as_deref().unwrap_or("no reason was given");
    format!("`{who}` since {}: {why}", hold.time)
}

/// Tells those who want to hear of it.
pub async fn tell_of_hold(ask: &HoldAsk, job: &Job<'_>, console: &Console) {
    let event = if ask.releases { NotifyEvent::Released } else { NotifyEvent::Held };
    tell_of_verb(job, event, &NotifyFacts::saying(&ask.reason), console).await;
}
