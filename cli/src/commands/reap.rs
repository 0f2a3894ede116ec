//! `reap`: destroys the stacks of change requests that are closed, and those whose time to live is over. Any cron can run it:
//! events that were lost, came twice or too late change nothing about what a sweep does.
//!
//! The deciding process needs no credentials of a cloud and starts no engine: it reads the backend, the ledgers and the forge.
//! A destruction runs what the state holds, so that each one is a process of its own, with an environment that has nothing
//! of this one, or a job of its own.

mod act;
mod ask;
mod issues;
mod look;
mod only;
pub mod page;
pub(in crate::commands) mod place;
mod told;
mod words;

use clap::{Arg, ArgAction, ArgMatches, Command as Clap};

use super::input_flags::flag;
use super::ledger_verb;
use super::page_form::PageForm;
use super::project_stacks;
use crate::base::env::Env;
use crate::base::error::{EXIT_INCOMPLETE, EXIT_PARTIAL, Result};
use crate::ci;
use crate::ci::Output;
use crate::ci::console::Console;
use crate::inputs::headings::{BackendInputs, StackInputs};
use crate::inputs::resolve::Flags;
use crate::ledger::entry::{EntryKind, instant};
use crate::lifecycle::decide::{SweepVerdict, decide};
use crate::process::signals::Signals;
use crate::publish::outputs::hand_on_plain;
use crate::run::gates::ledger;
use ask::SweepAsk;
use page::{FORM, SweepPage};
use place::{SweepPlace, SweepProjects};

/// A sweep, or the one stack that it is to leave alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReapAsk {
    /// A sweep.
    Sweep(SweepAsk),
    /// Destroys this one stack, if a sweep would.
    Only {
        /// The stack's own name.
        stack: String,
    },
    /// Takes a stack out of the sweep, for this reason.
    Forget {
        /// The reason.
        reason: String,
    },
}

const FORGET: &str = "forget";
const ONLY: &str = "only";

impl ReapAsk {
    /// The subcommand.
    pub fn clap() -> Clap {
        let switch = |name: &'static str, help: &'static str, at| {
            Arg::new(name).long(name).help(help).action(ArgAction::SetTrue).display_order(at)
        };
        let destroy_env = "The file with the variables of the processes that destroy: they have nothing else of this \
                           environment but PATH and HOME. Without it the stacks are named in the output `reap-stacks`";
        Clap::new("reap")
            .about(
                "Destroy the stacks of change requests that are closed, and those whose time to live is over",
            )
            .arg(switch("dry-run", "Say what would be done, and do nothing", 0))
            .arg(ledger_verb::text("destroy-env", "FILE", destroy_env).display_order(1))
            .args(PageForm::flags())
            .arg(
                ledger_verb::text(
                    ONLY,
                    "STACK",
                    "Look at one stack of the folder's project, and destroy it here if a sweep would",
                )
                .conflicts_with_all(["dry-run", "destroy-env", "json", "markdown", FORGET])
                .display_order(3),
            )
            .arg(
                ledger_verb::text(
                    FORGET,
                    "STACK",
                    "Take a stack out of the sweep: it is never destroyed by one",
                )
                .requires("reason")
                .conflicts_with_all(["dry-run", "destroy-env", "json", "markdown"])
                .display_order(4),
            )
            .arg(
                ledger_verb::text("reason", "TEXT", "Why a stack is taken out; it stands in the ledger")
                    .requires(FORGET)
                    .display_order(5),
            )
            .arg(flag(10, &StackInputs::cwd.input))
            .arg(flag(11, &BackendInputs::cloud_url.input))
    }

    /// What the command line asks for, with the stack to forget among the flags.
    pub fn given(sub: &ArgMatches, flags: &mut Flags) -> Self {
        if let Some(stack) = sub.get_one::<String>(FORGET) {
            flags.insert(StackInputs::name.name(), vec![stack.clone()]);
            return Self::Forget { reason: ledger_verb::given(sub, "reason") };
        }
        if let Some(stack) = sub.get_one::<String>(ONLY) {
            return Self::Only { stack: stack.clone() };
        }
        let form = PageForm::given(sub);
        let destroy_env = sub.get_one::<String>("destroy-env").cloned();
        Self::Sweep(SweepAsk { dry: sub.get_flag("dry-run"), destroy_env, form })
    }
}

/// Carries out what is asked for. Returns the exit status.
pub async fn reap(
    ask: &ReapAsk,
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<u8> {
    match ask {
        ReapAsk::Forget { reason } => Box::pin(forget(reason, flags, env, console, signals)).await,
        ReapAsk::Only { stack } => Box::pin(only::only(stack, flags, env, console, signals)).await,
        ReapAsk::Sweep(ask) => Box::pin(sweep(ask, flags, env, signals)).await,
    }
}

/// Takes a stack out of the sweep.
async fn forget(
    reason: &str,
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<u8> {
    let (mut job, book) = ledger_verb::with_ledger("reap --forget", flags, env, console, signals).await?;
    ledger_verb::refuse_a_change("reap", &job).await?;
    project_stacks::needs_stack(&mut job, console, signals).await?;
    let entry = ledger_verb::entry(&job, EntryKind::Forgotten, reason, console);
    let written = ledger::append(&book, entry, console).await?;
    let number = written.map_or(0, |entry| entry.number);
    let identity = job.identity().unwrap_or_default();
    console.line(&format!("no sweep destroys `{identity}` any more (entry {number} of the ledger)"));
    Ok(0)
}

/// One sweep over the stacks of the repository's projects. Returns the exit status: 80 if something that was decided could not
/// be done, 79 if something is not known.
async fn sweep(ask: &SweepAsk, flags: &Flags, env: &Env, signals: &Signals) -> Result<u8> {
    // Not the CI system's, so that the page stays alone on standard output.
    let console = &mut Console::new(ci::detect(&Env::default()));
    let projects = SweepProjects::find(flags, env, console)?;
    let place = Box::pin(SweepPlace::of_projects(&projects, env, console, signals)).await?;
    let is_first = place.is_first_sweep().await?;
    let (looked, unlisted) = Box::pin(look::look_at_all(&place, console, signals)).await?;
    let stacks: Vec<_> = looked.iter().map(|one| one.facts.clone()).collect();
    let rules = place.rules();
    let decided = decide(&stacks, &rules);
    let dry = if ask.dry {
        Some("`--dry-run` was given".to_owned())
    } else if is_first {
        Some("it is the first sweep of this repository in this backend: the next one does it".to_owned())
    } else {
        None
    };
    let mut page = SweepPage {
        v: FORM,
        time: instant(env.clock().time()),
        repository: rules.repository.to_string(),
        dry,
        brake: decided.brake.clone(),
        stacks: looked.iter().zip(&decided.stacks).map(|(one, decision)| page::line(one, decision)).collect(),
        problems: place.problems.iter().cloned().chain(unlisted).collect(),
    };
    let mut doomed = Vec::new();
    if page.dry.is_none() {
        let acting = act::Acting { place: &place, ask, flags, env, signals };
        doomed = Box::pin(acting.act(&looked, &decided, &mut page, console)).await?;
    } else if is_first && !ask.dry {
        place.note_sweep(console).await?;
    }
    ask.form.print(&page, console)?;
    let outputs = [
        ("reap-stacks", serde_json::to_string(&doomed).unwrap_or_default()),
        ("reap-count", doomed.len().to_string()),
    ]
    .map(|(name, value)| Output { name: name.to_owned(), value });
    hand_on_plain(place.ci(), env, place.report_inputs(), &outputs, console);
    let is_unsure = decided.stacks.iter().any(|one| matches!(one.verdict, SweepVerdict::Unsure(_)));
    Ok(if page.brake.is_some() || page.stacks.iter().any(|one| one.failed) {
        EXIT_PARTIAL
    } else if is_unsure || !page.problems.is_empty() {
        EXIT_INCOMPLETE
    } else {
        0
    })
}
