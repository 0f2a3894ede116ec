//! Judges a report by the rules. Pure: the time is handed in.

use std::collections::{BTreeMap, BTreeSet};

use super::changes::Changes;
use super::clause::Clause;
use super::exception::{Exception, is_impossible};
use super::registry::RULES;
use super::rule::{JudgedReport, RuleForm, RuleRow};
use super::settings::Rules;
use super::subjects::Subjects;
use super::value::RuleValue;
use crate::base::day::Day;
use crate::report::{LetThrough, Operation, Report, RuleVerdict, RulesOutcome, Ruling, natural};

/// The most resources that a ruling names.
const NAMED: usize = 10;

/// What the rules say of a report at a time in Unix seconds. None if no rule is set, or if the report is not about an
/// operation that they are for: a preview, an update, or a destroy.
pub fn evaluate(rules: &Rules, report: &Report, now: u64) -> Option<RulesOutcome> {
    let is_judged = matches!(report.command, Operation::Preview | Operation::Up | Operation::Destroy);
    if rules.is_empty() || !is_judged {
        return None;
    }
    let case = JudgedReport { report, changes: Changes::new(report), now };
    let (mut rulings, mut warnings) = (Vec::new(), BTreeSet::new());
    for rule in RULES.iter().filter(|rule| rule.on_destroy || !case.is_destroy()) {
        let clauses = rules.clauses_of(rule);
        if clauses.is_empty() {
            continue;
        }
        let mut used = Used::default();
        let judged: Vec<JudgedClause<'_>> =
            clauses.iter().map(|clause| judge(rule, clause, &case, &mut used)).collect();
        // What exceptions let through is told once.
        let mut through = let_through(&used);
        for group in groups(rule, judged).iter().rev() {
            rulings.push(group.ruling(rule, &case, std::mem::take(&mut through)));
        }
        let found_some = used.found > 0;
        let exceptions: BTreeSet<&Exception> = clauses.iter().flat_map(|clause| &clause.exceptions).collect();
        for exception in exceptions {
            let words = exception.in_words(rule.name);
            if is_impossible(now) {
                let shown = Day::from_unix(now);
                warnings.insert(format!(
                    "{words} does not hold, as the clock of this machine shows {shown}, which can't be right: set it"
                ));
            } else if !exception.holds(now) {
                let about = exception.urn.as_ref().map_or_else(String::new, |urn| format!(" for `{urn}`"));
                warnings.insert(format!(
                    "the exception of `{}`{about} expired on {}: renew it or remove it",
                    rule.name, exception.until
                ));
            } else if found_some && !used.by.contains_key(exception) {
                warnings.insert(format!("{words} matches nothing of what the rule is about here"));
            }
        }
    }
    rulings.sort_by_key(|ruling| std::cmp::Reverse(ruling.verdict));
    let verdict = rulings.iter().map(|ruling| ruling.verdict).max().unwrap_or(RuleVerdict::Allowed);
    Some(RulesOutcome { verdict, judged_at: now, rulings, warnings: warnings.into_iter().collect() })
}

/// What exceptions have let through: the resources, and the number of other things.
#[derive(Debug, Default)]
struct Used<'a> {
    by: BTreeMap<&'a Exception, (BTreeSet<&'a str>, u64)>,
    /// The number of what the rule found, exceptions or not.
    found: u64,
}

/// A clause that was judged.
#[derive(Debug)]
struct JudgedClause<'a> {
    clause: &'a Clause,
    verdict: RuleVerdict,
    /// What is left of its subjects after the exceptions.
    left: Vec<Option<&'a str>>,
    count: u64,
    unknown: Option<String>,
}

/// Judges one clause, and remembers what its exceptions have let through.
fn judge<'a>(
    rule: &RuleRow,
    clause: &'a Clause,
    case: &JudgedReport<'a>,
    used: &mut Used<'a>,
) -> JudgedClause<'a> {
    let Subjects { each, mut unnamed, unknown } = (rule.judge)(case, &clause.value);
    // What is read in part may lack what any rule is about.
    let mut unknown = case.changes.unknown.clone().or(unknown);
    let holding: Vec<&Exception> =
        clause.exceptions.iter().filter(|exception| exception.holds(case.now)).collect();
    let mut left = Vec::new();
    used.found += each.len() as u64 + unnamed;
    for urn in each {
        let Some(exception) = holding.iter().find(|exception| exception.is_about(urn)) else {
            left.push(urn);
            continue;
        };
        let (resources, others) = used.by.entry(exception).or_default();
        match urn {
            Some(urn) => drop(resources.insert(urn)),
            None => *others += 1,
        }
    }
    // An exception from the whole rule is one from what is not named or not known as well.
    if let Some(whole) =
        holding.iter().find(|exception| exception.urn.is_none()).filter(|_| unnamed > 0 || unknown.is_some())
    {
        used.by.entry(whole).or_default().1 += unnamed;
        (unnamed, unknown) = (0, None);
    }
    let count = left.len() as u64 + unnamed;
    let breaks = match clause.value {
        RuleValue::AtMost(most) => count > most,
        _ => count > 0,
    };
    // Nobody can approve of what is not known.
    let verdict = match (breaks, &unknown) {
        (_, Some(_)) => RuleVerdict::Refused,
        (true, None) => clause.otherwise.verdict(),
        (false, None) => RuleVerdict::Allowed,
    };
    JudgedClause { clause, verdict, left, count, unknown }
}

/// Clauses of a rule with one verdict.
struct RulingGroup<'a> {
    verdict: RuleVerdict,
    clauses: Vec<JudgedClause<'a>>,
}

/// The clauses by their verdict, without those that are allowed beside others that are not. Of several numbers, the ones
/// with the worst verdict say it all.
fn groups<'a>(rule: &RuleRow, judged: Vec<JudgedClause<'a>>) -> Vec<RulingGroup<'a>> {
    let mut by_verdict: BTreeMap<RuleVerdict, Vec<JudgedClause<'a>>> = BTreeMap::new();
    for clause in judged {
        by_verdict.entry(clause.verdict).or_default().push(clause);
    }
    let worst = by_verdict.keys().max().copied().unwrap_or(RuleVerdict::Allowed);
    let shown = |verdict: RuleVerdict| {
        verdict == worst || (verdict != RuleVerdict::Allowed && rule.form != RuleForm::Count)
    };
    let groups = by_verdict.into_iter().filter(|(verdict, _)| shown(*verdict));
    groups.map(|(verdict, clauses)| RulingGroup { verdict, clauses }).collect()
}

impl RulingGroup<'_> {
    fn ruling(&self, rule: &RuleRow, case: &JudgedReport<'_>, let_through: Vec<LetThrough>) -> Ruling {
        let is_allowed = self.verdict == RuleVerdict::Allowed;
        let values: Vec<&RuleValue> = self.clauses.iter().map(|judged| &judged.clause.value).collect();
        let unknown = self.clauses.iter().find_map(|judged| judged.unknown.clone());
        let urns: BTreeSet<&str> =
            self.clauses.iter().flat_map(|judged| judged.left.iter().copied().flatten()).collect();
        let mut resources: Vec<&str> = urns.into_iter().filter(|_| !is_allowed).collect();
        resources.sort_by(|a, b| natural(a, b));
        let count = self.count(rule, resources.len() as u64);
        let more = (count.max(resources.len() as u64)).saturating_sub(resources.len().min(NAMED) as u64);
        let people = self.clauses.iter().filter(|_| self.verdict == RuleVerdict::Approval);
        let people: BTreeSet<Vec<String>> = people.map(|judged| judged.clause.otherwise.people()).collect();
        let set_in: BTreeSet<&String> = self.clauses.iter().map(|judged| &judged.clause.set_in).collect();
        Ruling {
            rule: rule.name.to_owned(),
            verdict: self.verdict,
            finding: unknown.clone().unwrap_or_else(|| (rule.finding)(case, &values, count)),
            count: unknown.is_none().then_some(count),
            more_resources: if is_allowed || rule.form == RuleForm::Packs || rule.form == RuleForm::Windows {
                0
            } else {
                more
            },
            resources: resources.iter().take(NAMED).map(|urn| (*urn).to_owned()).collect(),
            approval_from: people.into_iter().collect(),
            set_in: set_in.into_iter().cloned().collect(),
            way_out: (!is_allowed).then(|| match unknown {
                Some(_) if !is_impossible(case.now) => UNKNOWN.to_owned(),
                _ => (rule.way_out)(case, &values),
            }),
            let_through,
        }
    }

    /// The number of what the verdict rests on. Two patterns can be about one resource, which counts once.
    fn count(&self, rule: &RuleRow, resources: u64) -> u64 {
        let counts = self.clauses.iter().map(|judged| judged.count);
        match rule.form {
            RuleForm::Resources => resources,
            RuleForm::Packs => counts.sum(),
            RuleForm::Count | RuleForm::Switch | RuleForm::Windows => counts.max().unwrap_or_default(),
        }
    }
}

/// The way out of changes that are not known.
const UNKNOWN: &str = "run the job again; what could not be read is in the notes of the report";

fn let_through(used: &Used<'_>) -> Vec<LetThrough> {
    let exceptions = used.by.iter().map(|(exception, (resources, others))| LetThrough {
        urn: exception.urn.as_ref().map(ToString::to_string),
        until: exception.until.to_string(),
        because: exception.because.clone(),
        count: resources.len() as u64 + others,
    });
    exceptions.collect()
}

#[cfg(test)]
pub(in crate::rules) mod tests;
