//! The name of a stack, as the Pulumi CLI takes it with `--stack`, and the identity that all its spellings share.

pub mod backend_place;
pub mod identity;
mod place_parts;

use std::fmt;

use crate::base::error::{Error, Result};

pub use backend_place::{BackendPlace, ReadFrom};
pub use identity::{Beside, StackIdentity};

/// `stack`, `organization/stack` or `organization/project/stack`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackName {
    full: String,
}

impl StackName {
    /// Checks the form and the characters: letters, digits, `-`, `_` and `.`, at most 100 of them in the last
    /// part. <https://www.pulumi.com/docs/iac/concepts/stacks/#stack-name>
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let parts: Vec<&str> = text.split('/').collect();
        let legal = |part: &&str| {
            !part.is_empty()
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        };
        let name_fits = parts.last().is_some_and(|name| name.len() <= 100);
        if parts.len() > 3 || !name_fits || !parts.iter().all(legal) {
            return Err(Error::input(
                format!("`{}` is not a stack name", text.escape_debug()),
                "write `stack`, `organization/stack` or `organization/project/stack`, each of letters, digits, `-`, `_` and `.`",
            ));
        }
        Ok(Self { full: text.to_owned() })
    }

    /// The last part: what `Pulumi.<stack>.yaml` is called after.
    pub fn short(&self) -> &str {
        self.full.rsplit('/').next().unwrap_or_default()
    }

    /// The organisation, where the name has one.
    pub fn organization(&self) -> Option<&str> {
        self.full.split_once('/').map(|(organization, _)| organization)
    }

    /// The project, where the name has one.
    pub fn project(&self) -> Option<&str> {
        let mut parts = self.full.split('/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(_), Some(project), Some(_)) => Some(project),
            _ => None,
        }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.full
    }
}

impl fmt::Display for StackName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full)
    }
}

#[cfg(test)]
mod tests {
    use super::StackName;

    #[test]
    fn the_three_forms_are_read() {
        assert_eq!(StackName::parse("dev").unwrap().short(), "dev");
        assert_eq!(StackName::parse("dev").unwrap().organization(), None);
        assert_eq!(StackName::parse("acme/shop/dev").unwrap().organization(), Some("acme"));
        assert_eq!(StackName::parse("acme/dev").unwrap().project(), None);
        assert_eq!(StackName::parse("acme/shop/dev").unwrap().project(), Some("shop"));
    }

    #[test]
    fn illegal_names_are_refused() {
        for name in ["", "a b", "a/b/c/d", "a//b", "$(id)", "ü"] {
            assert!(StackName::parse(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_name_like_a_flag_is_a_name() {
        // It reaches the engine as `--stack=…`, so it can't become a flag.
        assert!(StackName::parse("--yes").is_ok());
    }
}
