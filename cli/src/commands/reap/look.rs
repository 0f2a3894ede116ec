//! The look of a sweep at each stack that it may destroy: the backend, the ledger, the change request. What can't be read is a
//! fact about the stack, and ends nothing.

use std::collections::BTreeMap;

use super::super::project_stacks::{ProjectStacks, no_stack};
use super::place::{SweepPlace, SweptProject};
use crate::base::error::{Error, Problem, Result};
use crate::base::moment::Moment;
use crate::ci::console::Console;
use crate::engine::job::Job;
use crate::forge::{ChangeRequest, Client};
use crate::ledger::Ledger;
use crate::ledger::history::History;
use crate::lifecycle::ReviewName;
use crate::lifecycle::facts::{LifeFacts, ReadFact, RequestFacts, RequestStanding, SweptStack};
use crate::lifecycle::time_to_live::KEEP;
use crate::process::signals::Signals;
use crate::pulumi::stack::StackName;
use crate::report::Reason;
use crate::run::gates::ledger;

/// A stack that was looked at.
pub(super) struct StackInSight {
    /// What is known of it.
    pub facts: SweptStack,
    /// The folder of its project, from the top of the repository.
    pub cwd: String,
    /// The place of its project in [`SweepPlace::projects`].
    pub project: usize,
    /// The sentence of the last failed destruction.
    pub failure: Option<String>,
}

/// Looks at all stacks whose names a sweep may destroy. A project whose stacks can't be listed is a problem of the place.
pub(super) async fn look_at_all(
    place: &SweepPlace<'_>,
    console: &Console,
    signals: &Signals,
) -> Result<(Vec<StackInSight>, Vec<String>)> {
    let client = place.forge.client();
    let mut requests = Requests { client: &client, known: BTreeMap::new() };
    let (mut looked, mut problems) = (Vec::new(), Vec::new());
    for (at, project) in place.projects.iter().enumerate() {
        let listed = match stacks_of(project, place, console, signals) {
            Ok(stacks) => stacks.names().await.map(|names| (stacks, names)),
            Err(problem) => Err(problem),
        };
        let (stacks, names) = match listed {
            Ok(listed) => listed,
            Err(problem) => {
                if let Some(signal) = signals.first() {
                    return Err(Error::Stopped { signal: signal.number() });
                }
                problems.push(format!("the stacks of {}: {}", project.found.project, problem.in_one_line()));
                continue;
            }
        };
        for stack in names.into_iter().filter(|name| place.definition.reapable.allows(name)) {
            if let Some(signal) = signals.first() {
                return Err(Error::Stopped { signal: signal.number() });
            }
            let mut one = Box::pin(look_at(place, project, &stacks, stack, &mut requests)).await;
            one.project = at;
            if let Err(why) = &one.facts.held {
                console.line(&format!("{}: {why}", one.facts.stack));
            }
            looked.push(one);
        }
    }
    Ok((looked, problems))
}

/// Looks at the stack with this name of the place's only project.
///
/// # Errors
/// The stacks can't be listed, or there is none of the name.
pub(super) async fn look_at_one(
    place: &SweepPlace<'_>,
    stack: &str,
    console: &Console,
    signals: &Signals,
) -> Result<StackInSight> {
    let project = &place.projects[0];
    let unread = |problem: Problem| Error::Refused {
        what: format!("the stacks of {}: {}", project.found.project, problem.what),
        hint: problem.hint.unwrap_or_else(|| "let the job read the backend".to_owned()),
        reason: Reason::Gate,
    };
    let stacks = stacks_of(project, place, console, signals).map_err(unread)?;
    if !stacks.names().await.map_err(unread)?.iter().any(|name| name == stack) {
        return Err(no_stack(&project.job, stack));
    }
    let client = place.forge.client();
    let mut requests = Requests { client: &client, known: BTreeMap::new() };
    Ok(Box::pin(look_at(place, project, &stacks, stack.to_owned(), &mut requests)).await)
}

fn stacks_of<'a>(
    project: &'a SweptProject<'_>,
    place: &SweepPlace<'_>,
    console: &'a Console,
    signals: &'a Signals,
) -> Result<ProjectStacks<'a>, Problem> {
    let engine = project.engine.as_ref();
    ProjectStacks::open(&project.job, engine, Some(place.forge_place()), console, signals)
}

/// The ledger of a stack of a job's project.
pub(super) fn ledger_of(job: &Job<'_>, place: &SweepPlace<'_>, stack: &str) -> Ledger {
    ledger::open_for(job, Some(place.forge_place()), Some(stack))
}

async fn look_at(
    place: &SweepPlace<'_>,
    project: &SweptProject<'_>,
    stacks: &ProjectStacks<'_>,
    stack: String,
    requests: &mut Requests<'_>,
) -> StackInSight {
    let SweptProject { found: project, job, .. } = project;
    let history = history_of(&ledger_of(job, place, &stack)).await;
    let held = stacks.held(&stack).await.map_err(|problem| problem.in_one_line());
    let name = ReviewName::parse(&stack);
    let most = place.definition.review.as_ref().and_then(|review| review.ttl_max);
    let life =
        history.as_ref().map_err(Clone::clone).and_then(|history| LifeFacts::from_history(history, most));
    let is_opened = life.as_ref().is_ok_and(|life| life.opened.is_some());
    let request = match &name {
        // The forge is asked only where it decides something.
        Some(name) if is_opened => requests.ask(name.number()).await.map(Some),
        _ => Ok(None),
    };
    let failure = history.ok().and_then(|history| history.destroy_failures().last()?.reason.clone());
    let facts = SweptStack {
        project: project.project.clone(),
        reapable: place.definition.reapable.allows(&stack),
        protected: protected(place, &stack),
        held,
        stack,
        name,
        life,
        request,
    };
    StackInSight { facts, cwd: project.cwd.clone(), project: 0, failure }
}

/// What a ledger says, or why nobody knows.
async fn history_of(book: &Ledger) -> ReadFact<History> {
    if let Some(missing) = book.missing() {
        return Err(format!("there is no ledger: {}", missing.in_one_line()));
    }
    let history = book.history().await.map_err(|trouble| trouble.problem.in_one_line())?.unwrap_or_default();
    history.certain().map_err(|problem| problem.in_one_line())?;
    Ok(history)
}

/// The reason why no sweep may destroy the stack: what the default branch's file has for it.
fn protected(place: &SweepPlace<'_>, stack: &str) -> Option<String> {
    let name = StackName::parse(stack).ok()?;
    let entry = place.definition.settings(&name)?;
    let what = entry.protected_by()?;
    Some(format!("`stacks.{}` has `{what}`", entry.pattern))
}

/// The change requests that were asked for, each once.
struct Requests<'c> {
    client: &'c Client<'c>,
    known: BTreeMap<u64, ReadFact<RequestFacts>>,
}

impl Requests<'_> {
    async fn ask(&mut self, number: u64) -> ReadFact<RequestFacts> {
        if let Some(known) = self.known.get(&number) {
            return known.clone();
        }
        let asked = self.client.change_request(number).await;
        let fact = asked.map_err(|trouble| trouble.problem.in_one_line()).and_then(|one| standing(&one));
        self.known.insert(number, fact.clone());
        fact
    }
}

/// How a change request stands, by the forge's answer. That it is not open is not enough: the answer has to say since when.
fn standing(request: &ChangeRequest) -> ReadFact<RequestFacts> {
    let closed = || request.closed_at.as_deref().and_then(Moment::parse);
    let standing = match (request.open, closed()) {
        (true, _) => RequestStanding::Open,
        (false, Some(at)) => RequestStanding::ClosedAt(at.unix()),
        (false, None) => {
            return Err("the forge does not say since when its change request is closed".to_owned());
        }
    };
    let (number, repository) = (request.number, request.repository.clone());
    Ok(RequestFacts { number, repository, standing, kept: request.labels.iter().any(|label| label == KEEP) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(closed_at: Option<&str>) -> ChangeRequest {
        ChangeRequest {
            number: 7,
            open: false,
            closed_at: closed_at.map(str::to_owned),
            ..ChangeRequest::default()
        }
    }

    #[test]
    fn a_change_request_is_closed_only_if_the_forge_says_since_when() {
        let standing = |closed_at| standing(&request(closed_at)).map(|facts| facts.standing);
        assert_eq!(standing(Some("1970-01-01T00:01:00Z")), Ok(RequestStanding::ClosedAt(60)));
        assert!(standing(None).is_err() && standing(Some("lately")).is_err());
    }
}
