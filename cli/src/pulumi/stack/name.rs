//! The name of a stack, as the Pulumi CLI takes it with `--stack`.

use crate::base::error::{Error, Result};
use std::fmt;

/// A stack's name: `stack`, `organization/stack` or `organization/project/stack`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackName {
    pub(super) full: String,
}

impl StackName {
    /// Checks the form and the characters: letters, digits, `-`, `_` and `.`, at most 100 of them in the last
    /// part. <https://www.pulumi.com/docs/iac/concepts/stacks/#stack-name>
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let parts: Vec<&str> = text.split('/').collect();
        let legal = |part: &&str| {
            // A part is the name of a folder or of a file.
            ![".", "..", ""].contains(part)
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

    /// The last part, which is also in the name of `Pulumi.<stack>.yaml`.
    pub fn short(&self) -> &str {
        self.full.rsplit('/').next().unwrap_or_default()
    }

    /// The organisation, if the name has one.
    pub fn organization(&self) -> Option<&str> {
        self.full.split_once('/').map(|(organization, _)| organization)
    }

    /// The project, if the name has one.
    pub fn project(&self) -> Option<&str> {
        let mut parts = self.full.split('/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(_), Some(project), Some(_)) => Some(project),
            _ => None,
        }
    }

    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.full
    }
}

impl fmt::Display for StackName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full)
    }
}
