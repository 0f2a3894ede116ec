//! Why an approving review does not count: each cause with its words and its way out.

use crate::base::error::Problem;

/// Why an approving review does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhyNot {
    /// Its author is no person.
    Bot,
    /// Its author opened the change request.
    Author,
    /// Who opened the change request is not known.
    AuthorNotKnown,
    /// Its author may not write to the repository.
    MayNotWrite,
    /// Whether its author may write is not known.
    WriterNotKnown,
    /// Its author is not one of those who may approve.
    NotNamed,
    /// Whether its author is one of those who may approve is not known, because of this team.
    TeamNotKnown {
        /// The team.
        team: String,
        /// Why its members are not known.
        why: Problem,
    },
    /// It was taken back or reset.
    Dismissed,
    /// It is of another commit.
    OtherCommit {
        /// The commit that was approved.
        approved: String,
        /// The commit that was previewed.
        previewed: String,
    },
    /// The forge does not tell of which commit it is.
    CommitNotKnown,
    /// It was written before the comment with the preview.
    BeforeComment {
        /// The time of the approval.
        approved: String,
        /// The time of the comment.
        commented: String,
    },
    /// Its time, or that of the comment, is not known.
    TimeNotKnown,
}

impl WhyNot {
    /// The cause in words, after a name and "does not count:".
    pub fn in_words(&self) -> String {
        match self {
            Self::Bot => "this is not a person".to_owned(),
            Self::Author => "they are the author".to_owned(),
            Self::AuthorNotKnown => "whether they are the author is not known".to_owned(),
            Self::MayNotWrite => "they may not write to the repository".to_owned(),
            Self::WriterNotKnown => "whether they may write to the repository is not known".to_owned(),
            Self::NotNamed => "they are not named in `approvals.from`".to_owned(),
            Self::TeamNotKnown { team, why } => {
                format!("whether they are in `{team}` of `approvals.from` is not known: {}", why.what)
            }
            Self::Dismissed => "the review was dismissed or reset".to_owned(),
            Self::OtherCommit { approved, previewed } => {
                format!("they approved `{}`, and the preview is of `{}`", short(approved), short(previewed))
            }
            Self::CommitNotKnown => "the forge does not tell which commit they approved".to_owned(),
            Self::BeforeComment { approved, commented } => {
                format!("they approved at {approved}, before the preview was shown at {commented}")
            }
            Self::TimeNotKnown => {
                "when they approved, or when the preview was shown, is not known".to_owned()
            }
        }
    }

    /// The way out of this cause.
    pub fn way_out(&self, name: &str) -> String {
        match self {
            Self::Bot | Self::Author | Self::MayNotWrite => {
                "have it approved by another person who may write to the repository".to_owned()
            }
            Self::AuthorNotKnown => "open a new change request with the same commits".to_owned(),
            Self::WriterNotKnown => format!(
                "name `{name}` in `approvals.from`, or give a token as `forge-token` that may read who may write (see \
                 docs/approvals.md)"
            ),
            Self::NotNamed => {
                format!("have it approved by somebody whom `approvals.from` names, or add `{name}` there")
            }
            Self::TeamNotKnown { team, why } => {
                let hint = why.hint.as_deref().map_or_else(String::new, |hint| format!("{hint}; "));
                format!("{hint}or name the people instead of `{team}` in `approvals.from`")
            }
            Self::Dismissed | Self::OtherCommit { .. } | Self::CommitNotKnown | Self::TimeNotKnown => {
                format!("ask `{name}` to approve again what the latest preview shows")
            }
            Self::BeforeComment { .. } => format!("ask `{name}` to read the preview and approve again"),
        }
    }
}

/// The beginning of a hash.
fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}
