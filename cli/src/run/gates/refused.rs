//! The refusal of a deployment by a gate after the preview: what the report names as the way out, and the entry `refused`
//! of the ledger, by which people know of it and which `accept` names.

use super::facts::GateFacts;
use super::{Gates, entry, glass, rest};
use crate::ci::console::Console;
use crate::delivery::DeliveryEvent;
use crate::ledger::NotAppended;
use crate::ledger::entry::EntryKind;
use crate::ledger::history::History;
use crate::report::{Reason, Report};

impl Gates<'_> {
    /// Completes the report of a run that a gate has refused by the ways out, and writes the refusal into the ledger: once
    /// for each change and gate. Trouble in writing is a note.
    pub(super) async fn refuse(&self, report: &mut Report, console: &Console) {
        let Some(reason) = report.reason.filter(|reason| is_of_a_gate(*reason)) else { return };
        let digest = report.review.as_ref().map(|record| record.digest.clone());
        let (Some(digest), Some(_)) = (digest, self.facts.settings()) else { return };
        report.hint = ways_out(&self.facts, reason, &digest, report.hint.as_deref());
        report.notes.extend(self.not_the_rest.clone().filter(|_| rest::matters_for(reason)));
        let why = report.message.clone().unwrap_or_default();
        let written = self.write_refusal(reason, &digest, &why, console).await;
        report.notes.extend(written);
    }

    /// Writes the refusal, unless the last one is the same. Returns a note if it can't be written.
    pub(super) async fn write_refusal(
        &self,
        reason: Reason,
        digest: &str,
        why: &str,
        console: &Console,
    ) -> Option<String> {
        // What a change request's job is refused is nothing that waits for anybody.
        if DeliveryEvent::from_context(&self.facts.job.context).is_proposed() {
            return None;
        }
        let ledger = self.facts.judged.ledger.as_ref().filter(|ledger| ledger.missing().is_none())?;
        let refusal = entry::refused(&self.facts, reason, digest, why);
        let refusal = refusal.masked(&|text| console.masker().mask(text));
        let appended = Box::pin(ledger.append(|past: &History| {
            let is_known = past.refused().is_some_and(|last| {
                last.is_about_change(digest) && last.gate.as_deref() == Some(reason.name())
            });
            if is_known { Err(()) } else { Ok(refusal.clone()) }
        }));
        match appended.await {
            Err(NotAppended::Trouble(trouble)) => Some(format!(
                "the ledger has no `{}` of this run: {}",
                EntryKind::Refused,
                trouble.problem.what
            )),
            Err(NotAppended::Decided(())) => {
                self.is_known_refusal.set(true);
                None
            }
            Ok(_) => None,
        }
    }

    /// Whether an earlier run was refused the same change by the same gate, and nothing has begun since: those who hear of
    /// refusals have heard of it.
    pub fn is_known_refusal(&self) -> bool {
        self.is_known_refusal.get()
    }
}

/// Whether a gate after the preview refuses for this reason.
fn is_of_a_gate(reason: Reason) -> bool {
    matches!(reason, Reason::Rules | Reason::Approval | Reason::Reviewed)
}

/// The ways out of a refusal, the plainest first.
fn ways_out(gates: &GateFacts<'_>, reason: Reason, digest: &str, first: Option<&str>) -> Option<String> {
    let has_ledger = gates.judged.ledger.as_ref().is_some_and(|ledger| ledger.missing().is_none());
    let mut ways: Vec<String> =
        first.filter(|text| !text.is_empty()).map(str::to_owned).into_iter().collect();
    if reason == Reason::Approval {
        let from =
            gates.settings().and_then(|settings| settings.approvals.as_ref()).map(|wanted| &wanted.from);
        if let Some(from) = from.filter(|from| !from.is_empty()) {
            ways.push(format!("`approvals.from` names who may approve: {}", from.join(", ")));
        }
    }
    if rest::matters_for(reason) {
        ways.extend(rest::way_out(gates));
    }
    // What a gate of the CI system has shown is shown again by a new run, and nobody accepts it away.
    if has_ledger && reason == Reason::Reviewed && gates.approved.is_by_comments() {
        ways.push(format!(
            "to deploy this very change as it is: `stackstep accept {} --digest {digest} --reason …`",
            gates.stack_on_the_line()
        ));
    }
    if has_ledger && reason != Reason::Rules {
        ways.extend(glass::way_out(gates, digest));
    }
    (!ways.is_empty()).then(|| ways.join("; "))
}
