//! Events and facts become the report.

use std::collections::BTreeMap;

use super::classify::{Evidence, Finding};
use super::facts::{Ending, Facts, Verdict};
use super::fold::Events;
use super::model::{Diagnostic, OutputsFrom, Report, SCHEMA, Severity, Status, Step, StepStatus};
use super::{outputs, steps};
use crate::stack::StackIdentity;

/// Everything that a run has to say.
pub fn report(events: Events, facts: Facts) -> Report {
    let Events { lines, broken, project, steps, outputs, diagnostics, policies, summary, .. } = events;
    let succeeded = matches!(facts.ending, Ending::Exited(0)) || facts.exit_code == 0;
    let steps::Finished { steps, counted, note: too_large } = steps.finish();
    let outputs = outputs.finish(succeeded || facts.ending == Ending::Exited(7));
    let (mut diagnostics, cut) = diagnostics.finish();
    last_the_empty_ones(&mut diagnostics);
    let (policies, more_findings) = policies.finish();

    let cancelled_by_engine = summary.as_ref().is_some_and(|summary| summary.result == "canceled")
        || diagnostics.iter().any(|said| said.severity == Severity::Error && is_cancel(&said.message));
    let evidence = Evidence {
        facts: &facts,
        diagnostics: &diagnostics,
        policies: &policies,
        steps: &steps,
        cancelled_by_engine,
        internal_error: events.internal_error.as_deref(),
    };
    let verdict = verdict(&evidence, succeeded);

    let mut notes = facts.notes.clone();
    notes.extend(gaps(&facts, lines, broken, summary.is_some()));
    notes.extend(unfinished(&steps, facts.interim));
    if summary.as_ref().is_some_and(|summary| summary.maybe_corrupt) {
        notes.push("the engine says that a resource may be in an invalid state".to_owned());
    }
    if events.waits_for_debugger {
        notes.push("the program waited for a debugger to attach".to_owned());
    }
    notes.extend([cut, too_large, more_findings].into_iter().flatten());

    let changes =
        summary.map(|summary| summary.changes).filter(|changes| !changes.is_empty()).unwrap_or(counted);
    let has_changes = has_changes(&changes, &outputs);
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
        status: verdict.status,
        reason: verdict.reason,
        hint: verdict.hint,
        message: Some(verdict.message).filter(|message| !message.is_empty()),
        exit_code: facts.exit_code,
        changes,
        has_changes,
        steps,
        diagnostics,
        policies,
        outputs: outputs.values,
        outputs_from: outputs.from.unwrap_or(OutputsFrom::None),
        secret_outputs: outputs.secret,
        unknown_outputs: outputs.unknown,
        output_changes: outputs.changes,
        duration_ms: facts.duration_ms,
        engine: facts.engine,
        ci: facts.ci,
        commit: facts.commit,
        repository: facts.repository,
        permalink: facts.permalink,
        notes,
    }
}

/// How it ended and why: what stackstep itself decided goes first.
fn verdict(evidence: &Evidence<'_>, succeeded: bool) -> Verdict {
    let facts = evidence.facts;
    let hint = |reason: Option<super::Reason>| {
        let reason = reason?;
        let general = reason.way_out(facts.command);
        Some(
            facts
                .ci_hints
                .get(&reason)
                .map_or_else(|| general.to_owned(), |hint| format!("{hint}; {general}")),
        )
    };
    if let Some(decided) = &facts.verdict {
        return Verdict { hint: decided.hint.clone().or_else(|| hint(decided.reason)), ..decided.clone() };
    }
    if succeeded {
        return Verdict { status: Status::Succeeded, reason: None, message: String::new(), hint: None };
    }
    let Finding { reason, message } = evidence.judge();
    let cancelled = reason == super::Reason::Cancelled;
    Verdict {
        status: if cancelled { Status::Cancelled } else { Status::Failed },
        reason: Some(reason),
        message: message.unwrap_or_default(),
        hint: hint(Some(reason)),
    }
}

fn is_cancel(message: &str) -> bool {
    ["update canceled", "preview canceled", "destroy canceled", "refresh canceled"].contains(&message)
}

/// "update failed" goes behind what explains it.
fn last_the_empty_ones(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by_key(|said| (said.severity, said.says_nothing()));
}

/// What is missing from the log, in words.
fn gaps(facts: &Facts, lines: u64, broken: u64, summarised: bool) -> Vec<String> {
    let mut gaps = Vec::new();
    let ran = !matches!(facts.ending, Ending::NotStarted) && facts.verdict.is_none();
    let clean = facts.ending == Ending::Exited(0);
    if ran && lines == 0 && clean && facts.command != super::Command::Outputs {
        gaps.push("the engine wrote no event log: what changed is not known".to_owned());
    } else if ran && lines > 0 && !summarised && !facts.interim {
        gaps.push("the event log stops in the middle: this is what there was until then".to_owned());
    }
    if broken > 0 {
        gaps.push(format!("{broken} of {lines} lines of the event log could not be read"));
    }
    gaps
}

fn unfinished(steps: &[Step], interim: bool) -> Option<String> {
    let count = steps.iter().filter(|step| step.status == StepStatus::Unfinished).count();
    let what = if interim {
        "are being worked on"
    } else {
        "were begun and never finished: what became of them is not known"
    };
    (count > 0).then(|| format!("{count} resources {what}"))
}

fn has_changes(changes: &BTreeMap<String, u64>, outputs: &outputs::Finished) -> bool {
    let real = |operation: &str| !matches!(operation, "same" | "read" | "refresh" | "discard");
    changes.iter().any(|(operation, count)| real(operation) && *count > 0) || !outputs.changes.is_empty()
}
