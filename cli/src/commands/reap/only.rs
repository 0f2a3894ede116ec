//! `reap --only`: one stack that a sweep has decided to destroy. The decision is made anew in the process that destroys it, so
//! that what was deployed, extended or taken out of the sweep since then stays.

use super::look::{ledger_of, look_at_one};
use super::place::{SweepPlace, SweepProjects, SweptProject, flags_of};
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::ci::console::Console;
use crate::commands::review::{self, ReviewAsk};
use crate::commands::run::run_request;
use crate::inputs::Command;
use crate::inputs::headings::{BackendInputs, StackInputs};
use crate::inputs::resolve::Flags;
use crate::ledger::entry::EntryKind;
use crate::lifecycle::ReviewName;
use crate::lifecycle::decide::{SweepVerdict, decide};
use crate::process::signals::Signals;
use crate::pulumi::stack::StackName;
use crate::report::Reason;
use crate::run::gates::ledger;
use crate::run::prepare::RunRequest;

/// Destroys and removes the stack of the folder's project if its time is over. Returns the exit status.
pub(super) async fn only(
    stack: &str,
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<u8> {
    if StackName::parse(stack)?.short() != stack {
        return Err(Error::input(
            format!("`{stack}` names more than a stack"),
            "write the stack's own name, in the folder of its project",
        ));
    }
    if ReviewName::parse(stack).is_some() {
        // It asks the change request itself.
        let mut flags = flags.clone();
        flags.insert(StackInputs::name.name(), vec![stack.to_owned()]);
        return Box::pin(review::run(&ReviewAsk::Down, &flags, env, console, signals)).await;
    }
    let projects = SweepProjects::find(flags, env, console)?.only_here();
    let place = Box::pin(SweepPlace::of_projects(&projects, env, console, signals)).await?;
    let one = look_at_one(&place, stack, console, signals).await?;
    let facts = [one.facts.clone()];
    let mut decided = decide(&facts, &place.rules());
    let verdict = decided.stacks.remove(0).verdict;
    let why = match (verdict, decided.brake) {
        (SweepVerdict::Destroy(why), None) => why,
        (_, Some(brake)) => return Err(stays(stack, &brake)),
        (other, None) => return Err(stays(stack, &super::page::why(&other))),
    };
    console.line(&format!("`{stack}` is destroyed: {why}"));
    let SweptProject { found: project, job, .. } = &place.projects[0];
    let mut flags = flags_of(flags, place.top, project, stack);
    if let Some(url) = &job.backend.url {
        flags.insert(BackendInputs::cloud_url.name(), vec![url.clone()]);
    }
    flags.insert(StackInputs::remove.name(), vec!["true".to_owned()]);
    let run = RunRequest::new(Some(Command::Destroy), &flags, env);
    let ended = Box::pin(run_request(&run, None, console, signals)).await?;
    // Somebody else works on the stack: the next sweep decides anew.
    if ended.status != 0 && ended.reason() == Some(Reason::Lock) {
        return Ok(ended.status);
    }
    if ended.status == 0 && job.backend.is_cloud() {
        // Its ledger was in its tags, and went with it.
        return Ok(0);
    }
    let kind = if ended.status == 0 { EntryKind::Destroyed } else { EntryKind::DestroyFailed };
    let mut entry = place.entry(&project.project, stack, kind);
    entry.reason = (ended.status != 0).then(|| ended.failure());
    ledger::append(&ledger_of(job, &place, stack), entry, console).await?;
    Ok(ended.status)
}

fn stays(stack: &str, why: &str) -> Error {
    Error::Refused {
        what: format!("`{stack}` is not destroyed: {why}"),
        hint: "nothing was changed; the next sweep decides anew".to_owned(),
        reason: Reason::Gate,
    }
}
