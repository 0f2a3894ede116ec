//! Issues: opened, read with who closed them, listed, changed, opened again.

use super::super::{Issue, IssueChange};
use super::{Client, Done};

impl Client<'_> {
    /// Opens an issue. None if the forge has no issues, or none that a request can open.
    pub async fn open_issue(&self, title: &str, body: &str) -> Done<Option<Issue>> {
        let Some(issues) = self.place.forge.issues() else { return Ok(None) };
        self.read("open an issue", &issues.open_issue(self.place, title, body)).await.map(Some)
    }

    /// An issue. None if the forge has no issues.
    pub async fn issue(&self, number: u64) -> Done<Option<Issue>> {
        let Some(issues) = self.place.forge.issues() else { return Ok(None) };
        self.survey(&format!("read issue #{number}"), &issues.issue(self.place, number)).await.map(Some)
    }

    /// Opens an issue again, with a comment that says why.
    pub async fn reopen_issue(&self, number: u64, why: &str) -> Done<()> {
        let open = IssueChange { open: Some(true), body: None };
        self.change_issue(number, &open, &format!("open issue #{number} again"), why).await
    }

    /// The issues, open and closed, that this account has opened. None if the forge has no issues.
    pub async fn issues_of(&self, author: &str) -> Done<Option<Vec<Issue>>> {
        let Some(issues) = self.place.forge.issues() else { return Ok(None) };
        let mut found = self.read_pages("list the issues", issues.issues_of(self.place, author)).await?;
        found.retain(|issue| issue.author.as_ref().is_some_and(|one| one.is_named(author)));
        Ok(Some(found))
    }

    /// Changes an issue, then comments on it. `do_what` describes the change for messages.
    pub async fn change_issue(
        &self,
        number: u64,
        change: &IssueChange<'_>,
        do_what: &str,
        comment: &str,
    ) -> Done<()> {
        let Some(issues) = self.place.forge.issues() else { return Ok(()) };
        let needs = Some(issues.needed_for_issues());
        self.ask_needing(do_what, &issues.change_issue(self.place, number, change), needs).await?;
        let comment = issues.comment_on_issue(self.place, number, comment);
        self.ask_needing(&format!("comment on issue #{number}"), &comment, needs).await.map(drop)
    }
}
