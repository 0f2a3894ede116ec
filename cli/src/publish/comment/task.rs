//! What is to be said in a comment, and where it is compared with what is there.

use crate::forge::{Client, Comment};
use crate::inputs::headings::CommentWhen;
use crate::publish::comment::marker::Marker;
use crate::publish::comment::stamp::Stamp;
use crate::render::{Options, Template};
use crate::report::{Masked, Report, Status};

/// What happens to the comment that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It is edited.
    Update,
    /// It is taken away, and another one is written.
    New,
    /// It stays, and another one is written.
    Append,
    /// It is of all stacks, and this stack's part of it is edited.
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

    /// What a reader of an earlier comment has to know when the report is worth none.
    pub(super) fn no_more(self) -> &'static str {
        match self {
            Self::Always | Self::Changes => {
                "an earlier run for this change request had changes here: there are none any more"
            }
            Self::Failure => "an earlier run for this change request failed here: this one did not",
        }
    }
}

/// The wanted behaviour.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What happens to the comment that is there.
    pub mode: Mode,
    /// When there is one.
    pub when: CommentWhen,
    /// What keeps comments about the same apart.
    pub key: Option<String>,
    /// The run.
    pub stamp: Stamp,
    /// Whether a comment of Pulumi's official action about the same is taken over.
    pub official_action: bool,
}

/// What a comment says.
#[derive(Clone, Copy)]
pub struct Content<'a> {
    /// The report; of several the comment is one for all.
    pub reports: Masked<&'a [Report]>,
    /// How much of it is shown; flavour, marker and size are the forge's.
    pub options: &'a Options,
    /// A form of one's own.
    pub template: Option<&'a Template>,
    /// Takes the reason when that form can't be used.
    pub warn: &'a dyn Fn(&str),
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    /// There is a comment more.
    Created,
    /// The comment that was there says something else now.
    Updated,
    /// It said the same already.
    Unchanged,
    /// Old ones were taken away, and the report is worth none.
    TakenAway,
    /// The report is worth none, and none was there.
    Nothing,
    /// A later run has commented already.
    Outdated,
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

/// Whether two texts are the same to a forge: some change the ends of lines, and blanks at the end.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    let lines = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
    lines(one) == lines(other)
}

/// The comment of the latest run, and the others. Of two of one run the one that was written later.
pub(super) fn newest_first(ours: &[Marked]) -> Option<(&Marked, Vec<&Marked>)> {
    let newest = ours
        .iter()
        .reduce(|newest, other| if newest.1.stamp.is_later_than(&other.1.stamp) { newest } else { other })?;
    Some((newest, ours.iter().filter(|other| other.0.id != newest.0.id).collect()))
}
