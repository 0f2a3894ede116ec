//! What a comment of ours says of a preview: which commit it shows, since when, the digest of the change and, if
//! there was room, its record. A pointer: it
//! is compared with what a run finds itself, and never believed.

use super::aggregate::markers_of_parts;
use super::marker::{Marker, RECORD, REVIEW, Subject};
use crate::forge::Comment;
use crate::pulumi::stack::StackIdentity;
use crate::report::{Operation, ReviewRecord};
use crate::reviewed::in_comment;

/// A preview as a comment shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownPreview {
    /// The commit that was previewed.
    pub commit: String,
    /// The time at which the comment was last changed, in RFC 3339. None if the forge does not tell.
    pub at: Option<String>,
    /// The digest of the change. None if the preview had none.
    pub digest: Option<String>,
    /// The record that has this digest. None if the comment had no room for it.
    pub record: Option<ReviewRecord>,
}

/// The latest preview of `stack` that a comment by `author` shows.
pub fn shown_preview(comments: &[Comment], author: &str, stack: &StackIdentity) -> Option<ShownPreview> {
    let wanted = Subject::of_stack(stack.clone(), Operation::Preview.name());
    let ours = comments.iter().rev().filter(|comment| comment.author.eq_ignore_ascii_case(author));
    let mut found = ours.flat_map(|comment| {
        // Only a comment whose own first line says that it has parts has them: further down, and in the comments of other
        // programs under our name, stands what anybody may have printed.
        let markers = match Marker::read(&comment.body) {
            Some(Marker { subject: Subject::Aggregate, .. }) => markers_of_parts(&comment.body),
            whole => whole.into_iter().collect(),
        };
        let of_stack = markers.into_iter().filter(|marker| marker.subject == wanted);
        of_stack.map(|marker| (comment, marker)).collect::<Vec<_>>()
    });
    found.next().map(|(comment, marker)| {
        let digest = marker.more.get(REVIEW).cloned();
        let record = marker.more.get(RECORD).zip(digest.as_deref());
        ShownPreview {
            commit: marker.commit,
            at: comment.at.clone(),
            record: record.and_then(|(word, digest)| in_comment::unpacked(word, digest)),
            digest,
        }
    })
}
