//! `no-warnings`: nothing has given a warning.

use super::rule::{RuleForm, RuleRow};
use super::subjects::Subjects;
use crate::report::Severity;

/// The rule.
pub(super) const NO_WARNINGS: RuleRow = RuleRow {
    name: "no-warnings",
    form: RuleForm::Switch,
    about: "The engine, the program and the providers give no warnings.",
    details: "What counts: the diagnostics that the report lists as warnings, each once. What policies advise is not a \
              warning. An exception can name the resource that gives it.",
    example: "no-warnings: true",
    by_resource: true,
    on_destroy: true,
    judge: |case, _| {
        let said = case.report.diagnostics.iter().filter(|said| said.severity == Severity::Warning);
        Subjects { each: said.map(|said| said.urn.as_deref()).collect(), ..Subjects::default() }
    },
    finding: |_, _, count| match count {
        0 => "no warnings".to_owned(),
        1 => "1 warning".to_owned(),
        count => format!("{count} warnings"),
    },
    way_out: |_, _| {
        "see the warnings in the report, and fix what they are about; for one that has to stay, add an exception with a \
         last day"
            .to_owned()
    },
};
