//! The stacks that a fleet is about: those that are named, or can be affected, and whether they may be in one job.

use std::collections::{BTreeMap, BTreeSet};

use super::ask::{FleetAsk, FleetChoice, FleetVerb};
use crate::base::error::{Error, Result};
use crate::base::{random, wildcard};
use crate::ci::Level;
use crate::ci::console::Console;
use crate::commands::judging::own_fleet;
use crate::commands::stacks::StacksToCompare;
use crate::delivery::Definition;
use crate::fleet::affected::{AskedStacks, StackVerdict};
use crate::fleet::code_order::ProjectStack;
use crate::fleet::settings::FleetSettings;
use crate::fleet::{FoundProject, RepositoryStacks};
use crate::inputs::Command;
use crate::inputs::file::NAME;
use crate::inputs::headings::ForgeInputs;
use crate::inputs::resolve::Flags;
use crate::process::signals::Signals;
use crate::pulumi::stack::StackName;
use crate::run::prepare::Prepared;

/// A stack of a fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetMember {
    /// The number of its project, and its name.
    pub place: ProjectStack,
    /// The project's name.
    pub project: String,
    /// The project's folder, from the top of the repository.
    pub cwd: String,
    /// The environment that its entry names.
    pub environment: Option<String>,
}

impl FleetMember {
    /// `project/stack`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.project, self.place.stack)
    }
}

/// The stacks of a fleet, and what holds for it.
#[derive(Debug)]
pub struct ChosenStacks {
    /// All projects of the repository.
    pub projects: Vec<FoundProject>,
    /// The stacks, in the order of the repository.
    pub members: Vec<FleetMember>,
    /// The environment that all of them have, those too that are left out.
    pub environment: Option<String>,
    /// The number of stacks that are left out, or would be, as nothing of them can be affected.
    pub unaffected: usize,
    /// The section `fleet` that judges: parallelism, waves, brakes.
    pub limits: FleetSettings,
    /// The section `fleet` of the checkout: what comes after what.
    pub declared: FleetSettings,
}

/// Chooses the stacks.
pub async fn choose(
    found: &Prepared<'_>,
    ask: &FleetAsk,
    definition: Option<&Definition>,
    flags: &Flags,
    console: &mut Console,
    signals: &Signals,
) -> Result<ChosenStacks> {
    let top = found.top();
    let declared = own_fleet(found)?;
    let limits = definition.and_then(|definition| definition.fleet.as_deref().cloned()).unwrap_or_default();
    let wanted = definition.and_then(|definition| definition.projects.clone());
    let listed = RepositoryStacks::find(&top, wanted.as_deref());
    for warning in &listed.warnings {
        console.annotate(Level::Warning, "stackstep", &warning.to_string());
    }
    if let Some(problem) = listed.problems.first().filter(|_| !concerns_others(&ask.choice, &listed)) {
        return Err(Error::Input { what: problem.what.clone(), hint: problem.hint.clone() });
    }
    for problem in &listed.problems {
        console.annotate(Level::Warning, "stackstep", &problem.to_string());
    }
    let projects = match wanted {
        Some(_) => RepositoryStacks::find(&top, None).projects,
        None => listed.projects.clone(),
    };
    declared.check(&top, &projects)?;
    needs_a_choice(ask)?;
    let mut members = all_members(&listed, &projects, definition);
    if members.is_empty() {
        return Err(Error::input(
            "no project of the repository has a configuration file of a stack",
            "commit a `Pulumi.<stack>.yaml` in each project; `stackstep stacks` lists what is there",
        ));
    }
    let has_any = members.iter().any(|member| member.environment.is_some());
    by_patterns(&mut members, &ask.choice)?;
    if let Some(environment) = environment_of_the_step(found) {
        by_environment(&mut members, has_any, environment)?;
    }
    let environment = environment_of_all(&members).map(str::to_owned);
    let mut unaffected = 0;
    if let Some(since) = &ask.choice.since {
        let stacks = StacksToCompare { top: &top, found: &listed, all: &projects };
        let compared = stacks.compared(since, flags, found.env, console, signals);
        let compared = Box::pin(compared).await?;
        let asked = AskedStacks { compared: &compared, esc: &[], set: None };
        let verdicts = stacks.verdicts(asked, &declared, false);
        let names: BTreeSet<String> =
            verdicts.iter().filter(|verdict| verdict.is_affected()).map(StackVerdict::name).collect();
        let before = members.len();
        if let Some(size) = ask.choice.skipped {
            members.retain(|member| !names.contains(&member.name()));
            unaffected = members.len();
            draw(&mut members, size.of_all(unaffected));
        } else {
            members.retain(|member| names.contains(&member.name()));
            unaffected = before - members.len();
        }
    }
    let is_one_job = matches!(ask.verb, FleetVerb::Run(_)) && !ask.dry;
    if is_one_job {
        one_identity(&members)?;
        within_the_brake(&members, &limits)?;
    }
    Ok(ChosenStacks { projects, members, environment, unaffected, limits, declared })
}

/// Whether what is wrong with projects is none of this fleet's: each of its stacks is named by its project, of which there is
/// one that can be read. What a change can affect, they all tell together.
fn concerns_others(choice: &FleetChoice, listed: &RepositoryStacks) -> bool {
    let is_once = |name: &str| listed.projects.iter().filter(|project| project.project == name).count() == 1;
    let project = |pattern: &String| pattern.rsplit_once('/').is_some_and(|(project, _)| is_once(project));
    choice.since.is_none() && !choice.patterns.is_empty() && choice.patterns.iter().all(project)
}

/// The environment that all of these stacks have.
pub(super) fn environment_of_all(members: &[FleetMember]) -> Option<&str> {
    let mut environments = members.iter().map(|member| member.environment.as_deref());
    let first = environments.next().flatten()?;
    environments.all(|other| other == Some(first)).then_some(first)
}

/// Leaves so many of the stacks, whichever, in their order.
fn draw(members: &mut Vec<FleetMember>, count: usize) {
    let mut lots: Vec<(String, usize)> = (0..members.len()).map(|number| (random::word(), number)).collect();
    lots.sort();
    let drawn: BTreeSet<usize> = lots.into_iter().take(count).map(|(_, number)| number).collect();
    let mut number = 0;
    members.retain(|_| {
        number += 1;
        drawn.contains(&(number - 1))
    });
}

fn needs_a_choice(ask: &FleetAsk) -> Result<()> {
    let is_destroy = ask.verb == FleetVerb::Run(Command::Destroy);
    if is_destroy && ask.choice.patterns.is_empty() && !ask.choice.all {
        return Err(Error::input(
            "`fleet destroy` names no stack",
            "name the stacks (`stackstep fleet destroy 'shop/*'`), or say that all are meant: `--all`",
        ));
    }
    Ok(())
}

fn all_members(
    listed: &RepositoryStacks,
    projects: &[FoundProject],
    definition: Option<&Definition>,
) -> Vec<FleetMember> {
    let environment = |stack: &str| {
        let name = StackName::parse(stack).ok()?;
        definition?.settings(&name)?.environment().map(str::to_owned)
    };
    let mut members = Vec::new();
    for (number, project) in projects.iter().enumerate() {
        let is_listed = listed.projects.iter().any(|one| one.cwd == project.cwd);
        members.extend(project.stacks.iter().filter(|_| is_listed).map(|stack| FleetMember {
            place: ProjectStack { project: number, stack: stack.clone() },
            project: project.project.clone(),
            cwd: project.cwd.clone(),
            environment: environment(stack),
        }));
    }
    members
}

/// Whether a pattern is about a stack: `project/stack`, or the stack's own name.
pub fn is_about(pattern: &str, member: &FleetMember) -> bool {
    fits(pattern, &member.project, &member.place.stack)
}

/// The same of a project and its stack.
pub fn fits(pattern: &str, project: &str, stack: &str) -> bool {
    let whole: Vec<&str> = project.split('/').chain(stack.split('/')).collect();
    let parts: Vec<&str> = pattern.split('/').collect();
    match parts.len() {
        1 => wildcard::fits(&parts, &[stack]),
        _ => wildcard::fits(&parts, &whole),
    }
}

fn by_patterns(members: &mut Vec<FleetMember>, choice: &FleetChoice) -> Result<()> {
    if choice.patterns.is_empty() {
        return Ok(());
    }
    for pattern in &choice.patterns {
        if !members.iter().any(|member| is_about(pattern, member)) {
            return Err(Error::input(
                format!("the repository has no stack `{pattern}`"),
                format!("it has: {}", names(members.iter())),
            ));
        }
    }
    members.retain(|member| choice.patterns.iter().any(|pattern| is_about(pattern, member)));
    Ok(())
}

/// The environment that the step names.
pub(super) fn environment_of_the_step<'f>(found: &'f Prepared<'_>) -> Option<&'f str> {
    let named = found.outer.as_ref().and_then(|outer| outer.text(&ForgeInputs::environment.input));
    named.filter(|name| !name.is_empty())
}

/// The stacks of the step's own environment, if any stack of the repository has one.
pub(super) fn by_environment(members: &mut Vec<FleetMember>, has_any: bool, environment: &str) -> Result<()> {
    let is_one = |member: &FleetMember| member.environment.as_deref() == Some(environment);
    if !has_any {
        return Ok(());
    }
    if !members.iter().any(is_one) {
        let there: BTreeSet<&str> =
            members.iter().filter_map(|member| member.environment.as_deref()).collect();
        return Err(Error::input(
            format!("no stack of the fleet has the environment `{environment}`"),
            format!(
                "the entries of `{NAME}` name: {}",
                there.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            ),
        ));
    }
    members.retain(is_one);
    Ok(())
}

/// Stacks of several environments have several identities, which must not meet in one job.
pub(super) fn one_identity(members: &[FleetMember]) -> Result<()> {
    let mut by_environment: BTreeMap<Option<&str>, Vec<&FleetMember>> = BTreeMap::new();
    for member in members {
        by_environment.entry(member.environment.as_deref()).or_default().push(member);
    }
    if by_environment.len() < 2 {
        return Ok(());
    }
    let groups: Vec<String> = by_environment
        .iter()
        .map(|(environment, members)| {
            let whose = environment.map_or("no environment".to_owned(), |name| format!("`{name}`"));
            format!("{whose}: {}", names(members.iter().copied()))
        })
        .collect();
    Err(Error::input(
        format!(
            "the stacks belong to {} environments, whose credentials would meet in one job ({})",
            groups.len(),
            groups.join("; ")
        ),
        "choose one with `--environment`, in a job with that environment's credentials, or name the stacks; `stackstep fleet plan` \
         makes a job for each",
    ))
}

/// Fails if there are more stacks than a fleet may have.
pub fn within_the_brake(members: &[FleetMember], limits: &FleetSettings) -> Result<()> {
    let Some(most) = limits.max_stacks else { return Ok(()) };
    if members.len() <= usize::try_from(most).unwrap_or(usize::MAX) {
        return Ok(());
    }
    Err(Error::input(
        format!("the fleet has {} stacks, and `fleet.max-stacks` allows {most}", members.len()),
        "name fewer stacks, or raise `fleet.max-stacks` in `stackstep.yaml`, reviewed as every change of it",
    ))
}

/// The first names of stacks.
pub fn names<'m>(members: impl Iterator<Item = &'m FleetMember>) -> String {
    const SHOWN: usize = 8;
    let all: Vec<String> = members.map(|member| format!("`{}`", member.name())).collect();
    let more = all.len().saturating_sub(SHOWN);
    let shown = all.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(project: &str, stack: &str, environment: Option<&str>) -> FleetMember {
        FleetMember {
            place: ProjectStack { project: 0, stack: stack.to_owned() },
            project: project.to_owned(),
            cwd: project.to_owned(),
            environment: environment.map(str::to_owned),
        }
    }

    fn named(patterns: &[&str]) -> Result<Vec<String>> {
        let mut members =
            vec![member("shop", "prod", None), member("shop", "dev", None), member("network", "prod", None)];
        let patterns = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        by_patterns(&mut members, &FleetChoice { patterns, ..FleetChoice::default() })?;
        Ok(members.iter().map(FleetMember::name).collect())
    }

    #[test]
    fn a_pattern_is_about_stacks_or_projects_and_stacks() {
        assert_eq!(named(&["prod"]).unwrap(), ["shop/prod", "network/prod"]);
        assert_eq!(named(&["shop/*"]).unwrap(), ["shop/prod", "shop/dev"]);
        assert_eq!(named(&["network/prod", "d*"]).unwrap(), ["shop/dev", "network/prod"]);
        assert_eq!(named(&[]).unwrap().len(), 3);
    }

    #[test]
    fn a_pattern_for_no_stack_is_an_error_that_names_those_there_are() {
        let error = named(&["shop/prd"]).unwrap_err();
        assert!(error.hint().unwrap().contains("`shop/prod`"), "{error:?}");
    }

    #[test]
    fn credentials_of_two_environments_do_not_meet() {
        let members = [member("shop", "prod", Some("production")), member("shop", "dev", None)];
        let error = one_identity(&members).unwrap_err().to_string();
        assert!(
            error.contains("`production`: `shop/prod`") && error.contains("no environment: `shop/dev`"),
            "{error}"
        );
        assert!(one_identity(&members[..1]).is_ok());
    }

    #[test]
    fn an_environment_chooses_its_stacks() {
        let mut members = vec![member("shop", "prod", Some("production")), member("shop", "dev", None)];
        by_environment(&mut members, true, "production").unwrap();
        assert_eq!(members.len(), 1);
        assert!(by_environment(&mut members, true, "staging").is_err());
        let mut without = vec![member("shop", "dev", None)];
        by_environment(&mut without, false, "production").unwrap();
        assert_eq!(without.len(), 1);
    }
}
