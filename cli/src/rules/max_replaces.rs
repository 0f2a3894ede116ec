//! `max-replaces`: how many resources may be replaced.

use super::changes::ChangeKind::Replace;
use super::limit;
use super::rule::{RuleForm, RuleRow};

/// The rule.
pub(super) const MAX_REPLACES: RuleRow = RuleRow {
    name: "max-replaces",
    form: RuleForm::Count,
    about: "At most so many resources are replaced: another one is created, and this one is deleted.",
    details: "A replacement is one change, whatever the engine does for it, and is neither a create nor a delete.",
    example: "max-replaces: { limit: 2, else: approval }",
    by_resource: true,
    on_destroy: false,
    judge: |case, _| case.changes.of_kind(Replace),
    finding: |case, values, count| limit::finding(case, Replace, values, count),
    way_out: |_, _| limit::way_out("max-replaces", "see which property forces each replacement"),
};
