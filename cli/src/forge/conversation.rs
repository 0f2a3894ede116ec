//! What people write on a change request as far as it can ask for something: a comment with its author and its times, what
//! its author may do, and a reaction to it.

use serde_json::Value;

use super::parts::text_at;
use super::people::Person;
use crate::base::words::enum_of_words;

enum_of_words! {
    /// What a person may do in a repository, from the least to the most. GitLab's roles: Guest may `read`, Reporter
    /// `triage`, Developer `write`, Maintainer `maintain`, Owner `admin`.
    pub enum Permission {
        /// The repository can be read.
        Read = "read",
        /// Issues and change requests can be managed.
        Triage = "triage",
        /// Commits can be pushed.
        Write = "write",
        /// The repository can be managed, but for what is dangerous.
        Maintain = "maintain",
        /// Everything.
        Admin = "admin",
    }
}

impl Permission {
    /// Whether this is `least` or more.
    pub fn reaches(self, least: Self) -> bool {
        self as u8 >= least as u8
    }
}

/// A comment as the forge has it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenComment {
    /// The number of the change request that it is on. None if the forge does not tell.
    pub change_request: Option<u64>,
    /// Who wrote it.
    pub author: Person,
    /// The author's account, as a request for their permission names it.
    pub account: String,
    /// The comment's Markdown.
    pub body: String,
    /// The time at which it was written, in RFC 3339.
    pub created: String,
    /// The time at which it was last changed, in RFC 3339.
    pub updated: String,
}

impl WrittenComment {
    /// Reads a comment of GitHub's, of Gitea's and of Forgejo's API, of which the field at `on` ends with the number of the
    /// change request.
    pub(super) fn read(answer: &Value, author: Person, on: &str) -> Option<Self> {
        let change_request = text_at(answer, on).and_then(|url| url.rsplit('/').next()?.parse().ok());
        Some(Self {
            change_request,
            account: author.id.clone(),
            author,
            body: text_at(answer, "/body")?,
            created: text_at(answer, "/created_at")?,
            updated: text_at(answer, "/updated_at")?,
        })
    }
}

/// A reaction to a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// It was seen, and is worked on.
    Seen,
    /// What it asks for was done.
    Done,
    /// What it asks for was not done.
    Refused,
}

impl Reaction {
    /// The word of a reaction on GitHub, which Gitea and Forgejo have taken over.
    pub(super) fn word_on_github(self) -> &'static str {
        match self {
            Self::Seen => "eyes",
            Self::Done => "+1",
            Self::Refused => "-1",
        }
    }
}
