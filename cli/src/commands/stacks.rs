//! `stackstep stacks`: the projects and stacks of the repository, or those that a change can affect, as a table or as JSON for a
//! matrix of jobs.

use std::fmt::Write as _;
use std::path::Path;

use clap::{Arg, ArgMatches, Command as Clap};
use serde_json::json;

use crate::base::env::Env;
use crate::base::error::{EXIT_INPUT, Error, Problem, Result};
use crate::base::git::objects::seen_of_origin;
use crate::base::git::{self, short_commit};
use crate::ci;
use crate::ci::Level;
use crate::ci::console::Console;
use crate::commands::input_flags;
use crate::commands::page_form::text_table;
use crate::fleet::RepositoryStacks;
use crate::fleet::affected::{StackVerdict, unaffected, verdicts};
use crate::fleet::changes::ChangedPaths;
use crate::fleet::settings::FleetSettings;
use crate::inputs::Command;
use crate::inputs::file::{ConfigFile, FLEET};
use crate::inputs::headings::StackInputs;
use crate::inputs::resolve::Flags;
use crate::report::Reason;
use crate::run::prepare::{RunRequest, Until, prepare};

/// What is asked of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StacksAsk {
    /// Whether to print it as JSON.
    pub json: bool,
    /// Only those that a change since this commit can affect. An empty text: since the change request branched off.
    pub since: Option<String>,
    /// The stack whose verdict is explained.
    pub why: Option<String>,
}

impl StacksAsk {
    const SINCE: &str = "since";
    const WHY: &str = "why";

    /// The command.
    pub fn clap() -> Clap {
        let since = Arg::new(Self::SINCE)
            .long(Self::SINCE)
            .help(
                "Only the stacks that can be affected by what has changed since this commit, branch or tag; without one, since \
                 the change request branched off",
            )
            .value_name("COMMIT")
            .num_args(0..=1)
            .default_missing_value("")
            .display_order(0);
        let why = Arg::new(Self::WHY)
            .long(Self::WHY)
            .help("Explain why this stack is affected or not (`project/stack`, or `stack` if only one is called so)")
            .value_name("STACK")
            .requires(Self::SINCE)
            .conflicts_with("json")
            .display_order(0);
        Clap::new("stacks")
            .about("List the projects and stacks of the repository, or those that a change can affect")
            .args([since, why, input_flags::json()])
            .arg(input_flags::flag(1, &StackInputs::cwd.input))
    }

    /// What the command line asks for.
    pub fn given(sub: &ArgMatches) -> Self {
        let text = |name| sub.get_one::<String>(name).cloned();
        Self { json: sub.get_flag("json"), since: text(Self::SINCE), why: text(Self::WHY) }
    }
}

/// Prints the projects and stacks. The answer is the exit status: bad input, where something of the repository can't be
/// taken as it is.
pub async fn list(ask: &StacksAsk, flags: &Flags, env: &Env) -> Result<u8> {
    // Not the CI system's, so that the list stays alone on standard output: it shows nothing that would have to be masked.
    let console = &mut Console::new(ci::detect(&Env::default()));
    let request = RunRequest::new(Some(Command::Preview), flags, env);
    let mut judged = prepare(&request, Until::TheInputs, console);
    if let Some(error) = judged.take_error() {
        return Err(error);
    }
    if judged.is_closed() {
        return Err(Error::Refused {
            what: "`stacks` is refused: nothing proves that the work folder holds the repository's own code"
                .to_owned(),
            hint: "check out the commit that the run is about".to_owned(),
            reason: Reason::Untrusted,
        });
    }
    judged.tell(console);
    let folder = judged.outer.map_or_else(|| env.cwd().to_owned(), |outer| outer.folder);
    let top = git::top(&folder).unwrap_or(folder);
    let file = ConfigFile::in_folder(&top, true)?;
    let wanted = file.as_ref().map(ConfigFile::projects).transpose()?.flatten();
    let found = RepositoryStacks::find(&top, wanted.as_deref());
    for warning in &found.warnings {
        console.annotate(Level::Warning, "stackstep", &warning.to_string());
    }
    match &ask.since {
        None if ask.json => console.print_json(&format!("{}\n", as_json(&found))),
        None => console.print(&as_table(&found)),
        Some(since) => {
            let section = file.as_ref().and_then(|file| Some((file, file.section(FLEET)?)));
            let settings = section
                .map(|(file, section)| FleetSettings::parse(section, &file.path.display().to_string()));
            let settings = settings.transpose()?.unwrap_or_default();
            let everything = wanted.is_some().then(|| RepositoryStacks::find(&top, None));
            let all = &everything.as_ref().unwrap_or(&found).projects;
            settings.check(all)?;
            let since = if since.is_empty() { default_since(&top, env)? } else { since.clone() };
            let changes = ChangedPaths::since(&top, &since, env).await?;
            if let Some(why) = &changes.unknown {
                let problem = Problem::new(
                    format!("every stack counts as affected, as it is not known what has changed: {why}"),
                    "let the job check out the whole history (`fetch-depth: 0` on GitHub, `GIT_DEPTH: 0` on GitLab)",
                );
                console.annotate(Level::Warning, "stackstep", &problem.to_string());
            }
            // Without a change there is nothing to follow.
            let verdicts = if changes.is_nothing() && ask.why.is_none() {
                unaffected(&found)
            } else {
                verdicts(&top, &found, all, &changes, &settings)
            };
            let json = || format!("{}\n", affected_as_json(&found, &changes, &verdicts));
            match &ask.why {
                Some(stack) => console.print(&explained(stack, &verdicts)?),
                None if ask.json => console.print_json(&json()),
                None => console.print(&affected_as_table(&changes, &verdicts)),
            }
        }
    }
    for problem in &found.problems {
        console.annotate(Level::Error, "stackstep", &problem.to_string());
    }
    Ok(if found.problems.is_empty() { 0 } else { EXIT_INPUT })
}

/// The commit with which the change request is compared where none is named: the head of its target branch, from which it
/// branched off.
fn default_since(top: &Path, env: &Env) -> Result<String> {
    let ci = ci::detect(env);
    let context = ci.context(env);
    let branch = context.change_request.and(context.target_branch.clone());
    let Some(branch) = branch else {
        return Err(Error::input(
            "`--since` names no commit, and this is no job of a change request",
            "name what was deployed before, or the branch to compare with: `--since main`",
        ));
    };
    // Where the checkout does not have it, that is said when its objects are read.
    Ok(seen_of_origin(top, &branch).or_else(|| ci.target_commit(env)).unwrap_or(branch))
}

/// The stacks that are affected as the cells of a matrix, and the others.
fn affected_as_json(
    found: &RepositoryStacks,
    changes: &ChangedPaths,
    verdicts: &[StackVerdict],
) -> serde_json::Value {
    let of = |verdict: &StackVerdict| cell(&verdict.project, &verdict.cwd, &verdict.stack);
    let (affected, others): (Vec<_>, Vec<_>) = verdicts.iter().partition(|verdict| verdict.is_affected());
    let why: serde_json::Map<_, _> =
        affected.iter().map(|verdict| (verdict.name(), json!(verdict.why))).collect();
    let mut page = as_json(found);
    page["stacks"] = affected.into_iter().map(of).collect();
    page["unaffected"] = others.into_iter().map(of).collect();
    page["why"] = why.into();
    page["since"] = json!(changes.since);
    page
}

/// A cell of a matrix, in the words of the inputs.
fn cell(project: &str, cwd: &str, stack: &str) -> serde_json::Value {
    json!({ "project": project, "cwd": cwd, "stack": stack })
}

fn affected_as_table(changes: &ChangedPaths, verdicts: &[StackVerdict]) -> String {
    let affected: Vec<_> = verdicts.iter().filter(|verdict| verdict.is_affected()).collect();
    let head = ["STACK", "CWD", "WHY"].map(str::to_owned);
    let rows = affected.iter().map(|verdict| {
        let first = verdict.why.first().cloned().unwrap_or_default();
        let more = verdict.why.len().saturating_sub(1);
        let more =
            if more == 0 { String::new() } else { format!(" (and {more} more: `--why {}`)", verdict.name()) };
        [verdict.name(), verdict.cwd.clone(), first + &more]
    });
    let mut table =
        if affected.is_empty() { String::new() } else { text_table(std::iter::once(head).chain(rows)) };
    let since =
        changes.since.as_deref().map_or_else(String::new, |since| format!(" since {}", short_commit(since)));
    let _ =
        writeln!(table, "{} of {} can be affected{since}", affected.len(), count(verdicts.len(), "stack"));
    table
}

/// Why one stack is affected or not.
fn explained(stack: &str, verdicts: &[StackVerdict]) -> Result<String> {
    let named: Vec<_> =
        verdicts.iter().filter(|verdict| verdict.name() == stack || verdict.stack == stack).collect();
    let [verdict] = named[..] else {
        let names = |of: &[&StackVerdict]| {
            let names: Vec<_> = of.iter().map(|verdict| format!("`{}`", verdict.name())).collect();
            names.join(", ")
        };
        return Err(if named.is_empty() {
            let all: Vec<_> = verdicts.iter().collect();
            Error::input(format!("the repository has no stack `{stack}`"), format!("it has: {}", names(&all)))
        } else {
            Error::input(
                format!("{} stacks are called `{stack}`", named.len()),
                format!("name one with its project: {}", names(&named)),
            )
        });
    };
    let mut text = if verdict.is_affected() {
        format!("`{}` can be affected:\n", verdict.name())
    } else {
        format!("`{}` is not affected: nothing that it is made from has changed.\n", verdict.name())
    };
    for why in &verdict.why {
        let _ = writeln!(text, "  {why}");
    }
    let _ = writeln!(text, "It is made from:\n  {}/ (its own folder)", verdict.cwd);
    for line in &verdict.made_from {
        let _ = writeln!(text, "  {line}");
    }
    if !verdict.after.is_empty() {
        let _ = writeln!(text, "It comes after: {}", verdict.after.join(", "));
    }
    Ok(text)
}

/// One line of JSON, so that a shell can assign it: the projects, and the stacks as the cells of a matrix.
fn as_json(found: &RepositoryStacks) -> serde_json::Value {
    let cells = found
        .projects
        .iter()
        .flat_map(|project| project.stacks.iter().map(|stack| cell(&project.project, &project.cwd, stack)));
    json!({
        "projects": found.projects,
        "stacks": cells.collect::<Vec<_>>(),
        "problems": found.problems.iter().map(Problem::in_one_line).collect::<Vec<_>>(),
    })
}

fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

fn as_table(found: &RepositoryStacks) -> String {
    let head = ["PROJECT", "CWD", "RUNTIME", "STACKS"].map(str::to_owned);
    let rows = found.projects.iter().map(|project| {
        let stacks = if project.stacks.is_empty() { "-".to_owned() } else { project.stacks.join(", ") };
        let runtime = project.runtime.clone().unwrap_or_else(|| "-".to_owned());
        [project.project.clone(), project.cwd.clone(), runtime, stacks]
    });
    let mut table = text_table(std::iter::once(head).chain(rows));
    let stacks: usize = found.projects.iter().map(|project| project.stacks.len()).sum();
    let _ = writeln!(table, "{}, {}", count(found.projects.len(), "project"), count(stacks, "stack"));
    table
}
