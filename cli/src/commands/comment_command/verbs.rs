//! The commands about one stack: `hold`, `release`, `unlock` and `accept`, as the verbs of the command line carry them out.

use super::super::default_checkout::{not_known, refused};
use super::thread::{CarriedOut, Thread, flags_of};
use crate::base::error::{Error, Result};
use crate::ci::Context;
use crate::ci::console::Console;
use crate::commands::accept::{self, AcceptAsk, Accepted};
use crate::commands::hold::{HoldAsk, hold_stack, tell_of_hold};
use crate::commands::unlock::remove_lock_of;
use crate::commands::{ledger_verb, one_stack};
use crate::delivery::comment_commands::CommentCommand;
use crate::delivery::place::forge_place;
use crate::fleet::RepositoryStacks;
use crate::forge::ChangeRequest;
use crate::inputs::Command;
use crate::inputs::headings::StackInputs;
use crate::inputs::resolve::Flags;
use crate::ledger::entry::LedgerEntry;
use crate::process::signals::Signals;
use crate::run::gates::ledger;
use crate::run::prepare::RunRequest;

/// A stack of a project of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StackOfProject {
    pub project: String,
    pub stack: String,
    /// The project's folder, from the top.
    pub cwd: String,
}

impl StackOfProject {
    /// Whether a person means this one: by `prod` or `shop/prod`.
    fn is_named(&self, name: &str) -> bool {
        self.stack == name || format!("{}/{}", self.project, self.stack) == name
    }

    /// The flags of a run of the stack.
    pub fn flags(&self, thread: &Thread<'_>) -> Flags {
        let mut flags = flags_of(thread.flags, Command::Refresh);
        let cwd = thread.checkout.top.join(&self.cwd).to_string_lossy().into_owned();
        flags.insert(StackInputs::name.name(), vec![self.stack.clone()]);
        flags.insert(StackInputs::cwd.name(), vec![cwd]);
        flags
    }
}

/// The stacks of the repository, as the checkout of the default branch has them.
pub(super) fn stacks(thread: &Thread<'_>) -> Result<Vec<StackOfProject>> {
    let listed = RepositoryStacks::find(&thread.checkout.top, thread.definition.projects.as_deref());
    if let Some(problem) = listed.problems.into_iter().next() {
        return Err(Error::Input { what: problem.what, hint: problem.hint });
    }
    let of_project = |project: crate::fleet::FoundProject| {
        let (name, cwd) = (project.project, project.cwd);
        let stacks = project.stacks.into_iter();
        stacks.map(move |stack| StackOfProject { project: name.clone(), stack, cwd: cwd.clone() })
    };
    Ok(listed.projects.into_iter().flat_map(of_project).collect())
}

/// The one stack that a person means by `name`.
pub(super) fn stack_named(thread: &Thread<'_>, name: &str) -> Result<StackOfProject> {
    let all = stacks(thread)?;
    let shown = |stacks: &[&StackOfProject]| {
        stacks.iter().map(|one| format!("`{}/{}`", one.project, one.stack)).collect::<Vec<_>>().join(", ")
    };
    let meant: Vec<&StackOfProject> = all.iter().filter(|one| one.is_named(name)).collect();
    match meant.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(Error::input(
            format!("no project has a stack `{}`", super::answer::cut(name)),
            format!("there are {}", shown(&all.iter().collect::<Vec<_>>())),
        )),
        several => Err(Error::input(
            format!("several projects have a stack `{}`", super::answer::cut(name)),
            format!("name one of {}", shown(several)),
        )),
    }
}

/// The arguments of a command: at least so many.
fn arguments<'t>(thread: &'t Thread<'_>, command: CommentCommand, least: usize) -> Result<&'t [String]> {
    let given = thread.written.arguments.as_slice();
    if given.len() < least {
        return Err(Error::input(
            "something is missing in the command",
            format!("write `{}`", command.usage()),
        ));
    }
    Ok(given)
}

/// The facts of a job that the comment's author has started on the default branch.
pub(super) fn context(thread: &Thread<'_>) -> Context {
    thread.checkout.context(&thread.found.context, &thread.comment.author.id)
}

/// The request of a verb that what may refresh a stack may do.
fn request<'a>(thread: &Thread<'a>, flags: &'a Flags, context: &'a Context) -> RunRequest<'a> {
    RunRequest { context: Some(context), ..RunRequest::new(Some(Command::Refresh), flags, thread.found.env) }
}

/// `hold` and `release`.
pub(super) async fn hold(
    thread: &Thread<'_>,
    releases: bool,
    console: &mut Console,
    signals: &Signals,
) -> Result<CarriedOut> {
    let command = if releases { CommentCommand::Release } else { CommentCommand::Hold };
    let given = arguments(thread, command, 2)?;
    let flags = stack_named(thread, &given[0])?.flags(thread);
    let context = context(thread);
    let request = request(thread, &flags, &context);
    let verb = if releases { "release" } else { "hold" };
    let (job, ledger) = ledger_verb::with_ledger_of(verb, &request, console, signals).await?;
    let ask = HoldAsk { releases, reason: thread.written.text_from(1) };
    let done = Box::pin(hold_stack(&ask, &job, &ledger, console)).await?;
    Box::pin(tell_of_hold(&ask, &job, console)).await;
    Ok(CarriedOut::fine(done))
}

/// `unlock`.
pub(super) async fn unlock(
    thread: &Thread<'_>,
    console: &mut Console,
    signals: &Signals,
) -> Result<CarriedOut> {
    let given = arguments(thread, CommentCommand::Unlock, 2)?;
    let (name, run) = (&given[0], &given[1]);
    let flags = stack_named(thread, name)?.flags(thread);
    let context = context(thread);
    let request = request(thread, &flags, &context);
    let job = one_stack::job_of(&request, console, signals).await?;
    ledger_verb::hide_addresses(&job, console).await;
    let place = forge_place(job.ci, job.env, &job.context, &job.inputs);
    let done = Box::pin(remove_lock_of(run, &job, place.as_ref(), one_stack::actor(&job), console)).await?;
    Ok(CarriedOut { said: done.in_lines(run, &job), status: 0 })
}

/// `accept`.
pub(super) async fn accept(
    thread: &Thread<'_>,
    console: &mut Console,
    signals: &Signals,
) -> Result<CarriedOut> {
    let given = arguments(thread, CommentCommand::Accept, 3)?;
    let (name, digest) = (&given[0], &given[1]);
    let flags = stack_named(thread, name)?.flags(thread);
    let context = context(thread);
    let request = request(thread, &flags, &context);
    let (job, ledger) = ledger_verb::with_ledger_of("accept", &request, console, signals).await?;
    let past = ledger::read(&ledger).await?.unwrap_or_default();
    if let Some(refusal) = past.refused() {
        refuse_the_authors(thread, refusal).await?;
    }
    let ask = AcceptAsk { what: Accepted::Change(digest.clone()), reason: thread.written.text_from(2) };
    Box::pin(accept::accept(&ask, &job, &ledger, console)).await.map(CarriedOut::fine)
}

/// Refuses those who have opened one of the change requests that the refused deployment brings, in whichever thread they
/// write; and a thread that is about something else.
async fn refuse_the_authors(thread: &Thread<'_>, refusal: &LedgerEntry) -> Result<()> {
    let client = thread.client;
    let mut brought: Vec<ChangeRequest> = Vec::new();
    for number in &refusal.change_requests {
        brought.push(client.change_request(*number).await.map_err(not_known)?);
    }
    if let (true, Some(commit)) = (brought.is_empty(), &refusal.commit) {
        brought = client.change_requests_of_commit(commit).await.map_err(not_known)?;
    }
    if !brought.iter().any(|one| one.number == thread.request.number) {
        return Err(refused(
            format!("{} is not known to be what the refused deployment brings", thread.name()),
            "comment on the change request that it brings, or run `stackstep accept` in a job of the default branch",
        ));
    }
    let person = &thread.comment.author;
    match brought.iter().find(|one| one.author.as_ref().is_none_or(|author| author.is_same(person))) {
        Some(one) => Err(refused(
            format!(
                "`{}` may have opened {}, and nobody may accept their own change",
                person.shown,
                client.place().forge.request(one.number)
            ),
            "let another person do it",
        )),
        None => Ok(()),
    }
}
