//! `extend`: keeps the stacks of the change request for longer.

use super::super::default_checkout::refused;
use super::super::ledger_verb;
use super::super::reap::place::flags_of as flags_of_project;
use super::super::ttl::{EndChange, NewEnd, parse_time};
use super::thread::{CarriedOut, Thread, flags_of};
use super::verbs::context;
use crate::base::error::{Error, Result};
use crate::ci::console::Console;
use crate::delivery::comment_commands::CommentCommand;
use crate::delivery::place::repository_identity;
use crate::fleet::RepositoryStacks;
use crate::inputs::Command;
use crate::lifecycle::ReviewName;
use crate::process::signals::Signals;
use crate::run::gates::ledger;
use crate::run::prepare::RunRequest;

/// Keeps them for so much longer.
pub(super) async fn extend(
    thread: &Thread<'_>,
    console: &mut Console,
    signals: &Signals,
) -> Result<CarriedOut> {
    let usage = || format!("write `{}`, such as `/stackstep extend 2d`", CommentCommand::Extend.usage());
    let Some(time) = thread.written.arguments.first() else {
        return Err(Error::input("something is missing in the command", usage()));
    };
    let time = parse_time(time).map_err(|why| Error::input(why, usage()))?;
    let repository = repository_identity(thread.client).await.map_err(|problem| {
        refused(problem.what, problem.hint.unwrap_or_else(|| "comment again later".to_owned()))
    })?;
    let top = &thread.checkout.top;
    let listed = RepositoryStacks::find(top, thread.definition.projects.as_deref());
    let context = context(thread);
    let reason = format!("`/stackstep extend` on {}", thread.name());
    let mut said = Vec::new();
    for project in &listed.projects {
        let Some(name) = ReviewName::for_request(&repository, &project.project, thread.request.number) else {
            continue;
        };
        let flags = flags_of_project(&flags_of(thread.flags, Command::Refresh), top, project, name.as_str());
        let request = RunRequest {
            context: Some(&context),
            ..RunRequest::new(Some(Command::Refresh), &flags, thread.found.env)
        };
        let (job, book) = ledger_verb::with_ledger_of("extend", &request, console, signals).await?;
        if ledger::read(&book).await?.is_none_or(|past| past.opened().is_none()) {
            continue;
        }
        let settings = thread.definition.review.as_deref();
        let end = NewEnd {
            change: EndChange::Extend(time),
            reason: &reason,
            state: String::new(),
            settings,
            ttl_max: None,
            confirmed: true,
        };
        said.push(Box::pin(end.write(&job, &book, console)).await?);
    }
    if said.is_empty() {
        return Err(refused(
            "there is nothing to extend: the change has no stack of its own",
            "nothing has to be done: what there is does not expire",
        ));
    }
    Ok(CarriedOut { said, status: 0 })
}
