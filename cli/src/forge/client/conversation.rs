//! Comments that ask for something, and those who wrote them.

use super::super::conversation::{Permission, Reaction, WrittenComment};
use super::super::trouble::{Trouble, TroubleKind};
use super::{Client, Done};
use crate::base::error::Problem;

impl Client<'_> {
    /// A comment on a change request, as it is now.
    pub async fn written_comment(&self, number: u64, id: u64) -> Done<WrittenComment> {
        let do_what = format!("read the comment on {}", self.place.forge.request(number));
        let Some(facet) = self.place.forge.conversations() else { return Err(self.no_conversation()) };
        self.read(&do_what, &facet.written_comment(self.place, number, id)).await
    }

    /// What the owner of an account may do. None for a stranger, who may do nothing.
    pub async fn permission(&self, account: &str) -> Done<Option<Permission>> {
        let Some(facet) = self.place.forge.conversations() else { return Err(self.no_conversation()) };
        let wanted = facet.permission(self.place, account);
        let wanted = wanted.needing_by_default(self.place.forge.needed_to_read(facet.needed()));
        match self.read("read what the author of the comment may do", &wanted).await {
            Err(trouble) if trouble.kind == TroubleKind::Missing => Ok(None),
            other => other,
        }
    }

    /// Adds a reaction to a comment.
    pub async fn react(&self, number: u64, id: u64, reaction: Reaction) -> Done<()> {
        let Some(facet) = self.place.forge.conversations() else { return Err(self.no_conversation()) };
        let request = facet.react(self.place, number, id, reaction);
        self.ask("react to the comment", &request).await.map(drop)
    }

    fn no_conversation(&self) -> Trouble {
        let what = format!("comments on {} start no commands", self.place.forge.title());
        let hint = "run the command in a job of the default branch: `stackstep --help` lists them";
        Trouble { kind: TroubleKind::Rejected, problem: Problem::new(what, hint) }
    }
}
