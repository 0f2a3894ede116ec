//! With what the stacks of a repository are compared: one commit, or what each has last deployed.

use std::collections::BTreeSet;
use std::path::Path;

use super::deployed;
use crate::base::env::Env;
use crate::base::error::{Error, Problem, Result};
use crate::base::git::objects::seen_of_origin;
use crate::ci;
use crate::ci::Level;
use crate::ci::console::Console;
use crate::fleet::affected::{AskedStacks, Compared, StackVerdict, unaffected, verdicts};
use crate::fleet::changes::{ChangedPaths, ComparedCheckout};
use crate::fleet::left_behind::left_behind;
use crate::fleet::settings::FleetSettings;
use crate::fleet::{FoundProject, RepositoryStacks};
use crate::inputs::resolve::Flags;
use crate::process::signals::Signals;

/// The most commits since which it is looked for what a change has left behind, where each stack has its own.
const COMMITS: usize = 20;

/// The stacks of a repository that are compared.
#[derive(Clone, Copy)]
pub struct StacksToCompare<'a> {
    /// The top of the repository.
    pub top: &'a Path,
    /// Its stacks.
    pub found: &'a RepositoryStacks,
    /// All its projects.
    pub all: &'a [FoundProject],
}

impl StacksToCompare<'_> {
    /// With what they are compared: `since`, or where that is empty the branch from which the change request branched off, or in a
    /// job that is about none what each has last deployed. `flags` are those of the command.
    pub async fn compared(
        &self,
        since: &str,
        flags: &Flags,
        env: &Env,
        console: &mut Console,
        signals: &Signals,
    ) -> Result<Compared> {
        let Self { top, found, all } = *self;
        let mut warnings = Vec::new();
        let compared = if let Some(since) = named_since(since, top, env)? {
            let (changes, told) = changes_since(top, &since, all, env).await?;
            warnings.extend(told);
            Compared::Together(changes)
        } else {
            let apart = deployed::compared_apart(top, found, flags, env, console, signals);
            let (apart, told) = Box::pin(apart).await?;
            warnings.extend(told);
            for changes in apart.changes().iter().take(COMMITS) {
                warnings.extend(gone(top, changes, all, env).await);
            }
            Compared::Apart(apart)
        };
        let mut told = BTreeSet::new();
        for warning in warnings.into_iter().filter(|warning| told.insert(warning.what.clone())) {
            console.annotate(Level::Warning, "stackstep", &warning.to_string());
        }
        Ok(compared)
    }

    /// What can affect each of them. Where nothing has changed, what they are made from is told only if it is `explained`.
    pub fn verdicts(
        &self,
        asked: AskedStacks<'_>,
        settings: &FleetSettings,
        explained: bool,
    ) -> Vec<StackVerdict> {
        // Without a change there is nothing to follow.
        if asked.compared.is_nothing() && asked.esc.is_empty() && !explained {
            unaffected(self.top, self.found)
        } else {
            verdicts(self.top, self.found, self.all, asked, settings)
        }
    }
}

/// The changes since one commit, for all stacks, and what people should know about them.
async fn changes_since(
    top: &Path,
    since: &str,
    all: &[FoundProject],
    env: &Env,
) -> Result<(ChangedPaths, Vec<Problem>)> {
    let changes = match ComparedCheckout::open(top, env) {
        Ok(checkout) => checkout.since_branched_off(since).await?,
        Err(why) => ChangedPaths::unknown(why),
    };
    let mut told = gone(top, &changes, all, env).await;
    if let Some(why) = &changes.unknown {
        told.push(Problem::new(
            format!("every stack counts as affected, as it is not known what has changed: {why}"),
            "let the job check out the whole history (`fetch-depth: 0` on GitHub, `GIT_DEPTH: 0` on GitLab)",
        ));
    }
    Ok((changes, told))
}

/// What the changes leave behind.
async fn gone(top: &Path, changes: &ChangedPaths, all: &[FoundProject], env: &Env) -> Vec<Problem> {
    if changes.is_nothing() {
        return Vec::new();
    }
    match ComparedCheckout::open(top, env) {
        Ok(checkout) => left_behind(&checkout, top, changes, all).await,
        Err(_) => Vec::new(),
    }
}

/// The commit with which all stacks are compared: the one that is named, or the head of the branch from which the change request
/// branched off. None in a job that is about no change request.
fn named_since(since: &str, top: &Path, env: &Env) -> Result<Option<String>> {
    if !since.is_empty() {
        return Ok(Some(since.to_owned()));
    }
    let ci = ci::detect(env);
    let context = ci.context(env);
    let is_a_change = context.change_request.is_some() || context.proposed;
    let Some(branch) = context.target_branch.clone().filter(|_| is_a_change) else {
        if is_a_change {
            return Err(Error::input(
                "`--since` names no commit, and the job does not say which branch the change request goes to",
                "name the branch to compare with: `--since main`",
            ));
        }
        return Ok(None);
    };
    // Where the checkout does not have it, that is said when its objects are read.
    Ok(Some(seen_of_origin(top, &branch).or_else(|| ci.target_commit(env)).unwrap_or(branch)))
}
