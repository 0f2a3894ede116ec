//! Finds the files that are named by paths or by wildcards.

use std::path::{Path, PathBuf};

use crate::base::error::{Error, Result};
use crate::base::wildcard::fits;
use crate::inputs::found::absolute;

/// The most files of one report: more are not the results of one pipeline.
const MOST: usize = 1000;

/// The limits of a search: the depth of folders, and the number of entries.
const DEPTH: usize = 32;
const ENTRIES: usize = 100_000;

/// The files that `patterns` name from `base`, in the order of the patterns and then of their names, each once.
pub(super) fn files(base: &Path, patterns: &[String]) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for pattern in patterns {
        let path = absolute(base, pattern);
        let found = match std::fs::metadata(&path) {
            Ok(there) if there.is_file() => vec![path],
            Ok(there) if there.is_dir() => {
                return Err(Error::input(
                    format!("`{}` is a folder, not a result file", path.display()),
                    format!("name the files in it: `{pattern}/*.json`"),
                ));
            }
            Ok(_) => {
                return Err(Error::input(
                    format!("`{}` is not a file", path.display()),
                    "name a result file",
                ));
            }
            Err(_) if pattern.contains(['*', '?']) => matching(base, pattern)?,
            Err(error) => {
                return Err(Error::input(
                    format!("could not read `{}`: {error}", path.display()),
                    "did the job before pass its result on? The input `result-file` says where it is written",
                ));
            }
        };
        if found.is_empty() {
            return Err(Error::input(
                format!("no file matches `{pattern}`"),
                "did the job before pass its result on? The input `result-file` says where it is written",
            ));
        }
        files.extend(found);
    }
    let mut seen = std::collections::BTreeSet::new();
    files.retain(|file| seen.insert(file.clone()));
    if files.len() > MOST {
        return Err(Error::input(
            format!("{} files are more than the {MOST} that one report can be of", files.len()),
            "name fewer files",
        ));
    }
    Ok(files)
}

/// The files that match, sorted by name. Links are not followed: one that a stranger made can lead anywhere.
fn matching(base: &Path, pattern: &str) -> Result<Vec<PathBuf>> {
    let pattern = absolute(base, pattern);
    let parts: Vec<String> =
        pattern.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    let fixed = parts.iter().take_while(|part| !part.contains(['*', '?'])).count();
    let start: PathBuf = parts.iter().take(fixed).collect();
    let parts: Vec<&str> = parts.iter().skip(fixed).map(String::as_str).collect();
    let deep = parts.contains(&"**");
    let (mut found, mut looked_at) = (Vec::new(), 0);
    let mut folders = vec![(start, Vec::new())];
    while let Some((folder, names)) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            looked_at += 1;
            if looked_at > ENTRIES {
                return Err(Error::input(
                    format!("`{}` looks at more than {ENTRIES} files", pattern.display()),
                    "begin the pattern with the folder that the results are in",
                ));
            }
            let Ok(kind) = entry.file_type() else { continue };
            let mut names: Vec<String> = names.clone();
            names.push(entry.file_name().to_string_lossy().into_owned());
            if kind.is_dir() && names.len() < DEPTH && (deep || names.len() < parts.len()) {
                folders.push((entry.path(), names));
            } else if kind.is_file() && fits(&parts, &names) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(patterns: &[&str]) -> Result<Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a/one.json", "a/two.json", "b/c/three.json", "b/notes.txt", "a.json"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path().join("b/notes.txt"), folder.path().join("a/link.json"))
            .unwrap();
        let patterns: Vec<String> = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        let names = |path: &PathBuf| path.strip_prefix(folder.path()).unwrap().display().to_string();
        files(folder.path(), &patterns).map(|files| files.iter().map(names).collect())
    }

    #[test]
    fn wildcards_find_files_and_no_links() {
        assert_eq!(found(&["*/*.json"]).unwrap(), ["a/one.json", "a/two.json"]);
        assert_eq!(found(&["**/t*e?.json", "a.json"]).unwrap(), ["b/c/three.json", "a.json"]);
        assert_eq!(found(&["a/one.json", "a/*.json"]).unwrap(), ["a/one.json", "a/two.json"]);
    }

    #[test]
    fn a_folder_and_a_pattern_without_files_are_explained() {
        let error = found(&["a"]).unwrap_err();
        assert!(error.to_string().contains("is a folder"), "{error}");
        assert_eq!(error.hint(), Some("name the files in it: `a/*.json`"));
        assert_eq!(found(&["x/*.json"]).unwrap_err().to_string(), "no file matches `x/*.json`");
        assert!(found(&["nope.json"]).unwrap_err().to_string().contains("could not read"));
    }
}
