//! Why a change affects a stack by itself: by its configuration, by the files that its project is made from, by what the
//! repository's settings name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::compared::ComparedApart;
use super::links::Links;
use super::reached::{ReachedFiles, first_of};
use super::verdict::StackVerdict;
use crate::base::text_file::{SETTINGS, read_text};
use crate::base::wildcard;
use crate::fleet::FoundProject;
use crate::fleet::changes::ChangedPaths;
use crate::fleet::esc::EscEnvironments;
use crate::fleet::settings::{FleetSettings, declared, plain};
use crate::inputs::file::NAME;
use crate::reviewed::reach::tracked::{is_around, resolved};
use crate::reviewed::reach::words::FileWords;

/// The most changed files that a verdict names.
const NAMED: usize = 3;

/// A stack that is judged.
pub(super) struct StackRow {
    /// The number of its project.
    pub project: usize,
    /// Its configuration. None for the stack that stands for those without a file.
    pub file: Option<StackFile>,
}

/// What a stack's file says of what it is made from.
pub(super) struct StackFile {
    /// The path from the top.
    path: String,
    /// The paths that it names.
    named: Vec<String>,
    /// The ESC environments that it uses.
    pub esc: EscEnvironments,
}

impl StackFile {
    /// Reads the file at `path` in the repository around `top`.
    pub fn read(top: &Path, path: &str) -> Self {
        let text = read_text(&top.join(path), SETTINGS);
        // What can't be read may name anything.
        let esc = text
            .as_ref()
            .map_or(EscEnvironments { is_unclear: true, ..EscEnvironments::default() }, |text| {
                EscEnvironments::in_text(text)
            });
        let named = FileWords::in_text(text.as_deref().unwrap_or_default(), path).paths;
        Self { path: path.to_owned(), named: named.into_iter().collect(), esc }
    }
}

/// All that a change is judged by.
pub(super) struct Judge<'a> {
    pub all: &'a [FoundProject],
    /// What each project is made from.
    pub files: &'a [ReachedFiles<'a>],
    /// What the repository's settings name.
    pub settled: &'a [ReachedFiles<'a>],
    pub settings: &'a FleetSettings,
    pub rows: &'a [StackRow],
}

impl Judge<'_> {
    /// Tells the verdicts of these rows why the changes affect them.
    pub fn judge(
        &self,
        changes: &ChangedPaths,
        rows: impl IntoIterator<Item = usize>,
        verdicts: &mut [StackVerdict],
    ) {
        let named =
            changes.paths.iter().find(|path| self.settled.iter().any(|named| named.has(path).is_some()));
        let named = named.map(|path| format!("`{path}` has changed, which belongs to what `{NAME}` names"));
        let mut of_projects: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for at in rows {
            let (Some(row), Some(verdict)) = (self.rows.get(at), verdicts.get_mut(at)) else { continue };
            let (Some(project), Some(files)) = (self.all.get(row.project), self.files.get(row.project))
            else {
                continue;
            };
            let whole = of_projects.entry(row.project).or_insert_with(|| {
                let mut whole = of_project(project, files, changes, self.settings);
                whole.extend(named.clone());
                whole
            });
            if let Some(file) = &row.file {
                verdict.why.extend(of_stack(project, file, changes));
            }
            verdict.why.extend(whole.iter().cloned());
        }
    }

    /// Tells the verdicts why the changes since the commit of each affect it. A stack that it comes after counts with what has
    /// changed since the same commit, too, whatever that one has deployed meanwhile.
    pub fn judge_apart(
        &self,
        apart: &ComparedApart,
        links: &Links<'_>,
        before: &[Vec<usize>],
        verdicts: &mut [StackVerdict],
    ) {
        let of: Vec<usize> = self.rows.iter().map(|row| row.project).collect();
        let mut of_commits: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, verdict) in verdicts.iter_mut().enumerate() {
            match apart.number(&verdict.cwd, &verdict.stack) {
                Some(Ok(number)) => of_commits.entry(*number).or_default().push(at),
                Some(Err(why)) => verdict.why.push(why.clone()),
                None => {}
            }
        }
        let mut trial: Vec<StackVerdict> = verdicts.iter().map(StackVerdict::untold).collect();
        for (number, rows) in of_commits {
            let Some(changes) = apart.changes().get(number).filter(|changes| !changes.is_nothing()) else {
                continue;
            };
            for verdict in &mut trial {
                verdict.why.clear();
            }
            self.judge(changes, closure(&rows, before), &mut trial);
            links.spread(&of, before, &mut trial);
            for at in rows {
                if let (Some(verdict), Some(tried)) = (verdicts.get_mut(at), trial.get_mut(at)) {
                    verdict.why.append(&mut tried.why);
                }
            }
        }
    }
}

/// The rows, and all that they come after.
fn closure(rows: &[usize], before: &[Vec<usize>]) -> BTreeSet<usize> {
    let mut found: BTreeSet<usize> = rows.iter().copied().collect();
    let mut open = rows.to_vec();
    while let Some(at) = open.pop() {
        for other in before.get(at).into_iter().flatten() {
            if found.insert(*other) {
                open.push(*other);
            }
        }
    }
    found
}

/// Why a stack is affected, and no other one of its project: by its configuration, and by what that names.
fn of_stack(project: &FoundProject, file: &StackFile, changes: &ChangedPaths) -> Vec<String> {
    let path = &file.path;
    if changes.paths.contains(path) {
        return vec![format!("`{path}` has changed")];
    }
    let bases = [plain(&project.cwd), project.program.as_str()];
    let named = file.named.iter().flat_map(|named| bases.iter().filter_map(|base| resolved(base, named)));
    let named: Vec<String> = named.collect();
    let changed = changes.paths.iter().find(|changed| named.iter().any(|named| is_around(named, changed)));
    changed.map(|changed| format!("`{changed}` has changed, which `{path}` names")).into_iter().collect()
}

/// Why all stacks of a project are affected.
fn of_project(
    project: &FoundProject,
    files: &ReachedFiles<'_>,
    changes: &ChangedPaths,
    settings: &FleetSettings,
) -> Vec<String> {
    let mut why: Vec<String> = changes
        .lost_names
        .iter()
        .map(|path| format!("`{path}` had a name that others may have meant, and lost it"))
        .collect();
    if changes.paths.contains(NAME) {
        why.push(format!("`{NAME}` has changed, which has inputs for every stack"));
    }
    let patterns = declared(&settings.paths, project);
    let mut changed = Vec::new();
    let mut doubted = BTreeSet::new();
    for path in &changes.paths {
        if let Some(part) = files.has(path) {
            changed.push(match part.led_by {
                Some(led) => format!("`{path}` has changed, which `{led}` names"),
                None => format!("`{path}` has changed"),
            });
        } else if let Some(pattern) = patterns.iter().find(|pattern| fits(pattern, path)) {
            changed.push(format!("`{path}` has changed, and `fleet.paths` has `{pattern}`"));
        } else {
            doubted.extend(files.doubts_about(path));
        }
    }
    why.extend(first_of(changed, NAMED, |more| {
        format!("{more} more of its files {} changed", if more == 1 { "has" } else { "have" })
    }));
    let doubted = doubted.into_iter().collect();
    why.extend(first_of(doubted, NAMED, |more| {
        format!("{more} more of its files do what can't be followed")
    }));
    why
}

fn fits(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = plain(pattern).split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    // A folder stands for what is in it.
    wildcard::fits(&pattern, &path) || wildcard::fits(&[pattern.as_slice(), &["**"]].concat(), &path)
}
