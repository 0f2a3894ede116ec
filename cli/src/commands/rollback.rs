//! `rollback`: deploys a commit that the default branch contains, which it has left behind: with a preview, a digest and all
//! gates of its own. Its files are checked out into a folder of our own; the present `stackstep.yaml` judges, and not that
//! commit's.

use clap::{ArgAction, ArgMatches, Command as Clap};

use super::input_flags::flags;
use super::{ledger_verb, one_stack};
use crate::base::env::Env;
use crate::base::error::{Error, Problem, Result};
use crate::base::git::{self, short_commit};
use crate::ci::console::Console;
use crate::ci::standing::Standing;
use crate::commands::early;
use crate::commands::run::run_request;
use crate::delivery::DeliveryEvent;
use crate::delivery::history::RepositoryHistory;
use crate::delivery::judging::{Judging, judging_file};
use crate::delivery::own_checkout::OwnCheckout;
use crate::delivery::place::ForgeAccess;
use crate::engine::job::{Job, Rollback};
use crate::inputs::Command;
use crate::inputs::file::ConfigFile;
use crate::inputs::headings::StackInputs;
use crate::inputs::resolve::Flags;
use crate::process::signals::Signals;
use crate::report::Reason;
use crate::run::gates::place_in_history;
use crate::run::gates::place_in_history::refuse_a_commit_out_of_place;
use crate::run::gates::top;
use crate::run::prepare::{RunRequest, Until, prepare};

const TO: &str = "to";
const PREVIEW_ONLY: &str = "preview-only";

/// Deploys a commit that was left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollbackAsk {
    /// The commit, by its hash or the beginning of it.
    pub to: String,
    /// Whether it is only shown what it would do.
    pub preview_only: bool,
}

impl RollbackAsk {
    /// The subcommand.
    pub fn clap() -> Clap {
        let preview_only = clap::Arg::new(PREVIEW_ONLY)
            .long(PREVIEW_ONLY)
            .help("Only show what it would do, with the digest of that")
            .action(ArgAction::SetTrue)
            .display_order(0);
        let to = ledger_verb::text(TO, "COMMIT", "The commit to deploy, which the default branch contains");
        Clap::new("rollback")
            .about("Deploy a commit that was deployed before")
            .arg(one_stack::stack_argument())
            .arg(to.required(true).display_order(0))
            .arg(preview_only)
            .args(flags(&[Command::Up]))
    }

    /// What the command line asks for.
    pub fn given(matches: &ArgMatches) -> Self {
        Self { to: ledger_verb::given(matches, TO), preview_only: matches.get_flag(PREVIEW_ONLY) }
    }
}

/// Rolls back. Returns the exit status.
pub async fn run(
    ask: &RollbackAsk,
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<u8> {
    let request = RunRequest::new(Some(Command::Up), flags, env);
    let mut found = prepare(&request, Until::FirstError, console);
    found.tell(console);
    if let Some(error) = found.take_error() {
        return Ok(early::end(found, &request, &error, console).status);
    }
    let job = found.into_job()?;
    let (checkout, commit, judging) = match prepare_rollback(ask, &job).await {
        Ok(prepared) => prepared,
        Err(error) => {
            drop(job);
            let found = prepare(&request, Until::FirstError, console);
            return Ok(early::end(found, &request, &error, console).status);
        }
    };
    console.line(&format!("rollback: commit `{commit}`, in a checkout of our own"));
    let mut flags = flags.clone();
    let below = folder_below_top(&job)?;
    let folder = if below.is_empty() { checkout.top() } else { checkout.top().join(&below) };
    flags.insert(StackInputs::cwd.name(), vec![folder.display().to_string()]);
    let command = if ask.preview_only { Command::Preview } else { Command::Up };
    let rollback = Rollback { commit, judged_from: top(&job) };
    let there = RunRequest { rollback: Some(&rollback), ..RunRequest::new(Some(command), &flags, env) };
    if let Ok(then) = prepare(&there, Until::FirstError, console).into_job()
        && then.identity() != job.identity()
    {
        let error = refused(
            format!(
                "in commit `{}` this stack is another one, or its state lies elsewhere",
                short_commit(&rollback.commit)
            ),
            "revert the commits in between, and deploy that",
        );
        let found = prepare(&request, Until::FirstError, console);
        return Ok(early::end(found, &request, &error, console).status);
    }
    drop(job);
    let ended = Box::pin(run_request(&there, Some(&judging), console, signals)).await?;
    drop(checkout);
    Ok(ended.status)
}

/// Checks the commit out, once it is certain that the repository's own people have merged it. Returns the checkout, the
/// commit's whole hash, and what judges the run.
async fn prepare_rollback(ask: &RollbackAsk, job: &Job<'_>) -> Result<(OwnCheckout, String, Judging)> {
    let forge = ForgeAccess::find(job.ci, job.env, &job.context, &job.inputs)?;
    let client = forge.as_ref().map(ForgeAccess::client);
    let history = RepositoryHistory::new(&top(job), job.env, &job.context, client.as_ref());
    place_in_history::refuse_a_change("rollback", job, &history).await?;
    // The present file judges: it has to be the newest one.
    refuse_a_commit_out_of_place(job, &history).await?;
    let checkout = OwnCheckout::beside(&top(job), job.env)?;
    let commit = whole_hash(&ask.to, &checkout).await?;
    let default = history.default_branch().await.ok_or_else(|| {
        refused(
            "the name of the default branch is not known".to_owned(),
            "give the job a token that can read the repository",
        )
    })?;
    match history.contains(&default, &commit).await {
        Ok(true) => {}
        Ok(false) => {
            return Err(refused(
                format!("`{default}` does not contain commit `{}`", short_commit(&commit)),
                "name a commit that was merged; `git log` lists them",
            ));
        }
        Err(why) => {
            return Err(refused(
                format!(
                    "whether `{default}` contains commit `{}` is not known: {why}",
                    short_commit(&commit)
                ),
                "give the job a token that can read the repository, or check out the whole history",
            ));
        }
    }
    let own = match job.standing {
        Standing::Ours => ConfigFile::in_folder(&top(job), false)?,
        _ => None,
    };
    let event = DeliveryEvent::from_context(&job.context);
    let judging = judging_file(&history, &event, own.as_ref(), true).await?;
    checkout
        .check_out(&commit)
        .await
        .map_err(|Problem { what, hint }| refused(what, hint.unwrap_or_default()))?;
    Ok((checkout, commit, judging))
}

/// The whole hash of the commit that is named.
async fn whole_hash(named: &str, checkout: &OwnCheckout) -> Result<String> {
    let is_hash = named.len() >= 7 && named.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hash {
        return Err(Error::input(
            format!("`{named}` is not a commit"),
            "name it by its hash, or by the first seven digits of that at least",
        ));
    }
    if matches!(named.len(), 40 | 64) {
        return Ok(named.to_ascii_lowercase());
    }
    checkout.whole_hash(named).await.ok_or_else(|| {
        Error::input(
            format!("this checkout has no commit `{named}`"),
            "name it by its whole hash, as the checkout may not have the history",
        )
    })
}

/// The project's folder, from the top of the repository.
fn folder_below_top(job: &Job<'_>) -> Result<String> {
    let cwd = &job.inputs.stack.cwd;
    git::below_top_of(cwd, cwd).map(|below| below.display().to_string()).ok_or_else(|| {
        refused("the project lies outside of the repository".to_owned(), "set `cwd` to its folder")
    })
}

fn refused(what: impl std::fmt::Display, hint: impl Into<String>) -> Error {
    Error::Refused { what: format!("`rollback` is refused: {what}"), hint: hint.into(), reason: Reason::Gate }
}
