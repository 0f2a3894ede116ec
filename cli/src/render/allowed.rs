//! The report with no more in it than may be shown, for those who decide themselves what they take from it.

use serde_json::{Map, Value};

use super::{Detail, Options};
use crate::report::Report;

/// What `options` allow of `report`, in the same form.
pub(super) fn allowed(report: &Report, options: &Options) -> Report {
    let mut report = report.clone();
    let shows = |detail| options.detail >= detail;
    if !shows(Detail::Resources) {
        report.message = None;
        report.steps.clear();
        report.diagnostics.clear();
        report.policies = crate::report::Policies::default();
        if let Some(rules) = &mut report.rules {
            rules.warnings.clear();
            for ruling in &mut rules.rulings {
                ruling.resources.clear();
                ruling.let_through.iter_mut().for_each(|exception| exception.urn = None);
            }
        }
        report.outputs.iter_mut().for_each(Map::clear);
        report.withheld_outputs.clear();
        report.output_changes.clear();
        report.secret_outputs.clear();
        report.unknown_outputs.clear();
        report.checks.clear();
    }
    let remediated = report.policies.remediations.iter_mut().map(|remediation| &mut remediation.diffs);
    let changed = report.steps.iter_mut().map(|step| {
        if !shows(Detail::Values) {
            step.id = None;
        }
        if !shows(Detail::Paths) {
            step.replace_keys.clear();
            step.more_diffs = 0;
        }
        &mut step.diffs
    });
    for diffs in remediated.chain(changed) {
        if !shows(Detail::Paths) {
            diffs.clear();
        }
        if !shows(Detail::Values) {
            for diff in diffs {
                (diff.old, diff.new, diff.text_diff) = (None, None, None);
            }
        }
    }
    if !shows(Detail::Values) {
        for check in report.checks.iter_mut().filter(|check| check.output.is_some()) {
            check.address = None;
        }
        report.outputs.iter_mut().flat_map(Map::values_mut).for_each(|value| *value = Value::Null);
        for change in &mut report.output_changes {
            (change.old, change.new, change.text_diff) = (None, None, None);
        }
    }
    report
}
