//! The folder that holds the state, as the CLI's storage library lays it out: a file an object, beside it
//! `FILE.attrs` with its checksum; written aside and renamed, so that nobody ever reads half a file.
//!
//! <https://pkg.go.dev/gocloud.dev/blob/fileblob>

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use md5::{Digest as _, Md5};

use crate::failure::Failure;
use crate::text::reason;

/// A folder of objects; keys are paths with slashes.
#[derive(Debug, Clone)]
pub struct Bucket {
    root: PathBuf,
}

impl Bucket {
    /// The folder must be there.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Where an object lies.
    pub fn path(&self, key: &str) -> PathBuf {
        self.root.join(key)
    }

    /// Whether an object is there.
    pub fn exists(&self, key: &str) -> bool {
        self.path(key).is_file()
    }

    /// Reads an object; nothing if it is not there.
    pub fn read(&self, key: &str) -> Result<Option<Vec<u8>>, Failure> {
        match fs::read(self.path(key)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(of_object(key, &failure("open", &self.path(key), &error))),
        }
    }

    /// Writes an object.
    pub fn write(&self, key: &str, bytes: &[u8]) -> Result<(), Failure> {
        self.write_with(key, |out| {
            out.write_all(bytes)?;
            Ok(())
        })
    }

    /// Writes an object piece by piece.
    pub fn write_with(
        &self,
        key: &str,
        fill: impl FnOnce(&mut dyn Write) -> Result<(), Trouble>,
    ) -> Result<(), Failure> {
        let path = self.path(key);
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder).map_err(|error| of_object(key, &failure("mkdir", folder, &error)))?;
        let aside = folder.join(format!(".{}.tmp", super::uuid()?));
        let written = fill_file(&aside, fill)
            .and_then(|sum| write_attributes(&path, &sum))
            .and_then(|()| fs::rename(&aside, &path).map_err(Trouble::from));
        written.map_err(|trouble| {
            // What is left of it must not be taken for state.
            let _ = fs::remove_file(&aside);
            match trouble {
                Trouble::Failure(failure) => failure,
                Trouble::Io(error) => of_object(key, &failure("open", &path, &error)),
            }
        })
    }

    /// Copies an object over another.
    pub fn copy(&self, from: &str, to: &str) -> Result<(), Failure> {
        let mut source =
            File::open(self.path(from)).map_err(|error| failure("open", &self.path(from), &error))?;
        self.write_with(to, |out| {
            io::copy(&mut source, out)?;
            Ok(())
        })
    }

    /// Removes an object. One that is not there is no failure.
    pub fn remove(&self, key: &str) -> Result<(), Failure> {
        let path = self.path(key);
        let _ = fs::remove_file(attributes(&path));
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(of_object(key, &failure("remove", &path, &error)))
            }
            _ => Ok(()),
        }
    }

    /// The names of the objects right in a folder, sorted. A folder that is not there is empty.
    pub fn list(&self, folder: &str) -> Result<Vec<String>, Failure> {
        self.entries(folder, Path::is_file)
    }

    /// The names of the folders right in a folder, sorted.
    pub fn folders(&self, folder: &str) -> Result<Vec<String>, Failure> {
        self.entries(folder, Path::is_dir)
    }

    fn entries(&self, folder: &str, wanted: impl Fn(&Path) -> bool) -> Result<Vec<String>, Failure> {
        let path = self.path(folder);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
            Err(error) => return Err(failure("open", &path, &error)),
        };
        let mut names: Vec<String> = entries
            .filter_map(Result::ok)
            .filter(|entry| wanted(&entry.path()))
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| !matches!(name.rsplit_once('.'), Some((_, "attrs" | "tmp"))))
            .collect();
        names.sort();
        Ok(names)
    }
}

/// What can go wrong while a file is filled.
pub enum Trouble {
    /// The file.
    Io(io::Error),
    /// What should go into it.
    Failure(Failure),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// A writer that sums up what it writes.
struct Summing {
    file: BufWriter<File>,
    sum: Md5,
}

impl Write for Summing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.sum.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn fill_file(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), Trouble>,
) -> Result<String, Trouble> {
    let mut out = Summing { file: BufWriter::with_capacity(1 << 16, File::create(path)?), sum: Md5::new() };
    fill(&mut out)?;
    out.flush()?;
    Ok(base64::engine::general_purpose::STANDARD.encode(out.sum.finalize()))
}

fn attributes(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".attrs");
    PathBuf::from(name)
}

fn write_attributes(path: &Path, sum: &str) -> Result<(), Trouble> {
    let text = format!(
        "{{\"user.cache_control\":\"\",\"user.content_disposition\":\"\",\"user.content_encoding\":\"\",\
         \"user.content_language\":\"\",\"user.content_type\":\"text/plain; charset=utf-8\",\
         \"user.metadata\":null,\"md5\":\"{sum}\"}}\n"
    );
    Ok(fs::write(attributes(path), text)?)
}

/// The CLI's storage library names the object first.
fn of_object(key: &str, failure: &Failure) -> Failure {
    Failure::new(format!("blob (key {key:?}) (code=Unknown): {}", failure.message))
}

/// `open PATH: permission denied`, as Go says it.
fn failure(operation: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("{operation} {}: {}", path.display(), reason(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket() -> (tempfile::TempDir, Bucket) {
        let folder = tempfile::tempdir().unwrap();
        let bucket = Bucket::new(folder.path().to_owned());
        (folder, bucket)
    }

    #[test]
    fn what_is_written_is_read_and_listed() {
        let (_folder, bucket) = bucket();
        bucket.write("a/b/one.json", b"1").unwrap();
        bucket.write("a/b/one.json", b"2").unwrap();
        assert_eq!(bucket.read("a/b/one.json").unwrap().unwrap(), b"2");
        assert_eq!(bucket.list("a/b").unwrap(), ["one.json"]);
        assert_eq!(bucket.folders("a").unwrap(), ["b"]);
        assert_eq!(bucket.read("a/b/two.json").unwrap(), None);
    }

    /// The bytes that the CLI wrote for this content.
    #[test]
    fn the_checksum_stands_beside_the_file_as_the_cli_writes_it() {
        let (folder, bucket) = bucket();
        bucket.write("meta.yaml", b"version: 1\n").unwrap();
        let attributes = fs::read_to_string(folder.path().join("meta.yaml.attrs")).unwrap();
        assert_eq!(
            attributes,
            "{\"user.cache_control\":\"\",\"user.content_disposition\":\"\",\"user.content_encoding\":\"\",\
             \"user.content_language\":\"\",\"user.content_type\":\"text/plain; charset=utf-8\",\
             \"user.metadata\":null,\"md5\":\"EaRWdV65+nlqCnYlI4a4Wg==\"}\n"
        );
    }

    #[test]
    fn a_write_that_fails_leaves_the_old_object_and_nothing_else() {
        let (folder, bucket) = bucket();
        bucket.write("one.json", b"1").unwrap();
        let failed = bucket.write_with("one.json", |out| {
            out.write_all(b"half")?;
            Err(Failure::new("no").into())
        });
        assert_eq!(failed.unwrap_err().message, "no");
        assert_eq!(bucket.read("one.json").unwrap().unwrap(), b"1");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_removed_object_takes_its_checksum_along() {
        let (folder, bucket) = bucket();
        bucket.write("one.json", b"1").unwrap();
        bucket.remove("one.json").unwrap();
        bucket.remove("one.json").unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
