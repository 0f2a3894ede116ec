//! Which stacks a change can affect, and why.
//!
//! A stack is affected if a file that it is made from has changed, or if that can't be ruled out: what a program puts together
//! while it runs, a history that is not there, a stack whose outputs it reads. It is never left out by a guess.

mod links;
mod reached;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;

use crate::base::text_file::{SETTINGS, read_text};
use crate::base::wildcard;
use crate::base::yaml::{self, Value};
use crate::inputs::file::NAME;
use crate::report::natural;
use crate::reviewed::reach::places::Places;
use crate::reviewed::reach::tracked::{Tracked, is_around, resolved};
use crate::reviewed::reach::words::FileWords;
use crate::reviewed::source::words_of;

use super::changes::ChangedPaths;
use super::settings::{FleetSettings, declared, plain};
use super::{FoundProject, RepositoryStacks};
use links::Links;
use reached::{ReachedFiles, first_of};
pub use verdict::StackVerdict;

/// The most changed files that a verdict names.
const NAMED: usize = 3;

/// Says of each stack that was found in the repository around `top` whether the changes can affect it. `all` has every project
/// of the repository: a stack can come after one of a project that is left out of the list.
pub fn verdicts(
    top: &Path,
    found: &RepositoryStacks,
    all: &[FoundProject],
    changes: &ChangedPaths,
    settings: &FleetSettings,
) -> Vec<StackVerdict> {
    let Some(tracked) = Tracked::around(top) else {
        let why = "git's index can't be read, so that it is not known what the stack is made from";
        return of_all(found, &[why.to_owned()]);
    };
    if let Some(why) = &changes.unknown {
        return of_all(found, std::slice::from_ref(why));
    }
    let mut words: BTreeMap<usize, Option<Rc<FileWords>>> = BTreeMap::new();
    let mut read = |at: usize| {
        let of_file = || Some(Rc::new(words_of(&tracked.top, tracked.get(at)?)?));
        words.entry(at).or_insert_with(of_file).clone()
    };
    let places = Places::in_repository(&tracked);
    let settled = settled_paths(top, all);
    let settled: Vec<_> = settled
        .iter()
        .map(|path| ReachedFiles::of_folder(&tracked, path, places.clone(), &mut read))
        .collect();
    let mut links = Links::new(all);
    let (mut verdicts, mut of) = (Vec::new(), Vec::new());
    for (number, project) in all.iter().enumerate() {
        let files = ReachedFiles::find(&tracked, project, places.clone(), &mut read);
        let mut whole = of_project(project, &files, changes, settings);
        let named = changes.paths.iter().find(|path| settled.iter().any(|named| named.has(path).is_some()));
        whole.extend(named.map(|path| format!("`{path}` has changed, which belongs to what `{NAME}` names")));
        let made_from = files.outside();
        // The first one stands for a stack that has no file.
        let stacks = project.stacks.iter().zip(&project.stack_files);
        let stacks = stacks.map(|(stack, path)| (stack.as_str(), Some(path)));
        for (stack, path) in std::iter::once(("", None)).chain(stacks) {
            let mut why = whole.clone();
            if let Some(path) = path {
                why.splice(0..0, of_stack(top, project, path, changes));
            }
            of.push(number);
            verdicts.push(StackVerdict {
                made_from: made_from.clone(),
                ..StackVerdict::new(project, stack, why)
            });
        }
        links.add_read(number, &files.reached.referred);
        links.add_declared(number, &settings.depends_on);
    }
    links.spread(&of, &mut verdicts);
    verdicts.retain(|verdict| {
        !verdict.stack.is_empty() && found.projects.iter().any(|project| project.cwd == verdict.cwd)
    });
    verdicts.sort_by(|one, other| natural(&one.cwd, &other.cwd).then(natural(&one.stack, &other.stack)));
    verdicts
}

/// Why a stack is affected, and no other one of its project: by its configuration, and by what that names.
fn of_stack(top: &Path, project: &FoundProject, path: &str, changes: &ChangedPaths) -> Vec<String> {
    if changes.paths.contains(path) {
        return vec![format!("`{path}` has changed")];
    }
    let text = read_text(&top.join(path), SETTINGS).unwrap_or_default();
    let words = FileWords::in_text(&text, path);
    let bases = [plain(&project.cwd), project.program.as_str()];
    let named = words.paths.iter().flat_map(|named| bases.iter().filter_map(|base| resolved(base, named)));
    let named: Vec<String> = named.collect();
    let changed = changes.paths.iter().find(|changed| named.iter().any(|named| is_around(named, changed)));
    changed.map(|changed| format!("`{changed}` has changed, which `{path}` names")).into_iter().collect()
}

/// The files and folders that the repository's settings name, such as policy packs and files of configuration: from its top and
/// from each project's folder. A folder with a project says which projects there are, and nothing of what they are made from.
fn settled_paths(top: &Path, projects: &[FoundProject]) -> BTreeSet<String> {
    let text = read_text(&top.join(NAME), SETTINGS).unwrap_or_default();
    let Ok(settings) = yaml::parse(&text) else { return BTreeSet::new() };
    let mut texts = Vec::new();
    collect(&settings, &mut texts);
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

/// All texts of a value of YAML.
fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::Text(text) => texts.push(text.clone()),
        Value::List(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Mapping(mapping) => mapping.iter().for_each(|(_, item)| collect(item, texts)),
        Value::Null(_) | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The verdicts where nothing has changed.
pub fn unaffected(found: &RepositoryStacks) -> Vec<StackVerdict> {
    of_all(found, &[])
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

/// The same of all stacks.
fn of_all(found: &RepositoryStacks, why: &[String]) -> Vec<StackVerdict> {
    let of_project = |project: &FoundProject| {
        let verdict = |stack: &String| StackVerdict::new(project, stack, why.to_vec());
        project.stacks.iter().map(verdict).collect::<Vec<_>>()
    };
    found.projects.iter().flat_map(of_project).collect()
}

#[cfg(test)]
mod kinds;
#[cfg(test)]
mod monorepo;
#[cfg(test)]
mod tests;
