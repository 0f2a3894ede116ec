//! The payload of `fleet add`. It is a stranger's until each of its fields is known to be allowed, and nothing of it is used before.

use crate::base::error::Problem;
use crate::base::http::{Url, host};

use super::settings::AddSettings;
use crate::fleet::sets::listed::{cell_of, entries_of};
use crate::fleet::sets::rows::{CheckedRows, SetRow};
use crate::fleet::sets::settings::StackSet;
use crate::fleet::sets::table::{Cells, RowTable, TableRow};

/// The most bytes of a payload.
pub const LARGEST: usize = 64 * 1024;

/// The most characters of the key of a request.
const LONGEST_REQUEST: usize = 200;

/// The most characters of an address that is answered.
const LONGEST_ADDRESS: usize = 2000;

/// A payload that was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// The row, as those of the set.
    pub row: SetRow,
    /// The key by which the same request again is known.
    pub request: String,
    /// The address of the answer.
    pub callback: Option<Url>,
}

impl Payload {
    /// Checks a payload. `request` is the key of the request, if it is said outside of the payload.
    ///
    /// # Errors
    /// Something of it is not allowed.
    pub fn check(
        text: &str,
        set: &StackSet,
        add: &AddSettings,
        request: Option<&str>,
    ) -> Result<Self, Problem> {
        let refused = |what: String| Problem::new(format!("the row is refused: {what}"), allowed(add));
        if text.len() > LARGEST {
            return Err(refused(format!("it has more than {} KiB", LARGEST / 1024)));
        }
        let entries = entries_of(text.strip_prefix('\u{feff}').unwrap_or(text)).map_err(&refused)?;
        let (mut cells, mut named, mut callback) = (Cells::new(), None, None);
        for (name, value) in entries {
            let cell = cell_of(&value)
                .map_err(|kind| refused(format!("a field is {kind}, and each is a single text")))?;
            let is_request = name == add.idempotency;
            if is_request {
                named = Some(cell.clone());
            }
            if add.columns.contains(&name) {
                cells.insert(name, cell);
            } else if add.callback.as_ref().is_some_and(|callback| callback.field == name) {
                callback = Some(cell).filter(|address| !address.is_empty());
            } else if !is_request {
                let shown: String = name.chars().take(40).collect();
                return Err(refused(format!("the field `{}` is not allowed", shown.escape_debug())));
            }
        }
        let callback = callback
            .map(|address| {
                checked_address(&address, add).ok_or_else(|| {
                    refused("the address of the answer is not one of HTTPS on an allowed host".to_owned())
                })
            })
            .transpose()?;
        if let Some(missing) =
            add.required.iter().find(|column| cells.get(*column).is_none_or(String::is_empty))
        {
            return Err(refused(format!("the field `{missing}` is missing or empty")));
        }
        for (column, cell) in &cells {
            let rule =
                set.rule(column).ok_or_else(|| refused(format!("the field `{column}` is not allowed")))?;
            rule.check(cell).map_err(&refused)?;
            if cell.chars().any(char::is_control) {
                return Err(refused(format!("the field `{column}` has a control character in it")));
            }
        }
        let request = match (request, named) {
            (Some(outside), Some(inside)) if outside != inside && add.idempotency != set.key => {
                return Err(refused(format!("`{}` and `--idempotency-key` differ", add.idempotency)));
            }
            (Some(outside), _) => outside.to_owned(),
            (None, Some(inside)) => inside,
            (None, None) => String::new(),
        };
        let is_strange = |c: char| c.is_control() || c.is_whitespace();
        if request.is_empty() || request.len() > LONGEST_REQUEST || request.contains(is_strange) {
            return Err(refused(format!(
                "the key of the request (`{}` or `--idempotency-key`) is missing, longer than {LONGEST_REQUEST} characters, or has spaces",
                add.idempotency
            )));
        }
        let row = as_row(set, cells).map_err(refused)?;
        Ok(Self { row, request, callback })
    }
}

/// The row of these cells, by the rules for each row of the set. A column of the set that a payload may not have is empty.
fn as_row(set: &StackSet, mut cells: Cells) -> Result<SetRow, String> {
    for (column, _) in set.needed_columns() {
        cells.entry(column.to_owned()).or_default();
    }
    let row = TableRow { place: "the row".to_owned(), cells, wrong: None };
    let checked = CheckedRows::check(set, RowTable::default(), vec![row]).map_err(|problem| problem.what)?;
    match (checked.rows.into_iter().next(), checked.stopped.into_iter().next()) {
        (Some(row), None) => Ok(row),
        (_, stopped) => Err(stopped.map(|stopped| stopped.why).unwrap_or_default()),
    }
}

/// The address of the answer; none if nobody may be answered there.
fn checked_address(address: &str, add: &AddSettings) -> Option<Url> {
    let callback = add.callback.as_ref()?;
    let url = Url::parse(address).ok().filter(|_| address.len() <= LONGEST_ADDRESS)?;
    let is_plain = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
    (is_plain && callback.hosts.contains(&host(&url))).then_some(url)
}

fn allowed(add: &AddSettings) -> String {
    let required: Vec<&str> = add.required.iter().map(String::as_str).collect();
    format!(
        "send one JSON object with the fields `{}`, of which `{}` are needed",
        add.columns.join("`, `"),
        required.join("`, `")
    )
}
