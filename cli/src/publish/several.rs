//! What reports of other jobs hand on here: counts, outputs for later steps, the log's last lines.

use std::collections::BTreeMap;
use std::path::Path;

use super::outputs::{self, Exported};
use super::{Publisher, counts, warn, write_whole};
use crate::console::Console;
use crate::job::Job;
use crate::report::{Report, Status};

/// Everything but the files that [`Publisher::files_of`] writes. Of a fork's run no stack output is handed on: whoever
/// takes one up would take up a stranger's word.
pub fn all(
    job: &Job<'_>,
    publisher: &Publisher,
    reports: &[Report],
    result_file: Option<&Path>,
    fork: bool,
    console: &mut Console,
) {
    if let Some(path) = &job.inputs.counts_file {
        warn(console, "the counts", write_whole(path, &counts::terraform(reports)));
    }
    if let Some(mut together) = together(reports).filter(|_| job.takes_outputs()) {
        // A secret's value is not in a result.
        let secret = std::mem::take(&mut together.secret_outputs);
        together.outputs.retain(|name, _| !fork && !secret.contains(name));
        outputs::hand_on(job, &together, &Exported::new(), "", result_file, console);
    }
    for report in reports {
        console.text(&publisher.text(report, result_file));
    }
}

/// The reports as one, for who asks for a status or for counts: the worst outcome, all changes. Outputs are those of
/// one stack.
fn together(reports: &[Report]) -> Option<Report> {
    let worst = |report: &&Report| match report.status {
        Status::Failed => 0,
        Status::Cancelled => 1,
        Status::Succeeded => 2,
        Status::Skipped => 3,
    };
    let mut together = reports.iter().min_by_key(worst)?.clone();
    if reports.len() > 1 {
        together.outputs.clear();
        together.secret_outputs.clear();
        together.permalink = None;
        together.has_changes = reports.iter().any(|report| report.has_changes);
        together.changes = reports.iter().flat_map(|report| &report.changes).fold(
            BTreeMap::new(),
            |mut sum, (operation, count)| {
                let all: &mut u64 = sum.entry(operation.clone()).or_default();
                *all = all.saturating_add(*count);
                sum
            },
        );
    }
    Some(together)
}
