//! The wanted comment: its content, its mode, and the comparison with the comments that exist.

use crate::forge::{Client, Comment};
use crate::inputs::headings::CommentWhen;
use crate::publish::comment::marker::Marker;
use crate::publish::comment::stamp::Stamp;
use crate::render::{Options, Template};
use crate::report::{Masked, Report, Status};

/// What to do with an earlier comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Edit it.
    Update,
    /// Remove it, and write a new one.
    New,
    /// Keep it, and write a new one.
    Append,
    /// Edit this stack's part of one comment for all stacks.
    Aggregate,
}

impl CommentWhen {
    /// Whether `report` is worth a comment.
    pub(super) fn is_met_by(self, report: &Report) -> bool {
        let failed = matches!(report.status, Status::Failed | Status::Cancelled);
        match self {
            Self::Always => true,
            Self::Changes => failed || report.may_have_changes(),
            Self::Failure => failed,
        }
    }

    /// The note for readers of an earlier comment if the report is not worth a comment any more.
    pub(super) fn no_more(self) -> &'static str {
        match self {
            Self::Always | Self::Changes => {
                "an earlier run for this change request had changes here: there are none any more"
            }
            Self::Failure => "an earlier run for this change request failed here: this one did not",
        }
    }
}

/// The wanted comment.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What to do with an earlier comment.
    pub mode: Mode,
    /// The reports that are worth a comment.
    pub when: CommentWhen,
    /// The `comment-key` that keeps several comments on one subject apart.
    pub key: Option<String>,
    /// The run that comments.
    pub stamp: Stamp,
    /// Whether a comment of Pulumi's official action on the same subject is taken over.
    pub official_action: bool,
    /// Whether it is the comment of many stacks, also where there is one of them at the moment.
    pub of_all: bool,
    /// Whether other jobs may write it at the same time, each its own part.
    pub others_write: bool,
}

/// The content of a comment.
#[derive(Clone, Copy)]
pub struct Content<'a> {
    /// The reports; several share one comment.
    pub reports: Masked<&'a [Report]>,
    /// The options of the rendering; flavour, marker and size are the forge's.
    pub options: &'a Options,
    /// The template, if there is one.
    pub template: Option<&'a Template>,
    /// Receives the reason if the template can't be used.
    pub warn: &'a dyn Fn(&str),
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    /// A comment was created.
    Created,
    /// The earlier comment was edited.
    Updated,
    /// The earlier comment has the same text already.
    Unchanged,
    /// Earlier comments were removed, and the report is not worth a new one.
    TakenAway,
    /// The report is not worth a comment, and there was none.
    Nothing,
    /// A later run has commented already.
    Outdated,
}

/// The most times that a comment is written while other jobs write it too.
pub(super) const ROUNDS: usize = 5;

/// Waits for a random time between 0.2 and 1.2 s, which keeps jobs out of step that write the same comment.
pub(super) async fn pause() {
    let dice = crate::base::random::word().get(..3).and_then(|digits| u64::from_str_radix(digits, 16).ok());
    tokio::time::sleep(std::time::Duration::from_millis(200 + dice.unwrap_or_default() % 1000)).await;
}

/// A comment with its marker.
pub(super) type Marked = (Comment, Marker);

/// One call of [`super::post`].
pub(super) struct Task<'a> {
    pub(super) client: &'a Client<'a>,
    pub(super) number: u64,
    pub(super) wanted: &'a Wanted,
    pub(super) content: &'a Content<'a>,
    pub(super) report: &'a Report,
}

/// Whether a forge would store both texts as the same: some forges change line ends and trailing blanks.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    let lines = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
    lines(one) == lines(other)
}

/// The comment of the latest run, and the others. Of two comments of one run, the later one counts as the latest.
pub(super) fn newest_first(ours: &[Marked]) -> Option<(&Marked, Vec<&Marked>)> {
    let newest = ours
        .iter()
        .reduce(|newest, other| if newest.1.stamp.is_later_than(&other.1.stamp) { newest } else { other })?;
    Some((newest, ours.iter().filter(|other| other.0.id != newest.0.id).collect()))
}
