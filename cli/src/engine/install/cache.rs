//! The cache of installed CLIs: a folder for each version, platform and choice of files. It is filled aside and put in
//! its place by one rename, so that a folder with its final name is complete.
//!
//! Each folder holds a list of its files with their sizes, and of what its archive was verified by. This tells in a few
//! milliseconds whether a cache was restored in part, or emptied by a cleaner. The files are not hashed again, as
//! anybody who can write them can write the list too. What an archive proved to one job proves no more to another one:
//! [`List::proves`].

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use semver::Version;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::parts::Parts;
use super::platform::Platform;
use super::trust::{Expected, Trust, Voucher, known};
use super::{fault, stopped};
use crate::base::digest::Digest;
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::ci::CiSystem;
use crate::ci::console::Console;
use crate::ci::ground::Ground;
use crate::process::signals::Signals;
use crate::report::Reason;

/// The list of files in an installed folder.
const LIST: &str = ".stackstep.json";
/// The pause before a lock that somebody else holds is tried again.
const LOCK_PAUSE: Duration = Duration::from_millis(50);
const HINT: &str = "set `cache-folder` to a folder that the job may write to, with room for 500 MB";

/// A folder of installed CLIs.
#[derive(Debug, Clone)]
pub struct Cache {
    root: PathBuf,
}

/// The list of the files in an installed folder, and the archive that they come from.
#[derive(Debug, Serialize, Deserialize)]
struct List {
    archive: String,
    sha256: String,
    /// The voucher for the archive's hash.
    #[serde(default)]
    voucher: Option<Voucher>,
    /// The mirror that the archive came from, by [`crate::pulumi::mirror::Mirror::identity`]; none for Pulumi's own
    /// servers.
    #[serde(default)]
    mirror: Option<String>,
    files: Vec<Item>,
}

/// The demands on an installed folder.
#[derive(Debug, Clone, Copy)]
pub struct Demanded<'a> {
    /// The version.
    pub version: &'a Version,
    /// The platform that it has to be made for.
    pub platform: Platform,
    /// The proof that the archive must have had.
    pub trust: Trust,
    /// The mirror that the job installs from.
    pub mirror: Option<&'a str>,
}

impl List {
    /// Whether the archive has the proof that this job would demand if it were installed now. A hash that another job
    /// pinned counts for that job only; a checksum file counts for the source that it came from; the hash in this
    /// binary counts more than both.
    fn proves(&self, demanded: &Demanded<'_>) -> bool {
        let is = |digest: Digest| digest.to_string() == self.sha256;
        let known = known(demanded.version, demanded.platform);
        match (demanded.trust.by_hand, known) {
            (Some(digest), known) => is(digest) && known.is_none_or(is),
            (None, Some(known)) => is(known),
            (None, None) if demanded.trust.strict => false,
            (None, None) => {
                self.voucher == Some(Voucher::Table)
                    || self.voucher == Some(Voucher::ChecksumFile)
                        && self.mirror.as_deref() == demanded.mirror
            }
        }
    }
}

/// A file of an installed folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The file's name.
    pub name: String,
    /// The file's length in bytes.
    pub size: u64,
}

/// A folder that is being filled, with the lock that keeps other jobs from filling the same one.
#[derive(Debug)]
pub struct Staging {
    folder: TempDir,
    target: PathBuf,
    _lock: File,
}

impl Cache {
    /// The cache below `root`.
    pub fn new(root: &Path) -> Self {
        Self { root: root.join("pulumi") }
    }

    /// The cache that `given`, else the environment, names. One that a stranger can have filled is passed over, as its
    /// contents can't be trusted.
    pub fn find(given: Option<&Path>, env: &Env, ci: &dyn CiSystem, ground: &Ground) -> Result<Self> {
        let home = |name: &str, sub: &str| env.get(name).map(|home| Path::new(home).join(sub));
        let standard = if cfg!(windows) {
            home("LOCALAPPDATA", "stackstep\\cache")
        } else if cfg!(target_os = "macos") {
            home("HOME", "Library/Caches/stackstep")
        } else {
            home("XDG_CACHE_HOME", "stackstep").or_else(|| home("HOME", ".cache/stackstep"))
        };
        let temporary = || Some((ci.folders().temporary)(env)?.join("stackstep-cache"));
        let roots = [given.map(Path::to_owned).or(standard), temporary()];
        let mut roots = roots.into_iter().flatten().map(|root| env.cwd().join(root)).peekable();
        let Some(first) = roots.peek().cloned() else {
            return Err(Error::input(
                "there is no home folder for a cache: `HOME` is not set",
                "set `cache-folder`",
            ));
        };
        roots.find(|root| !ground.holds(root)).map(|root| Self::new(&root)).ok_or_else(|| Error::Refused {
            what: format!(
                "the cache `{}` is refused: it lies in a checkout, and nothing proves that this is the repository's own \
                 code",
                first.display()
            ),
            hint: "set `cache-folder` to a folder outside of the checkout".to_owned(),
            reason: Reason::Untrusted,
        })
    }

    /// A file to lock, beside the installed CLIs. None if it can't be created.
    pub fn lock_file(&self, name: &str) -> Option<File> {
        let folder = self.root.parent()?.join("locks");
        std::fs::create_dir_all(&folder).ok()?;
        File::options().create(true).truncate(false).write(true).open(folder.join(name)).ok()
    }

    fn folder(&self, version: &Version, platform: Platform, key: &str) -> PathBuf {
        self.root.join(version.to_string()).join(platform.to_string()).join(key)
    }

    /// The folder of a version with at least `parts`, if it exists, is complete, and has the proof that is demanded.
    pub fn get(&self, demanded: &Demanded<'_>, parts: &Parts) -> Option<PathBuf> {
        let keys = parts.keys();
        let mut folders = keys.iter().map(|key| self.folder(demanded.version, demanded.platform, key));
        folders.find(|folder| is_whole(folder, demanded))
    }

    /// The versions in the cache, newest first. They are not checked here.
    pub fn versions(&self) -> Vec<Version> {
        let entries = std::fs::read_dir(&self.root).into_iter().flatten();
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut versions: Vec<Version> = names.filter_map(|name| Version::parse(&name).ok()).collect();
        versions.sort_by(|a, b| b.cmp(a));
        versions
    }

    /// Waits until nobody else installs the same, then creates a folder to fill. Removes the leftovers of an install
    /// that was killed, as only the holder of the lock can be at work.
    pub async fn stage(
        &self,
        version: &Version,
        platform: Platform,
        parts: &Parts,
        console: &Console,
        signals: &Signals,
    ) -> Result<Staging> {
        let target = self.folder(version, platform, &parts.key());
        let beside = target.parent().unwrap_or(&self.root);
        std::fs::create_dir_all(beside).map_err(|error| unusable(beside, &error))?;
        let path = beside.join(format!(".{}.lock", parts.key()));
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| unusable(&path, &error))?;
        let waiting = format!("waiting for another install of Pulumi {version} on this machine");
        take(&lock, &waiting, console, signals).await?.map_err(|error| unusable(&path, &error))?;
        let prefix = format!(".{}-", parts.key());
        remove_left_overs(beside, &prefix);
        let folder = tempfile::Builder::new()
            .prefix(&prefix)
            .tempdir_in(beside)
            .map_err(|error| unusable(beside, &error))?;
        Ok(Staging { folder, target, _lock: lock })
    }
}

/// Takes the lock, and waits while somebody else holds it. The inner error comes from a file system without locks.
pub async fn take(
    lock: &File,
    waiting: &str,
    console: &Console,
    signals: &Signals,
) -> Result<std::io::Result<()>> {
    let mut told = false;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(Ok(())),
            Err(TryLockError::Error(error)) => return Ok(Err(error)),
            Err(TryLockError::WouldBlock) => {}
        }
        if !told {
            console.line(waiting);
            told = true;
        }
        if let Some(signal) = signals.wait(LOCK_PAUSE).await {
            return Err(stopped(signal));
        }
    }
}

impl Staging {
    /// The folder to fill.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Removes everything in the folder, to begin anew.
    pub fn clear(&self) -> Result<()> {
        for entry in std::fs::read_dir(self.path()).map_err(|error| unusable(self.path(), &error))?.flatten()
        {
            let path = entry.path();
            let removed =
                if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
            removed.map_err(|error| unusable(&path, &error))?;
        }
        Ok(())
    }

    /// Writes the list of files and renames the folder to its final name. Removes a broken folder of that name.
    pub fn finish(
        self,
        archive: &str,
        expected: Expected,
        mirror: Option<String>,
        files: Vec<Item>,
    ) -> Result<PathBuf> {
        let list = List {
            archive: archive.to_owned(),
            sha256: expected.digest.to_string(),
            voucher: Some(expected.voucher),
            mirror,
            files,
        };
        let path = self.path().join(LIST);
        let text = serde_json::to_vec_pretty(&list).unwrap_or_default();
        File::create(&path)
            .and_then(|mut file| file.write_all(&text))
            .map_err(|error| unusable(&path, &error))?;
        open_to_all(self.path());
        if self.target.exists() {
            std::fs::remove_dir_all(&self.target).map_err(|error| unusable(&self.target, &error))?;
        }
        let Self { folder, target, _lock } = self;
        std::fs::rename(folder.path(), &target).map_err(|error| unusable(&target, &error))?;
        // The temporary folder has been renamed, so there is nothing to remove.
        let _ = folder.keep();
        Ok(target)
    }
}

/// Lets all users read the folder. A temporary folder is its owner's alone, but other users of the machine can use an
/// installed tool.
fn open_to_all(folder: &Path) {
    #[cfg(unix)]
    let _ = std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o755));
    #[cfg(not(unix))]
    let _ = folder;
}

/// Whether a folder is complete: its list names the program and has the proof that is demanded, and each file has the
/// length that it had.
fn is_whole(folder: &Path, demanded: &Demanded<'_>) -> bool {
    let list = || -> Option<List> { serde_json::from_slice(&std::fs::read(folder.join(LIST)).ok()?).ok() };
    let (archive, program) = (demanded.platform.archive(demanded.version), demanded.platform.program());
    list().is_some_and(|list| {
        list.archive == archive
            && list.proves(demanded)
            && list.files.iter().any(|item| item.name == program)
            && list.files.iter().all(|item| {
                let found = std::fs::symlink_metadata(folder.join(&item.name));
                found.is_ok_and(|found| found.is_file() && found.len() == item.size)
            })
    })
}

fn remove_left_overs(beside: &Path, prefix: &str) {
    for entry in std::fs::read_dir(beside).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(prefix)) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// The error for a file in the cache that could not be read or written.
pub(super) fn unusable(path: &Path, error: &std::io::Error) -> Error {
    let hint = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "make room, or set `cache-folder` to a folder with room for 500 MB"
        }
        _ => HINT,
    };
    fault(format!("could not write `{}`: {error}", path.display()), hint)
}
