//! The files of a repository that concern Pulumi: its project files and its stacks' configuration files.

use std::collections::BTreeSet;
use std::path::Path;

use crate::base::git::index::tracked_files;
use crate::pulumi::project::ENDINGS;

/// Folders that hold other people's code or what a build makes, where git can't be asked. Folders that begin with a dot
/// are left out as well.
const NOT_OURS: &[&str] =
    &["node_modules", "vendor", "venv", "__pycache__", "bower_components", "target", "dist"];

/// How deep folders are searched where git can't be asked.
const DEPTH: usize = 32;

/// The files, by their paths from the top of the repository.
#[derive(Debug, Default)]
pub struct PulumiFiles {
    /// `Pulumi.yaml` and its like.
    pub projects: BTreeSet<String>,
    /// `Pulumi.<stack>.yaml` and its like.
    pub stacks: BTreeSet<String>,
    /// Whether git's index names them. If not, the folders have been searched, where files lie as well that no commit has.
    pub are_tracked: bool,
}

impl PulumiFiles {
    /// Lists the files of the repository whose top is `top`.
    pub fn list(top: &Path) -> Self {
        let mut files = Self { are_tracked: true, ..Self::default() };
        if tracked_files(top, &mut |path| files.add(path)).is_none() {
            files = Self::default();
            files.search(top, "", DEPTH);
        }
        files
    }

    fn add(&mut self, path: &str) {
        let name = path.rsplit('/').next().unwrap_or(path);
        let Some(middle) = name.strip_prefix("Pulumi.") else { return };
        if ENDINGS.contains(&middle) {
            self.projects.insert(path.to_owned());
        } else if middle
            .rsplit_once('.')
            .is_some_and(|(stack, ending)| !stack.is_empty() && ENDINGS.contains(&ending))
        {
            self.stacks.insert(path.to_owned());
        }
    }

    /// Searches a folder. No link is followed: it could lead out of the repository, or round in a circle.
    fn search(&mut self, folder: &Path, from_top: &str, depth: usize) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries.filter_map(Result::ok) {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = if from_top.is_empty() { name.clone() } else { format!("{from_top}/{name}") };
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_file() {
                self.add(&path);
            } else if kind.is_dir()
                && depth > 0
                && !name.starts_with('.')
                && !NOT_OURS.contains(&name.as_str())
            {
                self.search(&entry.path(), &path, depth - 1);
            }
        }
    }
}
