//! Writes results to files: whole, from a byte on, or at the end.

use crate::base::error::{Error, Result};
use crate::ci::console::Console;
use crate::ci::{Append, Delivery, Level};
use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

/// Warns that something could not be written.
pub fn warn(console: &Console, what: &str, done: Result<()>) {
    if let Err(error) = done {
        console.miss();
        console.annotate(Level::Warning, "stackstep", &format!("{what} could not be written: {error}"));
    }
}

/// Writes our part of a page from `start` on, over its earlier version. A page that is no regular file is only appended
/// to.
pub(super) fn write_from(path: &Path, start: u64, markdown: &str) -> Result<()> {
    let file = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().create(true).write(true).truncate(false).open(path)?;
        if file.metadata()?.is_file() {
            file.set_len(start)?;
            file.seek(SeekFrom::Start(start))?;
        }
        file.write_all(markdown.as_bytes())
    };
    file().map_err(Error::io("write", path))
}

/// Writes a whole file: aside first, so that nobody reads half of it. A link stays a link, and something that is no
/// regular file, such as a pipe, is written directly.
pub(crate) fn write_whole(path: &Path, text: &str) -> Result<()> {
    let there = std::fs::metadata(path);
    let write = || -> std::io::Result<()> {
        match &there {
            Ok(there) if there.is_file() => replace(&std::fs::canonicalize(path)?, text),
            Ok(_) => OpenOptions::new().write(true).open(path)?.write_all(text.as_bytes()),
            Err(_) => replace(path, text),
        }
    };
    write().map_err(Error::io("write", path))
}

pub(super) fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    #[cfg(unix)]
    {
        // A later step can run as another user; the file holds no secret.
        use std::os::unix::fs::PermissionsExt;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    file.persist(path)?;
    Ok(())
}

/// Passes a text to later steps, in a file or by commands in the log.
pub fn deliver(delivery: &Delivery, console: &Console) -> Result<()> {
    match delivery {
        Delivery::Append(append) => append_to(append)?,
        Delivery::Commands(lines) => console.command(lines),
    }
    Ok(())
}

/// Appends a text to a file of the CI system.
pub(super) fn append_to(append: &Append) -> Result<()> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(&append.path)
        .and_then(|mut file| file.write_all(append.text.as_bytes()))
        .map_err(Error::io("write", &append.path))
}
