//! `review down`: destroys the stack of a change request that is closed, and removes it with the copies of its state. What is
//! not certainly ours is left alone.

use std::cell::OnceCell;
use std::pin::Pin;

use super::super::there::{ThereStack, read_stack};
use super::call::ReviewCall;
use super::opening::{manage, not_ours, refused, write_file};
use super::place::{ReviewPlace, engine, number_of, placeholder, ready_engine};
use super::{end, lock};
use crate::base::error::{Error, Result};
use crate::base::git::short_commit;
use crate::ci::console::Console;
use crate::commands::ended::EndedRun;
use crate::commands::run::run_request;
use crate::delivery::own_checkout::OwnCheckout;
use crate::engine::args;
use crate::engine::job::{ReviewRun, StillWanted};
use crate::engine::local::LocalEngine;
use crate::forge::ChangeRequest;
use crate::inputs::Command;
use crate::inputs::headings::{OperationInputs, StackInputs};
use crate::inputs::resolve::Flags;
use crate::ledger::Ledger;
use crate::ledger::entry::EntryKind;
use crate::ledger::history::History;
use crate::lifecycle::ReviewName;
use crate::lifecycle::mark;
use crate::lifecycle::ownership::{Ownership, ownership};
use crate::lifecycle::time_to_live::KEEP;
use crate::process::signals::Signals;
use crate::pulumi::stack::StackName;
use crate::report::Reason;
use crate::run::gates::{ledger, top};
use crate::run::prepare::RunRequest;

/// The verb, for messages.
const VERB: &str = "review down";

/// The most tries to remove a stack that others lock.
const REMOVALS: u32 = 5;

/// Destroys and removes the stack. Returns the exit status.
pub(super) async fn down(call: &ReviewCall<'_>, console: &mut Console, signals: &Signals) -> Result<u8> {
    let mut flags = call.flags.clone();
    let named = named(&flags)?;
    if named.is_none() {
        let context = call.context();
        if context.fork == Some(true) && !context.base_credentials {
            return Err(Error::Skipped {
                what: "the change request comes from a fork, whose own job has nothing to destroy a stack with".to_owned(),
                hint: "a stack that somebody has let it have is destroyed by the next `stackstep reap`, and on GitHub by a job for \
                       `pull_request_target`: docs/review-stacks.md"
                    .to_owned(),
                reason: Some(Reason::Untrusted),
            });
        }
        flags.insert(
            StackInputs::name.name(),
            vec![placeholder(number_of(Some(Command::Destroy), &flags, call.env, &context)?)],
        );
    }
    let run = OnceCell::new();
    let request = call.request(Command::Destroy, &flags);
    let mut place = ReviewPlace::find(VERB, &request, &run, named, console).await?;
    refuse_a_strangers_name(&place)?;
    let located = ready_engine(&mut place.job, console, signals).await?;
    let book = place.ledger(VERB)?;
    lock::wait(&place, console, signals).await?;
    let past = ledger::read(&book).await?;
    refuse_while_open(&place, past.as_ref()).await?;
    let before = read_stack(&engine(&place, &located), console, signals).await?;
    let opened = past.as_ref().and_then(History::opened);
    let Some(there) = before else {
        console.line(&format!("there is no stack `{}`: there is nothing to do", place.name));
        // A run that was stopped behind the removal has not written it down.
        if opened.is_some() && !is_over(&book).await? {
            ledger::append(&book, ledger::new_entry(&place.job, EntryKind::Destroyed), console).await?;
        }
        return Ok(0);
    };
    let own = match ownership(&place.subject(), opened, &there.found) {
        Ownership::Ours { nonce, .. } | Ownership::Unmarked { nonce } => nonce,
        Ownership::Unsure(why) => return Err(not_ours(&place, &why)),
    };
    if there.found.resources > 0 {
        // To read it has taken its time, in which people open again what they have closed.
        let request = refuse_while_open(&place, past.as_ref()).await?;
        let closed = StillClosed { place: &place, past: past.as_ref(), is_ours: request.fork == Some(false) };
        let call = ReviewCall { flags: &flags, ..*call };
        let ended = Box::pin(destroy(&closed, &there, &own, &call, console, signals)).await?;
        // The run that has deployed it has seen the closing too. An engine that has waited for the lock of a stack that is gone
        // by then may crash.
        let is_gone = ended.status != 0
            && (ended.reason() == Some(Reason::StackNotFound)
                || read_stack(&engine(&place, &located), console, signals).await?.is_none());
        if is_gone {
            console.line(&format!("another run has removed the stack `{}`", place.name));
            return Ok(0);
        }
        if ended.status != 0 {
            failed(&place, &ended, &book, console).await?;
            return Ok(ended.status);
        }
    }
    if !remove(&place, &engine(&place, &located), console, signals).await? {
        console.line(&format!("another run has removed the stack `{}`", place.name));
        return Ok(0);
    }
    write_file(&place, None)?;
    ledger::append(&book, ledger::new_entry(&place.job, EntryKind::Destroyed), console).await?;
    console
        .line(&format!("the stack `{}` is destroyed and removed, with the copies of its state", place.name));
    Ok(0)
}

/// Removes the stack, which has no resources any more. Another run of the same closing may do so at the same time: its lock is
/// waited for. Returns false if it was the other one that removed the stack.
async fn remove(
    place: &ReviewPlace<'_>,
    engine: &LocalEngine<'_>,
    console: &Console,
    signals: &Signals,
) -> Result<bool> {
    let mut tries = 0;
    loop {
        tries += 1;
        let arguments = args::remove_stack(&place.job.scope());
        let Err(error) = manage("removed", arguments, engine, console, signals).await else {
            return Ok(true);
        };
        if matches!(error, Error::Stopped { .. }) {
            return Err(error);
        }
        let was_locked = matches!(error, Error::Refused { reason: Reason::Lock, .. });
        if was_locked {
            lock::wait(place, console, signals).await?;
        }
        if read_stack(engine, console, signals).await?.is_none() {
            return Ok(false);
        }
        if !was_locked || tries == REMOVALS {
            return Err(error);
        }
    }
}

/// The stack that is named, if one is.
fn named(flags: &Flags) -> Result<Option<ReviewName>> {
    let Some(name) = flags.get(StackInputs::name.name()).and_then(|names| names.first()) else {
        return Ok(None);
    };
    let stack = StackName::parse(name)?;
    ReviewName::parse(stack.short()).map(Some).ok_or_else(|| {
        Error::input(
            format!("`{name}` is not the name of a change request's own stack, such as `pr-7-0123abcd`"),
            "`stackstep destroy` destroys another stack",
        )
    })
}

/// Fails unless the stack is one of this repository's.
fn refuse_a_strangers_name(place: &ReviewPlace<'_>) -> Result<()> {
    let own = ReviewName::for_request(&place.repository, &place.project, place.name.number());
    if own.as_ref() == Some(&place.name) {
        return Ok(());
    }
    Err(refused(
        format!("`{}` is not a stack of this repository's project `{}`", place.name, place.project),
        "run it in the repository and the project that the stack was made for",
    ))
}

/// The change request. Fails while it is open, unless the stack's time to live is over.
async fn refuse_while_open(place: &ReviewPlace<'_>, past: Option<&History>) -> Result<ChangeRequest> {
    let request = place.request(VERB).await?;
    if !request.open {
        return Ok(request);
    }
    let most = place.definition.review.as_ref().and_then(|review| review.ttl_max);
    let is_kept = request.labels.iter().any(|label| label == KEEP);
    match end::not_over(past, is_kept, most, place.job.env.clock().now()) {
        None => Ok(request),
        Some(why) => Err(refused(
            format!("{} is open, and {why}", place.request_name()),
            "close it; a stack whose time is over, and whose people were warned by `stackstep reap`, is destroyed",
        )),
    }
}

/// Whether the change request is still closed, or the time of its stack over, for a run that has waited for the lock.
struct StillClosed<'a> {
    place: &'a ReviewPlace<'a>,
    past: Option<&'a History>,
    /// Whether the change comes from the repository itself, for certain.
    is_ours: bool,
}

impl StillWanted for StillClosed<'_> {
    fn ask(&self) -> Pin<Box<dyn Future<Output = Result<()>> + '_>> {
        Box::pin(async move { refuse_while_open(self.place, self.past).await.map(drop) })
    }
}

/// Whether the ledger's last word on the stack's life is that it was destroyed.
async fn is_over(book: &Ledger) -> Result<bool> {
    let entries = book.entries().await.map_err(|trouble| ledger::refused(trouble.problem))?;
    let mut kinds =
        entries.iter().flatten().rev().filter_map(|(_, entry)| entry.as_ref().ok()).map(|entry| &entry.kind);
    Ok(kinds.find(|kind| matches!(kind, EntryKind::Opened | EntryKind::Destroyed))
        == Some(&EntryKind::Destroyed))
}

/// Destroys the resources by what the state holds; with `run-program` by the program of the commit that deployed them.
async fn destroy(
    closed: &StillClosed<'_>,
    there: &ThereStack,
    nonce: &str,
    call: &ReviewCall<'_>,
    console: &mut Console,
    signals: &Signals,
) -> Result<EndedRun> {
    let place = closed.place;
    write_file(place, Some(&there.file))?;
    let mut flags = call.flags.clone();
    flags.insert(StackInputs::name.name(), vec![place.name.to_string()]);
    let mut checkout = None;
    if !closed.is_ours {
        // Nobody lets a fork's code run once more, at whichever commit its stack says that it is.
        console.line("destroyed is what the state holds: a fork's program is not run");
        flags.insert(OperationInputs::run_program.name(), vec!["false".to_owned()]);
    } else if place.job.inputs.operation.run_program == Some(true) {
        match program_of(place, there).await {
            Ok(there) => {
                flags.insert(StackInputs::cwd.name(), vec![there.folder.display().to_string()]);
                checkout = Some(there);
            }
            Err(why) => {
                console.line(&format!("the program that deployed the stack can't be had: {why}; it is destroyed by its state only"));
                flags.insert(OperationInputs::run_program.name(), vec!["false".to_owned()]);
            }
        }
    } else {
        console.line("destroyed is what the state holds: the change's program is not run");
    }
    let review = ReviewRun {
        message: format!("{} is closed", place.request_name()),
        signature: mark::in_message(nonce),
        environment: format!("review/pr-{}", place.name.number()),
        config: Vec::new(),
        lock_timeout: lock::PATIENCE,
        is_a_strangers: !closed.is_ours,
        notes: Vec::new(),
        entry: place.entry()?,
    };
    let run =
        RunRequest { review: Some(&review), wanted: Some(closed), ..call.request(Command::Destroy, &flags) };
    let judging = place.judging();
    let ended = Box::pin(run_request(&run, Some(&judging), console, signals)).await;
    drop(checkout);
    ended
}

/// A checkout of the commit that deployed a stack.
struct ProgramThere {
    _checkout: OwnCheckout,
    /// The project's folder in it.
    folder: std::path::PathBuf,
}

/// The program of the commit that deployed the stack, in a checkout of our own. Fails with the reason why it can't be had.
async fn program_of(place: &ReviewPlace<'_>, there: &ThereStack) -> Result<ProgramThere, String> {
    let commit = there.commit.as_deref().ok_or("no update of the stack tells its commit")?;
    let checkout = OwnCheckout::beside(&top(&place.job), place.job.env).map_err(|error| error.to_string())?;
    checkout.check_out(commit).await.map_err(|problem| problem.what)?;
    let folder = checkout.top().join(place.folder());
    let file = folder.join(format!("Pulumi.{}.yaml", place.name));
    let missing = |_| format!("commit `{}` has no project there", short_commit(commit));
    std::fs::write(file, &there.file).map_err(missing)?;
    Ok(ProgramThere { _checkout: checkout, folder })
}

/// Writes down that the resources could not be deleted, with the engine's own sentence.
async fn failed(place: &ReviewPlace<'_>, ended: &EndedRun, book: &Ledger, console: &Console) -> Result<()> {
    // Somebody else works on the stack: the next run tries again.
    if ended.reason() == Some(Reason::Lock) {
        return Ok(());
    }
    let mut entry = ledger::new_entry(&place.job, EntryKind::DestroyFailed);
    entry.reason = Some(ended.failure());
    entry.link.clone_from(&place.job.context.build_url);
    ledger::append(book, entry, console).await.map(drop)
}
