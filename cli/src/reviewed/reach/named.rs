//! What a project reaches by names instead of paths: modules that are loaded, packages of a workspace, modules of Go, aliases.

use super::Reach;
use super::doubts::is_code;
use super::tracked::{folder_of, is_around, joined, name_of, resolved, upwards};

impl Reach<'_> {
    /// Adds a module that a program of Node.js loads by its path, or one of Python by a relative name. One of a folder around the
    /// project is a file there.
    pub(super) fn load(&mut self, at: usize, folder: &str, module: &str) {
        let name = module.trim_start_matches('.');
        let is_path = module.contains('/') || name.is_empty() && module.len() < 3;
        let ending = self.tracked.get(at).and_then(|file| file.path.rsplit('.').next());
        let of_python = matches!(ending, Some("py" | "pyi"));
        let path = if of_python {
            let base = upwards(folder).nth((module.len() - name.len()).saturating_sub(1));
            base.map(|base| joined(base, name.split('.').next().unwrap_or_default()))
        } else if is_path {
            resolved(folder, module)
        } else {
            return;
        };
        let Some(path) = path.map(|path| path.trim_end_matches('/').to_owned()) else { return };
        if is_around(&path, self.project) {
            let files = self.tracked.in_folder(&path).filter(|at| {
                let file = self.tracked.get(*at).map_or("", |file| &file.path);
                folder_of(file) == path && (is_code(file) || name_of(file) == "package.json")
            });
            let files: Vec<usize> = files.collect();
            let has_package = files
                .iter()
                .any(|at| self.tracked.get(*at).is_some_and(|file| name_of(&file.path) == "package.json"));
            // It says which of its files is meant.
            if has_package && path != self.project {
                self.doubt_around(&path);
            }
            for at in files {
                self.add(at..at + 1);
            }
        } else if !self.add_path(&path) {
            self.doubt(at, "", None, format!("loads `{module}`, which git does not track"));
        }
    }

    /// Adds a module that a Python file in `folder` imports: relative to the file where it begins with dots, else in each
    /// folder around it, or else wherever the repository has one of that name. Of a package around the project only the module
    /// itself is meant.
    pub(super) fn add_module(&mut self, folder: &str, module: &str) {
        let name = module.trim_start_matches('.');
        let dots = module.len() - name.len();
        let parts: Vec<&str> = name.split('.').filter(|part| !part.is_empty() && *part != "*").collect();
        let bases: Vec<String> = match dots {
            0 => upwards(folder).map(str::to_owned).collect(),
            _ => upwards(folder).nth(dots - 1).map(str::to_owned).into_iter().collect(),
        };
        let mut is_found = false;
        for base in bases {
            let mut path = base;
            for part in &parts {
                path = joined(&path, part);
                if is_around(&path, self.project) {
                    self.add_exactly(&joined(&path, "__init__.py"));
                    continue;
                }
                is_found |= self.add_path(&path);
                break;
            }
        }
        // The job's search path can name any folder.
        let Some((first, rest)) = parts.split_first().filter(|_| dots == 0) else { return };
        for path in self.places().modules_called(first) {
            is_found = true;
            let path = rest.first().map_or(path.clone(), |next| joined(&path, next));
            self.add_path(&path);
        }
        if !is_found {
            self.reached.unfound.insert((*first).to_owned());
        }
    }

    /// Looks up the words that can be names.
    pub(super) fn follow_names(&mut self) {
        let quoted = std::mem::take(&mut self.quoted);
        if quoted.is_empty() {
            return;
        }
        for (word, by) in &quoted {
            self.current = Some(*by);
            for path in self.places().named_by(word) {
                if !is_around(&path, self.project) {
                    self.add_path(&path);
                } else if self.tracked.number_of(&joined(&path, "pom.xml")).is_some() {
                    // Maven takes its sources from one folder, and a parent has none.
                    self.add_path(&joined(&path, "src"));
                } else {
                    self.doubt_around(&path);
                }
            }
            for path in self.places().packages_of_go(word) {
                if is_around(&path, self.project) {
                    self.add_go_package(&path);
                } else {
                    self.add_path(&path);
                }
            }
            for path in self.places().aliased_by(word) {
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
}
