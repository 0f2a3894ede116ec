//! The issue that follows a stack's drift up: found again, opened, shown anew, closed.

use super::DriftLook;
use super::owners::owners;
use crate::ci::console::Console;
use crate::delivery::place::forge_place;
use crate::ledger::drift_history::DriftHistory;
use crate::ledger::history::History;
use crate::lifecycle::drift::text::{DriftText, code};
use crate::lifecycle::issue::{ClosedAs, IssueNow, IssueStep};
use crate::lifecycle::issue_marker::IssueTopic;
use crate::report::{DriftAcceptance, DriftIssue, DriftOutcome, Report};
use crate::run::gates::stack_on_the_line;
use crate::run::issue::{FollowedIssue, IssueFollower, IssueText};

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

/// The texts of the issue about one look.
struct LookText<'a> {
    text: DriftText<'a>,
    accepted: Option<String>,
}

impl IssueText for LookText<'_> {
    fn title(&self) -> String {
        self.text.title()
    }

    fn body(&self) -> String {
        self.text.body()
    }

    fn again(&self) -> String {
        self.text.again()
    }

    fn changed(&self) -> String {
        self.text.changed()
    }

    fn closed(&self, why: ClosedAs) -> String {
        self.text.closed(why, self.accepted.as_deref())
    }
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
        let is_found = matches!(now, IssueNow::Found(_));
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
        let text = LookText {
            text: DriftText { stack: &stack, on_the_line: &line, report, owners: &owners, run },
            accepted: outcome.accepted.as_ref().map(in_words),
        };
        let opened = &self.ask.opened;
        let follower = IssueFollower {
            client: &client,
            author: &author,
            topic: IssueTopic::Drift,
            key: IssueTopic::Drift.key(&identity, None),
            earlier_key: earlier.map(|name| IssueTopic::Drift.key(&identity, Some(name))),
            recorded: self.past.as_ref().map(History::drift).and_then(DriftHistory::issue),
            may_open: opened.get() < settings.max_issues,
            text: &text,
        };
        let mut all = FollowedIssue::default();
        let done = follower.follow(&now, &mut all).await;
        if all.made.iter().any(|(step, _)| *step == IssueStep::Open) {
            opened.set(opened.get() + 1);
        }
        followed.take(all);
        if let Err(trouble) = done {
            followed.notes.push(format!("the issue is not up to date: {}", trouble.problem.in_one_line()));
        }
        followed
    }
}

impl Followed {
    /// Takes over what became of the issues.
    fn take(&mut self, all: FollowedIssue) {
        self.issue =
            all.issue.map(|issue| DriftIssue { number: issue.number, url: issue.url, open: issue.open });
        for (step, number) in all.made {
            let (what, open) = match step {
                IssueStep::Open => ("follows this drift up".to_owned(), Some(true)),
                IssueStep::Reopen(_) => ("is open again".to_owned(), Some(true)),
                IssueStep::Show(_) => ("shows the drift as it is now".to_owned(), Some(true)),
                IssueStep::Close(_, ClosedAs::Gone) => {
                    ("is closed: there is no drift any more".to_owned(), Some(false))
                }
                IssueStep::Close(_, ClosedAs::Accepted) => {
                    ("is closed: the drift is accepted".to_owned(), Some(false))
                }
                IssueStep::Close(_, ClosedAs::Second(first)) => {
                    (format!("is closed: #{first} is about the same"), None)
                }
                IssueStep::Close(_, ClosedAs::Renamed) => {
                    ("is closed: the stack has another name now".to_owned(), None)
                }
            };
            self.notes.push(format!("issue #{number} {what}"));
            let Some(open) = open else { continue };
            self.changed = true;
            let url = self.issue.take().filter(|issue| issue.number == number).and_then(|issue| issue.url);
            self.issue = Some(DriftIssue { number, url, open });
        }
        if all.is_missing {
            self.notes.push(
                "no issue follows this up: this run has opened as many as `drift.max-issues` allows"
                    .to_owned(),
            );
        }
    }
}

/// "until 2027-01-01T00:00:00Z by `ann`: a test".
fn in_words(accepted: &DriftAcceptance) -> String {
    let until = accepted.until.as_deref().unwrap_or("an unknown time");
    let by = code(accepted.by.as_deref().unwrap_or("somebody"));
    let reason = accepted.reason.as_deref().map(|reason| format!(": {}", code(reason))).unwrap_or_default();
    format!("until {until} by {by}{reason}")
}
