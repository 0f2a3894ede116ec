//! What the verbs have in common that write into a stack's ledger beside a run: `hold`, `release`, `accept`, `break-glass`.

use clap::builder::NonEmptyStringValueParser;
use clap::{Arg, ArgMatches, Command as Clap};

use super::one_stack;
use crate::base::env::Env;
use crate::base::error::Result;
use crate::ci::console::Console;
use crate::delivery::history::RepositoryHistory;
use crate::delivery::place::{ForgeAccess, forge_place};
use crate::engine::job::Job;
use crate::inputs::Command;
use crate::inputs::resolve::Flags;
use crate::ledger::Ledger;
use crate::ledger::entry::{EntryKind, LedgerEntry};
use crate::process::signals::Signals;
use crate::publish::notify;
use crate::run::gates::{find_sinks, ledger, place_in_history, top};
use crate::run::prepare::RunRequest;

/// The subcommand of such a verb: with a reason, the stack, and where its state lies.
pub fn subcommand(name: &'static str, about: &'static str) -> Clap {
    one_stack::subcommand(name, about)
        .arg(text("reason", "TEXT", "Why; it stands in the ledger").required(true).display_order(0))
}

/// A flag with a text that is not empty.
pub fn text(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).help(help).value_name(value).value_parser(NonEmptyStringValueParser::new())
}

/// The text of a flag; empty without one.
pub fn given(matches: &ArgMatches, name: &str) -> String {
    matches.get_one::<String>(name).cloned().unwrap_or_default()
}

/// The job of a verb, signed in to the backend, with the stack's ledger. Fails if there is none.
pub async fn with_ledger<'a>(
    verb: &'a str,
    flags: &'a Flags,
    env: &'a Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<(Job<'a>, Ledger)> {
    // What may refresh a stack may do this: a stranger's change may do neither.
    let request = RunRequest::new(Some(Command::Refresh), flags, env);
    with_ledger_of(verb, &request, console, signals).await
}

/// The job of a request, signed in to the backend, with the stack's ledger. Fails if there is none.
pub async fn with_ledger_of<'a>(
    verb: &'a str,
    request: &RunRequest<'a>,
    console: &mut Console,
    signals: &Signals,
) -> Result<(Job<'a>, Ledger)> {
    let request = RunRequest { verb: Some(verb), ..*request };
    let job = one_stack::job_of(&request, console, signals).await?;
    let place = forge_place(job.ci, job.env, &job.context, &job.inputs).ok();
    let ledger = ledger::open(&job, place.as_ref());
    ledger::needed(&ledger, &format!("`{verb}`"))?;
    hide_addresses(&job, console).await;
    Ok((job, ledger))
}

/// Finds who hears of what the job does, and hides the addresses and keys by which they do: an entry of the ledger stays, so
/// that it may have none of them.
pub async fn hide_addresses(job: &Job<'_>, console: &mut Console) {
    Box::pin(find_sinks(job, None, console)).await;
    notify::hide_secrets(job, console);
}

/// Refuses what may not be asked for by the code of a change, or by another branch than the default one. `verb` is the verb, for
/// messages.
pub async fn refuse_a_change(verb: &str, job: &Job<'_>) -> Result<()> {
    let forge = ForgeAccess::find(job.ci, job.env, &job.context, &job.inputs)?;
    let client = forge.as_ref().map(ForgeAccess::client);
    let history = RepositoryHistory::new(&top(job), job.env, &job.context, client.as_ref());
    place_in_history::refuse_a_change(verb, job, &history).await
}

/// A new entry by the person who started the job.
pub fn entry(job: &Job<'_>, kind: EntryKind, reason: &str, console: &Console) -> LedgerEntry {
    let mut entry = ledger::new_entry(job, kind);
    entry.actor = one_stack::actor(job);
    entry.reason = Some(reason.to_owned());
    entry.link.clone_from(&job.context.build_url);
    entry.masked(&|text| console.masker().mask(text))
}
