//! Reads rows in the form in which they are written.

use super::table::{RowFormat, RowTable};
use super::{csv, listed};
use crate::base::error::Problem;

impl RowTable {
    /// Reads rows. `name` is that of the file or of the command.
    ///
    /// # Errors
    /// It is not known which rows there are: nothing of them may be used.
    pub fn read(text: &str, format: RowFormat, name: &str) -> Result<Self, Problem> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match format {
            RowFormat::Csv => csv::read(text, name),
            RowFormat::Json => listed::read_json(text, name),
            RowFormat::Yaml => listed::read_yaml(text, name),
        }
    }
}
