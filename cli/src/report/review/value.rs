//! A value in a record, and the change of one property. Both are written as one short text, so that the record of a
//! large stack stays small.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::report::change::Change;

/// A value without its contents.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum ReviewedValue {
    /// A secret. The engine's events do not tell one from another: the configuration file's bytes do.
    Secret,
    /// A value that is not known before the deployment.
    Unknown,
    /// The hash of an asset's or archive's contents, which the engine computes.
    Asset(String),
    /// The keyed hash of a value: 128 bits of HMAC-SHA256 in base64 for URLs.
    Hash(String),
}

impl fmt::Display for ReviewedValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret => formatter.write_str("secret"),
            Self::Unknown => formatter.write_str("unknown"),
            Self::Asset(hash) => write!(formatter, "asset:{hash}"),
            Self::Hash(hash) => write!(formatter, "hmac:{hash}"),
        }
    }
}

impl FromStr for ReviewedValue {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let hash = |hash: &str| {
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            (!hash.is_empty() && hash.chars().all(is_word)).then(|| hash.to_owned())
        };
        let parsed = match text {
            "secret" => Some(Self::Secret),
            "unknown" => Some(Self::Unknown),
            other => match other.split_once(':') {
                Some(("asset", text)) => hash(text).map(Self::Asset),
                Some(("hmac", text)) => hash(text).map(Self::Hash),
                _ => None,
            },
        };
        parsed.ok_or_else(|| "a value is none of `hmac:…`, `asset:…`, `secret`, `unknown`".to_owned())
    }
}

impl From<ReviewedValue> for String {
    fn from(value: ReviewedValue) -> Self {
        value.to_string()
    }
}

impl TryFrom<String> for ReviewedValue {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// The change of one property, down to a single value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(with = "String"))]
pub struct PathChange {
    /// The kind of the change.
    pub kind: Change,
    /// The value before.
    pub old: Option<ReviewedValue>,
    /// The value afterwards.
    pub new: Option<ReviewedValue>,
}

impl PathChange {
    /// The change from one value to another. Without both it is one of which only the property's name is known.
    pub fn between(old: Option<ReviewedValue>, new: Option<ReviewedValue>) -> Self {
        let kind = match (&old, &new) {
            (None, Some(_)) => Change::Add,
            (Some(_), None) => Change::Delete,
            _ => Change::Update,
        };
        Self { kind, old, new }
    }
}

impl From<PathChange> for String {
    fn from(change: PathChange) -> Self {
        let kind = match change.kind {
            Change::Add => "add",
            Change::Delete => "delete",
            Change::Update => "update",
        };
        let values = [change.old, change.new].into_iter().flatten().map(|value| value.to_string());
        std::iter::once(kind.to_owned()).chain(values).collect::<Vec<_>>().join(" ")
    }
}

impl TryFrom<String> for PathChange {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let words: Vec<&str> = text.split(' ').collect();
        let value = |text: &str| text.parse::<ReviewedValue>().map(Some);
        let (kind, old, new) = match words.as_slice() {
            ["add", new] => (Change::Add, None, value(new)?),
            ["delete", old] => (Change::Delete, value(old)?, None),
            ["update", old, new] => (Change::Update, value(old)?, value(new)?),
            ["update"] => (Change::Update, None, None),
            _ => return Err("a change is none of `add NEW`, `update OLD NEW`, `delete OLD`".to_owned()),
        };
        Ok(Self { kind, old, new })
    }
}
