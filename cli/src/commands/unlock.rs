//! `unlock`: removes the lock that a run has left which was killed. It takes nobody's word that the run has ended: the CI
//! system says so. Only the lock of that run is removed; where it is not clear whose lock it is, it stays.

mod whose;

use clap::builder::NonEmptyStringValueParser;
use clap::{Arg, ArgMatches, Command as Clap};

use crate::base::env::Env;
use crate::base::error::{Error, Problem, Result};
use crate::ci::console::Console;
use crate::commands::{ledger_verb, one_stack};
use crate::delivery::place::{ForgeAccess, forge_place};
use crate::engine::job::Job;
use crate::forge::{AskedRun, Place, RunStanding};
use crate::inputs::Command;
use crate::inputs::resolve::Flags;
use crate::ledger::entry::{EntryKind, LedgerEntry};
use crate::ledger::locks::{self, StackLock};
use crate::ledger::state_identity::pending_operations;
use crate::process::signals::Signals;
use crate::report::Reason;
use crate::run::gates::ledger;

/// Removes the lock of a run.
#[derive(Debug, PartialEq, Eq)]
pub struct UnlockAsk {
    /// The id of the run, as the CI system has it.
    pub run: String,
}

/// What was found and done.
#[derive(Debug)]
pub struct Unlocked {
    /// The lock that was removed. None if there was none.
    pub removed: Option<RemovedLock>,
    /// The operations of which nobody knows how they ended, or the reason why they are not known.
    pub pending: Result<Vec<String>, Problem>,
}

/// A lock that was removed.
#[derive(Debug)]
pub struct RemovedLock {
    /// The lock.
    pub lock: StackLock,
    /// The end of the run, in the CI system's word.
    pub ended: String,
    /// The number of the entry in the ledger. None without a ledger.
    pub entry: Option<u64>,
}

impl UnlockAsk {
    /// The subcommand.
    pub fn subcommand() -> Clap {
        one_stack::subcommand("unlock", "Remove the lock that a run has left which was killed").arg(
            Arg::new("run")
                .long("run")
                .help("The id of the run, as its page and the ledger have it")
                .value_name("ID")
                .required(true)
                .value_parser(NonEmptyStringValueParser::new())
                .display_order(0),
        )
    }

    /// What the command line asks for.
    pub fn given(sub: &ArgMatches) -> Self {
        Self { run: sub.get_one::<String>("run").cloned().unwrap_or_default() }
    }
}

/// Removes the lock, and says what is left to do. Returns the exit status.
pub async fn unlock(
    ask: &UnlockAsk,
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<u8> {
    // What may refresh a stack may remove its lock: a stranger's change may do neither.
    let job = one_stack::job(Command::Refresh, flags, env, console, signals).await?;
    ledger_verb::hide_addresses(&job, console).await;
    let place = forge_place(job.ci, job.env, &job.context, &job.inputs);
    let done =
        Box::pin(remove_lock_of(&ask.run, &job, place.as_ref(), one_stack::actor(&job), console)).await?;
    for line in done.in_lines(&ask.run, &job) {
        console.line(&line);
    }
    Ok(0)
}

impl Unlocked {
    /// What was found and done, and what is left to do, as lines for a person. `run`: the id of the run that was named.
    pub fn in_lines(&self, run: &str, job: &Job<'_>) -> Vec<String> {
        let identity = job.identity().unwrap_or_default();
        let first = match &self.removed {
            None => format!("`{identity}` is not locked"),
            Some(RemovedLock { lock, ended, entry }) => {
                let entry =
                    entry.map(|number| format!(" (entry {number} of the ledger)")).unwrap_or_default();
                format!(
                    "`{identity}` is unlocked: {lock} is removed, as the run {run} has ended (`{ended}`){entry}"
                )
            }
        };
        let stack = job.stack.as_ref().map(ToString::to_string).unwrap_or_default();
        [first].into_iter().chain(what_is_left(&self.pending, &stack)).collect()
    }
}

/// The repair, as lines for a person.
fn what_is_left(pending: &Result<Vec<String>, Problem>, stack: &str) -> Vec<String> {
    match pending {
        Ok(pending) if pending.is_empty() => {
            vec![
                "no operation is pending: run the deployment's job again, it goes on where it was stopped"
                    .to_owned(),
            ]
        }
        Ok(pending) => {
            let mut lines = vec!["nobody knows how these operations ended:".to_owned()];
            lines.extend(pending.iter().map(|one| format!("  {one}")));
            lines.push(format!(
                "look at the provider whether they were carried out; import what was created, else forget it with `pulumi refresh \
                 --clear-pending-creates --stack {stack}`; then run the deployment's job again"
            ));
            lines
        }
        Err(problem) => vec![format!(
            "which operations are pending is not known: {}; look at `pending_operations` in `pulumi stack export --stack \
             {stack}`",
            problem.in_one_line()
        )],
    }
}

/// Removes the lock of the run with this id, if it is clear that it is that run's and the CI system says that the run has
/// ended. `actor`: who asks for it.
///
/// # Errors
/// A refusal; nothing was removed then.
pub async fn remove_lock_of(
    run: &str,
    job: &Job<'_>,
    place: Result<&Place, &Problem>,
    actor: Option<String>,
    console: &Console,
) -> Result<Unlocked> {
    let stack_name = job.stack.as_ref().map(ToString::to_string).unwrap_or_default();
    let origin = job.ci.origin(job.env);
    if origin.own_run().as_deref() == Some(run) {
        return Err(refusal(
            &format!("the run {run} is this one, which has not ended"),
            "name the run that has left the lock",
        ));
    }
    let identity = job.identity().unwrap_or_default();
    let token = job.backend.token_for_requests();
    let stack = ledger::ledger_for(job, &identity, token.as_ref(), place.ok());
    let by_hand = by_hand(&stack_name);
    let mut found = locks::read(&stack).await.map_err(|problem| {
        refusal(&format!("who holds the lock is not known: {}", problem.what), &by_hand)
    })?;
    let Some(lock) = found.pop() else {
        return Ok(Unlocked { removed: None, pending: pending_operations(&stack).await });
    };
    if !found.is_empty() {
        let all: Vec<String> = found.iter().chain([&lock]).map(ToString::to_string).collect();
        return Err(refusal(&format!("there are {} locks: {}", all.len(), all.join("; ")), &by_hand));
    }
    let lock = locks::with_run(lock, &stack).await.map_err(|problem| {
        refusal(&format!("it is not known whose lock that is: {}", problem.what), &by_hand)
    })?;
    let book = ledger::open(job, place.ok());
    let entries =
        book.entries().await.map_err(|trouble| ledger::refused(trouble.problem))?.unwrap_or_default();
    let owners = owners(&lock, &entries, run).map_err(|why| {
        refusal(&format!("it is not clear that {lock} is that of the run {run}: {why}"), &by_hand)
    })?;
    let reserved = owners.first();
    let ended = ended(run, &owners, &lock, job, place).await.map_err(|problem| {
        let hint = problem.hint.unwrap_or_else(|| by_hand.clone());
        refusal(&format!("{lock} stays: {}", problem.what), &hint)
    })?;
    let mut entry = ledger::new_entry(job, EntryKind::Unlocked);
    entry.about = reserved.map(|reserved| reserved.number);
    entry.actor = actor;
    entry.host.clone_from(&lock.host);
    entry.reason = Some(format!("the run {run} has ended (`{ended}`): {lock}"));
    entry.link = reserved.and_then(|reserved| reserved.run.as_ref()?.url.clone());
    // The record comes first: what is done and not recorded would be worse than the other way round.
    let written = ledger::append(&book, entry, console).await?;
    locks::remove(&lock, &stack)
        .await
        .map_err(|problem| refusal(&format!("{lock} could not be removed: {}", problem.what), &by_hand))?;
    let removed = RemovedLock { lock, ended, entry: written.map(|entry| entry.number) };
    Ok(Unlocked { removed: Some(removed), pending: pending_operations(&stack).await })
}

/// The reservations that the lock can belong to, the newest first. At Pulumi Cloud the update names its run itself, and the
/// ledger may have none.
fn owners(
    lock: &StackLock,
    entries: &[(u64, Result<LedgerEntry, String>)],
    run: &str,
) -> Result<Vec<LedgerEntry>, String> {
    match &lock.run {
        Some(own) if own.id.as_deref() == Some(run) => {
            let job = own.url.as_deref().and_then(job_in);
            let is_its = |entry: &&LedgerEntry| job.is_none() || job_of(entry) == job;
            Ok(whose::reservations_of(entries, run).find(is_its).cloned().into_iter().collect())
        }
        Some(own) => match &own.id {
            Some(other) => Err(format!("the update says that it is of the run {other}")),
            None => Err("the update does not say of which run it is".to_owned()),
        },
        None => Ok(whose::owners(lock, entries, run)?.into_iter().cloned().collect()),
    }
}

/// The end of the run, in the CI system's word. Of several jobs that can have taken the lock, each one has to have ended.
/// Fails with the reason if one has not ended, or that is not known.
async fn ended(
    run: &str,
    owners: &[LedgerEntry],
    lock: &StackLock,
    job: &Job<'_>,
    place: Result<&Place, &Problem>,
) -> Result<String, Problem> {
    let system = owners.iter().filter_map(|owner| owner.run.as_ref()).map(|run| run.system.as_str());
    let system = system.into_iter().find(|system| !system.is_empty());
    let system =
        system.or_else(|| lock.run.as_ref()?.system.as_deref()).unwrap_or("a system that is not known");
    let Some(forge) = forge_of(system) else {
        return Err(Problem::without_hint(format!(
            "`{system}` is not asked whether the run {run} has ended"
        )));
    };
    let place = place.map_err(|problem| {
        Problem::without_hint(format!("whether the run {run} has ended is not known: {}", problem.what))
    })?;
    let no_answer = || {
        Problem::without_hint(format!(
            "{} does not tell whether the run {run} has ended",
            place.forge.title()
        ))
    };
    if place.forge.name() != forge {
        return Err(no_answer());
    }
    let access = ForgeAccess::find(job.ci, job.env, &job.context, &job.inputs);
    let access = access.map_err(|error| Problem::from(&error))?.ok_or_else(no_answer)?;
    let mut jobs: Vec<Option<String>> = match &lock.run {
        Some(own) => vec![own.url.as_deref().and_then(job_in)],
        None => owners.iter().map(job_of).collect(),
    };
    jobs.dedup();
    let mut ended = Vec::new();
    for its in jobs {
        let named = its.as_ref().map_or_else(String::new, |its| format!(" (job {its})"));
        let asked = AskedRun { id: run.to_owned(), job: its };
        let standing = access.client().run_standing(&asked).await.map_err(|trouble| trouble.problem)?;
        match standing.ok_or_else(no_answer)? {
            RunStanding::Ended(word) => ended.push(word),
            RunStanding::AtWork(word) => {
                return Err(Problem::new(
                    format!("the run {run}{named} has not ended (`{word}`)"),
                    "cancel it there, wait until it has ended, and run `unlock` again",
                ));
            }
            RunStanding::NotTold => return Err(no_answer()),
        }
    }
    ended.dedup();
    if ended.is_empty() { Err(no_answer()) } else { Ok(ended.join("`, `")) }
}

/// The forge whose own CI system this is, by our name for it or the engine's.
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/util/ciutil/systems.go>
fn forge_of(system: &str) -> Option<&'static str> {
    match system {
        "github-actions" | "GitHub" => Some("github"),
        "gitlab-ci" | "GitLab" => Some("gitlab"),
        "gitea-actions" | "forgejo-actions" => Some("gitea"),
        _ => None,
    }
}

/// The id of the job that wrote an entry, where its page tells it.
fn job_of(entry: &LedgerEntry) -> Option<String> {
    (forge_of(&entry.run.as_ref()?.system) == Some("gitlab"))
        .then(|| job_in(entry.run.as_ref()?.url.as_deref()?))?
}

/// The id of the job in the address of GitLab's page of it: `https://gitlab.com/acme/shop/-/jobs/42`.
fn job_in(url: &str) -> Option<String> {
    let (_, id) = url.split_once("/-/jobs/")?;
    let digits: String = id.chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty()).then_some(digits)
}

fn by_hand(stack: &str) -> String {
    format!(
        "look at the run's page and at its machine: only if no engine is at work there any more, remove the lock with `pulumi \
         cancel {stack} --yes`"
    )
}

fn refusal(what: &str, hint: &str) -> Error {
    Error::Refused {
        what: format!("`unlock` is refused: {what}"),
        hint: hint.to_owned(),
        reason: Reason::Gate,
    }
}
