//! The entries that a run writes into the ledger.

use super::facts::{GateFacts, reviewed};
use super::ledger;
use crate::base::git::short_commit;
use crate::base::machine::host_name;
use crate::ledger::entry::{EntryCheck, EntryKind, EntryVerdict, LedgerEntry};
use crate::ledger::history::History;
use crate::report::{CheckOutcome, Reason, Report, RuleVerdict};

fn new(gates: &GateFacts<'_>, kind: EntryKind) -> LedgerEntry {
    let job = gates.job;
    let mut entry = ledger::new_entry(job, kind);
    entry.actor.clone_from(&job.context.actor);
    entry.command = Some(job.inputs.command.word().to_owned());
    entry
}

/// The entry before the operation.
pub(super) fn reserved(gates: &GateFacts<'_>, preview: Option<&Report>) -> LedgerEntry {
    let (job, context) = (gates.job, &gates.job.context);
    let mut entry = new(gates, EntryKind::Reserved);
    entry.commit = context.commit.clone().or_else(|| context.merge_commit.clone());
    if job.rollback.is_some() {
        // What was loosened since the last deployment judges nothing after a rollback either.
        let before = gates.judged.past.as_ref().and_then(History::deployed);
        let judged = before.and_then(LedgerEntry::judging_commit).map(str::to_owned);
        entry.judged_by = judged.or_else(|| job.ci.context(job.env).commit);
    }
    entry.branch.clone_from(&context.branch);
    entry.tag.clone_from(&context.tag);
    entry.environment.clone_from(&job.inputs.forge.environment);
    entry.host = host_name(job.env);
    entry.source.clone_from(&gates.source);
    entry.state_before = gates.state.as_ref().map(ToString::to_string);
    entry.change_requests.clone_from(&gates.change_requests);
    entry.approvers.clone_from(&gates.approvers);
    entry.last_judged = gates.judged.is_last;
    let operation = &job.inputs.operation;
    entry.in_part = !operation.target.is_empty() || !operation.exclude.is_empty();
    entry.reason =
        job.rollback.as_ref().map(|rollback| format!("rollback to {}", short_commit(&rollback.commit)));
    if let Some(preview) = preview {
        if let Some(record) = &preview.review {
            let rest = gates.rest.as_ref().map(|rest| rest.digest.clone());
            entry.digest = Some(reviewed(preview).or(rest).unwrap_or_else(|| record.digest.clone()));
            entry.config.clone_from(&record.config.file);
        }
        let verdict = |verdict: RuleVerdict| match verdict {
            RuleVerdict::Allowed => "allowed",
            RuleVerdict::Approval => "needs-approval",
            RuleVerdict::Refused => "refused",
        };
        let rulings = preview.rules.iter().flat_map(|rules| &rules.rulings);
        entry.verdicts = rulings
            .map(|ruling| EntryVerdict {
                rule: ruling.rule.clone(),
                verdict: verdict(ruling.verdict).to_owned(),
            })
            .collect();
    }
    entry
}

/// The entry of a refusal, for this reason, of the change with this digest. `why`: the message.
pub(super) fn refused(gates: &GateFacts<'_>, reason: Reason, digest: &str, why: &str) -> LedgerEntry {
    let context = &gates.job.context;
    let mut entry = new(gates, EntryKind::Refused);
    entry.commit = context.commit.clone().or_else(|| context.merge_commit.clone());
    entry.source.clone_from(&gates.source);
    entry.change_requests.clone_from(&gates.change_requests);
    (entry.digest, entry.gate) = (Some(digest.to_owned()), Some(reason.name().to_owned()));
    entry.reason = Some(why.to_owned());
    entry
}

/// A further entry about the deployment that was reserved.
pub(super) fn about(gates: &GateFacts<'_>, kind: EntryKind, reserved: &LedgerEntry) -> LedgerEntry {
    let mut entry = new(gates, kind);
    entry.about = Some(reserved.number);
    entry.commit.clone_from(&reserved.commit);
    entry.source.clone_from(&reserved.source);
    entry.digest.clone_from(&reserved.digest);
    entry.in_part = reserved.in_part;
    entry
}

/// The results of the checks.
pub(super) fn checks(report: &Report) -> Vec<EntryCheck> {
    let word = |outcome: CheckOutcome| match outcome {
        CheckOutcome::Passed => "passed",
        CheckOutcome::Failed => "failed",
        CheckOutcome::Inconclusive => "inconclusive",
    };
    let check = |check: &crate::report::CheckResult| EntryCheck {
        check: check.name.clone(),
        result: word(check.outcome).to_owned(),
    };
    report.checks.iter().map(check).collect()
}
