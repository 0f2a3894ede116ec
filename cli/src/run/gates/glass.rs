//! The broken glass: somebody whom the stack's entry names has said by `break-glass` that one change is deployed without
//! what is needed otherwise. It stands in for the gates that ask for people and order, once, for that change, for an hour;
//! never for a rule that refuses or a hold.

use std::time::{Duration, SystemTime};

use tokio::time::timeout;

use super::Gates;
use super::approved;
use super::facts::GateFacts;
use super::judged::top;
use crate::admit::approvals::refusals::WhyNot;
use crate::admit::approvals::reviews::is_of;
use crate::admit::approvals::signed::ALLOWED_SIGNERS;
use crate::base::error::{Error, Problem, Result};
use crate::delivery::place::ForgeAccess;
use crate::delivery::starter::tells_who_starts;
use crate::forge::{Client, Person};
use crate::ledger::entry::{ApprovalWay, EntryApprover, LedgerEntry};
use crate::ledger::history::{ApprovalUse, History};
use crate::report::{Reason, Report};

/// The time limit for looking whether somebody has closed the issues, and opening them again.
const FOLLOW_UP: Duration = Duration::from_secs(5);

/// The broken glass that counts at `now`, for whichever change. None if there is none, or its time is over.
pub fn broken_glass(past: &History, now: SystemTime) -> Option<&LedgerEntry> {
    past.broke_glass().filter(|entry| entry.expires.is_some() && !entry.is_over(now))
}

/// The broken glass as an approval, which counts once.
fn as_approval(glass: &LedgerEntry) -> EntryApprover {
    EntryApprover::new(glass.actor.as_deref(), ApprovalWay::BreakGlass, Some(&glass.id))
}

/// Whether the one deployment that the glass was broken for is done.
pub fn is_done(glass: &LedgerEntry, past: &History) -> bool {
    let used = past.approval_use(&as_approval(glass), glass.digest.as_deref().unwrap_or_default());
    matches!(used, ApprovalUse::UsedUp(used) if used.done)
}

/// Fails if `from` does not name the person, by their name or by a team of the forge.
pub async fn is_one_of(from: &[String], person: &str, client: Option<&Client<'_>>) -> Result<(), Problem> {
    let one = Person { id: person.to_owned(), names: Vec::new(), shown: person.to_owned(), bot: false };
    let teams = approved::teams(from, client).await;
    is_of(&one, from, &teams).map_err(|why| match why {
        WhyNot::TeamNotKnown { team, why } => Problem {
            what: format!("whether `{person}` is in `{team}` is not known: {}", why.what),
            hint: why.hint.or(Some("give the job a token that can read the team, or name people".to_owned())),
        },
        _ => Problem::new(
            format!("`{person}` is not one of those who may: {}", from.join(", ")),
            "let one of them do it",
        ),
    })
}

impl Gates<'_> {
    /// The broken glass of the job's stack that counts now.
    pub(super) fn glass(&self) -> Option<&LedgerEntry> {
        let facts = &self.facts;
        let past = facts.judged.past.as_ref().filter(|_| facts.settings().is_some() && facts.changes())?;
        broken_glass(past, facts.job.env.clock().time()).filter(|_| facts.takes_ways_out)
    }

    /// Keeps the refusal of a gate before the preview until it is known which change the run is about, if a broken glass may
    /// stand in for that gate.
    pub(super) fn put_off(&mut self, passed: Result<()>, previews: bool) -> Result<()> {
        match passed {
            Err(error) if previews && may_stand_in_for(&error) && self.glass().is_some() => {
                self.put_off.push(error);
                Ok(())
            }
            other => other,
        }
    }

    /// Lets a change that gates have refused pass if the broken glass is about it. Fails with the first refusal.
    pub(super) async fn stand_in_for(&mut self, refusals: Vec<Error>, report: &Report) -> Result<()> {
        let glass = self.glass().filter(|_| refusals.iter().all(may_stand_in_for)).cloned();
        let digests = self.facts.digests(report);
        let told: Vec<String> = refusals.iter().map(ToString::to_string).collect();
        let Some(first) = refusals.into_iter().next() else { return Ok(()) };
        let (Some(glass), Some(digests)) = (glass, digests) else { return Err(first) };
        let Some(digest) = digests.into_iter().find(|digest| glass.is_about_change(digest)) else {
            self.notes.push("the glass was broken for another change than this one".to_owned());
            return Err(first);
        };
        let approval = as_approval(&glass);
        let usable = self.facts.judged.past.as_ref().map(|past| past.approval_use(&approval, &digest));
        if !matches!(usable, Some(ApprovalUse::Free | ApprovalUse::Continues(_))) {
            self.notes.push(
                "the glass was broken for one deployment, which is done: it does not count again".to_owned(),
            );
            return Err(first);
        }
        let client = self.facts.judged.forge.as_ref().map(ForgeAccess::client);
        let mut from = self.facts.settings().map(|settings| settings.break_glass.clone()).unwrap_or_default();
        if is_signed(&glass) {
            // No forge tells whether a signer is in a team.
            from.retain(|name| !name.starts_with('@'));
        }
        let who = glass.actor.clone().unwrap_or_default();
        if let Err(why) = is_one_of(&from, &who, client.as_ref()).await {
            self.notes.push(format!("the broken glass does not count: {}", why.what));
            return Err(first);
        }
        let reason = glass.reason.as_deref().unwrap_or("no reason is known");
        let link = glass.link.as_deref().map(|link| format!(" ({link})")).unwrap_or_default();
        let issue = match glass.issue {
            Some(number) => format!("issue #{number} has to be closed by somebody else"),
            None => "no issue follows it up: let somebody else look at it".to_owned(),
        };
        self.notes.push(format!(
            "BROKEN GLASS: `{who}` lets this be deployed past what holds otherwise, entry {} of the ledger: {reason}{link}; \
             {issue}; passed by: {}",
            glass.number,
            told.join("; ")
        ));
        self.facts.approvers.push(approval);
        Ok(())
    }

    /// Looks whether somebody else has closed the issues of the broken glasses, the last one first, and opens those again
    /// that nobody else has looked at.
    pub(super) async fn follow_up(&mut self) {
        let (Some(past), Some(forge)) = (&self.facts.judged.past, &self.facts.judged.forge) else { return };
        let notes = follow_up_in_time(&forge.client(), past.broken_glasses()).await;
        self.notes.extend(notes);
    }
}

/// Opens the issues of broken glasses again that nobody else has looked at, within [`FOLLOW_UP`]. Returns what is to be told
/// of them.
async fn follow_up_in_time(client: &Client<'_>, glasses: &[LedgerEntry]) -> Vec<String> {
    let mut notes = Vec::new();
    let mut open: Vec<u64> = glasses.iter().filter_map(|glass| glass.issue).collect();
    let look = async {
        for glass in glasses.iter().rev().filter(|glass| glass.issue.is_some()) {
            notes.extend(reopen_unless_looked_at(client, glass).await);
            open.pop();
        }
    };
    if timeout(FOLLOW_UP, look).await.is_err() {
        let open: Vec<String> = open.iter().map(|number| format!("#{number}")).collect();
        notes.push(format!(
            "whether somebody else has closed the issues of broken glasses ({}) is not known: {} did not answer within {} seconds",
            open.join(", "),
            client.place().forge.title(),
            FOLLOW_UP.as_secs()
        ));
    }
    notes
}

/// Opens the issue of a broken glass again if who broke it, or a program, has closed it. Returns what is to be told of it.
pub async fn reopen_unless_looked_at(client: &Client<'_>, glass: &LedgerEntry) -> Option<String> {
    let number = glass.issue?;
    let issue = match client.issue(number).await {
        Ok(issue) => issue.filter(|issue| !issue.open)?,
        Err(trouble) => {
            return Some(format!(
                "issue #{number} of the broken glass can't be read: {}",
                trouble.problem.what
            ));
        }
    };
    let who = glass.actor.as_deref().unwrap_or_default();
    let closed_by = match issue.closed_by {
        None => {
            return Some(format!("issue #{number} of the broken glass is closed, and by whom is not known"));
        }
        Some(person) if !person.bot && !person.is_named(who) => return None,
        Some(person) => person.shown,
    };
    let told = format!("issue #{number} of the broken glass was closed by `{closed_by}`");
    let why = format!(
        "`{closed_by}` has closed this. Somebody else than `{who}`, a person, has to look at what was deployed and close it."
    );
    match client.reopen_issue(number, &why).await {
        Ok(()) => Some(format!("{told}, and is open again: a second person has to close it")),
        Err(trouble) => Some(format!(
            "{told}, a second person has to close it, and it can't be opened again: {}",
            trouble.problem.what
        )),
    }
}

/// Whether the gate that refuses is one that a broken glass stands in for.
fn may_stand_in_for(error: &Error) -> bool {
    matches!(error.reason(), Some(Reason::Gate | Reason::Reviewed | Reason::Approval))
}

/// Whether a person has broken the glass by a signature, and not by starting a job.
fn is_signed(glass: &LedgerEntry) -> bool {
    glass.approvers.iter().any(|approver| approver.by == ApprovalWay::Ssh)
}

/// The way out by a broken glass, for those whom the entry names. None if it names nobody, if there is no ledger, or if
/// nobody can break it: where the CI system does not tell who starts a job, it takes a signature, and a list of signers.
pub(super) fn way_out(gates: &GateFacts<'_>, digest: &str) -> Option<String> {
    let settings = gates.settings().filter(|settings| !settings.break_glass.is_empty())?;
    let from = &settings.break_glass;
    let stack = gates.stack_on_the_line();
    if tells_who_starts(gates.job.ci) {
        return Some(format!(
            "in an emergency ({}): `stackstep break-glass {stack} --digest {digest} --reason … --link …`",
            from.join(", ")
        ));
    }
    let signers: Vec<&str> = from.iter().map(String::as_str).filter(|name| !name.starts_with('@')).collect();
    let judged_from = gates.job.rollback.as_ref().map(|rollback| rollback.judged_from.clone());
    let has_list = judged_from.unwrap_or_else(|| top(gates.job)).join(ALLOWED_SIGNERS).is_file();
    let environment = settings.environment().or(gates.job.inputs.forge.environment.as_deref());
    let environment = environment.map(|name| format!(" --environment {name}")).unwrap_or_default();
    (has_list && !signers.is_empty()).then(|| {
        format!(
            "in an emergency one of those who may ({}) signs it, `stackstep approve --break-glass {stack} --digest {digest}\
             {environment} --key ~/.ssh/id_ed25519`, and a job hands that over: `stackstep break-glass {stack} --digest {digest} \
             --reason … --link … --signed approval.json`",
            signers.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::base::env::Env;
    use crate::base::http::{Http, Url};
    use crate::base::secret::Secret;
    use crate::forge::client::LIMITS;
    use crate::forge::{Place, forge_by_name};
    use crate::ledger::entry::EntryKind;

    #[tokio::test(start_paused = true)]
    async fn a_forge_that_does_not_answer_holds_a_deployment_up_for_five_seconds() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/api/v4/", silent.local_addr().unwrap());
        let place = Place {
            forge: forge_by_name("gitlab").unwrap(),
            api: Url::parse(&address).unwrap(),
            repository: "acme/shop".to_owned(),
            token: Secret::new("forge-token-0123456789"),
            author: None,
            likely_author: None,
            jobs_own: false,
        };
        let http = Http::new(&Env::from_pairs("/", [("A", "b")]), LIMITS).unwrap();
        let mut glass = LedgerEntry::new(EntryKind::BrokeGlass, Some("shop"), "prod", UNIX_EPOCH);
        glass.issue = Some(3);
        let before = tokio::time::Instant::now();
        let notes = follow_up_in_time(&Client::new(&http, &place), &[glass]).await;
        let note = notes.join("; ");
        assert!(note.contains("(#3)") && note.contains("GitLab did not answer within 5 seconds"), "{note}");
        assert!(before.elapsed() < FOLLOW_UP * 2);
    }
}
