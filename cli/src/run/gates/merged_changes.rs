//! The change requests that a deployment brings, with what our comments on them show.

use super::commented::CommentedApproval;
use crate::admit::approvals::signed::HandedApproval;
use crate::forge::ChangeRequest;
use crate::publish::comment::previewed::ShownPreview;
use crate::report::ReviewRecord;

/// A change request that is deployed.
#[derive(Debug, Clone)]
pub struct MergedChange {
    /// The change request.
    pub request: ChangeRequest,
    /// Its name in the forge's words: "pull request #7".
    pub name: String,
    /// The preview of the stack that our comment on it shows.
    pub shown: Option<ShownPreview>,
    /// The signed approvals in its comments, whoever wrote them.
    pub signed: Vec<HandedApproval>,
    /// The approvals of that which people have given by a comment.
    pub(super) commented: Vec<CommentedApproval>,
}

/// The change requests that a deployment brings.
#[derive(Debug, Clone, Default)]
pub struct MergedChanges {
    /// The change requests.
    pub changes: Vec<MergedChange>,
    /// Commits that no change request brought, such as those that were pushed to the branch.
    pub without: Vec<String>,
}

impl MergedChange {
    /// The record of the preview that our comment on it shows. None without one, or if the comment had no room for it.
    pub(super) fn record(&self) -> Option<&ReviewRecord> {
        self.shown.as_ref()?.record.as_ref()
    }
}

impl MergedChanges {
    /// The records of the previews that the comments on them show, as far as they had room for them.
    pub(super) fn records(&self) -> impl Iterator<Item = &ReviewRecord> {
        self.changes.iter().filter_map(MergedChange::record)
    }
}
