//! `drift`: looks whether what is there is still what was deployed, at the stack that is named, or at all of the section
//! `drift` of the `stackstep.yaml` that judges. Each look is a refresh that only shows what it would do: it takes no lock and
//! changes nothing of the stack.

use crate::base::env::Env;
use crate::base::error::{EXIT_CHANGES, EXIT_INCOMPLETE, EXIT_PARTIAL, Error, Result};
use crate::ci;
use crate::ci::Level;
use crate::ci::console::Console;
use crate::commands::deploy::plan::{DeployPlan, DeployTarget, of_our_own};
use crate::commands::deploy::stacks::PlannedRuns;
use crate::commands::early;
use crate::commands::judging::{self, judging_of};
use crate::commands::run::run_request;
use crate::delivery::Definition;
use crate::delivery::judging::Judging;
use crate::engine::job::DriftAsk;
use crate::fleet::RepositoryStacks;
use crate::inputs::file::{DRIFT, NAME};
use crate::inputs::headings::OperationInputs;
use crate::inputs::resolve::Flags;
use crate::inputs::{Command, Inputs, OuterInputs, Resolved};
use crate::process::signals::Signals;
use crate::run::prepare::{Prepared, RunRequest, Until, prepare};

/// Looks for drift. Returns the exit status: 0, 7 with `fail-on-drift` for drift, 79 if it is not known whether there is any,
/// and 80 if that is so of some of several stacks.
pub async fn run(flags: &Flags, env: &Env, console: &mut Console, signals: &Signals) -> Result<u8> {
    let mut flags = of_our_own(flags);
    flags.insert(OperationInputs::preview_only.name(), vec!["true".to_owned()]);
    let request =
        RunRequest { asked: Some(Command::Drift), ..RunRequest::new(Some(Command::Refresh), &flags, env) };
    let mut found = prepare(&request, Until::TheVerdict, console);
    let inputs = match found.take_inputs() {
        Ok(inputs) => inputs,
        Err(error) => return Ok(early::end(found, &request, &error, console).status),
    };
    let judged = judged_by(&found, &inputs).await;
    let asked = judged.and_then(|judging| Ok((drift_ask(&found, &judging)?, judging)));
    let (ask, judging) = match asked {
        Ok(asked) => asked,
        Err(error) => return Ok(early::end(found, &request, &error, console).status),
    };
    let definition = match &judging {
        Judging::By(file) => file.definition.clone(),
        Judging::Unknown(_) => None,
    };
    let request = RunRequest { drift: Some(&ask), ..request };
    if inputs.stack.name.is_some() && found.is_in_a_project() {
        return Ok(Box::pin(run_request(&request, Some(&judging), console, signals)).await?.status);
    }
    let plan = match plan(&found, &inputs, definition.as_ref(), &ask, console) {
        Ok(plan) => plan,
        Err(error) => return Ok(early::end(found, &request, &error, console).status),
    };
    console.line(&plan.why);
    let runs = PlannedRuns { found: &found, inputs: &inputs, plan: &plan, judging: &judging };
    Ok(status_of(&runs.carry_out(&request, console, signals).await))
}

/// Whether a step asks for it, by its `command`.
pub fn is_asked_for(flags: &Flags, env: &Env) -> bool {
    let outer = OuterInputs::find_only(&[], None, flags, ci::detect(env), env);
    outer.is_some_and(|outer| outer.command == Command::Drift)
}

/// Whether drift fails the run: an input that the refresh itself does not have.
fn fails_on_drift(found: &Prepared<'_>) -> Result<bool> {
    let Some(resolved) = &found.resolved else { return Ok(false) };
    let asked = Resolved { command: Command::Drift, ..resolved.clone() };
    Ok(Inputs::from_resolved(&asked, found.env)?.safety.fail_on_drift)
}

/// The file that judges the look: that of the default branch. Without a CI system it is the checkout's own.
async fn judged_by(found: &Prepared<'_>, inputs: &Inputs) -> Result<Judging> {
    let judging = judging_of(found, inputs, false).await?;
    judging::known(DRIFT, judging)
}

/// What all looks of one command share, by the file that judges them.
pub(super) fn drift_ask(found: &Prepared<'_>, judging: &Judging) -> Result<DriftAsk> {
    let settings = match judging {
        Judging::By(file) => file.definition.as_ref().and_then(|definition| definition.drift.clone()),
        Judging::Unknown(_) => None,
    };
    let settings = settings.map(|settings| *settings).unwrap_or_default();
    Ok(DriftAsk { settings, fails: fails_on_drift(found)?, ..DriftAsk::default() })
}

/// The stacks of all projects that the look is about: the one that is named, else those of the section.
fn plan(
    found: &Prepared<'_>,
    inputs: &Inputs,
    definition: Option<&Definition>,
    ask: &DriftAsk,
    console: &Console,
) -> Result<DeployPlan> {
    let listed = RepositoryStacks::find(
        &found.top(),
        definition.and_then(|definition| definition.projects.as_deref()),
    );
    for warning in &listed.warnings {
        console.annotate(Level::Warning, "stackstep", &warning.to_string());
    }
    if let Some(problem) = listed.problems.first() {
        return Err(Error::Input { what: problem.what.clone(), hint: problem.hint.clone() });
    }
    let named = inputs.stack.name.as_ref();
    if named.is_none() && ask.settings.stacks.is_empty() {
        return Err(Error::input(
            format!("no stack is named, and `{NAME}` has no `{DRIFT}.stacks`"),
            "name the stack (`--stack prod`), or add `drift: { stacks: [prod] }` to the file at the repository's root",
        ));
    }
    let fits = |stack: &str| match named {
        Some(named) => named.short() == stack,
        None => ask.settings.is_about(stack),
    };
    let mut targets = Vec::new();
    for project in &listed.projects {
        targets.extend(project.stacks.iter().filter(|stack| fits(stack)).map(|stack| DeployTarget {
            project: project.project.clone(),
            cwd: project.cwd.clone(),
            stack: named.map_or_else(|| stack.clone(), |named| named.as_str().to_owned()),
            settings: None,
        }));
    }
    if targets.is_empty() {
        let wanted = named.map_or_else(|| ask.settings.stacks.join("`, `"), ToString::to_string);
        return Err(Error::input(
            format!("no project of the repository has a configuration file of a stack `{wanted}`"),
            "commit a `Pulumi.<stack>.yaml` in each project that has it, or correct the name; `stackstep stacks` lists them",
        ));
    }
    let names: Vec<String> =
        targets.iter().map(|target| format!("`{}` in `{}`", target.stack, target.cwd)).collect();
    let why = format!("drift is looked for in {}", names.join(", "));
    Ok(DeployPlan { command: Command::Refresh, targets, why, skip: false })
}

/// The exit status of the looks at several stacks.
fn status_of(statuses: &[u8]) -> u8 {
    if let Some(signal) = statuses.iter().find(|status| (129..=159).contains(*status)) {
        return *signal;
    }
    let failed: Vec<u8> =
        statuses.iter().copied().filter(|status| ![0, EXIT_CHANGES].contains(status)).collect();
    match failed.as_slice() {
        [] => statuses.iter().copied().max().unwrap_or(0),
        all if all.len() < statuses.len() => EXIT_PARTIAL,
        [first, rest @ ..] if rest.iter().all(|other| other == first) => *first,
        _ => EXIT_INCOMPLETE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_stacks_what_is_not_known_of_some_is_told_first() {
        for (statuses, expected) in [
            (&[0, 0][..], 0),
            (&[0, 7], 7),
            (&[79, 79], 79),
            (&[0, 79], 80),
            (&[7, 79], 80),
            (&[3, 3], 3),
            (&[3, 79], 79),
            (&[0, 143], 143),
            (&[7], 7),
        ] {
            assert_eq!(status_of(statuses), expected, "{statuses:?}");
        }
    }
}
