//! The time to live that `up` gives its stack by the input `ttl`. A stack that is not there yet has its end before its first
//! resource, so that a killed run leaves none without one; after the deployment the end is that of the state which is there
//! then. What no sweep may destroy gets no end: nobody would keep to it.

use std::time::Duration;

use super::gates::{ledger, own_file};
use crate::base::error::{Error, Problem, Result};
use crate::ci::console::Console;
use crate::delivery::history::RepositoryHistory;
use crate::delivery::judging::default_definition;
use crate::delivery::place::ForgeAccess;
use crate::delivery::{Definition, DeliveryEvent};
use crate::engine::job::Job;
use crate::inputs::Command;
use crate::inputs::headings::StackInputs;
use crate::ledger::Ledger;
use crate::ledger::backend_stacks::BackendStacks;
use crate::ledger::entry::{EntryKind, LedgerEntry, instant_of};
use crate::ledger::state_identity::{self, StateIdentity};
use crate::lifecycle::time_to_live::in_days;
use crate::report::{Reason, Report};
use crate::run::gates::top;

const TTL: &str = StackInputs::ttl.name();

/// The time to live that a run gives its stack.
pub struct TimeToLive<'a> {
    job: &'a Job<'a>,
    book: Ledger,
    ttl: Duration,
    /// Whether nothing of the stack is there yet.
    is_new: bool,
}

impl<'a> TimeToLive<'a> {
    /// The time to live that the job's inputs ask for. None if they ask for none, or the run deploys nothing.
    ///
    /// # Errors
    /// The stack may not have it: no sweep would destroy it, it is longer than `ttl-max`, the stack has lived without an end and
    /// its name is not said twice, or there is no ledger.
    pub async fn enter(job: &'a Job<'a>) -> Result<Option<Self>> {
        let inputs = &job.inputs;
        let deploys = inputs.command == Command::Up
            && !inputs.operation.preview_only
            && !inputs.safety.expect_no_changes;
        // The stack of a change request has its end by the section `review`.
        let (Some(ttl), true, None) = (inputs.stack.ttl, deploys, &job.review) else { return Ok(None) };
        let book = ledger::open(job, None);
        ledger::needed(&book, &format!("`{TTL}`"))?;
        let definition = judging_definition(job).await?;
        refuse_by_file(job, &definition, ttl)?;
        let (is_there, has_resources) = found(job).await?;
        let past = ledger::read(&book).await?.unwrap_or_default();
        let identity = job.identity().unwrap_or_default();
        let confirmed = inputs.stack.confirm.as_deref();
        let is_confirmed =
            confirmed.is_some_and(|name| name == identity.stack || name == identity.to_string());
        if has_resources && past.expires().is_none() && !is_confirmed {
            let stack = &identity.stack;
            return Err(Error::input(
                format!(
                    "`{stack}` has lived without an end until now, and by `{TTL}` a sweep would destroy it"
                ),
                format!("say it twice: `--{} {stack}`", StackInputs::confirm.name()),
            ));
        }
        Ok(Some(Self { job, book, ttl, is_new: !is_there || !has_resources }))
    }

    /// Gives a stack that is not there yet its end.
    ///
    /// # Errors
    /// The ledger can't be written: then nothing is deployed.
    pub async fn begin(&self, console: &Console) -> Result<()> {
        if !self.is_new {
            return Ok(());
        }
        let mut entry = self.entry();
        entry.state_before = Some(StateIdentity::NoStack.to_string());
        ledger::append(&self.book, entry, console).await.map(drop)
    }

    /// Gives the stack its end from now on, for the state that the deployment has left, however it ended. Trouble is a note.
    pub async fn finish(&self, report: &mut Report, console: &Console) {
        let identity = self.job.identity().unwrap_or_default();
        let token = self.job.backend.token_for_requests();
        let seen = state_identity::read(&ledger::ledger_for(self.job, &identity, token.as_ref(), None)).await;
        let seen = match seen {
            Ok(seen) if seen.identity == StateIdentity::NoStack => return,
            Ok(seen) => seen,
            Err(why) => return report.notes.push(not_written(&why.in_one_line())),
        };
        let mut entry = self.entry();
        entry.state_after = Some(seen.identity.to_string());
        let expires = entry.expires.clone();
        if let Err(error) = ledger::append(&self.book, entry, console).await {
            return report.notes.push(not_written(&error.to_string()));
        }
        let until = expires.clone().unwrap_or_default();
        report
            .notes
            .push(format!("the stack lives until {until} (`{TTL}`); each deployment with it renews that"));
        report.expires = expires;
        console.line(&format!("`{identity}` lives until {until}"));
    }

    /// An entry with the end from now on.
    fn entry(&self) -> LedgerEntry {
        let job = self.job;
        let mut entry = ledger::new_entry(job, EntryKind::Expiry);
        entry.actor.clone_from(&job.context.actor);
        entry.reason = Some(format!("`{TTL}` of `up`"));
        entry.link.clone_from(&job.context.build_url);
        entry.expires = Some(instant_of(job.env.clock().now().saturating_add(self.ttl.as_secs())));
        entry
    }
}

fn not_written(why: &str) -> String {
    format!(
        "the end by `{TTL}` is not that of what is deployed now, so that no sweep destroys the stack: {why}"
    )
}

fn refused(what: impl std::fmt::Display, hint: impl Into<String>) -> Error {
    Error::Refused { what: format!("`{TTL}` is refused: {what}"), hint: hint.into(), reason: Reason::Gate }
}

/// The sections of the file that judges: that of the default branch. Without a CI system it is the checkout's own.
async fn judging_definition(job: &Job<'_>) -> Result<Definition> {
    if DeliveryEvent::from_context(&job.context) == DeliveryEvent::Unknown {
        let own = own_file(job)?.as_ref().map(Definition::from_file).transpose()?.flatten();
        return Ok(own.unwrap_or_else(Definition::empty));
    }
    let forge = ForgeAccess::find(job.ci, job.env, &job.context, &job.inputs)?;
    let client = forge.as_ref().map(ForgeAccess::client);
    let history = RepositoryHistory::new(&top(job), job.env, &job.context, client.as_ref());
    default_definition(&history).await
}

/// Refuses what the file does not let be: a stack that no sweep destroys, and a time that is too long.
fn refuse_by_file(job: &Job<'_>, definition: &Definition, ttl: Duration) -> Result<()> {
    let Some(stack) = &job.stack else { return Ok(()) };
    let name = stack.short();
    if !definition.reapable.allows(name) {
        let patterns = definition.reapable.patterns().iter().map(|pattern| format!("\"{pattern}\""));
        let all: Vec<String> = patterns.chain(std::iter::once(format!("\"{name}\""))).collect();
        return Err(refused(
            format!("`reapable` of the default branch's file does not name `{name}`: no sweep destroys it"),
            format!("write `reapable: [{}]` there, see docs/reap.md", all.join(", ")),
        ));
    }
    let Some(entry) = definition.settings(stack) else { return Ok(()) };
    if let Some(protects) = entry.protected_by() {
        let pattern = &entry.pattern;
        return Err(refused(
            format!(
                "`stacks.{pattern}` of the default branch's file has `{protects}`: no sweep destroys `{name}`"
            ),
            if entry.pattern == name {
                format!("leave `{TTL}` out, or take `{protects}` out of the entry")
            } else {
                format!(
                    "leave `{TTL}` out; or give the stack an entry of its own before it, without `{protects}`: `stacks: {{ {name}: {{ {TTL}: … }} }}`"
                )
            },
        ));
    }
    match entry.ttl_max {
        Some(most) if ttl > most => Err(refused(
            format!(
                "`{}` is longer than `ttl-max` of `stacks.{}`, which is `{}`",
                in_days(ttl),
                entry.pattern,
                in_days(most)
            ),
            "shorten it, or raise `ttl-max` on the default branch",
        )),
        _ => Ok(()),
    }
}

/// Whether the job's stack is in its backend, and whether it has resources.
async fn found(job: &Job<'_>) -> Result<(bool, bool)> {
    let identity = job.identity().unwrap_or_default();
    let token = job.backend.token_for_requests();
    let of = ledger::ledger_for(job, &identity, token.as_ref(), None);
    let unread = |problem: Problem| {
        refused(problem.what, problem.hint.unwrap_or_else(|| "let the job read the backend".to_owned()))
    };
    let stacks = BackendStacks::open(&of).map_err(unread)?;
    if !stacks.names().await.map_err(unread)?.contains(&identity.stack) {
        return Ok((false, false));
    }
    let there = stacks.stack(&identity.stack).await.map_err(unread)?;
    Ok((true, there.resources > 0))
}
