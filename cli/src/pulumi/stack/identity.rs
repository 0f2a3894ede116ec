//! The identity of a stack: backend, organisation, project and name. One stack has one identity, whatever form its name
//! has; two stacks of the same name in two backends have two.
//!
//! Comments, statuses, result files and headings are about an identity. Unknown parts are not guessed: without an
//! engine process it is not known which organisation `dev` belongs to at Pulumi Cloud, unless
//! `PULUMI_DEFAULT_ORGANIZATION` says it.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::StackName;
use super::backend_place::{BackendPlace, is_fingerprint};

/// The only organisation of a self-managed backend, which a name can leave out.
/// <https://www.pulumi.com/docs/iac/concepts/state-and-backends/#project-scoped-stacks>
const SELF_MANAGED: &str = "organization";

/// The number of hexadecimal digits that keep the files of different stacks apart.
const DIGITS: usize = 8;

/// Which stack it is, whatever its name was written as.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StackIdentity {
    /// The organisation at Pulumi Cloud; none where it is not known, and in a self-managed backend.
    pub organization: Option<String>,
    /// The project, when it is known.
    pub project: Option<String>,
    /// The stack's own name, without organisation and project.
    pub stack: String,
    /// The fingerprint of the backend: 12 hexadecimal digits of the SHA-256 of its address. None where it is not known.
    pub backend: Option<String>,
    /// The address of the backend, without user, password and keys.
    pub backend_url: Option<String>,
}

/// The parts of a stack's identity that its name can leave out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'a> {
    /// The project of the project file.
    pub project: Option<&'a str>,
    /// The backend.
    pub backend: Option<&'a BackendPlace>,
    /// Whether the backend has organisations: Pulumi Cloud, or a server with its API.
    pub cloud: bool,
    /// The organisation that a name without one belongs to.
    pub default_organization: Option<&'a str>,
}

impl StackIdentity {
    /// The identity of the stack with this name.
    pub fn new(name: &StackName, beside: Beside<'_>) -> Self {
        let default = beside.default_organization.filter(|_| beside.cloud);
        let organization = name.organization().or(default);
        Self {
            organization: organization
                .filter(|name| beside.cloud || *name != SELF_MANAGED)
                .map(str::to_owned),
            project: name.project().or(beside.project).map(str::to_owned),
            stack: name.short().to_owned(),
            backend: beside.backend.map(BackendPlace::fingerprint),
            backend_url: beside.backend.map(BackendPlace::address),
        }
    }

    /// The identity of a stack of which only the written name is known, not the backend.
    pub fn written(name: &str, project: Option<&str>) -> Self {
        let project = project.filter(|project| !project.is_empty());
        match StackName::parse(name) {
            Ok(name) => Self::new(&name, Beside { project, ..Beside::default() }),
            Err(_) => Self { stack: name.to_owned(), project: project.map(str::to_owned), ..Self::default() },
        }
    }

    /// The identity with secrets in the address masked. The names and the fingerprint tell stacks apart, and stay.
    #[must_use]
    pub fn masked(self, mask: &dyn Fn(&str) -> String) -> Self {
        Self { backend_url: self.backend_url.as_deref().map(mask), ..self }
    }

    /// Whether both have the same names; their backends may differ.
    pub fn has_the_names_of(&self, other: &Self) -> bool {
        (&self.organization, &self.project, &self.stack)
            == (&other.organization, &other.project, &other.stack)
    }

    /// Whether the backend's fingerprint has the form that stackstep writes.
    pub fn is_well_formed(&self) -> bool {
        self.backend.as_deref().is_none_or(is_fingerprint)
    }

    /// The known names, from the organisation to the stack.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names = [self.organization.as_deref(), self.project.as_deref(), Some(self.stack.as_str())];
        names.into_iter().flatten().filter(|name| !name.is_empty())
    }

    /// The name of a file about a `command` on this stack, without its ending. Two stacks never share one.
    pub fn file_stem(&self, command: &str) -> String {
        let legal =
            |text: &str| text.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_', "-");
        let project = legal(self.project.as_deref().unwrap_or_default());
        format!("stackstep-{project}-{}-{command}-{}", legal(&self.stack), self.digest())
    }

    /// A few hexadecimal digits of a hash of the whole identity.
    fn digest(&self) -> String {
        let parts = [&self.organization, &self.project, &Some(self.stack.clone()), &self.backend];
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part.as_deref().unwrap_or_default().as_bytes());
            hash.update([0]);
        }
        let mut digits = format!("{:x}", hash.finalize());
        digits.truncate(DIGITS);
        digits
    }
}

/// The known parts of `organization/project/stack`.
impl fmt::Display for StackIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().collect::<Vec<_>>().join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, cloud: bool, default: Option<&str>) -> StackIdentity {
        let beside = Beside { project: Some("hello"), backend: None, cloud, default_organization: default };
        StackIdentity::new(&StackName::parse(name).unwrap(), beside)
    }

    #[test]
    fn the_three_spellings_of_a_self_managed_stack_are_one() {
        let one = named("dev", false, None);
        for name in ["organization/dev", "organization/hello/dev"] {
            assert_eq!(named(name, false, None), one, "{name}");
        }
        assert_eq!(
            named("dev", false, Some("acme")),
            one,
            "a self-managed backend has no other organisation"
        );
        assert_eq!(one.to_string(), "hello/dev");
    }

    #[test]
    fn at_pulumi_cloud_the_organisation_counts() {
        assert_eq!(named("acme/dev", true, None), named("acme/hello/dev", true, None));
        assert_eq!(named("dev", true, Some("acme")), named("acme/dev", true, None));
        assert_ne!(named("dev", true, None), named("acme/dev", true, None), "whose `dev` is can't be known");
        assert_ne!(named("acme/dev", true, None), named("other/dev", true, None));
        assert_eq!(named("acme/dev", true, None).to_string(), "acme/hello/dev");
    }

    #[test]
    fn what_was_written_down_by_an_earlier_version_is_the_same_stack() {
        for name in ["dev", "organization/dev", "organization/hello/dev"] {
            assert_eq!(StackIdentity::written(name, Some("hello")), named("dev", false, None), "{name}");
        }
        assert_eq!(StackIdentity::written("acme/dev", Some("hello")), named("acme/dev", true, None));
        assert_eq!(StackIdentity::written("a b", None).stack, "a b");
    }

    #[test]
    fn no_two_stacks_share_a_file() {
        let of = |project: &str, stack: &str, backend: &str| {
            let backend = Some(backend.to_owned());
            let stack = stack.to_owned();
            StackIdentity { project: Some(project.to_owned()), stack, backend, ..StackIdentity::default() }
                .file_stem("up")
        };
        let mut stems = vec![
            of("x", "y-z", "a"),
            of("x-y", "z", "a"),
            of("x.y", "z", "a"),
            of("x", "y-z", "b"),
            of("x", "y", "a"),
        ];
        assert!(stems[0].starts_with("stackstep-x-y-z-up-"), "{stems:?}");
        stems.sort();
        stems.dedup();
        assert_eq!(stems.len(), 5);
    }
}
