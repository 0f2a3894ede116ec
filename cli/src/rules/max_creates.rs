//! `max-creates`: how many resources may be created.

use super::changes::ChangeKind::Create;
use super::limit;
use super::rule::{RuleForm, RuleRow};

/// The rule.
pub(super) const MAX_CREATES: RuleRow = RuleRow {
    name: "max-creates",
    form: RuleForm::Count,
    about: "At most so many resources are created.",
    details: "Imports count too: they add a resource to the stack. The new half of a replacement does not, which \
              `max-replaces` has.",
    example: "max-creates: 50",
    by_resource: true,
    on_destroy: false,
    judge: |case, _| case.changes.of_kind(Create),
    finding: |case, values, count| limit::finding(case, Create, values, count),
    way_out: |_, _| {
        limit::way_out("max-creates", "see whether the stack and its configuration are the right ones")
    },
};
