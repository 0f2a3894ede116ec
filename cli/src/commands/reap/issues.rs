//! The issues of a sweep: about a stack that can't be destroyed, and about a sweep that would destroy too much. Each is found
//! again by its marker, so that a sweep which was killed before it wrote the number down leaves no second one.

use super::act::Acting;
use super::look::{StackInSight, ledger_of};
use super::page::SweepPage;
use super::told::not_written;
use crate::base::error::Result;
use crate::ci::console::Console;
use crate::ledger::entry::EntryKind;
use crate::lifecycle::issue::{ClosedAs, IssueNow};
use crate::lifecycle::issue_marker::{IssueTopic, digest_of};
use crate::pulumi::stack::StackIdentity;
use crate::run::gates::ledger;
use crate::run::issue::{FollowedIssue, IssueFollower, IssueText};

/// The texts of an issue.
struct SweepText {
    title: String,
    body: String,
}

impl IssueText for SweepText {
    fn title(&self) -> String {
        self.title.clone()
    }

    fn body(&self) -> String {
        self.body.clone()
    }

    fn again(&self) -> String {
        format!("It is so again.\n\n{}", self.body)
    }

    fn changed(&self) -> String {
        self.body.clone()
    }

    fn closed(&self, why: ClosedAs) -> String {
        match why {
            ClosedAs::Second(first) => format!("#{first} is about the same."),
            ClosedAs::Gone | ClosedAs::Accepted | ClosedAs::Renamed => "It is not so any more.".to_owned(),
        }
    }
}

impl Acting<'_> {
    /// Opens the one issue about a stack that can't be destroyed. Returns what was done, in a sentence.
    pub(super) async fn open_issue(&self, one: &StackInSight, console: &Console) -> Result<String> {
        let facts = &one.facts;
        let why = one.failure.as_deref().unwrap_or("nothing is known of the reason");
        let why: String =
            console.masker().mask(why).chars().map(|c| if c == '`' { '\'' } else { c }).collect();
        let by_hand = match facts.name {
            Some(_) => format!("review down --stack {}", facts.stack),
            None => format!("destroy --stack {} --remove", facts.stack),
        };
        let text = SweepText {
            title: format!("The stack `{}/{}` can't be destroyed", facts.project, facts.stack),
            body: format!(
                "Several tries have failed. The last one said:\n\n```\n{why}\n```\n\nDestroy it by hand, in `{}`:\n\n```\nstackstep \
                 {by_hand}\n```\n\nor leave it alone for good:\n\n```\nstackstep reap --forget {} --reason …\n```\n\nThe \
                 sweep tries it again once a day.\n",
                one.cwd, facts.stack
            ),
        };
        let job = &self.place.projects[one.project].job;
        let mut identity = job.identity().unwrap_or_default();
        identity.stack.clone_from(&facts.stack);
        let now = IssueNow::Found(digest_of(&text.body));
        let Some(number) = self.follow(IssueTopic::DestroyFailed, &identity, &now, &text).await? else {
            return Ok("the forge has no issues, so that nobody was told".to_owned());
        };
        let mut entry = self.place.entry(&facts.project, &facts.stack, EntryKind::Warned);
        (entry.issue, entry.reason) = (Some(number), Some("destroy-failed".to_owned()));
        ledger::append(&ledger_of(job, self.place, &facts.stack), entry, console).await?;
        Ok(format!("issue #{number} is about it"))
    }

    /// Opens the one issue about a sweep that would destroy too much, and closes it once a sweep would not.
    pub(super) async fn say_brake(
        &self,
        brake: Option<&str>,
        page: &mut SweepPage,
        console: &Console,
    ) -> Result<()> {
        let known = self.place.own_history().await?.destroy_issue();
        if brake.is_some() == known.is_some() {
            return Ok(());
        }
        let why = brake.unwrap_or_default();
        let text = SweepText {
            title: "A sweep would destroy too many stacks".to_owned(),
            body: format!(
                "{why}.\n\nNothing was destroyed. Look at what it would destroy (`stackstep reap --dry-run`); if it is right, raise the \
                 limit in the section `review` of `stackstep.yaml`.\n"
            ),
        };
        let now = match brake {
            Some(_) => IssueNow::Found(digest_of(&text.body)),
            None => IssueNow::Gone,
        };
        let number = self.follow(IssueTopic::Brake, &self.place.own_identity(), &now, &text).await?;
        let mut entry = self.place.own_entry(EntryKind::Destroyed);
        if brake.is_some() {
            let Some(number) = number else {
                page.problems
                    .push("the forge has no issues, so that nobody was told of the brake".to_owned());
                return Ok(());
            };
            entry = self.place.own_entry(EntryKind::Warned);
            entry.issue = Some(number);
        }
        ledger::append(&self.place.own_ledger(), entry, console).await.map(drop)
    }

    /// Follows something up by an issue. Returns its number; none if the forge has no issues.
    async fn follow(
        &self,
        topic: IssueTopic,
        identity: &StackIdentity,
        now: &IssueNow,
        text: &SweepText,
    ) -> Result<Option<u64>> {
        let client = self.place.forge.client();
        if client.place().forge.issues().is_none() {
            return Ok(None);
        }
        let Some(author) = client.own_author().await else {
            // Its own issues can't be told from those of others. That people hear of it counts more than that they hear of it once.
            let opened = match now {
                IssueNow::Found(_) => {
                    client.open_issue(&text.title, &text.body).await.map_err(not_written)?
                }
                IssueNow::Accepted | IssueNow::Gone => None,
            };
            return Ok(opened.map(|issue| issue.number));
        };
        let follower = IssueFollower {
            client: &client,
            author: &author,
            topic,
            key: topic.key(identity, None),
            earlier_key: None,
            recorded: None,
            may_open: true,
            text,
        };
        let mut followed = FollowedIssue::default();
        follower.follow(now, &mut followed).await.map_err(not_written)?;
        Ok(followed.issue.map(|issue| issue.number))
    }
}
