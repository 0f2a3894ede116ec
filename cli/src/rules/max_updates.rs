//! `max-updates`: how many resources may be updated.

use super::changes::ChangeKind::Update;
use super::limit;
use super::rule::{RuleForm, RuleRow};

/// The rule.
pub(super) const MAX_UPDATES: RuleRow = RuleRow {
    name: "max-updates",
    form: RuleForm::Count,
    about: "At most so many resources are updated in place.",
    details: "A change of `protect` alone is an update, as the Pulumi CLI counts it. Replacements do not count.",
    example: "max-updates: { limit: 20, else: approval }",
    by_resource: true,
    on_destroy: false,
    judge: |case, _| case.changes.of_kind(Update),
    finding: |case, values, count| limit::finding(case, Update, values, count),
    way_out: |_, _| {
        limit::way_out("max-updates", "see whether one change reaches further than it should, such as a tag")
    },
};
