//! What a report is rendered for: how much is shown, what the place understands, and how much room it has.

use serde::{Deserialize, Serialize};

use crate::base::words::enum_of_words;

enum_of_words! {
    /// How much of what changes is shown.
    #[derive(PartialOrd, Ord, Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    pub enum Detail {
        /// Only how many resources each operation concerns.
        Counts = "counts",
        /// The resources.
        Resources = "resources",
        /// The resources and the paths of their properties that change.
        Paths = "paths",
        /// The values too, those of stack outputs among them.
        Values = "values",
    }
}

impl Detail {
    /// What is shown where nobody asks for anything else: not the values of a repository that anybody can read.
    pub fn of_repository(public: Option<bool>) -> Self {
        if public == Some(false) { Self::Values } else { Self::Paths }
    }
}

/// What the place that shows the Markdown understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flavor {
    /// HTML tags, `<details>` among them.
    pub html: bool,
    /// Quotes that begin with `[!CAUTION]`.
    pub alerts: bool,
}

impl Flavor {
    /// GitHub's comments and step summaries.
    /// <https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#alerts>
    pub const GITHUB: Self = Self { html: true, alerts: true };
    /// GitLab. <https://docs.gitlab.com/user/markdown/#alerts>
    pub const GITLAB: Self = Self { html: true, alerts: true };
    /// Gitea and Forgejo. <https://docs.gitea.com/usage/markdown>
    pub const GITEA: Self = Self { html: true, alerts: true };
    /// Azure Repos. <https://learn.microsoft.com/azure/devops/project/wiki/markdown-guidance>
    pub const AZURE: Self = Self { html: true, alerts: false };
    /// Bitbucket, which shows HTML as text.
    /// <https://bitbucket.org/site/master/issues/18444/markdown-should-support-html>
    pub const BITBUCKET: Self = Self { html: false, alerts: false };
}

/// How a report is rendered.
#[derive(Debug, Clone)]
pub struct Options {
    /// How much of what changes is shown.
    pub detail: Detail,
    /// Where it is shown.
    pub flavor: Flavor,
    /// The first line, kept at any size: the hidden marker of a comment.
    pub marker: Option<String>,
    /// Where all of it can be read: a URL or a path.
    pub result: Option<String>,
    /// Whether it is about a change request, which can be merged.
    pub change_request: bool,
    /// Whether it stands among others, under a line that says the outcome and leads to the job already.
    pub among_others: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            detail: Detail::Values,
            flavor: Flavor::GITHUB,
            marker: None,
            result: None,
            change_request: false,
            among_others: false,
        }
    }
}

/// How much a place holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Bytes of UTF-8.
    Bytes(usize),
    /// Characters, counted as UTF-16 does: no forge counts more for a character.
    Chars(usize),
}
