//! `keep`: the resources that are never deleted and never replaced.

use super::changes::ChangeKind;
use super::rule::{JudgedReport, RuleForm, RuleRow};
use super::subjects::Subjects;
use super::value::RuleValue;

/// The rule.
pub(super) const KEEP: RuleRow = RuleRow {
    name: "keep",
    form: RuleForm::Resources,
    about: "These resources are never deleted and never replaced.",
    details: "A pattern without `::` is for the resource's own type: `aws:rds/*`, `aws:rds/instance:Instance` or in \
              short `aws:rds:Instance`, where `*` stands for anything. One with `::` is for its URN, with the \
              wildcards of the Pulumi CLI's `--target`: `**::orders-db`, where `*` stands for anything without a colon \
              and `**` for anything. A pattern that can never match because of its form is an error.\n\n\
              Each resource counts by itself: to keep what a component holds, name its parts. What counts: every \
              deletion and replacement, also of a resource that stays at its provider (`retainOnDelete`), as the stack \
              loses it, and of what an earlier replacement has left over. A changed name or parent without an alias \
              is a deletion. Unlike `protect`, which the program can drop in the same change, the rule is read from a \
              file that the change does not decide.",
    example: "keep: [\"aws:rds/*\", \"**::orders-db\"]",
    by_resource: true,
    on_destroy: true,
    judge: |case, value| {
        let RuleValue::Stays(pattern) = value else { return Subjects::default() };
        let [deleted, replaced] =
            [ChangeKind::Delete, ChangeKind::Replace].map(|kind| case.changes.of_kind(kind));
        // It is not known which ones those are that the report counts and does not name.
        let unnamed = deleted.unnamed + replaced.unnamed;
        let unknown = (unnamed > 0)
            .then(|| "not known: the result does not name all that is deleted or replaced".to_owned());
        let each = deleted.each.into_iter().chain(replaced.each);
        Subjects {
            each: each.filter(|urn| urn.is_some_and(|urn| pattern.matches(urn))).collect(),
            unnamed: 0,
            unknown,
        }
    },
    finding,
    way_out: |_, _| {
        "keep them in the program, under their names and parents or with `aliases`; if one is meant to go, add an \
         exception with a last day for its URN"
            .to_owned()
    },
};

fn finding(case: &JudgedReport<'_>, _: &[&RuleValue], count: u64) -> String {
    let what = if case.is_plan() { "to delete or replace" } else { "deleted or replaced" };
    let things = if count == 1 { "resource" } else { "resources" };
    match count {
        0 => format!("nothing {what} that has to stay"),
        count => format!("{count} {things} {what} that must stay"),
    }
}
