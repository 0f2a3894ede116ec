//! Reads a text file that people or their tools have written: whole, within a size limit, as UTF-8 without a byte order
//! mark.
//!
//! The author of a change can commit such files, and git carries links. So only a regular file is read, and no more of
//! it than its kind can need; no error shows its content.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::path::Path;

/// The largest `Pulumi.yaml`, `stackstep.yaml`, `env-file` and template, in bytes.
pub const SETTINGS: u64 = 1024 * 1024;
/// The largest file that names a version, in bytes.
pub const VERSION: u64 = 64 * 1024;
/// The largest stack configuration, and the largest value of one, in bytes.
pub const CONFIGURATION: u64 = 8 * 1024 * 1024;
/// The largest lock file of a package manager, in bytes.
pub const LOCK_FILE: u64 = 64 * 1024 * 1024;
/// The longest result file of another job.
pub const RESULT: u64 = 128 * 1024 * 1024;

/// The reason why a file can't be read as text.
#[derive(Debug)]
pub enum Unreadable {
    /// There is no such file.
    Missing,
    /// A folder has that name.
    Folder,
    /// A device, a pipe or a socket.
    Special,
    /// The file has more bytes than this.
    TooLarge(u64),
    /// UTF-16 or UTF-32, which PowerShell and some editors of Windows write.
    Wide,
    /// Bytes that are no UTF-8.
    NotUtf8,
    /// The operating system refuses to read it.
    Refused(io::Error),
}

/// Reads the text of `path`, of at most `largest` bytes. A link is followed, to a regular file only.
pub fn read_text(path: &Path, largest: u64) -> Result<String, Unreadable> {
    let bytes = read_bytes(path, largest)?;
    text_of(bytes)
}

fn read_bytes(path: &Path, largest: u64) -> Result<Vec<u8>, Unreadable> {
    let file = open(path)?;
    let mut bytes = Vec::new();
    // One more byte is read to see that the file is too large; its own size is not trusted.
    file.take(largest.saturating_add(1)).read_to_end(&mut bytes).map_err(Unreadable::from_io)?;
    if bytes.len() as u64 > largest { Err(Unreadable::TooLarge(largest)) } else { Ok(bytes) }
}

/// Opens a regular file. It never blocks, as opening a pipe without a writer would.
fn open(path: &Path) -> Result<File, Unreadable> {
    regular(&std::fs::metadata(path).map_err(Unreadable::from_io)?)?;
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, nix::fcntl::OFlag::O_NONBLOCK.bits());
    let file = options.open(path).map_err(Unreadable::from_io)?;
    // Another file may have replaced it in the meantime.
    regular(&file.metadata().map_err(Unreadable::from_io)?)?;
    Ok(file)
}

fn regular(metadata: &std::fs::Metadata) -> Result<(), Unreadable> {
    match metadata {
        file if file.is_file() => Ok(()),
        folder if folder.is_dir() => Err(Unreadable::Folder),
        _ => Err(Unreadable::Special),
    }
}

/// The bytes as text, without a byte order mark.
fn text_of(bytes: Vec<u8>) -> Result<String, Unreadable> {
    String::from_utf8(unmarked(bytes)?).map_err(|_| Unreadable::NotUtf8)
}

/// The bytes of a file without a byte order mark. Fails for UTF-16 and UTF-32, which are recognised by their mark or
/// their first letters.
pub fn unmarked(mut bytes: Vec<u8>) -> Result<Vec<u8>, Unreadable> {
    if is_wide(&bytes) {
        return Err(Unreadable::Wide);
    }
    let mark = bytes.len() - without_mark(&bytes).len();
    bytes.drain(..mark);
    Ok(bytes)
}

/// The beginning of a file without a byte order mark: <https://www.unicode.org/faq/utf_bom.html#bom1>.
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes)
}

/// Whether the bytes are UTF-16 or UTF-32, by the byte order mark or, without one, by the zeros beside the first
/// letters.
fn is_wide(bytes: &[u8]) -> bool {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 0, 0xfe, 0xff, ..] => true,
        [a, b, c, d, ..] => matches!((*a, *b, *c, *d), (1.., 0, 1.., 0) | (0, 1.., 0, 1..)),
        _ => false,
    }
}

impl Unreadable {
    fn from_io(error: io::Error) -> Self {
        match error.kind() {
            // A path through a file can't exist either.
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing,
            _ => Self::Refused(error),
        }
    }

    /// Whether there is no file of that name; there may be a folder.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing | Self::Folder)
    }

    /// The hint, if it is the same for every file.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Wide => Some(
                "write it as UTF-8: in PowerShell `Set-Content -Encoding utf8` or `Out-File -Encoding utf8` instead of `>`",
            ),
            Self::NotUtf8 => Some("write it as UTF-8"),
            Self::Special => Some("put a regular file there"),
            Self::TooLarge(_) => Some("name a smaller file, or take out what does not belong there"),
            Self::Missing | Self::Folder | Self::Refused(_) => None,
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("there is no such file"),
            Self::Folder => f.write_str("it is a folder"),
            Self::Special => f.write_str("it is a device, a pipe or a socket, and not a regular file"),
            Self::TooLarge(largest) => write!(f, "it is larger than {} KiB", largest / 1024),
            Self::Wide => f.write_str("it is UTF-16 or UTF-32, and has to be UTF-8"),
            Self::NotUtf8 => f.write_str("it is not valid UTF-8"),
            Self::Refused(error) => write!(f, "{error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_of(bytes: &[u8]) -> Result<String, Unreadable> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, bytes).unwrap();
        read_text(&path, 16)
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        assert_eq!(read_of(b"\xef\xbb\xbfname: x").unwrap(), "name: x");
        assert_eq!(read_of(b"\xef\xbb\xbf").unwrap(), "");
    }

    #[test]
    fn utf_16_and_utf_32_are_named_with_the_way_out() {
        for bytes in [
            &b"\xff\xfeA\0=\x001\0"[..],
            b"\xfe\xff\0A\0=\x001",
            b"A\0=\x001\0",
            b"\0A\0=\x001",
            b"\xff\xfe\0\0A\0\0\0",
            b"\0\0\xfe\xff\0\0\0A",
        ] {
            let error = read_of(bytes).unwrap_err();
            assert!(matches!(error, Unreadable::Wide), "{bytes:?}: {error}");
            assert!(error.hint().unwrap().contains("-Encoding utf8"));
        }
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_refused() {
        assert!(matches!(read_of(b"caf\xe9"), Err(Unreadable::NotUtf8)));
    }

    #[test]
    fn a_file_of_the_limit_is_read_and_one_byte_more_is_not() {
        assert_eq!(read_of(&[b'a'; 16]).unwrap().len(), 16);
        assert!(matches!(read_of(&[b'a'; 17]), Err(Unreadable::TooLarge(16))));
    }

    #[test]
    fn a_folder_and_a_path_through_a_file_count_as_missing() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        for path in [".", "nowhere", "file/below"] {
            assert!(read_text(&folder.path().join(path), 16).unwrap_err().is_missing(), "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_leads_to_a_regular_file_or_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let link = |name: &str, target: &Path| {
            let path = folder.path().join(name);
            std::os::unix::fs::symlink(target, &path).unwrap();
            read_text(&path, 16)
        };
        std::fs::write(folder.path().join("file"), "text").unwrap();
        assert_eq!(link("to-file", &folder.path().join("file")).unwrap(), "text");
        assert!(matches!(link("to-device", Path::new("/dev/zero")), Err(Unreadable::Special)));
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(matches!(read_text(&pipe, 16), Err(Unreadable::Special)));
        assert!(matches!(link("to-pipe", &pipe), Err(Unreadable::Special)));
    }
}
