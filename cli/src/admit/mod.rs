//! Whether this run may do what it asks: rules that can refuse it, and the identity that it signs in with.

pub mod approvals;
pub mod between;
pub mod credentials;
pub mod esc;
pub mod ruling;
pub mod sign_in;
pub mod trust;

use std::time::Duration;

use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::git;
use crate::base::git::remote::{HeadQuestion, head_in};
use crate::ci::console::Console;
use crate::ci::{ALLOW_DEBUG_TRACE, CiSystem, Level};
use crate::engine::job::Job;
use crate::inputs::Command;
use crate::inputs::headings::Stale;
use crate::process::helper;
use crate::report::Reason;

use trust::{Question, TrustVerdict};

/// Judges the run before anything is searched for or spent. Asks the remote for the branch's head only if old commits
/// are to be refused; [`left_behind`] asks while the engine works.
pub async fn admit(job: &Job<'_>, console: &Console) -> Result<()> {
    refuse_open_log(job.ci, job.env)?;
    let refuses = job.inputs.safety.stale == Stale::Refuse;
    let head = if refuses { branch_head(job).await } else { None };
    if let (true, None, Some(branch)) = (refuses, &head, deployed_branch(job)) {
        return Err(Error::Refused {
            what: format!("`up` is refused: the head of `{branch}` could not be read from `origin`"),
            hint: "let `git ls-remote origin` work in the job (credentials of the checkout), or leave `stale: refuse` out"
                .to_owned(),
            reason: Reason::Gate,
        });
    }
    match judge(job, head.as_deref()) {
        TrustVerdict::Go => Ok(()),
        TrustVerdict::Warn { what, hint } => {
            console.annotate(Level::Warning, "stackstep", &format!("{what}\nhint: {hint}"));
            Ok(())
        }
        TrustVerdict::Skip { why, maintainer } => {
            Err(Error::Skipped { what: why, hint: maintainer, reason: Some(Reason::Untrusted) })
        }
        TrustVerdict::Refuse { reason, what, hint } => Err(Error::Refused { what, hint, reason }),
    }
}

/// Refuses to bring secrets into a job whose log shows all variables.
pub fn refuse_open_log(ci: &dyn CiSystem, env: &Env) -> Result<()> {
    match (ci.variables().shown_by)(env) {
        Some(variable) if !env.is_true(ALLOW_DEBUG_TRACE) => Err(Error::Refused {
            what: format!(
                "refused: `{variable}` is set, so this job's log shows every variable, secrets included"
            ),
            hint: format!(
                "take `{variable}` away, and change the secrets that the log has shown; where nobody else can read \
                 the log, `{ALLOW_DEBUG_TRACE}: \"true\"` lets it run"
            ),
            reason: Reason::Gate,
        }),
        _ => Ok(()),
    }
}

/// A warning for the report if the branch has newer commits by now. The deployment does not wait for it.
pub async fn left_behind(job: &Job<'_>) -> Option<String> {
    if job.inputs.safety.stale != Stale::Warn {
        return None;
    }
    let head = branch_head(job).await?;
    match judge(job, Some(&head)) {
        TrustVerdict::Warn { what, hint } => Some(format!("{what}; {hint}")),
        _ => None,
    }
}

fn judge(job: &Job<'_>, branch_head: Option<&str>) -> TrustVerdict {
    // A fork's job may ask for an identity, but the CI system gives it none.
    let identity = sign_in::identity::is_there(&job.inputs, job.ci, job.env);
    let work_folder = git::checkouts_around(&job.inputs.stack.cwd);
    let credentials = credentials::credentials(&job.seen_by_engine, &job.backend, identity);
    let question = Question::about_run(
        job.ci,
        &job.context,
        &job.inputs,
        &credentials,
        &work_folder,
        job.review.is_some(),
    );
    trust::judge(&Question { branch_head, ..question })
}

/// The branch of an `up` whose commit is known.
fn deployed_branch<'j>(job: &'j Job<'_>) -> Option<&'j str> {
    let deploys = job.inputs.command == Command::Up && job.context.commit.is_some() && job.rollback.is_none();
    // A fork's branch is none of `origin`.
    job.context.branch.as_deref().filter(|_| deploys && job.context.fork != Some(true))
}

/// The time limit for asking the remote for a branch's head.
const PATIENCE: Duration = Duration::from_secs(5);

/// The commit that this branch is at now. None if it can't be told: no git, no network, no rights.
async fn branch_head(job: &Job<'_>) -> Option<String> {
    let HeadQuestion { program, args, environment, folder } =
        HeadQuestion::about(&job.inputs.stack.cwd, deployed_branch(job)?, job.env)?;
    let answer = helper::read_apart(&program, &args, folder.path(), environment, PATIENCE).await?;
    head_in(&answer)
}
