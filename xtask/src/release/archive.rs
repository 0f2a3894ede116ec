//! Archives that are the same bytes whenever and wherever they are made: sorted, without owners, times or paths.

use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};
use stackstep::base::error::{Error, Result};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

/// A file in an archive.
#[derive(Debug, Clone)]
pub struct File {
    /// Its content.
    pub content: Vec<u8>,
    /// Whether it is a program.
    pub program: bool,
}

/// The files of an archive by their names, none of them in a folder.
pub type Files = BTreeMap<String, File>;

/// A compressed tar archive of these files.
pub fn pack(files: &Files) -> std::io::Result<Vec<u8>> {
    // The header's time is 0 by default, and the system that wrote it is left unsaid.
    let gzip = GzBuilder::new().operating_system(255).write(Vec::new(), Compression::best());
    let mut tar = tar::Builder::new(gzip);
    for (name, file) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(file.content.len() as u64);
        header.set_mode(if file.program { 0o755 } else { 0o644 });
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        tar.append_data(&mut header, name, file.content.as_slice())?;
    }
    tar.into_inner()?.finish()
}

/// The files of the archive at `path`.
pub fn unpack(path: &Path) -> Result<Files> {
    let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
    let mut files = Files::new();
    let mut archive = tar::Archive::new(GzDecoder::new(bytes.as_slice()));
    for entry in archive.entries().map_err(Error::io("read", path))? {
        let mut entry = entry.map_err(Error::io("read", path))?;
        let name = entry.path().map_err(Error::io("read", path))?.to_string_lossy().into_owned();
        let program = entry.header().mode().is_ok_and(|mode| mode & 0o111 != 0);
        let mut content = Vec::new();
        entry.read_to_end(&mut content).map_err(Error::io("read", path))?;
        files.insert(name, File { content, program });
    }
    Ok(files)
}

/// The SHA-256 in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Files {
        let file = |content: &str, program| File { content: content.into(), program };
        [("b".to_owned(), file("two", false)), ("a".to_owned(), file("one", true))].into()
    }

    #[test]
    fn the_same_files_give_the_same_bytes() {
        assert_eq!(pack(&files()).unwrap(), pack(&files()).unwrap());
    }

    #[test]
    fn nothing_of_the_machine_is_in_an_archive() {
        let packed = pack(&files()).unwrap();
        // Time and system of https://www.rfc-editor.org/rfc/rfc1952#page-5
        assert_eq!((&packed[4..8], packed[9]), ([0; 4].as_slice(), 255));
        let mut archive = tar::Archive::new(GzDecoder::new(packed.as_slice()));
        for entry in archive.entries().unwrap() {
            let entry = entry.unwrap();
            let header = entry.header();
            assert_eq!((header.mtime().unwrap(), header.uid().unwrap(), header.gid().unwrap()), (0, 0, 0));
            assert_eq!(header.username().unwrap(), Some(""));
        }
    }

    #[test]
    fn what_is_packed_is_unpacked_with_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tar.gz");
        std::fs::write(&path, pack(&files()).unwrap()).unwrap();
        let unpacked = unpack(&path).unwrap();
        assert_eq!(unpacked.keys().collect::<Vec<_>>(), ["a", "b"]);
        assert!(unpacked["a"].program && !unpacked["b"].program);
        assert_eq!(unpacked["b"].content, b"two");
    }

    #[test]
    fn the_sum_is_the_one_that_everybody_computes() {
        // https://www.di-mgt.com.au/sha_testvectors.html
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
