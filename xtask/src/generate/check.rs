//! What is on disk against what should be there: stale files and orphans.

use super::{Generated, MARKER, files, read};
use similar::TextDiff;
use stackstep::base::error::{Error, Result};
use std::fmt;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Folders that hold nothing of ours.
const NOT_OURS: &[&str] = &["target", ".git", "node_modules"];

/// How far into a file its marker may stand.
const MARKER_WITHIN: u64 = 400;

/// One generated file that is not as it should be.
#[derive(Debug)]
pub enum Stale {
    /// It is missing or differs.
    Differs {
        /// Its path from the root.
        path: PathBuf,
        /// What it holds; empty when missing.
        found: String,
        /// What it should hold.
        wanted: String,
    },
    /// It says that it is generated, but nothing generates it.
    Orphan {
        /// Its path from the root.
        path: PathBuf,
    },
}

/// Everything below `root` that is stale, in the order of generation, orphans last.
pub fn stale(root: &Path) -> Result<Vec<Stale>> {
    let wanted = files(root)?;
    let mut stale = Vec::new();
    for Generated { path, text } in &wanted {
        let on_disk = root.join(path);
        let found = if on_disk.exists() { read(&on_disk)? } else { String::new() };
        if found != *text {
            stale.push(Stale::Differs { path: path.clone(), found, wanted: text.clone() });
        }
    }
    let mut marked = Vec::new();
    find_marked(root, root, &mut marked)?;
    marked.sort();
    let orphans = marked.into_iter().filter(|path| wanted.iter().all(|file| file.path != *path));
    stale.extend(orphans.map(|path| Stale::Orphan { path }));
    Ok(stale)
}

/// Collects the files below `folder` that carry the marker near their beginning.
fn find_marked(root: &Path, folder: &Path, marked: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(Error::io("read", folder))? {
        let entry = entry.map_err(Error::io("read", folder))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(Error::io("read", &path))?;
        if kind.is_dir() {
            if !NOT_OURS.iter().any(|name| entry.file_name() == *name) {
                find_marked(root, &path, marked)?;
            }
        } else if kind.is_file() && begins_with_marker(&path)? {
            marked.push(path.strip_prefix(root).unwrap_or(&path).to_owned());
        }
    }
    Ok(())
}

/// Whether the file says in its first lines that it is generated.
fn begins_with_marker(path: &Path) -> Result<bool> {
    let file = fs::File::open(path).map_err(Error::io("read", path))?;
    let mut start = Vec::new();
    file.take(MARKER_WITHIN).read_to_end(&mut start).map_err(Error::io("read", path))?;
    Ok(start.windows(MARKER.len()).any(|window| window == MARKER.as_bytes()))
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Differs { path, found, wanted } => {
                let path = path.display().to_string();
                let diff = TextDiff::from_lines(found.as_str(), wanted.as_str());
                write!(f, "{}", diff.unified_diff().header(&format!("a/{path}"), &format!("b/{path}")))
            }
            Self::Orphan { path } => write!(f, "orphan: `{}`: nothing generates it any more", path.display()),
        }
    }
}
