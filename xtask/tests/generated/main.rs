//! Holds the generated files to what they promise, without any tool beside cargo.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

#[cfg(unix)]
mod azure;
mod cloud_build;
mod codebuild;
mod codefresh;
mod delivery;
mod fresh;
mod github;
mod jenkins;
mod links;
mod schema;
mod wrappers;

use std::path::{Path, PathBuf};

/// All files of the repository below `folder` whose name ends with one of `endings`, build output left out.
fn files_ending(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["target", ".git", "node_modules"].contains(&name.as_str()) {
                found.extend(files_ending(&path, endings));
            }
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
    found.sort();
    found
}
