//! Publishes the results of other jobs: counts, outputs for later steps, the log's last lines.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Map;

use super::outputs::{self, Exported, Exports};
use super::{Publisher, counts, warn, write_whole};
use crate::ci::console::Console;
use crate::engine::job::Job;
use crate::report::{DriftOutcome, Masked, Report, Status, root_of};

/// Publishes everything but the files that [`Publisher::files_of`] writes. No stack output of a fork's run is passed to
/// later steps, as its values come from a stranger.
pub fn publish_rest(
    job: &Job<'_>,
    publisher: &Publisher,
    reports: Masked<&[Report]>,
    result_file: Option<&Path>,
    fork: bool,
    console: &mut Console,
) {
    if let Some(path) = &job.inputs.report.counts_file {
        warn(console, "the counts", write_whole(path, &counts::terraform(&reports)));
    }
    if let Some(mut together) = together(&reports).filter(|_| job.takes_outputs()) {
        // A result does not hold the values of secrets.
        let secret = std::mem::take(&mut together.secret_outputs);
        if let Some(outputs) = &mut together.outputs {
            outputs.retain(|name, _| !fork && !secret.contains(name));
        }
        let mut exports = Exports::new(&together, Exported::new());
        if reports.len() > 1 {
            let digests = reports.iter().map(|report| Some(report.review.as_ref()?.digest.as_str()));
            exports.digest = digests.collect::<Option<Vec<_>>>().map(|digests| root_of(&digests));
            exports.stacks = Some(reports.len());
        }
        outputs::hand_on(job, &together, &exports, "", result_file, console);
    }
    console.text(&publisher.text(reports, result_file));
}

/// The sum of all counts, by operation.
fn sum(counts: &[&BTreeMap<String, u64>]) -> BTreeMap<String, u64> {
    counts.iter().copied().flatten().fold(BTreeMap::new(), |mut sum, (operation, count)| {
        let all: &mut u64 = sum.entry(operation.clone()).or_default();
        *all = all.saturating_add(*count);
        sum
    })
}

/// The reports as one, for a status or for counts: the worst outcome, all changes. It has outputs, and the record of a
/// preview, only if there is one report.
pub(super) fn together(reports: &[Report]) -> Option<Report> {
    let worst = |report: &&Report| match report.status {
        Status::Failed => 0,
        Status::Cancelled => 1,
        Status::Succeeded => 2,
        Status::Skipped => 3,
    };
    let mut together = reports.iter().min_by_key(worst)?.clone();
    if reports.len() > 1 {
        together.outputs.iter_mut().for_each(Map::clear);
        together.secret_outputs.clear();
        together.permalink = None;
        (together.rules, together.review) = (None, None);
        together.steps = reports.iter().flat_map(|report| report.steps.iter().cloned()).collect();
        together.drift =
            DriftOutcome::together(reports.iter().map(|report| report.drift.as_deref())).map(Box::new);
        together.incomplete = reports.iter().any(|report| report.incomplete);
        // One report with changes is enough to know that there are some; that there are none has to be known of each.
        together.has_changes = if reports.iter().any(|report| report.has_changes == Some(true)) {
            Some(true)
        } else {
            reports.iter().all(|report| report.has_changes.is_some()).then_some(false)
        };
        let known: Option<Vec<_>> = reports.iter().map(|report| report.changes.as_ref()).collect();
        together.changes = known.map(|known| sum(&known));
    }
    Some(together)
}
