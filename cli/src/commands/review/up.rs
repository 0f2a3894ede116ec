//! `review up`: deploys the change request's own stack at its newest commit, and makes the stack first.

use std::cell::OnceCell;
use std::pin::Pin;

use super::super::there::{ThereStack, read_stack};
use super::opening::{self, not_ours, refused, write_file};
use super::place::{NOT_YET, ReviewPlace, engine, number_of, placeholder, ready_engine};
use super::{base_config, down, lock};
use crate::admit::trust::same_commit;
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::git::short_commit;
use crate::ci;
use crate::ci::console::Console;
use crate::commands::run::run_request;
use crate::engine::job::{ReviewRun, StillWanted};
use crate::engine::locate::LocatedEngine;
use crate::forge::ChangeRequest;
use crate::inputs::headings::{ConfigInputs, StackInputs};
use crate::inputs::resolve::Flags;
use crate::inputs::{Command, Input};
use crate::ledger::Ledger;
use crate::ledger::history::History;
use crate::lifecycle::ReviewSettings;
use crate::lifecycle::mark;
use crate::lifecycle::ownership::{Ownership, ownership};
use crate::process::signals::Signals;
use crate::pulumi::stack::StackName;
use crate::report::Reason;
use crate::run::gates::ledger;
use crate::run::prepare::{RunRequest, Until, prepare};

/// The verb, for messages.
const VERB: &str = "review up";

/// Deploys the stack. Returns the exit status.
pub(super) async fn up(flags: &Flags, env: &Env, console: &mut Console, signals: &Signals) -> Result<u8> {
    match Box::pin(try_up(flags, env, console, signals)).await? {
        UpEnd::Ended(status) => Ok(status),
        UpEnd::Gone(first) => {
            console.line("another run has removed the stack meanwhile: it is made anew");
            match Box::pin(try_up(flags, env, console, signals)).await? {
                UpEnd::Ended(status) => Ok(status),
                UpEnd::Gone(_) => Ok(first),
            }
        }
    }
}

/// The end of one try.
enum UpEnd {
    /// It has ended with this exit status.
    Ended(u8),
    /// The run that closes the change request has removed the stack before the deployment began; with the exit status.
    Gone(u8),
}

/// Deploys the stack as it is found.
async fn try_up(flags: &Flags, env: &Env, console: &mut Console, signals: &Signals) -> Result<UpEnd> {
    let context = ci::detect(env).context(env);
    if context.fork == Some(true) {
        return Err(from_a_fork("the change request"));
    }
    let mut flags = flags.clone();
    flags.insert(
        StackInputs::name.name(),
        vec![placeholder(number_of(Some(Command::Up), &flags, env, &context)?)],
    );
    // A change without credentials is passed over, as its preview is.
    let like_a_preview =
        RunRequest { review: Some(&NOT_YET), ..RunRequest::new(Some(Command::Preview), &flags, env) };
    if let Some(error) = prepare(&like_a_preview, Until::TheVerdict, console).take_error() {
        return Err(error);
    }
    let run = OnceCell::new();
    let request = RunRequest::new(Some(Command::Up), &flags, env);
    let mut place = ReviewPlace::find(VERB, &request, &run, None, console).await?;
    if place.job.inputs.config.file.is_some() {
        return Err(Error::input(
            format!(
                "`{}` can't be set for `{VERB}`: what a review stack is configured by is made anew",
                ConfigInputs::file.name()
            ),
            "remove it",
        ));
    }
    refuse_pulumi_cloud(&place)?;
    if place.job.inputs.stack.ttl.is_some() {
        return Err(Error::input(
            format!(
                "`{}` can't be set for `{VERB}`: how long a review stack lives says `review.ttl`",
                StackInputs::ttl.name()
            ),
            "remove it; the default branch's `stackstep.yaml` has the section `review`",
        ));
    }
    let settings = place.settings()?.clone();
    refuse_by_settings(&place, &settings)?;
    let mut request = wanted(&place, &settings).await?;
    let located = ready_engine(&mut place.job, console, signals).await?;
    let book = place.ledger(VERB)?;
    // Of two pushes the later one is deployed: whoever waited looks again.
    if lock::wait(&place, console, signals).await? {
        request = wanted(&place, &settings).await?;
    }
    // What can't be configured leaves no stack behind.
    let config = base_config::copied(&place, &settings, &located, console, signals).await?;
    let there = made(&place, &settings, &request, &located, &book, console, signals).await?;
    write_file(&place, Some(&there.file))?;
    // To make it has taken its time, in which people push and close.
    wanted(&place, &settings).await?;
    let review = ReviewRun {
        message: place.request_name(),
        signature: mark::in_message(&there.nonce),
        environment: environment(&place),
        config,
        lock_timeout: lock::PATIENCE,
        entry: place.entry()?,
    };
    let mut flags = flags.clone();
    flags.insert(StackInputs::name.name(), vec![place.name.to_string()]);
    let newest = StillTheNewest { place: &place, settings: &settings };
    let run = RunRequest {
        review: Some(&review),
        wanted: Some(&newest),
        ..RunRequest::new(Some(Command::Up), &flags, env)
    };
    let judging = place.judging();
    let ended = Box::pin(run_request(&run, Some(&judging), console, signals)).await?;
    // The job of the closing may have found no stack yet.
    if place.request(VERB).await.is_ok_and(|now| !now.open) {
        console.line(&format!("{} was closed meanwhile: its stack is destroyed", place.request_name()));
        drop(place);
        let is_of_destroy =
            |name: &str| Input::find(name).is_some_and(|input| input.applies_to(Command::Destroy));
        flags.retain(|name, _| is_of_destroy(name));
        return Box::pin(down::down(&flags, env, console, signals)).await.map(UpEnd::Ended);
    }
    let is_gone = ended.reason() == Some(Reason::StackNotFound);
    Ok(if is_gone { UpEnd::Gone(ended.status) } else { UpEnd::Ended(ended.status) })
}

/// A stack of ours that is there.
struct OurStack {
    nonce: String,
    /// The head of its configuration file.
    file: String,
}

/// Makes what is missing of the stack: the stack itself, its mark, its signature.
async fn made(
    place: &ReviewPlace<'_>,
    settings: &ReviewSettings,
    request: &ChangeRequest,
    located: &LocatedEngine,
    book: &Ledger,
    console: &mut Console,
    signals: &Signals,
) -> Result<OurStack> {
    let engine = engine(place, located);
    let there = read_stack(&engine, console, signals).await?;
    let (nonce, file) = if let Some(ThereStack { found, file, .. }) = there {
        let past = ledger::read(book).await?;
        let opened = past.as_ref().and_then(History::opened);
        let nonce = match ownership(&place.subject(), opened, &found) {
            Ownership::Ours { nonce, is_signed: true } => return Ok(OurStack { nonce, file }),
            Ownership::Ours { nonce, is_signed: false } => nonce,
            Ownership::Unmarked { nonce } => {
                opening::mark(place, &nonce, &engine, console, signals).await?;
                nonce
            }
            Ownership::Unsure(why) => return Err(not_ours(place, &why)),
        };
        (nonce, Some(file))
    } else {
        opening::within_quota(place, settings, request, &engine, console, signals).await?;
        let nonce = opening::open_in_ledger(place, settings, request, book, console).await?;
        if let Err(error) = opening::create(place, &engine, console, signals).await {
            let is_stopped = matches!(error, Error::Stopped { .. });
            if is_stopped || read_stack(&engine, console, signals).await?.is_none() {
                return Err(error);
            }
            console.line(&format!("another run has made the stack `{}`", place.name));
            return Box::pin(made(place, settings, request, located, book, console, signals)).await;
        }
        opening::mark(place, &nonce, &engine, console, signals).await?;
        console.line(&format!("the stack `{}` is made for {}", place.name, place.request_name()));
        (nonce, None)
    };
    if let Some(file) = &file {
        write_file(place, Some(file))?;
    }
    opening::sign(place, &nonce, &engine, console, signals).await?;
    let file = match file {
        Some(file) => file,
        None => match read_stack(&engine, console, signals).await? {
            Some(there) => there.file,
            None => return Err(refused("the stack that was just made is gone", "run the job again")),
        },
    };
    Ok(OurStack { nonce, file })
}

/// Whether the commit is still the one to deploy, for a run that has waited for the lock.
struct StillTheNewest<'a> {
    place: &'a ReviewPlace<'a>,
    settings: &'a ReviewSettings,
}

impl StillWanted for StillTheNewest<'_> {
    fn ask(&self) -> Pin<Box<dyn Future<Output = Result<()>> + '_>> {
        Box::pin(async move { wanted(self.place, self.settings).await.map(drop) })
    }
}

/// The change request, if its stack is to be deployed at this commit.
///
/// # Errors
/// It is not, which is no failure: it is closed, another commit is its head, or it lacks the label.
async fn wanted(place: &ReviewPlace<'_>, settings: &ReviewSettings) -> Result<ChangeRequest> {
    let request = place.request(VERB).await?;
    let name = place.request_name();
    let skipped =
        |what: String, hint: &str| Err(Error::Skipped { what, hint: hint.to_owned(), reason: None });
    if !request.open {
        return skipped(format!("{name} is closed"), "open it again, and its stack is made anew");
    }
    if request.fork != Some(false) {
        return Err(from_a_fork(&name));
    }
    if let (Some(head), Some(commit)) = (&request.head, &place.job.context.commit)
        && !same_commit(Some(head), Some(commit))
    {
        return skipped(
            format!(
                "commit `{}` is no longer the head of {name}, which is at `{}`",
                short_commit(commit),
                short_commit(head)
            ),
            "the run for the newest commit deploys it",
        );
    }
    match &settings.label {
        Some(label) if !request.labels.contains(label) => skipped(
            format!("{name} does not have the label `{label}`"),
            "set the label, and run the job again",
        ),
        _ => Ok(request),
    }
}

/// The skip of a fork's change: its code would have what the stack is deployed with.
fn from_a_fork(name: &str) -> Error {
    Error::Skipped {
        what: format!("{name} comes from a fork, whose code would have the credentials that its stack is deployed with"),
        hint: "read the change; somebody who may push brings it onto a branch of the repository, whose change request has a stack"
            .to_owned(),
        reason: Some(Reason::Untrusted),
    }
}

/// Refuses a state at Pulumi Cloud. Its tags are the ledger, and a stack without an entry is nobody's: nothing can be written
/// there before the stack is made.
fn refuse_pulumi_cloud(place: &ReviewPlace<'_>) -> Result<()> {
    if !place.job.backend.is_cloud() {
        return Ok(());
    }
    Err(refused(
        "the state of the stack would be at Pulumi Cloud, where nothing can be written down before there is a stack",
        "keep the states of review stacks in a folder or a bucket, or in a database if the repository is on GitHub; or use Pulumi          Cloud's own review stacks",
    ))
}

/// Refuses what the default branch's file does not let be: a project without such stacks, a base stack that is protected, a
/// name that no sweep may ever destroy.
fn refuse_by_settings(place: &ReviewPlace<'_>, settings: &ReviewSettings) -> Result<()> {
    let folder = place.folder();
    if !settings.has_project(&folder) {
        return Err(Error::Skipped {
            what: format!("`review.projects` does not name the project in `{folder}`"),
            hint: "add its folder there, if its changes are to have stacks".to_owned(),
            reason: None,
        });
    }
    if !place.definition.reapable.allows(place.name.as_str()) {
        return Err(refused(
            format!("`reapable` does not allow `{}`, so that no sweep could ever destroy it", place.name),
            "write `reapable: [\"pr-*\"]`, or leave the key out",
        ));
    }
    let from = StackName::parse(&settings.from)?;
    let Some(entry) = place.definition.settings(&from) else { return Ok(()) };
    let Some(protects) = entry.protected_by() else { return Ok(()) };
    Err(refused(
        format!(
            "`{from}` is protected (`{protects}` in `stacks.{}`), and no change request's stack is made from it",
            entry.pattern
        ),
        "name a base stack of its own in `review.from`, with a configuration that any change may read",
    ))
}

/// The environment that the forge records it for.
fn environment(place: &ReviewPlace<'_>) -> String {
    format!("review/pr-{}", place.name.number())
}
