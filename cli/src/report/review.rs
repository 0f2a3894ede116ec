//! The reviewed change: the record of what a preview proposes and what it is made from, in a form that another run can
//! compare with what it is about to do.
//!
//! It holds no value of a resource: a value stands there as its keyed hash ([`ReviewedValue`]). The preview's digest is a
//! hash over the record, see [`crate::reviewed::digest`].

mod difference;
mod key;
mod root;
mod value;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use difference::{DifferenceKind, ReviewComparison, ReviewDifference, of_resource};
pub use key::{HIDDEN_NAME, ReviewKey};
pub use root::root_of;
pub use value::{PathChange, ReviewedValue};

use super::operation::Operation;

/// The version of the record. A record of another version is not compared.
pub const REVIEW_VERSION: u32 = 1;

/// What a preview proposes, and what it is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReviewRecord {
    /// The version of this form: 1.
    pub v: u32,
    /// The digest of the change: `sha256:` and 64 hexadecimal digits. It is the same for each preview of one change, and
    /// covers the fields below but `key`, `files`, `not_bound` and `is_compared`. Where the record has a `key` of its own, keyed hashes
    /// are not a part of it.
    pub digest: String,
    /// The operation that was previewed: `up` or `destroy`.
    pub operation: Operation,
    /// The fingerprint of the backend, as in the result's `identity`. Empty where it is not known.
    pub backend: String,
    /// The stack: organisation, project and name, with slashes between them, as far as they are known.
    pub stack: String,
    /// The hash of the files that the change is made from: `sha256:` and 64 hexadecimal digits.
    pub source: String,
    /// Those files by their paths from the top of the repository, each with a hash of its mode and contents. Empty if
    /// there are too many of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
    /// The stack's configuration.
    pub config: ReviewConfig,
    /// The version of the Pulumi CLI.
    pub engine: String,
    /// The providers that the resources use.
    pub plugins: Vec<ReviewPlugin>,
    /// The random key of the keyed hashes, in base64. None where they are made with the input `review-key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// A keyed hash of a fixed text, by which the wrong key is recognised.
    pub key_check: String,
    /// The steps, sorted by URN and operation. Resources that stay as they are have none, and neither have the providers
    /// that the engine makes itself.
    pub steps: Vec<ReviewStep>,
    /// The stack outputs that change, by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, PathChange>,
    /// What the record says nothing about, a sentence each.
    pub not_bound: Vec<String>,
    /// Whether deployments of the stack are compared with what was reviewed, as its entry in `stackstep.yaml` says: then
    /// the comment has the record too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_compared: bool,
    /// The key that this run has made the record with; none in a record that was read.
    #[serde(skip)]
    pub sealed_with: Option<ReviewKey>,
}

/// The stack's configuration, as it was before the run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReviewConfig {
    /// The hash of the stack's configuration file: `sha256:` and 64 hexadecimal digits. Encrypted secrets are a part of
    /// it, so that a changed secret changes it. None where there is no file.
    pub file: Option<String>,
    /// The entries of the file, each with the keyed hash of what is written there: a configuration key, or another field
    /// with a colon before its name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub entries: BTreeMap<String, String>,
    /// The keys of the input `config`, each with the keyed hash of its value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, String>,
}

/// A provider that the resources use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReviewPlugin {
    /// Its package, such as `aws`.
    pub name: String,
    /// Its version. Empty where the program leaves it to the engine.
    pub version: String,
}

/// One step of the engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReviewStep {
    /// The resource's URN.
    pub urn: String,
    /// The operation in the engine's words: `create`, `update`, `delete`, `create-replacement`, `replace`,
    /// `delete-replaced`, `import`, …
    pub op: String,
    /// The URN of its provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Whether it is protected from deletion: afterwards, or before where it goes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protect: bool,
    /// Whether it stays at its provider when it is deleted here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retain: bool,
    /// The ID at its provider before the step; of an import the ID of what is imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub id: Option<ReviewedValue>,
    /// The inputs that change, by path down to single values: `add NEW`, `update OLD NEW` or `delete OLD`. A value is
    /// `hmac:` and a keyed hash, `asset:` and a hash of contents, `secret` or `unknown`. An `update` without values is a
    /// property that the provider names. A secret that may have changed is `update secret secret`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, String>"))]
    pub paths: BTreeMap<String, PathChange>,
}

impl ReviewRecord {
    /// The record with each name that `mask` changes replaced by its keyed hash: it can still be compared, and shows no
    /// secret. Where the key is not known, nothing is left of the name.
    #[must_use]
    pub fn masked(mut self, mask: &dyn Fn(&str) -> String) -> Self {
        let key = self.sealed_with.clone().or_else(|| self.key.as_deref().map(ReviewKey::of_record));
        let hide = |name: String| match &key {
            _ if mask(&name) == name => name,
            Some(key) => key.hidden(&name),
            None => HIDDEN_NAME.to_owned(),
        };
        for step in &mut self.steps {
            step.urn = hide(std::mem::take(&mut step.urn));
            step.op = hide(std::mem::take(&mut step.op));
            step.provider = step.provider.take().map(hide);
            step.paths = names(std::mem::take(&mut step.paths), hide);
        }
        self.outputs = names(self.outputs, hide);
        self.files = names(self.files, hide);
        self.config.entries = names(self.config.entries, hide);
        self.config.set = names(self.config.set, hide);
        for plugin in &mut self.plugins {
            plugin.name = hide(std::mem::take(&mut plugin.name));
            plugin.version = hide(std::mem::take(&mut plugin.version));
        }
        self.not_bound = self.not_bound.iter().map(|text| mask(text)).collect();
        self
    }

    /// Whether names in the record are hidden, so that its digest can't be computed from it.
    pub fn hides_names(&self) -> bool {
        let hidden = |name: &str| name.starts_with(HIDDEN_NAME);
        let keys = [&self.files, &self.config.entries, &self.config.set];
        let steps = self.steps.iter().any(|step| {
            hidden(&step.urn)
                || hidden(&step.op)
                || step.provider.as_deref().is_some_and(hidden)
                || step.paths.keys().any(|path| hidden(path))
        });
        steps
            || keys.iter().any(|keys| keys.keys().any(|name| hidden(name)))
            || self.outputs.keys().any(|path| hidden(path))
            || self.plugins.iter().any(|plugin| hidden(&plugin.name) || hidden(&plugin.version))
    }

    /// The first digits of the digest, for people.
    pub fn short_digest(&self) -> &str {
        short_digest(&self.digest)
    }
}

/// The first digits of a digest, for people.
pub fn short_digest(digest: &str) -> &str {
    let end = "sha256:".len() + 12;
    digest.get(..end).unwrap_or(digest)
}

fn names<T>(map: BTreeMap<String, T>, hide: impl Fn(String) -> String) -> BTreeMap<String, T> {
    map.into_iter().map(|(name, value)| (hide(name), value)).collect()
}

#[cfg(test)]
mod tests;
