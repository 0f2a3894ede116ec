//! Whether a change is one that was reviewed: by the result files of its previews, by a digest, or by what the change
//! requests show.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::facts::{GateFacts, ReviewedNames};
use super::merged_changes::MergedChanges;
use super::taken_away::files_taken_away;
use crate::base::error::{Error, Problem, Result};
use crate::base::git::short_commit;
use crate::base::text_file::{self, read_text};
use crate::delivery::Unreviewed;
use crate::delivery::place::ForgeAccess;
use crate::ledger::entry::LedgerEntry;
use crate::pulumi::stack::StackIdentity;
use crate::report::{
    Operation, Reason, Report, ReviewComparison, ReviewKey, ReviewRecord, root_of, short_digest,
};
use crate::reviewed::change::ProposedChange;
use crate::reviewed::compare::{compare_knowing, hangs_on_missing_files};
use crate::reviewed::forms::{ReviewedForm, about_this_stack, record_of};
use crate::reviewed::tolerate::Tolerance;

/// The most differences that a message names.
const NAMED: usize = 5;

/// The general way out of a change that is not the reviewed one.
fn way_out() -> &'static str {
    Reason::Reviewed.way_out(Operation::Up)
}

/// Reads the input `approved-change`, which a comment can't be: people approve at a gate what the run before it has found.
pub(super) fn named_as_approved(gates: &GateFacts<'_>, texts: &[String]) -> Result<ReviewedNames> {
    let names = named_as_reviewed(gates, texts)?;
    if names.comments {
        return Err(Error::input(
            "`approved-change` names `comment`, which is what was reviewed and not what was approved at a gate",
            "name the result file of the preview that the gate has shown, or `sha256:…`; `comment` belongs to `reviewed`",
        ));
    }
    Ok(names)
}

/// Reads what the input `reviewed` names.
pub(super) fn named_as_reviewed(gates: &GateFacts<'_>, texts: &[String]) -> Result<ReviewedNames> {
    let job = gates.job;
    let refused =
        |problem: Problem| gates.refusal(problem.what.clone(), problem.hint_or(way_out()), Reason::Reviewed);
    let identity = job.identity().unwrap_or_default();
    let mut names = ReviewedNames::default();
    let mut files = Vec::new();
    for text in texts {
        match ReviewedForm::parse(text).map_err(&refused)? {
            ReviewedForm::Comment => names.comments = true,
            ReviewedForm::Digest(digest) => names.digests.push(digest),
            ReviewedForm::File(path) => {
                let path = job.env.cwd().join(path);
                let text = read_text(&path, text_file::RESULT).map_err(|error| {
                        refused(Problem::new(
                            format!("the reviewed result `{}` can't be read: {error}", path.display()),
                            "let the job download the artifact of the preview; if it has expired, preview the change again",
                        ))
                    })?;
                let record = record_of(&text, &path).map_err(&refused)?;
                files.push((record, path));
            }
        }
    }
    all_stand_for(&names.digests, &files, &identity).map_err(&refused)?;
    let mut of_others = None;
    for (record, path) in files {
        match about_this_stack(&record, &path, &identity) {
            Ok(()) => names.records.push(record),
            Err(problem) => of_others = of_others.or(Some(problem)),
        }
    }
    // Of several stacks that are reviewed together, each run takes what is about its own.
    match of_others {
        Some(problem) if names.records.is_empty() => Err(refused(problem)),
        _ => Ok(names),
    }
}

/// Refuses digests that stand beside result files and are neither the digest of one of them nor that of all together, or that
/// leave out a file of this stack.
fn all_stand_for(
    digests: &[String],
    files: &[(ReviewRecord, PathBuf)],
    identity: &StackIdentity,
) -> Result<(), Problem> {
    if digests.is_empty() || files.is_empty() {
        return Ok(());
    }
    let of_files: Vec<&str> = files.iter().map(|(record, _)| record.digest.as_str()).collect();
    let root = root_of(&of_files);
    let stands = |digest: &String| of_files.contains(&digest.as_str()) || *digest == root;
    if let Some(digest) = digests.iter().find(|digest| !stands(digest)) {
        return Err(Problem::new(
            format!(
                "the reviewed digest `{}` is neither that of one of the {} result files that `reviewed` names, nor that of \
                 all together",
                short_digest(digest),
                of_files.len()
            ),
            "name the result files of the previews that were reviewed, and of no others",
        ));
    }
    let is_named = |record: &ReviewRecord| digests.contains(&record.digest) || digests.contains(&root);
    let own = files.iter().filter(|(record, path)| about_this_stack(record, path, identity).is_ok());
    match own.map(|(record, _)| record).find(|record| !is_named(record)) {
        Some(record) => Err(Problem::new(
            format!(
                "the change `{}` of this stack is not among the digests that `reviewed` names",
                short_digest(&record.digest)
            ),
            "name its digest too, or the one of all changes together",
        )),
        None => Ok(()),
    }
}

/// The key of the input `review-key`.
pub(super) fn review_key(gates: &GateFacts<'_>) -> Option<ReviewKey> {
    gates.job.inputs.review.review_key.as_ref().map(ReviewKey::of_secret)
}

/// Compares the change with the reviewed ones. Returns a note for the report. Fails if the change is another one, unless
/// the settings only warn of that.
pub(super) async fn reviewed(
    gates: &GateFacts<'_>,
    unreviewed: Unreviewed,
    report: &mut Report,
    merged: &Result<MergedChanges, Problem>,
) -> Result<Option<String>> {
    if let Some(accepted) = gates.accepted(report) {
        let done = gates.rest.as_ref().map_or(0, |rest| rest.done);
        return Ok(Some(accepted_by(accepted, done, review_key(gates).is_some())));
    }
    match compared(gates, report, merged).await {
        Ok(note) => Ok(Some(note)),
        Err(problem) if unreviewed == Unreviewed::Warn => {
            Ok(Some(format!("not reviewed: {}", problem.in_one_line())))
        }
        Err(problem) => {
            Err(gates.refusal(problem.what.clone(), problem.hint_or(way_out()), Reason::Reviewed))
        }
    }
}

/// Compares the change with what people approved at a gate of the CI system. Returns a note for the report; none if the step
/// names nothing of that.
pub(super) fn as_approved(gates: &GateFacts<'_>, report: &mut Report) -> Result<Option<String>> {
    let names = &gates.approved;
    if names.is_by_comments() {
        return Ok(None);
    }
    let found =
        whole(gates, report).and_then(|(digest, proposed)| by_names(gates, report, proposed, names, &digest));
    match found {
        Ok(note) => Ok(Some(format!("at the gate: {note}"))),
        Err(problem) => {
            let what = format!("another change was approved at the gate: {}", problem.what);
            let hint =
                "run the workflow from its beginning, so that people are shown the change as it is now";
            Err(gates.refusal(what, hint, Reason::Reviewed))
        }
    }
}

/// The digest of what the run proposes, and the change.
fn whole<'g>(gates: &'g GateFacts<'_>, report: &Report) -> Result<(String, &'g ProposedChange), Problem> {
    report.review.as_ref().map(|record| record.digest.clone()).zip(gates.proposed.as_ref()).ok_or_else(|| {
        Problem::new(
            "the events of this preview are not whole, so that what it proposes has no digest",
            "run the job again; see that the machine has room for temporary files",
        )
    })
}

/// How many steps of a change are done already, in words that follow others.
fn done_already(done: u64) -> String {
    match done {
        0 => String::new(),
        1 => "; 1 of its steps is done already".to_owned(),
        _ => format!("; {done} of its steps are done already"),
    }
}

/// Compares with the result files or the digests that the step names.
fn by_names(
    gates: &GateFacts<'_>,
    report: &mut Report,
    proposed: &ProposedChange,
    names: &ReviewedNames,
    digest: &str,
) -> Result<String, Problem> {
    if !names.records.is_empty() {
        let found = by_records(gates, proposed, &names.records, None)?;
        return tell_comparison(report, found);
    }
    let rest = gates.rest.as_ref();
    let is_named = |digest: &str| names.digests.iter().any(|other| other == digest);
    match rest.filter(|rest| is_named(&rest.digest)) {
        _ if is_named(digest) => Ok(format!("this is the reviewed change `{}`", short_digest(digest))),
        Some(rest) => Ok(format!(
            "this is the rest of the reviewed change `{}`{}",
            short_digest(&rest.digest),
            done_already(rest.done)
        )),
        None => Err(another(digest, names.digests.iter().map(|other| format!("`{}`", short_digest(other))))),
    }
}

/// The note about a change that a person has accepted, which is the same one by its digest alone.
fn accepted_by(accepted: &LedgerEntry, done: u64, with_values: bool) -> String {
    let who = accepted.actor.as_deref().unwrap_or("somebody");
    let reason = accepted.reason.as_deref().unwrap_or("no reason was given");
    let values =
        if with_values { "" } else { "; values were not compared, for which all runs need one `review-key`" };
    format!(
        "not what was reviewed, and accepted by `{who}` on {}, entry {} of the ledger: {reason}{}{values}",
        accepted.time,
        accepted.number,
        done_already(done)
    )
}

async fn compared(
    gates: &GateFacts<'_>,
    report: &mut Report,
    merged: &Result<MergedChanges, Problem>,
) -> Result<String, Problem> {
    let (digest, proposed) = whole(gates, report)?;
    let names = &gates.reviewed;
    if !names.is_by_comments() {
        return by_names(gates, report, proposed, names, &digest);
    }
    by_comments(gates, report, proposed, merged).await
}

/// Compares with these records, of whose changes it may be known what they take away.
pub(super) fn by_records(
    gates: &GateFacts<'_>,
    proposed: &ProposedChange,
    records: &[ReviewRecord],
    taken_away: Option<&[BTreeSet<String>]>,
) -> Result<ReviewComparison, Problem> {
    let texts = gates.settings().map(|settings| settings.tolerate.clone()).unwrap_or_default();
    let tolerances = texts.iter().map(|text| Tolerance::parse(text)).collect::<Result<Vec<_>, Problem>>()?;
    Ok(compare_knowing(records, review_key(gates).as_ref(), proposed, &tolerances, taken_away))
}

/// What a comparison has found, in words. It becomes that of the report.
fn tell_comparison(report: &mut Report, found: ReviewComparison) -> Result<String, Problem> {
    let passed = found.passed();
    let named: Vec<String> =
        found.differences.iter().take(NAMED).map(|difference| difference.message.clone()).collect();
    let count = found.differences.len() as u64 + found.more;
    let done = found.done;
    report.comparison = Some(found);
    if passed {
        return Ok(format!("this is the change that was reviewed{}", done_already(done)));
    }
    let more = count.saturating_sub(named.len() as u64);
    let more = if more == 0 { String::new() } else { format!("; and {more} more") };
    Err(Problem::new(
        format!("this is not the change that was reviewed: {}{more}", named.join("; ")),
        "preview the change again on top of what is deployed, have it reviewed as it is now, and deploy that",
    ))
}

/// Compares with what the change requests show: one of them shows this very change, or all together show each part of it.
async fn by_comments(
    gates: &GateFacts<'_>,
    report: &mut Report,
    proposed: &ProposedChange,
    merged: &Result<MergedChanges, Problem>,
) -> Result<String, Problem> {
    let merged = merged.as_ref().map_err(Clone::clone)?;
    let digest = report.review.as_ref().map(|record| record.digest.clone()).unwrap_or_default();
    let digest = digest.as_str();
    if let (true, Some(commit)) = (merged.changes.is_empty(), merged.without.first()) {
        return Err(Problem::new(
            format!("commit `{}` came without a change request, so nobody reviewed it", short_commit(commit)),
            "bring changes by change requests; `unreviewed: warn` or `allow` lets others through",
        ));
    }
    let shown = merged.changes.iter().filter_map(|change| Some((&change.name, change.shown.as_ref()?)));
    let digests: Vec<(&String, &str)> =
        shown.filter_map(|(name, shown)| Some((name, shown.digest.as_deref()?))).collect();
    match digests.iter().find(|(_, other)| *other == digest) {
        Some((name, digest)) => {
            Ok(format!("this is the change that {name} showed: `{}`", short_digest(digest)))
        }
        None if digests.is_empty() => Err(Problem::new(
            "no change request that was merged shows a preview of this stack with a digest",
            "let `stackstep deploy` (or `preview`) comment on change requests, so that there is something to review",
        )),
        None if merged.records().next().is_some() => {
            let with_record = merged.changes.iter().filter(|change| change.record().is_some());
            let names: Vec<&str> = with_record.map(|change| change.name.as_str()).collect();
            let records: Vec<ReviewRecord> = merged.records().cloned().collect();
            let values = if records.iter().any(|record| record.key.is_some()) {
                "; values were not compared, for which previews and deployments need one `review-key`"
            } else {
                ""
            };
            let passed = by_shown_records(gates, report, proposed, merged, &records).await?;
            Ok(format!("{passed}, by what {} showed{values}", names.join(" and ")))
        }
        None => Err(another(
            digest,
            digests.iter().map(|(name, other)| format!("`{}` ({name})", short_digest(other))),
        )),
    }
}

/// Compares with the records that change requests show. Where it hangs on files that are missing, the forge is asked which
/// ones these change requests take away.
async fn by_shown_records(
    gates: &GateFacts<'_>,
    report: &mut Report,
    proposed: &ProposedChange,
    merged: &MergedChanges,
    records: &[ReviewRecord],
) -> Result<String, Problem> {
    let found = by_records(gates, proposed, records, None)?;
    let client = gates.judged.forge.as_ref().map(ForgeAccess::client);
    let Some(client) = client.filter(|_| hangs_on_missing_files(&found, proposed)) else {
        return tell_comparison(report, found);
    };
    match files_taken_away(&client, merged).await {
        Ok(taken_away) => tell_comparison(report, by_records(gates, proposed, records, Some(&taken_away))?),
        Err(why) => tell_comparison(report, found).map_err(|refused| Problem {
            what: format!("{}; {}", refused.what, why.what),
            hint: why.hint.or(refused.hint),
        }),
    }
}

fn another(digest: &str, reviewed: impl Iterator<Item = String>) -> Problem {
    Problem::new(
        format!(
            "this is not the change that was reviewed: it is `{}`, and reviewed was {}",
            short_digest(digest),
            reviewed.collect::<Vec<_>>().join(", ")
        ),
        "preview the change again on top of what is deployed, have it reviewed as it is now, and deploy that; with the \
         result file of its preview as `reviewed`, each difference is named",
    )
}

/// The error of a tolerance that can't be read, before anything starts.
pub(super) fn check_tolerances(texts: &[String]) -> Result<()> {
    texts.iter().try_for_each(|text| {
        let wrong = |problem: Problem| Error::Input { what: problem.what, hint: problem.hint };
        Tolerance::parse(text).map(drop).map_err(wrong)
    })
}
