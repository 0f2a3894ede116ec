//! `deploy`: finds what the map of `stackstep.yaml` says for the event at hand, and deploys or previews that.
//!
//! The map is that of the default branch, unless this is a push to it. Each stack of each project is a run of its own,
//! with its own report.

pub mod plan;
pub(super) mod stacks;

use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::git;
use crate::ci;
use crate::ci::console::Console;
use crate::commands::early;
use crate::delivery::DeliveryEvent;
use crate::inputs::file::{ConfigFile, DEPLOY};
use crate::inputs::headings::{SafetyInputs, StackInputs};
use crate::inputs::resolve::Flags;
use crate::inputs::{Command, Inputs, OuterInputs};
use crate::process::signals::Signals;
use crate::publish::outputs::hand_on_plain;
use crate::run::prepare::{Prepared, RunRequest, Until, prepare};
use plan::{DeployPlan, of_our_own};
use stacks::PlannedRuns;

/// Deploys or previews what the map says. Returns the exit status: of the first run that failed, else 0.
pub async fn run(flags: &Flags, env: &Env, console: &mut Console, signals: &Signals) -> Result<u8> {
    let flags = &of_our_own(flags);
    let event = DeliveryEvent::from_context(&ci::detect(env).context(env));
    carry_out(&plan::request(&event, flags, env), &event, console, signals).await
}

/// Carries out what the map says for an event. Returns the exit status: of the first run that failed, else 0.
pub async fn carry_out(
    request: &RunRequest<'_>,
    event: &DeliveryEvent,
    console: &mut Console,
    signals: &Signals,
) -> Result<u8> {
    let mut found = prepare(request, Until::TheVerdict, console);
    let inputs = match found.take_inputs() {
        Ok(inputs) => inputs,
        Err(error) => return Ok(early::end(found, request, &error, console).status),
    };
    let (plan, judging) = match plan::plan(&found, &inputs, event, console).await {
        Ok(planned) => planned,
        Err(error) => return Ok(early::end(found, request, &error, console).status),
    };
    console.line(&plan.why);
    let dry = found.outer.as_ref().is_some_and(|outer| outer.may_be_on(&SafetyInputs::dry_run));
    if dry || plan.skip {
        tell(&plan, &found, &inputs, console);
        return Ok(0);
    }
    let runs = PlannedRuns { found: &found, inputs: &inputs, plan: &plan, judging: &judging };
    let statuses = runs.carry_out(request, console, signals).await;
    Ok(statuses.into_iter().find(|status| *status != 0).unwrap_or(0))
}

/// Whether a step asks for it: by its `command`, or without one where the checkout's own file has a map.
pub fn is_asked_for(flags: &Flags, env: &Env) -> bool {
    let Some(outer) = OuterInputs::find_only(&[StackInputs::cwd.name()], None, flags, ci::detect(env), env)
    else {
        return false;
    };
    if outer.command != Command::Install {
        return outer.command == Command::Deploy;
    }
    let folder = env.cwd().join(outer.text(&StackInputs::cwd.input).unwrap_or_default());
    let file = git::top(&folder).and_then(|top| ConfigFile::in_folder(&top, true).ok()?);
    file.is_some_and(|file| file.section(DEPLOY).is_some())
}

/// Hands on what the map says, and prints it.
fn tell(plan: &DeployPlan, found: &Prepared<'_>, inputs: &Inputs, console: &Console) {
    let outputs = plan.outputs();
    for output in outputs.iter().filter(|output| output.name != "why") {
        console.line(&format!("{}: {}", output.name, output.value));
    }
    hand_on_plain(found.ci, found.env, &inputs.report, &outputs, console);
}
