//! Issues: opened, read with who closed them, opened again.

use super::super::Issue;
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
        let Some(issues) = self.place.forge.issues() else { return Ok(()) };
        let needs = Some(issues.needed_for_issues());
        let reopen = issues.reopen_issue(self.place, number);
        self.ask_needing(&format!("open issue #{number} again"), &reopen, needs).await?;
        let comment = issues.comment_on_issue(self.place, number, why);
        self.ask_needing(&format!("comment on issue #{number}"), &comment, needs).await.map(drop)
    }
}
