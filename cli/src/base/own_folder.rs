//! Folders of a run's own, for credentials and event logs, that nobody else can read.
//!
//! A run that is killed leaves them. Each holds a file that its run keeps locked. The system releases the lock with the
//! process, so that later runs know which folders are no longer needed ([`sweep`]), even between containers with
//! process numbers of their own.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::base::error::{Error, Result};

/// The beginning of the folders' names.
const PREFIX: &str = "stackstep-";

/// The number of random letters after it, which `tempfile` draws.
const DRAWN: usize = 6;

/// The file that is locked while the run exists.
const IN_USE: &str = "in-use";

/// The most entries of a folder that are looked at, and the most folders that are removed, as a run must not wait for
/// it.
const LOOKED_AT: usize = 4096;
const REMOVED: usize = 32;

/// The time for which the folder of a killed run is kept for a post step.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// A folder that only we can read, removed when it is dropped.
#[derive(Debug)]
pub struct OwnFolder {
    folder: TempDir,
    _in_use: File,
}

impl OwnFolder {
    /// A folder among the system's temporary files.
    pub fn new() -> Result<Self> {
        Self::inside(std::env::temp_dir())
    }

    /// A folder inside of `parent`. Removes the folders that killed runs have left there.
    pub fn inside(parent: PathBuf) -> Result<Self> {
        sweep(&parent);
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).rand_bytes(DRAWN);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = builder.tempdir_in(&parent).map_err(Error::io("make a folder in", parent))?;
        // The file gets its name only when it is locked, so that no other run finds it before.
        let (fresh, path) = (folder.path().join("new"), folder.path().join(IN_USE));
        let in_use = File::create(&fresh).map_err(Error::io("write", &fresh))?;
        in_use.lock().map_err(Error::io("lock", &fresh))?;
        std::fs::rename(&fresh, &path).map_err(Error::io("write", &path))?;
        Ok(Self { folder, _in_use: in_use })
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Makes a file that was not there, which nobody else of the machine may read.
pub fn new_private_file(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(Error::io("write", path))
}

/// Removes the folders of this user that killed runs have left in `parent`. One that can't be removed stays.
pub fn sweep(parent: &Path) {
    let Ok(entries) = std::fs::read_dir(parent) else { return };
    let left = entries.take(LOOKED_AT).flatten().filter(|entry| is_named(&entry.file_name()));
    for folder in left.map(|entry| entry.path()).filter(|folder| !is_expected(folder)).take(REMOVED) {
        let _ = remove_left(&folder);
    }
}

/// Removes the folder of a run that has ended. Returns false if it is no such folder, or if its run still exists.
pub fn remove_left(folder: &Path) -> Result<bool> {
    if !is_ours(folder) || !is_left(folder) {
        return Ok(false);
    }
    std::fs::remove_dir_all(folder).map_err(Error::io("remove", folder))?;
    Ok(true)
}

fn is_named(name: &OsStr) -> bool {
    let drawn = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
    drawn.is_some_and(|drawn| drawn.len() == DRAWN && drawn.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Whether it is a folder with such a name that only this user can read.
fn is_ours(folder: &Path) -> bool {
    let Ok(about) = std::fs::symlink_metadata(folder) else { return false };
    about.is_dir() && folder.file_name().is_some_and(is_named) && is_private(&about)
}

#[cfg(unix)]
fn is_private(about: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    about.uid() == nix::unistd::Uid::effective().as_raw() && about.mode() & 0o777 == 0o700
}

#[cfg(not(unix))]
fn is_private(_about: &std::fs::Metadata) -> bool {
    true
}

/// Whether nobody holds the lock of the folder.
fn is_left(folder: &Path) -> bool {
    let path = folder.join(IN_USE);
    std::fs::symlink_metadata(&path).is_ok_and(|about| about.is_file())
        && OpenOptions::new().read(true).write(true).open(path).is_ok_and(|file| file.try_lock().is_ok())
}

/// Whether a post step may still read the folder.
fn is_expected(folder: &Path) -> bool {
    let about = std::fs::metadata(unfinished_file(folder)).and_then(|about| about.modified());
    about.is_ok_and(|written| written.elapsed().is_ok_and(|since| since < KEPT))
}

/// The file in a run's own folder by which a later step completes the report of a run that was killed.
pub fn unfinished_file(folder: &Path) -> PathBuf {
    folder.join("unfinished.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of ours, as a killed run leaves it.
    fn left_in(parent: &Path) -> PathBuf {
        let own = OwnFolder::inside(parent.to_owned()).unwrap();
        std::fs::write(own.path().join("credentials.json"), "{}").unwrap();
        own.folder.keep()
    }

    #[test]
    fn the_folder_of_a_run_that_is_gone_is_swept_and_that_of_one_that_is_there_is_not() {
        let parent = TempDir::new().unwrap();
        let there = OwnFolder::inside(parent.path().to_owned()).unwrap();
        let gone = left_in(parent.path());
        sweep(parent.path());
        assert!(there.path().is_dir() && !gone.exists());
        assert!(!remove_left(there.path()).unwrap());
    }

    #[test]
    fn the_next_run_sweeps() {
        let parent = TempDir::new().unwrap();
        let gone = left_in(parent.path());
        let next = OwnFolder::inside(parent.path().to_owned()).unwrap();
        assert!(next.path().is_dir() && !gone.exists());
    }

    #[test]
    fn what_a_post_step_needs_stays_for_a_day() {
        let parent = TempDir::new().unwrap();
        let gone = left_in(parent.path());
        let path = unfinished_file(&gone);
        let file = File::create(&path).unwrap();
        sweep(parent.path());
        assert!(gone.exists());
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
        sweep(parent.path());
        assert!(!gone.exists());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_not_ours_stays() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let parent = TempDir::new().unwrap();
        let other = |name: &str, mode: u32, marker: bool| {
            let folder = parent.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).unwrap();
            if marker {
                std::fs::write(folder.join(IN_USE), "").unwrap();
            }
            folder
        };
        let stay = [
            other("stackstep-abcde", 0o700, true),
            other("stackstep-abcdefg", 0o700, true),
            other("stackstep-abc_ef", 0o700, true),
            other("other-abcdef", 0o700, true),
            other("stackstep-Public", 0o755, true),
            other("stackstep-NoMark", 0o700, false),
        ];
        let linked = other("linked", 0o700, true);
        symlink(&linked, parent.path().join("stackstep-Linked")).unwrap();
        std::fs::write(parent.path().join("stackstep-aFile1"), "").unwrap();
        let goes = other("stackstep-Goes00", 0o700, true);
        sweep(parent.path());
        assert!(stay.iter().all(|folder| folder.exists()) && linked.join(IN_USE).exists());
        assert!(parent.path().join("stackstep-aFile1").exists() && !goes.exists());
    }
}
