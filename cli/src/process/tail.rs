//! Reads a log of lines while a program writes it.
//!
//! The file appears late, the program may truncate it and begin again, and a crash leaves half a line. A log that grows
//! is read on from the last byte; a new beginning is recognised by its identity, its size and its first bytes.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

/// The pause between two looks at the log.
pub const POLL: Duration = Duration::from_millis(100);

/// The longest line in bytes that is passed on; longer ones are counted and left out.
const LONGEST_LINE: usize = 64 << 20;

/// The bytes that are read before other work has its turn.
const PORTION: usize = 1 << 20;

/// The first bytes by which a log is told from its successor: they hold the time of its first line.
const BEGINNING: usize = 256;

/// Reads a log from the first line to the last.
pub struct Tail {
    path: PathBuf,
    open: Option<Open>,
    line: Vec<u8>,
    /// Whether the line is too long, so that the rest of it is left out.
    skipping: bool,
    /// The incidents while the log was read.
    pub state: TailState,
}

/// The incidents while a log was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TailState {
    /// Whether there was a log at all.
    pub found: bool,
    /// The number of times that it was truncated or replaced, and begun again.
    pub restarts: u32,
    /// The number of lines that were too long to be passed on.
    pub skipped_lines: u32,
    /// Whether the last line has no end: the program did not end by itself.
    pub cut_off: bool,
}

struct Open {
    file: File,
    offset: u64,
    beginning: Vec<u8>,
}

impl Tail {
    /// A tail of a file that need not exist yet.
    pub fn new(path: PathBuf) -> Self {
        Self { path, open: None, line: Vec::new(), skipping: false, state: TailState::default() }
    }

    /// Passes on the complete lines among the next bytes, without their line ends. Returns whether there is more to
    /// read.
    pub fn poll(&mut self, on_line: &mut dyn FnMut(&[u8])) -> bool {
        self.read(on_line) == PORTION
    }

    /// Reads the rest, a last line without an end included.
    pub fn finish(&mut self, on_line: &mut dyn FnMut(&[u8])) {
        while self.read(on_line) > 0 {}
        if !self.line.is_empty() || self.skipping {
            self.state.cut_off = true;
            self.end_line(on_line);
        }
    }

    /// Reads a portion of the log, or of its successor. Returns the number of bytes; 0 if there is nothing more.
    fn read(&mut self, on_line: &mut dyn FnMut(&[u8])) -> usize {
        self.reopen();
        let Some(open) = &mut self.open else { return 0 };
        let mut portion = Vec::new();
        // An error is ignored: the report says that events are missing.
        let _ = open.read(&mut portion);
        self.lines(&portion, on_line);
        portion.len()
    }

    /// Opens the log when it exists, and again if another has replaced it.
    fn reopen(&mut self) {
        let begun_again = self.open.as_ref().is_some_and(|open| open.is_over(&self.path));
        if begun_again {
            self.open = None;
            self.line.clear();
            self.skipping = false;
            self.state.restarts += 1;
        }
        if self.open.is_none() {
            self.open = open(&self.path).ok().map(|file| Open { file, offset: 0, beginning: Vec::new() });
            self.state.found |= self.open.is_some();
        }
    }

    fn lines(&mut self, mut bytes: &[u8], on_line: &mut dyn FnMut(&[u8])) {
        while let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
            self.extend_line(&bytes[..end]);
            self.end_line(on_line);
            bytes = &bytes[end + 1..];
        }
        self.extend_line(bytes);
    }

    fn extend_line(&mut self, bytes: &[u8]) {
        if self.skipping || self.line.len() + bytes.len() > LONGEST_LINE {
            self.skipping = true;
            self.line = Vec::new();
        } else {
            self.line.extend_from_slice(bytes);
        }
    }

    fn end_line(&mut self, on_line: &mut dyn FnMut(&[u8])) {
        if self.skipping {
            self.state.skipped_lines += 1;
        } else if !self.line.is_empty() {
            on_line(&self.line);
        }
        self.line.clear();
        self.skipping = false;
    }
}

impl Open {
    fn read(&mut self, portion: &mut Vec<u8>) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.offset))?;
        let result = (&self.file).take(PORTION as u64).read_to_end(portion);
        self.offset += portion.len() as u64;
        let missing = BEGINNING.saturating_sub(self.beginning.len());
        self.beginning.extend(portion.iter().take(missing));
        result.map(|_| ())
    }

    /// Whether another log has replaced the one that we read. A log that was deleted is read to its end.
    fn is_over(&self, path: &std::path::Path) -> bool {
        let Ok(here) = self.file.metadata() else { return false };
        if here.len() < self.offset || !self.begins_as_before() {
            return true;
        }
        here.len() == self.offset && std::fs::metadata(path).is_ok_and(|there| !is_same(&here, &there))
    }

    fn begins_as_before(&self) -> bool {
        let mut beginning = Vec::new();
        let mut file = &self.file;
        let read = file
            .seek(SeekFrom::Start(0))
            .and_then(|_| file.take(self.beginning.len() as u64).read_to_end(&mut beginning));
        read.is_err() || beginning == self.beginning
    }
}

/// Opens a regular file and nothing else, because opening a pipe would wait for its writer.
fn open(path: &std::path::Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(nix::fcntl::OFlag::O_NONBLOCK.bits());
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

#[cfg(unix)]
fn is_same(one: &std::fs::Metadata, other: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same(one: &std::fs::Metadata, other: &std::fs::Metadata) -> bool {
    one.created().ok() == other.created().ok()
}

#[cfg(test)]
mod tests;
