//! Which rows can be used. A row that can't stops itself and no other one, except those that claim the same customer or stack.

use std::collections::{BTreeMap, BTreeSet};

use super::settings::{RowStanding, StackSet};
use super::table::{Cells, RowTable, TableRow};
use crate::base::error::Problem;
use crate::base::fields::shown;
use crate::pulumi::stack::StackName;

/// A row that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetRow {
    /// The cell by which it is told from the others.
    pub key: String,
    /// The name of its stack, as the set writes it.
    pub stack: StackName,
    /// Its cells.
    pub cells: Cells,
    /// Where it stands.
    pub place: String,
    /// Whether its stack is removed.
    pub is_removed: bool,
    /// Whether it comes from `fleet add`, and stands in no file.
    pub is_added: bool,
}

/// A row that can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoppedRow {
    /// The cell by which it is told from the others, if it has one.
    pub key: Option<String>,
    /// The name of its stack, without organisation and project, if it is known.
    pub stack: Option<String>,
    /// Where it stands.
    pub place: String,
    /// Why it can't be used.
    pub why: String,
}

/// The rows of a set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckedRows {
    /// Those that can be used, in their order.
    pub rows: Vec<SetRow>,
    /// Those that can't.
    pub stopped: Vec<StoppedRow>,
}

/// A row, with what it claims.
struct Claim {
    row: TableRow,
    key: Option<String>,
    stack: Option<StackName>,
    /// The variables of its own that hold values, with the key of the configuration.
    variables: Vec<(String, String)>,
    standing: RowStanding,
    is_added: bool,
    wrong: Option<String>,
}

impl CheckedRows {
    /// Checks the rows of a set, and those that were added beside its file. Of an added row whose customer the file has, only the
    /// file's counts.
    ///
    /// # Errors
    /// The rows lack a column that each of them needs.
    pub fn check(set: &StackSet, table: RowTable, added: Vec<TableRow>) -> Result<Self, Problem> {
        check_columns(set, &table)?;
        let mut claims: Vec<Claim> = table.rows.into_iter().map(|row| Claim::new(set, row, false)).collect();
        let added = added.into_iter().map(|row| Claim::new(set, row, true));
        let added: Vec<Claim> = added
            .filter(|one| !claims.iter().any(|claim| claim.key.is_some() && claim.key == one.key))
            .collect();
        claims.extend(added);
        let keys = claimed(&claims, |claim| claim.key.iter().cloned().collect());
        let stacks = claimed(&claims, |claim| {
            claim.stack.iter().map(|stack| stack.short().to_ascii_lowercase()).collect()
        });
        let variables =
            claimed(&claims, |claim| claim.variables.iter().map(|(name, _)| name.clone()).collect());
        let mut checked = Self::default();
        for (at, claim) in claims.iter().enumerate() {
            let other = |claimed: &BTreeMap<String, Vec<usize>>, text: &str| {
                claimed
                    .get(text)?
                    .iter()
                    // A row from outside never stops one of the file.
                    .find(|other| **other != at && (claim.is_added || !claims[**other].is_added))
                    .map(|other| claims[*other].row.place.clone())
            };
            let key = claim.key.as_ref().and_then(|key| Some((key, other(&keys, key)?)));
            let stack = claim
                .stack
                .as_ref()
                .and_then(|stack| Some((stack, other(&stacks, &stack.short().to_ascii_lowercase())?)));
            let variable =
                claim.variables.iter().find_map(|(name, key)| Some((name, key, other(&variables, name)?)));
            let why = match (key, stack, &claim.wrong, variable) {
                (Some((key, other)), ..) => {
                    format!("`{}` is there twice: {other} has it as well", shown(key))
                }
                (_, _, Some(why), _) => why.clone(),
                (_, Some((stack, other)), ..) => {
                    format!("its stack would be `{}`, and {other} has it as well", stack.short())
                }
                (.., Some((name, key, other))) => {
                    format!("`{key}` would come from the variable `{name}`, and that of {other} as well")
                }
                _ => {
                    checked.rows.extend(claim.row());
                    continue;
                }
            };
            checked.stopped.push(StoppedRow {
                key: claim.key.clone(),
                stack: claim.stack.as_ref().map(|stack| stack.short().to_owned()),
                place: claim.row.place.clone(),
                why,
            });
        }
        Ok(checked)
    }

    /// The stacks that some row names, without organisation and project: also those of rows that can't be used.
    pub fn stacks(&self) -> BTreeSet<String> {
        let rows = self.rows.iter().map(|row| row.stack.short().to_owned());
        rows.chain(self.stopped.iter().filter_map(|row| row.stack.clone())).collect()
    }
}

impl Claim {
    fn new(set: &StackSet, row: TableRow, is_added: bool) -> Self {
        let key = row.cells.get(&set.key).filter(|key| !key.trim().is_empty()).cloned();
        let standing = set.tombstone.standing(&row.cells);
        let stack = stack_name(set, &row.cells);
        let wrong = row
            .wrong
            .clone()
            .or_else(|| what_is_wrong(set, &row.cells, standing))
            .or_else(|| stack.as_ref().err().cloned());
        let variables = match (&wrong, standing) {
            (None, RowStanding::Wanted) => own_variables(set, &row.cells),
            _ => Vec::new(),
        };
        Self { row, key, stack: stack.ok(), variables, standing, is_added, wrong }
    }

    fn row(&self) -> Option<SetRow> {
        Some(SetRow {
            key: self.key.clone()?,
            stack: self.stack.clone()?,
            cells: self.row.cells.clone(),
            place: self.row.place.clone(),
            is_removed: self.standing == RowStanding::Removed,
            is_added: self.is_added,
        })
    }
}

/// The rows by what they claim.
fn claimed(claims: &[Claim], what: impl Fn(&Claim) -> Vec<String>) -> BTreeMap<String, Vec<usize>> {
    let mut claimed: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, claim) in claims.iter().enumerate() {
        for text in what(claim) {
            claimed.entry(text).or_default().push(at);
        }
    }
    claimed
}

/// Refuses rows of which every one lacks a column.
fn check_columns(set: &StackSet, table: &RowTable) -> Result<(), Problem> {
    let Some(columns) = &table.columns else { return Ok(()) };
    let tombstone = set.tombstone.is_named.then(|| (set.tombstone.column.as_str(), "`tombstone`".to_owned()));
    let ruled = set.columns.iter().map(|rule| (rule.name.as_str(), "`columns`".to_owned()));
    let missing = set
        .needed_columns()
        .into_iter()
        .chain(tombstone)
        .chain(ruled)
        .find(|(name, _)| !columns.iter().any(|column| column == name));
    let Some((name, by)) = missing else { return Ok(()) };
    Err(Problem::new(
        format!("the rows have no column `{name}`, which {by} of the set `{}` names", set.name),
        format!("the columns are `{}`: add it, or correct the set", columns.join("`, `")),
    ))
}

/// The stack of a row.
fn stack_name(set: &StackSet, cells: &Cells) -> Result<StackName, String> {
    for column in set.stack.columns() {
        let cell = cells.get(column).map_or("", String::as_str);
        if cell.is_empty() {
            return Err(format!("`{column}` is empty, which is part of its stack's name"));
        }
        if !cell.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
            return Err(format!(
                "`{column}` is `{}`, and the name of a stack has letters, digits, `-`, `_` and `.` only",
                shown(cell)
            ));
        }
    }
    let name = set.stack.fill(cells);
    StackName::parse(&name).map_err(|_| {
        let length = name.rsplit('/').next().unwrap_or_default().len();
        if length > 100 {
            format!("its stack's name would have {length} characters, and 100 are allowed")
        } else {
            format!("its stack's name would be `{}`, which can't be one", shown(&name))
        }
    })
}

/// What is wrong with a row by itself.
fn what_is_wrong(set: &StackSet, cells: &Cells, standing: RowStanding) -> Option<String> {
    if cells.get(&set.key).is_none_or(|key| key.trim().is_empty()) {
        return Some(format!("`{}` is empty, by which a row is told from the others", set.key));
    }
    if standing == RowStanding::Unclear {
        let cell = cells.get(&set.tombstone.column).map_or("", String::as_str);
        return Some(format!(
            "`{}` is `{}`: a tombstone is written `{}`",
            set.tombstone.column,
            shown(cell),
            set.tombstone.is
        ));
    }
    let is_named = |column: &str| column == set.key || set.stack.columns().any(|other| other == column);
    let counts = |column: &str| standing == RowStanding::Wanted || is_named(column);
    let missing =
        set.needed_columns().into_iter().find(|(column, _)| counts(column) && !cells.contains_key(*column));
    if let Some((column, by)) = missing {
        return Some(format!("it has no `{column}`, which {by} names"));
    }
    let broken = set
        .columns
        .iter()
        .filter(|rule| counts(&rule.name))
        .find_map(|rule| rule.check(cells.get(&rule.name)?).err());
    if broken.is_some() || standing == RowStanding::Removed {
        return broken;
    }
    set.config.iter().find_map(|config| {
        let cell = |column: &str| cells.get(column).map_or("", String::as_str);
        if config.variable(cells).is_some() {
            let empty = config.pattern.columns().find(|column| cell(column).is_empty())?;
            return Some(format!("`{empty}` is empty, by which the variable of `{}` is named", config.key));
        }
        let is_strange = |c: char| c.is_control() && c != '\n' && c != '\t';
        let strange = config.pattern.columns().find(|column| cell(column).contains(is_strange))?;
        Some(format!("`{strange}` has a control character in it"))
    })
}

/// The variables that are a row's own: those with a cell in their name.
fn own_variables(set: &StackSet, cells: &Cells) -> Vec<(String, String)> {
    let own = set.config.iter().filter(|config| config.pattern.columns().next().is_some());
    let mut own: Vec<(String, String)> =
        own.filter_map(|config| Some((config.variable(cells)?, config.key.clone()))).collect();
    own.sort();
    own.dedup_by(|one, other| one.0 == other.0);
    own
}
