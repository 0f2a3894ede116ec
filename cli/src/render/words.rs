//! The outcome in words: what happened to which stack, and how many resources it concerns.

use std::collections::BTreeSet;

use serde_json::Value;

use super::about::about;
pub(super) use super::figures::{is_plan, moment, number};
use super::{Detail, Options, checked, ruled};
use crate::base::git::short_commit;
use crate::report::{
    Operation, Reason, Report, RuleVerdict, Severity, Status, Step, StepStatus, natural, natural_key,
};

/// The operations in the order in which they are shown: what destroys goes first.
const ORDER: [&str; 7] = ["replace", "delete", "delete-replaced", "create", "import", "update", "read"];

/// Where `operation` stands in the order; what is not known goes last.
pub(super) fn rank(operation: &str) -> usize {
    ORDER.iter().position(|known| *known == operation).unwrap_or(ORDER.len())
}

/// The steps in the order in which they are shown, the same in every run: what destroys first, what failed before what
/// did not, then by type and natural name.
pub(super) fn ordered(report: &Report) -> Vec<&Step> {
    let mut steps: Vec<&Step> = report.steps.iter().collect();
    steps.sort_by_cached_key(|step| {
        let first = (rank(&step.operation), step.status != StepStatus::Failed);
        (first, natural_key(&step.kind), natural_key(&step.name), &step.urn)
    });
    steps
}

/// Whether `operation` takes something away.
pub(super) fn destroys(operation: &str) -> bool {
    matches!(operation, "replace" | "delete" | "delete-replaced")
}

/// What a refresh finds: it changes nothing out there, so nothing "will be deleted".
pub(super) fn found(report: &Report, operation: &str) -> Option<&'static str> {
    match operation {
        _ if report.command != Operation::Refresh => None,
        "delete" => Some("gone"),
        "update" => Some("changed"),
        "create" => Some("new"),
        _ => None,
    }
}

/// `operation` done, or to be done: "deleted", "to delete".
pub(super) fn verb(operation: &str, plan: bool) -> String {
    let done = match operation {
        "create" => "created",
        "update" => "updated",
        "replace" => "replaced",
        "delete" => "deleted",
        "import" => "imported",
        "read" => "read",
        "same" => "unchanged",
        "delete-replaced" if plan => return "left over to delete".to_owned(),
        "delete-replaced" => "left over and deleted",
        // What a newer engine does: a word, whatever it is.
        other => return other.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40).collect(),
    };
    if plan && operation != "same" { format!("to {operation}") } else { done.to_owned() }
}

/// What is done to a resource, as a cell of the table of changes says it.
pub(super) fn operation(report: &Report, step: &Step) -> &'static str {
    found(report, &step.operation).unwrap_or(match step.operation.as_str() {
        "delete" if step.retained => "delete here, stays at its provider",
        "delete" => "delete",
        "replace" => "replace",
        "delete-replaced" => "delete what was replaced",
        "create" => "create",
        "import" => "import",
        "update" => "update",
        "refresh" => "refresh",
        "read" => "read",
        _ => "other",
    })
}

/// "2 to delete, 3 to create", or nothing; "at least 3 to create" where not all is known.
pub fn counts(report: &Report) -> String {
    let parts = count_parts(report).into_iter().map(|(_, number, word)| format!("{number} {word}"));
    let parts = parts.collect::<Vec<_>>().join(", ");
    if report.changes.is_none() && !parts.is_empty() { format!("at least {parts}") } else { parts }
}

/// The counts one by one: what is counted, how many there are, and how one says it.
pub(super) fn count_parts(report: &Report) -> Vec<(String, String, String)> {
    let all = report.least_changes();
    let mut changes: Vec<_> = all.iter().collect();
    changes.sort_by_key(|(operation, _)| rank(operation));
    let plan = is_plan(report);
    let changes = changes.into_iter().filter(|(operation, count)| **count > 0 && *operation != "same");
    let mut parts: Vec<_> = changes
        .map(|(operation, count)| {
            let word = found(report, operation).map_or_else(|| verb(operation, plan), str::to_owned);
            (operation.clone(), number(*count), word)
        })
        .collect();
    for (status, word) in [(StepStatus::Failed, "failed"), (StepStatus::Unfinished, "unfinished")] {
        let count = report.steps.iter().filter(|step| step.status == status).count();
        if count > 0 {
            parts.push((word.to_owned(), number(count as u64), word.to_owned()));
        }
    }
    parts
}

/// What becomes of a preview's changes when its change request is merged. Whether the merge deploys at once is the
/// pipeline's affair; that the next deployment makes them is true everywhere.
pub(super) fn next(report: &Report, options: &Options) -> Option<String> {
    let refused = report.rules.as_ref().is_some_and(|rules| rules.verdict == RuleVerdict::Refused);
    let previewed = report.command == Operation::Preview && report.status == Status::Succeeded && !refused;
    (options.change_request && previewed && report.has_changes == Some(true)).then(|| {
        let stack = place(report).replace('`', "'");
        format!("nothing has been deployed yet. Merging this makes these changes part of the next deployment of `{stack}`.")
    })
}

/// The properties that force replacements, each once.
pub(super) fn forcing(report: &Report) -> Vec<&str> {
    let keys: BTreeSet<&str> =
        report.steps.iter().flat_map(|step| &step.replace_keys).map(String::as_str).collect();
    let mut keys: Vec<&str> = keys.into_iter().collect();
    keys.sort_by(|a, b| natural(a, b));
    keys
}

/// "20,000 bytes", of what stands in a large value's place.
pub(super) fn size(digest: &Value) -> String {
    let bytes = digest.get("bytes").and_then(Value::as_u64).and_then(|bytes| usize::try_from(bytes).ok());
    bytes.map_or_else(String::new, |bytes| many(bytes, "byte"))
}

/// "1 resource", "2 resources".
pub(super) fn many(count: usize, thing: &str) -> String {
    let number = number(count as u64);
    match thing.strip_suffix('y') {
        _ if count == 1 => format!("{number} {thing}"),
        Some(thing) => format!("{number} {thing}ies"),
        None => format!("{number} {thing}s"),
    }
}

/// The stack with its organisation and project, and with its backend where it takes that to tell stacks apart.
pub(super) fn place(report: &Report) -> String {
    quoted_place(report, str::to_owned)
}

/// The same with each name as `quote` writes it.
pub(super) fn quoted_place(report: &Report, quote: impl Fn(&str) -> String) -> String {
    let identity = report.stack_identity();
    let stack = quote(&identity.to_string());
    match identity.backend_url.filter(|_| report.names_backend) {
        Some(backend) => format!("{stack} ({})", quote(&backend)),
        None => stack,
    }
}

/// The outcome in one line; `quote` writes names as they have to be written there.
pub fn headline(report: &Report, quote: impl Fn(&str) -> String) -> String {
    headline_in(report, Detail::Values, quote)
}

/// The same in a place that shows this much: the checks that did not pass are named where resources are.
pub fn headline_in(report: &Report, detail: Detail, quote: impl Fn(&str) -> String) -> String {
    let (outcome, counts) = outcome_and_counts(report, &quoted_place(report, &quote));
    let checks = if detail >= Detail::Resources { checked::named(report, quote) } else { String::new() };
    joined(outcome + &checks, &counts)
}

/// The outcome without its counts, as plain text: "Preview of shop/dev failed".
pub fn outcome(report: &Report) -> String {
    outcome_and_counts(report, &place(report)).0
}

/// The outcome in one line about `stack`, as it has to be written.
pub(super) fn outcome_of(report: &Report, stack: &str) -> String {
    let (outcome, counts) = outcome_and_counts(report, stack);
    joined(outcome, &counts)
}

fn joined(outcome: String, counts: &str) -> String {
    if counts.is_empty() { outcome } else { format!("{outcome}: {counts}") }
}

/// The outcome about `stack`, as it has to be written, and the counts or what is said in their place.
pub(super) fn outcome_and_counts(report: &Report, stack: &str) -> (String, String) {
    let of = noun_of(report, stack);
    let counts = counts(report);
    let with = |outcome: String, none: &str| {
        let counts = if counts.is_empty() { none.to_owned() } else { counts.clone() };
        (outcome, counts)
    };
    if let Some(ruled) = ruled::outcome(report, stack) {
        return ruled;
    }
    let and_unknown = |(outcome, counts): (String, String)| (outcome, counts + some_unknown(report));
    if let Some(checked) = checked::outcome(report) {
        let counts = if report.changes.is_none() {
            unknown("what changed is not known", &counts)
        } else {
            with(String::new(), quiet(report)).1
        };
        return and_unknown((done_to(report, stack) + &checked, counts));
    }
    if report.reason == Some(Reason::Incomplete) && report.changes.is_none() {
        return (noun_of(report, stack), unknown(what_is_unknown(report), &counts));
    }
    if report.status == Status::Succeeded && report.changes.is_none() {
        return (done_to(report, stack), unknown("what changed is not known", &counts));
    }
    if let Some(noun) = refused_noun(report) {
        return with(format!("{} was refused", about(report, noun, stack)), "");
    }
    match report.status {
        Status::Failed if report.exit_code == 7 => with(format!("{of} found changes, none expected"), ""),
        Status::Failed => with(format!("{of} failed"), so_far(report)),
        Status::Cancelled => with(format!("{of} was cancelled"), so_far(report)),
        Status::Skipped => (format!("{of} was skipped"), String::new()),
        Status::Succeeded => match (report.command, report.preview_only) {
            (Operation::Outputs, _) => (done_to(report, stack), String::new()),
            (Operation::Refresh, true) => and_unknown(with(done_to(report, stack), "no drift")),
            _ => and_unknown(with(done_to(report, stack), quiet(report))),
        },
    }
}

/// The outcome in a word or two, beside the stack's name and its counts: "preview failed", "deployed", "no changes".
pub fn short_outcome(report: &Report) -> String {
    if let Some(ruled) = ruled::short_outcome(report) {
        return ruled;
    }
    let noun = report.command.noun(report.preview_only).to_lowercase();
    if let Some(checked) = checked::outcome(report) {
        return done(report).map_or(noun, str::to_lowercase) + &checked;
    }
    if let Some(noun) = refused_noun(report) {
        return format!("{} refused", noun.to_lowercase());
    }
    match report.status {
        Status::Failed if report.exit_code == 7 => format!("{noun} found changes, none expected"),
        Status::Failed => format!("{noun} failed"),
        Status::Cancelled => format!("{noun} cancelled"),
        Status::Skipped => format!("{noun} skipped"),
        Status::Succeeded if report.command == Operation::Outputs => noun,
        Status::Succeeded if report.has_changes.is_none() => format!("{noun}: what changed is not known"),
        Status::Succeeded if report.has_changes == Some(false) => format!("{noun}: no changes"),
        Status::Succeeded if is_plan(report) => noun,
        Status::Succeeded => done(report).map_or(noun, str::to_lowercase),
    }
}

/// What a gate has refused, if it is that which ended the run: nothing has failed, and nothing was changed. The preview
/// before an operation, by which a gate decides, has not failed either.
fn refused_noun(report: &Report) -> Option<&'static str> {
    let by_its_preview =
        report.command != Operation::Preview && (report.preview_only || report.steps.is_empty());
    match report.reason.filter(|_| report.status == Status::Failed)? {
        Reason::Gate => Some(report.command.noun(report.preview_only)),
        Reason::Approval | Reason::Reviewed if by_its_preview => Some(report.command.noun(false)),
        _ => None,
    }
}

/// How many resources are created, updated, replaced and deleted, as cells of a table: empty for none, and with a sign
/// where there may be more.
pub(super) fn count_cells(report: &Report) -> [String; 4] {
    let all = report.least_changes();
    let least = if report.changes.is_none() { "≥ " } else { "" };
    [&["create", "import"][..], &["update"], &["replace"], &["delete", "delete-replaced"]].map(|operations| {
        let counts = operations.iter().filter_map(|operation| all.get(*operation));
        match counts.fold(0_u64, |sum, count| sum.saturating_add(*count)) {
            0 => String::new(),
            count => format!("{least}{}", number(count)),
        }
    })
}

/// Whether there is nothing to be read about it but that nothing changes.
pub(super) fn is_quiet(report: &Report) -> bool {
    let loud =
        |said: &crate::report::Diagnostic| matches!(said.severity, Severity::Error | Severity::Warning);
    report.status == Status::Succeeded
        && report.command != Operation::Outputs
        && report.has_changes == Some(false)
        && !report.incomplete
        && report.check_counts().is_none()
        && report.notes.is_empty()
        && ruled::loud(report).is_none()
        && report.policies.violations.is_empty()
        && report.policies.remediations.is_empty()
        && !report.diagnostics.iter().any(loud)
}

/// "Preview of dev".
fn noun_of(report: &Report, stack: &str) -> String {
    about(report, report.command.noun(report.preview_only), stack)
}

/// "Deployed dev".
fn done_to(report: &Report, stack: &str) -> String {
    if let (Operation::Up, Some(commit)) = (report.command, &report.rollback) {
        return format!("Rolled back {stack} to {}", short_commit(commit));
    }
    done(report).map_or_else(|| noun_of(report, stack), |done| format!("{done} {stack}"))
}

fn done(report: &Report) -> Option<&'static str> {
    match (report.command, report.preview_only) {
        (Operation::Up, false) => Some("Deployed"),
        (Operation::Refresh, false) => Some("Refreshed"),
        (Operation::Destroy, false) => Some("Destroyed"),
        _ => None,
    }
}

/// What is not known, and the counts of what was read all the same.
fn unknown(what: &str, counts: &str) -> String {
    if counts.is_empty() { what.to_owned() } else { format!("{what}, {counts}") }
}

/// The words for an operation that did not end well, and of which no change was read.
fn so_far(report: &Report) -> &'static str {
    let unknown = report.changes.is_none() && !is_plan(report);
    if unknown { "what was changed until then is not known" } else { "" }
}

/// What is to be said of a run whose changes are known, and something else is not.
fn some_unknown(report: &Report) -> &'static str {
    if report.incomplete { "; not all of its outputs are known" } else { "" }
}

fn what_is_unknown(report: &Report) -> &'static str {
    match (report.command, report.preview_only) {
        (Operation::Outputs, _) => "what they are is not known",
        (Operation::Refresh, true) => "whether there is drift is not known",
        _ => "what would change is not known",
    }
}

fn quiet(report: &Report) -> &'static str {
    if report.has_changes == Some(true) { "only outputs change" } else { "no changes" }
}

/// A sign before the headline.
pub fn sign(report: &Report) -> &'static str {
    let destructive =
        report.least_changes().iter().any(|(operation, count)| destroys(operation) && *count > 0);
    let ruled = report.rules.as_ref().map_or(RuleVerdict::Allowed, |rules| rules.verdict);
    match report.status {
        Status::Failed => "❌",
        Status::Cancelled => "🛑",
        Status::Skipped => "⏭️",
        Status::Succeeded if is_plan(report) && ruled > RuleVerdict::Allowed => ruled::sign(ruled),
        Status::Succeeded if is_plan(report) && destructive => "⚠️",
        Status::Succeeded if report.changes.is_none() || report.check_counts().is_some() => "⚠️",
        Status::Succeeded if is_plan(report) && report.has_changes == Some(true) => "📝",
        Status::Succeeded => "✅",
    }
}

/// 8.2 s, 3 min 20 s.
pub(super) fn duration(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match seconds {
        0..60 => format!("{seconds}.{} s", milliseconds % 1000 / 100),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short() {
        assert_eq!([8_250, 200_000, 3_720_000].map(duration), ["8.2 s", "3 min 20 s", "1 h 2 min"]);
    }
}
