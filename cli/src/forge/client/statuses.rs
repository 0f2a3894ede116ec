//! Statuses and checks that are there already, the change requests that are open, whether a run has ended, and who started
//! a job.

use super::super::trouble::{Trouble, TroubleKind};
use super::super::{AskedRun, ChangeRequest, Person, Reading, RunStanding, StatusThere};
use super::{Client, Done};
use crate::base::error::Problem;

impl Client<'_> {
    /// At most `most` open change requests, the latest first. Returns whether there are more.
    pub async fn open_change_requests(&self, most: usize) -> Done<(Vec<ChangeRequest>, bool)> {
        let list = self.place.forge.open_change_requests(self.place);
        let list = list.needing_by_default(self.needs(Reading::Reviews));
        let (mut found, more) = self.read_some("list the open change requests", list, most).await?;
        found.retain(|one| one.open);
        Ok((found, more))
    }

    /// The statuses and checks of a commit with this name.
    pub async fn statuses_there(&self, commit: &str, name: &str) -> Done<Vec<StatusThere>> {
        let do_what = format!("read the statuses of `{commit}`");
        let needs = self.needs(Reading::Statuses);
        let list = self.place.forge.statuses_there(self.place, commit, name).needing_by_default(needs);
        let mut found = self.read_pages(&do_what, list).await?;
        if let Some(list) = self.place.forge.checks_there(self.place, commit, name) {
            found.extend(self.read_pages(&do_what, list.needing_by_default(needs)).await?);
        }
        found.retain(|one| one.name == name);
        Ok(found)
    }

    /// Whether a run of the forge's own CI system has ended. None if the forge has none that is asked.
    pub async fn run_standing(&self, run: &AskedRun) -> Done<Option<RunStanding>> {
        let Some(wanted) = self.place.forge.run_standing(self.place, run) else { return Ok(None) };
        let wanted = wanted.needing_by_default(self.needs(Reading::Runs));
        self.read(&format!("ask whether the run {} has ended", run.id), &wanted).await.map(Some)
    }

    /// Who started the job whose own token this client has. None if the forge does not tell by that token.
    pub async fn starter_of_own_job(&self) -> Done<Option<Person>> {
        let Some(wanted) = self.place.forge.starter_of_own_job(self.place) else { return Ok(None) };
        self.read("ask who started this job", &wanted).await.map(Some)
    }

    /// The trouble that this token can't set the check of a commit that has one.
    pub fn no_checks(&self, commit: &str) -> Trouble {
        let what = format!("`{commit}` has a check, and this token may not set one");
        let hint = "give the job the permission by which the preview has set it: in a workflow `permissions: checks: write`";
        Trouble { kind: TroubleKind::Denied, problem: Problem::new(what, hint) }
    }
}
