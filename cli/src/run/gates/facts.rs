//! The facts that the gates of a run decide by.

use super::merged_changes::MergedChanges;
use super::whole_change::{RestOfChange, WholeChange};
use crate::base::error::{Error, Problem};
use crate::base::git;
use crate::delivery::StackSettings;
use crate::delivery::place::{ForgeAccess, forge_place};
use crate::engine::job::Job;
use crate::inputs::{Command, Effect};
use crate::ledger::Ledger;
use crate::ledger::entry::{EntryApprover, LedgerEntry};
use crate::ledger::history::History;
use crate::ledger::state_identity::StateIdentity;
use crate::report::{Reason, Report, ReviewRecord, root_of};
use crate::reviewed::change::{MadeFrom, ProposedChange};

/// What a run is judged by, with the ledger of its stack.
#[derive(Debug, Default)]
pub struct JudgedRun {
    /// The settings; none if the stack has no entry in the judging file.
    pub settings: Option<StackSettings>,
    /// The version of the file, in words.
    pub version: String,
    /// What this commit loosens, a sentence each: it holds from the next deployment on.
    pub loosened: Vec<String>,
    /// Whether the settings judge this deployment and none after it: the commit's own file has no entry for the stack.
    pub is_last: bool,
    /// Whether it is the commit's own file, so that its own list of signers counts.
    pub is_own: bool,
    /// The commit that was deployed last, if it is another one and had settings for the stack.
    pub last: Option<String>,
    /// The commit that was deployed last, if its list of signers judges as well, or alone.
    pub earlier: Option<String>,
    /// What the report has to say of how the run is judged, a sentence each.
    pub told: Vec<String>,
    /// Why a preview is not judged.
    pub not_known: Option<Problem>,
    /// The ledger that the run writes; none for a run that changes nothing, and for a stack without settings.
    pub ledger: Option<Ledger>,
    /// What the ledger says; none for a run that changes nothing.
    pub past: Option<History>,
    /// The forge, for questions about change requests.
    pub forge: Option<ForgeAccess>,
}

/// What was named as reviewed.
#[derive(Debug, Default)]
pub struct ReviewedNames {
    /// The records of result files.
    pub records: Vec<ReviewRecord>,
    /// Digests.
    pub digests: Vec<String>,
    /// Whether what change requests show counts.
    pub comments: bool,
}

impl ReviewedNames {
    /// Whether what the change requests show counts: nothing else is named.
    pub fn is_by_comments(&self) -> bool {
        self.records.is_empty() && self.digests.is_empty()
    }
}

/// The facts about a run.
pub struct GateFacts<'a> {
    /// The job.
    pub job: &'a Job<'a>,
    /// What it is judged by.
    pub judged: JudgedRun,
    /// What the change is made from.
    pub made_from: Option<MadeFrom>,
    /// The source of what is deployed.
    pub source: Option<String>,
    /// The change that the preview proposes.
    pub proposed: Option<ProposedChange>,
    /// What was named as reviewed.
    pub reviewed: ReviewedNames,
    /// What people approved at a gate of the CI system, beside what was reviewed.
    pub approved: ReviewedNames,
    /// The change requests that are deployed, if they were asked for already.
    pub merged: Option<Result<MergedChanges, Problem>>,
    /// The approvals that count.
    pub approvers: Vec<EntryApprover>,
    /// The change requests that are deployed.
    pub change_requests: Vec<u64>,
    /// The deployment that broke off before this run.
    pub(super) whole: Option<WholeChange>,
    /// What is left of it, if that is what the preview proposes.
    pub(super) rest: Option<RestOfChange>,
    /// The state before the preview.
    pub state: Option<StateIdentity>,
    /// Whether the ways out that people have written into the ledger count for this job: an accepted change, a broken glass.
    /// They count for no change request and for no branch but the default one.
    pub takes_ways_out: bool,
}

/// The words of a command line that name the job's stack.
pub fn stack_on_the_line(job: &Job<'_>) -> String {
    let stack = job.stack.as_ref().map(ToString::to_string).unwrap_or_default();
    let folder = &job.inputs.stack.cwd;
    let below = git::top(folder).and_then(|top| Some(folder.strip_prefix(top).ok()?.display().to_string()));
    match below.filter(|below| !below.is_empty()) {
        Some(below) => format!("-C {below} --stack {stack}"),
        None => format!("--stack {stack}"),
    }
}

impl GateFacts<'_> {
    /// Whether the run changes something that the gates are about.
    pub fn changes(&self) -> bool {
        let inputs = &self.job.inputs;
        inputs.command.effect() == Effect::Changes && !inputs.operation.preview_only
    }

    /// Whether deployments of the stack are compared with what was reviewed.
    pub fn is_compared(&self) -> bool {
        self.settings().is_some_and(StackSettings::is_compared)
    }

    /// Whether the run previews for a merge queue what it has to compare with what was reviewed.
    pub fn compares_for_the_queue(&self) -> bool {
        self.is_compared() && self.job.context.merge_queue && self.job.inputs.command == Command::Preview
    }

    /// The settings of the stack; none if it has no entry in the judging file.
    pub fn settings(&self) -> Option<&StackSettings> {
        self.judged.settings.as_ref()
    }

    /// The digests that stand for the change which a preview proposes: its own, that of the reviewed changes which it carries
    /// out, and that of the deployment of which it is the rest. None if the preview has no digest.
    pub fn digests(&self, report: &Report) -> Option<Vec<String>> {
        let own = report.review.as_ref()?.digest.clone();
        let rest = self.rest.as_ref().map(|rest| rest.digest.clone());
        Some(std::iter::once(own).chain(rest).chain(reviewed(report)).collect())
    }

    /// The acceptance of the change that a preview proposes: a person takes it for a reviewed one.
    pub fn accepted(&self, report: &Report) -> Option<&LedgerEntry> {
        let past = self.judged.past.as_ref().filter(|_| self.changes() && self.takes_ways_out)?;
        self.digests(report)?.iter().find_map(|digest| past.accepted(digest))
    }

    /// The problem that change requests can't be read, where the forge or a token for it is not known.
    pub fn no_forge(&self) -> Problem {
        let job = self.job;
        let what = "the change requests can't be read";
        match forge_place(job.ci, job.env, &job.context, &job.inputs) {
            Err(why) => Problem { what: format!("{what}: {}", why.what), hint: why.hint },
            Ok(_) => Problem::without_hint(what),
        }
    }

    /// The words of a command line that name the stack of the run.
    pub fn stack_on_the_line(&self) -> String {
        stack_on_the_line(self.job)
    }

    /// The error of a gate that refuses the run.
    pub fn refusal(&self, what: impl std::fmt::Display, hint: impl Into<String>, reason: Reason) -> Error {
        let what = format!("`{}` is refused: {what}", self.job.inputs.command.word());
        Error::Refused { what, hint: hint.into(), reason }
    }
}

/// The digest of the reviewed changes that the deployment carries out. What is left of a deployment that broke off is no
/// other change than the whole. None if it was not compared with any, or is another one.
pub(super) fn reviewed(preview: &Report) -> Option<String> {
    let comparison = preview.comparison.as_ref().filter(|comparison| comparison.passed())?;
    match comparison.reviewed.as_slice() {
        [one] => Some(one.clone()),
        several => {
            let digests: Vec<&str> = several.iter().map(String::as_str).collect();
            (!digests.is_empty()).then(|| root_of(&digests))
        }
    }
}
