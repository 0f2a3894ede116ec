//! The order of a fleet's stacks: by their states first, then by the programs, then as it is declared; and what is known of each
//! stack's last update.

use futures_util::StreamExt as _;
use futures_util::stream;

use super::choice::{ChosenStacks, FleetMember, names};
use crate::base::env::Env;
use crate::base::error::{Error, Problem, Result};
use crate::base::moment::Moment;
use crate::base::words::Words as _;
use crate::ci::Level;
use crate::ci::console::Console;
use crate::commands::stack_jobs::SignedIn;
use crate::engine::job::Job;
use crate::fleet::code_order::{ProjectStack, code_order};
use crate::fleet::order::StackOrder;
use crate::inputs::Command;
use crate::inputs::resolve::Flags;
use crate::ledger::backend_stacks::{BackendStacks, StateFacts};
use crate::ledger::entry::{LedgerEntry, same_hash};
use crate::ledger::history::History;
use crate::ledger::last_update::LastUpdate;
use crate::ledger::{LedgerFor, locks};
use crate::process::signals::Signals;
use crate::run::gates::ledger;
use crate::run::prepare::Prepared;

/// The number of states that are read at a time.
const AT_A_TIME: usize = 16;

/// The order of a fleet, and what is known of its stacks.
#[derive(Debug, Default)]
pub struct ArrangedFleet {
    /// The order, by the numbers of the members.
    pub order: StackOrder,
    /// The last update of each member, if it is known.
    pub last: Vec<Option<LastUpdate>>,
    /// What the last deployment has left of each member, if somebody asked.
    pub left: Vec<LeftState>,
    /// The members whose state could not be read, with the reason.
    pub unread: Vec<(usize, String)>,
}

/// Whether a command changes what others build on, so that the order matters.
pub fn is_ordered(command: Command) -> bool {
    matches!(command, Command::Up | Command::Destroy)
}

impl ArrangedFleet {
    /// A fleet of so many stacks, in no order, of which nothing is known.
    pub fn new(stacks: usize) -> Self {
        Self {
            order: StackOrder::new(stacks),
            last: vec![None; stacks],
            left: vec![LeftState::default(); stacks],
            unread: Vec::new(),
        }
    }

    /// Reads what the last deployments of these stacks have left.
    pub async fn read_left<'f>(
        &mut self,
        env: &Env,
        flags: impl Iterator<Item = (usize, &'f Flags)>,
        console: &mut Console,
        signals: &Signals,
    ) -> Result<()> {
        let facts = facts_of_all(env, flags, true, console, signals).await?;
        self.take(facts);
        Ok(())
    }

    /// Takes the facts. Returns what each stack that could be read refers to.
    fn take(&mut self, facts: Vec<(usize, Result<StackFacts, Problem>)>) -> Vec<(usize, Vec<String>)> {
        let mut read = Vec::new();
        for (number, facts) in facts {
            match facts {
                Ok(facts) => {
                    read.push((number, facts.references));
                    if let Some(last) = self.last.get_mut(number) {
                        *last = facts.last;
                    }
                    if let Some(left) = self.left.get_mut(number) {
                        *left = facts.left;
                    }
                }
                Err(why) => self.unread.push((number, why.in_one_line())),
            }
        }
        read
    }

    /// The order in which the command goes: what is built up last is taken down first.
    pub fn order_for(&self, command: Command) -> StackOrder {
        if command == Command::Destroy { self.order.reversed() } else { self.order.clone() }
    }

    /// The time that each stack is expected to take, in seconds: as long as last time.
    pub fn seconds(&self) -> Vec<f64> {
        let known = self.last.iter().map(|last| last.as_ref()?.took.map(|took| took.as_secs_f64()));
        let known: Vec<Option<f64>> = known.collect();
        let there: Vec<f64> = known.iter().flatten().copied().collect();
        #[expect(clippy::cast_precision_loss, reason = "a number of stacks")]
        let usual = if there.is_empty() { 30.0 } else { there.iter().sum::<f64>() / there.len() as f64 };
        known.into_iter().map(|seconds| seconds.unwrap_or(usual).max(1.0)).collect()
    }
}

/// What a backend tells of a stack.
struct StackFacts {
    references: Vec<String>,
    last: Option<LastUpdate>,
    left: LeftState,
}

/// What the last deployment of a stack has left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftState {
    /// Whether the state has moved since, or somebody works on it. None if that is not known.
    pub moved: Option<bool>,
    /// The commit that the ledger has as deployed, if the state is still what that has left.
    pub commit: Option<String>,
}

/// Finds the order of the stacks; with `resume` also whether their states have moved since their last updates. The states are
/// read without the engine, where their backend lets that be done.
pub async fn arrange(
    found: &Prepared<'_>,
    chosen: &ChosenStacks,
    flags: &[Flags],
    resume: bool,
    console: &mut Console,
    signals: &Signals,
) -> Result<ArrangedFleet> {
    let places: Vec<ProjectStack> = chosen.members.iter().map(|member| member.place.clone()).collect();
    let by_code = code_order(&found.top(), &chosen.projects, &places, &chosen.declared);
    let unclear = by_code.unclear.clone();
    let mut arranged = ArrangedFleet::new(places.len());
    let facts = facts_of_all(found.env, flags.iter().enumerate(), resume, console, signals).await?;
    let read = arranged.take(facts);
    arranged.order = by_code.with_states(&chosen.projects, &places, &read);
    for (project, file) in &unclear {
        let is_unknown = |(number, member): &(usize, &FleetMember)| {
            let is_new = arranged.last.get(*number).is_none_or(Option::is_none);
            let is_declared = chosen.projects.get(member.place.project).is_some_and(|project| {
                !crate::fleet::settings::declared(&chosen.declared.depends_on, project).is_empty()
            });
            member.place.project == *project && is_new && !is_declared
        };
        let unknown: Vec<&FleetMember> =
            chosen.members.iter().enumerate().filter(is_unknown).map(|(_, member)| member).collect();
        if !unknown.is_empty() {
            let problem = Problem::new(
                format!(
                    "it is not known what {} comes after: `{file}` reads outputs of a stack whose name can't be told, and no state \
                     says which",
                    names(unknown.into_iter())
                ),
                "declare it: `fleet: { depends-on: { <folder>: [<folder>] } }` in `stackstep.yaml`",
            );
            console.annotate(Level::Warning, "stackstep", &problem.to_string());
        }
    }
    Ok(arranged)
}

/// What the backends tell of the stacks.
async fn facts_of_all<'f>(
    env: &Env,
    flags: impl Iterator<Item = (usize, &'f Flags)>,
    resume: bool,
    console: &mut Console,
    signals: &Signals,
) -> Result<Vec<(usize, Result<StackFacts, Problem>)>> {
    let mut signed_in = SignedIn::default();
    let mut jobs = Vec::new();
    let mut facts = Vec::new();
    for (number, flags) in flags {
        if let Some(signal) = signals.first() {
            return Err(Error::Stopped { signal: signal.number() });
        }
        match signed_in.job_of(flags, env, console, signals).await {
            Ok(job) => jobs.push((number, job)),
            Err(stopped @ Error::Stopped { .. }) => return Err(stopped),
            // The stack's own run will tell it.
            Err(error) => facts.push((number, Err(Problem::from(&error)))),
        }
    }
    let reading =
        stream::iter(&jobs).map(|(number, job)| async move { (*number, facts_of(job, resume).await) });
    facts.extend(reading.buffer_unordered(AT_A_TIME).collect::<Vec<_>>().await);
    facts.sort_by_key(|(number, _)| *number);
    Ok(facts)
}

async fn facts_of(job: &Job<'_>, resume: bool) -> Result<StackFacts, Problem> {
    let identity = job.identity().unwrap_or_default();
    let token = job.backend.token_for_requests();
    let place = ledger::ledger_for(job, &identity, token.as_ref(), None);
    let stacks = BackendStacks::open(&place)?;
    let state = stacks.facts(&identity.stack).await?;
    // A history that can't be read only costs the estimate.
    let last = stacks.last_update(&identity.stack).await.ok().flatten();
    let left = if resume {
        left_by_the_last(job, &place, &state, last.as_ref()).await.unwrap_or_default()
    } else {
        LeftState::default()
    };
    Ok(StackFacts { references: state.references, last, left })
}

/// Reads what the last deployment has left. Without an entry in the ledger the backend's own history stands for it. None if it is
/// not known.
async fn left_by_the_last(
    job: &Job<'_>,
    place: &LedgerFor<'_>,
    state: &StateFacts,
    last: Option<&LastUpdate>,
) -> Option<LeftState> {
    if !locks::read(place).await.ok()?.is_empty() || !state.pending.is_empty() {
        return Some(LeftState { moved: Some(true), commit: None });
    }
    let book = ledger::open(job, None);
    let history = if book.missing().is_some() { None } else { book.history().await.ok()? };
    let Some(deployed) = history.as_ref().and_then(History::deployed) else {
        return Some(LeftState { moved: Some(false), commit: None });
    };
    let same = match &deployed.state_after {
        Some(left) => same_hash(left, &state.identity.to_string()),
        // Where the ledger does not have the state, no later update may be there.
        None => ended_before(last, deployed),
    };
    let commit = deployed.commit.clone().filter(|_| same && !deployed.in_part);
    Some(LeftState { moved: Some(!same), commit })
}

/// Whether the stack's last update ended well, and before its deployment was written down.
fn ended_before(last: Option<&LastUpdate>, deployed: &LedgerEntry) -> bool {
    let written = Moment::parse(&deployed.time).map(Moment::unix);
    let ended = last.filter(|last| last.succeeded).and_then(|last| last.ended);
    ended.zip(written).is_some_and(|(ended, written)| ended <= written)
}

/// Refuses a circle, where the order matters.
pub fn without_a_circle(order: &StackOrder, members: &[FleetMember]) -> Result<()> {
    let Some(circle) = order.circle() else { return Ok(()) };
    Err(Error::input(
        format!("the stacks read each other's outputs in a circle: {}", in_a_circle(order, &circle, members)),
        "take one reference away, or name the stacks of it one after the other: `stackstep fleet up <stack>` for the first, \
         then for the next",
    ))
}

/// "`a/x` after `b/x` (state), `b/x` after `a/x` (code)".
pub fn in_a_circle(order: &StackOrder, circle: &[usize], members: &[FleetMember]) -> String {
    let name = |number: usize| members.get(number).map(FleetMember::name).unwrap_or_default();
    let nexts = circle.iter().skip(1).chain(circle.first());
    let pairs = circle.iter().zip(nexts).map(|(stack, other)| {
        let sources = order.after(*stack).get(other).into_iter().flatten();
        let sources: Vec<&str> = sources.map(|source| source.word()).collect();
        format!("`{}` after `{}` ({})", name(*stack), name(*other), sources.join(", "))
    });
    pairs.collect::<Vec<_>>().join(", ")
}
