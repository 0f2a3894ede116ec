//! Which stack comes after which: by the outputs that programs read of other stacks, and as the section `fleet` declares it.

use std::collections::{BTreeMap, BTreeSet};

use super::verdict::StackVerdict;
use crate::fleet::FoundProject;
use crate::fleet::order::OrderSource;
use crate::fleet::settings::{ByProject, declared, is_meant};
use crate::reviewed::reach::references::{ReferenceName, StackReferences};

/// Whose outputs a project reads.
#[derive(Debug, Default)]
struct Reads {
    /// Stacks by the numbers of their projects. No names: all of them.
    of: BTreeMap<usize, BTreeSet<String>>,
    /// The projects that the section `fleet` declares.
    declared: BTreeSet<usize>,
    /// A file that reads outputs of a stack whose name can't be told.
    of_any: Option<String>,
}

impl Reads {
    fn is_empty(&self) -> bool {
        self.of.is_empty() && self.declared.is_empty() && self.of_any.is_none()
    }
}

/// The stacks of a project that another one says it comes after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fleet) enum NamedStacks<'r> {
    /// These.
    These(&'r BTreeSet<String>),
    /// Some of them: it is not said which.
    Some,
}

/// Which stack comes after which.
pub(in crate::fleet) struct Links<'p> {
    projects: &'p [FoundProject],
    reads: Vec<Reads>,
}

impl<'p> Links<'p> {
    pub fn new(projects: &'p [FoundProject]) -> Self {
        Self { projects, reads: projects.iter().map(|_| Reads::default()).collect() }
    }

    /// Adds the stacks whose outputs a project reads, by the files that do.
    pub fn add_read(&mut self, number: usize, referred: &BTreeMap<String, StackReferences>) {
        for (file, references) in referred {
            let named: Vec<_> = references.names.iter().map(|name| self.meant_by(name)).collect();
            let Some(reads) = self.reads.get_mut(number) else { continue };
            let mut is_unclear = references.is_unclear;
            for meant in named {
                match meant {
                    Meant::Stack(project, stack) => {
                        let known =
                            reads.of.entry(project).or_insert_with(|| BTreeSet::from([stack.clone()]));
                        // All of them is more than one.
                        if !known.is_empty() {
                            known.insert(stack);
                        }
                    }
                    Meant::AnyOf(project) => {
                        reads.of.insert(project, BTreeSet::new());
                    }
                    Meant::Elsewhere => {}
                    Meant::Unclear => is_unclear = true,
                }
            }
            if is_unclear {
                reads.of_any.get_or_insert_with(|| file.clone());
            }
        }
    }

    /// Adds the projects that the section `fleet` declares: they stand for what the program does not say.
    pub fn add_declared(&mut self, number: usize, depends_on: &ByProject) {
        let Some(project) = self.projects.get(number) else { return };
        let folders = declared(depends_on, project);
        let Some(reads) = self.reads.get_mut(number) else { return };
        if !folders.is_empty() {
            reads.of_any = None;
        }
        for (number, project) in self.projects.iter().enumerate() {
            if folders.iter().any(|folder| is_meant(folder, project)) {
                reads.declared.insert(number);
            }
        }
    }

    /// What a project says of the stacks of another one, and who says so.
    pub fn between(&self, number: usize, other: usize) -> Vec<(OrderSource, NamedStacks<'_>)> {
        let Some(reads) = self.reads.get(number) else { return Vec::new() };
        let read = reads.of.get(&other).map(|stacks| {
            let named = if stacks.is_empty() { NamedStacks::Some } else { NamedStacks::These(stacks) };
            (OrderSource::Code, named)
        });
        let declared = reads.declared.contains(&other).then_some((OrderSource::Declared, NamedStacks::Some));
        read.into_iter().chain(declared).collect()
    }

    /// The numbers of the verdicts that each one comes after, which are told to it as well, if the program names them. `of` has the
    /// number of each verdict's project.
    pub fn before(&self, of: &[usize], verdicts: &mut [StackVerdict]) -> Vec<Vec<usize>> {
        let mut before: Vec<Vec<usize>> = Vec::new();
        for (at, number) in of.iter().enumerate() {
            let reads = self.reads.get(*number).filter(|reads| !reads.is_empty());
            let Some(reads) = reads else {
                before.push(Vec::new());
                continue;
            };
            let comes_after = |other: &usize| {
                let stacks = of.get(*other).and_then(|project| reads.of.get(project));
                let is_declared = of.get(*other).is_some_and(|project| reads.declared.contains(project));
                let stack = verdicts.get(*other).map_or("", |verdict| verdict.stack.as_str());
                let is_one =
                    |all: &BTreeSet<String>| all.is_empty() || stack.is_empty() || all.contains(stack);
                *other != at && (reads.of_any.is_some() || is_declared || stacks.is_some_and(is_one))
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
        before
    }

    /// Affects the verdicts that come after an affected one: `before` is the answer of [`Links::before`].
    pub fn spread(&self, of: &[usize], before: &[Vec<usize>], verdicts: &mut [StackVerdict]) {
        // As often as something is new: a circle ends, too.
        let mut is_new = true;
        while is_new {
            is_new = false;
            for (at, before) in before.iter().enumerate() {
                let is_affected =
                    |other: &&usize| verdicts.get(**other).is_some_and(StackVerdict::is_affected);
                // One that has a name, if there is one.
                let affected = || before.iter().filter(is_affected).filter_map(|other| verdicts.get(*other));
                let first = affected().find(|other| !other.stack.is_empty()).or_else(|| affected().next());
                let Some(first) = first else { continue };
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

    /// A file of the project that reads outputs of a stack whose name can't be told.
    pub fn any_of(&self, number: Option<&usize>) -> Option<&str> {
        self.reads.get(*number?)?.of_any.as_deref()
    }

    /// What a reference means in this repository.
    fn meant_by(&self, name: &ReferenceName) -> Meant {
        let number = |part: &String| self.projects.iter().position(|project| project.project == *part);
        match name.parts.as_slice() {
            [_, project, stack] if name.is_whole => {
                number(project).map_or(Meant::Elsewhere, |number| Meant::Stack(number, stack.clone()))
            }
            [_, project, ..] => number(project).map_or(Meant::Unclear, Meant::AnyOf),
            _ => Meant::Unclear,
        }
    }
}

/// What a reference means.
enum Meant {
    /// A stack of the project of this number.
    Stack(usize, String),
    /// Any stack of it.
    AnyOf(usize),
    /// A stack of no project of the repository.
    Elsewhere,
    /// That can't be told.
    Unclear,
}
