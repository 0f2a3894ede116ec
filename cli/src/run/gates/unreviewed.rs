//! Whether a change is one that was reviewed: its digest is that of a preview which a change request shows.

use super::Gates;
use super::merged::MergedChanges;
use crate::base::error::{Problem, Result};
use crate::delivery::{StackSettings, Unreviewed};
use crate::report::{Reason, Report, short_digest};

/// Compares the change with the reviewed ones. Returns a note for the report. Fails if the change is another one, unless
/// the settings only warn of that.
pub(super) fn reviewed(
    gates: &Gates<'_>,
    settings: &StackSettings,
    report: &Report,
    merged: &Result<MergedChanges, Problem>,
) -> Result<Option<String>> {
    match compared(report, merged) {
        Ok(note) => Ok(Some(note)),
        Err(problem) if settings.unreviewed == Unreviewed::Warn => {
            Ok(Some(format!("not reviewed: {}", problem.in_one_line())))
        }
        Err(problem) => Err(gates.refusal(problem.what, problem.hint.unwrap_or_default(), Reason::Reviewed)),
    }
}

fn compared(report: &Report, merged: &Result<MergedChanges, Problem>) -> Result<String, Problem> {
    let Some(record) = &report.review else {
        return Err(Problem::new(
            "this preview has no digest of what it proposes",
            "see the notes for the reason",
        ));
    };
    let merged = merged.as_ref().map_err(Clone::clone)?;
    if let (true, Some(commit)) = (merged.changes.is_empty(), merged.without.first()) {
        return Err(Problem::new(
            format!(
                "commit `{}` came without a change request, so nobody reviewed it",
                commit.get(..8).unwrap_or(commit)
            ),
            "bring changes by change requests; `unreviewed: warn` or `allow` lets others through",
        ));
    }
    let shown =
        merged.changes.iter().filter_map(|change| Some((change.request.number, change.shown.as_ref()?)));
    let digests: Vec<(u64, &str)> =
        shown.filter_map(|(number, shown)| Some((number, shown.digest.as_deref()?))).collect();
    match digests.iter().find(|(_, digest)| *digest == record.digest) {
        Some((number, digest)) => {
            Ok(format!("this is the change that change request {number} showed: `{}`", short_digest(digest)))
        }
        None if digests.is_empty() => Err(Problem::new(
            "no change request that was merged shows a preview of this stack with a digest",
            "let `stackstep deploy` (or `preview`) comment on change requests, so that there is something to review",
        )),
        None => Err(Problem::new(
            format!(
                "this is not the change that was reviewed: it is `{}`, and reviewed was {}",
                short_digest(&record.digest),
                digests
                    .iter()
                    .map(|(number, digest)| format!("`{}` (change request {number})", short_digest(digest)))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
            "preview the change again on top of what is deployed, have it reviewed as it is now, and deploy that",
        )),
    }
}
