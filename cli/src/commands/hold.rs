//! `hold` and `release`: nothing is deployed to a stack that is held, until somebody releases it. Both are entries of the
//! stack's ledger, with who did it and why; previews go on.

use crate::admit::sign_in;
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::http::Limits;
use crate::ci::console::Console;
use crate::delivery::notify::NotifyEvent;
use crate::delivery::place::forge_place;
use crate::inputs::Command;
use crate::inputs::resolve::Flags;
use crate::ledger::entry::{EntryKind, LedgerEntry};
use crate::ledger::history::History;
use crate::process::signals::Signals;
use crate::publish::notify::NotifyFacts;
use crate::report::Reason;
use crate::run::gates::ledger;
use crate::run::prepare::{RunRequest, Until, prepare};
use crate::run::telling::tell_of_verb;

/// Holds or releases a stack.
#[derive(Debug, PartialEq, Eq)]
pub struct HoldAsk {
    /// Whether the stack is released.
    pub releases: bool,
    /// Why.
    pub reason: String,
}

/// Writes the entry. Returns the exit status.
pub async fn hold(
    ask: &HoldAsk,
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<u8> {
    // What may refresh a stack may hold it: a stranger's change may do neither.
    let request = RunRequest::new(Some(Command::Refresh), flags, env);
    let mut found = prepare(&request, Until::FirstError, console);
    found.tell(console);
    if let Some(error) = found.take_error() {
        return Err(error);
    }
    let mut job = found.into_job()?;
    sign_in::sign_in(&mut job, Limits::default(), console, signals).await?;
    let place = forge_place(job.ci, job.env, &job.context, &job.inputs).ok();
    let ledger = ledger::open(&job, place.as_ref());
    if let Some(missing) = ledger.missing() {
        return Err(Error::Refused {
            what: format!("a hold needs a ledger, and there is none: {}", missing.what),
            hint: "keep the state where a ledger can lie beside it, see docs/ledger.md".to_owned(),
            reason: Reason::Gate,
        });
    }
    let identity = job.identity().unwrap_or_default();
    let kind = if ask.releases { EntryKind::Released } else { EntryKind::Held };
    let mut entry = LedgerEntry::new(kind, identity.project.as_deref(), &identity.stack, env.clock().time());
    entry.actor = job
        .context
        .actor
        .clone()
        .or_else(|| ["USER", "USERNAME"].iter().find_map(|name| env.get(name)).map(str::to_owned));
    entry.reason = Some(console.masker().mask(&ask.reason));
    entry.link.clone_from(&job.context.build_url);
    let decide = |past: &History| {
        if ask.releases && past.holds().is_empty() {
            return Err(Error::input(format!("`{identity}` is not held"), "there is nothing to release"));
        }
        Ok(entry.clone())
    };
    let written = ledger.append(decide).await.map_err(ledger::not_appended)?;
    let number = written.map_or(0, |entry| entry.number);
    let done = if ask.releases { "released" } else { "held: nothing is deployed until it is released" };
    console.line(&format!("`{identity}` is {done} (entry {number} of the ledger)"));
    let event = if ask.releases { NotifyEvent::Released } else { NotifyEvent::Held };
    tell_of_verb(&job, event, &NotifyFacts::saying(&ask.reason), console).await;
    Ok(0)
}
