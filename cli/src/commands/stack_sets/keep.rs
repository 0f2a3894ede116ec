//! Keeps a row that was added: by a change request for the set's file, or beside the state.

use serde_json::json;

use super::super::one_stack::job_of;
use super::super::stack_jobs::flags_of_stack;
use super::compare::{no_room, project_of, rows_beside, unknown};
use super::read::{not_used, rows_of};
use crate::base::error::{Error, Problem, Result};
use crate::ci::console::Console;
use crate::ci::standing::Standing;
use crate::delivery::place::ForgeAccess;
use crate::fleet::sets::add::append::append;
use crate::fleet::sets::add::payload::Payload;
use crate::fleet::sets::add::settings::AddSettings;
use crate::fleet::sets::rows::CheckedRows;
use crate::fleet::sets::settings::{RowSource, StackSet};
use crate::fleet::sets::table::{Cells, RowFormat, RowTable, TableRow};
use crate::forge::trouble::TroubleKind;
use crate::forge::{Client, ProposedFile, RepositoryFile, Trouble};
use crate::ledger::entry::instant;
use crate::ledger::set_rows::{AddedRow, RowAdded, short_hash};
use crate::process::signals::Signals;
use crate::report::Reason;
use crate::run::prepare::{Prepared, RunRequest};

/// What became of a row.
pub(super) enum Kept {
    /// It is one of the set's rows.
    Taken,
    /// A change request asks people to take it; with its page.
    Proposed(Option<String>),
    /// It contradicts what is there, for this reason.
    Contradicted(String),
}

/// What rows say of a customer who is asked for.
enum KnownCustomer {
    Not,
    Same,
    Other,
}

/// What the rows say of the payload's customer: the columns that a payload may have are compared.
fn known(table: &RowTable, set: &StackSet, add: &AddSettings, payload: &Payload) -> KnownCustomer {
    let cell = |cells: &Cells, column: &str| cells.get(column).cloned().unwrap_or_default();
    let own = &payload.row.cells;
    let mut same = table.rows.iter().filter(|row| row.cells.get(&set.key) == Some(&payload.row.key));
    let is_same = |cells: &Cells| add.columns.iter().all(|column| cell(cells, column) == cell(own, column));
    match (same.next(), same.next()) {
        (None, _) if is_in_the_way(table, set, payload) => KnownCustomer::Other,
        (None, _) => KnownCustomer::Not,
        (Some(row), None) if row.wrong.is_none() && is_same(&row.cells) => KnownCustomer::Same,
        _ => KnownCustomer::Other,
    }
}

/// Whether the payload would have the stack of another customer, or a variable with its secrets.
fn is_in_the_way(table: &RowTable, set: &StackSet, payload: &Payload) -> bool {
    let row = TableRow { place: String::new(), cells: payload.row.cells.clone(), wrong: None };
    let checked = CheckedRows::check(set, table.clone(), vec![row]);
    checked.is_ok_and(|checked| checked.stopped.iter().any(|row| row.key.as_ref() == Some(&payload.row.key)))
}

/// The payload's cells that hold something.
fn filled(payload: &Payload) -> Cells {
    let filled = payload.row.cells.iter().filter(|(_, cell)| !cell.is_empty());
    filled.map(|(name, cell)| (name.clone(), cell.clone())).collect()
}

fn other_cells(payload: &Payload) -> Kept {
    Kept::Contradicted(format!(
        "`{}` is there already, with other values, or its stack would be that of another row",
        payload.row.key.escape_debug()
    ))
}

/// Keeps a row beside the state.
pub(super) async fn keep_beside_the_state(
    set: &StackSet,
    add: &AddSettings,
    payload: &Payload,
    found: &Prepared<'_>,
    request: &RunRequest<'_>,
    console: &mut Console,
    signals: &Signals,
) -> Result<Kept> {
    if found.standing != Standing::Ours {
        return Err(not_used(
            &set.name,
            "its rows come with a change that is not trusted",
            Some("run it in a job of the default branch"),
        ));
    }
    let top = found.top();
    let table = rows_of(set, &top, found.env).await?;
    match known(&table, set, add, payload) {
        KnownCustomer::Not => {}
        KnownCustomer::Same => return Ok(Kept::Taken),
        KnownCustomer::Other => return Ok(other_cells(payload)),
    }
    let project = project_of(set, &top)?;
    let flags = flags_of_stack(request.flags, &top.join(&project.cwd), payload.row.stack.as_str());
    let own = RunRequest { flags: &flags, ..*request };
    let job = Box::pin(job_of(&own, console, signals)).await?;
    let Some(rows) = rows_beside(set, &job)? else { return Err(no_room(set)) };
    let row =
        AddedRow::new(&payload.row.key, filled(payload), &payload.request, instant(found.env.clock().time()));
    match rows.add(&row).await.map_err(|problem| unknown(set, problem))? {
        RowAdded::Done => Ok(Kept::Taken),
        RowAdded::OtherCells => Ok(other_cells(payload)),
        RowAdded::OtherRequest => {
            Ok(Kept::Contradicted("another row was asked for with the same key of the request".to_owned()))
        }
    }
}

/// Asks people to take a row into the set's file. The same row again finds the same change request.
pub(super) async fn propose(
    set: &StackSet,
    add: &AddSettings,
    payload: &Payload,
    forge: &ForgeAccess,
) -> Result<Kept> {
    let RowSource::File { path, format } = &set.rows else {
        return Err(not_used(&set.name, "its rows are in no file", Some("write `persist: backend`")));
    };
    let client = forge.client();
    let base = client.default_branch().await.map_err(not_proposed)?;
    let base_commit = client.branch_head(&base).await.map_err(not_proposed)?;
    let RepositoryFile::Text(before) = client.file(&base_commit, path).await.map_err(not_proposed)? else {
        return Err(not_used(
            &set.name,
            &format!("the branch `{base}` has no `{path}`"),
            Some("commit the file, with the names of its columns"),
        ));
    };
    let unread = |problem: Problem| not_used(&set.name, &problem.what, problem.hint.as_deref());
    let table = RowTable::read(&before, *format, path).map_err(unread)?;
    match known(&table, set, add, payload) {
        KnownCustomer::Not => {}
        KnownCustomer::Same => return Ok(Kept::Taken),
        KnownCustomer::Other => return Ok(other_cells(payload)),
    }
    let branch = format!("stackstep/add-{}-{}", set.name, short_hash(&payload.row.key));
    let asked_before = AskedBefore { client: &client, branch: &branch, path, format: *format };
    let mut brought = None;
    if let Some((text, table)) = asked_before.rows().await? {
        match known(&table, set, add, payload) {
            KnownCustomer::Not => {}
            KnownCustomer::Same => brought = Some(text),
            KnownCustomer::Other => return Ok(other_cells(payload)),
        }
    }
    let cells = filled(payload);
    let after = match brought {
        Some(text) => text,
        None => append(&before, *format, path, &cells).map_err(unread)?,
    };
    let id = &payload.row.key;
    // No backtick is left that could end the block; in JSON it is the same text.
    let shown = format!("{:#}", json!(cells)).replace('`', "\\u0060");
    let title = format!("Add {} to the set {}", id.replace(['`', '\n'], " "), set.name);
    let body = format!(
        "A row was asked for from outside of the repository, and adds this to `{path}`. Merging it makes the stack `{}` with the next deployment of the set `{}`.\n\n```json\n{shown}\n```\n",
        payload.row.stack, set.name
    );
    let file = ProposedFile {
        branch: &branch,
        base: &base,
        base_commit: &base_commit,
        path,
        before: &before,
        after: &after,
        title: &title,
        body: &body,
    };
    let request = client.propose(&file).await.map_err(not_proposed)?;
    let place = client.place();
    Ok(Kept::Proposed(place.forge.page_of_request(&place.api, &place.repository, request.number)))
}

/// The branch of an earlier request for the same customer.
struct AskedBefore<'a> {
    client: &'a Client<'a>,
    branch: &'a str,
    path: &'a str,
    format: RowFormat,
}

impl AskedBefore<'_> {
    /// Its file, with the rows; none if there is no such branch.
    async fn rows(&self) -> Result<Option<(String, RowTable)>> {
        let head = match self.client.branch_head(self.branch).await {
            Ok(head) => head,
            Err(trouble) if trouble.kind == TroubleKind::Missing => return Ok(None),
            Err(trouble) => return Err(not_proposed(trouble)),
        };
        match self.client.file(&head, self.path).await.map_err(not_proposed)? {
            RepositoryFile::Text(text) => {
                let table = RowTable::read(&text, self.format, self.path).ok();
                Ok(table.map(|table| (text, table)))
            }
            RepositoryFile::Missing => Ok(None),
        }
    }
}

fn not_proposed(trouble: Trouble) -> Error {
    Error::Refused {
        what: format!("the row is not proposed: {}", trouble.problem.what),
        hint: trouble
            .problem
            .hint
            .unwrap_or_else(|| "the same request again goes on where this one stopped".to_owned()),
        reason: Reason::Gate,
    }
}
