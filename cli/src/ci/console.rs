//! Our own lines in the job's log. Everything is masked; a log that nobody reads any more is no error.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::io::AsyncWrite;

use crate::base::clock::now;
use crate::base::error::{Error, Result};
use crate::base::secret::{Masker, is_long_enough, signature};
use crate::base::source_place::SourcePlace;
use crate::base::text::{log_line, markdown_line};
use crate::ci::kept_log::KeptLog;
use crate::ci::{Annotation, CiSystem, GroupMark, Level, LogFormat, json_without_commands};

/// Writes our own lines to the job's log.
pub struct Console {
    format: LogFormat,
    masker: Masker,
    /// The texts that the CI system was told to hide.
    told: BTreeSet<String>,
    missed: AtomicBool,
    groups: AtomicU32,
    /// The log of a run beside others; none for one that writes to the job's log.
    kept: Option<KeptLog>,
}

/// A stream of the job's log.
pub type LogStream = Box<dyn AsyncWrite + Unpin + Send>;

impl Console {
    /// A console for `ci`'s log.
    pub fn new(ci: &dyn CiSystem) -> Self {
        Self {
            format: ci.log(),
            masker: Masker::new(),
            told: BTreeSet::new(),
            missed: AtomicBool::new(false),
            groups: AtomicU32::new(0),
            kept: None,
        }
    }

    /// A console for a run beside others, which knows the same secrets. Its log is kept, until [`Console::take_back`] shows it.
    ///
    /// # Errors
    /// There is no room for temporary files.
    pub fn aside(&self) -> Result<Self> {
        Ok(Self {
            format: self.format,
            masker: self.masker.clone(),
            told: self.told.clone(),
            missed: AtomicBool::new(false),
            groups: AtomicU32::new(0),
            kept: Some(KeptLog::new()?),
        })
    }

    /// Shows the log of a run beside others, folded under this title, and learns its secrets.
    pub fn take_back(&mut self, aside: &Self, title: &str) {
        self.masker.learn(&aside.masker);
        let new: Vec<&String> = aside.told.iter().filter(|line| !self.told.contains(*line)).collect();
        let lines: String = new.iter().map(|line| (self.format.mask)(line)).collect();
        self.told.extend(new.into_iter().cloned());
        self.write(&lines);
        if aside.has_missed() {
            self.miss();
        }
        self.group(title);
        if let Some(log) = &aside.kept {
            // Its run did not know the secrets of those beside it.
            let mut masked = self.masker.stream();
            log.replay(|piece| self.write_bytes(&masked.push(piece)));
            self.write_bytes(&masked.finish());
        }
        self.end_group();
    }

    /// The streams for a program's standard output and standard error.
    pub fn streams(&self) -> (LogStream, LogStream) {
        match &self.kept {
            Some(log) => (Box::new(log.clone()), Box::new(log.clone())),
            None if self.format.one_stream => (Box::new(tokio::io::stdout()), Box::new(tokio::io::stdout())),
            None => (Box::new(tokio::io::stdout()), Box::new(tokio::io::stderr())),
        }
    }

    /// The masker of this run.
    pub fn masker(&self) -> &Masker {
        &self.masker
    }

    /// Hides `secret` from now on: first in the CI system's own log, then in everything that we write.
    pub fn hide(&mut self, name: &str, secret: &str) {
        self.masker.add(name, secret);
        let mut lines = String::new();
        for line in worth_a_mask(secret) {
            if self.told.insert(line.to_owned()) {
                lines.push_str(&(self.format.mask)(line));
            }
        }
        if self.kept.is_some() {
            // Told when the log is shown, as that is masked once more.
            return;
        }
        self.write(&lines);
    }

    /// Writes one line, which may hold foreign words: nothing in it is taken for a command of the CI system.
    pub fn line(&self, text: &str) {
        self.write(&(log_line(&self.masked(text)) + "\n"));
    }

    /// Writes text that has its line ends already, and no foreign words that could be commands.
    pub fn text(&self, text: &str) {
        self.write(&self.masker.mask(text));
    }

    /// Prints text for a person to standard output, line by line: nothing in it is taken for a command of the CI
    /// system.
    pub fn print(&self, text: &str) {
        self.print_lines(text, log_line);
    }

    /// The same with Markdown, whose foreign text is escaped.
    pub fn print_markdown(&self, text: &str) {
        self.print_lines(text, markdown_line);
    }

    fn print_lines(&self, text: &str, shown: fn(&str) -> String) {
        let lines: String = self.masker.mask(text).lines().map(|line| shown(line) + "\n").collect();
        self.write_out(&lines);
    }

    /// Prints JSON for a machine to standard output: the same value, without anything that the CI system takes for a
    /// command. It is not masked, because a mask could hit a quote.
    pub fn print_json(&self, json: &str) {
        self.write_out(&json_without_commands(json));
    }

    /// Prints to standard output, as they are, lines that hold nothing foreign and that the CI system is meant to read.
    pub fn print_commands(&self, lines: &str) {
        self.write_out(lines);
    }

    /// Writes to standard output, whatever the CI system reads.
    fn write_out(&self, text: &str) {
        match &self.kept {
            Some(log) => log.add(text),
            None => drop(std::io::stdout().lock().write_all(text.as_bytes())),
        }
    }

    /// Whether a text holds no secret, so that it can be printed as it is.
    pub fn shows(&self, text: &str) -> bool {
        !self.masker.contains_secret(text)
    }

    /// Writes an annotation, which CI systems show in a place of its own.
    pub fn annotate(&self, level: Level, title: &str, message: &str) {
        self.annotate_at(level, title, message, None);
    }

    /// The same, at a place in the repository's files.
    pub fn annotate_at(&self, level: Level, title: &str, message: &str, place: Option<&SourcePlace>) {
        let (title, message) = (self.masked(title), self.masked(message));
        let annotation = Annotation { level, title: &title, message: &message, place };
        self.write(&(self.format.annotation)(&annotation));
    }

    /// Remembers that a part of the report could not be published.
    pub fn miss(&self) {
        self.missed.store(true, Ordering::Relaxed);
    }

    /// Whether a part of the report could not be published.
    pub fn has_missed(&self) -> bool {
        self.missed.load(Ordering::Relaxed)
    }

    /// Writes an error with its hint.
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
        let title = log_line(&self.masked(title));
        if self.kept.is_some() {
            // It will stand in a group itself, and not every CI system has one inside of another.
            self.write(&format!("{title}\n"));
            return;
        }
        self.write(&(self.format.open_group)(&title, GroupMark { number, at: now() }));
    }

    /// Closes the group that was opened last.
    pub fn end_group(&self) {
        if self.kept.is_some() {
            return;
        }
        let number = self.groups.load(Ordering::Relaxed);
        self.write(&(self.format.close_group)(GroupMark { number, at: now() }));
    }

    /// Writes lines for the CI system that hold nothing foreign.
    pub fn command(&self, lines: &str) {
        self.write(lines);
    }

    fn masked(&self, text: &str) -> String {
        if signature::is_shown(text.as_bytes()) {
            return signature::WITHHELD.to_owned();
        }
        self.masker.mask(text)
    }

    fn write(&self, text: &str) {
        match &self.kept {
            Some(log) => log.add(text),
            None => self.write_bytes(text.as_bytes()),
        }
    }

    fn write_bytes(&self, bytes: &[u8]) {
        // In a job both streams end up in one log, but the order between them can get lost: one stream keeps it.
        if self.format.one_stream {
            let mut out = std::io::stdout().lock();
            let _ = out.write_all(bytes).and_then(|()| out.flush());
        } else {
            let _ = std::io::stderr().lock().write_all(bytes);
        }
    }
}

/// The lines of a secret that the CI system is told to hide. It hides them wherever they show, and GitHub withholds
/// outputs with one in them. So lines such as `{`, `true` or `- dev` are left out: without them a log can't be read,
/// and its JSON is broken.
fn worth_a_mask(secret: &str) -> impl Iterator<Item = &str> {
    let secret = secret.trim();
    let is_alone = !secret.contains('\n');
    let says_nothing = move |c: char| {
        c.is_whitespace() || "{}[]()<>\"'`,;:".contains(c) || (!is_alone && c.is_ascii_punctuation())
    };
    secret.lines().map(str::trim).filter(move |line| is_long_enough(line.trim_matches(says_nothing)))
}

#[cfg(test)]
mod tests {
    use super::worth_a_mask;

    fn masks(secret: &str) -> Vec<&str> {
        worth_a_mask(secret).collect()
    }

    #[test]
    fn no_line_that_is_short_or_only_signs_gets_a_mask() {
        let secret = "{\n  \"key\": \"hunter22\",\n  \"list\": [\n    true,\n    [null],\n    \"dev\",\n  ],  [\n\
                      ------\n======\n- false\nab\n}}}}}}}\n";
        assert_eq!(masks(secret), ["\"key\": \"hunter22\","]);
        assert_eq!(masks("-----BEGIN KEY-----\r\nMIIEpAIB\r\n"), ["-----BEGIN KEY-----", "MIIEpAIB"]);
    }

    #[test]
    fn a_secret_of_one_line_gets_a_mask_unless_it_is_a_word_in_brackets() {
        assert_eq!(masks(" p@$$!!+ \n"), ["p@$$!!+"]);
        assert_eq!(masks("a{b}c{d}e"), ["a{b}c{d}e"]);
        for secret in ["", "ab", "{", "hunte", "\"true\"", "[null],", "{{{{{{", "  [ ],[  ] "] {
            assert!(masks(secret).is_empty(), "{secret}");
        }
    }
}
