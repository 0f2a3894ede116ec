//! What the rules say, in words for every kind of report.

use super::about::about;
use super::figures;
use crate::report::{Reason, Report, RuleVerdict, RulesOutcome, Ruling, Status};

/// Whether the run ended because of the rules, or for want of an approval, which they can ask for.
pub(super) fn ended(report: &Report) -> bool {
    report.status == Status::Failed && matches!(report.reason, Some(Reason::Rules | Reason::Approval))
}

/// Whether the report's message is that of the rules, and not of an approval that is missing or of the engine.
pub(super) fn says_the_message(report: &Report) -> bool {
    let rules = report.rules.as_ref().filter(|_| ended(report));
    rules.is_some_and(|rules| report.message.as_deref() == Some(rules.in_one_line().as_str()))
}

/// The rules' outcome, if it is not simply that all is allowed.
pub(super) fn loud(report: &Report) -> Option<&RulesOutcome> {
    report.rules.as_ref().filter(|rules| rules.verdict > RuleVerdict::Allowed || !rules.warnings.is_empty())
}

/// The outcome about `stack` and the findings that it rests on, if the rules decide it: "Update of dev was refused by a
/// rule", "201 to delete, at most 0".
pub(super) fn outcome(report: &Report, stack: &str) -> Option<(String, String)> {
    let rules = report.rules.as_ref()?;
    let deployed = report.status == Status::Succeeded && !figures::is_plan(report);
    if deployed
        || rules.verdict == RuleVerdict::Allowed
        || !(ended(report) || report.status == Status::Succeeded)
    {
        return None;
    }
    // The run that was refused is the deployment, and not the preview that it ended with.
    let noun = report.command.noun(report.preview_only && report.status == Status::Succeeded);
    let rule = if rules.deciding().count() == 1 { "a rule" } else { "rules" };
    let verb = match (rules.verdict, ended(report)) {
        (RuleVerdict::Refused, true) => format!("was refused by {rule}"),
        (RuleVerdict::Refused, false) => format!("would be refused by {rule}"),
        _ => "needs an approval".to_owned(),
    };
    Some((format!("{} {verb}", about(report, noun, stack)), rules.findings()))
}

/// The same in a word or two, beside the stack's name.
pub(super) fn short_outcome(report: &Report) -> Option<String> {
    let (outcome, _) = outcome(report, "")?;
    let (noun, verb) = outcome.split_once(" of  ")?;
    Some(format!("{} {verb}", noun.to_lowercase()))
}

/// The verdict of one ruling: "refused", "needs an approval of ann or bob". `quote` writes a name.
pub(super) fn verdict(ruling: &Ruling, quote: impl Fn(&str) -> String) -> String {
    match ruling.verdict {
        RuleVerdict::Allowed => "allowed".to_owned(),
        RuleVerdict::Refused => "refused".to_owned(),
        RuleVerdict::Approval => {
            let lists = ruling.approval_from.iter().filter(|list| !list.is_empty());
            let lists =
                lists.map(|list| list.iter().map(|name| quote(name)).collect::<Vec<_>>().join(" or "));
            match lists.collect::<Vec<_>>() {
                none if none.is_empty() => "needs an approval".to_owned(),
                some => format!("needs an approval of {}", some.join(" and of ")),
            }
        }
    }
}

/// A sign before a ruling.
pub(super) fn sign(verdict: RuleVerdict) -> &'static str {
    match verdict {
        RuleVerdict::Allowed => "✅",
        RuleVerdict::Approval => "✋",
        RuleVerdict::Refused => "⛔",
    }
}

/// The names of the resources of a ruling, not more than `most`, and the number of the others.
pub(super) fn names(ruling: &Ruling, most: usize) -> (Vec<&str>, u64) {
    let names: Vec<&str> = ruling.resources.iter().take(most).map(|urn| name_of(urn)).collect();
    let left = ruling.resources.len().saturating_sub(names.len()) as u64;
    (names, left.saturating_add(ruling.more_resources))
}

fn name_of(urn: &str) -> &str {
    crate::report::Urn::parse(urn).map_or(urn, |urn| urn.name)
}

/// The way out of a ruling, if the report does not say it already.
pub(super) fn way_out<'r>(report: &Report, ruling: &'r Ruling) -> Option<&'r str> {
    ruling.way_out.as_deref().filter(|way_out| report.hint.as_deref() != Some(way_out))
}

/// What exceptions of a ruling let through, a sentence each. `with_resources`: whether the resources may be named.
pub(super) fn let_through(ruling: &Ruling, with_resources: bool) -> Vec<String> {
    let sentence = |exception: &crate::report::LetThrough| {
        let about = exception.urn.as_ref().filter(|_| with_resources);
        let about = about.map_or_else(String::new, |urn| format!(" for `{}`", urn.replace('`', "'")));
        format!(
            "an exception{about} lets through {} until {}: {}",
            figures::number(exception.count),
            exception.until,
            exception.because.replace('`', "'")
        )
    };
    ruling.let_through.iter().map(sentence).collect()
}

/// By which time it was judged.
pub(super) fn judged(rules: &RulesOutcome) -> String {
    format!("judged at {} by the clock of the job's machine", figures::moment(rules.judged_at))
}

/// Whether the time matters for what the report shows.
pub(super) fn depends_on_the_time(rules: &RulesOutcome) -> bool {
    !rules.warnings.is_empty()
        || rules.rulings.iter().any(|ruling| ruling.rule == "freeze" || !ruling.let_through.is_empty())
}
