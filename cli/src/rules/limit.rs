//! What the rules about the number of changes share.

use super::changes::ChangeKind;
use super::rule::JudgedReport;
use super::value::RuleValue;

/// The smallest of the numbers that may not be exceeded.
fn limit(values: &[&RuleValue]) -> u64 {
    let limits = values.iter().filter_map(|value| match value {
        RuleValue::AtMost(most) => Some(*most),
        _ => None,
    });
    limits.min().unwrap_or_default()
}

/// "201 to delete, at most 0".
pub(super) fn finding(
    case: &JudgedReport<'_>,
    kind: ChangeKind,
    values: &[&RuleValue],
    count: u64,
) -> String {
    let (verb, done) = match kind {
        ChangeKind::Create => ("create", "created"),
        ChangeKind::Update => ("update", "updated"),
        ChangeKind::Replace => ("replace", "replaced"),
        ChangeKind::Delete => ("delete", "deleted"),
    };
    let what = if case.is_plan() { format!("to {verb}") } else { done.to_owned() };
    format!("{count} {what}, at most {}", limit(values))
}

/// The way out of more changes than a rule allows.
pub(super) fn way_out(rule: &str, look: &str) -> String {
    format!(
        "{look}; if all of it is meant, raise `{rule}` where it is set, or add an exception with a last day"
    )
}
