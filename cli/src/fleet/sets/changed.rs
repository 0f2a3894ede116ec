//! Which rows are others than they were in an earlier commit.

use std::collections::BTreeMap;

use super::rows::{CheckedRows, SetRow};
use super::settings::StackSet;
use super::table::{RowFormat, RowTable};

/// What a row makes of its stack, without the values of variables.
type RowContent = (bool, Vec<(Option<String>, Option<String>)>);

/// The rows of an earlier commit, by their stacks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EarlierRows(BTreeMap<String, RowContent>);

impl EarlierRows {
    /// Reads them from the text of the set's file. A row that could not be used counts as none.
    ///
    /// # Errors
    /// It is not known which rows there were: the reason.
    pub fn read(set: &StackSet, text: &str, format: RowFormat, name: &str) -> Result<Self, String> {
        let table = RowTable::read(text, format, name).map_err(|problem| problem.what)?;
        let checked = CheckedRows::check(set, table, Vec::new()).map_err(|problem| problem.what)?;
        let row = |row: &SetRow| (row.stack.as_str().to_owned(), content(set, row));
        Ok(Self(checked.rows.iter().map(row).collect()))
    }

    /// Whether a row makes the same of its stack as before.
    pub fn has(&self, set: &StackSet, row: &SetRow) -> bool {
        self.0.get(row.stack.as_str()) == Some(&content(set, row))
    }
}

/// What a row makes of its stack.
fn content(set: &StackSet, row: &SetRow) -> RowContent {
    let values = set.config.iter().map(|config| (config.plain(&row.cells), config.variable(&row.cells)));
    (row.is_removed, if row.is_removed { Vec::new() } else { values.collect() })
}
