//! The files that a project is made from: its folder, and what it reaches outside of it, from file to file.
//!
//! It errs on the side of more: a path or name that can mean a file of the repository means it. What a program puts
//! together while it runs is not found; the record says so.

pub mod doubts;
pub mod manifests;
mod named;
pub mod places;
pub mod references;
pub mod tracked;
pub mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use crate::pulumi::project::ENDINGS;
use doubts::{is_code, is_of_others};
use manifests::{FOR_ALL_BELOW, MANIFESTS, is_for_all_below, is_read, names_what_others_need};
use places::Places;
use references::StackReferences;
use tracked::{Tracked, folder_of, is_around, joined, name_of, resolved, upwards};
use words::FileWords;

/// What can't be told of a project by reading its files: a change of any file in `folder` may be one of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachDoubt {
    /// The folder, from the top of the repository: "" for all of it.
    pub folder: String,
    /// The path of the file that does it.
    pub file: String,
    /// The number of the line, from 1. None where it is none of one line.
    pub line: Option<usize>,
    /// What it does, for a sentence that begins with the file.
    pub does: String,
}

/// What a project is made from.
#[derive(Debug, Default)]
pub struct Reached {
    /// The numbers of the tracked files that it is made from.
    pub files: BTreeSet<usize>,
    /// The files outside of the project's folder that another file has led to, each with that one.
    pub led_by: BTreeMap<usize, usize>,
    /// The paths that its files name, whether there is something or not.
    pub named: BTreeSet<String>,
    /// Beginnings of paths that its files put together.
    pub begun: BTreeSet<String>,
    /// Modules of Python that are nowhere in the repository: packages of others, or files that are gone.
    pub unfound: BTreeSet<String>,
    /// The modules of Python that its files import, by their whole names.
    pub imported: BTreeSet<String>,
    /// The folders whose manifests count.
    pub looked_up: BTreeSet<String>,
    /// The stacks whose outputs it reads, by the file that does.
    pub referred: BTreeMap<String, StackReferences>,
    /// What can't be told.
    pub doubts: Vec<ReachDoubt>,
}

/// The search for the files that a project is made from.
pub struct Reach<'t> {
    tracked: &'t Tracked,
    /// The folder of the project.
    project: &'t str,
    /// The folders that paths in a program are relative to, beside the file's own.
    bases: Vec<&'t str>,
    reached: Reached,
    /// The files that are reached and not read yet.
    open: Vec<usize>,
    /// The file that is read.
    current: Option<usize>,
    /// Words that name packages or modules, which are looked up when nothing else is left, with the files that have them.
    quoted: BTreeMap<String, usize>,
    places: Option<Places>,
}

impl<'t> Reach<'t> {
    /// The search from the folders `project` and `program`, which are relative to the top of the checkout.
    pub fn new(tracked: &'t Tracked, project: &'t str, program: &'t str) -> Self {
        let mut reach = Self {
            tracked,
            project,
            bases: vec![project, program],
            reached: Reached::default(),
            open: Vec::new(),
            current: None,
            quoted: BTreeMap::new(),
            places: None,
        };
        for folder in [project, program] {
            reach.add(tracked.in_folder(folder));
            reach.look_up(folder);
        }
        reach
    }

    /// The same, with the places of the repository, which are else read when they are needed.
    #[must_use]
    pub fn with_places(mut self, places: Places) -> Self {
        self.places = Some(places);
        self
    }

    /// Finds all files. `read` is called once with each, and gives its words if it is a text that can name others.
    pub fn find(mut self, read: &mut dyn FnMut(usize) -> Option<Rc<FileWords>>) -> Reached {
        loop {
            while let Some(at) = self.open.pop() {
                self.current = Some(at);
                match read(at) {
                    Some(words) => self.follow(at, &words),
                    None => self.doubt_unread(at),
                }
            }
            self.follow_names();
            if self.open.is_empty() {
                return self.reached;
            }
        }
    }

    fn add(&mut self, files: Range<usize>) {
        for at in files {
            let is_one = self.tracked.get(at).is_some_and(|file| !is_stack_file(&file.path));
            if is_one && self.reached.files.insert(at) {
                self.open.push(at);
                if let Some(by) = self.current {
                    self.reached.led_by.insert(at, by);
                }
            }
        }
    }

    /// Adds the file at `path`. Whether there is one.
    fn add_exactly(&mut self, path: &str) -> bool {
        let at = self.tracked.number_of(path);
        self.add(at.map_or(0..0, |at| at..at + 1));
        at.is_some()
    }

    /// Adds what `path` can mean: a file, one with an ending that is left out, a folder. A folder around the project is
    /// not meant as a whole. Whether there is something.
    fn add_path(&mut self, path: &str) -> bool {
        if is_around(path, self.project) || path.is_empty() {
            return true;
        }
        self.reached.named.insert(path.to_owned());
        // A link or a submodule in front of it leads elsewhere.
        for front in upwards(folder_of(path)).filter(|front| !front.is_empty()) {
            self.add_exactly(front);
        }
        let stem = [".js", ".jsx", ".mjs", ".cjs"].iter().find_map(|ending| path.strip_suffix(ending));
        let is_file = self.add_exactly(path);
        let mut is_there = is_file;
        for beginning in [path, stem.unwrap_or(path)] {
            let files = self.tracked.beginning_with(&format!("{beginning}."));
            is_there |= !files.is_empty();
            self.add(files);
        }
        let folder = self.tracked.in_folder(path);
        if !folder.is_empty() {
            self.look_up(path);
        } else if is_file {
            // The project file of .NET takes in all sources of its folder.
            let folder = folder_of(path);
            if path.ends_with("proj") && is_around(folder, self.project) {
                self.doubt_around(folder);
            } else if path.ends_with("proj") {
                self.reached.named.insert(folder.to_owned());
                self.add(self.tracked.in_folder(folder));
            }
            self.look_up(folder);
        }
        if is_there && !is_file {
            self.look_up(folder_of(path));
        }
        is_there |= !folder.is_empty();
        self.add(folder);
        is_there
    }

    /// What is meant lies around the project, and what of it can't be told.
    fn doubt_around(&mut self, folder: &str) {
        if let (Some(at), true) = (self.current, folder != self.project) {
            self.doubt(
                at,
                folder,
                None,
                format!("means what is in the folder `{}` around it", shown_folder(folder)),
            );
        }
    }

    /// Adds all that a path can mean whose end is put together.
    fn add_beginning(&mut self, path: &str, is_folder: bool) {
        if is_folder {
            self.add_path(path);
        } else if !is_around(path, self.project) {
            self.reached.begun.insert(path.to_owned());
            self.add(self.tracked.beginning_with(path));
        }
    }

    /// Adds the manifests of a folder and of those around it.
    fn look_up(&mut self, folder: &str) {
        for folder in upwards(folder) {
            if !self.reached.looked_up.insert(folder.to_owned()) {
                return;
            }
            for name in MANIFESTS {
                self.add_exactly(&joined(folder, name));
            }
            // What is installed or built for all programs below, where it is committed.
            self.reached.named.extend(FOR_ALL_BELOW.iter().map(|name| joined(folder, name)));
        }
    }

    /// Adds what the words of a file name.
    fn follow(&mut self, at: usize, words: &FileWords) {
        let Some(file) = self.tracked.get(at) else { return };
        let (folder, name) = (folder_of(&file.path), name_of(&file.path));
        if words.is_link {
            self.follow_link(at, folder, words);
            return;
        }
        if !words.aliases.is_empty() {
            self.places().add_aliases(&words.aliases, folder);
        }
        if name.starts_with("settings.gradle") {
            self.places().set_gradle(folder);
        }
        // A manifest around the project names what others need as well.
        let is_outer = is_around(folder, self.project) && folder != self.project && MANIFESTS.contains(&name);
        if !is_read(name) || is_outer && !is_for_all_below(name) {
            return;
        }
        let bases: BTreeSet<&str> = self.bases.iter().copied().chain([folder]).collect();
        for path in &words.paths {
            for base in &bases {
                if let Some(path) = resolved(base, path) {
                    self.add_path(&path);
                }
            }
        }
        for beginning in &words.beginnings {
            for base in &bases {
                if let Some(path) = resolved(base, beginning) {
                    self.add_beginning(&path, beginning.ends_with('/'));
                }
            }
        }
        for module in &words.modules {
            self.add_module(folder, module);
            if !module.starts_with('.') {
                self.reached.imported.insert(module.clone());
            }
        }
        if is_code(name) && !is_of_others(&file.path) {
            self.follow_code(at, folder, words);
        }
        // What lies beside a file of the project is one of the project as well.
        if !is_around(self.project, folder) && !names_what_others_need(name) {
            self.add_beside(folder, words);
        }
        for name in words.extended.iter().filter(|name| name.starts_with('.')) {
            if let Some(path) = resolved(folder, name) {
                self.add_path(&path);
            }
        }
        let quoted = words.quoted.iter().filter(|_| !is_outer);
        let quoted = quoted.chain(&words.extended).chain(&words.needed);
        for word in quoted {
            self.quoted.entry(word.clone()).or_insert(at);
        }
    }

    /// Adds what a link leads to.
    fn follow_link(&mut self, at: usize, folder: &str, words: &FileWords) {
        for target in &words.paths {
            match resolved(folder, target).filter(|_| !target.starts_with('/')) {
                Some(path) if is_around(&path, self.project) => self.doubt_around(&path),
                Some(path) => {
                    self.add_path(&path);
                }
                None => self.doubt(at, "", None, "is a link that leads out of the repository".to_owned()),
            }
        }
    }

    /// Adds the files and folders that a file in `folder` names by paths without `../`, where they are there.
    fn add_beside(&mut self, folder: &str, words: &FileWords) {
        for word in words.beside.iter().chain(&words.quoted) {
            let Some(path) = resolved(folder, word.trim_end_matches('/')).filter(|path| path != folder)
            else {
                continue;
            };
            if self.tracked.number_of(&path).is_some() || !self.tracked.in_folder(&path).is_empty() {
                self.add_path(&path);
            }
        }
    }

    /// What the words of a program say beside the paths that they name: modules that are not there, folders around the
    /// project, other stacks, and what can't be followed.
    fn follow_code(&mut self, at: usize, folder: &str, words: &FileWords) {
        for module in &words.loaded {
            self.load(at, folder, module);
        }
        let named = words.paths.iter().filter(|path| !words.loaded.contains(*path));
        for path in named.chain(&words.beginnings) {
            for base in self.bases.clone().into_iter().chain([folder]) {
                let around = resolved(base, path).filter(|path| is_around(path, self.project));
                if let Some(around) = around.filter(|around| around != self.project) {
                    let does = format!("names the folder `{}` as a whole", shown_folder(&around));
                    self.doubt(at, &around, None, does);
                }
            }
        }
        if !words.referred.is_empty() {
            let path = self.tracked.get(at).map_or_else(String::new, |file| file.path.clone());
            self.reached.referred.insert(path, words.referred.clone());
        }
        for doubt in &words.doubts {
            let about = if doubt.is_about_its_folder { folder } else { "" };
            self.doubt(at, about, Some(doubt.line), doubt.does.clone());
        }
    }

    /// A program's file that could not be read as a text.
    fn doubt_unread(&mut self, at: usize) {
        let Some(file) = self.tracked.get(at) else { return };
        if is_code(&file.path) && !is_of_others(&file.path) {
            self.doubt(at, "", None, "is missing, or too large to be read".to_owned());
        }
    }

    fn doubt(&mut self, at: usize, folder: &str, line: Option<usize>, does: String) {
        let Some(file) = self.tracked.get(at).map(|file| file.path.clone()) else { return };
        let doubt = ReachDoubt { folder: folder.to_owned(), file, line, does };
        if !self.reached.doubts.contains(&doubt) {
            self.reached.doubts.push(doubt);
        }
    }

    fn places(&mut self) -> &mut Places {
        let tracked = self.tracked;
        self.places.get_or_insert_with(|| Places::in_repository(tracked))
    }
}

/// A folder as people write it: `.` for the top.
fn shown_folder(folder: &str) -> &str {
    if folder.is_empty() { "." } else { folder }
}

/// Whether it is the configuration of a stack: the one of the stack at hand is told apart from the source.
pub fn is_stack_file(path: &str) -> bool {
    let middle = name_of(path).strip_prefix("Pulumi.").and_then(|name| name.rsplit_once('.'));
    middle.is_some_and(|(stack, ending)| !stack.is_empty() && ENDINGS.contains(&ending))
}

#[cfg(test)]
mod tests;
