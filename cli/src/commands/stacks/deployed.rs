//! What each stack has last deployed, as its ledger tells, and what has changed since then.

use std::collections::BTreeMap;
use std::path::Path;

use futures_util::future::join_all;

use crate::base::env::Env;
use crate::base::error::{Error, Problem, Result};
use crate::base::git::short_commit;
use crate::ci::console::Console;
use crate::commands::stack_jobs::{LookedAt, SignedIn};
use crate::delivery::place::forge_place;
use crate::engine::job::Job;
use crate::fleet::RepositoryStacks;
use crate::fleet::affected::{ComparedApart, StackPlace};
use crate::fleet::changes::{ChangedPaths, ComparedCheckout};
use crate::inputs::resolve::Flags;
use crate::ledger::LastDeployment;
use crate::ledger::history::History;
use crate::process::signals::Signals;
use crate::run::gates::ledger;

/// The number of ledgers that are read at once.
const AT_ONCE: usize = 16;

/// The most stacks that a warning names.
const NAMED: usize = 3;

/// What a stack has last deployed.
enum DeployedCommit {
    /// This commit, as a whole.
    Known(String),
    /// Something else than a commit describes, for this reason.
    Unsettled(String),
    /// That could not be found out, for this reason.
    NotKnown(String),
}

/// The changes since what each stack of the repository has last deployed, and what people should know about that.
pub(super) async fn compared_apart(
    top: &Path,
    found: &RepositoryStacks,
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<(ComparedApart, Vec<Problem>)> {
    let checkout = ComparedCheckout::open(top, env);
    let mut deployed = Vec::new();
    if checkout.is_ok() {
        deployed = deployed_commits(top, found, flags, env, console, signals).await?;
    }
    let mut apart = ComparedApart::default();
    let mut known: BTreeMap<String, ChangedPaths> = BTreeMap::new();
    let mut unknown: BTreeMap<String, Vec<String>> = BTreeMap::new();
    match &checkout {
        Err(why) => {
            for (place, name) in places(found) {
                unknown.entry(why.clone()).or_default().push(name);
                apart.add(place, Err(why.clone()));
            }
        }
        Ok(checkout) => {
            for ((place, name), commit) in places(found).zip(deployed) {
                let changes = match commit {
                    DeployedCommit::Known(commit) => {
                        let changes = match known.get(&commit) {
                            Some(changes) => changes.clone(),
                            None => checkout.since_commit(&commit).await,
                        };
                        known.insert(commit.clone(), changes.clone());
                        if let Some(why) = &changes.unknown {
                            unknown.entry(why.clone()).or_default().push(name);
                        }
                        match changes.unknown {
                            Some(why) => Err(format!(
                                "it last deployed {}, and what has changed since is not known: {why}",
                                short_commit(&commit)
                            )),
                            None => Ok(changes),
                        }
                    }
                    DeployedCommit::Unsettled(why) => Err(why),
                    DeployedCommit::NotKnown(why) => {
                        unknown.entry(why.clone()).or_default().push(name);
                        Err(format!("what it last deployed is not known: {why}"))
                    }
                };
                apart.add(place, changes);
            }
        }
    }
    let is_shallow = checkout.is_ok_and(|checkout| checkout.is_shallow());
    Ok((apart, unknown.into_iter().map(|(why, names)| told_together(&why, &names, is_shallow)).collect()))
}

/// The stacks in their order, with their names for people.
fn places(found: &RepositoryStacks) -> impl Iterator<Item = (StackPlace, String)> {
    found.projects.iter().flat_map(|project| {
        project
            .stacks
            .iter()
            .map(|stack| ((project.cwd.clone(), stack.clone()), format!("{}/{stack}", project.project)))
    })
}

/// The warning of stacks that count as affected, as something of them is not known.
fn told_together(why: &str, names: &[String], is_shallow: bool) -> Problem {
    let mut named: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(NAMED);
    if more > 0 {
        named.push(format!("{more} more"));
    }
    let verb = if names.len() == 1 { "counts" } else { "count" };
    let what = format!(
        "{} {verb} as affected, as it is not known what has changed since the last deployment: {why}",
        named.join(", ")
    );
    let hint = if is_shallow {
        "let the job check out the whole history (`fetch-depth: 0` on GitHub, `GIT_DEPTH: 0` on GitLab)"
    } else {
        "let the job read the ledger, as docs/ledger.md has it, or name a commit: `--since <commit>`"
    };
    Problem::new(what, hint)
}

/// What each stack has last deployed, in their order.
async fn deployed_commits(
    top: &Path,
    found: &RepositoryStacks,
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<Vec<DeployedCommit>> {
    let targets = found.projects.iter().flat_map(|project| {
        let folder = top.join(&project.cwd);
        let target = move |stack: &String| LookedAt::new(Some(project), &folder, Some(stack.clone()), flags);
        project.stacks.iter().map(target)
    });
    let targets: Vec<LookedAt> = targets.collect();
    let mut signed_in = SignedIn::default();
    let mut deployed = Vec::with_capacity(targets.len());
    for some in targets.chunks(AT_ONCE) {
        let mut jobs = Vec::with_capacity(some.len());
        for target in some {
            if let Some(signal) = signals.first() {
                return Err(Error::Stopped { signal: signal.number() });
            }
            match Box::pin(signed_in.job_of(&target.flags, env, console, signals)).await {
                Err(stopped @ Error::Stopped { .. }) => return Err(stopped),
                job => jobs.push(job),
            }
        }
        deployed.extend(join_all(jobs.into_iter().map(read_ledger)).await);
    }
    Ok(deployed)
}

async fn read_ledger(job: Result<Job<'_>>) -> DeployedCommit {
    let job = match job {
        Ok(job) => job,
        Err(error) => return DeployedCommit::NotKnown(Problem::from(&error).in_one_line()),
    };
    let place = forge_place(job.ci, job.env, &job.context, &job.inputs).ok();
    let book = ledger::open(&job, place.as_ref());
    if let Some(missing) = book.missing() {
        return DeployedCommit::NotKnown(format!("there is no ledger: {}", missing.in_one_line()));
    }
    match book.history().await {
        Ok(history) => deployed_by(&history.unwrap_or_default()),
        Err(trouble) => DeployedCommit::NotKnown(trouble.problem.in_one_line()),
    }
}

/// What the ledger says of it.
fn deployed_by(history: &History) -> DeployedCommit {
    if let Err(problem) = history.certain() {
        return DeployedCommit::NotKnown(problem.in_one_line());
    }
    match history.last_deployment() {
        LastDeployment::Never => DeployedCommit::Unsettled("its ledger has no deployment".to_owned()),
        LastDeployment::Unfinished(entry) => DeployedCommit::Unsettled(format!(
            "a deployment of it is under way or was killed, begun {}",
            entry.time
        )),
        LastDeployment::Between(entry) => {
            let command = entry.command.as_deref().unwrap_or("up");
            let did = match &entry.status {
                _ if entry.in_part => "was of some resources only".to_owned(),
                Some(status) => format!("has ended with `{}`", status.word()),
                None => "has ended in a way that is not known".to_owned(),
            };
            DeployedCommit::Unsettled(format!("its last `{command}` {did}, {}", entry.time))
        }
        LastDeployment::Whole(entry) => match &entry.commit {
            Some(commit) => DeployedCommit::Known(commit.clone()),
            None => DeployedCommit::Unsettled("its last deployment names no commit".to_owned()),
        },
    }
}
