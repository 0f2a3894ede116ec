//! A time limit for test programs: one that says nothing for too long is ended, and the tests that it was busy with are
//! named. libtest itself waits for a test for ever: <https://doc.rust-lang.org/rustc/tests/index.html>.

use super::Count;
use crate::process;
use stackstep::base::error::{Error, Result};
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Runs a `cargo test` and adds up what its test programs say. A failure that none of them counts (a program that
/// does not compile, a crash) counts as one, and so does a run that says nothing for as long as `silence`.
pub fn run(command: &mut Command, silence: Duration) -> Result<Count> {
    let program = command.get_program().to_owned();
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(Error::io("start", &program))?;
    let running = process::Running::new(&child);
    let (sender, lines) = channel();
    if let Some(stdout) = child.stdout.take() {
        // It is not waited for: what a killed test leaves behind can hold the pipe open.
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).split(b'\n').map_while(std::result::Result::ok) {
                let _ = sender.send(String::from_utf8_lossy(&line).into_owned());
            }
        });
    }
    let (mut count, mut busy) = (Count::default(), Busy::default());
    loop {
        match lines.recv_timeout(silence) {
            Ok(line) => {
                println!("{line}");
                count += Count::of_libtest(&line).unwrap_or_default();
                busy.look(&line);
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                running.kill();
                let _ = child.wait();
                println!("ended: nothing was said for {} min; {busy}", silence.as_secs() / 60);
                return Ok(count + Count::one_failed());
            }
        }
    }
    let succeeded = child.wait().map_err(Error::io("wait for", &program))?.success();
    if !succeeded && count.failed == 0 {
        count += Count::one_failed();
    }
    Ok(count)
}

/// The tests that a test program is busy with, as far as it says: each that takes longer than a minute.
#[derive(Debug, Default)]
struct Busy(BTreeSet<String>);

impl Busy {
    /// Reads `test a::b has been running for over 60 seconds` and `test a::b ... ok`.
    fn look(&mut self, line: &str) {
        let Some(rest) = line.strip_prefix("test ") else { return };
        if let Some((name, _)) = rest.split_once(" has been running for over ") {
            self.0.insert(name.to_owned());
        } else if let Some((name, _)) = rest.split_once(" ... ") {
            self.0.remove(name);
        }
    }
}

impl std::fmt::Display for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no test has said that it takes long");
        }
        let names: Vec<&str> = self.0.iter().map(String::as_str).collect();
        write!(f, "these tests were running: {}", names.join(", "))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = process::command("sh", std::path::Path::new("."));
        command.args(["-c", script]);
        command
    }

    #[test]
    fn what_test_programs_count_is_added_up() {
        let line = "test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out";
        let count = run(&mut shell(&format!("echo '{line}'; echo '{line}'")), Duration::MAX).unwrap();
        assert_eq!(count, Count { passed: 4, failed: 0, skipped: 2 });
    }

    #[test]
    fn a_failure_that_nobody_counts_is_one() {
        assert_eq!(run(&mut shell("exit 101"), Duration::MAX).unwrap(), Count::one_failed());
    }

    #[test]
    fn a_test_program_that_never_ends_is_ended_with_what_it_has_started_and_fails() {
        // The child of the shell holds the pipe as long as it lives.
        let count = run(&mut shell("sleep 99999 & wait"), Duration::ZERO).unwrap();
        assert_eq!(count, Count::one_failed());
    }

    #[test]
    fn the_tests_that_take_long_are_named_until_they_end() {
        let mut busy = Busy::default();
        busy.look("test a::slow has been running for over 60 seconds");
        busy.look("test a::other has been running for over 60 seconds");
        busy.look("test a::other ... ok");
        assert_eq!(busy.to_string(), "these tests were running: a::slow");
    }
}
