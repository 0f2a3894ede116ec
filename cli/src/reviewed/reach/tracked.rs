//! The files of a repository that git tracks, and which of them lie in a folder.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::base::git;
use crate::base::git::index::tracked_entries;

/// The tracked files of a checkout.
#[derive(Debug)]
pub struct Tracked {
    /// The top folder of the checkout.
    pub top: PathBuf,
    files: Vec<TrackedFile>,
}

/// A tracked file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TrackedFile {
    /// The path from the top, with slashes.
    pub path: String,
    /// The mode that git has of it.
    pub mode: u32,
}

impl Tracked {
    /// The files of the checkout around `folder`. None if git's index can't be read.
    pub fn around(folder: &Path) -> Option<Self> {
        let top = git::top(folder)?;
        let mut files = Vec::new();
        tracked_entries(&top, &mut |path, mode| files.push(TrackedFile { path: path.to_owned(), mode }))?;
        Some(Self::new(top, files))
    }

    /// These files of a checkout.
    pub fn new(top: PathBuf, mut files: Vec<TrackedFile>) -> Self {
        if !files.is_sorted() {
            files.sort();
        }
        Self { top, files }
    }

    /// The file with this number.
    pub fn get(&self, at: usize) -> Option<&TrackedFile> {
        self.files.get(at)
    }

    /// All files.
    pub fn files(&self) -> &[TrackedFile] {
        &self.files
    }

    /// The number of the file at `path`.
    pub fn number_of(&self, path: &str) -> Option<usize> {
        self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()
    }

    /// The numbers of the files whose path begins with `beginning`.
    pub fn beginning_with(&self, beginning: &str) -> Range<usize> {
        let from = self.files.partition_point(|file| file.path.as_str() < beginning);
        let rest = self.files.get(from..).unwrap_or_default();
        from..from + rest.partition_point(|file| file.path.starts_with(beginning))
    }

    /// The numbers of the files in a folder, or in a folder below it. The folder "" is the top.
    pub fn in_folder(&self, folder: &str) -> Range<usize> {
        if folder.is_empty() { 0..self.files.len() } else { self.beginning_with(&format!("{folder}/")) }
    }

    /// The path of `folder` from the top, with slashes. None if it lies elsewhere.
    pub fn from_top(&self, folder: &Path) -> Option<String> {
        let real = std::fs::canonicalize(folder).ok()?;
        let parts = real.strip_prefix(&self.top).ok()?.components();
        let parts = parts.map(|part| part.as_os_str().to_str()).collect::<Option<Vec<_>>>()?;
        Some(parts.join("/"))
    }
}

/// The folder of a path; "" for the top.
pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The last part of a path.
pub fn name_of(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// The folder and those around it, up to the top.
pub fn upwards(folder: &str) -> impl Iterator<Item = &str> {
    let mut next = Some(folder);
    std::iter::from_fn(move || {
        let folder = next?;
        next = (!folder.is_empty()).then(|| folder_of(folder));
        Some(folder)
    })
}

/// `name` in `folder`.
pub fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The path that `relative` means in `folder`, without `.` and `..`. None if it leads out of the top.
pub fn resolved(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Whether `folder` is `path` or a folder around it.
pub fn is_around(folder: &str, path: &str) -> bool {
    folder.is_empty() || path == folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracked(paths: &[&str]) -> Tracked {
        let file = |path: &&str| TrackedFile { path: (*path).to_owned(), mode: 0o100_644 };
        Tracked::new(PathBuf::new(), paths.iter().map(file).collect())
    }

    #[test]
    fn a_folder_has_its_files_and_no_others() {
        let files = tracked(&["a.ts", "a/b", "a/c/d", "a-b", "ab/x", "b"]);
        let paths =
            |range: Range<usize>| files.files[range].iter().map(|file| &*file.path).collect::<Vec<_>>();
        assert_eq!(paths(files.in_folder("a")), ["a/b", "a/c/d"]);
        assert_eq!(paths(files.in_folder("c")), [""; 0]);
        assert_eq!(paths(files.beginning_with("a.")), ["a.ts"]);
        assert_eq!(files.in_folder("").len(), 6);
        assert_eq!(files.number_of("b"), Some(5));
        assert_eq!(files.number_of("a"), None);
    }

    #[test]
    fn a_relative_path_is_found_from_its_folder() {
        assert_eq!(resolved("infra/shop", "../../lib/x").as_deref(), Some("lib/x"));
        assert_eq!(resolved("infra/shop", "./a/../b").as_deref(), Some("infra/shop/b"));
        assert_eq!(resolved("infra", "../..").as_deref(), None);
        assert_eq!(resolved("infra", "..").as_deref(), Some(""));
        assert_eq!(upwards("a/b").collect::<Vec<_>>(), ["a/b", "a", ""]);
    }

    #[test]
    fn only_whole_names_are_folders_around() {
        assert!(is_around("infra", "infra/shop") && is_around("", "x") && is_around("a", "a"));
        assert!(!is_around("infra", "infrastructure") && !is_around("infra/shop", "infra"));
    }
}
