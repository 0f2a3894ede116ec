//! Builds the report from events and facts.

use std::collections::BTreeMap;

use super::classify::{Evidence, ReasonFound};
use super::facts::{Ending, Facts, Verdict};
use super::fold::Events;
use super::known::{KnownLog, contradiction, is_known, looked_in_vain};
use super::model::{Diagnostic, OutputsFrom, Report, SCHEMA, Severity, Status, Step, StepStatus};
use super::steps::LEFT_OVER;
use super::tally::is_change;
use super::value::shortened;
use super::{hints, outputs, place, steps};
use crate::base::error::EXIT_INCOMPLETE;
use crate::base::reason::Reason;
use crate::pulumi::stack::StackIdentity;

/// The most unfinished resources that a note names.
const NAMED: usize = 5;

/// The report of a run.
pub fn report(events: Events, facts: Facts) -> Report {
    let lost = events.lost();
    let Events { lines, broken, project, stack, planned, diagnostics, policies, summary, .. } = events;
    let succeeded = matches!(facts.ending, Ending::Exited(0)) || facts.exit_code == 0;
    let steps = events.steps.finish();
    let mut outputs = events.outputs.finish(succeeded || facts.ending == Ending::Exited(7));
    let (mut diagnostics, cut) = diagnostics.finish();
    sort_generic_errors_last(&mut diagnostics);
    let (policies, more_findings) = policies.finish();

    let cancelled_by_engine = summary.as_ref().is_some_and(|summary| summary.result == "canceled")
        || diagnostics.iter().any(|said| said.severity == Severity::Error && is_cancel(&said.message));
    let evidence = Evidence {
        facts: &facts,
        diagnostics: &diagnostics,
        policies: &policies,
        steps: &steps.steps,
        program_ran: stack.is_some(),
        cancelled_by_engine,
        internal_error: events.internal_error.as_deref(),
        summarised: summary.is_some(),
    };
    let mut verdict = verdict(&evidence, succeeded);
    let internal_error = events.internal_error.is_some();
    let log = KnownLog { lines, broken, lost, internal_error, planned, summary: summary.as_ref() };
    if log.has_only_the_preview(&facts) {
        outputs = outputs::FinishedOutputs::default();
    }
    let changes = changes(&log, &steps);
    let has_changes = has_changes(&changes, &outputs) || steps.rows.changed();
    let only_looks = facts.command.only_looks(facts.preview_only);
    let unclear = steps.rows.are_unclear() && !has_changes && !only_looks;
    let whole = is_known(&facts, &log, &verdict);
    let contradiction =
        contradiction(&facts, &log, &steps, &changes, has_changes).filter(|_| lost == 0 && !facts.interim);
    let known = whole && contradiction.is_none() && !unclear;
    if !known && succeeded && !only_looks && outputs.from == OutputsFrom::Previous {
        // The earlier outputs are not those of a deployment that succeeded.
        outputs =
            outputs::FinishedOutputs { changes: outputs.changes, ..outputs::FinishedOutputs::default() };
    }
    let mut exit_code = facts.exit_code;
    if !known && verdict.status == Status::Succeeded && only_looks {
        verdict = looked_in_vain(&facts);
        exit_code = i32::from(EXIT_INCOMPLETE);
    }

    let mut notes = facts.notes.clone();
    notes.extend(log.gaps(&facts));
    notes.extend(contradiction.map(str::to_owned));
    notes.extend(unfinished(&steps.steps, facts.interim));
    if summary.as_ref().is_some_and(|summary| summary.maybe_corrupt) {
        notes.push("the engine says that a resource may be in an invalid state".to_owned());
    }
    if events.waits_for_debugger {
        notes.push("the program waited for a debugger to attach".to_owned());
    }
    notes.extend(outputs.left_out());
    notes.extend([cut, steps.note, more_findings].into_iter().flatten());

    let place = facts.folders.as_ref().filter(|_| verdict.status == Status::Failed);
    let place = place.and_then(|folders| place::named(&verdict.message)?.within(folders));
    let project = facts.project.or(project);
    let identity = facts
        .identity
        .map(|identity| StackIdentity { project: identity.project.or_else(|| project.clone()), ..identity });
    Report {
        schema: SCHEMA,
        command: facts.command,
        preview_only: facts.preview_only,
        project,
        stack: facts.stack,
        identity,
        names_backend: false,
        is_a_strangers: false,
        status: verdict.status,
        reason: verdict.reason,
        hint: verdict.hint,
        place,
        message: Some(verdict.message).filter(|message| !message.is_empty()),
        exit_code,
        incomplete: !known,
        changes: known.then_some(changes),
        has_changes: known.then_some(has_changes),
        steps: steps.steps,
        diagnostics,
        policies,
        rules: None,
        outputs: outputs.values,
        outputs_from: outputs.from,
        secret_outputs: outputs.secret,
        unknown_outputs: outputs.unknown,
        withheld_outputs: outputs.withheld,
        output_changes: outputs.changes,
        duration_ms: facts.duration_ms,
        engine: facts.engine,
        ci: facts.ci,
        commit: facts.commit,
        rollback: facts.rollback,
        address: None,
        expires: None,
        repository: facts.repository,
        branch: facts.branch,
        change_request: facts.change_request,
        began: facts.began,
        permalink: facts.permalink,
        checks: Vec::new(),
        notes,
        review: None,
        comparison: None,
        drift: None,
    }
}

/// The status and its reason: a decision of stackstep's own comes first.
fn verdict(evidence: &Evidence<'_>, succeeded: bool) -> Verdict {
    let facts = evidence.facts;
    if let Some(decided) = &facts.verdict {
        let hint = || decided.reason.map(|reason| general(facts, reason));
        return Verdict { hint: decided.hint.clone().or_else(hint), ..decided.clone() };
    }
    if succeeded {
        return Verdict { status: Status::Succeeded, reason: None, message: String::new(), hint: None };
    }
    let ReasonFound { reason, message } = evidence.judge();
    let cancelled = reason == Reason::Cancelled;
    let hint = hints::of_state(evidence, reason)
        .or_else(|| hints::of_words(reason, message.as_deref()?))
        .or_else(|| at_place(facts, reason, message.as_deref()?))
        .unwrap_or_else(|| general(facts, reason));
    Verdict {
        status: if cancelled { Status::Cancelled } else { Status::Failed },
        reason: Some(reason),
        message: message.unwrap_or_default(),
        hint: Some(hint),
    }
}

/// The way out of a program's failure whose place is known.
fn at_place(facts: &Facts, reason: Reason, message: &str) -> Option<String> {
    let place = place::named(message).filter(|_| reason == Reason::Program)?;
    let place = facts.folders.as_ref().and_then(|folders| place.within(folders));
    place.map(|place| format!("fix the program at `{place}`"))
}

/// A reason's way out, and before it what the CI system knows of the reason.
fn general(facts: &Facts, reason: Reason) -> String {
    let general = reason.way_out(facts.command);
    let of_ci = facts.ci_hints.get(&reason);
    of_ci.map_or_else(|| general.to_owned(), |hint| format!("{hint}; {general}"))
}

fn is_cancel(message: &str) -> bool {
    ["update canceled", "preview canceled", "destroy canceled", "refresh canceled"].contains(&message)
}

/// Sorts generic errors ("update failed") after those that explain something.
fn sort_generic_errors_last(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by_key(|said| (said.severity, said.says_nothing()));
}

fn unfinished(steps: &[Step], interim: bool) -> Option<String> {
    let left: Vec<&Step> = steps.iter().filter(|step| step.status == StepStatus::Unfinished).collect();
    let count = left.len();
    let what = match (interim, count) {
        (true, 1) => "resource is being worked on",
        (true, _) => "resources are being worked on",
        (false, 1) => "resource was begun and never finished: what became of it is not known",
        (false, _) => "resources were begun and never finished: what became of them is not known",
    };
    let named: Vec<String> = left
        .iter()
        .take(NAMED)
        .map(|step| format!("{} `{}`", step.operation, shortened(&step.name, 100)))
        .collect();
    let more = if count > NAMED { ", …" } else { "" };
    (count > 0).then(|| format!("{count} {what} ({}{more})", named.join(", ")))
}

/// The counts: the engine's own, or those of the steps if it has none.
fn changes(log: &KnownLog<'_>, steps: &steps::FinishedSteps) -> BTreeMap<String, u64> {
    let said = log.summary.map(|summary| &summary.changes).filter(|changes| !changes.is_empty());
    let mut changes = said.unwrap_or(&steps.counted).clone();
    // The engine does not count the deletion of resources that an earlier replacement has left over.
    if steps.left_over > 0 {
        changes.entry(LEFT_OVER.to_owned()).or_insert(steps.left_over);
    }
    changes
}

fn has_changes(changes: &BTreeMap<String, u64>, outputs: &outputs::FinishedOutputs) -> bool {
    let real = |operation: &str| is_change(operation) || operation == LEFT_OVER;
    changes.iter().any(|(operation, count)| real(operation) && *count > 0) || !outputs.changes.is_empty()
}
