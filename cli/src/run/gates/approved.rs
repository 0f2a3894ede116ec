//! The approvals of a deployment: whether those that are needed are there, and whether they count.

use std::collections::{BTreeMap, BTreeSet};

use super::commented;
use super::facts::GateFacts;
use super::found_approvals::FoundApprovals;
use super::merged_changes::{MergedChange, MergedChanges};
use super::signed::{self, SignedQuestion};
use crate::admit::approvals::gate::{GateQuestion, count_gate};
use crate::admit::approvals::reviews::{ReviewFacts, TeamMembers, count_reviews};
use crate::base::error::{Problem, Result};
use crate::base::git::short_commit;
use crate::base::moment::Moment;
use crate::delivery::settings::ApprovedBy;
use crate::delivery::{ApprovalsWanted, StackSettings};
use crate::forge::{Client, GatedJob};
use crate::ledger::entry::{ApprovalWay, EntryApprover};
use crate::report::{Reason, Report, RuleVerdict};

/// The members of teams, by the team's name with its `@`.
pub(super) type Teams = BTreeMap<String, TeamMembers>;

/// The fewest digits by which a commit is known.
const SHORTEST: usize = 7;

/// A name that nobody has: the rules and the settings name different people.
const NOBODY: &str = "nobody: those who may approve differ from rule to rule";

/// The approvals that a run needs: those of the settings, and with a rule that asks for one, at least one.
pub(super) fn wanted(settings: &StackSettings, report: &Report) -> Option<ApprovalsWanted> {
    let asking: Vec<_> = report
        .rules
        .iter()
        .flat_map(|rules| &rules.rulings)
        .filter(|ruling| ruling.verdict == RuleVerdict::Approval)
        .collect();
    let mut wanted = settings.approvals.clone();
    if !asking.is_empty() {
        let any = ApprovalsWanted {
            needed: 1,
            by: vec![ApprovedBy::Review, ApprovedBy::Environment],
            from: Vec::new(),
        };
        let wanted = wanted.get_or_insert(any);
        for from in asking.iter().flat_map(|ruling| &ruling.approval_from).filter(|from| !from.is_empty()) {
            let both: Vec<String> = if wanted.from.is_empty() {
                from.clone()
            } else {
                wanted.from.iter().filter(|name| from.contains(name)).cloned().collect()
            };
            // An empty list would stand for everybody.
            wanted.from = if both.is_empty() { vec![NOBODY.to_owned()] } else { both };
        }
    }
    wanted
}

/// Finds the approvals that count. `since`: the time, in RFC 3339, after which a review counts, if the change is another one
/// than what the change requests show. Fails if there are not enough, with the reasons why others do not count.
pub(super) async fn approvals(
    gates: &GateFacts<'_>,
    wanted: &ApprovalsWanted,
    merged: &Result<MergedChanges, Problem>,
    client: Option<&Client<'_>>,
    since: Option<&str>,
    report: &Report,
) -> Result<FoundApprovals> {
    let mut found = FoundApprovals::default();
    let mut people: BTreeSet<String> = BTreeSet::new();
    let mut problems: Vec<Problem> = Vec::new();
    let teams = teams(&wanted.from, client).await;
    if wanted.by.contains(&ApprovedBy::Review) {
        match (merged, client) {
            (Ok(merged), Some(client)) => {
                by_reviews((wanted, since), &teams, merged, client, &mut found, &mut people, &mut problems)
                    .await?;
            }
            (Err(why), _) => problems.push(why.clone()),
            (Ok(_), None) => problems.push(gates.no_forge()),
        }
    }
    let of_reviews = problems.len();
    if wanted.by.contains(&ApprovedBy::Environment) {
        by_environment(gates, wanted, &teams, client, &mut found, &mut people, &mut problems).await;
    }
    let of_environment = problems.len();
    if wanted.by.contains(&ApprovedBy::Ssh) {
        let question = SignedQuestion { gates, wanted, merged, client, report };
        signed::by_signatures(&question, &mut found, &mut people, &mut problems).await;
    }
    let needed = wanted.needed as usize;
    if people.len() >= needed {
        return Ok(found);
    }
    let approvals = if needed == 1 {
        "an approval is missing".to_owned()
    } else {
        format!("{} of {needed} approvals are there", people.len())
    };
    let from =
        if wanted.from.is_empty() { String::new() } else { format!(" (of {})", wanted.from.join(", ")) };
    let why: Vec<&str> = problems.iter().map(|problem| problem.what.as_str()).collect();
    let why = if why.is_empty() { String::new() } else { format!(": {}", why.join("; ")) };
    // Each way of approving has a way out of its own.
    let (others, by_ssh) = problems.split_at(of_environment);
    let (by_review, by_environment) = others.split_at(of_reviews);
    let first = |problems: &[Problem]| problems.iter().find_map(|problem| problem.hint.clone());
    let hints: Vec<String> = [by_review, by_environment, by_ssh].into_iter().filter_map(first).collect();
    let hint = if hints.is_empty() {
        Reason::Approval.way_out(crate::report::Operation::Up).to_owned()
    } else {
        hints.join("; or ")
    };
    Err(gates.refusal(format!("{approvals}{from}{why}"), hint, Reason::Approval))
}

/// The members of the teams that may approve. Empty without a client, so that none of them is known.
pub(super) async fn teams(from: &[String], client: Option<&Client<'_>>) -> Teams {
    let mut teams = Teams::new();
    let Some(client) = client else { return teams };
    for team in from.iter().filter(|name| name.starts_with('@')) {
        let members = match client.team_members(team.trim_start_matches('@')).await {
            Ok(Some(members)) => TeamMembers::Known(members),
            Ok(None) => TeamMembers::NotKnown(Problem::without_hint("the forge has no such team")),
            Err(trouble) => TeamMembers::NotKnown(trouble.problem),
        };
        teams.insert(team.clone(), members);
    }
    teams
}

async fn by_reviews(
    (wanted, since): (&ApprovalsWanted, Option<&str>),
    teams: &Teams,
    merged: &MergedChanges,
    client: &Client<'_>,
    found: &mut FoundApprovals,
    people: &mut BTreeSet<String>,
    problems: &mut Vec<Problem>,
) -> Result<()> {
    if let Some(commit) = merged.without.first() {
        problems.push(Problem::new(
            format!("commit `{}` came without a change request", short_commit(commit)),
            "bring changes by change requests, so that they can be reviewed",
        ));
        return Ok(());
    }
    if merged.changes.is_empty() {
        problems.push(Problem::new(
            "no change request brought this commit, so there is no review",
            "bring the change by a change request",
        ));
        return Ok(());
    }
    // Each change request needs its approvals; those that all of them have are the run's.
    let mut everywhere: Option<BTreeSet<String>> = None;
    for MergedChange { request, name, shown, commented, .. } in &merged.changes {
        let Some(shown) = shown else {
            problems.push(Problem::new(
                format!("{name} has no preview of this stack that could have been approved"),
                "preview change requests with stackstep, so that people approve what they have seen",
            ));
            return Ok(());
        };
        // What our comment says is a pointer: the commit that was approved is the one at the head, as the forge has it.
        if let Some(head) = request.head.as_deref().filter(|head| !is_same_commit(head, &shown.commit)) {
            problems.push(Problem::new(
                format!(
                    "{name} was merged at `{}`, and its preview shows `{}`",
                    short_commit(head),
                    short_commit(&shown.commit)
                ),
                "let the last commit of a change be previewed, and have that approved",
            ));
            return Ok(());
        }
        let reviews = client.reviews(request.number).await;
        let reviews = match reviews {
            Ok(reviews) => commented::among(reviews, commented, &shown.commit, since),
            Err(trouble) => {
                problems.push(trouble.problem);
                return Ok(());
            }
        };
        let facts = ReviewFacts {
            request: name,
            author: request.author.as_ref(),
            head: &shown.commit,
            commented_at: later(shown.at.as_deref().unwrap_or_default(), since),
            needed: wanted.needed as usize,
            from: &wanted.from,
            teams,
        };
        let verdict = count_reviews(&reviews, &facts);
        if !verdict.is_enough() {
            problems.extend(verdict.problem());
        }
        let mut here = BTreeSet::new();
        if verdict.blocking.is_empty() {
            for review in &verdict.counted {
                here.insert(review.person.id.to_lowercase());
                found.persons.push(review.person.clone());
                let id = format!(
                    "{}#{} {} {}",
                    client.place().repository,
                    request.number,
                    review.person.id,
                    review.at
                );
                let by_review =
                    || EntryApprover::new(Some(&review.person.shown), ApprovalWay::Review, Some(&id));
                found.approvers.push(commented::approver(commented, review).unwrap_or_else(by_review));
                found.notes.push(format!("approved by `{}` on {name}", review.person.shown));
            }
        }
        everywhere = Some(match everywhere {
            None => here,
            Some(all) => all.intersection(&here).cloned().collect(),
        });
    }
    people.extend(everywhere.unwrap_or_default());
    Ok(())
}

/// The later one of two times, in RFC 3339. One that can't be read is the later one, as nothing counts after it.
fn later<'t>(at: &'t str, since: Option<&'t str>) -> &'t str {
    match (Moment::parse(at), since, since.and_then(Moment::parse)) {
        (Some(at), Some(text), since) if since.is_none_or(|since| since > at) => text,
        _ => at,
    }
}

/// Whether both are one commit. Bitbucket tells the first digits of a change request's head.
fn is_same_commit(one: &str, other: &str) -> bool {
    let (one, other) = (one.to_ascii_lowercase(), other.to_ascii_lowercase());
    one.len().min(other.len()) >= SHORTEST && (one.starts_with(&other) || other.starts_with(&one))
}

/// The gate of the CI system before this job.
async fn by_environment(
    gates: &GateFacts<'_>,
    wanted: &ApprovalsWanted,
    teams: &Teams,
    client: Option<&Client<'_>>,
    found: &mut FoundApprovals,
    people: &mut BTreeSet<String>,
    problems: &mut Vec<Problem>,
) {
    let job = gates.job;
    let of_entry = gates.settings().and_then(StackSettings::environment);
    let of_job = job.inputs.forge.environment.as_deref();
    if let (Some(entry), Some(job)) = (of_entry, of_job.filter(|job| Some(*job) != of_entry)) {
        problems.push(Problem::new(
            format!(
                "the gate of `{job}` does not count: the stack's entry says that its environment is `{entry}`"
            ),
            format!("leave `environment` out of the step, or set it to `{entry}`"),
        ));
        return;
    }
    let Some(environment) = of_entry.or(of_job).map(str::to_owned) else {
        problems.push(Problem::new(
            "the job's gate is not known: `environment` is not set",
            "set `environment` to the environment of this job, whose gate counts",
        ));
        return;
    };
    // A number of another system would be that of a stranger's run on the forge.
    let origin = job.ci.origin(job.env);
    let client = client.filter(|client| origin.forge == Some(client.place().forge.name()));
    let gate = origin.gate.unwrap_or_default();
    let gated = GatedJob { run: gate.run, job: gate.job, environment: Some(environment.clone()) };
    let read = match client {
        Some(client) => client.gate_approvals(&gated).await,
        None => Ok(None),
    };
    let decided = match read {
        Ok(decided) => decided,
        Err(trouble) => {
            problems.push(trouble.problem);
            return;
        }
    };
    let needed = wanted.needed as usize;
    let question = GateQuestion { environment: &environment, needed, from: &wanted.from, teams };
    let verdict = count_gate(decided.as_deref(), &question);
    problems.extend(verdict.problem);
    for person in &verdict.counted {
        people.insert(person.id.to_lowercase());
        found.persons.push(person.clone());
        let id = format!("{} {environment} {}", gated.run.as_deref().unwrap_or_default(), person.id);
        found.approvers.push(EntryApprover::new(Some(&person.shown), ApprovalWay::Environment, Some(&id)));
        found.notes.push(format!("approved by `{}` at the gate of `{environment}`", person.shown));
    }
    if verdict.by_somebody {
        people.insert(format!("the gate of {environment}"));
        let id = job.context.build_url.clone().unwrap_or_default();
        found.approvers.push(EntryApprover::new(None, ApprovalWay::Environment, Some(&id)));
        found.notes.push(format!(
            "the gate of `{environment}` counts as the approval: who has approved is not known here"
        ));
    }
}
