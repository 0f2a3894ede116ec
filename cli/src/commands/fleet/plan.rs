//! `stackstep fleet plan`: the stacks as many jobs of the CI system's own engine. Nothing is run and nothing is changed, and no
//! credentials are needed: where states can't be read, the order is from code and declarations, and the plan says so.

use std::path::Path;

use super::arranged::{ArrangedFleet, arrange, is_ordered, without_a_circle};
use super::ask::FleetAsk;
use super::brake;
use super::choice::{ChosenStacks, choose, within_the_brake};
use super::judged::{definition_of, judged_by};
use super::members::{flags_of_members, many, waves_of};
use super::plan_ask::PlanAsk;
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::git;
use crate::ci;
use crate::ci::Level;
use crate::ci::console::Console;
use crate::commands::deploy::plan::of_our_own;
use crate::fleet::fanout::cut::CutLimits;
use crate::fleet::fanout::plan::{FleetPlan, PlanNode, PlanSubject, fleet_plan};
use crate::fleet::fanout::system::{FanoutEmitter, FanoutForm, FanoutWay};
use crate::fleet::fanout::{FANOUT_SYSTEMS, forms};
use crate::inputs::Command;
use crate::inputs::resolve::Flags;
use crate::process::signals::Signals;
use crate::run::prepare::{RunRequest, Until, prepare};

/// Prints the plan, or writes it to a file. Returns the exit status.
pub async fn plan(ask: &PlanAsk, flags: &Flags, env: &Env, signals: &Signals) -> Result<u8> {
    let emitter = emitter_of(ask, env)?;
    // Not the CI system's, so that the plan stays alone on standard output.
    let console = &mut Console::new(ci::detect(&Env::default()));
    let flags = of_our_own(flags);
    let request = RunRequest::new(Some(Command::Preview), &flags, env);
    let mut found = prepare(&request, Until::TheVerdict, console);
    let inputs = found.take_inputs()?;
    let judging = judged_by(&found, &inputs, Command::Preview, console).await?;
    let definition = definition_of(&judging, &found)?;
    let command = ask.command;
    let of_choice = FleetAsk::of_plan(command, ask.choice.clone());
    let chosen = choose(&found, &of_choice, definition.as_ref(), &flags, console, signals).await?;
    within_the_brake(&chosen.members, &chosen.limits)?;
    let member_flags = flags_of_members(&flags, &chosen.members, &found.top());
    let arranged = arrange(&found, &chosen, &member_flags, false, console, signals).await?;
    let ordered = is_ordered(command);
    if ordered {
        without_a_circle(&arranged.order, &chosen.members)?;
    }
    let order = arranged.order_for(command);
    let waves = waves_of(&chosen, &order);
    let limits = emitter.map_or_else(CutLimits::default, |emitter| emitter.limits);
    let limits = CutLimits { of_an_environment: ask.jobs, ..limits };
    let commit = found.context.commit.clone().or_else(|| git::commit_around(&found.top()));
    let subject = PlanSubject { command: command.word(), ordered, commit: commit.as_deref() };
    let nodes = nodes(&chosen, &arranged, &waves);
    let plan = fleet_plan(subject, nodes, &order, &arranged.seconds(), limits)?;
    console.line(&in_one_sentence(&plan, &chosen));
    tell_limits(&plan, &chosen, console);
    write_out(&plan, emitter, ask, env, console)?;
    Ok(0)
}

/// The form that is asked for. None: the neutral one.
fn emitter_of(ask: &PlanAsk, env: &Env) -> Result<Option<&'static FanoutEmitter>> {
    let Some(word) = &ask.system else { return Ok(None) };
    let all = || forms().collect::<Vec<_>>().join(", ");
    let system = if word.is_empty() {
        let detected = ci::detect(env).name();
        FANOUT_SYSTEMS.iter().find(|system| system.detected == detected).ok_or_else(|| {
            Error::input(
                format!("`{detected}` has no form of a plan"),
                format!("name a system with `--for` ({}), or take the neutral plan without `--for`", all()),
            )
        })?
    } else {
        FANOUT_SYSTEMS.iter().find(|system| system.word == word).ok_or_else(|| {
            Error::input(format!("there is no system `{word}`"), format!("`--for` knows: {}", all()))
        })?
    };
    match &system.way {
        FanoutWay::Form(emitter) => Ok(Some(emitter)),
        FanoutWay::Nearest { why, instead } => {
            Err(Error::input(format!("{} makes no jobs of a plan: {why}", system.title), *instead))
        }
    }
}

fn nodes(chosen: &ChosenStacks, arranged: &ArrangedFleet, waves: &[usize]) -> Vec<PlanNode> {
    let node = |(number, member): (usize, &super::choice::FleetMember)| {
        let last = arranged.last.get(number).and_then(Option::as_ref);
        PlanNode {
            id: member.name(),
            project: member.project.clone(),
            stack: member.place.stack.clone(),
            cwd: member.cwd.clone(),
            environment: member.environment.clone(),
            order: None,
            wave: waves.get(number).copied().unwrap_or(1),
            seconds: last.and_then(|last| last.took).map(|took| took.as_secs()),
            after: Vec::new(),
            read: !arranged.unread.iter().any(|(other, _)| *other == number),
        }
    };
    chosen.members.iter().enumerate().map(node).collect()
}

fn in_one_sentence(plan: &FleetPlan, chosen: &ChosenStacks) -> String {
    let left = match chosen.unaffected {
        0 => String::new(),
        unaffected => {
            format!("; {} are left out, as nothing that they are made from has changed", many(unaffected))
        }
    };
    let unread = match plan.unread {
        0 => String::new(),
        unread => format!(
            "; the states of {} can't be read here, so their order is from code and declarations, and they count as usual in time",
            many(unread)
        ),
    };
    format!(
        "plan of fleet {}: {} in {} jobs, in {} stages{left}{unread}",
        plan.command,
        many(plan.nodes.len()),
        plan.groups.len(),
        plan.stages()
    )
}

/// Says what holds for each job by itself, as no job knows what the others do.
fn tell_limits(plan: &FleetPlan, chosen: &ChosenStacks, console: &Console) {
    let counts = brake::is_set(&chosen.limits) || chosen.limits.max_failures.is_some();
    if plan.ordered && counts && plan.groups.len() > 1 {
        console.annotate(
            Level::Warning,
            "stackstep",
            "`fleet.max-changes`, `fleet.max-deletes` and `fleet.max-failures` hold for each job by itself: no job knows what the \
             others do",
        );
    }
}

/// Prints the plan in its form, or writes it to its file.
fn write_out(
    plan: &FleetPlan,
    emitter: Option<&FanoutEmitter>,
    ask: &PlanAsk,
    env: &Env,
    console: &Console,
) -> Result<()> {
    let neutral = serde_json::to_string(plan).unwrap_or_default() + "\n";
    let file = ask.file.as_deref().map(|path| path.to_string_lossy().into_owned());
    let text = match emitter {
        None => neutral.clone(),
        Some(emitter) => (emitter.write)(&FanoutForm {
            plan,
            file: file.as_deref(),
            stages: ask.stages,
            environments: ask.environments.as_deref(),
        })?,
    };
    if !console.shows(&neutral) || !console.shows(&text) {
        return Err(Error::input(
            "the plan holds a text that is a secret of this job, so it is not written",
            "rename the stack, project, folder or environment that is called like it",
        ));
    }
    let write = |path: &Path, text: &str| {
        let path = env.cwd().join(path);
        std::fs::write(&path, text).map_err(Error::io("write", &path))
    };
    if let Some(path) = &ask.file {
        write(path, &neutral)?;
    }
    match &ask.output {
        Some(path) => write(path, &text)?,
        None if emitter.is_some() => console.print_commands(&text),
        None => console.print_json(&text),
    }
    Ok(())
}
