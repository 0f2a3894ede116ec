//! Which rows of a set a change can affect: those that are others than they were, and all if the project has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::base::error::{Problem, Result};
use crate::base::git::short_commit;
use crate::ci::Level;
use crate::ci::console::Console;
use crate::commands::judging::own_fleet;
use crate::commands::stacks::StacksToCompare;
use crate::fleet::affected::{AskedStacks, Compared, StackVerdict};
use crate::fleet::changes::ComparedCheckout;
use crate::fleet::sets::changed::EarlierRows;
use crate::fleet::sets::config::SetConfig;
use crate::fleet::sets::rows::{CheckedRows, SetRow};
use crate::fleet::sets::settings::{RowSource, StackSet};
use crate::fleet::{FoundProject, RepositoryStacks};
use crate::inputs::resolve::Flags;
use crate::process::signals::Signals;
use crate::pulumi::project::Project;
use crate::run::prepare::Prepared;

/// The rows of a set, that are compared with an earlier commit.
pub(super) struct RowsSince<'a> {
    /// The commit; empty where nobody names one.
    pub since: &'a str,
    /// The set.
    pub set: &'a StackSet,
    /// Its project.
    pub project: &'a FoundProject,
    /// What was found of the job.
    pub found: &'a Prepared<'a>,
    /// The flags of the command.
    pub flags: &'a Flags,
}

/// The rows that a change can affect.
pub(super) struct AffectedRows {
    /// Their stacks, as the set names them.
    pub stacks: BTreeSet<String>,
    /// Whether each stack is compared with what it has last deployed, and not all with one commit.
    pub is_by_deployment: bool,
}

impl RowsSince<'_> {
    /// The stacks of the rows that a change can affect. What can't be understood counts as affected.
    ///
    /// # Errors
    /// There is no such commit, or the project can't be read.
    pub async fn affected(
        &self,
        checked: &CheckedRows,
        console: &mut Console,
        signals: &Signals,
    ) -> Result<AffectedRows> {
        let top = &self.found.top();
        let own = self.with_rows(top, &checked.rows)?;
        let RepositoryStacks { projects: mut all, problems, .. } = RepositoryStacks::find(top, None);
        for project in all.iter_mut().filter(|project| project.cwd == own.cwd) {
            *project = own.clone();
        }
        let found = RepositoryStacks { projects: vec![own], ..RepositoryStacks::default() };
        let stacks = StacksToCompare { top, found: &found, all: &all };
        let compared = stacks.compared(self.since, self.flags, self.found.env, console, signals);
        let compared = Box::pin(compared).await?;
        let is_by_deployment = matches!(compared, Compared::Apart(_));
        let why =
            problems.first().map(|problem| problem.what.clone()).or_else(|| self.named_by_a_row(checked));
        if let Some(why) = why {
            let problem = Problem::new(
                format!("every row of the set `{}` counts as affected: {why}", self.set.name),
                "correct it, to have only those that a change can affect",
            );
            console.annotate(Level::Warning, "stackstep", &problem.to_string());
            let all = checked.rows.iter().map(|row| row.stack.as_str().to_owned());
            return Ok(AffectedRows { stacks: all.collect(), is_by_deployment });
        }
        let declared = own_fleet(self.found)?;
        // Whom a change of the rows concerns, they say themselves, unless somebody else reads them.
        let asked = AskedStacks { compared: &compared, esc: &[], set: Some(&self.set.name) };
        let verdicts = stacks.verdicts(asked, &declared, false);
        let affected = verdicts
            .into_iter()
            .filter(|verdict: &StackVerdict| verdict.cwd == self.project.cwd && verdict.is_affected());
        let mut stacks: BTreeSet<String> = affected.map(|verdict| verdict.stack).collect();
        stacks.extend(self.others(top, &compared, &checked.rows, console).await);
        Ok(AffectedRows { stacks, is_by_deployment })
    }

    /// Why the program can read all rows, if a row hands it the name of their file.
    fn named_by_a_row(&self, checked: &CheckedRows) -> Option<String> {
        let RowSource::File { path, .. } = &self.set.rows else { return None };
        let name = path.rsplit('/').next().unwrap_or(path);
        let plain = |row: &SetRow| {
            let names =
                |config: &&SetConfig| config.plain(&row.cells).is_some_and(|text| text.contains(name));
            self.set.config.iter().find(names).map(|config| config.key.clone())
        };
        let key = checked.rows.iter().find_map(plain)?;
        Some(format!("`{key}` hands the name of `{path}` to the program, which can read all rows by it"))
    }

    /// The project, with the stacks of the rows.
    fn with_rows(&self, top: &Path, rows: &[SetRow]) -> Result<FoundProject> {
        let files = Project::find(&top.join(&self.project.cwd))?;
        let file = |row: &SetRow| {
            let path = files.as_ref().map(|project| project.stack_file(&row.stack)).unwrap_or_default();
            path.strip_prefix(top).unwrap_or(&path).to_string_lossy().replace('\\', "/")
        };
        Ok(FoundProject {
            stacks: rows.iter().map(|row| row.stack.as_str().to_owned()).collect(),
            stack_files: rows.iter().map(file).collect(),
            ..self.project.clone()
        })
    }

    /// The stacks whose rows are others than they were, or of which that is not known.
    async fn others(
        &self,
        top: &Path,
        compared: &Compared,
        rows: &[SetRow],
        console: &Console,
    ) -> BTreeSet<String> {
        let checkout = ComparedCheckout::open(top, self.found.env);
        let mut earlier: BTreeMap<&str, Result<EarlierRows, String>> = BTreeMap::new();
        let (mut others, mut unknown) = (BTreeSet::new(), BTreeMap::<String, usize>::new());
        for row in rows {
            // Where there is nothing to compare with, the stack counts as affected already.
            let Some(commit) = compared.commit(&self.project.cwd, row.stack.as_str()) else {
                others.insert(row.stack.as_str().to_owned());
                continue;
            };
            if !earlier.contains_key(commit) {
                let read = match &checkout {
                    Ok(checkout) => self.earlier(checkout, commit).await,
                    Err(why) => Err(why.clone()),
                };
                earlier.insert(commit, read);
            }
            let is_same = match earlier.get(commit) {
                _ if row.is_added => Err("`fleet add` has added them, and no commit has them".to_owned()),
                Some(Ok(rows)) => Ok(rows.has(self.set, row)),
                Some(Err(why)) => Err(why.clone()),
                None => Ok(false),
            };
            match is_same {
                Ok(true) => {}
                Ok(false) => {
                    others.insert(row.stack.as_str().to_owned());
                }
                Err(why) => {
                    others.insert(row.stack.as_str().to_owned());
                    *unknown.entry(why).or_default() += 1;
                }
            }
        }
        for (why, count) in unknown {
            let problem = Problem::new(
                format!(
                    "it is not known whether {count} rows of the set `{}` have changed, so they count as affected: {why}",
                    self.set.name
                ),
                "rows of a file that is committed can be compared",
            );
            console.annotate(Level::Warning, "stackstep", &problem.to_string());
        }
        others
    }

    /// The rows of an earlier commit.
    async fn earlier(&self, checkout: &ComparedCheckout, commit: &str) -> Result<EarlierRows, String> {
        let RowSource::File { path, format } = &self.set.rows else {
            return Err("a command prints them, and nobody knows what it has printed before".to_owned());
        };
        let text = checkout.file(commit, path).await;
        let text = text.ok_or_else(|| format!("{} has no `{path}`", short_commit(commit)))?;
        EarlierRows::read(self.set, &text, *format, path)
            .map_err(|why| format!("at {} they can't be read: {why}", short_commit(commit)))
    }
}
