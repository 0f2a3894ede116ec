//! From a folder of archives to all that a release is: checksums, the table of hashes, the wrappers that carry it, and
//! the layouts that other places want.

use super::archive::{sha256, unpack};
use super::build::PROGRAMS;
use super::table::{self, Archive, Release};
use super::target::TARGETS;
use crate::generate;
use serde::Deserialize;
use stackstep::base::error::{Error, Result};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The name of the file with the checksums, in the form that `sha256sum --check` reads.
pub const CHECKSUMS: &str = "SHA256SUMS";

/// What is known of the archives in `folder`.
pub fn table(folder: &Path) -> Result<Release> {
    let mut release = Release { version: super::VERSION.to_owned(), archive: Vec::new() };
    for target in TARGETS {
        let path = folder.join(target.archive(super::VERSION));
        if !path.exists() {
            continue;
        }
        let files = unpack(&path)?;
        let sum = |program: &str| {
            let file = files.get(&target.file(program));
            file.map(|file| sha256(&file.content)).ok_or_else(|| {
                Error::input(format!("`{}` holds no `{program}`", path.display()), "pack it again")
            })
        };
        let [stackstep, sandbox] = PROGRAMS.map(sum);
        release.archive.push(Archive {
            target: target.triple.to_owned(),
            sha256: sha256(&fs::read(&path).map_err(Error::io("read", &path))?),
            stackstep: stackstep?,
            sandbox: sandbox?,
        });
    }
    if release.archive.is_empty() {
        return Err(Error::input(
            format!("`{}` holds no archive of version {}", folder.display(), super::VERSION),
            "pack one with `cargo xtask release --pack TARGET`",
        ));
    }
    Ok(release)
}

/// Writes the checksums of all files in `folder`.
pub fn checksums(folder: &Path) -> Result<()> {
    let mut sums = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(Error::io("read", folder))? {
        let path = entry.map_err(Error::io("read", folder))?.path();
        if let (true, Some(name)) = (path.is_file(), path.file_name()) {
            let bytes = fs::read(&path).map_err(Error::io("read", &path))?;
            sums.insert(name.to_string_lossy().into_owned(), sha256(&bytes));
        }
    }
    sums.remove(CHECKSUMS);
    let mut text = String::new();
    for (name, sum) in &sums {
        let _ = writeln!(text, "{sum}  {name}");
    }
    write(&folder.join(CHECKSUMS), &text)
}

/// Writes the table, and the wrappers as they are when they carry it, below `out`: beside the tree in a dry run, into
/// the tree itself in a release.
pub fn wrappers(root: &Path, release: &Release, out: &Path) -> Result<()> {
    write(&out.join(table::PATH), &release.to_toml()?)?;
    for file in generate::wrappers(root, release)? {
        write(&out.join(&file.path), &file.text)?;
    }
    Ok(())
}

/// A place that wants the wrapper's files elsewhere: an action of GitHub's Marketplace lies at its repository's root.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Owner and name of the repository that is filled.
    pub repository: String,
    /// Each file there, and the one here.
    pub files: BTreeMap<String, String>,
}

/// Writes each layout into a folder of its own below `out`, from the wrappers in `from` and, for what is not generated,
/// from the tree.
pub fn layouts(root: &Path, from: &Path, out: &Path) -> Result<Vec<PathBuf>> {
    #[derive(Deserialize)]
    struct Layouts {
        layout: Vec<Layout>,
    }
    let path = root.join("xtask/layouts.toml");
    let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
    let layouts: Layouts = toml::from_str(&text).map_err(|error| {
        Error::input(format!("`{}` is malformed: {error}", path.display()), "fix the file")
    })?;
    let mut folders = Vec::new();
    for layout in layouts.layout {
        let folder = out.join(&layout.repository);
        for (there, here) in &layout.files {
            let source = [from.join(here), root.join(here)].into_iter().find(|path| path.is_file());
            let source = source.ok_or_else(|| {
                Error::input(
                    format!("`{}` names `{here}`, which is not a file", path.display()),
                    "fix the file",
                )
            })?;
            write(&folder.join(there), &fs::read_to_string(&source).map_err(Error::io("read", &source))?)?;
        }
        folders.push(folder);
    }
    Ok(folders)
}

/// Writes a text file and the folders that it lies in.
fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    }
    fs::write(path, text).map_err(Error::io("write", path))
}
