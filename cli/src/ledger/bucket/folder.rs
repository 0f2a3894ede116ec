//! Objects in a folder: whole files, which appear under their names in one step.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::model::Creation;

/// The beginning of the names of files that are being written.
const UNFINISHED: &str = ".stackstep-";

/// The object's bytes. None if it does not exist.
pub(super) fn read(root: &Path, key: &str) -> io::Result<Option<Bytes>> {
    match fs::read(path(root, key)) {
        Ok(bytes) => Ok(Some(bytes.into())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes the object. Without `replace` it must be absent.
pub(super) fn write(root: &Path, key: &str, bytes: &[u8], replace: bool) -> io::Result<Creation> {
    let path = path(root, key);
    let folder = path.parent().unwrap_or(root);
    fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    readable_by_those_who_read_the_state(file.as_file())?;
    if replace {
        file.persist(&path).map_err(|error| error.error)?;
        return Ok(Creation::Done);
    }
    match file.persist_noclobber(&path) {
        Ok(_) => Ok(Creation::Done),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(Creation::Taken),
        Err(error) => Err(error.error),
    }
}

/// Lets others read the file as they read the engine's files, which have these rights.
#[cfg(unix)]
fn readable_by_those_who_read_the_state(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same as elsewhere")]
fn readable_by_those_who_read_the_state(_: &fs::File) -> io::Result<()> {
    Ok(())
}

/// Removes the object. Returns false if it does not exist.
pub(super) fn remove(root: &Path, key: &str) -> io::Result<bool> {
    match fs::remove_file(path(root, key)) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The names of the files in the folder `key`.
pub(super) fn list(root: &Path, key: &str) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(path(root, key)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if entry.file_type()?.is_file() && !name.starts_with(UNFINISHED) {
            names.push(name);
        }
    }
    Ok(names)
}

fn path(root: &Path, key: &str) -> PathBuf {
    key.split('/').fold(root.to_owned(), |path, part| path.join(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_created_once_and_is_whole() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(read(root.path(), "a/b.json").unwrap(), None);
        assert_eq!(list(root.path(), "a").unwrap(), Vec::<String>::new());
        assert_eq!(write(root.path(), "a/b.json", b"one", false).unwrap(), Creation::Done);
        assert_eq!(write(root.path(), "a/b.json", b"two", false).unwrap(), Creation::Taken);
        assert_eq!(read(root.path(), "a/b.json").unwrap().unwrap(), "one");
        assert_eq!(write(root.path(), "a/b.json", b"three", true).unwrap(), Creation::Done);
        assert_eq!(read(root.path(), "a/b.json").unwrap().unwrap(), "three");
        assert_eq!(list(root.path(), "a").unwrap(), ["b.json"]);
    }
}
