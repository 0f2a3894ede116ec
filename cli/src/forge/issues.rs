//! The facet "issues" of a forge: the page on which people follow something up.

use super::people::Person;
use super::{Place, RequestFor, Survey};
use crate::base::http::Request;

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
}

/// The facet "issues", for a forge that has them.
pub trait Issues: Sync {
    /// Opens an issue.
    fn open_issue(&self, place: &Place, title: &str, body: &str) -> RequestFor<Issue>;

    /// An issue, with who closed it.
    fn issue(&self, place: &Place, number: u64) -> Survey<Issue>;

    /// Opens an issue again that was closed.
    fn reopen_issue(&self, place: &Place, number: u64) -> Request;

    /// Comments on an issue.
    fn comment_on_issue(&self, place: &Place, number: u64, body: &str) -> Request;

    /// The permission that a token needs for this, in the vendor's words and with a link.
    fn needed_for_issues(&self) -> &'static str;
}
