//! An issue of a forge: the page on which people follow something up.

use super::people::Person;

/// An issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The issue's number in its repository.
    pub number: u64,
    /// Whether it is open.
    pub open: bool,
    /// Who closed it last. None for an open one, or if the forge does not tell.
    pub closed_by: Option<Person>,
    /// The issue's page.
    pub url: Option<String>,
    /// Who opened it. None if the account is gone.
    pub author: Option<Person>,
    /// The text, as Markdown.
    pub body: String,
}

/// What is changed of an issue; what is none stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IssueChange<'a> {
    /// Whether it is open afterwards.
    pub open: Option<bool>,
    /// The text.
    pub body: Option<&'a str>,
}
