//! An issue on the forge that follows something up: found again by its marker in an issue of our own account, opened, shown
//! anew, closed. A run that was killed behind the opening, and one that works at the same time, leave no second one.

use crate::forge::trouble::{Trouble, TroubleKind};
use crate::forge::{Client, Issue, IssueChange};
use crate::lifecycle::issue::{ClosedAs, IssueNow, IssueStep, SeenIssue, looks_again, steps};
use crate::lifecycle::issue_marker::{IssueMarker, IssueTopic};

/// The most rounds of reading the issues and changing them: one, and another after one was opened.
const ROUNDS: usize = 3;

/// The texts of an issue.
pub trait IssueText {
    /// The title.
    fn title(&self) -> String;

    /// The text of the issue, without its marker.
    fn body(&self) -> String;

    /// The comment on one that is opened again.
    fn again(&self) -> String;

    /// The comment on one that shows something else than before.
    fn changed(&self) -> String;

    /// The comment on one that is closed.
    fn closed(&self, why: ClosedAs) -> String;
}

/// The following up of one thing.
pub struct IssueFollower<'a> {
    /// The forge.
    pub client: &'a Client<'a>,
    /// Our own account.
    pub author: &'a str,
    /// What is followed up.
    pub topic: IssueTopic,
    /// The key of the stack.
    pub key: String,
    /// The key of an earlier name of it.
    pub earlier_key: Option<String>,
    /// The issue that the ledger names.
    pub recorded: Option<u64>,
    /// Whether one may be opened.
    pub may_open: bool,
    /// The texts.
    pub text: &'a dyn IssueText,
}

/// What became of the issues.
#[derive(Debug, Default)]
pub struct FollowedIssue {
    /// The issue that is there. None if there is none, or it is not known.
    pub issue: Option<Issue>,
    /// What was changed, and the number of the issue.
    pub made: Vec<(IssueStep, u64)>,
    /// Whether one is missing, as none may be opened.
    pub is_missing: bool,
}

impl IssueFollower<'_> {
    /// Reads the issues and changes them until nothing is left to do.
    pub async fn follow(&self, now: &IssueNow, followed: &mut FollowedIssue) -> Result<(), Trouble> {
        let mut may_open = self.may_open;
        for _ in 0..ROUNDS {
            let there = self.read().await?;
            let seen: Vec<SeenIssue> = there.iter().map(|(seen, _)| seen.clone()).collect();
            let own = there.iter().filter(|(seen, _)| !seen.is_of_earlier_name);
            followed.issue = own.min_by_key(|(seen, _)| seen.number).map(|(_, issue)| issue.clone());
            let mut steps = steps(now, &seen);
            if steps.contains(&IssueStep::Open) && !may_open {
                steps.retain(|step| *step != IssueStep::Open);
                followed.is_missing = followed.issue.is_none();
            }
            let again = looks_again(&steps);
            for step in steps {
                if let Some(number) = self.make(&step, now, followed).await? {
                    may_open &= step != IssueStep::Open;
                    followed.made.push((step, number));
                }
            }
            if !again {
                break;
            }
        }
        Ok(())
    }

    /// The issues of our own account that are about it, by their markers or by the number in the ledger.
    async fn read(&self) -> Result<Vec<(SeenIssue, Issue)>, Trouble> {
        let issues = self.client.issues_of(self.author).await?.unwrap_or_default();
        let seen = |issue: Issue| {
            let marker = IssueMarker::read(self.topic, &issue.body);
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

    /// Makes a change. Returns the number of the issue; none if nothing had to be done.
    async fn make(
        &self,
        step: &IssueStep,
        now: &IssueNow,
        followed: &mut FollowedIssue,
    ) -> Result<Option<u64>, Trouble> {
        let digest = match now {
            IssueNow::Found(digest) => digest.clone(),
            IssueNow::Accepted | IssueNow::Gone => String::new(),
        };
        let marker = IssueMarker { topic: self.topic, key: self.key.clone(), digest };
        let body = format!("{}\n{}", marker.line(), self.text.body());
        match *step {
            IssueStep::Open => {
                let opened = self.client.open_issue(&self.text.title(), &body).await?;
                let number = opened.as_ref().map(|issue| issue.number);
                followed.issue = opened.or(followed.issue.take());
                Ok(number)
            }
            IssueStep::Reopen(number) => {
                let change = IssueChange { open: Some(true), body: Some(&body) };
                let what = format!("open issue #{number} again");
                self.client.change_issue(number, &change, &what, &self.text.again()).await?;
                Ok(Some(number))
            }
            IssueStep::Show(number) => {
                let change = IssueChange { open: None, body: Some(&body) };
                let what = format!("write into issue #{number}");
                self.client.change_issue(number, &change, &what, &self.text.changed()).await?;
                Ok(Some(number))
            }
            IssueStep::Close(number, why) => {
                let change = IssueChange { open: Some(false), body: None };
                let what = format!("close issue #{number}");
                let closed = self.client.change_issue(number, &change, &what, &self.text.closed(why)).await;
                match closed {
                    // Another run, or a person, was faster.
                    Err(trouble) if trouble.kind == TroubleKind::Missing => Ok(None),
                    other => other.map(|()| Some(number)),
                }
            }
        }
    }
}
