//! Names a release's commit where examples and documentation pin the suite: until then they say in words what has to
//! stand there. No file can hold the SHA of its own commit, so this is the commit after it.

use super::VERSION;
use crate::generate::{Suite, folders};
use stackstep::base::error::{Error, Result};
use std::fs;
use std::path::Path;

/// What names the suite beside the wrappers' folders.
const PAGES: [&str; 2] = ["README.md", "docs"];

/// Puts `commit` there, in all wrappers' folders and the pages.
pub fn run(root: &Path, commit: &str) -> Result<bool> {
    if commit.len() != 40 || !commit.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(Error::input(format!("`{commit}` is not a full commit SHA"), "see `git rev-parse HEAD`"));
    }
    let suite = Suite::read(root)?;
    let mut changed = 0;
    let wrappers = folders(root)?.into_iter().map(|folder| folder.name);
    for name in wrappers.chain(PAGES.map(str::to_owned)) {
        changed += pin(&root.join(name), &suite.pin, commit)?;
    }
    println!("pinned {changed} file(s) to {commit}");
    Ok(true)
}

/// How many files at or below `path` have changed. Templates keep the words, so that the next release finds them.
fn pin(path: &Path, words: &str, commit: &str) -> Result<usize> {
    if path.is_dir() {
        let mut changed = 0;
        for entry in fs::read_dir(path).map_err(Error::io("read", path))? {
            changed += pin(&entry.map_err(Error::io("read", path))?.path(), words, commit)?;
        }
        return Ok(changed);
    }
    if path.extension().is_some_and(|extension| extension == "j2") {
        return Ok(0);
    }
    // What is no text has no such words.
    let Ok(text) = fs::read_to_string(path) else { return Ok(0) };
    let pinned = pinned(&text, words, commit);
    if pinned == text {
        return Ok(0);
    }
    fs::write(path, pinned).map_err(Error::io("write", path))?;
    Ok(1)
}

/// The version goes into a comment behind the SHA, where tools that update pins look for it.
fn pinned(text: &str, words: &str, commit: &str) -> String {
    text.replace(&format!("@{words}\"\n"), &format!("@{commit}\" # v{VERSION}\n"))
        .replace(&format!("@{words}\n"), &format!("@{commit} # v{VERSION}\n"))
        .replace(&format!("@{words}"), &format!("@{commit}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn a_line_that_uses_the_suite_gets_the_sha_and_the_version() {
        let text = "- uses: \"a/b/c@<x>\"\n- uses: a/b@<x>\n`@<x>` and no more\n";
        let wanted = format!(
            "- uses: \"a/b/c@{COMMIT}\" # v{VERSION}\n- uses: a/b@{COMMIT} # v{VERSION}\n`@{COMMIT}` and no more\n"
        );
        assert_eq!(pinned(text, "<x>", COMMIT), wanted);
    }

    #[test]
    fn what_is_no_full_sha_is_refused() {
        assert!(run(&crate::root(), "v1.2.3").unwrap_err().to_string().contains("is not a full commit SHA"));
    }
}
