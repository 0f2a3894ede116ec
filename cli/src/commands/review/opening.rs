//! Makes a change request's own stack: the ledger's entry first, then the stack, its mark, and an update that changes nothing
//! and says whose it is. A run that is stopped between two of them leaves what the next one goes on with.

use super::super::there;
use super::place::ReviewPlace;
use crate::base::error::{Error, Result};
use crate::base::moment::Moment;
use crate::base::random;
use crate::ci::console::Console;
use crate::engine::args;
use crate::engine::local::LocalEngine;
use crate::forge::ChangeRequest;
use crate::ledger::Ledger;
use crate::ledger::entry::{EntryKind, LedgerEntry, instant};
use crate::ledger::history::History;
use crate::lifecycle::mark::{self, Mark};
use crate::lifecycle::{ReviewName, ReviewSettings};
use crate::process::signals::Signals;
use crate::report::Reason;
use crate::run::gates::ledger;

/// Fails if there may be no further stack: of the project, or of the author of the change request.
pub(super) async fn within_quota(
    place: &ReviewPlace<'_>,
    settings: &ReviewSettings,
    request: &ChangeRequest,
    engine: &LocalEngine<'_>,
    console: &Console,
    signals: &Signals,
) -> Result<()> {
    let names = there::names(engine, console, signals).await?;
    let is_ours = |name: &&ReviewName| {
        **name != place.name
            && ReviewName::for_request(&place.repository, &place.project, name.number()).as_ref()
                == Some(*name)
    };
    let others: Vec<ReviewName> = names.iter().filter_map(|name| ReviewName::parse(name)).collect();
    let others: Vec<&ReviewName> = others.iter().filter(is_ours).collect();
    let is_full = |most: u32, there: usize| there >= usize::try_from(most).unwrap_or(usize::MAX);
    if is_full(settings.max, others.len()) {
        return Err(refused(
            format!("`review.max` allows {} at once, and {} stacks are there", settings.max, others.len()),
            "close a change request that needs none, or raise `review.max`; `stackstep reap` destroys what is left over",
        ));
    }
    let (Some(most), Some(author)) = (settings.max_per_author, &request.author) else { return Ok(()) };
    let mut theirs = 0;
    for other in others {
        let ledger = ledger::open_for(&place.job, Some(&place.forge.place), Some(other.as_str()));
        let history = ledger.history().await.map_err(|trouble| ledger::refused(trouble.problem))?;
        let opened = history.as_ref().and_then(History::opened);
        theirs += usize::from(opened.and_then(|opened| opened.actor.as_deref()) == Some(author.id.as_str()));
    }
    if is_full(most, theirs) {
        return Err(refused(
            format!("`review.max-per-author` allows {most} at once, and `{}` has {theirs}", author.shown),
            "close a change request that needs none, or raise `review.max-per-author`",
        ));
    }
    Ok(())
}

/// Writes into the ledger that the stack is opened. Returns its nonce: that of an earlier run which was stopped, or which opens it
/// at the same time, as the stack that it makes has that one.
pub(super) async fn open_in_ledger(
    place: &ReviewPlace<'_>,
    settings: &ReviewSettings,
    request: &ChangeRequest,
    book: &Ledger,
    console: &Console,
) -> Result<String> {
    let nonce: String = random::word().chars().take(mark::NONCE).collect();
    let mut entry = ledger::new_entry(&place.job, EntryKind::Opened);
    entry.nonce = Some(nonce);
    entry.repository = Some(place.repository.to_string());
    entry.change_requests = vec![place.name.number()];
    entry.expires = settings.ttl.and_then(|ttl| place.job.env.clock().time().checked_add(ttl)).map(instant);
    entry.actor = request.author.as_ref().map(|author| author.id.clone());
    entry.link.clone_from(&place.job.context.build_url);
    let own = entry.nonce.clone();
    let is_of_here = |opened: &&LedgerEntry| {
        opened.repository == entry.repository && opened.change_requests == entry.change_requests
    };
    let earlier = |past: &History| past.living().filter(is_of_here).and_then(|opened| opened.nonce.clone());
    let make = |past: &History| LedgerEntry { nonce: earlier(past).or_else(|| own.clone()), ..entry.clone() };
    let written = ledger::append_by(book, make, console).await?;
    Ok(written.and_then(|entry| entry.nonce).or(own).unwrap_or_default())
}

/// Creates the stack.
pub(super) async fn create(
    place: &ReviewPlace<'_>,
    engine: &LocalEngine<'_>,
    console: &Console,
    signals: &Signals,
) -> Result<()> {
    // What the change brings for a stack of this name does not count.
    write_file(place, None)?;
    let arguments = args::stack_init(&place.job.inputs, &place.job.scope());
    manage("created", arguments, engine, console, signals).await
}

/// Marks the stack.
pub(super) async fn mark(
    place: &ReviewPlace<'_>,
    nonce: &str,
    engine: &LocalEngine<'_>,
    console: &Console,
    signals: &Signals,
) -> Result<()> {
    let mark = Mark {
        repository: place.repository.clone(),
        number: place.name.number(),
        project: place.project.clone(),
        nonce: nonce.to_owned(),
        created: instant(place.job.env.clock().time()),
    };
    debug_assert!(Moment::parse(&mark.created).is_some(), "the mark can be read again");
    let arguments = args::set_tag(&place.job.scope(), mark::TAG, &mark.to_string());
    manage("marked", arguments, engine, console, signals).await
}

/// Lets the stack's history say whose it is before it has any resource: an engine that is killed in its first deployment
/// leaves resources and no history.
pub(super) async fn sign(
    place: &ReviewPlace<'_>,
    nonce: &str,
    engine: &LocalEngine<'_>,
    console: &Console,
    signals: &Signals,
) -> Result<()> {
    let message = format!("Opened for {} {}", place.request_name(), mark::in_message(nonce));
    let arguments = args::refresh_nothing(&place.job.scope(), &message);
    manage("marked in its history", arguments, engine, console, signals).await
}

/// Runs an engine command that makes, marks or removes the stack.
pub(super) async fn manage(
    done: &str,
    arguments: Vec<String>,
    engine: &LocalEngine<'_>,
    console: &Console,
    signals: &Signals,
) -> Result<()> {
    let outcome = engine.manage(arguments, console, signals).await?;
    if outcome.ended_well() {
        return Ok(());
    }
    if let Some(signal) = signals.first() {
        return Err(Error::Stopped { signal: signal.number() });
    }
    let why = outcome.stderr.lines().find(|line| line.starts_with("error:")).unwrap_or(outcome.stderr.trim());
    Err(Error::Refused {
        what: format!("refused: the stack could not be {done}: {why}"),
        hint: "run the job again: it goes on where it stopped".to_owned(),
        reason: outcome.reason().filter(|reason| *reason == Reason::Lock).unwrap_or(Reason::Gate),
    })
}

/// Writes the stack's configuration file: what the state says of its secrets, and nothing of the change. None: there is no such
/// file.
pub(super) fn write_file(place: &ReviewPlace<'_>, head: Option<&str>) -> Result<()> {
    let (Some(project), Some(stack)) = (&place.job.project, &place.job.stack) else { return Ok(()) };
    let path = project.stack_file(stack);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(Error::io("remove", &path)(error));
        }
        _ => {}
    }
    head.map_or(Ok(()), |head| std::fs::write(&path, head).map_err(Error::io("write", &path)))
}

pub(super) fn refused(what: impl std::fmt::Display, hint: impl Into<String>) -> Error {
    Error::Refused { what: format!("refused: {what}"), hint: hint.into(), reason: Reason::Gate }
}

/// The refusal of a stack that is there and not certainly ours.
pub(super) fn not_ours(place: &ReviewPlace<'_>, why: &str) -> Error {
    refused(
        format!("the stack `{}` is not certainly that of {}: {why}", place.name, place.request_name()),
        format!(
            "nothing was changed; look at it (`pulumi stack --stack {}`), and remove it by hand if nobody needs it: docs/review-stacks.md",
            place.name
        ),
    )
}
