//! The rows of a file or of a command's output, as they are written: cells by their columns, and where each row stands.

use std::collections::{BTreeMap, BTreeSet};

/// The cells of a row, by the names of their columns.
pub type Cells = BTreeMap<String, String>;

/// The form of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFormat {
    /// Lines of cells under a line of names: <https://www.rfc-editor.org/rfc/rfc4180>.
    Csv,
    /// A list of objects.
    Json,
    /// A list of mappings.
    Yaml,
}

/// Rows as they are written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowTable {
    /// The columns that each row has; none where each row names its own.
    pub columns: Option<Vec<String>>,
    /// The rows, in their order.
    pub rows: Vec<TableRow>,
}

/// A row as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// Where it stands: "`tenants.csv`, line 3".
    pub place: String,
    /// Its cells as far as they can be told apart.
    pub cells: Cells,
    /// Why it can't be read as it is.
    pub wrong: Option<String>,
}

impl RowFormat {
    /// The form by a file's name.
    pub fn by_name(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        Self::by_word(&ending.to_ascii_lowercase())
    }

    /// The form by its word.
    pub fn by_word(word: &str) -> Option<Self> {
        match word {
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }
}

impl RowTable {
    /// Every column that some row has.
    pub fn all_columns(&self) -> BTreeSet<&str> {
        let own = self.rows.iter().flat_map(|row| row.cells.keys());
        self.columns.iter().flatten().chain(own).map(String::as_str).collect()
    }
}
