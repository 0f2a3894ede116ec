//! The name of a stack: `stack`, `organization/stack` or `organization/project/stack`.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/store.go>

use std::fmt;

use crate::failure::Failure;

/// The only organization that a self-managed backend knows.
pub const ORGANIZATION: &str = "organization";

/// A stack of a project. Displayed in full: `organization/project/stack`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StackRef {
    /// The project's name.
    pub project: String,
    /// The stack's name.
    pub stack: String,
}

impl StackRef {
    /// Reads a name as a person gives it; `project` is the one of the project file, if there is one.
    pub fn parse(name: &str, project: Option<&str>) -> Result<Self, Failure> {
        if name.is_empty() {
            return Err(Failure::new("stack name must not be empty"));
        }
        let parts: Vec<&str> = name.split('/').collect();
        let (organization, in_project, stack) = match parts[..] {
            [stack] => (ORGANIZATION, None, stack),
            [organization, stack] => (organization, None, stack),
            [organization, project, stack] => (organization, Some(project), stack),
            _ => (ORGANIZATION, None, ""),
        };
        if organization != ORGANIZATION && !organization.is_empty() {
            return Err(Failure::new("organization name must be 'organization'"));
        }
        let project = in_project.filter(|name| !name.is_empty()).or(project).ok_or_else(|| {
            Failure::new(
                "no Pulumi.yaml project file found; either run this command from a directory containing a Pulumi \
                 project, or pass the fully qualified stack name (organization/project/stack)",
            )
        })?;
        check_project(project)?;
        check_stack(stack)?;
        Ok(Self { project: project.to_owned(), stack: stack.to_owned() })
    }

    /// The name as the CLI shows it: short within its own project, unless full names are asked for.
    pub fn shown(&self, project: Option<&str>, full: bool) -> String {
        if full || project != Some(self.project.as_str()) { self.to_string() } else { self.stack.clone() }
    }
}

impl fmt::Display for StackRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ORGANIZATION}/{}/{}", self.project, self.stack)
    }
}

/// The characters of project and stack names.
fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')
}

/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/tokens/project.go>
pub fn check_project(name: &str) -> Result<(), Failure> {
    let problem = if name.is_empty() {
        "project names may not be empty"
    } else if name.len() > 100 {
        "project names are limited to 100 characters"
    } else if !name.chars().all(is_name_character) {
        "project names may only contain alphanumerics, hyphens, underscores, and periods"
    } else {
        return Ok(());
    };
    Err(Failure::new(problem))
}

/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/tokens/stack_name.go>
pub fn check_stack(name: &str) -> Result<(), Failure> {
    if name.is_empty() {
        return Err(Failure::new("a stack name may not be empty"));
    }
    if name.len() > 100 {
        return Err(Failure::new("a stack name cannot exceed 100 characters"));
    }
    match name.char_indices().find(|(_, character)| !is_name_character(*character)) {
        None => Ok(()),
        Some((position, character)) => Err(Failure::new(format!(
            "a stack name may only contain alphanumeric, hyphens, underscores, or periods: invalid character \
             '{}' at position {position}",
            character.escape_debug()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(name: &str) -> String {
        StackRef::parse(name, Some("shop")).unwrap_err().message
    }

    #[test]
    fn a_stack_can_be_named_in_three_ways() {
        for name in ["dev", "organization/dev", "organization/shop/dev"] {
            assert_eq!(StackRef::parse(name, Some("shop")).unwrap().to_string(), "organization/shop/dev");
        }
    }

    #[test]
    fn a_full_name_needs_no_project_file() {
        assert_eq!(StackRef::parse("organization/shop/dev", None).unwrap().project, "shop");
        assert!(
            StackRef::parse("dev", None)
                .unwrap_err()
                .message
                .starts_with("no Pulumi.yaml project file found")
        );
    }

    #[test]
    fn a_wrong_name_is_refused_in_the_words_of_the_cli() {
        assert_eq!(message("acme/dev"), "organization name must be 'organization'");
        assert_eq!(message("a/b/c/d"), "a stack name may not be empty");
        assert!(message("bad name").ends_with("invalid character ' ' at position 3"));
        assert!(message("../../etc").starts_with("organization name"));
        assert!(message("organization/shop/a\\b").ends_with("invalid character '\\\\' at position 1"));
        assert_eq!(message(&"x".repeat(101)), "a stack name cannot exceed 100 characters");
    }

    #[test]
    fn a_stack_of_the_own_project_is_shown_short() {
        let stack = StackRef::parse("dev", Some("shop")).unwrap();
        assert_eq!(stack.shown(Some("shop"), false), "dev");
        assert_eq!(stack.shown(Some("shop"), true), "organization/shop/dev");
        assert_eq!(stack.shown(None, false), "organization/shop/dev");
    }
}
