//! Judges a run: finds its settings and its ledger, takes the stricter of two versions of the settings, and hands the job the
//! checks and rules that follow.

use super::facts::JudgedRun;
use super::glass::broken_glass;
use super::judged::{JudgedBy, file_of_last_deployment, judged_by, judging_of, top};
use super::without_entry::judged_without_entry;
use super::{ledger, unreviewed};
use crate::base::error::Result;
use crate::base::git::short_commit;
use crate::ci::console::Console;
use crate::delivery::StackSettings;
use crate::delivery::history::RepositoryHistory;
use crate::delivery::judging::Judging;
use crate::delivery::place::ForgeAccess;
use crate::delivery::settings::ApprovedBy;
use crate::delivery::stricter::stricter;
use crate::engine::job::Job;
use crate::inputs::{Command, Effect};
use crate::ledger::entry::LedgerEntry;
use crate::ledger::history::History;

/// Finds what the run is judged by, reads the ledger, and hands the job the checks that it has to make. `known` is the
/// judging file, if the map has been read from it.
pub async fn judge(job: &mut Job<'_>, known: Option<&Judging>, console: &Console) -> Result<JudgedRun> {
    let command = job.inputs.command;
    if job.stack.is_none() || !command.is_on_resources() {
        return Ok(JudgedRun::default());
    }
    let changes = command.effect() == Effect::Changes && !job.inputs.operation.preview_only;
    if changes && job.inputs.review.names_a_change() {
        job.inputs.safety.skip_preview = Some(false);
    }
    // Whoever uses no delivery pays for no connection to the forge.
    let Some(judging) = judging_of(job, known).await? else {
        return without_entry(job, changes, false, console).await;
    };
    let forge = ForgeAccess::find(job.ci, job.env, &job.context, &job.inputs)?;
    let client = forge.as_ref().map(ForgeAccess::client);
    let history = RepositoryHistory::new(&top(job), job.env, &job.context, client.as_ref());
    let (settings, version, is_own) = match judged_by(job, judging, &history, changes).await? {
        JudgedBy::Nothing => return without_entry(job, changes, true, console).await,
        JudgedBy::NotKnown(why) => return Ok(JudgedRun { not_known: Some(why), ..JudgedRun::default() }),
        JudgedBy::Settings { settings, version, is_own } => (*settings, version, is_own),
    };
    let mut judged = JudgedRun { settings: Some(settings), version, is_own, ..JudgedRun::default() };
    if changes {
        let ledger = ledger::open(job, forge.as_ref().map(|forge| &forge.place));
        console.line(&format!("ledger: {}", ledger.shown()));
        judged.past = ledger::read(&ledger).await?;
        judged.ledger = Some(ledger);
        if is_own {
            judged.tighten_by_last_deployment(job, &history).await?;
        }
    }
    let looks = judged.settings.as_ref().is_some_and(StackSettings::is_compared);
    if job.context.merge_queue && looks && command == Command::Preview {
        let ledger = ledger::open(job, forge.as_ref().map(|forge| &forge.place));
        // What can't be read is not known: then the queue's run does not compare, and says so.
        judged.past = Box::pin(ledger.history()).await.ok().flatten();
    }
    judged.forge = forge;
    hand_over(job, &judged, changes)?;
    Ok(judged)
}

/// Judges a run of a stack without an entry.
async fn without_entry(
    job: &mut Job<'_>,
    changes: bool,
    has_delivery: bool,
    console: &Console,
) -> Result<JudgedRun> {
    if !changes {
        return Ok(JudgedRun::default());
    }
    let judged = Box::pin(judged_without_entry(job, has_delivery, console)).await?;
    hand_over(job, &judged, changes)?;
    Ok(judged)
}

/// Hands the job the checks and rules of the settings.
fn hand_over(job: &mut Job<'_>, judged: &JudgedRun, changes: bool) -> Result<()> {
    if let Some(settings) = &judged.settings {
        unreviewed::check_tolerances(&settings.tolerate)?;
        for check in &settings.checks.list {
            let _ = job.checks.add(check.clone(), false);
        }
        let own = &settings.checks;
        if !own.is_empty() {
            (job.checks.timeout, job.checks.inconclusive) = (own.timeout, own.inconclusive);
            // The commands of a rollback's checks are those of the checkout that judges it, and not of the commit.
            let folder =
                job.rollback.as_ref().map_or_else(|| top(job), |rollback| rollback.judged_from.clone());
            (job.checks.on_failed, job.checks.folder) = (own.on_failed, Some(folder));
        }
        job.rules = job.rules.on_top_of(&settings.rules)?;
        let now = job.env.clock().time();
        let is_broken = judged.past.as_ref().is_some_and(|past| broken_glass(past, now).is_some());
        let asks = settings.is_compared() || settings.approvals.is_some();
        let looks = !settings.rules.is_empty() || asks || is_broken;
        if changes && looks && job.inputs.command != Command::Refresh {
            job.inputs.safety.skip_preview = Some(false);
        }
    }
    Ok(())
}

impl JudgedRun {
    /// Takes the stricter of the settings and those of the commit that the stack deployed last.
    async fn tighten_by_last_deployment(
        &mut self,
        job: &Job<'_>,
        history: &RepositoryHistory<'_>,
    ) -> Result<()> {
        // After a rollback it is the file that judged the rollback, and not that of the commit which came back.
        let deployed = self.past.as_ref().and_then(History::deployed);
        let deployed = deployed.and_then(LedgerEntry::judging_commit).map(str::to_owned);
        let (Some(commit), Some(stack), Some(now)) = (deployed, &job.stack, self.settings.clone()) else {
            return Ok(());
        };
        if job.rollback.is_none()
            && job.context.commit.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(&commit))
        {
            return Ok(());
        }
        let before = file_of_last_deployment(job, &commit, history).await?;
        let before = before.as_ref().and_then(|before| before.settings(stack));
        let (both, loosened) = match before {
            Some(before) => {
                let by_ssh =
                    before.approvals.as_ref().is_some_and(|wanted| wanted.by.contains(&ApprovedBy::Ssh));
                self.earlier = by_ssh.then(|| commit.clone());
                self.last = Some(commit.clone());
                stricter(before, &now)
            }
            None => (now, Vec::new()),
        };
        (self.settings, self.loosened) = (Some(both), loosened);
        self.version = format!("this commit and commit `{}`, which was deployed last", short_commit(&commit));
        Ok(())
    }
}
