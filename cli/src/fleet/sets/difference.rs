//! The difference between rows and stacks. Nothing is removed but by a tombstone, and nothing at all by a row that can't be used.

use std::collections::{BTreeMap, BTreeSet};

use super::config::{SetConfig, SetConfigKind};
use super::past::{PastStack, PastText};
use super::rows::{CheckedRows, SetRow, StoppedRow};
use super::settings::StackSet;
use crate::base::fields::shown;

/// What becomes of the rows of a set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetDifference {
    /// The rows that can be used, in their order.
    pub rows: Vec<RowVerdict>,
    /// The rows that are left alone, with their reasons.
    pub stopped: Vec<StoppedRow>,
    /// The stacks of the project that no row names. They are left alone.
    pub rowless: Vec<String>,
    /// Why nothing is created or removed, if there is too much of it.
    pub brakes: Vec<String>,
}

/// A row with what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowVerdict {
    /// The row.
    pub row: SetRow,
    /// What becomes of its stack.
    pub fate: RowFate,
}

/// What becomes of a row's stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowFate {
    /// It is created.
    Create,
    /// It is updated.
    Update {
        /// The keys of its configuration that change, if it is known what it was deployed with.
        changed: Option<Vec<ConfigChange>>,
    },
    /// It is destroyed and removed.
    Remove,
    /// It has a tombstone, and is not there.
    Gone,
    /// Nothing: the brake holds it.
    Braked,
}

/// A key whose value changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigChange {
    /// The key.
    pub key: String,
    /// What the stack was last deployed with.
    pub from: PastText,
    /// The value of the row.
    pub to: Option<String>,
}

/// Whether something has to be known of what a row's stack was last deployed with, before anything is done with the stack.
pub fn needs_past(set: &StackSet, row: &SetRow) -> bool {
    row.is_removed || row.is_added || set.config.iter().any(|config| !emptied(set, row, config).is_empty())
}

/// Whether a row's stack was last deployed by the set, with the plain values that the row has now, and nobody has updated it since.
/// What is not known does not.
pub fn stands_as_deployed(set: &StackSet, row: &SetRow, past: &Result<PastStack, String>) -> bool {
    let is_same = |past: &PastStack| past.is_left_by_set(&set.name) && changes(set, row, past).is_empty();
    !row.is_removed && past.as_ref().is_ok_and(is_same)
}

/// The columns of a key that are empty or blank, and may not become so.
fn emptied<'s>(set: &'s StackSet, row: &SetRow, config: &'s SetConfig) -> Vec<&'s str> {
    let is_empty = |column: &&str| {
        row.cells.get(*column).is_none_or(|cell| cell.trim().is_empty())
            && !set.rule(column).is_some_and(|rule| rule.may_be_empty)
    };
    let own = Some(config).filter(|config| config.kind == SetConfigKind::Plain);
    own.into_iter().flat_map(|config| config.pattern.columns()).filter(is_empty).collect()
}

/// Why a row's empty cells may take something away from its stack. None if they take nothing.
fn why_emptied(set: &StackSet, row: &SetRow, config: &SetConfig, past: &PastStack) -> Option<String> {
    let empty = emptied(set, row, config);
    let first = empty.first()?;
    let before = match past.text(config) {
        PastText::Nothing => return None,
        PastText::Text(before) if before == config.pattern.fill(&row.cells) => return None,
        PastText::Text(before) => {
            let fits =
                |column: &str, cell: &str| set.rule(column).is_none_or(|rule| rule.check(cell).is_ok());
            if !config.pattern.may_have_filled(&before, &empty, &fits) {
                return None;
            }
            format!("its stack was deployed with `{}` = `{}`", config.key, shown(&before))
        }
        PastText::Unknown => {
            format!("what its stack was deployed with for `{}` can't be read", config.key)
        }
    };
    Some(format!(
        "`{}` is empty, and {before}: fill it in, or allow it by `columns: {{ {first}: {{ may-be-empty: true }} }}`",
        empty.join("`, `")
    ))
}

impl SetDifference {
    /// The difference. `there` has the names of the project's stacks, without organisation and project; `past` what those that were
    /// asked about were last deployed with, or why that is not known.
    pub fn find(
        set: &StackSet,
        checked: CheckedRows,
        there: &BTreeSet<String>,
        past: &BTreeMap<String, Result<PastStack, String>>,
    ) -> Self {
        let named = checked.stacks();
        let mut found = Self {
            stopped: checked.stopped,
            rowless: there.difference(&named).cloned().collect(),
            ..Self::default()
        };
        for row in checked.rows {
            let is_there = there.contains(row.stack.short());
            match fate(set, &row, is_there, past.get(row.stack.short())) {
                Ok(fate) => found.rows.push(RowVerdict { row, fate }),
                Err(why) => found.stopped.push(StoppedRow {
                    key: Some(row.key),
                    stack: Some(row.stack.short().to_owned()),
                    place: row.place,
                    why,
                }),
            }
        }
        found.brake(&RowFate::Create, set.max_created, "created", "max-created");
        found.brake(&RowFate::Remove, set.max_removals, "removed", "max-removals");
        found
    }

    fn brake(&mut self, fate: &RowFate, most: u32, word: &str, key: &str) {
        let count = self.rows.iter().filter(|one| one.fate == *fate).count();
        if count <= usize::try_from(most).unwrap_or(usize::MAX) {
            return;
        }
        for one in self.rows.iter_mut().filter(|one| one.fate == *fate) {
            one.fate = RowFate::Braked;
        }
        self.brakes
            .push(format!("{count} stacks would be {word}, and `{key}` allows {most}: none is {word}"));
    }

    /// Whether everything that the rows say is done or to be done.
    pub fn is_whole(&self) -> bool {
        self.stopped.is_empty() && self.brakes.is_empty()
    }
}

/// What becomes of a row's stack. Fails with the reason why nothing does.
fn fate(
    set: &StackSet,
    row: &SetRow,
    is_there: bool,
    past: Option<&Result<PastStack, String>>,
) -> Result<RowFate, String> {
    if !is_there {
        return Ok(if row.is_removed { RowFate::Gone } else { RowFate::Create });
    }
    let known = match past {
        Some(Ok(past)) => Some(past),
        Some(Err(why)) if needs_past(set, row) => {
            return Err(format!("what its stack was last deployed with is not known: {why}"));
        }
        None if needs_past(set, row) => {
            return Err("what its stack was last deployed with is not known".to_owned());
        }
        _ => None,
    };
    if (row.is_removed || row.is_added) && !known.is_some_and(|past| past.is_of_set(&set.name)) {
        let what = if row.is_removed { "destroys" } else { "changes by an added row" };
        return Err(format!(
            "the set `{}` has not deployed the stack `{}`, and {what} no other one; a deployment by a row of the file makes it the set's own",
            set.name,
            row.stack.short()
        ));
    }
    if row.is_removed {
        return Ok(RowFate::Remove);
    }
    let emptied =
        known.and_then(|past| set.config.iter().find_map(|config| why_emptied(set, row, config, past)));
    if let Some(why) = emptied {
        return Err(why);
    }
    Ok(RowFate::Update { changed: known.map(|past| changes(set, row, past)) })
}

fn changes(set: &StackSet, row: &SetRow, past: &PastStack) -> Vec<ConfigChange> {
    let plain = set.config.iter().filter(|config| config.kind == SetConfigKind::Plain);
    let change = plain.map(|config| ConfigChange {
        key: config.key.clone(),
        from: past.text(config),
        to: config.plain(&row.cells),
    });
    let is_same = |change: &ConfigChange| match (&change.from, &change.to) {
        (PastText::Text(from), Some(to)) => from == to,
        (PastText::Nothing, None) => true,
        _ => false,
    };
    change.filter(|change| !is_same(change)).collect()
}
