//! Compares the rows of a set with the stacks that are there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::super::one_stack::job_of;
use super::super::project_stacks::{ProjectStacks, engine_if_needed};
use super::super::stack_jobs::flags_of_stack;
use super::read::{not_used, rows_of, set_named};
use super::since::{AffectedRows, RowsSince};
use super::targets::{RowFile, tracked_stack_files};
use crate::base::error::{Error, Problem, Result};
use crate::ci::console::Console;
use crate::ci::standing::Standing;
use crate::delivery::Definition;
use crate::engine::job::Job;
use crate::fleet::sets::add::settings::PersistIn;
use crate::fleet::sets::difference::{RowFate, SetDifference, needs_past, stands_as_deployed};
use crate::fleet::sets::past::PastStack;
use crate::fleet::sets::rows::{CheckedRows, SetRow, StoppedRow};
use crate::fleet::sets::settings::StackSet;
use crate::fleet::sets::table::TableRow;
use crate::fleet::{FoundProject, RepositoryStacks};
use crate::ledger::set_rows::SetRows;
use crate::process::signals::Signals;
use crate::run::gates::ledger;
use crate::run::prepare::{Prepared, RunRequest};

/// The stack of the job that reads a backend when there is no row.
const NOBODY: &str = "stack-set";

/// A set, compared with the stacks that are there.
pub struct ComparedSet {
    /// The set.
    pub set: StackSet,
    /// Its project.
    pub project: FoundProject,
    /// What becomes of its rows.
    pub difference: SetDifference,
    /// The variables that hold secrets of any of its rows.
    pub variables: BTreeSet<String>,
    /// The configuration files of the stacks that are there and have none in the repository, by their names.
    pub files: BTreeMap<String, RowFile>,
    /// The number of rows that are left out, as nothing that their stacks are made from has changed.
    pub unaffected: usize,
}

/// Leaves those rows of a set's project that are meant, or says why there are none.
pub type RowFilter<'a> = dyn Fn(&FoundProject, &mut CheckedRows) -> Result<()> + 'a;

/// What is asked of a set.
pub struct SetQuestion<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether all that is known of each stack is read.
    pub has_past: bool,
    /// Whether stacks are run afterwards, so that they need their configuration files.
    pub has_runs: bool,
    /// Only the rows that a change since this commit can affect. An empty text: since the change request branched off, or since
    /// what each stack has last deployed.
    pub since: Option<&'a str>,
    /// The rows that are meant.
    pub filter: &'a RowFilter<'a>,
}

/// Compares.
///
/// # Errors
/// It is not known which rows or which stacks there are: then nothing is done. No row is meant.
pub async fn compare(
    question: &SetQuestion<'_>,
    found: &Prepared<'_>,
    definition: Option<&Definition>,
    request: &RunRequest<'_>,
    console: &mut Console,
    signals: &Signals,
) -> Result<ComparedSet> {
    let name = question.name;
    let set = set_named(definition, name)?.clone();
    if found.standing != Standing::Ours {
        return Err(not_used(
            name,
            "its rows come with a change that is not trusted",
            Some("merge the change first"),
        ));
    }
    let top = found.top();
    let project = project_of(&set, &top)?;
    let table = rows_of(&set, &top, found.env).await?;
    let unused = |problem: Problem| not_used(name, &problem.what, problem.hint.as_deref());
    let stack = CheckedRows::check(&set, table.clone(), Vec::new()).map_err(unused)?;
    let stack = stack.rows.first().map_or_else(|| NOBODY.to_owned(), |row| row.stack.to_string());
    let flags = flags_of_stack(request.flags, &top.join(&project.cwd), &stack);
    let own = RunRequest { flags: &flags, verb: Some("fleet"), ..*request };
    let mut job = Box::pin(job_of(&own, console, signals)).await?;
    let engine = engine_if_needed(&mut job, console, signals).await?;
    let job: &Job<'_> = &job;
    let added = added_rows(&set, job).await?;
    let all_rows = table.rows.iter().chain(&added);
    let variables = all_rows.flat_map(|row| set.secret_variables(&row.cells)).collect();
    let mut checked = CheckedRows::check(&set, table, added).map_err(unused)?;
    let named = checked.stacks();
    (question.filter)(&project, &mut checked)?;
    let affected = match question.since {
        Some(since) => {
            let rows = RowsSince { since, set: &set, project: &project, found, flags: request.flags };
            Some(Box::pin(rows.affected(&checked, console, signals)).await?)
        }
        None => None,
    };
    let stacks = ProjectStacks::open(job, engine.as_ref(), None, console, signals)
        .map_err(|problem| unknown(&set, problem))?;
    let there: BTreeSet<String> =
        stacks.names().await.map_err(|problem| unknown(&set, problem))?.into_iter().collect();
    let mut past = BTreeMap::new();
    let mut unaffected = 0;
    if let Some(AffectedRows { stacks: mut affected, is_by_deployment }) = affected {
        let left_out = |row: &&SetRow| !affected.contains(row.stack.as_str());
        let left_out: Vec<&SetRow> =
            checked.rows.iter().filter(|_| is_by_deployment).filter(left_out).collect();
        for row in left_out.into_iter().filter(|row| there.contains(row.stack.short())) {
            let read = past_of(&stacks, row.stack.short()).await;
            if !stands_as_deployed(&set, row, &read) {
                affected.insert(row.stack.as_str().to_owned());
            }
            past.insert(row.stack.short().to_owned(), read);
        }
        let before = checked.rows.len();
        checked.rows.retain(|row| affected.contains(row.stack.as_str()));
        unaffected = before - checked.rows.len();
    }
    let asked = checked.rows.iter().filter(|row| question.has_past || needs_past(&set, row));
    for stack in asked.map(|row| row.stack.short()).filter(|stack| there.contains(*stack)) {
        if !past.contains_key(stack) {
            past.insert(stack.to_owned(), past_of(&stacks, stack).await);
        }
    }
    let mut difference = SetDifference::find(&set, checked, &there, &past);
    difference.rowless.retain(|stack| !named.contains(stack));
    let files = if question.has_runs {
        files(&mut difference, &top, &project, &stacks).await
    } else {
        BTreeMap::new()
    };
    Ok(ComparedSet { set, project, difference, variables, files, unaffected })
}

/// What a stack was last deployed with, or why that is not known.
async fn past_of(stacks: &ProjectStacks<'_>, stack: &str) -> Result<PastStack, String> {
    let updates = stacks.updates(stack).await.map_err(|problem| problem.what)?;
    Ok(PastStack::of_updates(&updates))
}

/// The project of a set.
pub(super) fn project_of(set: &StackSet, top: &Path) -> Result<FoundProject> {
    let listed = RepositoryStacks::find(top, None);
    let own = |project: &FoundProject| project.cwd == set.project;
    listed.projects.into_iter().find(own).ok_or_else(|| {
        Error::input(
            format!(
                "the set `{}` is about the project in `{}`, where there is no Pulumi.yaml",
                set.name, set.project
            ),
            "name the folder of a project, as `stackstep stacks` lists them",
        )
    })
}

/// The rows that were added beside the set's file.
async fn added_rows(set: &StackSet, job: &Job<'_>) -> Result<Vec<TableRow>> {
    if set.add.as_ref().is_none_or(|add| add.persist != PersistIn::Backend) {
        return Ok(Vec::new());
    }
    let Some(rows) = rows_beside(set, job)? else { return Err(no_room(set)) };
    let added = rows.read_rows().await.map_err(|problem| unknown(set, problem))?;
    let row = |mut row: crate::ledger::set_rows::AddedRow| {
        for (column, _) in set.needed_columns() {
            row.cells.entry(column.to_owned()).or_default();
        }
        TableRow { place: format!("the row that was added at {}", row.time), cells: row.cells, wrong: None }
    };
    Ok(added.into_iter().map(row).collect())
}

/// Where rows are kept beside the state; none in a backend that has no room for them.
pub(super) fn rows_beside(set: &StackSet, job: &Job<'_>) -> Result<Option<SetRows>> {
    let identity = job.identity().unwrap_or_default();
    let token = job.backend.token_for_requests();
    let place = ledger::ledger_for(job, &identity, token.as_ref(), None);
    SetRows::open(&place, &set.name).map_err(|problem| unknown(set, problem))
}

/// The error of a backend that has no room for rows.
pub(super) fn no_room(set: &StackSet) -> Error {
    not_used(
        &set.name,
        "`persist: backend` keeps rows beside the state of a self-managed backend, and this one has no room for them",
        Some("write `persist: pull-request`, or keep the state in a folder or a bucket"),
    )
}

/// The error of a backend of which it is not known what is there.
pub(super) fn unknown(set: &StackSet, problem: Problem) -> Error {
    Error::Incomplete {
        what: format!("the set `{}` is left as it is: {}", set.name, problem.what),
        hint: problem.hint.unwrap_or_else(|| "let the job read the backend, and run it again".to_owned()),
    }
}

/// The configuration files of the stacks that have none in the repository. A row whose file can't be made is stopped.
async fn files(
    difference: &mut SetDifference,
    top: &Path,
    project: &FoundProject,
    stacks: &ProjectStacks<'_>,
) -> BTreeMap<String, RowFile> {
    let mut files = BTreeMap::new();
    let tracked = tracked_stack_files(top);
    let mut kept = Vec::new();
    for one in std::mem::take(&mut difference.rows) {
        let stack = one.row.stack.short().to_owned();
        let made = match one.fate {
            RowFate::Gone | RowFate::Braked => Ok(None),
            RowFate::Create => RowFile::find(top, project, &one.row.stack, &tracked, None),
            RowFate::Update { .. } | RowFate::Remove => match stacks.file_head(&stack).await {
                Ok(head) => RowFile::find(top, project, &one.row.stack, &tracked, Some(head)),
                Err(problem) => {
                    Err(format!("what its secrets are encrypted by is not known: {}", problem.what))
                }
            },
        };
        match made {
            Ok(file) => {
                files.extend(file.map(|file| (stack, file)));
                kept.push(one);
            }
            Err(why) => difference.stopped.push(StoppedRow {
                key: Some(one.row.key),
                stack: Some(stack),
                place: one.row.place,
                why,
            }),
        }
    }
    difference.rows = kept;
    files
}
