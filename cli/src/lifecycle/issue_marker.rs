//! The marker by which an issue of ours is found again, also by a run that follows one which was killed before it wrote the
//! number down: a comment of HTML at the beginning of its text, with what it is about and the digest of what it shows.
//! Whoever may write issues can write such a comment, so that it counts only in an issue of our own account.

use sha2::{Digest as _, Sha256};

use crate::base::words::{Words as _, enum_of_words};
use crate::pulumi::stack::StackIdentity;

/// The end of each marker.
const END: &str = " -->";

/// The hexadecimal digits of a key.
const KEY: usize = 16;

enum_of_words! {
    /// What an issue follows up.
    pub enum IssueTopic {
        /// The drift of a stack.
        Drift = "drift",
        /// A stack that a sweep can't destroy.
        DestroyFailed = "destroy-failed",
        /// A sweep that would destroy too much.
        Brake = "brake",
    }
}

impl IssueTopic {
    /// The beginning of each marker.
    fn begin(self) -> String {
        format!("<!-- stackstep:{} v1 ", self.word())
    }

    /// The key of a stack: a hash of its backend, project and name. `name` is another one than its own, such as an earlier one.
    pub fn key(self, identity: &StackIdentity, name: Option<&str>) -> String {
        let backend = identity.backend.as_deref().unwrap_or_default();
        let project = identity.project.as_deref().unwrap_or_default();
        let begin = format!("stackstep {}", self.word());
        hashed(&[&begin, backend, project, name.unwrap_or(&identity.stack)])
    }
}

/// The digest of a text that an issue shows.
pub fn digest_of(text: &str) -> String {
    hashed(&[text])
}

fn hashed(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update([0]);
    }
    format!("{:x}", hash.finalize()).chars().take(KEY).collect()
}

/// The marker of an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueMarker {
    /// What the issue follows up.
    pub topic: IssueTopic,
    /// The stack, by [`IssueTopic::key`].
    pub key: String,
    /// The digest of what the issue shows.
    pub digest: String,
}

impl IssueMarker {
    /// The marker of this topic at the beginning of an issue's text. None if there is none.
    pub fn read(topic: IssueTopic, body: &str) -> Option<Self> {
        let line = body.trim_start().lines().next()?.trim_end();
        let (key, digest) = line.strip_prefix(&topic.begin())?.strip_suffix(END)?.split_once(' ')?;
        let (key, digest) = (key.strip_prefix("key=")?, digest.strip_prefix("digest=")?);
        Some(Self { topic, key: key.to_owned(), digest: digest.to_owned() })
    }

    /// The marker as a line.
    pub fn line(&self) -> String {
        format!("{}key={} digest={}{END}", self.topic.begin(), self.key, self.digest)
    }
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

    fn key(identity: &StackIdentity, name: Option<&str>) -> String {
        IssueTopic::Drift.key(identity, name)
    }

    #[test]
    fn a_marker_is_read_as_it_was_written() {
        let topic = IssueTopic::Drift;
        let marker =
            IssueMarker { topic, key: key(&identity("shop", "prod"), None), digest: "sha256:ab".to_owned() };
        assert_eq!(IssueMarker::read(topic, &format!("{}\r\n\nmore", marker.line())), Some(marker.clone()));
        for text in ["", "more", &format!("> {}", marker.line()), &format!("more\n{}", marker.line())] {
            assert_eq!(IssueMarker::read(topic, text), None, "{text}");
        }
        assert_eq!(IssueMarker::read(IssueTopic::Brake, &marker.line()), None, "it is about something else");
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
