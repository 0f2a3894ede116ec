//! Raw values: one for each input that is set, and its source.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::Command;
use crate::base::yaml::Mapping;

/// A raw value, as it was written.
#[derive(Debug, Clone, PartialEq)]
pub enum Raw {
    /// Text; a list is not split yet.
    Text(String),
    /// A list, item by item.
    List(Vec<String>),
    /// A mapping.
    Mapping(Mapping),
}

/// The source of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The command line.
    Flag,
    /// The step, through this variable.
    Step(String),
    /// This variable of the environment.
    Environment(String),
    /// This `stackstep.yaml`.
    File(PathBuf),
    /// The input's default.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Step(_) => f.write_str("step"),
            Self::Environment(variable) => write!(f, "environment: {variable}"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value and its source.
#[derive(Debug, Clone)]
pub struct Found {
    /// The value.
    pub raw: Raw,
    /// The value's source.
    pub source: Source,
}

/// Each input that has a value, with its source.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The command.
    pub command: Command,
    /// The values, by name.
    pub values: BTreeMap<&'static str, Found>,
    /// The values of rules that another source has overruled. All of them count: the strictest one holds.
    pub overruled: BTreeMap<&'static str, Vec<Found>>,
    /// Warnings, such as of a setting that was overruled or of an unknown name.
    pub warnings: Vec<String>,
    /// Whether `profile: official-action` is on.
    pub official_action: bool,
}

/// `path` from `base`, unless it is absolute.
pub fn absolute(base: &Path, path: &str) -> PathBuf {
    let joined = base.join(path);
    // `a/.` and `a/b` are easier to read than `a/./b` in a message.
    joined.components().collect()
}
