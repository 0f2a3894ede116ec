//! The name of an environment of Pulumi ESC: `organization/project/environment`, and `@` with a version where one is meant.
//! <https://www.pulumi.com/docs/esc/environments/versioning/>

use std::fmt;

use crate::base::error::{Error, Result};

/// An environment of Pulumi ESC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EscEnvironment {
    /// The organisation.
    pub organization: String,
    /// The project, which is none of Pulumi's programs.
    pub project: String,
    /// The environment's own name.
    pub name: String,
    /// A tag or a revision. None for the latest revision.
    pub version: Option<String>,
}

impl EscEnvironment {
    /// Reads a name. Fails where a part is missing, or has a character that no name has.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            Error::input(
                format!("`esc` names `{}`, which is not the name of an environment", text.escape_debug()),
                "write `organization/project/environment`, or `organization/project/environment@version`",
            )
        };
        let (names, version) = match text.split_once('@') {
            Some((names, version)) => (names, Some(version)),
            None => (text, None),
        };
        let parts: Vec<&str> = names.split('/').collect();
        let &[organization, project, name] = parts.as_slice() else { return Err(wrong()) };
        if ![organization, project, name].into_iter().chain(version).all(is_name) {
            return Err(wrong());
        }
        Ok(Self {
            organization: organization.to_owned(),
            project: project.to_owned(),
            name: name.to_owned(),
            version: version.map(str::to_owned),
        })
    }
}

impl fmt::Display for EscEnvironment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}/{}", self.organization, self.project, self.name)?;
        self.version.as_ref().map_or(Ok(()), |version| write!(formatter, "@{version}"))
    }
}

fn is_name(part: &str) -> bool {
    let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !part.is_empty() && !part.chars().all(|c| c == '.') && part.chars().all(is_legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_three_parts_and_perhaps_a_version() {
        for name in ["acme/shop/prod", "acme/shop/prod@stable", "acme-1/my_shop/eu.prod@12"] {
            assert_eq!(EscEnvironment::parse(name).unwrap().to_string(), name);
        }
        for name in ["", "prod", "shop/prod", "a/b/c/d", "a/b/c@", "a//c", "a/b/c?x", "a/../c", "a/b/c@1@2"] {
            assert!(EscEnvironment::parse(name).is_err(), "{name}");
        }
    }
}
