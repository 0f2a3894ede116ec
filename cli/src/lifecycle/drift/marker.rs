//! The marker by which an issue of ours is found again: a comment of HTML at the beginning of its text, with the stack that
//! it is about and the digest of the drift that it shows. Whoever may write issues can write such a comment, so that it
//! counts only in an issue of our own account.

use sha2::{Digest as _, Sha256};

use crate::pulumi::stack::StackIdentity;

/// The beginning of each marker.
const BEGIN: &str = "<!-- stackstep:drift v1 ";

/// The end of each marker.
const END: &str = " -->";

/// The hexadecimal digits of a key.
const KEY: usize = 16;

/// The marker of an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftMarker {
    /// The stack, by [`key`].
    pub key: String,
    /// The digest of the drift that the issue shows.
    pub digest: String,
}

impl DriftMarker {
    /// The marker at the beginning of an issue's text. None if there is none.
    pub fn read(body: &str) -> Option<Self> {
        let line = body.trim_start().lines().next()?.trim_end();
        let (key, digest) = line.strip_prefix(BEGIN)?.strip_suffix(END)?.split_once(' ')?;
        let (key, digest) = (key.strip_prefix("key=")?, digest.strip_prefix("digest=")?);
        Some(Self { key: key.to_owned(), digest: digest.to_owned() })
    }

    /// The marker as a line.
    pub fn line(&self) -> String {
        format!("{BEGIN}key={} digest={}{END}", self.key, self.digest)
    }
}

/// The key of a stack: a hash of its backend, project and name. `name` is another one than its own, such as an earlier one.
pub fn key(identity: &StackIdentity, name: Option<&str>) -> String {
    let mut hash = Sha256::new();
    let backend = identity.backend.as_deref().unwrap_or_default();
    let project = identity.project.as_deref().unwrap_or_default();
    for part in ["stackstep drift", backend, project, name.unwrap_or(&identity.stack)] {
        hash.update(part);
        hash.update([0]);
    }
    format!("{:x}", hash.finalize()).chars().take(KEY).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(project: &str, stack: &str) -> StackIdentity {
        StackIdentity {
            project: Some(project.to_owned()),
            stack: stack.to_owned(),
            backend: Some("0123456789ab".to_owned()),
            ..StackIdentity::default()
        }
    }

    #[test]
    fn a_marker_is_read_as_it_was_written() {
        let marker =
            DriftMarker { key: key(&identity("shop", "prod"), None), digest: "sha256:ab".to_owned() };
        assert_eq!(DriftMarker::read(&format!("{}\r\n\nmore", marker.line())), Some(marker.clone()));
        for text in ["", "more", &format!("> {}", marker.line()), &format!("more\n{}", marker.line())] {
            assert_eq!(DriftMarker::read(text), None, "{text}");
        }
    }

    #[test]
    fn each_stack_has_a_key_of_its_own_and_so_has_its_earlier_name() {
        let prod = identity("shop", "prod");
        let keys = [
            key(&prod, None),
            key(&prod, Some("production")),
            key(&identity("shop", "staging"), None),
            key(&identity("web", "prod"), None),
        ];
        assert!(keys.iter().all(|key| key.len() == KEY));
        assert_eq!(keys.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
        assert_eq!(key(&prod, Some("production")), key(&identity("shop", "production"), None));
    }
}
