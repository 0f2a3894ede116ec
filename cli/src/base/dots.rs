//! Removes `.` and `..` from paths.

use std::path::{Component, Path, PathBuf};

/// The path without `.` and `a/..`, by its text alone: nothing of it has to exist. A relative path keeps the `..` at
/// its beginning; above the root is the root.
pub fn without_dots(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            Component::ParentDir if plain.has_root() => {}
            part => plain.push(part),
        }
        plain
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_taken_away_by_words_alone() {
        for (path, expected) in [
            ("a/./b", "a/b"),
            ("a/../b", "b"),
            ("a/b/../..", ""),
            ("../a", "../a"),
            ("a/../../../b", "../../b"),
            ("/a/../b", "/b"),
            ("/../a", "/a"),
            ("/..", "/"),
        ] {
            assert_eq!(without_dots(Path::new(path)), Path::new(expected), "{path}");
        }
    }
}
