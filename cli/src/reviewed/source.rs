//! The source of a change: the files that it is made from, as they lie in the work folder, by their paths, modes and
//! contents. What is not committed counts, and the commit does not: a squash, a merge and a rebase of one tree have one
//! source.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::reach::Reach;
use super::reach::tracked::{Tracked, TrackedFile, name_of};
use super::reach::words::FileWords;
use crate::base::git;
use crate::base::git::index::{LINK, SUBMODULE};

/// The most bytes of a file that is read for what it names.
const TEXT: usize = 1 << 20;

/// The bytes at a file's beginning in which a zero byte tells that it is no text; git looks at as many.
const BEGINNING: usize = 8000;

/// The most files that a record names one by one.
const NAMED: usize = 20_000;

/// The bytes of a file's hash that a record keeps: 128 bits.
const KEPT: usize = 16;

/// How deep folders are searched where git's index can't be read.
const DEPTH: usize = 32;

/// Folders that hold what is installed or built, where git's index can't be read.
const NOT_OURS: &[&str] =
    &[".git", ".stackstep", "node_modules", "vendor", "venv", ".venv", "__pycache__", "target", "bin", "obj"];

/// The files that a change is made from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProgramSource {
    /// The hash over all of them: `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// Each by its path from the top of the repository, with a hash of its mode and contents. Empty if there are too many.
    pub files: BTreeMap<String, String>,
    /// The project's folder from the top of the repository: all files in it that git tracks are among them, but for those of
    /// stacks. None where git's index can't be read.
    pub folder: Option<String>,
    /// What the files say nothing about, a sentence each.
    pub not_bound: Vec<String>,
}

/// The hash of one file.
type FileHash = [u8; 32];

impl ProgramSource {
    /// The files of the project in `project`, whose program is in `program`, and of what they reach.
    pub fn read(project: &Path, program: &Path) -> Self {
        let tracked = Tracked::around(project);
        let folders = tracked.as_ref().and_then(|tracked| {
            Some((tracked.from_top(project)?, tracked.from_top(program).unwrap_or_default()))
        });
        let mut source = match (&tracked, folders) {
            (Some(tracked), Some((project, program))) => {
                let program = if program.is_empty() { project.clone() } else { program };
                Self { folder: Some(project.clone()), ..Self::hashed(&reached(tracked, &project, &program)) }
            }
            _ => Self::searched(project),
        };
        if source.files.len() > NAMED {
            source.files.clear();
        }
        source
    }

    /// The files of a folder without git.
    fn searched(project: &Path) -> Self {
        let mut files = Vec::new();
        search(project, "", DEPTH, &mut files);
        let mut hashes = BTreeMap::new();
        for path in files {
            let hash = FileContents::read(&project.join(&path), 0).hash;
            hashes.insert(path, hash);
        }
        let mut source = Self::hashed(&hashes);
        source.not_bound.push(
            "files outside of the project's folder, as git's index can't be read in this checkout".to_owned(),
        );
        source
    }

    fn hashed(files: &BTreeMap<String, FileHash>) -> Self {
        let mut all = Sha256::new();
        for (path, hash) in files {
            all.update(hash);
            all.update(path.as_bytes());
            all.update([0]);
        }
        let short = |hash: &FileHash| URL_SAFE_NO_PAD.encode(hash.get(..KEPT).unwrap_or_default());
        Self {
            digest: format!("sha256:{:x}", all.finalize()),
            files: files.iter().map(|(path, hash)| (path.clone(), short(hash))).collect(),
            folder: None,
            not_bound: Vec::new(),
        }
    }
}

/// The hashes of the files that the project reaches.
fn reached(tracked: &Tracked, project: &str, program: &str) -> BTreeMap<String, FileHash> {
    let mut hashes = BTreeMap::new();
    Reach::new(tracked, project, program).find(&mut |at| {
        let TrackedFile { path, mode } = tracked.get(at)?;
        let contents = FileContents::read(&tracked.top.join(path), *mode);
        hashes.insert(path.clone(), contents.hash);
        contents.words(name_of(path)).map(Rc::new)
    });
    hashes
}

/// The words of a tracked file, with what can't be followed, if it is a text that can name others.
pub fn words_of(top: &Path, file: &TrackedFile) -> Option<FileWords> {
    let (contents, name) = (FileContents::read(&top.join(&file.path), file.mode), name_of(&file.path));
    let (words, text) = (contents.words(name)?, contents.text?);
    Some(if words.is_link { words } else { words.with_doubts(&text, name) })
}

/// One file's contents.
struct FileContents {
    hash: FileHash,
    /// The text, if it is a small one; of a link its target.
    text: Option<String>,
    is_link: bool,
}

impl FileContents {
    /// The words of a file of this name.
    fn words(&self, name: &str) -> Option<FileWords> {
        let text = self.text.as_ref()?;
        Some(if self.is_link { FileWords::of_link(text) } else { FileWords::in_text(text, name) })
    }

    /// Reads a file of which git has `mode`. One that is not there, or that nobody may read, has a hash of its own.
    fn read(path: &Path, mode: u32) -> Self {
        let linked = fs::read_link(path).ok();
        match (mode, linked) {
            (SUBMODULE, _) => {
                let commit = git::submodule_commit(path).unwrap_or_default();
                Self { hash: hash_of("submodule", commit.as_bytes()), text: None, is_link: false }
            }
            (_, Some(target)) => Self::of_link(&target),
            // Where the system has no links, git writes the target into a file.
            (LINK, None) => {
                let target = fs::metadata(path).ok().filter(fs::Metadata::is_file);
                let target = target.and_then(|_| fs::read_to_string(path).ok()).unwrap_or_default();
                Self::of_link(Path::new(&target))
            }
            _ => Self::of_file(path).unwrap_or_else(|| Self {
                hash: hash_of("missing", &[]),
                text: None,
                is_link: false,
            }),
        }
    }

    /// A link stands for its target, whose path begins in the link's folder.
    fn of_link(target: &Path) -> Self {
        let target = target.to_string_lossy();
        Self { hash: hash_of("link", target.as_bytes()), text: Some(target.into_owned()), is_link: true }
    }

    fn of_file(path: &Path) -> Option<Self> {
        // Asked before it is opened: a pipe would wait for somebody to write.
        let kept = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        let mut file = File::open(path).ok()?;
        let kind = if is_executable(&kept) { "program" } else { "file" };
        let mut hash = Sha256::new().chain_update(kind).chain_update([0]);
        let (mut begin, mut buffer, mut length) = (Vec::new(), vec![0; 64 << 10], 0);
        loop {
            let count = file.read(&mut buffer).ok()?;
            if count == 0 {
                break;
            }
            let portion = buffer.get(..count)?;
            hash.update(portion);
            length += count;
            if length <= TEXT {
                begin.extend_from_slice(portion);
            }
        }
        let is_text = length <= TEXT && !begin.iter().take(BEGINNING).any(|byte| *byte == 0);
        let text = is_text.then(|| String::from_utf8_lossy(&begin).into_owned());
        Some(Self { hash: hash.finalize().into(), text, is_link: false })
    }
}

#[cfg(unix)]
fn is_executable(kept: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    kept.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    false
}

fn hash_of(kind: &str, text: &[u8]) -> FileHash {
    Sha256::new().chain_update(kind).chain_update([0]).chain_update(text).finalize().into()
}

/// Searches a folder for files. No link is followed.
fn search(folder: &Path, from_top: &str, depth: usize, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        let (Ok(name), Ok(kind)) = (entry.file_name().into_string(), entry.file_type()) else { continue };
        let path = if from_top.is_empty() { name.clone() } else { format!("{from_top}/{name}") };
        if kind.is_dir() && depth > 0 && !NOT_OURS.contains(&name.as_str()) {
            search(&entry.path(), &path, depth - 1, found);
        } else if (kind.is_file() || kind.is_symlink()) && !super::reach::is_stack_file(&path) {
            found.push(path);
        }
    }
}

#[cfg(test)]
mod tests;
