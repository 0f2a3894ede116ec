//! The name of a change request's own stack: `pr-<number>-<8 hexadecimal digits>`. The digits stand for the repository and the
//! project, so that the numbers of two repositories never meet in one backend, and a stack is recognised without any tag.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::base::digest::Digest;

/// The longest name, in characters. Names of resources are often made from it, and clouds limit those: Azure's storage
/// accounts to 24.
pub const LONGEST: usize = 20;

/// The beginning of each name.
pub const PREFIX: &str = "pr-";

/// The digits of the hash.
const DIGITS: usize = 8;

/// The identity of a repository, which stays when it is renamed or moved, and which no other one ever gets: the forge's host
/// and the forge's own id of the repository, such as `github.com/123456`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryIdentity(String);

impl RepositoryIdentity {
    /// The identity of the repository with this id on the forge at `host`. None if either can't be one.
    pub fn from_id(host: &str, id: &str) -> Option<Self> {
        Self::parse(&format!("{}/{id}", host.to_ascii_lowercase()))
    }

    /// Reads `host/id`. None for another form.
    pub fn parse(text: &str) -> Option<Self> {
        let (host, id) = text.split_once('/')?;
        let plain = |part: &str, more: &[u8]| {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || more.contains(&byte);
            !part.is_empty() && part.len() <= 100 && part.bytes().all(known)
        };
        (plain(host, b".-:[]") && plain(id, b"-{}")).then(|| Self(text.to_owned()))
    }

    /// The forge's own id of the repository.
    pub fn id(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, id)| id)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first eight hexadecimal digits of the identity's SHA-256, for a name that no other repository has.
    pub fn digits(&self) -> String {
        let mut digits = Digest::from_hash(Sha256::new_with_prefix(&self.0)).to_string();
        digits.truncate(DIGITS);
        digits
    }
}

impl fmt::Display for RepositoryIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a change request's own stack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReviewName {
    text: String,
    number: u64,
}

impl ReviewName {
    /// The name of the stack of a change request's project. None for a number that is too long for it (nine digits).
    pub fn for_request(repository: &RepositoryIdentity, project: &str, number: u64) -> Option<Self> {
        let hash = Sha256::new_with_prefix(format!("{repository}\n{project}"));
        let hash = Digest::from_hash(hash).to_string();
        let digits = hash.get(..DIGITS)?;
        let text = format!("{PREFIX}{number}-{digits}");
        (number > 0 && text.len() <= LONGEST).then_some(Self { text, number })
    }

    /// Reads a name, without an organization and a project before it. None for the name of any other stack.
    pub fn parse(name: &str) -> Option<Self> {
        let (number, digits) = name.strip_prefix(PREFIX)?.split_once('-')?;
        let is_hash = digits.len() == DIGITS
            && digits.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        let number: u64 = number.parse().ok().filter(|&read: &u64| read > 0 && read.to_string() == number)?;
        (is_hash && name.len() <= LONGEST).then(|| Self { text: name.to_owned(), number })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The number of the change request.
    pub fn number(&self) -> u64 {
        self.number
    }
}

impl fmt::Display for ReviewName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop() -> RepositoryIdentity {
        RepositoryIdentity::from_id("github.com", "123456").unwrap()
    }

    #[test]
    fn the_name_is_the_same_for_ever() {
        // printf 'github.com/123456\nshop' | sha256sum
        assert_eq!(ReviewName::for_request(&shop(), "shop", 7).unwrap().as_str(), "pr-7-07930fe9");
    }

    #[test]
    fn two_repositories_and_two_projects_never_share_a_name() {
        let other = RepositoryIdentity::from_id("github.com", "123457").unwrap();
        let names = [
            ReviewName::for_request(&shop(), "shop", 7).unwrap(),
            ReviewName::for_request(&shop(), "network", 7).unwrap(),
            ReviewName::for_request(&shop(), "shop", 8).unwrap(),
            ReviewName::for_request(&other, "shop", 7).unwrap(),
        ];
        assert_eq!(std::collections::BTreeSet::from(names).len(), 4);
    }

    #[test]
    fn a_name_is_read_as_it_was_made() {
        let name = ReviewName::for_request(&shop(), "shop", 12_345_678).unwrap();
        assert_eq!((name.as_str().len(), name.number()), (LONGEST, 12_345_678));
        assert_eq!(ReviewName::parse(name.as_str()), Some(name));
        assert_eq!(
            ReviewName::for_request(&shop(), "shop", 123_456_789),
            None,
            "it would be longer than clouds allow"
        );
    }

    #[test]
    fn the_names_of_other_stacks_are_none() {
        for name in [
            "prod",
            "pr-7",
            "pr-7-",
            "pr-07-0123abcd",
            "pr-7-0123ABCD",
            "pr-0-0123abcd",
            "pr-7-0123abcde",
            "pr-+7-0123abcd",
            "acme/pr-7-0123abcd",
            "xpr-7-0123abcd",
        ] {
            assert_eq!(ReviewName::parse(name), None, "{name}");
        }
    }

    #[test]
    fn an_identity_is_a_host_and_an_id() {
        for (host, id) in [("git.example.com:8443", "7"), ("bitbucket.org", "{0a1b-2c}"), ("[::1]:3000", "1")]
        {
            let identity = RepositoryIdentity::from_id(host, id).unwrap();
            assert_eq!(RepositoryIdentity::parse(identity.as_str()), Some(identity));
        }
        assert_eq!(
            RepositoryIdentity::from_id("GitHub.com", "1"),
            RepositoryIdentity::from_id("github.com", "1")
        );
        for text in ["github.com", "github.com/", "/1", "github.com/acme/shop", "github.com/1;pr=2", "a b/1"]
        {
            assert_eq!(RepositoryIdentity::parse(text), None, "{text}");
        }
    }
}
