//! What holds for the cells of a column.

use regex_lite::Regex;

use crate::base::error::Result;
use crate::base::fields::{Fields, shown};

use super::pattern::is_column;

/// The key of the section with what holds for columns.
pub(super) const COLUMNS: &str = "columns";

/// The keys of a column.
pub const KEYS: &[&str] = &[PATTERN, ONE_OF, MAY_BE_EMPTY];
const PATTERN: &str = "pattern";
const ONE_OF: &str = "one-of";
const MAY_BE_EMPTY: &str = "may-be-empty";

/// The most characters of a pattern.
const LONGEST: usize = 200;

/// The most bytes of a cell of which a pattern has a say.
pub(super) const LONGEST_CELL: usize = 4096;

/// What holds for the cells of a column.
#[derive(Debug, Clone)]
pub struct ColumnRule {
    /// The column.
    pub name: String,
    /// The pattern that the whole cell fits.
    pattern: Option<(String, Regex)>,
    /// The cells that there can be.
    one_of: Vec<String>,
    /// Whether a cell may become empty that was not.
    pub may_be_empty: bool,
}

impl ColumnRule {
    /// Reads the rules of a set's columns.
    pub(super) fn parse_all(set: &Fields<'_>) -> Result<Vec<Self>> {
        const HINT: &str = "write it as `columns: { size: { one-of: [small, large] } }`";
        if set.get(COLUMNS).is_none() {
            return Ok(Vec::new());
        }
        let columns = set.mapping(COLUMNS, HINT)?;
        let mut rules = Vec::new();
        for name in columns.names() {
            if !is_column(name) {
                return Err(set.error(
                    COLUMNS,
                    &format!("has `{}`, which can't be a column", shown(name)),
                    HINT,
                ));
            }
            let own = columns.mapping(name, HINT)?;
            own.only(KEYS, "a column")?;
            rules.push(Self {
                name: name.to_owned(),
                pattern: pattern(&own)?,
                one_of: own.texts(ONE_OF)?,
                may_be_empty: own.flag(MAY_BE_EMPTY)?.unwrap_or(false),
            });
        }
        Ok(rules)
    }

    /// Whether it says which cells there can be.
    pub fn limits(&self) -> bool {
        self.pattern.is_some() || !self.one_of.is_empty()
    }

    /// Fails with the reason why a cell is not one of this column. An empty cell is judged by nobody here.
    pub fn check(&self, cell: &str) -> std::result::Result<(), String> {
        if cell.is_empty() || !self.limits() {
            return Ok(());
        }
        let name = &self.name;
        if !self.one_of.is_empty() && !self.one_of.iter().any(|one| one == cell) {
            return Err(format!(
                "`{name}` is `{}`, and not one of `{}`",
                shown(cell),
                self.one_of.join("`, `")
            ));
        }
        match &self.pattern {
            Some((text, pattern)) if cell.len() > LONGEST_CELL || !pattern.is_match(cell) => {
                Err(format!("`{name}` is `{}`, which does not fit `{text}`", shown(cell)))
            }
            _ => Ok(()),
        }
    }
}

fn pattern(own: &Fields<'_>) -> Result<Option<(String, Regex)>> {
    let Some(text) = own.text(PATTERN)? else { return Ok(None) };
    let made = (text.len() <= LONGEST).then(|| Regex::new(&format!(r"\A(?:{text})\z")).ok()).flatten();
    let made = made.ok_or_else(|| {
        own.error(
            PATTERN,
            "is not a regular expression that can be used",
            "write one for the whole cell, such as `[a-z][a-z0-9-]{1,30}`",
        )
    })?;
    Ok(Some((text.to_owned(), made)))
}
