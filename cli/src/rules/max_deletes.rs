//! `max-deletes`: how many resources may be deleted.

use super::changes::ChangeKind::Delete;
use super::limit;
use super::rule::{RuleForm, RuleRow};

/// The rule.
pub(super) const MAX_DELETES: RuleRow = RuleRow {
    name: "max-deletes",
    form: RuleForm::Count,
    about: "At most so many resources are deleted.",
    details: "`max-deletes: 0` is the first rule to set: a stack file that is not in the checkout, a branch that is too \
              old or the wrong stack shows as \"201 to delete\", and nothing else stops it.\n\n\
              What counts: each resource that leaves the stack, also one that stays at its provider \
              (`retainOnDelete`), and what an earlier replacement has left over, as it is deleted for good. What does \
              not: replacements, which `max-replaces` has; and a resource that the program only read and no longer \
              reads. For `destroy` all of the stack counts, so that `max-deletes: 0` refuses it.",
    example: "max-deletes: 0",
    by_resource: true,
    on_destroy: true,
    judge: |case, _| case.changes.of_kind(Delete),
    finding: |case, values, count| limit::finding(case, Delete, values, count),
    way_out: |case, _| {
        let look = if case.is_destroy() {
            "see whether it is the right stack"
        } else {
            "see that the stack's configuration file is in the checkout, and that stack and branch are the right ones"
        };
        limit::way_out("max-deletes", look)
    },
};
