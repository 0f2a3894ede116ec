//! The end of a run whose changes the rules do not let through.

use super::registry::RULES;
use super::rule::RuleForm;
use crate::base::error::{EXIT_APPROVAL, EXIT_RULES};
use crate::report::{Reason, Report, RuleVerdict, RulesOutcome, Ruling, Status};

/// Turns the report of a preview whose changes the rules do not let through into that of a run that ended there: reason,
/// exit status, message and way out are those of the rules. A report of a failure keeps its own.
pub fn end_by_rules(report: &mut Report) {
    let Some(outcome) = report.rules.as_ref().filter(|_| report.status == Status::Succeeded) else { return };
    let (reason, status) = match outcome.verdict {
        RuleVerdict::Allowed => return,
        RuleVerdict::Approval => (Reason::Approval, EXIT_APPROVAL),
        RuleVerdict::Refused => (Reason::Rules, EXIT_RULES),
    };
    report.message = Some(outcome.in_one_line());
    report.hint = outcome.deciding().find_map(|ruling| ruling.way_out.clone());
    report.status = Status::Failed;
    report.reason = Some(reason);
    report.exit_code = i32::from(status);
}

/// Whether nothing but a freeze refuses the changes: it is about the time of a deployment, and not about them.
pub fn is_only_frozen(outcome: &RulesOutcome) -> bool {
    outcome.rulings_of(RuleVerdict::Refused).all(|ruling| is_about_now(&ruling.rule))
}

/// A note for each rule that the operation has broken, though its preview had not: what was done differs from what was
/// judged. `before` is the outcome of the preview, `done` that of the operation.
pub fn went_further(before: &RulesOutcome, done: &RulesOutcome) -> Vec<String> {
    let worst = |outcome: &RulesOutcome, rule: &str| {
        outcome.rulings.iter().filter(|ruling| ruling.rule == rule).map(|ruling| ruling.verdict).max()
    };
    let is_new = |ruling: &&Ruling| {
        ruling.verdict > RuleVerdict::Allowed
            && ruling.count.is_some()
            && is_about_resources(&ruling.rule)
            && worst(before, &ruling.rule) < Some(ruling.verdict)
    };
    let further = done.rulings.iter().filter(is_new);
    further
        .map(|ruling| {
            format!(
                "the operation did more than the preview that the rule `{}` had allowed: {}",
                ruling.rule, ruling.finding
            )
        })
        .collect()
}

/// Whether the rule is about what is done to resources.
fn is_about_resources(name: &str) -> bool {
    RULES.iter().any(|rule| rule.name == name && rule.by_resource)
}

/// Whether the rule is about the time of the deployment.
fn is_about_now(name: &str) -> bool {
    RULES.iter().any(|rule| rule.name == name && rule.form == RuleForm::Windows)
}
