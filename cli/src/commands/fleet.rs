//! `stackstep fleet`: many stacks of one identity in one job, each after those whose outputs it reads, in waves and with a brake;
//! one page, one comment, one result.
//!
//! ```text
//! prepare → judging file → choose the stacks → arrange them (states, code, declared) → waves → [previews of all, for the brake]
//!   → a run for each, side by side → page, comment, outputs, result
//! ```

mod arranged;
mod ask;
mod brake;
mod cache;
mod choice;
mod ending;
mod job;
mod judged;
mod limits;
mod members;
pub mod page;
pub mod plan;
mod plan_ask;
mod planned_stacks;
mod resumed;
mod set_choice;
mod set_work;
mod stopped_rows;
mod work;

use crate::base::env::Env;
use crate::base::error::{Problem, Result};
use crate::ci::Level;
use crate::ci::console::Console;
use crate::commands::deploy::plan::of_our_own;
use crate::commands::early;
use crate::commands::page_form::PrintedPage as _;
use crate::delivery::judging::Judging;
use crate::engine::job::InstallTurns;
use crate::fleet::order::StackOrder;
use crate::inputs::Command;
use crate::inputs::headings::OperationInputs;
use crate::inputs::resolve::Flags;
use crate::process::signals::Signals;
use crate::run::prepare::{RunRequest, Until, prepare};
use arranged::{ArrangedFleet, arrange, in_a_circle, is_ordered, without_a_circle};
pub use ask::FleetAsk;
use ask::FleetVerb;
use brake::FirstLook;
use choice::{ChosenStacks, FleetMember, choose, names};
use ending::{FleetEnd, nothing_to_do};
use job::FleetJob;
use judged::{definition_of, drift_of, judged_by};
use limits::{estimate, memory_of, schedule_of, tell_ends_of_credentials};
use members::{flags_of_members, many, unfitting_canaries, waves_of};
use page::fleet_page;
pub use plan_ask::PlanAsk;
use work::FleetWork;

/// A fleet that is ready to be carried out.
struct ReadyFleet {
    /// The command that was asked for.
    command: Command,
    chosen: ChosenStacks,
    arranged: ArrangedFleet,
    /// The order in which it goes.
    order: StackOrder,
    waves: Vec<usize>,
    flags: Vec<Flags>,
    judging: Judging,
}

/// Carries out what is asked for. Returns the exit status: 0, that of all stacks if it is the same, and 80 if they differ.
pub async fn run(
    ask: &FleetAsk,
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<u8> {
    let command = match ask.verb {
        FleetVerb::Run(command) => command,
        FleetVerb::Status(form) => {
            return Box::pin(page::status(&ask.choice, form, flags, env, signals)).await;
        }
    };
    let ask = &planned_stacks::with_stacks_of_the_job(ask, env)?;
    let mut flags = of_our_own(flags);
    let request = if command == Command::Drift {
        flags.insert(OperationInputs::preview_only.name(), vec!["true".to_owned()]);
        RunRequest { asked: Some(command), ..RunRequest::new(Some(Command::Refresh), &flags, env) }
    } else {
        RunRequest::new(Some(command), &flags, env)
    };
    let mut found = prepare(&request, Until::TheVerdict, console);
    let inputs = match found.take_inputs() {
        Ok(inputs) => inputs,
        Err(error) => return Ok(early::end(found, &request, &error, console).status),
    };
    let job = FleetJob { ask, command, found: &found, inputs: &inputs, request: &request };
    let done = match &ask.set {
        Some(set) => Box::pin(set_work::carry_out(set, &job, console, signals)).await,
        None => Box::pin(carry_out(&job, console, signals)).await,
    };
    match done {
        Ok(status) => Ok(status),
        Err(error) => Ok(early::end(found, &request, &error, console).status),
    }
}

async fn carry_out(job: &FleetJob<'_>, console: &mut Console, signals: &Signals) -> Result<u8> {
    let FleetJob { ask, command, found, inputs, request } = *job;
    let judging = judged_by(found, inputs, command, console).await?;
    let definition = definition_of(&judging, found)?;
    let chosen = choose(found, ask, definition.as_ref(), request.flags, console, signals).await?;
    job.tell_unaffected(chosen.unaffected, console);
    if chosen.members.is_empty() {
        early::forget(request, console);
        let environment = chosen.environment.as_deref();
        Box::pin(nothing_to_do(found, inputs, environment, console, signals)).await;
        return Ok(0);
    }
    let ready = make_ready(job, judging, chosen, console, signals).await?;
    let commit = job.commit();
    let commit = commit.as_deref();
    let page = fleet_page(command.word(), commit, &ready.chosen.members, &ready.arranged, &ready.waves);
    console.line(&ready.begin_line());
    if ask.dry {
        console.print(&page.as_text());
        return Ok(0);
    }
    let drift = drift_of(command, found, &ready.judging)?;
    let turns = InstallTurns::default();
    let request = RunRequest { drift: drift.as_ref(), installs: Some(&turns), ..*request };
    let seconds: Vec<f64> = ready.arranged.seconds();
    let limits = &ready.chosen.limits;
    let parallel = cache::parallel(job, limits, ready.flags.first(), console, signals).await;
    let work = FleetWork {
        members: &ready.chosen.members,
        flags: &ready.flags,
        rows: &[],
        request,
        judging: &ready.judging,
        memory: memory_of(&ready.chosen.limits),
    };
    tell_ends_of_credentials(found.env, estimate(&ready.arranged.order, &seconds, parallel), console);
    let done = resumed::done(&ready.arranged, commit.filter(|_| ask.resume && command == Command::Up));
    let left_out = ask.choice.skipped.map(|_| ready.chosen.unaffected);
    let end = FleetEnd { found, inputs, page, members: &ready.chosen.members, left_out, stopped: Vec::new() };
    if brake::is_set(limits) && is_ordered(command) {
        let (flags, request) = ready.preview_of(&request);
        let look = FleetWork { flags: &flags, request, ..work };
        let first = FirstLook { look, limits, seconds: &seconds, parallel, done: &done, new_stack: None };
        if let Some(held) = first.holds(console, signals).await {
            return Ok(Box::pin(end.held(held, console, signals)).await);
        }
    }
    let mut schedule = schedule_of(command, (ready.order, ready.waves), &seconds, limits, parallel);
    let ends = work.carry_out(&mut schedule, &done, console, signals).await;
    Ok(Box::pin(end.publish(ends, console, signals)).await)
}

/// Arranges the chosen stacks.
async fn make_ready(
    job: &FleetJob<'_>,
    judging: Judging,
    chosen: ChosenStacks,
    console: &mut Console,
    signals: &Signals,
) -> Result<ReadyFleet> {
    let FleetJob { ask, command, found, request, .. } = *job;
    let flags = flags_of_members(request.flags, &chosen.members, &found.top());
    let arranged = arrange(found, &chosen, &flags, ask.resume, console, signals).await?;
    for (number, why) in &arranged.unread {
        let member = chosen.members.get(*number).map(FleetMember::name).unwrap_or_default();
        console.line(&format!("the state of {member} does not tell what it comes after: {why}"));
    }
    if is_ordered(command) {
        without_a_circle(&arranged.order, &chosen.members)?;
    } else if let Some(circle) = arranged.order.circle() {
        let problem = Problem::new(
            format!(
                "stacks read each other's outputs in a circle: {}",
                in_a_circle(&arranged.order, &circle, &chosen.members)
            ),
            "`fleet up` refuses them together: take one reference away",
        );
        console.annotate(Level::Warning, "stackstep", &problem.to_string());
    }
    for pattern in unfitting_canaries(&chosen) {
        let problem = Problem::new(
            format!("`fleet.canary` has `{pattern}`, and the repository has no such stack"),
            "correct it: `project/stack` or `stack`, as `stackstep stacks` lists them",
        );
        console.annotate(Level::Warning, "stackstep", &problem.to_string());
    }
    let order = arranged.order_for(command);
    let waves = if ask.choice.is_planned { vec![1; order.len()] } else { waves_of(&chosen, &order) };
    Ok(ReadyFleet { command, chosen, arranged, order, waves, flags, judging })
}

impl ReadyFleet {
    /// The request and the flags of the previews before the work.
    fn preview_of<'r>(&self, request: &RunRequest<'r>) -> (Vec<Flags>, RunRequest<'r>) {
        let mut flags = self.flags.clone();
        if self.command == Command::Up {
            return (flags, RunRequest { command: Some(Command::Preview), ..*request });
        }
        for flags in &mut flags {
            flags.insert(OperationInputs::preview_only.name(), vec!["true".to_owned()]);
        }
        (flags, *request)
    }

    fn begin_line(&self) -> String {
        let count = self.chosen.members.len();
        let waves = self.waves.iter().max().copied().unwrap_or(1);
        let waves =
            if waves > 1 && is_ordered(self.command) { format!(" in {waves} waves") } else { String::new() };
        format!(
            "fleet {} of {}{waves}: {}",
            self.command.word(),
            many(count),
            names(self.chosen.members.iter())
        )
    }
}
