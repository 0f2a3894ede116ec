//! `stackstep status`: how the stacks stand. What is deployed and verified, what is held or waits, who holds a lock. It changes
//! nothing, starts no engine, and runs no program.

mod look;
pub mod page;
mod words;

use clap::{ArgMatches, Command as Clap};

use crate::base::env::Env;
use crate::base::error::{EXIT_INCOMPLETE, Error, Problem, Result};
use crate::ci;
use crate::ci::Level;
use crate::ci::console::Console;
use crate::commands::one_stack;
use crate::commands::page_form::PageForm;
use crate::commands::stack_jobs::{LookedAt, SignedIn};
use crate::delivery::place::forge_place;
use crate::fleet::RepositoryStacks;
use crate::inputs::Command;
use crate::inputs::file::ConfigFile;
use crate::inputs::headings::StackInputs;
use crate::inputs::resolve::Flags;
use crate::ledger::entry::instant;
use crate::process::signals::Signals;
use crate::pulumi::stack::StackName;
use crate::run::prepare::{RunRequest, Until, prepare};
use page::{FORM, StackStatus, StatusPage};

/// How the stacks stand, in this form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusAsk(pub PageForm);

impl StatusAsk {
    /// The subcommand.
    pub fn subcommand() -> Clap {
        let about = "Show how the stacks stand: deployed, verified, held, waiting, locked";
        one_stack::subcommand("status", about).args(PageForm::flags())
    }

    /// What the command line asks for.
    pub fn given(sub: &ArgMatches) -> Self {
        Self(PageForm::given(sub))
    }
}

/// Prints how the stacks stand. Returns the exit status: 79 if something of it is not known.
pub async fn status(ask: &StatusAsk, flags: &Flags, env: &Env, signals: &Signals) -> Result<u8> {
    // Not the CI system's, so that the page stays alone on standard output.
    let console = &mut Console::new(ci::detect(&Env::default()));
    let page = Box::pin(look_at(flags, env, console, signals)).await?;
    ask.0.print(&page, console)?;
    let incomplete = !page.problems.is_empty() || page.stacks.iter().any(StackStatus::is_incomplete);
    Ok(if incomplete { EXIT_INCOMPLETE } else { 0 })
}

/// Looks at the stacks that the flags mean: the one that is named, of the project around the folder or of all projects of
/// the repository; without a name all stacks of the repository.
pub async fn look_at(
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<StatusPage> {
    let (targets, problems) = targets(flags, env, console)?;
    let mut signed_in = SignedIn::default();
    let mut stacks = Vec::new();
    for target in &targets {
        if let Some(signal) = signals.first() {
            return Err(Error::Stopped { signal: signal.number() });
        }
        let cwd = target.cwd.as_deref();
        let looked = match signed_in.job_of(&target.flags, env, console, signals).await {
            Ok(job) => {
                let place = forge_place(job.ci, job.env, &job.context, &job.inputs).ok();
                Box::pin(look::stack_status(&job, place.as_ref(), cwd)).await
            }
            Err(stopped @ Error::Stopped { .. }) => return Err(stopped),
            // With one stack, its error is the answer.
            Err(error) if targets.len() == 1 => return Err(error),
            Err(error) => {
                let why = Problem::from(&error).in_one_line();
                look::unseen(target.project.as_deref(), target.stack.as_deref().unwrap_or("?"), cwd, &why)
            }
        };
        stacks.push(looked);
    }
    let problems = problems.iter().map(Problem::in_one_line).collect();
    Ok(StatusPage { v: FORM, time: instant(env.clock().time()), stacks, problems })
}

fn targets(flags: &Flags, env: &Env, console: &mut Console) -> Result<(Vec<LookedAt>, Vec<Problem>)> {
    let request = RunRequest::new(Some(Command::Outputs), flags, env);
    let mut judged = prepare(&request, Until::TheInputs, console);
    if let Some(error) = judged.take_error() {
        return Err(error);
    }
    let asked =
        judged.outer.as_ref().and_then(|outer| outer.text(&StackInputs::name.input)).map(str::to_owned);
    // What may not be read is told by the preparation of the run.
    if judged.is_closed() || (asked.is_some() && judged.is_in_a_project()) {
        return Ok((vec![LookedAt::new(None, judged.folder(), asked, flags)], Vec::new()));
    }
    let top = judged.top();
    let file = ConfigFile::in_folder(&top, true)?;
    let wanted = file.as_ref().map(ConfigFile::projects).transpose()?.flatten();
    let found = RepositoryStacks::find(&top, wanted.as_deref());
    for warning in &found.warnings {
        console.annotate(Level::Warning, "stackstep", &warning.to_string());
    }
    let name = asked.as_deref().map(StackName::parse).transpose()?;
    let mut targets = Vec::new();
    for project in &found.projects {
        let fits = |stack: &&String| name.as_ref().is_none_or(|name| name.short() == stack.as_str());
        targets.extend(project.stacks.iter().filter(fits).map(|stack| {
            let name = asked.clone().unwrap_or_else(|| stack.clone());
            LookedAt::new(Some(project), &top.join(&project.cwd), Some(name), flags)
        }));
    }
    if targets.is_empty() && found.problems.is_empty() {
        let (what, hint) = match asked {
            Some(asked) => (
                format!("no project of the repository has a configuration file of the stack `{asked}`"),
                "set `cwd` to the folder of its project",
            ),
            None => (
                "no project of the repository has a configuration file of a stack".to_owned(),
                "name the stack: `--stack`, with `--cwd` for the folder of its project",
            ),
        };
        return Err(Error::input(what, hint));
    }
    Ok((targets, found.problems))
}
