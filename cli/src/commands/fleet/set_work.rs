//! A fleet of a set: the stacks that the rows of a file or of a command's output make, each with its own configuration.

use super::arranged::{ArrangedFleet, is_ordered};
use super::ask::FleetAsk;
use super::brake::{self, FirstLook};
use super::cache;
use super::choice::{ChosenStacks, FleetMember, environment_of_the_step, one_identity};
use super::ending::{FleetEnd, nothing_to_do};
use super::job::FleetJob;
use super::judged::{definition_of, drift_of, judged_by};
use super::limits::{memory_of, schedule_of};
use super::members::{flags_of_members, waves_of};
use super::page::fleet_page;
use super::resumed;
use super::set_choice::RowChoice;
use super::stopped_rows::StoppedRows;
use super::work::FleetWork;
use crate::base::error::{Error, Result};
use crate::ci::console::Console;
use crate::ci::standing::Standing;
use crate::commands::early;
use crate::commands::judging::own_definition;
use crate::commands::stack_sets::targets::{RowFiles, RowTarget};
use crate::commands::stack_sets::{ComparedSet, SetQuestion, compare};
use crate::engine::job::InstallTurns;
use crate::fleet::settings::FleetSettings;
use crate::inputs::Command;
use crate::inputs::headings::OperationInputs;
use crate::inputs::resolve::Flags;
use crate::process::signals::Signals;
use crate::run::prepare::RunRequest;

/// The time that a row's stack is expected to take, in seconds: the rows share their program.
const SECONDS: f64 = 30.0;

/// Carries out what is asked for the set. Returns the exit status: 80 too if a row was left alone.
pub(super) async fn carry_out(
    set: &str,
    job: &FleetJob<'_>,
    console: &mut Console,
    signals: &Signals,
) -> Result<u8> {
    let FleetJob { ask, command, found, inputs, request } = *job;
    refuse_what_no_set_has(ask, command)?;
    let judging = judged_by(found, inputs, command, console).await?;
    let judged = definition_of(&judging, found)?;
    // What a change proposes is shown by its own file.
    let own = match (command, found.standing) {
        (Command::Preview, Standing::Ours) => own_definition(found)?,
        _ => judged.clone(),
    };
    let choice = RowChoice { ask, environment: environment_of_the_step(found), definition: judged.as_ref() };
    let question = SetQuestion {
        name: set,
        has_past: ask.dry || ask.resume,
        has_runs: !ask.dry,
        since: ask.choice.since.as_deref(),
        filter: &|project, rows| choice.keep(project, rows),
    };
    let mut compared = Box::pin(compare(&question, found, own.as_ref(), request, console, signals)).await?;
    let ComparedSet { project, difference, .. } = &mut compared;
    difference.rowless.retain(|stack| choice.is_named(project, stack));
    job.tell_unaffected(compared.unaffected, console);
    console.line(&compared.counts_in_words(command));
    if ask.dry {
        console.print(&compared.as_text());
        return Ok(compared.exit_status(0));
    }
    let targets = compared.targets(command, found.env);
    let members: Vec<FleetMember> =
        targets.iter().map(|target| choice.member(&compared.project, &target.stack)).collect();
    one_identity(&members)?;
    compared.warn(console);
    let stopped = StoppedRows::find(&compared, &choice, environment_of_the_step(found), &members);
    if members.is_empty() && stopped.members.is_empty() {
        early::forget(request, console);
        Box::pin(nothing_to_do(found, inputs, environment_of_the_step(found), console, signals)).await;
        return Ok(compared.exit_status(0));
    }
    let limits =
        judged.as_ref().and_then(|definition| definition.fleet.as_deref().cloned()).unwrap_or_default();
    let most = limits.max_stacks.and_then(|most| usize::try_from(most).ok());
    if let Some(most) = most.filter(|most| members.len() > *most) {
        return Err(Error::input(
            format!(
                "the set `{set}` has {} stacks to work on, and `fleet.max-stacks` allows {most}",
                members.len()
            ),
            "name some of them, or raise `fleet.max-stacks` in `stackstep.yaml`, reviewed as every change of it",
        ));
    }
    let all = members.len();
    let member_flags = flags_of_members(request.flags, &members, &found.top());
    let mut arranged = ArrangedFleet::new(all);
    let same = |number: &usize| targets.get(*number).is_some_and(|target| target.is_same);
    if ask.resume {
        let flags = member_flags.iter().enumerate().filter(|(number, _)| same(number));
        arranged.read_left(found.env, flags, console, signals).await?;
    }
    let commit = job.commit();
    let commit = commit.as_deref();
    let done = resumed::done(&arranged, commit.filter(|_| ask.resume));
    let chosen = ChosenStacks {
        projects: Vec::new(),
        members,
        environment: None,
        unaffected: 0,
        limits,
        declared: FleetSettings::default(),
    };
    let waves = waves_of(&chosen, &arranged.order);
    let drift = drift_of(command, found, &judging)?;
    let turns = InstallTurns::default();
    let work = FleetWork {
        members: &chosen.members,
        flags: &member_flags,
        rows: &targets,
        request: RunRequest { drift: drift.as_ref(), installs: Some(&turns), ..*request },
        judging: &judging,
        memory: memory_of(&chosen.limits),
    };
    let mut page = fleet_page(command.word(), commit, &chosen.members, &arranged, &waves);
    page.stacks.extend(stopped.lines());
    let shown: Vec<FleetMember> = chosen.members.iter().chain(&stopped.members).cloned().collect();
    let stopped = stopped.ends(&chosen.members, job, console);
    let end = FleetEnd { found, inputs, page, members: &shown, left_out: None, stopped };
    let parallel = cache::parallel(job, &chosen.limits, work.flags.first(), console, signals).await;
    let seconds = vec![SECONDS; all];
    if brake::is_set(&chosen.limits) && is_ordered(command) {
        let looks: Vec<RowTarget> = targets.iter().map(RowTarget::preview_before).collect();
        let first = FirstLook {
            look: FleetWork { flags: &flags_of_looks(work.flags, &looks), rows: &looks, ..work },
            limits: &chosen.limits,
            seconds: &seconds,
            parallel,
            done: &done,
            new_stack: compared.set.new_stack_changes,
        };
        // Made for the previews alone: what a preview writes into them is not the run's.
        let made = RowFiles::make(compared.files_of(&looks).into_iter())?;
        let held = first.holds(console, signals).await;
        drop(made);
        if let Some(held) = held {
            return Ok(Box::pin(end.held(held, console, signals)).await);
        }
    }
    let mut schedule = schedule_of(command, (arranged.order, waves), &seconds, &chosen.limits, parallel);
    let made = RowFiles::make(compared.files_of(&targets).into_iter())?;
    let ends = work.carry_out(&mut schedule, &done, console, signals).await;
    drop(made);
    let status = Box::pin(end.publish(ends, console, signals)).await;
    Ok(compared.exit_status(status))
}

/// The flags of the previews before the work: those that are no previews by their command only show what they would do.
fn flags_of_looks(flags: &[Flags], looks: &[RowTarget]) -> Vec<Flags> {
    let of_one = |(flags, look): (&Flags, &RowTarget)| {
        let mut flags = flags.clone();
        if look.command != Command::Preview {
            flags.insert(OperationInputs::preview_only.name(), vec!["true".to_owned()]);
        }
        flags
    };
    flags.iter().zip(looks).map(of_one).collect()
}

fn refuse_what_no_set_has(ask: &FleetAsk, command: Command) -> Result<()> {
    if ask.choice.skipped.is_some() {
        return Err(Error::input(
            "`--skipped` can't be set with `--set`: a row that `--since` leaves out is no guess",
            "leave it out, or preview all rows without `--since`",
        ));
    }
    if command == Command::Destroy && ask.choice.patterns.is_empty() && !ask.choice.all {
        return Err(Error::input(
            "`fleet destroy --set` names no stack",
            "name the stacks, or say that all of the set are meant: `--all`; one customer is removed by a tombstone in its row",
        ));
    }
    Ok(())
}
