//! The plan of a deployment: what the map of `stackstep.yaml` says for an event, stack by stack. `deploy` carries it out,
//! `deploy --dry-run` hands it on and `doctor --event` shows it, so that the three never disagree.

use std::path::Path;

use serde_json::json;

use crate::base::env::Env;
use crate::base::error::{Error, Problem, Result};
use crate::base::words::Words;
use crate::ci::console::Console;
use crate::ci::standing::Standing;
use crate::ci::{Level, Output};
use crate::commands::stack_jobs::flags_of_stack;
use crate::delivery::history::RepositoryHistory;
use crate::delivery::judging::{Judging, JudgingFile, judging_file};
use crate::delivery::place::ForgeAccess;
use crate::delivery::{Definition, DeliveryEvent, MapDecision, StackSettings};
use crate::fleet::{FoundProject, RepositoryStacks};
use crate::inputs::file::{ConfigFile, DEPLOY, NAME};
use crate::inputs::headings::{PROFILE, Profile, StackInputs};
use crate::inputs::resolve::Flags;
use crate::inputs::{Command, Inputs};
use crate::pulumi::stack::StackName;
use crate::report::{Operation, Reason};
use crate::run::prepare::{Prepared, RunRequest};

/// What the map says for an event, stack by stack.
#[derive(Debug)]
pub struct DeployPlan {
    /// [`Command::Up`] or [`Command::Preview`].
    pub command: Command,
    /// The stacks of the projects, in the order of the map and of the folders.
    pub targets: Vec<DeployTarget>,
    /// The reason, in one sentence.
    pub why: String,
    /// Whether there is nothing to do.
    pub skip: bool,
}

/// One stack of one project.
#[derive(Debug, Clone)]
pub struct DeployTarget {
    /// The project's name.
    pub project: String,
    /// The project's folder, from the top of the repository.
    pub cwd: String,
    /// The stack's name, as the map has it.
    pub stack: String,
    /// What has to hold for the stack; none if it has no entry in the judging file.
    pub settings: Option<StackSettings>,
}

impl DeployTarget {
    /// The environment of the job that deploys the stack.
    pub fn environment(&self) -> Option<&str> {
        self.settings.as_ref()?.environment()
    }

    /// The flags of the stack's own run, in the repository with this top folder.
    pub fn flags(&self, flags: &Flags, top: &Path) -> Flags {
        flags_of_stack(flags, &top.join(&self.cwd), &self.stack)
    }
}

impl DeployPlan {
    /// The environment of a job is one; where stacks differ, each of them has its own, and this is none.
    pub fn environment(&self) -> Option<&str> {
        let mut environments = self.targets.iter().filter_map(DeployTarget::environment);
        let first = environments.next()?;
        environments.all(|other| other == first).then_some(first)
    }

    /// The plan as outputs for later steps.
    pub fn outputs(&self) -> Vec<Output> {
        let stacks: Vec<_> = self
            .targets
            .iter()
            .map(|target| {
                json!({
                    "project": target.project,
                    "cwd": target.cwd,
                    "stack": target.stack,
                    "environment": target.environment(),
                })
            })
            .collect();
        let command = if self.skip { "" } else { self.command.word() };
        [
            ("command", command.to_owned()),
            ("stacks", serde_json::Value::from(stacks).to_string()),
            ("environment", self.environment().unwrap_or_default().to_owned()),
            ("skip", self.skip.to_string()),
            ("why", self.why.clone()),
        ]
        .map(|(name, value)| Output { name: name.to_owned(), value })
        .to_vec()
    }
}

/// The flags, with our own defaults unless they say something else: the official action knows no map, so its profile, which
/// `actions/deploy` sets, would leave out inputs that the map's jobs have.
pub fn of_our_own(flags: &Flags) -> Flags {
    let mut flags = flags.clone();
    flags.entry(PROFILE.input.name).or_insert_with(|| vec![Profile::None.word().to_owned()]);
    flags
}

/// The request of a run for an event, before it is known which stacks it is about.
pub fn request<'a>(event: &DeliveryEvent, flags: &'a Flags, env: &'a Env) -> RunRequest<'a> {
    let command = if event.is_proposed() { Command::Preview } else { Command::Up };
    RunRequest { asked: Some(Command::Deploy), ..RunRequest::new(Some(command), flags, env) }
}

/// Finds what the map says for the event, and the version of the file that says it.
pub async fn plan(
    found: &Prepared<'_>,
    inputs: &Inputs,
    event: &DeliveryEvent,
    console: &Console,
) -> Result<(DeployPlan, Judging)> {
    let top = found.top();
    let own = match found.standing {
        Standing::Ours => ConfigFile::in_folder(&top, false)?,
        _ => None,
    };
    let forge = ForgeAccess::find(found.ci, found.env, &found.context, inputs)?;
    let client = forge.as_ref().map(ForgeAccess::client);
    let history = RepositoryHistory::new(&top, found.env, &found.context, client.as_ref());
    let judging = judging_file(&history, event, own.as_ref(), !event.is_proposed()).await?;
    let file = match (&judging, event.is_proposed()) {
        (Judging::By(file), _) => file,
        (Judging::Unknown(_), _) if own.as_ref().is_none_or(|own| own.section(DEPLOY).is_none()) => {
            let version = "this checkout".to_owned();
            return Err(no_map(&JudgingFile { definition: None, version, is_own: true }, None));
        }
        (Judging::Unknown(why), false) => return Err(not_judged(why)),
        (Judging::Unknown(why), true) => {
            console.annotate(Level::Warning, "stackstep", &format!("not judged: {why}"));
            return Ok((preview_by_own(own.as_ref(), found, inputs, event)?, judging));
        }
    };
    for warning in file.definition.iter().flat_map(Definition::warnings) {
        console.annotate(Level::Warning, "stackstep", &warning.to_string());
    }
    let default = history.default_branch().await;
    let plan = decide(file, own.as_ref(), found, inputs, event, default.as_deref())?;
    Ok((plan, judging))
}

/// The refusal of a deployment that no file can judge.
fn not_judged(why: &Problem) -> Error {
    Error::Refused {
        what: format!("`deploy` is refused: {}", why.what),
        hint: why.clone().hint_or(Reason::Gate.way_out(Operation::Up)),
        reason: Reason::Gate,
    }
}

/// The preview of a change by its own map, where the default branch's can't be read: it deploys nothing.
fn preview_by_own(
    own: Option<&ConfigFile>,
    found: &Prepared<'_>,
    inputs: &Inputs,
    event: &DeliveryEvent,
) -> Result<DeployPlan> {
    let definition = own.map(Definition::from_file).transpose()?.flatten();
    let file = JudgingFile { definition, version: "this change itself".to_owned(), is_own: true };
    decide(&file, None, found, inputs, event, None)
}

fn decide(
    file: &JudgingFile,
    own: Option<&ConfigFile>,
    found: &Prepared<'_>,
    inputs: &Inputs,
    event: &DeliveryEvent,
    default: Option<&str>,
) -> Result<DeployPlan> {
    let definition = file.definition.as_ref();
    let Some((definition, map)) =
        definition.and_then(|definition| Some((definition, definition.deploy.as_ref()?)))
    else {
        return Err(no_map(file, own));
    };
    let (command, stacks, why) = match map.decide(event, default)? {
        MapDecision::Run { command, stacks, why } => (command, stacks, why),
        MapDecision::Skip { why } => {
            return Ok(DeployPlan { command: Command::Preview, targets: Vec::new(), why, skip: true });
        }
    };
    let asked = inputs.stack.name.as_ref();
    let wanted: Vec<StackName> = stacks
        .iter()
        .filter_map(|stack| StackName::parse(stack).ok())
        .filter(|stack| asked.is_none_or(|asked| asked.short() == stack.short()))
        .collect();
    if let (Some(asked), true) = (asked, wanted.is_empty()) {
        let why = format!("this job is for `{asked}`, and {why}");
        return Ok(DeployPlan { command, targets: Vec::new(), why, skip: true });
    }
    let top = found.top();
    let listed = RepositoryStacks::find(&top, definition.projects.as_deref());
    if let Some(problem) = listed.problems.first() {
        return Err(Error::Input { what: problem.what.clone(), hint: problem.hint.clone() });
    }
    let named = found.outer.as_ref().and_then(|outer| outer.text(&StackInputs::cwd.input));
    let is_named = named.is_some_and(|cwd| !cwd.is_empty());
    let projects = within(&listed.projects, &top, &inputs.stack.cwd, is_named);
    let mut targets = Vec::new();
    for stack in &wanted {
        let having: Vec<&FoundProject> = having(&projects, stack);
        if having.is_empty() && (command == Command::Up || wanted.len() == 1) {
            return Err(no_project(stack, &projects, map.file.as_str()));
        }
        targets.extend(having.into_iter().map(|project| DeployTarget {
            project: project.project.clone(),
            cwd: project.cwd.clone(),
            stack: stack.as_str().to_owned(),
            settings: definition.settings(stack).cloned(),
        }));
    }
    if let (Some(stack), true) = (wanted.first(), targets.is_empty()) {
        return Err(no_project(stack, &projects, map.file.as_str()));
    }
    Ok(DeployPlan { command, targets, why, skip: false })
}

/// The projects that the run is about: the one whose folder `cwd` is, if somebody has named it; else those below `cwd`, or the
/// one around it.
fn within<'p>(projects: &'p [FoundProject], top: &Path, cwd: &Path, is_named: bool) -> Vec<&'p FoundProject> {
    let cwd = std::fs::canonicalize(cwd).unwrap_or_else(|_| cwd.to_owned());
    let top = std::fs::canonicalize(top).unwrap_or_else(|_| top.to_owned());
    let folder = |project: &FoundProject| match project.cwd.as_str() {
        "." => top.clone(),
        below => top.join(below),
    };
    if let Some(own) = projects.iter().find(|project| is_named && folder(project) == cwd) {
        return vec![own];
    }
    let below: Vec<&FoundProject> =
        projects.iter().filter(|project| folder(project).starts_with(&cwd)).collect();
    if !below.is_empty() {
        return below;
    }
    let around = projects.iter().filter(|project| cwd.starts_with(folder(project)));
    around.max_by_key(|project| folder(project).components().count()).into_iter().collect()
}

/// The projects that have a configuration file for the stack; a repository's only project needs none.
fn having<'p>(projects: &[&'p FoundProject], stack: &StackName) -> Vec<&'p FoundProject> {
    match projects {
        [only] => vec![only],
        many => many
            .iter()
            .filter(|project| project.stacks.iter().any(|name| name == stack.short()))
            .copied()
            .collect(),
    }
}

fn no_map(file: &JudgingFile, own: Option<&ConfigFile>) -> Error {
    let own_has_one = own.is_some_and(|own| own.section(DEPLOY).is_some());
    if own_has_one && !file.is_own {
        return Error::Refused {
            what: format!(
                "`deploy` is refused: `{NAME}` of {} has no `{DEPLOY}`; the one of this commit may not judge itself",
                file.version
            ),
            hint: "merge the map into the default branch first; until then `stackstep preview --stack …` shows what \
                   would change"
                .to_owned(),
            reason: Reason::Gate,
        };
    }
    Error::input(
        format!("there is no map for `deploy`: `{NAME}` of {} has no `{DEPLOY}`", file.version),
        "add `deploy: { branches: { main: <stack> } }` to the file at the repository's root, or use `stackstep up \
         --stack …`",
    )
}

fn no_project(stack: &StackName, projects: &[&FoundProject], file: &str) -> Error {
    let mut names: Vec<&str> =
        projects.iter().flat_map(|project| project.stacks.iter().map(String::as_str)).collect();
    names.sort_unstable();
    names.dedup();
    let there = if names.is_empty() {
        "there are none".to_owned()
    } else {
        format!("there are `{}`", names.join("`, `"))
    };
    Error::input(
        format!("no project has the stack `{}` that `{file}` maps", stack.short()),
        format!(
            "commit a `Pulumi.{}.yaml` in each project that it is about, or correct the map: {there}",
            stack.short()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The projects of a repository with one at its top and two below.
    fn projects() -> Vec<FoundProject> {
        let project = |cwd: &str| FoundProject {
            project: cwd.to_owned(),
            cwd: cwd.to_owned(),
            runtime: None,
            stacks: Vec::new(),
            stack_files: Vec::new(),
            program: String::new(),
        };
        [".", "infra/network", "infra/shop"].map(project).to_vec()
    }

    fn chosen(cwd: &str, is_named: bool) -> Vec<String> {
        let (top, projects) = (Path::new("/repository"), projects());
        let chosen = within(&projects, top, &top.join(cwd), is_named);
        chosen.iter().map(|project| project.cwd.clone()).collect()
    }

    #[test]
    fn without_a_folder_it_is_about_all_projects() {
        assert_eq!(chosen("", false), [".", "infra/network", "infra/shop"]);
    }

    #[test]
    fn the_folder_of_a_project_names_that_project_alone() {
        assert_eq!(chosen("infra/shop", true), ["infra/shop"]);
        assert_eq!(chosen("", true), ["."]);
    }

    #[test]
    fn another_folder_names_the_projects_below_it_or_the_one_around_it() {
        assert_eq!(chosen("infra", true), ["infra/network", "infra/shop"]);
        assert_eq!(chosen("infra/shop/src", true), ["infra/shop"]);
        assert_eq!(chosen("src", true), ["."]);
    }
}
