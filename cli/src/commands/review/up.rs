//! `review up`: deploys the change request's own stack at its newest commit, and makes the stack first.

use std::cell::OnceCell;
use std::pin::Pin;

use super::super::there::{ThereStack, read_stack};
use super::call::{ForkGrant, ReviewCall};
use super::opening::{self, not_ours, refused, write_file};
use super::place::{ReviewPlace, engine, number_of, placeholder, ready_engine};
use super::{base_config, down, fork, lock};
use crate::admit::trust::same_commit;
use crate::base::error::{Error, Result};
use crate::base::git::short_commit;
use crate::ci::console::Console;
use crate::commands::run::run_request;
use crate::engine::job::{ReviewRun, StillWanted};
use crate::engine::locate::LocatedEngine;
use crate::forge::ChangeRequest;
use crate::inputs::headings::{ConfigInputs, StackInputs};
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
pub(in crate::commands) async fn up(
    call: &ReviewCall<'_>,
    console: &mut Console,
    signals: &Signals,
) -> Result<u8> {
    match Box::pin(try_up(call, console, signals)).await? {
        UpEnd::Ended(status) => Ok(status),
        UpEnd::Gone(first) => {
            console.line("another run has removed the stack meanwhile: it is made anew");
            match Box::pin(try_up(call, console, signals)).await? {
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
async fn try_up(call: &ReviewCall<'_>, console: &mut Console, signals: &Signals) -> Result<UpEnd> {
    let (env, grant) = (call.env, call.grant);
    let context = call.context();
    if context.fork == Some(true) && grant.is_none() {
        return Err(fork::passed_over("the change request"));
    }
    let mut flags = call.flags.clone();
    flags.insert(
        StackInputs::name.name(),
        vec![placeholder(number_of(Some(Command::Up), &flags, env, &context)?)],
    );
    if let Some(error) = prepare(&call.like_a_preview(&flags), Until::TheVerdict, console).take_error() {
        return Err(error);
    }
    let run = OnceCell::new();
    let request = call.request(Command::Up, &flags);
    let mut place = ReviewPlace::find(VERB, &request, &run, None, console).await?;
    refuse_inputs(&place)?;
    refuse_pulumi_cloud(&place)?;
    let settings = place.settings()?.clone();
    refuse_by_settings(&place, &settings)?;
    let secrets = match grant {
        Some(_) => {
            let forks = fork::settings_of(&settings, &place.request_name())?;
            fork::refuse_its_own_places(&place)?;
            fork::refuse_a_new_project(&place).await?;
            forks.secrets
        }
        None => true,
    };
    let mut request = wanted(&place, &settings, grant).await?;
    let located = ready_engine(&mut place.job, console, signals).await?;
    let book = place.ledger(VERB)?;
    // Of two pushes the later one is deployed: whoever waited looks again.
    if lock::wait(&place, console, signals).await? {
        request = wanted(&place, &settings, grant).await?;
    }
    // What can't be configured leaves no stack behind.
    let config = base_config::copied(&place, &settings, secrets, &located, console, signals).await?;
    let there = made(&place, &settings, &request, &located, &book, console, signals).await?;
    write_file(&place, Some(&there.file))?;
    // To make it has taken its time, in which people push and close.
    wanted(&place, &settings, grant).await?;
    let commit = place.job.context.commit.as_deref();
    let notes = grant.map(|grant| fork::notes(commit, grant, &config.left_out)).unwrap_or_default();
    for note in &notes {
        console.line(note);
    }
    let review = ReviewRun {
        message: place.request_name(),
        signature: mark::in_message(&there.nonce),
        environment: environment(&place),
        config: config.items,
        lock_timeout: lock::PATIENCE,
        is_a_strangers: grant.is_some(),
        notes,
        entry: place.entry()?,
    };
    let mut flags = call.flags.clone();
    flags.insert(StackInputs::name.name(), vec![place.name.to_string()]);
    let newest = StillTheNewest { place: &place, settings: &settings, grant };
    let run =
        RunRequest { review: Some(&review), wanted: Some(&newest), ..call.request(Command::Up, &flags) };
    let judging = place.judging();
    let ended = Box::pin(run_request(&run, Some(&judging), console, signals)).await?;
    // The job of the closing may have found no stack yet.
    if place.request(VERB).await.is_ok_and(|now| !now.open) {
        console.line(&format!("{} was closed meanwhile: its stack is destroyed", place.request_name()));
        drop(place);
        let is_of_destroy =
            |name: &str| Input::find(name).is_some_and(|input| input.applies_to(Command::Destroy));
        flags.retain(|name, _| is_of_destroy(name));
        let closing = ReviewCall { flags: &flags, ..*call };
        return Box::pin(down::down(&closing, console, signals)).await.map(UpEnd::Ended);
    }
    let is_gone = ended.reason() == Some(Reason::StackNotFound);
    Ok(if is_gone { UpEnd::Gone(ended.status) } else { UpEnd::Ended(ended.status) })
}

/// Refuses inputs that a stack of a change request has by itself.
fn refuse_inputs(place: &ReviewPlace<'_>) -> Result<()> {
    let inputs = &place.job.inputs;
    for (is_set, name, instead, way) in [
        (
            inputs.config.file.is_some(),
            ConfigInputs::file.name(),
            "what a review stack is configured by is made anew",
            "remove it; `review.config` of the default branch's `stackstep.yaml`, and the input `config`, say what it gets",
        ),
        (
            inputs.stack.ttl.is_some(),
            StackInputs::ttl.name(),
            "how long a review stack lives says `review.ttl`",
            "remove it; the default branch's `stackstep.yaml` has the section `review`",
        ),
    ] {
        if is_set {
            return Err(Error::input(format!("`{name}` can't be set for `{VERB}`: {instead}"), way));
        }
    }
    Ok(())
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
    grant: Option<ForkGrant>,
}

impl StillWanted for StillTheNewest<'_> {
    fn ask(&self) -> Pin<Box<dyn Future<Output = Result<()>> + '_>> {
        Box::pin(async move { wanted(self.place, self.settings, self.grant).await.map(drop) })
    }
}

/// The change request, if its stack is to be deployed at this commit. A fork's is so only by a grant.
///
/// # Errors
/// It is not, which is no failure: it is closed, another commit is its head, or it lacks the label. A commit of a fork that was
/// let in and is not the head is refused.
async fn wanted(
    place: &ReviewPlace<'_>,
    settings: &ReviewSettings,
    grant: Option<ForkGrant>,
) -> Result<ChangeRequest> {
    let request = place.request(VERB).await?;
    let name = place.request_name();
    let skipped =
        |what: String, hint: &str| Err(Error::Skipped { what, hint: hint.to_owned(), reason: None });
    if !request.open {
        return skipped(format!("{name} is closed"), "open it again, and its stack is made anew");
    }
    if request.fork != Some(false) && grant.is_none() {
        return Err(fork::passed_over(&name));
    }
    let (head, commit) = (request.head.as_deref(), place.job.context.commit.as_deref());
    match (grant, head, commit) {
        // What was let in is one commit, and what is not known is not it.
        (Some(grant), head, commit) if !same_commit(head, commit) => {
            let (head, commit) = (head.unwrap_or("no commit that is known"), commit.unwrap_or_default());
            return Err(fork::moved(&name, commit, head, grant, settings));
        }
        (None, Some(head), Some(commit)) if !same_commit(Some(head), Some(commit)) => {
            return skipped(
                format!(
                    "commit `{}` is no longer the head of {name}, which is at `{}`",
                    short_commit(commit),
                    short_commit(head)
                ),
                "the run for the newest commit deploys it",
            );
        }
        _ => {}
    }
    match &settings.label {
        // A comment that names the commit says more than a label.
        Some(label) if grant != Some(ForkGrant::Comment) && !request.labels.contains(label) => skipped(
            format!("{name} does not have the label `{label}`"),
            "set the label, and run the job again",
        ),
        _ => Ok(request),
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
