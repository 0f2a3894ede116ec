//! The mark of a change request's own stack: the stack tag `stackstep`, one value that is written once.
//!
//! A self-managed backend writes a tag without a lock, and of two writers one loses; renaming a stack loses its tags, and a new
//! stack of the old name has them. So nothing that changes stands in the mark, and the mark alone proves nothing: its
//! nonce has to be that of the ledger too.

use std::fmt;

use super::review_name::{RepositoryIdentity, ReviewName};
use crate::base::moment::Moment;

/// The tag's name.
pub const TAG: &str = "stackstep";

/// The version of the form, which is the value's beginning.
const VERSION: &str = "v1";

/// The hexadecimal digits of a nonce.
pub const NONCE: usize = 16;

/// What the mark says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The change request's repository.
    pub repository: RepositoryIdentity,
    /// The change request's number.
    pub number: u64,
    /// The project.
    pub project: String,
    /// The random word that the ledger and the messages of the stack's updates have too.
    pub nonce: String,
    /// The time at which the stack was created, in RFC 3339.
    pub created: String,
}

impl Mark {
    /// Reads the tag's value. None for another form, which is the mark of no stack of ours.
    pub fn parse(value: &str) -> Option<Self> {
        let mut parts = value.split(';');
        if parts.next() != Some(VERSION) {
            return None;
        }
        let mut next = |key: &str| parts.next()?.strip_prefix(key)?.strip_prefix('=');
        let mark = Self {
            repository: RepositoryIdentity::parse(next("repo")?)?,
            number: next("pr")?.parse().ok()?,
            project: next("project")?.to_owned(),
            nonce: next("nonce").filter(|nonce| is_nonce(nonce))?.to_owned(),
            created: next("created").filter(|time| Moment::parse(time).is_some())?.to_owned(),
        };
        // What was read has to be all of it.
        (parts.next().is_none() && mark.to_string() == value).then_some(mark)
    }

    /// The name of the stack that the mark belongs to. None if no stack can have it.
    pub fn name(&self) -> Option<ReviewName> {
        ReviewName::for_request(&self.repository, &self.project, self.number)
    }

    /// Whether the mark belongs to the stack of this name, and was not left there by another one.
    pub fn belongs_to(&self, stack: &str, project: &str) -> bool {
        self.project == project && self.name().is_some_and(|name| name.as_str() == stack)
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { repository, number, project, nonce, created } = self;
        write!(f, "{VERSION};repo={repository};pr={number};project={project};nonce={nonce};created={created}")
    }
}

/// Whether a text has the form of a nonce.
pub fn is_nonce(text: &str) -> bool {
    text.len() == NONCE && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// What an update's message says at its end, by which the stack's history shows whose it is.
pub fn in_message(nonce: &str) -> String {
    format!("(stackstep review {nonce})")
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: &str =
        "v1;repo=github.com/123456;pr=7;project=shop;nonce=0123456789abcdef;created=2026-11-30T10:00:00Z";

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let mark = Mark::parse(VALUE).unwrap();
        assert_eq!((mark.repository.as_str(), mark.number), ("github.com/123456", 7));
        assert_eq!((mark.project.as_str(), mark.nonce.as_str()), ("shop", "0123456789abcdef"));
        assert_eq!(mark.created, "2026-11-30T10:00:00Z");
        assert_eq!(mark.to_string(), VALUE);
    }

    #[test]
    fn a_value_of_any_other_form_is_no_mark() {
        let broken = [
            String::new(),
            VALUE.replace("v1", "v2"),
            VALUE.replace("pr=7", "pr=07"),
            VALUE.replace("pr=7", "pr=x"),
            VALUE.replace("pr=7;", ""),
            VALUE.replace("github.com/123456", "github.com/acme/shop"),
            VALUE.replace("0123456789abcdef", "0123456789ABCDEF"),
            VALUE.replace("2026-11-30T10:00:00Z", "yesterday"),
            format!("{VALUE};pr=8"),
            format!(" {VALUE}"),
        ];
        for value in broken {
            assert_eq!(Mark::parse(&value), None, "{value}");
        }
    }

    #[test]
    fn a_mark_belongs_to_the_stack_of_its_own_name_only() {
        let mark = Mark::parse(VALUE).unwrap();
        let name = mark.name().unwrap();
        assert!(mark.belongs_to(name.as_str(), "shop"));
        assert!(!mark.belongs_to(name.as_str(), "network"), "a project that took over another one's tags");
        assert!(!mark.belongs_to("prod", "shop"), "a stack that was renamed to this name");
    }
}
