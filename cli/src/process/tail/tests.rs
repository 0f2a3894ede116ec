//! Event logs as engines leave them, in all states of being written.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use tempfile::TempDir;

use super::*;

struct Log {
    folder: TempDir,
    tail: Tail,
}

impl Log {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let tail = Tail::new(folder.path().join("events"));
        Self { folder, tail }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("events")
    }

    fn append(&self, text: impl AsRef<[u8]>) {
        append(&self.path(), text.as_ref());
    }

    fn poll(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        self.tail.poll(&mut |line| lines.push(String::from_utf8_lossy(line).into_owned()));
        lines
    }

    fn finish(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        self.tail.finish(&mut |line| lines.push(String::from_utf8_lossy(line).into_owned()));
        lines
    }
}

fn append(path: &Path, text: &[u8]) {
    let mut file = OpenOptions::new().append(true).create(true).open(path).expect("a log");
    file.write_all(text).expect("room on the disk");
}

#[test]
fn a_log_that_appears_late_is_read_line_by_line() {
    let mut log = Log::new();
    assert!(log.poll().is_empty());
    log.append("one\ntw");
    assert_eq!(log.poll(), ["one"]);
    log.append("o\n\nthree\n");
    assert_eq!(log.poll(), ["two", "three"]);
    assert!(log.finish().is_empty());
    assert_eq!(log.tail.state, TailState { found: true, ..TailState::default() });
}

#[test]
fn a_log_that_never_appears_is_told() {
    let mut log = Log::new();
    assert!(log.finish().is_empty());
    assert!(!log.tail.state.found);
}

#[test]
fn a_last_line_without_an_end_is_passed_on_and_told() {
    let mut log = Log::new();
    log.append("one\n{\"half\":");
    assert_eq!(log.poll(), ["one"]);
    assert_eq!(log.finish(), ["{\"half\":"]);
    assert!(log.tail.state.cut_off);
}

#[test]
fn a_truncated_log_is_read_from_its_beginning() {
    let mut log = Log::new();
    log.append("old one\nold two\nold half");
    assert_eq!(log.poll(), ["old one", "old two"]);
    fs::write(log.path(), "new\n").expect("a log");
    assert_eq!(log.poll(), ["new"]);
    assert_eq!(log.tail.state.restarts, 1);
}

#[test]
fn a_log_begun_again_is_known_even_when_it_is_longer_than_before() {
    let mut log = Log::new();
    log.append("{\"sequence\":0,\"timestamp\":1}\n");
    assert_eq!(log.poll().len(), 1);
    fs::write(log.path(), "{\"sequence\":0,\"timestamp\":2}\n{\"sequence\":1,\"timestamp\":2}\n")
        .expect("a log");
    assert_eq!(log.poll(), ["{\"sequence\":0,\"timestamp\":2}", "{\"sequence\":1,\"timestamp\":2}"]);
    assert_eq!(log.tail.state.restarts, 1);
}

#[test]
fn a_log_in_the_place_of_another_is_read_after_it() {
    let mut log = Log::new();
    log.append("old one\n");
    assert_eq!(log.poll(), ["old one"]);
    fs::rename(log.path(), log.folder.path().join("moved")).expect("a move");
    append(&log.folder.path().join("moved"), b"old two\n");
    log.append("new\n");
    assert_eq!(log.finish(), ["old two", "new"]);
}

#[test]
fn a_log_that_vanishes_is_read_to_its_end() {
    let mut log = Log::new();
    log.append("one\n");
    assert_eq!(log.poll(), ["one"]);
    log.append("two\n");
    fs::remove_file(log.path()).expect("a log to remove");
    assert_eq!(log.finish(), ["two"]);
}

#[test]
fn garbage_is_passed_on_as_it_is() {
    let mut log = Log::new();
    log.append(b"\xff\x00\xfe\r\n{}\n");
    let mut lines = Vec::new();
    log.tail.finish(&mut |line| lines.push(line.to_vec()));
    assert_eq!(lines, [&b"\xff\x00\xfe\r"[..], b"{}"]);
}

#[test]
fn a_large_log_is_read_in_portions_so_that_others_have_their_turn() {
    let mut log = Log::new();
    let line = "x".repeat(1023) + "\n";
    log.append(line.repeat(1536));
    assert_eq!(log.poll().len(), 1024);
    assert_eq!(log.poll().len(), 512);
    assert!(log.poll().is_empty());
}

#[test]
fn a_line_of_ten_megabytes_is_passed_on() {
    let mut log = Log::new();
    log.append("x".repeat(10 << 20) + "\nnext\n");
    let lengths: Vec<usize> = log.finish().iter().map(String::len).collect();
    assert_eq!(lengths, [10 << 20, 4]);
}

#[test]
fn a_line_that_fits_no_memory_is_left_out_and_told() {
    let mut log = Log::new();
    log.tail.extend_line(&vec![b'x'; LONGEST_LINE]);
    log.append("x\nnext\n");
    assert_eq!(log.finish(), ["next"]);
    assert_eq!(log.tail.state.skipped_lines, 1);
}

#[cfg(unix)]
#[test]
fn a_pipe_or_a_folder_in_its_place_is_no_log_and_holds_nobody_up() {
    let mut log = Log::new();
    nix::unistd::mkfifo(&log.path(), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    assert!(log.finish().is_empty());
    fs::remove_file(log.path()).expect("a pipe to remove");
    fs::create_dir(log.path()).expect("a folder");
    assert!(log.finish().is_empty());
    assert!(!log.tail.state.found);
}
