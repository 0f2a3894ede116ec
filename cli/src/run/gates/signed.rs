//! The signed approvals of a deployment: where they were handed over, whose signatures count, and who they are.

use std::collections::BTreeSet;
use std::path::Path;

use super::facts::GateFacts;
use super::found_approvals::FoundApprovals;
use super::judged::top;
use super::merged_changes::MergedChanges;
use super::signed_people::SignedPeople;
use super::signers::{handed, is_named_in, lists};
use crate::admit::approvals::signed::{
    HandedApproval, SignedOperation, Signer, SignerList, WantedEnvelope, WhyNotSigned, verify,
};
use crate::base::error::Problem;
use crate::base::moment::Moment;
use crate::delivery::{ApprovalsWanted, StackSettings};
use crate::forge::Client;
use crate::ledger::entry::{ApprovalWay, EntryApprover};
use crate::ledger::history::ApprovalUse;
use crate::report::Report;

/// The most causes that a message names.
const NAMED: usize = 5;

/// What signed approvals are judged by.
pub(super) struct SignedQuestion<'q> {
    pub gates: &'q GateFacts<'q>,
    pub wanted: &'q ApprovalsWanted,
    pub merged: &'q Result<MergedChanges, Problem>,
    pub client: Option<&'q Client<'q>>,
    /// The report of the preview, with the digest of the change.
    pub report: &'q Report,
}

/// Adds the people who have signed the change.
pub(super) async fn by_signatures(
    question: &SignedQuestion<'_>,
    found: &mut FoundApprovals,
    people: &mut BTreeSet<String>,
    problems: &mut Vec<Problem>,
) {
    let Some(digests) = question.gates.digests(question.report) else {
        problems.push(Problem::new(
            "the events of this preview are not whole, so that there is no digest that could have been signed",
            "run the job again; see that the machine has room for temporary files",
        ));
        return;
    };
    let handed = handed_over(question);
    if handed.is_empty() {
        let way = format!(
            "sign it with `{}`, and hand both files over by the input `approval`, their text by \
             `STACKSTEP_APPROVAL` or in a comment on the change request, see docs/approvals.md",
            line(question.gates, digests.first().map_or("", String::as_str))
        );
        problems.push(Problem::new("no signed approval was handed over", way));
        return;
    }
    let earlier = question.gates.judged.earlier.as_deref();
    let lists = match lists(question.gates.job, &question.gates.judged, earlier, question.client).await {
        Ok(lists) => lists,
        Err(why) => {
            problems.push(Problem::new(why.in_words(), why.way_out(SignedOperation::Approve)));
            return;
        }
    };
    let mut signers: Vec<Signer> = Vec::new();
    let mut refused: Vec<(String, WhyNotSigned)> = Vec::new();
    for one in handed {
        match judged(question, &one, &lists, &digests) {
            Ok(signer) => signers.push(signer),
            Err(why) if refused.iter().any(|(_, other)| *other == why) => {}
            Err(why) => refused.push((one.place, why)),
        }
    }
    problems.extend(refused.iter().take(NAMED).map(|(place, why)| {
        Problem::new(
            format!("the signed approval in {place} does not count: {}", why.in_words()),
            why.way_out(SignedOperation::Approve),
        )
    }));
    let question_of =
        SignedPeople { merged: question.merged, client: question.client, from: &question.wanted.from };
    question_of.count(signers, found, people, problems);
}

/// The line that writes and signs an approval of the change.
fn line(gates: &GateFacts<'_>, digest: &str) -> String {
    let job = gates.job;
    let stack = job.stack.as_ref().map(ToString::to_string).unwrap_or_default();
    let folder = job.inputs.stack.cwd.strip_prefix(top(job)).unwrap_or(Path::new(""));
    let folder = match folder.to_string_lossy() {
        here if here.is_empty() => String::new(),
        folder => format!(" --cwd {folder}"),
    };
    let environment = environment(gates).map(|name| format!(" --environment {name}")).unwrap_or_default();
    format!(
        "stackstep approve{folder} --stack {stack} --digest {digest}{environment} --key ~/.ssh/id_ed25519"
    )
}

fn environment<'g>(gates: &'g GateFacts<'_>) -> Option<&'g str> {
    let of_entry = gates.settings().and_then(StackSettings::environment);
    of_entry.or(gates.job.inputs.forge.environment.as_deref())
}

/// The approvals of the input, and of the comments on the change requests.
fn handed_over(question: &SignedQuestion<'_>) -> Vec<HandedApproval> {
    let job = question.gates.job;
    let mut handed: Vec<HandedApproval> = job
        .inputs
        .review
        .approval
        .iter()
        .flat_map(|text| handed(text, "the input `approval`", job))
        .collect();
    if let Ok(merged) = question.merged {
        handed.extend(merged.changes.iter().flat_map(|change| change.signed.clone()));
    }
    handed
}

/// Whether one approval counts, and whose it is.
fn judged(
    question: &SignedQuestion<'_>,
    handed: &HandedApproval,
    lists: &[SignerList],
    digests: &[String],
) -> Result<Signer, WhyNotSigned> {
    let (gates, job) = (question.gates, question.gates.job);
    let signed = handed.signed.as_ref().map_err(Clone::clone)?;
    let identity = job.identity().unwrap_or_default();
    let wanted = WantedEnvelope {
        operation: SignedOperation::Approve,
        digests,
        backend: identity.backend.as_deref(),
        stack: &identity.to_string(),
        environment: environment(gates),
    };
    let now = Moment::from_unix(job.env.clock().now());
    let mut signer = verify(signed, lists, &wanted, now)?;
    let from = &question.wanted.from;
    if !from.is_empty() {
        is_named_in(&mut signer, from, "approvals.from")?;
    }
    for change in question.merged.iter().flat_map(|merged| &merged.changes) {
        let author = change.request.author.as_ref();
        if author.is_some_and(|author| signer.names.iter().any(|name| author.is_named(name))) {
            return Err(WhyNotSigned::Author { request: change.name.clone() });
        }
    }
    let approver = EntryApprover::new(None, ApprovalWay::Ssh, Some(&signer.envelope.nonce));
    let digest = digests.last().map_or("", String::as_str);
    match gates.judged.past.as_ref().map(|past| past.approval_use(&approver, digest)) {
        Some(ApprovalUse::UsedUp(used)) => Err(WhyNotSigned::Used { time: used.time, number: used.number }),
        _ => Ok(signer),
    }
}
