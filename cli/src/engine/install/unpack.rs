//! Unpacks the wanted files of an archive, and nothing else: no paths, no links, no bomb.
//!
//! The archives of a release hold files below `pulumi/`, those for Windows below `pulumi/bin/`. An entry of another
//! form is refused, even if it would not be written.

use std::fs::File;
use std::io::{self, Read, Seek, Write as _};
use std::path::{Component, Path};

use flate2::read::GzDecoder;
use tar::{Archive, EntryType};
use zip::ZipArchive;

use super::cache::Item;
use super::parts::{Parts, stem};

/// The limits of an archive. The real ones hold 17 files of 400 MB.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Files and folders.
    pub entries: usize,
    /// Bytes, of all files together.
    pub bytes: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { entries: 500, bytes: 2 << 30 }
    }
}

/// The reason why an archive was not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The archive does not have the form of a release's archive.
    #[error("{0}")]
    Archive(String),
    /// The archive can't be read to its end.
    #[error("it can't be read: {0}")]
    Unreadable(io::Error),
    /// A file of it could not be written here.
    #[error("{1}")]
    Disk(std::path::PathBuf, io::Error),
}

fn refuse<T>(what: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Archive(what.into()))
}

/// Unpacks a gzipped tar file from a stream.
pub fn tar(packed: impl Read, parts: &Parts, bounds: Bounds, into: &Path) -> Result<Vec<Item>, Refusal> {
    let mut archive = Archive::new(Counted { inner: GzDecoder::new(packed), left: bounds.bytes });
    let mut shelf = Shelf::new(parts, bounds, into);
    // Read raw: extensions can give an entry another name or size, without limits of their own, and are ignored this
    // way.
    for entry in archive.entries().map_err(Refusal::Unreadable)?.raw(true) {
        let mut entry = entry.map_err(Refusal::Unreadable)?;
        let kind = entry.header().entry_type();
        if matches!(kind, EntryType::XGlobalHeader | EntryType::XHeader) {
            shelf.count()?;
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        match kind {
            EntryType::Directory => shelf.folder(&name)?,
            EntryType::Regular | EntryType::Continuous => shelf.file(&name, &mut entry)?,
            other => {
                return refuse(format!(
                    "`{}` in it is not a file but a {}",
                    printable(&name),
                    kind_word(other)
                ));
            }
        }
    }
    shelf.finish()
}

fn kind_word(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Symlink | EntryType::Link => "link",
        EntryType::Char | EntryType::Block | EntryType::Fifo => "device",
        _ => "special entry",
    }
}

/// Unpacks a zip file. Its table of contents is at its end, so it has to be there as a whole.
pub fn zip(
    packed: impl Read + Seek,
    parts: &Parts,
    bounds: Bounds,
    into: &Path,
) -> Result<Vec<Item>, Refusal> {
    let unreadable = |error: zip::result::ZipError| Refusal::Unreadable(io::Error::other(error.to_string()));
    let mut archive = ZipArchive::new(packed).map_err(unreadable)?;
    let mut shelf = Shelf::new(parts, bounds, into);
    if archive.len() > bounds.entries {
        return refuse(format!("it has {} entries, and {} are allowed", archive.len(), bounds.entries));
    }
    let mut left = bounds.bytes;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(unreadable)?;
        let name = entry.name().to_owned();
        if entry.is_dir() {
            shelf.folder(&name)?;
        } else if entry.is_symlink() {
            return refuse(format!("`{}` in it is not a file but a link", printable(&name)));
        } else {
            let mut counted = Counted { inner: &mut entry, left };
            shelf.file(&name, &mut counted)?;
            left = counted.left;
        }
    }
    shelf.finish()
}

/// Writes the wanted files of an archive into a folder, within the limits.
struct Shelf<'a> {
    parts: &'a Parts,
    bounds: Bounds,
    into: &'a Path,
    entries: usize,
    items: Vec<Item>,
    buffer: Vec<u8>,
}

impl<'a> Shelf<'a> {
    fn new(parts: &'a Parts, bounds: Bounds, into: &'a Path) -> Self {
        Self { parts, bounds, into, entries: 0, items: Vec::new(), buffer: vec![0; 128 * 1024] }
    }

    fn count(&mut self) -> Result<(), Refusal> {
        self.entries += 1;
        if self.entries > self.bounds.entries {
            return refuse(format!("it has more than {} entries", self.bounds.entries));
        }
        Ok(())
    }

    fn folder(&mut self, name: &str) -> Result<(), Refusal> {
        self.count()?;
        match place(name)? {
            ArchivePlace::File(file) if self.parts.want(&file) => {
                refuse(format!("`{}` in it is a folder where a file is expected", printable(name)))
            }
            _ => Ok(()),
        }
    }

    fn file(&mut self, name: &str, content: &mut impl Read) -> Result<(), Refusal> {
        self.count()?;
        match place(name)? {
            ArchivePlace::File(file) if self.parts.want(&file) => self.write(&file, content),
            _ => Ok(()),
        }
    }

    fn write(&mut self, name: &str, content: &mut impl Read) -> Result<(), Refusal> {
        // Some file systems take names that differ in case only for the same.
        if self.items.iter().any(|item| item.name.eq_ignore_ascii_case(name)) {
            return refuse(format!("`{}` is in it twice", printable(name)));
        }
        let path = self.into.join(name);
        let disk = |error| Refusal::Disk(path.clone(), error);
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o755);
        let mut file = options.open(&path).map_err(disk)?;
        let mut size = 0;
        loop {
            let read = match content.read(&mut self.buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Refusal::Unreadable(error)),
            };
            file.write_all(self.buffer.get(..read).unwrap_or_default()).map_err(disk)?;
            size += read as u64;
        }
        self.items.push(Item { name: name.to_owned(), size });
        Ok(())
    }

    fn finish(self) -> Result<Vec<Item>, Refusal> {
        for needed in self.parts.needed() {
            match self.items.iter().find(|item| stem(&item.name) == needed) {
                Some(item) if item.size > 0 => {}
                Some(_) => return refuse(format!("`{needed}` in it is empty")),
                None => return refuse(format!("`{needed}` is not in it")),
            }
        }
        Ok(self.items)
    }
}

/// The place of an entry in the archive.
enum ArchivePlace {
    /// The folder that holds the files.
    Top,
    /// A file directly in that folder.
    File(String),
    /// Any deeper place.
    Elsewhere,
}

/// The place that an entry's path names. The path has to be relative, without `..`, and below `pulumi`.
fn place(name: &str) -> Result<ArchivePlace, Refusal> {
    let odd =
        || refuse(format!("`{}` in it leads out of its folder, or is not a plain path", printable(name)));
    // A backslash or a colon is a path on Windows.
    if name.is_empty() || name.contains(['\\', ':', '\0']) || name.starts_with('/') {
        return odd();
    }
    let mut parts = Vec::new();
    for component in Path::new(name).components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str().unwrap_or_default()),
            Component::CurDir => {}
            _ => return odd(),
        }
    }
    Ok(match parts.as_slice() {
        [] | [_] => match parts.first() {
            None => ArchivePlace::Top,
            Some(top) if top.eq_ignore_ascii_case("pulumi") => ArchivePlace::Top,
            Some(_) => ArchivePlace::Elsewhere,
        },
        [top, bin] if top.eq_ignore_ascii_case("pulumi") && bin.eq_ignore_ascii_case("bin") => {
            ArchivePlace::Top
        }
        [top, file] if top.eq_ignore_ascii_case("pulumi") => ArchivePlace::File((*file).to_owned()),
        [top, bin, file] if top.eq_ignore_ascii_case("pulumi") && bin.eq_ignore_ascii_case("bin") => {
            ArchivePlace::File((*file).to_owned())
        }
        _ => ArchivePlace::Elsewhere,
    })
}

fn printable(name: &str) -> String {
    name.chars().take(80).collect::<String>().escape_debug().to_string()
}

/// A reader that fails when the archive holds more bytes than it may.
struct Counted<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => return Err(io::Error::other("it holds more than an archive of a release may")),
        }
        Ok(read)
    }
}
