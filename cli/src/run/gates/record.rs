//! What a run writes into its stack's ledger: that a deployment begins, how it ended, what its checks found.

use super::{Gates, entry, ledger};
use crate::base::error::{Error, Result};
use crate::base::words::Words as _;
use crate::checks::settings::OnFailedCheck;
use crate::ci::console::Console;
use crate::engine::executor::Executor;
use crate::inputs::Command;
use crate::ledger::Ledger;
use crate::ledger::entry::{EntryKind, EntryStatus, LedgerEntry};
use crate::ledger::history::History;
use crate::ledger::state_identity::StateIdentity;
use crate::process::signals::Signals;
use crate::report::{CheckOutcome, Reason, Report, Status};

impl Gates<'_> {
    /// Writes into the ledger that the deployment begins. Fails if the ledger can't be written: then nothing is deployed.
    pub async fn reserve(
        &mut self,
        report: Option<&Report>,
        executor: &dyn Executor,
        console: &Console,
        signals: &Signals,
    ) -> Result<()> {
        // A stack that was not there has been created by the preview.
        if let Some(before) = self.facts.state.as_ref().filter(|before| **before != StateIdentity::NoStack)
            && let Some(now) = ledger::state_seen(self.facts.job, executor, console, signals).await
            && now != *before
        {
            return Err(self.facts.refusal(
                format!("the stack has moved since the preview: its state was {before} and is {now}"),
                "somebody else has deployed it; run the job again, so that the change is compared with what is there",
                Reason::Reviewed,
            ));
        }
        if let Some(refusal) = self.put_off.pop() {
            return Err(refusal);
        }
        let Some(ledger) = &self.facts.judged.ledger else { return Ok(()) };
        if let Some(missing) = ledger.missing() {
            let cant = ledger.not_promised().join("; ");
            self.notes.push(format!("there is no ledger ({}), so that {cant}", missing.what));
            return Ok(());
        }
        let mut entry = entry::reserved(&self.facts, report).masked(&|text| console.masker().mask(text));
        entry.record = self.record_for_the_ledger(report, ledger, console);
        let approvers = self.facts.approvers.clone();
        let digest = entry.digest.clone().unwrap_or_default();
        let known = self.facts.judged.past.iter().flat_map(History::holds);
        let judged: Vec<u64> = known.map(|hold| hold.number).collect();
        let appended = Box::pin(ledger.append(|past: &History| {
            // What came while the preview ran counts as well.
            past.certain().map_err(ledger::refused)?;
            if let Some(hold) = past.holds().iter().find(|hold| !judged.contains(&hold.number)) {
                return Err(ledger::held(hold, &self.facts));
            }
            ledger::refuse_used_approvals(past, &approvers, &digest)?;
            Ok::<_, Error>(entry.clone())
        }));
        let entry = match appended.await.map_err(ledger::not_appended) {
            Ok(entry) => entry,
            Err(error) => {
                let own =
                    report.and_then(|report| report.review.as_ref()).map(|record| record.digest.as_str());
                if let (Some(Reason::Approval), Some(own)) = (error.reason(), own) {
                    let _ = self.write_refusal(Reason::Approval, own, &error.to_string(), console).await;
                }
                return Err(error);
            }
        };
        self.notes.extend(
            ledger.not_promised().into_iter().map(|cant| format!("the ledger can't promise all: {cant}")),
        );
        *self.reserved.borrow_mut() = entry;
        Ok(())
    }

    /// Writes into the ledger how the deployment ended. Trouble is a note: what is done is done.
    pub async fn finish(&self, report: &mut Report, console: &Console) {
        let (Some(ledger), Some(reserved)) = (&self.facts.judged.ledger, self.reserved.borrow().clone())
        else {
            return;
        };
        let status = match report.status {
            Status::Succeeded => EntryStatus::Succeeded,
            Status::Cancelled => EntryStatus::Cancelled,
            Status::Failed | Status::Skipped => EntryStatus::Failed,
        };
        let mut entry = entry::about(&self.facts, EntryKind::Finished, &reserved);
        entry.status = Some(status.clone());
        entry.counts = report.changes.clone().unwrap_or_default();
        self.write(ledger, entry, report, console).await;
        let whole = status == EntryStatus::Succeeded && self.facts.job.inputs.command == Command::Destroy;
        if whole && self.facts.job.inputs.operation.target.is_empty() {
            let entry = entry::about(&self.facts, EntryKind::Destroyed, &reserved);
            self.write(ledger, entry, report, console).await;
        }
    }

    /// Writes into the ledger what the checks after the deployment found, and holds the stack if a failed check does.
    /// Returns whether it is held.
    pub async fn verified(&self, report: &mut Report, console: &Console) -> bool {
        let (Some(ledger), Some(reserved)) = (&self.facts.judged.ledger, self.reserved.borrow().clone())
        else {
            return false;
        };
        let deployed =
            matches!(report.status, Status::Succeeded) || report.reason == Some(Reason::Verification);
        if !deployed || self.facts.job.inputs.command != Command::Up {
            return false;
        }
        let worst = report.checks.iter().map(|check| check.outcome).max_by_key(|outcome| match outcome {
            CheckOutcome::Passed => 0,
            CheckOutcome::Inconclusive => 1,
            CheckOutcome::Failed => 2,
        });
        let failed = worst == Some(CheckOutcome::Failed);
        let mut entry = entry::about(&self.facts, EntryKind::Verified, &reserved);
        entry.status = Some(match (worst, report.status) {
            (Some(CheckOutcome::Failed), _) => EntryStatus::Failed,
            (Some(CheckOutcome::Inconclusive), Status::Failed) => EntryStatus::Inconclusive,
            _ => EntryStatus::Succeeded,
        });
        entry.checks = entry::checks(report);
        self.write(ledger, entry, report, console).await;
        let holds = self.facts.job.checks.on_failed == OnFailedCheck::Hold;
        let mut is_held = false;
        if failed && holds {
            let mut hold = entry::about(&self.facts, EntryKind::Held, &reserved);
            hold.about = None;
            hold.gate = Some(Reason::Verification.name().to_owned());
            hold.reason = Some(format!("a check after the deployment failed: {}", failed_checks(report)));
            hold.link.clone_from(&self.facts.job.context.build_url);
            is_held = self.write(ledger, hold, report, console).await;
            if is_held {
                report.notes.push(format!(
                    "the stack is held: nothing is deployed until somebody releases it (`on-failed-check: {}`)",
                    self.facts.job.checks.on_failed.word()
                ));
            }
        }
        is_held
    }

    /// Writes an entry. Returns whether it is there; if not, the report has a note.
    async fn write(
        &self,
        ledger: &Ledger,
        entry: LedgerEntry,
        report: &mut Report,
        console: &Console,
    ) -> bool {
        let kind = entry.kind.clone();
        let appended = ledger::append(ledger, entry, console).await;
        if let Err(error) = &appended {
            let follows = match kind {
                EntryKind::Finished => "; a later run will take the deployment for unfinished",
                EntryKind::Held => "; the stack is not held",
                _ => "",
            };
            report.notes.push(format!("the ledger has no `{kind}` of this run: {error}{follows}"));
        }
        appended.is_ok()
    }
}

/// The names of the checks that failed.
fn failed_checks(report: &Report) -> String {
    let failed = report.checks.iter().filter(|check| check.outcome == CheckOutcome::Failed);
    failed.map(|check| format!("`{}`", check.name)).collect::<Vec<_>>().join(", ")
}
