//! The stack's configuration as a part of the change: the bytes of its file, in which secrets are encrypted, and what the
//! input `config` sets.
//!
//! The engine's events show no secret's value, and encrypt it anew each time: only the file's bytes tell a changed one.
//! They are read before anything is set, as that writes to the file.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::base::text_file::{CONFIGURATION, Unreadable, read_text};
use crate::base::yaml::{self, Value};
use crate::report::{ReviewConfig, ReviewKey};

/// The field of the file with the values.
const VALUES: &str = "config";

/// The field of the file that names environments of Pulumi ESC.
/// <https://www.pulumi.com/docs/iac/concepts/config/#project-level-configuration>
const ENVIRONMENT: &str = "environment";

/// The stack's configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StackConfig {
    /// The hash of the file. None where there is none.
    file: Option<String>,
    /// The file's entries, each as a text that tells it from another one.
    entries: BTreeMap<String, String>,
    /// What the input `config` sets: key and value.
    set: BTreeMap<String, String>,
    /// Whether the file names environments of Pulumi ESC.
    pub has_environments: bool,
}

impl StackConfig {
    /// The configuration of the file at `path`, and what is `set` beside it. A file that can't be read is not the same as
    /// none.
    pub fn read(path: Option<&Path>, set: impl IntoIterator<Item = (String, String)>) -> Self {
        let text = path.map(|path| read_text(path, CONFIGURATION));
        let set = set.into_iter().collect();
        match text {
            None | Some(Err(Unreadable::Missing)) => Self { set, ..Self::default() },
            Some(Err(_)) => Self { file: Some("unreadable".to_owned()), set, ..Self::default() },
            Some(Ok(text)) => Self::from_text(&text, set),
        }
    }

    /// The configuration of a file with this text.
    pub fn from_text(text: &str, set: BTreeMap<String, String>) -> Self {
        let entries = entries(text);
        let has_environments = entries.contains_key(&format!(":{ENVIRONMENT}"));
        let file = Some(format!("sha256:{:x}", Sha256::digest(text.as_bytes())));
        Self { file, entries, set, has_environments }
    }

    /// The configuration for a record.
    pub fn seal(&self, key: &ReviewKey) -> ReviewConfig {
        let seal = |entries: &BTreeMap<String, String>| {
            let sealed = entries.iter().map(|(name, text)| (name.clone(), key.value(text.as_bytes())));
            sealed.collect()
        };
        ReviewConfig { file: self.file.clone(), entries: seal(&self.entries), set: seal(&self.set) }
    }
}

/// The entries of a file: each configuration key, and each other field with a colon before its name.
fn entries(text: &str) -> BTreeMap<String, String> {
    let Ok(Value::Mapping(fields)) = yaml::parse(text) else { return BTreeMap::new() };
    let mut found = BTreeMap::new();
    for (name, value) in fields.iter() {
        let name = name.source().unwrap_or_default();
        match value {
            Value::Mapping(values) if name == VALUES => {
                for (key, value) in values.iter() {
                    found.insert(key.source().unwrap_or_default().to_owned(), text_of(value));
                }
            }
            _ => {
                found.insert(format!(":{name}"), text_of(value));
            }
        }
    }
    found
}

/// The value as a text that no other value has.
fn text_of(value: &Value) -> String {
    match value {
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(text_of).collect();
            format!("l{}:{}", items.len(), items.concat())
        }
        Value::Mapping(fields) => {
            let fields = fields.iter().map(|(name, value)| text_of(name) + &text_of(value));
            let fields: Vec<String> = fields.collect();
            format!("m{}:{}", fields.len(), fields.concat())
        }
        Value::Null(text) => scalar('n', text),
        Value::Bool(text) => scalar('b', text),
        Value::Number(text) => scalar('i', text),
        Value::Text(text) => scalar('t', text),
    }
}

fn scalar(kind: char, text: &str) -> String {
    format!("{kind}{}:{text}", text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str, set: &[(&str, &str)]) -> ReviewConfig {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Pulumi.dev.yaml");
        std::fs::write(&path, text).unwrap();
        let set = set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        StackConfig::read(Some(&path), set).seal(&ReviewKey::of_record("k"))
    }

    #[test]
    fn a_changed_byte_of_a_secret_changes_the_file_and_its_entry() {
        let secret = |text: &str| {
            format!("encryptionsalt: v1:x\nconfig:\n  shop:a: 1\n  shop:pw:\n    secure: {text}\n")
        };
        let (one, other) = (config(&secret("AAAA"), &[]), config(&secret("AAAB"), &[]));
        assert_ne!(one.file, other.file);
        assert_eq!(one.entries.keys().collect::<Vec<_>>(), [":encryptionsalt", "shop:a", "shop:pw"]);
        let differ: Vec<_> = one.entries.iter().filter(|(key, hash)| other.entries[*key] != **hash).collect();
        assert_eq!(differ.len(), 1);
        assert_eq!(differ[0].0, "shop:pw");
    }

    #[test]
    fn what_is_set_is_bound_by_its_value() {
        assert_ne!(config("", &[("a", "1")]).set, config("", &[("a", "2")]).set);
        assert!(!format!("{:?}", config("", &[("a", "hunter2")])).contains("hunter2"));
    }

    #[test]
    fn no_file_and_one_that_cannot_be_read_are_two_things() {
        let folder = tempfile::tempdir().unwrap();
        let read = |path: Option<&Path>| StackConfig::read(path, []).file;
        assert_eq!(read(None), None);
        assert_eq!(read(Some(&folder.path().join("Pulumi.dev.yaml"))), None);
        assert_eq!(read(Some(folder.path())).as_deref(), Some("unreadable"));
    }

    #[test]
    fn values_of_different_kinds_differ() {
        let entry = |value: &str| config(&format!("config:\n  a: {value}"), &[]).entries["a"].clone();
        let values =
            ["1", "\"1\"", "null", "[1]", "[\"1\"]", "{b: 1}", "[b, 1]", "true", "[[1], 2]", "[[1, 2]]"];
        let hashes: std::collections::BTreeSet<String> = values.iter().map(|value| entry(value)).collect();
        assert_eq!(hashes.len(), values.len());
        assert!(StackConfig::read(None, []).entries.is_empty());
    }
}
