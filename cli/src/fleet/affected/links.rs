//! Which stack comes after which: by the outputs that programs read of other stacks, and as the section `fleet` declares it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::verdict::StackVerdict;
use crate::base::text_file::{SETTINGS, read_text};
use crate::fleet::FoundProject;
use crate::fleet::settings::{ByProject, declared, plain};

/// Whose outputs a project reads.
#[derive(Debug, Default)]
struct Reads {
    /// Stacks by the numbers of their projects. No names: all of them.
    of: BTreeMap<usize, BTreeSet<String>>,
    /// A file that reads outputs of a stack whose name can't be told.
    of_any: Option<String>,
}

/// Which stack comes after which.
pub(super) struct Links<'p> {
    projects: &'p [FoundProject],
    reads: Vec<Reads>,
}

impl<'p> Links<'p> {
    pub fn new(projects: &'p [FoundProject]) -> Self {
        Self { projects, reads: projects.iter().map(|_| Reads::default()).collect() }
    }

    /// Adds the stacks whose outputs a project reads: `referred` has the parts of their names by the file that does. A name that
    /// comes from the configuration is looked for in the project's stack files.
    pub fn add_read(&mut self, number: usize, referred: &BTreeMap<String, BTreeSet<String>>, top: &Path) {
        for (file, parts) in referred {
            let mut found = self.named_by(parts);
            if found.is_empty() {
                found = self.named_by(&self.parts_of_stack_files(number, top));
            }
            let Some(reads) = self.reads.get_mut(number) else { continue };
            if found.is_empty() {
                reads.of_any.get_or_insert_with(|| file.clone());
            }
            for (project, stacks) in found {
                let known = reads.of.entry(project).or_insert_with(|| stacks.clone());
                // All of them is more than some.
                if stacks.is_empty() {
                    known.clear();
                } else if !known.is_empty() {
                    known.extend(stacks);
                }
            }
        }
    }

    /// Adds the projects that the section `fleet` declares.
    pub fn add_declared(&mut self, number: usize, depends_on: &ByProject) {
        let Some(project) = self.projects.get(number) else { return };
        for folder in declared(depends_on, &project.cwd) {
            let is_it =
                |project: &FoundProject| plain(&project.cwd) == plain(folder) || project.project == folder;
            let numbers: Vec<usize> = self
                .projects
                .iter()
                .enumerate()
                .filter(|(_, project)| is_it(project))
                .map(|(at, _)| at)
                .collect();
            if let Some(reads) = self.reads.get_mut(number) {
                reads.of.extend(numbers.into_iter().map(|number| (number, BTreeSet::new())));
            }
        }
    }

    /// Tells each verdict which stacks it comes after, and affects those that come after an affected one.
    pub fn spread(&self, verdicts: &mut [StackVerdict]) {
        let numbers: BTreeMap<&str, usize> = self
            .projects
            .iter()
            .enumerate()
            .map(|(number, project)| (project.cwd.as_str(), number))
            .collect();
        let of: Vec<usize> = verdicts
            .iter()
            .map(|verdict| numbers.get(verdict.cwd.as_str()).copied().unwrap_or_default())
            .collect();
        let mut before: Vec<Vec<usize>> = Vec::new();
        for (at, number) in of.iter().enumerate() {
            let reads =
                self.reads.get(*number).filter(|reads| !reads.of.is_empty() || reads.of_any.is_some());
            if reads.is_none() {
                before.push(Vec::new());
                continue;
            }
            let comes_after = |other: &usize| {
                *other != at
                    && reads.is_some_and(|reads| {
                        let stacks = of.get(*other).and_then(|project| reads.of.get(project));
                        let stack = verdicts.get(*other).map_or("", |verdict| verdict.stack.as_str());
                        reads.of_any.is_some()
                            || stacks.is_some_and(|all| all.is_empty() || all.contains(stack))
                    })
            };
            before.push((0..verdicts.len()).filter(comes_after).collect());
        }
        for (at, before) in before.iter().enumerate() {
            if self.any_of(of.get(at)).is_some() {
                continue;
            }
            let names =
                before.iter().filter_map(|other| verdicts.get(*other)).map(StackVerdict::name).collect();
            if let Some(verdict) = verdicts.get_mut(at) {
                verdict.after = names;
            }
        }
        // As often as something is new: a circle ends, too.
        let mut is_new = true;
        while is_new {
            is_new = false;
            for (at, before) in before.iter().enumerate() {
                let is_affected =
                    |other: &&usize| verdicts.get(**other).is_some_and(StackVerdict::is_affected);
                let Some(first) = before.iter().find(is_affected).and_then(|other| verdicts.get(*other))
                else {
                    continue;
                };
                let why = match self.any_of(of.get(at)) {
                    Some(file) => format!(
                        "`{file}` reads outputs of a stack whose name can't be told, and `{}` is affected",
                        first.name()
                    ),
                    None => format!("it comes after `{}`, which is affected", first.name()),
                };
                if let Some(verdict) = verdicts.get_mut(at).filter(|verdict| !verdict.is_affected()) {
                    verdict.why.push(why);
                    is_new = true;
                }
            }
        }
    }

    fn any_of(&self, number: Option<&usize>) -> Option<&str> {
        self.reads.get(*number?)?.of_any.as_deref()
    }

    /// The projects whose names are among these parts, each with the stacks that are.
    fn named_by(&self, parts: &BTreeSet<String>) -> Vec<(usize, BTreeSet<String>)> {
        let named = self.projects.iter().enumerate().filter(|(_, project)| parts.contains(&project.project));
        let stacks = |project: &FoundProject| {
            project.stacks.iter().filter(|stack| parts.contains(*stack)).cloned().collect()
        };
        named.map(|(number, project)| (number, stacks(project))).collect()
    }

    fn parts_of_stack_files(&self, number: usize, top: &Path) -> BTreeSet<String> {
        let files = self.projects.get(number).map_or(&[][..], |project| &project.stack_files);
        let texts = files.iter().filter_map(|path| read_text(&top.join(path), SETTINGS).ok());
        let parts = |text: String| {
            let words = text
                .split(|c: char| c.is_whitespace() || "\"'".contains(c))
                .filter(|word| word.contains('/'));
            words.flat_map(|word| word.split('/')).map(str::to_owned).collect::<Vec<_>>()
        };
        texts.flat_map(parts).collect()
    }
}
