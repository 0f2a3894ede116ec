//! Whether what people decided at the CI system's own gate approves a deployment. Pure.
//!
//! Of each person the last decision counts, if it let the job through; with `from` only of those whom it names. Bots do not
//! count. Where nobody can tell who opened the gate, the job itself is the evidence that somebody did, as it starts only after
//! its gate: that is one approval of anybody, and none of several people or of certain ones.

use std::collections::BTreeMap;

use super::refusals::WhyNot;
use super::reviews::{TeamMembers, UncountedReview, is_of};
use crate::base::error::Problem;
use crate::forge::{GateApproval, Person};

/// The facts that the decisions at a gate are judged by.
#[derive(Debug, Clone, Copy)]
pub struct GateQuestion<'a> {
    /// The environment of the job.
    pub environment: &'a str,
    /// The approvals that are needed.
    pub needed: usize,
    /// Who may approve: names, and teams with an `@` before them. Empty: everybody whom the gate lets decide.
    pub from: &'a [String],
    /// The members of the teams in `from`, by the team's name with its `@`.
    pub teams: &'a BTreeMap<String, TeamMembers>,
}

/// What the decisions at a gate come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GateVerdict {
    /// The people whose approvals count.
    pub counted: Vec<Person>,
    /// Whether it counts for one approval of somebody who is not known.
    pub by_somebody: bool,
    /// Why there are not enough approvals, if that lies here.
    pub problem: Option<Problem>,
}

/// Judges what was decided at the gate of a job, the oldest first. None if nobody can tell who decided.
pub fn count_gate(decided: Option<&[GateApproval]>, question: &GateQuestion<'_>) -> GateVerdict {
    match decided {
        Some(decided) => by_people(decided, question),
        None if question.needed <= 1 && question.from.is_empty() => {
            GateVerdict { by_somebody: true, ..GateVerdict::default() }
        }
        None => GateVerdict { problem: Some(nobody_known(question)), ..GateVerdict::default() },
    }
}

fn by_people(decided: &[GateApproval], question: &GateQuestion<'_>) -> GateVerdict {
    let environment = question.environment;
    let is_ours = |one: &&GateApproval| {
        one.environments.is_empty() || one.environments.iter().any(|name| name == environment)
    };
    let mut last: Vec<&GateApproval> = Vec::new();
    for one in decided.iter().filter(is_ours) {
        match last.iter_mut().find(|own| own.person.is_same(&one.person)) {
            Some(own) => *own = one,
            None => last.push(one),
        }
    }
    let (mut counted, mut not_counted) = (Vec::new(), Vec::new());
    for person in last.into_iter().filter(|one| one.approved).map(|one| &one.person) {
        match may_approve(person, question) {
            Ok(()) => counted.push(person.clone()),
            Err(why) => not_counted.push(UncountedReview { person: person.clone(), why }),
        }
    }
    let problem = match (counted.len() >= question.needed, not_counted.first()) {
        (true, _) => None,
        (false, None) if counted.is_empty() => Some(Problem::new(
            format!("nobody has approved this run at the gate of `{environment}`"),
            format!("give `{environment}` required reviewers, and name it on the job"),
        )),
        (false, None) => Some(Problem::new(
            format!("{} of {} have approved at the gate of `{environment}`", counted.len(), question.needed),
            "have it approved by more people, or let reviews count as well: `approvals.by: [review, environment]`",
        )),
        (false, Some(first)) => {
            let each = not_counted
                .iter()
                .map(|one| format!("`{}` does not count: {}", one.person.shown, one.why.in_words()));
            let each = each.collect::<Vec<_>>().join("; ");
            Some(Problem::new(
                format!("at the gate of `{environment}`, {each}"),
                first.why.way_out(&first.person.shown),
            ))
        }
    };
    GateVerdict { counted, by_somebody: false, problem }
}

fn may_approve(person: &Person, question: &GateQuestion<'_>) -> Result<(), WhyNot> {
    match (person.bot, question.from.is_empty()) {
        (true, _) => Err(WhyNot::Bot),
        (false, true) => Ok(()),
        (false, false) => is_of(person, question.from, question.teams),
    }
}

fn nobody_known(question: &GateQuestion<'_>) -> Problem {
    let whom = match (question.needed, question.from) {
        (needed, []) => format!("approvals of {needed} people"),
        (1, from) => format!("an approval of {}", from.join(" or ")),
        (needed, from) => format!("{needed} approvals of {}", from.join(", ")),
    };
    Problem::new(
        format!(
            "the gate of `{}` does not count for {whom}: who opened it is not known here",
            question.environment
        ),
        "let reviews count: `approvals.by: [review]`; or give the step a token that may read who approved, where the CI \
         system tells it (docs/approvals.md)",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(name: &str, approved: bool) -> GateApproval {
        let bot = name.ends_with("[bot]");
        GateApproval {
            person: Person { id: name.to_owned(), names: Vec::new(), shown: name.to_owned(), bot },
            approved,
            environments: vec!["production".to_owned()],
            at: None,
            comment: None,
        }
    }

    /// The verdict for so many approvals of these people: who counts, whether somebody unknown does, and the problem.
    fn judged(decided: Option<&[GateApproval]>, needed: usize, from: &[&str]) -> (Vec<String>, bool, String) {
        let from: Vec<String> = from.iter().map(|name| (*name).to_owned()).collect();
        let ann = Person { id: "ann".into(), names: Vec::new(), shown: "ann".into(), bot: false };
        let teams = BTreeMap::from([("@acme/platform".to_owned(), TeamMembers::Known(vec![ann]))]);
        let question = GateQuestion { environment: "production", needed, from: &from, teams: &teams };
        let verdict = count_gate(decided, &question);
        let names = verdict.counted.into_iter().map(|person| person.id).collect();
        (names, verdict.by_somebody, verdict.problem.map(|problem| problem.what).unwrap_or_default())
    }

    #[test]
    fn somebody_who_is_not_known_counts_for_one_approval_of_anybody() {
        assert_eq!(judged(None, 1, &[]), (Vec::new(), true, String::new()));
    }

    #[test]
    fn somebody_who_is_not_known_is_neither_two_people_nor_a_certain_one() {
        for (needed, from, whom) in [
            (2, &[][..], "does not count for approvals of 2 people: who opened it is not known"),
            (1, &["ann"], "does not count for an approval of ann: who opened it is not known"),
            (2, &["ann", "@acme/platform"], "does not count for 2 approvals of ann, @acme/platform"),
        ] {
            let (counted, by_somebody, problem) = judged(None, needed, from);
            assert!(counted.is_empty() && !by_somebody && problem.contains(whom), "{problem}");
        }
    }

    #[test]
    fn those_who_let_the_job_through_count_and_nobody_of_another_environment() {
        let elsewhere = GateApproval { environments: vec!["staging".to_owned()], ..decision("zoe", true) };
        let decided = [decision("ann", true), decision("bob", false), elsewhere, decision("cy", true)];
        assert_eq!(judged(Some(&decided), 2, &[]).0, ["ann", "cy"]);
    }

    #[test]
    fn only_those_count_whom_from_names() {
        let decided = [decision("bob", true)];
        let (counted, _, problem) = judged(Some(&decided), 1, &["ann", "@acme/platform"]);
        assert!(
            counted.is_empty() && problem.contains("`bob` does not count: they are not named"),
            "{problem}"
        );
        let decided = [decision("bob", true), decision("ann", true)];
        assert_eq!(
            judged(Some(&decided), 1, &["@acme/platform"]),
            (vec!["ann".to_owned()], false, String::new())
        );
        let (_, _, problem) = judged(Some(&decided), 1, &["@acme/other"]);
        assert!(problem.contains("`@acme/other`"), "{problem}");
    }

    #[test]
    fn a_person_counts_once_by_their_last_decision_and_a_bot_never() {
        let twice = [decision("ann", true), decision("Ann", true)];
        assert_eq!(judged(Some(&twice), 2, &[]).2, "1 of 2 have approved at the gate of `production`");
        let taken_back = [decision("ann", true), decision("ann", false)];
        assert!(judged(Some(&taken_back), 1, &[]).2.contains("nobody has approved this run"));
        let (counted, _, problem) = judged(Some(&[decision("x[bot]", true)]), 1, &[]);
        assert!(counted.is_empty() && problem.contains("not a person"), "{problem}");
    }
}
