//! The stacks of a job of a plan: they come in a variable, and are never a part of a script.

use super::ask::FleetAsk;
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::text_file::{SETTINGS, read_text};
use crate::ci::names::FLEET_STACKS;
use crate::fleet::fanout::plan::FleetPlan;

/// What is asked for, with the stacks of the variable if the command line names none. They are `project/stack`, separated by
/// blanks, or `@<path>#<job>`: those of a job of the plan in that file.
///
/// # Errors
/// The variable names no stack, or its file holds no such job.
pub(super) fn with_stacks_of_the_job(ask: &FleetAsk, env: &Env) -> Result<FleetAsk> {
    let mut ask = ask.clone();
    let is_chosen = !ask.choice.patterns.is_empty() || ask.choice.all;
    let Some(text) = env.get_raw(FLEET_STACKS).filter(|_| !is_chosen) else { return Ok(ask) };
    ask.choice.patterns = match text.trim().strip_prefix('@') {
        Some(named) => stacks_of_file(named, env)?,
        None => text.split_whitespace().map(str::to_owned).collect(),
    };
    if ask.choice.patterns.is_empty() {
        return Err(Error::input(
            format!("`{FLEET_STACKS}` is set and names no stack"),
            "let it be one of the jobs that `stackstep fleet plan` made, or unset it: then all stacks of the repository are meant",
        ));
    }
    ask.choice.is_planned = true;
    Ok(ask)
}

fn stacks_of_file(named: &str, env: &Env) -> Result<Vec<String>> {
    let Some((path, job)) = named.rsplit_once('#') else {
        return Err(Error::input(
            format!("`{FLEET_STACKS}` is `@{named}`, which names no job of a plan"),
            "write it as `@fleet.json#stage-1-1`, as `stackstep fleet plan --plan-file` does",
        ));
    };
    let text = read_text(&env.cwd().join(path), SETTINGS).map_err(|error| {
        Error::input(
            format!("`{FLEET_STACKS}` names the plan `{path}`: {error}"),
            "put the artifact with the plan in this place before this step",
        )
    })?;
    let plan = FleetPlan::parse(&text, path)?;
    match plan.groups.into_iter().find(|group| group.id == job) {
        Some(group) => Ok(group.stacks),
        None => Err(Error::input(
            format!("the plan `{path}` has no job `{job}`"),
            "give this job the plan of this run, and not one of an earlier run",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::ask::FleetChoice;
    use super::*;

    fn stacks(text: &str, choice: FleetChoice) -> Result<Vec<String>> {
        let ask = FleetAsk::of_status(choice);
        let env = Env::from_pairs(".", [(FLEET_STACKS, text)]);
        Ok(with_stacks_of_the_job(&ask, &env)?.choice.patterns)
    }

    #[test]
    fn the_variable_names_the_stacks_where_the_command_line_names_none() {
        assert_eq!(stacks(" a/x\n b/y ", FleetChoice::default()).unwrap(), ["a/x", "b/y"]);
        let named = FleetChoice { patterns: vec!["c/z".to_owned()], ..FleetChoice::default() };
        assert_eq!(stacks("a/x", named).unwrap(), ["c/z"]);
        let all = FleetChoice { all: true, ..FleetChoice::default() };
        assert_eq!(stacks("a/x", all).unwrap(), [""; 0]);
    }

    #[test]
    fn a_variable_that_names_nothing_never_means_everything() {
        for text in ["", "  ", "@", "@fleet.json", "@missing.json#stage-1-1"] {
            assert!(stacks(text, FleetChoice::default()).is_err(), "{text:?}");
        }
    }
}
