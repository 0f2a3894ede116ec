//! A place in the files of a repository: where a message stands in a change that people review.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A place in a file of the repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourcePlace {
    /// The file's path from the repository's root, with `/` between folders.
    pub file: String,
    /// The line, from 1 on.
    pub line: u32,
    /// The column, from 1 on, where it is known.
    pub column: Option<u32>,
}

impl fmt::Display for SourcePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        self.column.map_or(Ok(()), |column| write!(f, ":{column}"))
    }
}
