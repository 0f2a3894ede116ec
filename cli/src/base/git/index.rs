//! git's index, which names each file that git tracks: read by hand, as no program of the checkout may run, and as git
//! refuses a checkout that belongs to another user. <https://git-scm.com/docs/index-format>

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use super::{common_folder, config, git_folder, text};

/// The largest index that is read, in bytes: about three million files.
const LARGEST: u64 = 512 << 20;

/// The bytes of an entry before its hash: two times, device, inode, mode, owner, group and size.
const BEFORE_HASH: usize = 40;

/// The flag of an entry that has two more bytes of flags.
const EXTENDED: u16 = 0x4000;

/// The mode of a folder, which stands for its files in a sparse index.
const FOLDER: u32 = 0o040_000;

/// The mode of a link.
pub const LINK: u32 = 0o120_000;

/// The mode of a submodule: the folder is a checkout of its own.
pub const SUBMODULE: u32 = 0o160_000;

/// Calls `visit` with each tracked path, from the top of the checkout around `folder`. None if the index can't be read as
/// a whole: there is none, it is damaged, or parts of it are kept elsewhere.
pub fn tracked_files(folder: &Path, visit: &mut dyn FnMut(&str)) -> Option<()> {
    tracked_entries(folder, &mut |path, _| visit(path))
}

/// [`tracked_files`], with the mode that git has of each: of a file, [`LINK`] or [`SUBMODULE`]. They come in the order of
/// their bytes.
pub fn tracked_entries(folder: &Path, visit: &mut dyn FnMut(&str, u32)) -> Option<()> {
    let git = git_folder(folder)?;
    let config = text(&common_folder(&git).join("config")).unwrap_or_default();
    let format = config::first(&config::settings(&config), "extensions", None, "objectformat");
    let is_sha256 = format.is_some_and(|format| format.eq_ignore_ascii_case("sha256"));
    let bytes = read_whole(&git.join("index"))?;
    let (content, hash) =
        bytes.split_at_checked(bytes.len().checked_sub(if is_sha256 { 32 } else { 20 })?)?;
    is_intact(content, hash).then_some(())?;
    Entries::new(content, hash.len())?.visit(visit)
}

fn read_whole(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Whether the content has the hash that the index ends with. With `index.skipHash` git writes zeros:
/// <https://git-scm.com/docs/git-config#Documentation/git-config.txt-indexskipHash>
fn is_intact(content: &[u8], hash: &[u8]) -> bool {
    hash.iter().all(|byte| *byte == 0)
        || if hash.len() == 20 {
            Sha1::digest(content).as_slice() == hash
        } else {
            Sha256::digest(content).as_slice() == hash
        }
}

/// The entries of an index.
struct Entries<'a> {
    rest: &'a [u8],
    version: u32,
    count: u32,
    /// The bytes of a hash.
    hash: usize,
}

impl<'a> Entries<'a> {
    fn new(bytes: &'a [u8], hash: usize) -> Option<Self> {
        let (signature, rest) = bytes.split_at_checked(4)?;
        let (version, rest) = number(rest)?;
        let (count, rest) = number(rest)?;
        let known = signature == b"DIRC" && (2..=4).contains(&version);
        known.then_some(Self { rest, version, count, hash })
    }

    fn visit(mut self, visit: &mut dyn FnMut(&str, u32)) -> Option<()> {
        let mut path: Vec<u8> = Vec::new();
        for _ in 0..self.count {
            let mode = u32::from_be_bytes(self.rest.get(24..28)?.try_into().ok()?);
            if mode == FOLDER {
                return None;
            }
            let flags_at = BEFORE_HASH + self.hash;
            let flags = u16::from_be_bytes(self.rest.get(flags_at..flags_at + 2)?.try_into().ok()?);
            let is_extended = self.version >= 3 && flags & EXTENDED != 0;
            let name_at = flags_at + 2 + if is_extended { 2 } else { 0 };
            let name = self.rest.get(name_at..)?;
            if self.version == 4 {
                let (dropped, name) = variable_number(name)?;
                path.truncate(path.len().checked_sub(dropped)?);
                let end = name.iter().position(|byte| *byte == 0)?;
                path.extend_from_slice(&name[..end]);
                self.rest = &name[end + 1..];
            } else {
                let end = name.iter().position(|byte| *byte == 0)?;
                path.clear();
                path.extend_from_slice(&name[..end]);
                // One to eight zero bytes make the entry's length a multiple of eight.
                self.rest = self.rest.get((name_at + end) / 8 * 8 + 8..)?;
            }
            if let Ok(path) = std::str::from_utf8(&path) {
                visit(path, mode);
            }
        }
        self.has_all().then_some(())
    }

    /// Whether no extension says that there are entries elsewhere, or folders instead of files.
    fn has_all(&self) -> bool {
        let mut rest = self.rest;
        while !rest.is_empty() {
            let Some((name, after)) = rest.split_at_checked(4) else { return false };
            if name == b"link" || name == b"sdir" {
                return false;
            }
            let Some((length, after)) = number(after) else { return false };
            let Some(after) = after.get(length as usize..) else { return false };
            rest = after;
        }
        true
    }
}

/// A number of four bytes, and what follows it.
fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_at_checked(4)?;
    Some((u32::from_be_bytes(number.try_into().ok()?), rest))
}

/// A number as long as its value needs, and what follows it, as git writes the offsets of packs.
fn variable_number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value: usize = 0;
    for (at, byte) in bytes.iter().enumerate().take(9) {
        value = (value << 7) | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
        value += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What git itself wrote: an index of version `version` with these paths.
    fn index(version: &str, paths: &[&str]) -> (tempfile::TempDir, Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        for path in paths {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        for args in [&["init", "-q"][..], &["config", "index.version", version], &["add", "."]] {
            #[expect(clippy::disallowed_methods, reason = "git writes what is read")]
            let mut git = std::process::Command::new("git");
            assert!(git.args(args).current_dir(folder.path()).status().unwrap().success());
        }
        let bytes = std::fs::read(folder.path().join(".git/index")).unwrap();
        (folder, bytes)
    }

    fn found(folder: &Path) -> Option<Vec<String>> {
        let mut paths = Vec::new();
        tracked_files(folder, &mut |path| paths.push(path.to_owned()))?;
        Some(paths)
    }

    const PATHS: &[&str] =
        &["Pulumi.yaml", "a/b/c/d.ts", "a/b/c/deep.ts", "a/ü.txt", "b", "infra/shop/Pulumi.yaml"];

    #[test]
    fn every_version_of_the_index_names_each_file() {
        for version in ["2", "3", "4"] {
            let (folder, _) = index(version, PATHS);
            assert_eq!(found(folder.path()).unwrap(), PATHS, "version {version}");
            assert_eq!(found(&folder.path().join("a/b")).unwrap(), PATHS, "from a folder below");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_has_its_mode() {
        let (folder, _) = index("2", &["a"]);
        std::os::unix::fs::symlink("a", folder.path().join("b")).unwrap();
        #[expect(clippy::disallowed_methods, reason = "git writes what is read")]
        let mut git = std::process::Command::new("git");
        assert!(git.args(["add", "."]).current_dir(folder.path()).status().unwrap().success());
        let mut modes = Vec::new();
        tracked_entries(folder.path(), &mut |path, mode| modes.push((path.to_owned(), mode))).unwrap();
        assert_eq!(modes, [("a".to_owned(), 0o100_644), ("b".to_owned(), LINK)]);
    }

    #[test]
    fn an_index_that_is_cut_anywhere_is_none() {
        let (folder, bytes) = index("2", PATHS);
        for length in 0..bytes.len() {
            std::fs::write(folder.path().join(".git/index"), &bytes[..length]).unwrap();
            assert_eq!(found(folder.path()), None, "{length} of {} bytes", bytes.len());
        }
    }

    #[test]
    fn an_index_with_entries_elsewhere_is_none() {
        let (folder, _) = index("2", PATHS);
        #[expect(clippy::disallowed_methods, reason = "git writes what is read")]
        let mut git = std::process::Command::new("git");
        let split = git.args(["update-index", "--split-index"]).current_dir(folder.path()).status();
        assert!(split.unwrap().success());
        assert_eq!(found(folder.path()), None);
    }

    #[test]
    fn without_a_repository_there_is_none() {
        assert_eq!(found(tempfile::tempdir().unwrap().path()), None);
    }
}
