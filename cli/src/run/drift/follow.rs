//! The issue that follows a stack's drift up: found again, opened, shown anew, closed.

use super::DriftLook;
use super::owners::owners;
use crate::ci::console::Console;
use crate::delivery::place::forge_place;
use crate::forge::trouble::{Trouble, TroubleKind};
use crate::forge::{Client, Issue, IssueChange};
use crate::ledger::drift_history::DriftHistory;
use crate::ledger::history::History;
use crate::lifecycle::drift::issue::{ClosedAs, DriftNow, IssueStep, SeenIssue, looks_again, steps};
use crate::lifecycle::drift::marker::{DriftMarker, key};
use crate::lifecycle::drift::text::{DriftText, code};
use crate::report::{DriftAcceptance, DriftIssue, DriftOutcome, Report};
use crate::run::gates::stack_on_the_line;

/// The most rounds of reading the issues and changing them: one, and another after one was opened.
const ROUNDS: usize = 3;

/// What became of the issue.
#[derive(Debug, Default)]
pub(super) struct Followed {
    /// The stack's issue. None if there is none, or it is not known.
    pub issue: Option<DriftIssue>,
    /// Whether something of an issue was changed.
    pub changed: bool,
    /// Notes for the report.
    pub notes: Vec<String>,
}

/// The following up of one look.
struct Following<'a> {
    client: &'a Client<'a>,
    author: &'a str,
    now: DriftNow,
    text: DriftText<'a>,
    key: String,
    earlier_key: Option<String>,
    /// The issue that the ledger names.
    recorded: Option<u64>,
    accepted: Option<String>,
    /// Whether one more may be opened.
    may_open: bool,
}

impl DriftLook<'_> {
    /// Follows the look up. Trouble is a note: what was found is found.
    pub(super) async fn follow_up(
        &self,
        report: &Report,
        outcome: &DriftOutcome,
        console: &Console,
    ) -> Followed {
        let mut followed = Followed::default();
        let Some(now) = Self::now(outcome) else { return followed };
        let job = self.job;
        let is_found = matches!(now, DriftNow::Found(_));
        let Some(forge) = &self.forge else {
            if is_found {
                let why = forge_place(job.ci, job.env, &job.context, &job.inputs).err();
                let why = why.map_or_else(|| "the forge is not known".to_owned(), |why| why.in_one_line());
                followed.notes.push(format!("no issue follows this up: {why}"));
            }
            return followed;
        };
        let client = forge.client();
        if forge.place.forge.issues().is_none() {
            if is_found {
                let title = forge.place.forge.title();
                followed
                    .notes
                    .push(format!("no issue follows this up: {title} has no issues that a job can open"));
            }
            return followed;
        }
        let Some(author) = client.own_author().await else {
            followed.notes.push(
                "no issue is looked for, as it is not known whose token it is; `comment-author` names the account"
                    .to_owned(),
            );
            return followed;
        };
        let mask = |text: &str| console.masker().mask(text);
        let identity = job.identity().unwrap_or_default().masked(&mask);
        let owners = owners(job, forge.place.forge);
        let (stack, line) = (identity.to_string(), stack_on_the_line(job));
        let run = job.context.build_url.as_deref();
        let settings = &self.ask.settings;
        let earlier = settings.earlier_name(&identity.stack);
        let mut following = Following {
            client: &client,
            author: &author,
            now,
            text: DriftText { stack: &stack, on_the_line: &line, report, owners: &owners, run },
            key: key(&identity, None),
            earlier_key: earlier.map(|name| key(&identity, Some(name))),
            recorded: self.past.as_ref().map(History::drift).and_then(DriftHistory::issue),
            accepted: outcome.accepted.as_ref().map(in_words),
            may_open: self.ask.opened.get() < settings.max_issues,
        };
        let done = following.follow(&mut followed).await;
        if !following.may_open && self.ask.opened.get() < settings.max_issues {
            self.ask.opened.set(self.ask.opened.get() + 1);
        }
        if let Err(trouble) = done {
            followed.notes.push(format!("the issue is not up to date: {}", trouble.problem.in_one_line()));
        }
        followed
    }
}

impl Following<'_> {
    /// Reads the issues and changes them until nothing is left to do.
    async fn follow(&mut self, followed: &mut Followed) -> Result<(), Trouble> {
        for _ in 0..ROUNDS {
            let there = self.read().await?;
            let seen: Vec<SeenIssue> = there.iter().map(|(seen, _)| seen.clone()).collect();
            let first =
                there.iter().filter(|(seen, _)| !seen.is_of_earlier_name).min_by_key(|(seen, _)| seen.number);
            followed.issue = first.map(|(_, issue)| DriftIssue {
                number: issue.number,
                url: issue.url.clone(),
                open: issue.open,
            });
            let mut steps = steps(&self.now, &seen);
            if steps.contains(&IssueStep::Open) && !self.may_open {
                steps.retain(|step| *step != IssueStep::Open);
                if followed.issue.is_none() {
                    followed.notes.push(
                        "no issue follows this up: this run has opened as many as `drift.max-issues` allows"
                            .to_owned(),
                    );
                }
            }
            let again = looks_again(&steps);
            for step in &steps {
                self.make(step, followed).await?;
            }
            if !again {
                break;
            }
        }
        Ok(())
    }

    /// The issues of our own account that are about the stack, by their markers or by the number in the ledger.
    async fn read(&self) -> Result<Vec<(SeenIssue, Issue)>, Trouble> {
        let issues = self.client.issues_of(self.author).await?.unwrap_or_default();
        let seen = |issue: Issue| {
            let marker = DriftMarker::read(&issue.body);
            let marked = marker.as_ref().map(|marker| marker.key.as_str());
            let is_own = marked == Some(self.key.as_str());
            let is_of_earlier_name = !is_own && marked.is_some() && marked == self.earlier_key.as_deref();
            // A person may have taken the marker out of the text, but not made it that of another stack.
            let is_recorded = marked.is_none() && self.recorded == Some(issue.number);
            let seen = SeenIssue {
                number: issue.number,
                open: issue.open,
                digest: marker.map(|marker| marker.digest),
                is_of_earlier_name,
            };
            (is_own || is_of_earlier_name || is_recorded).then_some((seen, issue))
        };
        Ok(issues.into_iter().filter_map(seen).collect())
    }

    async fn make(&mut self, step: &IssueStep, followed: &mut Followed) -> Result<(), Trouble> {
        let digest = match &self.now {
            DriftNow::Found(digest) => digest.clone(),
            DriftNow::Accepted | DriftNow::Gone => String::new(),
        };
        let marker = DriftMarker { key: self.key.clone(), digest };
        let body = self.text.body(&marker);
        let mut own = |number: u64, open: bool, what: &str| {
            followed.changed = true;
            followed.notes.push(format!("issue #{number} {what}"));
            let url = followed
                .issue
                .as_ref()
                .filter(|issue| issue.number == number)
                .and_then(|one| one.url.clone());
            followed.issue = Some(DriftIssue { number, url, open });
        };
        match *step {
            IssueStep::Open => {
                let Some(issue) = self.client.open_issue(&self.text.title(), &body).await? else {
                    return Ok(());
                };
                self.may_open = false;
                own(issue.number, true, "follows this drift up");
                if let Some(known) = &mut followed.issue {
                    known.url = issue.url;
                }
            }
            IssueStep::Reopen(number) => {
                let change = IssueChange { open: Some(true), body: Some(&body) };
                let what = format!("open issue #{number} again");
                self.client.change_issue(number, &change, &what, &self.text.again()).await?;
                own(number, true, "is open again");
            }
            IssueStep::Show(number) => {
                let change = IssueChange { open: None, body: Some(&body) };
                let what = format!("write into issue #{number}");
                self.client.change_issue(number, &change, &what, &self.text.changed()).await?;
                own(number, true, "shows the drift as it is now");
            }
            IssueStep::Close(number, why) => {
                let change = IssueChange { open: Some(false), body: None };
                let comment = self.text.closed(why, self.accepted.as_deref());
                let closed = self
                    .client
                    .change_issue(number, &change, &format!("close issue #{number}"), &comment)
                    .await;
                // Another run, or a person, was faster.
                if closed.as_ref().is_err_and(|trouble| trouble.kind == TroubleKind::Missing) {
                    return Ok(());
                }
                closed?;
                match why {
                    ClosedAs::Gone => own(number, false, "is closed: there is no drift any more"),
                    ClosedAs::Accepted => own(number, false, "is closed: the drift is accepted"),
                    ClosedAs::Second(first) => {
                        followed.notes.push(format!("issue #{number} is closed: #{first} is about the same"));
                    }
                    ClosedAs::Renamed => {
                        followed
                            .notes
                            .push(format!("issue #{number} is closed: the stack has another name now"));
                    }
                }
            }
        }
        Ok(())
    }
}

/// "until 2027-01-01T00:00:00Z by `ann`: a test".
fn in_words(accepted: &DriftAcceptance) -> String {
    let until = accepted.until.as_deref().unwrap_or("an unknown time");
    let by = code(accepted.by.as_deref().unwrap_or("somebody"));
    let reason = accepted.reason.as_deref().map(|reason| format!(": {}", code(reason))).unwrap_or_default();
    format!("until {until} by {by}{reason}")
}
