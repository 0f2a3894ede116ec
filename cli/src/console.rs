//! Our own lines in the job's log. Everything is masked; a reader who is gone is no error.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::ci::{CiSystem, Level};
use crate::engine::output::disarmed;
use crate::error::Error;
use crate::render::log_line;
use crate::secret::Masker;
use crate::unfinished::now;

/// Writes our own lines.
pub struct Console {
    ci: &'static dyn CiSystem,
    masker: Masker,
    missed: AtomicBool,
    groups: AtomicU32,
}

impl Console {
    /// A console for `ci`'s log.
    pub fn new(ci: &'static dyn CiSystem) -> Self {
        Self { ci, masker: Masker::new(), missed: AtomicBool::new(false), groups: AtomicU32::new(0) }
    }

    /// The masks of this run.
    pub fn masker(&self) -> &Masker {
        &self.masker
    }

    /// Hides `secret` from now on: first in the CI system's own log, then in all that we write.
    pub fn hide(&mut self, name: &str, secret: &str) {
        self.masker.add(name, secret);
        if crate::secret::is_long_enough(secret.trim()) {
            self.write(&self.ci.mask(secret));
        }
    }

    /// One line, which may hold foreign words: nothing in it is a command of the CI system.
    pub fn line(&self, text: &str) {
        self.write(&(log_line(&self.masker.mask(text)) + "\n"));
    }

    /// Text that has its line ends already, and no foreign words that could be commands.
    pub fn text(&self, text: &str) {
        self.write(&self.masker.mask(text));
    }

    /// What was asked for, on standard output.
    pub fn print(&self, text: &str) {
        let _ = std::io::stdout().lock().write_all(&self.printed(text));
    }

    /// Whether [`Console::print`] prints `text` as it is.
    pub fn shows(&self, text: &str) -> bool {
        self.printed(text) == text.as_bytes()
    }

    fn printed(&self, text: &str) -> Vec<u8> {
        let text = self.masker.mask(text);
        match self.ci.disarm() {
            Some(disarm) => disarmed(text.as_bytes(), disarm, &mut true),
            None => text.into_bytes(),
        }
    }

    /// Something worth knowing, shown where the CI system shows such things.
    pub fn annotate(&self, level: Level, title: &str, message: &str) {
        let (title, message) = (self.masker.mask(title), self.masker.mask(message));
        self.write(&self.ci.annotation(level, &title, &message));
    }

    /// Remembers that a part of the report did not get where it should.
    pub fn miss(&self) {
        self.missed.store(true, Ordering::Relaxed);
    }

    /// Whether one did not.
    pub fn has_missed(&self) -> bool {
        self.missed.load(Ordering::Relaxed)
    }

    /// An error with its way out.
    pub fn error(&self, error: &Error) {
        let mut message = error.to_string();
        if let Some(hint) = error.hint() {
            message.push_str("\nhint: ");
            message.push_str(hint);
        }
        self.annotate(Level::Error, "stackstep", &message);
    }

    /// Opens a folded group.
    pub fn group(&self, title: &str) {
        let number = self.groups.fetch_add(1, Ordering::Relaxed) + 1;
        self.write(&self.ci.numbered_group(&log_line(&self.masker.mask(title)), number, now()));
    }

    /// Closes it.
    pub fn end_group(&self) {
        self.write(&self.ci.end_numbered_group(self.groups.load(Ordering::Relaxed), now()));
    }

    /// Lines that are the CI system's own and hold nothing foreign.
    pub fn command(&self, lines: &str) {
        self.write(lines);
    }

    fn write(&self, text: &str) {
        // In a job both streams end up in one log, but not in step with each other: one stream keeps the order.
        if self.ci.one_stream() {
            let mut out = std::io::stdout().lock();
            let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        } else {
            let _ = std::io::stderr().lock().write_all(text.as_bytes());
        }
    }
}
