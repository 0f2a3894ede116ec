//! Proposals: a changed file on a branch of its own, and the change request for it.

use super::super::trouble::{Trouble, TroubleKind};
use super::super::{ChangeRequest, ProposedFile, RepositoryFile};
use super::{Client, Done};
use crate::base::error::Problem;

impl Client<'_> {
    /// Brings a file onto its branch and opens the change request, as far as an earlier request has not done that. Returns the open
    /// change request.
    pub async fn propose(&self, file: &ProposedFile<'_>) -> Done<ChangeRequest> {
        let Some(proposals) = self.place.forge.proposals() else { return Err(self.no_proposals()) };
        let needs = Some(proposals.needed_for_proposals());
        let open = self.change_requests_of_branch(file.branch, None, None).await?;
        if let Some(there) = open.into_iter().next() {
            return Ok(there);
        }
        let head = match self.branch_head(file.branch).await {
            Ok(head) => Some(head),
            Err(trouble) if trouble.kind == TroubleKind::Missing => None,
            Err(trouble) => return Err(trouble),
        };
        let there = match &head {
            Some(head) => match self.file(head, file.path).await? {
                RepositoryFile::Text(text) => Some(text),
                RepositoryFile::Missing => None,
            },
            None => None,
        };
        if there.as_deref() != Some(file.after) {
            let before = there.as_deref().unwrap_or(file.before);
            let own = ProposedFile { before, ..*file };
            for request in proposals.bring_file(self.place, &own, head.is_some()) {
                self.ask_needing(
                    &format!("bring `{}` onto the branch `{}`", file.path, file.branch),
                    &request,
                    needs,
                )
                .await?;
            }
        }
        let mut wanted = proposals.open_change_request(self.place, file);
        wanted.needs = needs;
        self.read("open a change request", &wanted).await
    }

    fn no_proposals(&self) -> Trouble {
        let what = format!("a change request can't be opened on {} from here", self.place.forge.title());
        let hint = "use `persist: backend`, or let the portal open the change request itself";
        Trouble { kind: TroubleKind::Rejected, problem: Problem::new(what, hint) }
    }
}
