//! The files that a project is made from: its folder, and what it reaches outside of it, from file to file.
//!
//! It errs on the side of more: a path or name that can mean a file of the repository means it. What a program puts
//! together while it runs is not found; the record says so.

pub mod places;
pub mod tracked;
pub mod words;

use std::collections::BTreeSet;
use std::ops::Range;

use crate::pulumi::project::ENDINGS;
use places::Places;
use tracked::{Tracked, folder_of, is_around, joined, name_of, resolved, upwards};
use words::FileWords;

/// Files that say for a whole folder, and the folders below it, which dependencies there are and how they are built.
const MANIFESTS: &[&str] = &[
    "package.json",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    "bun.lock",
    "bun.lockb",
    ".npmrc",
    ".yarnrc.yml",
    "tsconfig.json",
    "tsconfig.base.json",
    "go.mod",
    "go.sum",
    "go.work",
    "go.work.sum",
    "pyproject.toml",
    "poetry.lock",
    "uv.lock",
    "Pipfile",
    "Pipfile.lock",
    "requirements.txt",
    "setup.py",
    "setup.cfg",
    "Directory.Build.props",
    "Directory.Build.targets",
    "Directory.Packages.props",
    "packages.lock.json",
    "global.json",
    "nuget.config",
    "NuGet.config",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "settings.gradle",
    "settings.gradle.kts",
    "gradle.properties",
    "gradle/libs.versions.toml",
    "gradle/wrapper/gradle-wrapper.properties",
    ".pulumi.version",
    ".tool-versions",
    "mise.toml",
    ".nvmrc",
    ".node-version",
    ".python-version",
];

/// Files that name many others and are not read for it: lock files, and what belongs to a folder around the project.
const NOT_READ: &[&str] = &[
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "go.sum",
    "go.work.sum",
    "poetry.lock",
    "uv.lock",
    "Pipfile.lock",
    "packages.lock.json",
];

/// The search for the files that a project is made from.
pub struct Reach<'t> {
    tracked: &'t Tracked,
    /// The folder of the project.
    project: &'t str,
    /// The folders that paths in a program are relative to, beside the file's own.
    bases: Vec<&'t str>,
    reached: Vec<bool>,
    /// The files that are reached and not read yet.
    open: Vec<usize>,
    /// The folders whose manifests are reached.
    looked_up: BTreeSet<String>,
    /// FileWords that name packages or modules, which are looked up when nothing else is left.
    quoted: BTreeSet<String>,
    places: Option<Places>,
}

impl<'t> Reach<'t> {
    /// The search from the folders `project` and `program`, which are relative to the top of the checkout.
    pub fn new(tracked: &'t Tracked, project: &'t str, program: &'t str) -> Self {
        let mut reach = Self {
            tracked,
            project,
            bases: vec![project, program],
            reached: vec![false; tracked.files().len()],
            open: Vec::new(),
            looked_up: BTreeSet::new(),
            quoted: BTreeSet::new(),
            places: None,
        };
        for folder in [project, program] {
            reach.add(tracked.in_folder(folder));
            reach.look_up(folder);
        }
        reach
    }

    /// Finds all files. `read` is called once with each, and gives its text if it is one that can name others.
    pub fn find(mut self, read: &mut dyn FnMut(usize) -> Option<String>) {
        loop {
            while let Some(at) = self.open.pop() {
                if let Some(text) = read(at) {
                    self.follow(at, &text);
                }
            }
            self.follow_names();
            if self.open.is_empty() {
                return;
            }
        }
    }

    fn add(&mut self, files: Range<usize>) {
        for at in files {
            let Some(reached) = self.reached.get_mut(at) else { continue };
            if !*reached && self.tracked.get(at).is_some_and(|file| !is_stack_file(&file.path)) {
                *reached = true;
                self.open.push(at);
            }
        }
    }

    /// Adds what `path` can mean: a file, one with an ending that is left out, a folder. A folder around the project is
    /// not meant as a whole.
    fn add_path(&mut self, path: &str) {
        if is_around(path, self.project) || path.is_empty() {
            return;
        }
        let stem = [".js", ".mjs", ".cjs"].iter().find_map(|ending| path.strip_suffix(ending));
        let file = self.tracked.number_of(path);
        self.add(file.map_or(0..0, |at| at..at + 1));
        for beginning in [path, stem.unwrap_or(path)] {
            self.add(self.tracked.beginning_with(&format!("{beginning}.")));
        }
        let folder = self.tracked.in_folder(path);
        if !folder.is_empty() {
            self.look_up(path);
        } else if file.is_some() {
            // The project file of .NET takes in all sources of its folder.
            let folder = folder_of(path);
            if path.ends_with("proj") && !is_around(folder, self.project) {
                self.add(self.tracked.in_folder(folder));
            }
            self.look_up(folder);
        }
        self.add(folder);
    }

    /// Adds the manifests of a folder and of those around it.
    fn look_up(&mut self, folder: &str) {
        for folder in upwards(folder) {
            if !self.looked_up.insert(folder.to_owned()) {
                return;
            }
            for name in MANIFESTS {
                let at = self.tracked.number_of(&joined(folder, name));
                self.add(at.map_or(0..0, |at| at..at + 1));
            }
        }
    }

    /// Adds what the words of a file name.
    fn follow(&mut self, at: usize, text: &str) {
        let Some(file) = self.tracked.get(at) else { return };
        let (folder, name) = (folder_of(&file.path), name_of(&file.path));
        if name.starts_with("tsconfig") {
            self.places().add_aliases(text, folder);
        }
        if name.starts_with("settings.gradle") {
            self.places().set_gradle(folder);
        }
        // A manifest around the project names what others need as well.
        let is_outer = is_around(folder, self.project) && folder != self.project && MANIFESTS.contains(&name);
        let reads_paths = !is_outer || name.starts_with("tsconfig") || name.starts_with("go.");
        if NOT_READ.contains(&name) || !reads_paths {
            return;
        }
        let words = FileWords::in_text(text, name);
        let bases: BTreeSet<&str> = self.bases.iter().copied().chain([folder]).collect();
        for path in &words.paths {
            for base in &bases {
                if let Some(path) = resolved(base, path) {
                    self.add_path(&path);
                }
            }
        }
        for module in &words.modules {
            self.add_module(folder, module);
        }
        if !is_outer {
            self.quoted.extend(words.quoted);
        }
    }

    /// Adds a module that a Python file in `folder` imports: relative to the file where it begins with dots, else in each
    /// folder around it. Of a package around the project only the module itself is meant.
    fn add_module(&mut self, folder: &str, module: &str) {
        let name = module.trim_start_matches('.');
        let dots = module.len() - name.len();
        let parts: Vec<&str> = name.split('.').filter(|part| !part.is_empty() && *part != "*").collect();
        let bases: Vec<String> = match dots {
            0 => upwards(folder).map(str::to_owned).collect(),
            _ => upwards(folder).nth(dots - 1).map(str::to_owned).into_iter().collect(),
        };
        for base in bases {
            let mut path = base;
            for part in &parts {
                path = joined(&path, part);
                if is_around(&path, self.project) {
                    let package = self.tracked.number_of(&joined(&path, "__init__.py"));
                    self.add(package.map_or(0..0, |at| at..at + 1));
                    continue;
                }
                self.add_path(&path);
                break;
            }
        }
    }

    /// Looks up the words that can be names.
    fn follow_names(&mut self) {
        let quoted = std::mem::take(&mut self.quoted);
        if quoted.is_empty() {
            return;
        }
        let found: BTreeSet<String> = quoted.iter().flat_map(|word| self.places().meant_by(word)).collect();
        for path in found {
            if is_around(&path, self.project) {
                self.add_go_package(&path);
            } else {
                self.add_path(&path);
            }
        }
        // An alias that is learnt later can be meant by a word that was met before.
        if !self.open.is_empty() {
            self.quoted = quoted;
        }
    }

    /// Adds the files of Go in a folder around the project, without those in folders below it.
    fn add_go_package(&mut self, folder: &str) {
        for at in self.tracked.in_folder(folder) {
            let path = self.tracked.get(at).map_or("", |file| &file.path);
            if folder_of(path) == folder && path.rsplit('.').next() == Some("go") {
                self.add(at..at + 1);
            }
        }
    }

    fn places(&mut self) -> &mut Places {
        let tracked = self.tracked;
        self.places.get_or_insert_with(|| Places::in_repository(tracked))
    }
}

/// Whether it is the configuration of a stack: the one of the stack at hand is told apart from the source.
pub(super) fn is_stack_file(path: &str) -> bool {
    let middle = name_of(path).strip_prefix("Pulumi.").and_then(|name| name.rsplit_once('.'));
    middle.is_some_and(|(stack, ending)| !stack.is_empty() && ENDINGS.contains(&ending))
}

#[cfg(test)]
mod tests;
