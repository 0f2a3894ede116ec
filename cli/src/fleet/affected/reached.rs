//! The files that a project is made from, and whether a path that has changed is one of them: also one that is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::fleet::FoundProject;
use crate::reviewed::reach::manifests::MANIFESTS;
use crate::reviewed::reach::places::Places;
use crate::reviewed::reach::tracked::{Tracked, folder_of, is_around, name_of};
use crate::reviewed::reach::words::FileWords;
use crate::reviewed::reach::{Reach, Reached, is_stack_file};
use crate::reviewed::source::words_of;

/// The most lines of what a project is made from outside of its folder.
const LINES: usize = 50;

/// Manifests that say nothing to programs of another language, with the endings of those to whom they do.
const OF_LANGUAGES: &[(&[&str], &[&str])] = &[
    (
        &[
            "package",
            "npm-",
            "yarn",
            "pnpm",
            "bun",
            ".npmrc",
            ".yarnrc",
            "tsconfig",
            ".nvmrc",
            ".node-version",
        ],
        &["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs", "json"],
    ),
    (&["go."], &["go", "mod"]),
    (
        &["pyproject", "poetry", "uv.lock", "Pipfile", "requirements", "setup.", ".python-version"],
        &["py", "pyi", "toml", "txt", "cfg"],
    ),
    (
        &["Directory.", "packages.lock", "global.json", "nuget", "NuGet"],
        &["cs", "fs", "vb", "csproj", "fsproj", "vbproj"],
    ),
    (
        &["pom.xml", "build.gradle", "settings.gradle", "gradle"],
        &["java", "kt", "kts", "scala", "groovy", "gradle", "xml"],
    ),
];

/// The first lines, at most `most`, and one that tells how many more there are.
pub(super) fn first_of(mut lines: Vec<String>, most: usize, told: impl Fn(usize) -> String) -> Vec<String> {
    let more = lines.len().saturating_sub(most);
    lines.truncate(most);
    lines.extend((more > 0).then(|| told(more)));
    lines
}

/// How a file is one of a project's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartOfIt<'r> {
    /// The file that names it, where it lies outside of the project's folder.
    pub led_by: Option<&'r str>,
}

/// The files of a project.
pub struct ReachedFiles<'t> {
    tracked: &'t Tracked,
    /// The folders of the project and of its program, from the top; empty for the top.
    own: BTreeSet<String>,
    /// The endings of the files that are not manifests.
    endings: BTreeSet<&'t str>,
    pub reached: Reached,
}

/// Finds the files of several projects of a repository, of which each file is read once.
pub(in crate::fleet) struct ReachFinder<'t> {
    tracked: &'t Tracked,
    places: Places,
    words: BTreeMap<usize, Option<Rc<FileWords>>>,
}

impl<'t> ReachFinder<'t> {
    /// Has read nothing yet.
    pub fn new(tracked: &'t Tracked) -> Self {
        Self { tracked, places: Places::in_repository(tracked), words: BTreeMap::new() }
    }

    /// Finds those of a project.
    pub fn of_project(&mut self, project: &FoundProject) -> ReachedFiles<'t> {
        let folder = if project.cwd == "." { "" } else { project.cwd.as_str() };
        self.find(folder, &project.program)
    }

    /// Finds those of what lies in a folder, or of one file.
    pub fn of_folder(&mut self, folder: &str) -> ReachedFiles<'t> {
        self.find(folder, folder)
    }

    fn find(&mut self, folder: &str, program: &str) -> ReachedFiles<'t> {
        let Self { tracked, places, words } = self;
        let read = &mut |at: usize| {
            let of_file = || Some(Rc::new(words_of(&tracked.top, tracked.get(at)?)?));
            words.entry(at).or_insert_with(of_file).clone()
        };
        ReachedFiles::new(tracked, folder, program, places.clone(), read)
    }
}

impl<'t> ReachedFiles<'t> {
    fn new(
        tracked: &'t Tracked,
        folder: &str,
        program: &str,
        places: Places,
        read: &mut dyn FnMut(usize) -> Option<Rc<FileWords>>,
    ) -> Self {
        let reached = Reach::new(tracked, folder, program).with_places(places).find(read);
        let files = reached.files.iter().filter_map(|at| tracked.get(*at));
        let paths = files.map(|file| file.path.as_str());
        let own = BTreeSet::from([folder.to_owned(), program.to_owned()]);
        let is_program = |path: &&str| {
            !MANIFESTS.contains(&name_of(path)) || own.iter().any(|folder| folder_of(path) == folder)
        };
        let endings = paths.filter(is_program).filter_map(|path| path.rsplit('.').next()).collect();
        Self { tracked, own, endings, reached }
    }

    /// How the file at `path` is one of them. None if it is not.
    pub fn has(&self, path: &str) -> Option<PartOfIt<'_>> {
        if is_stack_file(path) && !self.reached.named.contains(path) {
            return None;
        }
        if let Some(at) = self.tracked.number_of(path) {
            let is_reached = self.reached.files.contains(&at);
            if is_reached && (self.is_own(path) || self.concerns(path)) {
                return Some(PartOfIt { led_by: self.reached.led_by.get(&at).and_then(|by| self.path(*by)) });
            }
        }
        let is_one =
            self.is_own(path) || self.is_named(path) || self.is_manifest(path) && self.concerns(path);
        is_one.then_some(PartOfIt { led_by: None })
    }

    fn is_own(&self, path: &str) -> bool {
        self.own.iter().any(|folder| is_around(folder, path))
    }

    /// Whether a file is no manifest of another language.
    fn concerns(&self, path: &str) -> bool {
        let name = name_of(path);
        if !MANIFESTS.iter().any(|manifest| name_of(manifest) == name) {
            return true;
        }
        let of =
            OF_LANGUAGES.iter().find(|(names, _)| names.iter().any(|beginning| name.starts_with(beginning)));
        of.is_none_or(|(_, endings)| endings.iter().any(|ending| self.endings.contains(ending)))
    }

    /// What the files do that can't be followed, where it may concern the file at `path`.
    pub fn doubts_about(&self, path: &str) -> Vec<String> {
        let doubts = self.reached.doubts.iter().filter(|doubt| is_around(&doubt.folder, path));
        let sentence = |line: Option<usize>, file: &str, does: &str| match line {
            Some(line) => format!("`{file}:{line}` {does}"),
            None => format!("`{file}` {does}"),
        };
        doubts.map(|doubt| sentence(doubt.line, &doubt.file, &doubt.does)).collect()
    }

    /// The files outside of the project's folder, a line each with the file that leads there.
    pub fn outside(&self) -> Vec<String> {
        let paths = self.reached.files.iter().filter_map(|at| Some((*at, self.path(*at)?)));
        let outside = paths.filter(|(_, path)| !self.own.iter().any(|folder| is_around(folder, path)));
        let lines = outside
            .map(|(at, path)| match self.reached.led_by.get(&at).and_then(|by| self.path(*by)) {
                Some(by) => format!("{path} (by {by})"),
                None => path.to_owned(),
            })
            .collect();
        first_of(lines, LINES, |more| format!("and {more} more"))
    }

    fn path(&self, at: usize) -> Option<&str> {
        self.tracked.get(at).map(|file| file.path.as_str())
    }

    /// Whether a file names the path: it, one of its folders, or it without its endings.
    fn is_named(&self, path: &str) -> bool {
        let named = &self.reached.named;
        let folder = folder_of(path);
        let ends = name_of(path).match_indices('.').map(|(at, _)| path.len() - name_of(path).len() + at);
        let stems = ends.filter_map(|end| path.get(..end));
        let mut folders = Vec::new();
        let mut around = folder;
        while !around.is_empty() {
            folders.push(around);
            around = folder_of(around);
        }
        let begun = &self.reached.begun;
        // A module of Python that is gone.
        let module = path.strip_suffix(".py").filter(|_| self.tracked.number_of(path).is_none());
        if module.is_some_and(|module| self.is_imported(module)) {
            return true;
        }
        stems.chain([path]).chain(folders).any(|path| named.contains(path))
            || begun.iter().any(|beginning| path.starts_with(beginning))
    }

    /// Whether a program can mean a module of Python by its whole name, in whatever folder that is looked for.
    fn is_imported(&self, module: &str) -> bool {
        let parts: Vec<&str> = module.trim_end_matches("/__init__").split('/').collect();
        let is_one = |parts: &[&str]| match parts {
            [one] => self.reached.unfound.contains(*one),
            parts => self.reached.imported.contains(&parts.join(".")),
        };
        let is_below =
            |begin: usize| (begin + 1..=parts.len()).any(|end| parts.get(begin..end).is_some_and(is_one));
        (0..parts.len()).any(is_below)
    }

    /// Whether it says for a folder with some of the files which dependencies there are, and how they are built.
    fn is_manifest(&self, path: &str) -> bool {
        MANIFESTS.iter().any(|name| {
            let folder = if path == *name {
                Some("")
            } else {
                path.strip_suffix(name).and_then(|rest| rest.strip_suffix('/'))
            };
            folder.is_some_and(|folder| self.reached.looked_up.contains(folder))
        })
    }
}
