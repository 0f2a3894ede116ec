//! Which stacks a change can affect, and why.
//!
//! A stack is affected if a file that it is made from has changed, or if that can't be ruled out: what a program puts together
//! while it runs, a history that is not there, a stack whose outputs it reads. It is never left out by a guess.

mod compared;
mod judge;
pub(super) mod links;
pub(super) mod reached;
mod verdict;

use std::collections::BTreeSet;
use std::path::Path;

use crate::base::text_file::{SETTINGS, read_text};
use crate::base::yaml::{self, Value};
use crate::inputs::file::{NAME, SETS};
use crate::report::natural;
use crate::reviewed::reach::tracked::{Tracked, is_around, resolved};

use super::changes::ChangedPaths;
use super::esc::EscEnvironments;
use super::sets::settings::ROWS;
use super::settings::{FleetSettings, plain};
use super::{FoundProject, RepositoryStacks};
pub use compared::{Compared, ComparedApart, StackPlace};
use judge::{Judge, StackFile, StackRow};
use links::Links;
use reached::ReachFinder;
pub use verdict::StackVerdict;

/// What is asked of the stacks.
#[derive(Debug, Clone, Copy)]
pub struct AskedStacks<'a> {
    /// The changes that count.
    pub compared: &'a Compared,
    /// The ESC environments whose stacks are affected.
    pub esc: &'a [String],
    /// The set whose own key `rows` leads to no stack: whom a change of its rows concerns, the rows themselves say.
    pub set: Option<&'a str>,
}

/// Says of each stack that was found in the repository around `top` whether the changes can affect it. `all` has every project
/// of the repository: a stack can come after one of a project that is left out of the list.
pub fn verdicts(
    top: &Path,
    found: &RepositoryStacks,
    all: &[FoundProject],
    asked: AskedStacks<'_>,
    settings: &FleetSettings,
) -> Vec<StackVerdict> {
    let Some(tracked) = Tracked::around(top) else {
        let why = "git's index can't be read, so that it is not known what the stack is made from";
        return of_all(top, found, &[why.to_owned()]);
    };
    if let Compared::Together(ChangedPaths { unknown: Some(why), .. }) = asked.compared {
        return of_all(top, found, std::slice::from_ref(why));
    }
    let mut reach = ReachFinder::new(&tracked);
    let settled: Vec<_> =
        settled_paths(top, all, asked.set).iter().map(|path| reach.of_folder(path)).collect();
    let mut links = Links::new(all);
    let (mut verdicts, mut files, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for (number, project) in all.iter().enumerate() {
        let reached = reach.of_project(project);
        let made_from = reached.outside();
        // The first one stands for a stack that has no file.
        let stacks = project.stacks.iter().zip(&project.stack_files);
        let stacks = stacks.map(|(stack, path)| (stack.as_str(), Some(path.as_str())));
        for (stack, path) in std::iter::once(("", None)).chain(stacks) {
            rows.push(StackRow { project: number, file: path.map(|path| StackFile::read(top, path)) });
            let esc = rows.last().and_then(|row| row.file.as_ref()).map(|file| file.esc.clone());
            verdicts.push(StackVerdict {
                made_from: made_from.clone(),
                esc: esc.unwrap_or_default(),
                ..StackVerdict::new(project, stack, Vec::new())
            });
        }
        links.add_read(number, &reached.reached.referred);
        links.add_declared(number, &settings.depends_on);
        files.push(reached);
    }
    let judge = Judge { all, files: &files, settled: &settled, settings, rows: &rows };
    let of: Vec<usize> = rows.iter().map(|row| row.project).collect();
    let before = links.before(&of, &mut verdicts);
    match asked.compared {
        Compared::Together(changes) => judge.judge(changes, 0..rows.len(), &mut verdicts),
        Compared::Apart(apart) => judge.judge_apart(apart, &links, &before, &mut verdicts),
    }
    for verdict in &mut verdicts {
        let used = asked.esc.iter().filter(|name| verdict.esc.may_use(name));
        let used: Vec<String> = used.map(|name| verdict.uses_environment(name)).collect();
        verdict.why.extend(used);
    }
    links.spread(&of, &before, &mut verdicts);
    verdicts.retain(|verdict| {
        !verdict.stack.is_empty() && found.projects.iter().any(|project| project.cwd == verdict.cwd)
    });
    verdicts.sort_by(|one, other| natural(&one.cwd, &other.cwd).then(natural(&one.stack, &other.stack)));
    verdicts
}

/// The files and folders that the repository's settings name, such as policy packs and files of configuration: from its top and
/// from each project's folder. A folder with a project says which projects there are, and nothing of what they are made from. The rows of
/// `set` are left out.
fn settled_paths(top: &Path, projects: &[FoundProject], set: Option<&str>) -> BTreeSet<String> {
    let text = read_text(&top.join(NAME), SETTINGS).unwrap_or_default();
    let Ok(settings) = yaml::parse(&text) else { return BTreeSet::new() };
    let mut texts = Vec::new();
    let rows = set.map(|set| [SETS, set, ROWS]);
    collect(&settings, rows.as_ref().map_or(&[], |rows| rows), &mut texts);
    let folders: BTreeSet<&str> = projects.iter().map(|project| plain(&project.cwd)).collect();
    let mut paths = BTreeSet::new();
    let texts = texts.iter().flat_map(|text| text.split(',').map(str::trim));
    for text in texts.filter(|text| !text.contains(['*', ':'])) {
        for folder in folders.iter().copied().chain([""]) {
            let path = resolved(folder, text).filter(|path| !path.is_empty());
            let is_of_no_project = |path: &String| !folders.iter().any(|folder| is_around(path, folder));
            if let Some(path) = path.filter(is_of_no_project).filter(|path| top.join(path).exists()) {
                paths.insert(path);
            }
        }
    }
    paths
}

/// All texts of a value of YAML, but for the one to which the keys of `left_out` lead.
fn collect(value: &Value, left_out: &[&str], texts: &mut Vec<String>) {
    match value {
        Value::Text(text) => texts.push(text.clone()),
        Value::List(items) => items.iter().for_each(|item| collect(item, &[], texts)),
        Value::Mapping(mapping) => {
            for (key, item) in mapping.iter() {
                let left_out = match left_out.split_first() {
                    Some((first, rest)) if key.source().is_some_and(|key| key == *first) => Some(rest),
                    _ => None,
                };
                match left_out {
                    Some([]) if matches!(item, Value::Text(_)) => {}
                    left_out => collect(item, left_out.unwrap_or_default(), texts),
                }
            }
        }
        Value::Null(_) | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The verdicts where nothing has changed.
pub fn unaffected(top: &Path, found: &RepositoryStacks) -> Vec<StackVerdict> {
    of_all(top, found, &[])
}

/// One answer for all stacks.
fn of_all(top: &Path, found: &RepositoryStacks, why: &[String]) -> Vec<StackVerdict> {
    let of_project = |project: &FoundProject| {
        let verdict = |(stack, path): (&String, &String)| StackVerdict {
            esc: EscEnvironments::in_file(&top.join(path)),
            ..StackVerdict::new(project, stack, why.to_vec())
        };
        project.stacks.iter().zip(&project.stack_files).map(verdict).collect::<Vec<_>>()
    };
    found.projects.iter().flat_map(of_project).collect()
}

#[cfg(test)]
fn together(changes: &ChangedPaths) -> AskedStacks<'static> {
    AskedStacks { compared: Box::leak(Box::new(Compared::Together(changes.clone()))), esc: &[], set: None }
}

#[cfg(test)]
mod apart;
#[cfg(test)]
mod kinds;
#[cfg(test)]
mod monorepo;
#[cfg(test)]
mod tests;
