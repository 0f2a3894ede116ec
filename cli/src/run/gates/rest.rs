//! What is left of a deployment that broke off: a part of it, and no other change. What let the whole pass lets the rest pass
//! as well: a person who accepted it, a broken glass, approvals, a digest that was named as reviewed.
//!
//! The ledger's reservation has the record of the change that was begun, where no comment has it and there is room. By that
//! the rest is compared with the whole as a change is with a reviewed one: steps whose goal is reached count as done.

use super::Gates;
use super::facts::GateFacts;
use super::unreviewed::by_records;
use super::whole_change::{RestOfChange, WholeChange};
use crate::ci::console::Console;
use crate::ledger::Ledger;
use crate::ledger::entry::LedgerEntry;
use crate::ledger::history::History;
use crate::report::{Operation, Reason, Report, ReviewComparison};
use crate::reviewed::in_comment;

/// The longest record that is kept, in characters.
const LONGEST: usize = 1 << 20;

/// The differences to the whole that a note names.
const NAMED: usize = 3;

/// The deployment that broke off before this run, if nothing else has begun since.
fn broken_off<'g>(gates: &'g GateFacts<'_>) -> Option<&'g LedgerEntry> {
    let own = gates.job.inputs.command.word();
    let last = gates.judged.past.as_ref().filter(|_| gates.changes()).and_then(History::broken_off)?;
    (last.command.as_deref().unwrap_or(Operation::Up.name()) == own).then_some(last)
}

/// The change whose deployment broke off before this run. None if there is none, or the ledger does not have its record.
pub(super) fn find_whole(gates: &GateFacts<'_>) -> Option<WholeChange> {
    let last = broken_off(gates)?;
    let (word, digest) = (last.record.as_deref()?, last.digest.as_deref()?);
    Some(WholeChange { record: in_comment::unpacked(word, digest)?, word: word.to_owned() })
}

impl Gates<'_> {
    /// Finds out whether the preview proposes what is left of the deployment that broke off.
    pub(super) fn look_for_the_rest(&mut self, report: &Report) {
        let (facts, own) = (&self.facts, report.review.as_ref());
        let (Some(whole), Some(proposed), Some(own)) = (&facts.whole, &facts.proposed, own) else { return };
        if own.digest == whole.record.digest {
            return;
        }
        let found = by_records(facts, proposed, std::slice::from_ref(&whole.record), None);
        let Ok(found) = found else { return };
        if found.passed() {
            let (digest, word) = (whole.record.digest.clone(), whole.word.clone());
            self.facts.rest = Some(RestOfChange { digest, done: found.done, word });
            return;
        }
        let named: Vec<&str> =
            found.differences.iter().take(NAMED).map(|difference| difference.message.as_str()).collect();
        let number = broken_off(facts).map_or(0, |last| last.number);
        self.not_the_rest = Some(format!(
            "this is not the rest of the deployment that broke off, entry {number} of the ledger: {}",
            named.join("; ")
        ));
    }

    /// The record of the change that is about to be deployed, for the ledger. None if a comment or a file has it, if nothing
    /// hangs on its digest, or if there is no room for it.
    pub(super) fn record_for_the_ledger(
        &self,
        report: Option<&Report>,
        ledger: &Ledger,
        console: &Console,
    ) -> Option<String> {
        let facts = &self.facts;
        let hangs_on_it = facts.is_compared()
            || !facts.approvers.is_empty()
            || !facts.reviewed.digests.is_empty()
            || !facts.approved.digests.is_empty();
        let report = report.filter(|_| hangs_on_it && ledger.has_room_for_records())?;
        if report.comparison.as_ref().is_some_and(ReviewComparison::passed) {
            return None;
        }
        let word = if let Some(rest) = &facts.rest {
            rest.word.clone()
        } else {
            let record = report.review.as_deref()?.clone().masked(&|text| console.masker().mask(text));
            in_comment::packed(&record)?
        };
        (word.len() <= LONGEST).then_some(word)
    }
}

/// The way out where it can't be told that a change is what is left of one whose deployment broke off: the
/// ledger does not have its record, and result files do.
pub(super) fn way_out(gates: &GateFacts<'_>) -> Option<String> {
    let last = broken_off(gates).filter(|_| gates.whole.is_none())?;
    let word = if gates.job.rollback.is_some() { "rollback" } else { gates.job.inputs.command.word() };
    Some(format!(
        "if this is the rest of the deployment of {} that broke off (entry {} of the ledger, which does not have what it was \
         about to do), show that by the result file of the preview or of the refusal that showed all of it: `stackstep {word} {} --reviewed RESULT-FILE`",
        last.time,
        last.number,
        gates.stack_on_the_line()
    ))
}

/// Whether the rest of a deployment can be refused for this reason, so that it matters that it is the rest.
pub(super) fn matters_for(reason: Reason) -> bool {
    matches!(reason, Reason::Reviewed | Reason::Approval)
}
