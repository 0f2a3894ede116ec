//! The runs that the rows of a set become: each with its own command, configuration and configuration file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::compare::ComparedSet;
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::git::index::tracked_files;
use crate::engine::row_run::RowRun;
use crate::fleet::FoundProject;
use crate::fleet::sets::difference::{RowFate, RowVerdict};
use crate::fleet::sets::past::signature;
use crate::fleet::sets::rows::StoppedRow;
use crate::inputs::Command;
use crate::pulumi::project::Project;
use crate::pulumi::stack::StackName;

/// The first line of a configuration file that is made for a row.
const MARK: &str = "# made by stackstep of a row of a set, for the time of a run";

/// A run of a row's stack.
#[derive(Debug)]
pub struct RowTarget {
    /// The stack, as the set names it.
    pub stack: StackName,
    /// The command.
    pub command: Command,
    /// What is the run's own.
    pub run: RowRun,
    /// Whether it would only show what a stack is made of that is not there, which the CLI can't.
    pub is_unseen: bool,
    /// Whether its stack was last deployed with what the row says now, as far as that is plain.
    pub is_same: bool,
}

impl RowTarget {
    /// The preview before the work: it creates and removes nothing.
    #[must_use]
    pub fn preview_before(&self) -> Self {
        let command = if self.command == Command::Up { Command::Preview } else { self.command };
        Self {
            stack: self.stack.clone(),
            command,
            run: RowRun { creates: false, removes: false, ..self.run.clone() },
            is_unseen: self.run.creates,
            is_same: self.is_same,
        }
    }
}

/// A configuration file that is there for the time of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFile {
    path: PathBuf,
    text: Option<String>,
}

/// The configuration files of a set's runs, which go with it.
#[derive(Debug, Default)]
pub struct RowFiles(Vec<PathBuf>);

/// The paths of the configuration files that git tracks.
pub(super) fn tracked_stack_files(top: &Path) -> BTreeSet<PathBuf> {
    let mut tracked = BTreeSet::new();
    let _ = tracked_files(top, &mut |path| {
        if path.rsplit('/').next().is_some_and(|name| name.starts_with("Pulumi.")) {
            tracked.insert(top.join(path));
        }
    });
    tracked
}

impl RowFile {
    /// The file to make for a stack; none if the repository has one. `head` is what decrypts the stack's secrets, for one that is
    /// there.
    ///
    /// # Errors
    /// A file is there that nobody has committed.
    pub(super) fn find(
        top: &Path,
        project: &FoundProject,
        stack: &StackName,
        tracked: &BTreeSet<PathBuf>,
        head: Option<String>,
    ) -> Result<Option<Self>, String> {
        let folder = top.join(&project.cwd);
        let found = Project::find(&folder).ok().flatten().ok_or("its project can't be read")?;
        let path = found.stack_file(stack);
        if tracked.contains(&path) || std::fs::canonicalize(&path).is_ok_and(|real| tracked.contains(&real)) {
            return Ok(None);
        }
        let there = std::fs::read_to_string(&path);
        if path.symlink_metadata().is_ok() && !there.is_ok_and(|text| text.starts_with(MARK)) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return Err(format!("there is a `{name}` that git does not track: commit it, or remove it"));
        }
        let head = head.filter(|head| !head.is_empty() && head.trim() != "{}");
        Ok(Some(Self { path, text: head.map(|head| format!("{MARK}\n{head}")) }))
    }
}

impl RowFiles {
    /// Makes the files.
    ///
    /// # Errors
    /// One can't be written.
    pub fn make<'f>(files: impl Iterator<Item = &'f RowFile>) -> Result<Self> {
        let mut made = Self::default();
        for file in files {
            if file.path.exists() {
                std::fs::remove_file(&file.path).map_err(Error::io("remove", &file.path))?;
            }
            made.0.push(file.path.clone());
            if let Some(text) = &file.text {
                std::fs::write(&file.path, text).map_err(Error::io("write", &file.path))?;
            }
        }
        Ok(made)
    }
}

impl Drop for RowFiles {
    fn drop(&mut self) {
        for path in &self.0 {
            // A run that has removed its stack has removed its file too.
            let _ = std::fs::remove_file(path);
        }
    }
}

impl ComparedSet {
    /// The runs for `command`, in the order of the rows, those that remove a stack last. A row whose secret is not there is stopped.
    pub fn targets(&mut self, command: Command, env: &Env) -> Vec<RowTarget> {
        let rows = std::mem::take(&mut self.difference.rows);
        let (mut targets, mut removals) = (Vec::new(), Vec::new());
        let mut kept = Vec::new();
        for one in rows {
            match self.target(&one, command, env) {
                Ok(Some(target)) if target.run.removes => removals.push(target),
                Ok(target) => targets.extend(target),
                Err(why) => {
                    self.difference.stopped.push(StoppedRow {
                        key: Some(one.row.key),
                        stack: Some(one.row.stack.short().to_owned()),
                        place: one.row.place,
                        why,
                    });
                    continue;
                }
            }
            kept.push(one);
        }
        self.difference.rows = kept;
        targets.append(&mut removals);
        targets
    }

    /// The configuration files of these runs that are made for their time.
    pub fn files_of(&self, targets: &[RowTarget]) -> Vec<&RowFile> {
        targets.iter().filter_map(|target| self.files.get(target.stack.short())).collect()
    }

    /// The run of a row. None if nothing is run for it.
    fn target(&self, one: &RowVerdict, command: Command, env: &Env) -> Result<Option<RowTarget>, String> {
        let is_there = matches!(one.fate, RowFate::Update { .. });
        // Somebody has asked for what a tombstone says as well, but for the stack's removal.
        let is_destroyed = command == Command::Destroy && one.fate == RowFate::Remove;
        let own = match (command, &one.fate) {
            (Command::Up | Command::Preview, RowFate::Create) => command,
            (Command::Up, RowFate::Remove) => Command::Destroy,
            (Command::Destroy, _) if is_destroyed => command,
            (Command::Up | Command::Preview | Command::Refresh | Command::Destroy, _) if is_there => command,
            (Command::Drift, _) if is_there => Command::Refresh,
            _ => return Ok(None),
        };
        let row = &one.row;
        let mut config = Vec::new();
        if matches!(own, Command::Up | Command::Preview) {
            for key in &self.set.config {
                let item = key.item(&row.cells, &|name| env.get_raw(name).map(str::to_owned));
                config.extend(item.map_err(|name| {
                    format!("`{}` comes from the variable `{name}`, which is not set in this job", key.key)
                })?);
            }
        }
        let run = RowRun {
            message: format!("`{}` of the set `{}`", row.key, self.set.name),
            signature: signature(&self.set.name),
            config,
            creates: own == Command::Up && one.fate == RowFate::Create,
            removes: one.fate == RowFate::Remove && !is_destroyed,
            not_for_the_engine: self.variables.iter().cloned().collect(),
        };
        let is_same = matches!(&one.fate, RowFate::Update { changed: Some(changed) } if changed.is_empty());
        let is_unseen = own == Command::Preview && one.fate == RowFate::Create;
        Ok(Some(RowTarget { stack: row.stack.clone(), command: own, run, is_unseen, is_same }))
    }
}
