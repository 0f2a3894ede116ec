//! The section `sets`: environments from data. Each set makes a stack of a project for each row.

use crate::base::error::{Error, Result};
use crate::base::fields::{Fields, is_variable, shown};
use crate::base::yaml::Value;
use crate::inputs::file::SETS;

use super::add::settings::{AddSettings, PersistIn};
use super::column::{COLUMNS, ColumnRule};
use super::config::{CONFIG, SetConfig, SetConfigKind};
use super::pattern::{RowPattern, in_field, is_column};
use super::table::{Cells, RowFormat};

/// The keys of a set.
pub const KEYS: &[&str] = &[
    PROJECT,
    ROWS,
    KEY,
    STACK,
    CONFIG,
    TOMBSTONE,
    MAX_REMOVALS,
    MAX_CREATED,
    NEW_STACK_CHANGES,
    COLUMNS,
    ADD,
];
const PROJECT: &str = "project";
/// The key of a set that names its rows.
pub const ROWS: &str = "rows";
const KEY: &str = "key";
const STACK: &str = "stack";
const TOMBSTONE: &str = "tombstone";
const MAX_REMOVALS: &str = "max-removals";
const MAX_CREATED: &str = "max-created";
const NEW_STACK_CHANGES: &str = "new-stack-changes";
const ADD: &str = "add";

/// The column that says that a row's stack is removed, unless the set names another one.
pub const TOMBSTONE_COLUMN: &str = "state";

/// The cell that says so.
pub const TOMBSTONE_CELL: &str = "removed";

/// The most stacks that one run removes, unless the set says another number.
pub const REMOVALS: u32 = 3;

/// The most stacks that one run creates, unless the set says another number.
pub const CREATED: u32 = 25;

/// The greatest number for both.
pub const MOST: u32 = 10_000;

/// A set: what becomes of the rows of a file.
#[derive(Debug, Clone)]
pub struct StackSet {
    /// Its name.
    pub name: String,
    /// The folder of the project, from the top of the repository.
    pub project: String,
    /// Where its rows are.
    pub rows: RowSource,
    /// The column by which a row is told from the others.
    pub key: String,
    /// The stack of a row.
    pub stack: RowPattern,
    /// The configuration of a row's stack.
    pub config: Vec<SetConfig>,
    /// What says that a row's stack is removed.
    pub tombstone: Tombstone,
    /// The most stacks that one run removes.
    pub max_removals: u32,
    /// The most stacks that one run creates.
    pub max_created: u32,
    /// The number of resources as which a new stack counts before it is there, where a fleet may change only so many. None: it is
    /// not known.
    pub new_stack_changes: Option<u32>,
    /// What holds for the cells of columns.
    pub columns: Vec<ColumnRule>,
    /// What may be added by `fleet add`. None if nothing may.
    pub add: Option<AddSettings>,
}

/// Where rows are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowSource {
    /// In a file of the repository.
    File {
        /// Its path, from the top of the repository.
        path: String,
        /// Its form.
        format: RowFormat,
    },
    /// In what a command prints.
    Command {
        /// The command with its arguments, run at the top of the repository.
        run: Vec<String>,
        /// The form of what it prints.
        format: RowFormat,
        /// The variables of the job that it gets, beside `PATH` and `HOME`.
        env: Vec<String>,
    },
}

/// What says that a row's stack is removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// The column.
    pub column: String,
    /// The cell.
    pub is: String,
    /// Whether the set names them, so that the column has to be there.
    pub is_named: bool,
}

/// A row's own word for being removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowStanding {
    /// Its stack is wanted.
    Wanted,
    /// Its stack is removed.
    Removed,
    /// The cell is nearly the one of a tombstone.
    Unclear,
}

impl Tombstone {
    /// What a row says.
    pub fn standing(&self, cells: &Cells) -> RowStanding {
        match cells.get(&self.column) {
            Some(cell) if *cell == self.is => RowStanding::Removed,
            Some(cell) if cell.trim().eq_ignore_ascii_case(&self.is) => RowStanding::Unclear,
            _ => RowStanding::Wanted,
        }
    }
}

impl StackSet {
    /// Reads the section. `file` is the file's path, for messages.
    ///
    /// # Errors
    /// A key or a value that nobody can mean.
    pub fn parse_all(section: &Value, file: &str) -> Result<Vec<Self>> {
        let Value::Mapping(sets) = section else {
            return Err(Error::input(
                format!("`{SETS}` in `{file}` is not a mapping"),
                "write it as `sets: { tenants: { project: infra/tenant, rows: tenants.csv, stack: \"{id}\" } }`",
            ));
        };
        let place = format!("`{file}`");
        let sets = sets.iter().map(|(name, set)| {
            let named = name.source().filter(|name| is_set_name(name)).ok_or_else(|| {
                Error::input(
                    format!("`{SETS}` in `{file}` has a name that is none of a set"),
                    "write small letters, digits and `-`, up to 40 of them: `tenants`",
                )
            })?;
            let Value::Mapping(mapping) = set else {
                return Err(Error::input(
                    format!("`{SETS}.{named}` in `{file}` is not a mapping"),
                    "write it as `{ project: infra/tenant, rows: tenants.csv, stack: \"{id}\" }`",
                ));
            };
            Self::parse(named, &Fields::new(mapping, format!("{SETS}.{named}"), &place))
        });
        sets.collect()
    }

    fn parse(name: &str, fields: &Fields<'_>) -> Result<Self> {
        fields.only(KEYS, "a set")?;
        let needed = |key: &str, example: &str| {
            fields
                .text(key)?
                .ok_or_else(|| fields.error(key, "is missing", format!("write it as `{key}: {example}`")))
        };
        let project = needed(PROJECT, "infra/tenant")?;
        if !is_below_the_top(project) {
            return Err(fields.error(
                PROJECT,
                "is not a folder of the repository",
                "write it from the repository's top: `infra/tenant`",
            ));
        }
        let stack = in_field(fields, STACK, needed(STACK, "\"{id}\"")?)?;
        let key = key_of(fields, &stack)?;
        let tombstone = tombstone(fields)?;
        let columns = ColumnRule::parse_all(fields)?;
        let config = SetConfig::parse_all(fields)?;
        if config.iter().any(|config| {
            config.pattern.columns().chain(stack.columns()).any(|column| column == tombstone.column)
        }) {
            return Err(fields.error(
                TOMBSTONE,
                &format!("has the column `{}`, which a pattern uses", tombstone.column),
                "give the tombstone a column of its own",
            ));
        }
        let add = if fields.get(ADD).is_none() {
            None
        } else {
            let own =
                fields.mapping(ADD, "write it as `add: { columns: [id, size], persist: pull-request }`")?;
            Some(AddSettings::parse(&own, &key, &stack, &tombstone.column, &columns)?)
        };
        let rows = rows(fields)?;
        let is_command = matches!(rows, RowSource::Command { .. });
        if is_command && add.as_ref().is_some_and(|add: &AddSettings| add.persist == PersistIn::PullRequest) {
            return Err(fields.error(
                ADD,
                "has `persist: pull-request`, and the rows are in no file",
                "write `persist: backend`, or let the command's source have the new row",
            ));
        }
        Ok(Self {
            name: name.to_owned(),
            project: project.trim_end_matches('/').to_owned(),
            rows,
            key,
            stack,
            config,
            tombstone,
            max_removals: fields.number(MAX_REMOVALS, 0, MOST)?.unwrap_or(REMOVALS),
            max_created: fields.number(MAX_CREATED, 0, MOST)?.unwrap_or(CREATED),
            new_stack_changes: fields.number(NEW_STACK_CHANGES, 1, MOST)?,
            columns,
            add,
        })
    }

    /// The columns without which a row can't be used, each with what names it.
    pub fn needed_columns(&self) -> Vec<(&str, String)> {
        let mut needed = vec![(self.key.as_str(), format!("`{KEY}`"))];
        needed.extend(self.stack.columns().map(|column| (column, format!("`{STACK}`"))));
        for config in &self.config {
            needed.extend(
                config.pattern.columns().map(|column| (column, format!("`{CONFIG}.{}`", config.key))),
            );
        }
        needed
    }

    /// The variables with the secrets of a row.
    pub fn secret_variables(&self, cells: &Cells) -> Vec<String> {
        let secret = |config: &&SetConfig| config.kind == SetConfigKind::FromEnv { secret: true };
        self.config.iter().filter(secret).filter_map(|config| config.variable(cells)).collect()
    }

    /// What holds for the cells of a column.
    pub fn rule(&self, column: &str) -> Option<&ColumnRule> {
        self.columns.iter().find(|rule| rule.name == column)
    }
}

/// Whether a text can be the name of a set: it is part of names of branches and of objects.
pub fn is_set_name(name: &str) -> bool {
    let is_fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=40).contains(&name.len())
        && name.bytes().all(is_fine)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// Whether a path stays in the repository.
pub(super) fn is_below_the_top(path: &str) -> bool {
    let parts = path.trim_end_matches('/').split('/');
    !path.starts_with('/')
        && !path.contains(['\\', ':'])
        && parts.clone().all(|part| part != ".." && !part.chars().any(char::is_control))
        && (path == "." || parts.clone().all(|part| !part.is_empty() && part != "."))
}

fn key_of(fields: &Fields<'_>, stack: &RowPattern) -> Result<String> {
    let mut columns: Vec<&str> = stack.columns().collect();
    columns.dedup();
    match (fields.text(KEY)?, columns.as_slice()) {
        (_, []) => Err(fields.error(
            STACK,
            "names no column, so that all rows would be one stack",
            "write `stack: \"{id}\"`",
        )),
        (Some(key), _) if is_column(key) => Ok(key.to_owned()),
        (Some(key), _) => Err(fields.error(
            KEY,
            &format!("is `{}`, which can't be a column", shown(key)),
            "name one column",
        )),
        (None, [only]) => Ok((*only).to_owned()),
        (None, _) => Err(fields.error(
            KEY,
            "is missing, and `stack` names several columns",
            "name the column by which a customer is known: `key: id`",
        )),
    }
}

fn tombstone(fields: &Fields<'_>) -> Result<Tombstone> {
    const HINT: &str = "write it as `tombstone: { column: state, is: removed }`";
    if fields.get(TOMBSTONE).is_none() {
        let (column, is) = (TOMBSTONE_COLUMN.to_owned(), TOMBSTONE_CELL.to_owned());
        return Ok(Tombstone { column, is, is_named: false });
    }
    let own = fields.mapping(TOMBSTONE, HINT)?;
    own.only(&["column", "is"], "a tombstone")?;
    let text = |key: &str| own.text(key)?.ok_or_else(|| own.error(key, "is missing", HINT));
    let (column, is) = (text("column")?, text("is")?);
    if !is_column(column) {
        return Err(own.error("column", &format!("is `{}`, which can't be a column", shown(column)), HINT));
    }
    Ok(Tombstone { column: column.to_owned(), is: is.to_owned(), is_named: true })
}

fn rows(fields: &Fields<'_>) -> Result<RowSource> {
    const HINT: &str =
        "name a file (`rows: tenants.csv`), or a command: `rows: { run: [./list-tenants.sh], as: json }`";
    if let Some(Value::Mapping(_)) = fields.get(ROWS) {
        let own = fields.mapping(ROWS, HINT)?;
        own.only(&["run", "as", "env"], "a command that prints rows")?;
        let Some(Value::List(_)) = own.get("run") else {
            return Err(own.error(
                "run",
                "is not a list",
                "write the program and its arguments: `run: [./list-tenants.sh]`",
            ));
        };
        let run = own.texts("run")?;
        if run.is_empty() {
            return Err(own.error(
                "run",
                "names no program",
                "write the program and its arguments: `run: [./list-tenants.sh]`",
            ));
        }
        let format = own.text("as")?.and_then(RowFormat::by_word);
        let format = format.ok_or_else(|| {
            own.error(
                "as",
                "is not the form of rows",
                "write what the command prints: `csv`, `json` or `yaml`",
            )
        })?;
        let env = own.texts("env")?;
        if let Some(wrong) = env.iter().find(|name| !is_variable(name)) {
            return Err(own.error(
                "env",
                &format!("has `{}`, which can't be the name of a variable", shown(wrong)),
                "name variables of the job",
            ));
        }
        return Ok(RowSource::Command { run, format, env });
    }
    let path = fields.text(ROWS)?.ok_or_else(|| fields.error(ROWS, "is missing", HINT))?;
    if !is_below_the_top(path) || path == "." {
        return Err(fields.error(
            ROWS,
            "is not a file of the repository",
            "write its path from the repository's top",
        ));
    }
    let format = RowFormat::by_name(path);
    let format = format.ok_or_else(|| {
        fields.error(
            ROWS,
            &format!("is `{}`, whose form its ending does not tell", shown(path)),
            "end it with `.csv`, `.json` or `.yaml`",
        )
    })?;
    Ok(RowSource::File { path: path.to_owned(), format })
}
