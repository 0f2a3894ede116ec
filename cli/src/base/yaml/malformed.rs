//! The error of a YAML text that can't be read.

use std::fmt;

/// The reason why a text can't be read as YAML, with its place. It quotes nothing of the text.
#[derive(Debug)]
pub struct Malformed {
    pub(super) what: String,
    pub(super) place: Option<(usize, usize)>,
}

impl Malformed {
    pub(super) fn new(what: &str) -> Self {
        Self { what: what.to_owned(), place: None }
    }

    /// The place as ` (line 2 column 3)`; empty if it is not known.
    pub fn place(&self) -> String {
        self.place.map_or(String::new(), |(line, column)| format!(" (line {line} column {column})"))
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match self.place {
            Some((line, column)) => write!(f, " at line {line} column {column}"),
            None => Ok(()),
        }
    }
}
