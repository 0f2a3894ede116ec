//! One of the engine's two streams on its way to the log: masked, kept for the report, and cut into lines.
//!
//! A whole line is passed on at once. The engine prints dots without a newline for minutes, so a partial line is passed
//! on after a second; only an end that could begin a secret or a workflow command stays back. Lines that show the plain
//! value of a secret are withheld ([`Withhold`]).

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use super::withhold::Withhold;
use crate::base::secret::{MaskStream, Masker, signature};

/// The time that a partial line waits for its end.
pub const PATIENCE: Duration = Duration::from_secs(1);

/// The longest line in bytes that is kept whole; a longer one is passed on in parts. Up to this length, a line for
/// debugging that shows a secret's value, with the mark of a secret before or after it, is withheld whole.
const LONGEST_LINE: usize = 4 << 20;

/// The bytes that may hold the start of a workflow command's marker: more than the longest one, `##teamcity[`, has
/// letters.
const LONGEST_MARKER: usize = 16;

/// The output of a stream for the report: its beginning and its end, masked.
#[derive(Clone, Default)]
pub struct Captured {
    first: Vec<u8>,
    last: VecDeque<u8>,
    left_out: u64,
    raw: Option<Vec<u8>>,
}

impl Captured {
    /// The masked text; if the middle was left out, a line says how much.
    pub fn masked(&self) -> String {
        let (last, more) = self.last.as_slices();
        let mut bytes = self.first.clone();
        if self.left_out > 0 {
            bytes.extend_from_slice(format!("\n[... {} bytes left out ...]\n", self.left_out).as_bytes());
        }
        bytes.extend_from_slice(last);
        bytes.extend_from_slice(more);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The bytes as they came, secrets included, of a stream that was only captured. `None` if it was passed on or was
    /// too long.
    pub fn raw(&self) -> Option<&[u8]> {
        self.raw.as_deref()
    }

    fn keep(&mut self, masked: &[u8], limit: usize) {
        let room = (limit / 2).saturating_sub(self.first.len());
        let (first, rest) = masked.split_at(room.min(masked.len()));
        self.first.extend_from_slice(first);
        self.last.extend(rest);
        let excess = self.last.len().saturating_sub(limit - limit / 2);
        self.last.drain(..excess);
        self.left_out += excess as u64;
    }

    fn keep_raw(&mut self, bytes: &[u8], limit: usize) {
        if let Some(raw) = &mut self.raw {
            if raw.len() + bytes.len() > limit {
                self.raw = None;
            } else {
                raw.extend_from_slice(bytes);
            }
        }
    }
}

impl fmt::Debug for Captured {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Captured")
            .field("masked", &self.masked())
            .field("raw", &self.raw.as_ref().map(Vec::len))
            .finish_non_exhaustive()
    }
}

/// The target of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passing {
    /// The stream goes to the log.
    Through,
    /// The stream is only kept, unmasked as well: the reader of secret outputs needs their plain values.
    Captured,
}

/// Whether a line is one that is not passed on.
pub type Unsaid = fn(&[u8]) -> bool;

/// Takes a stream's bytes and says what of it goes to the log.
pub struct Feed {
    mask: MaskStream,
    withhold: Withhold,
    passing: Passing,
    unsaid: Option<Unsaid>,
    limit: usize,
    partial: Vec<u8>,
    since: Option<Instant>,
    /// The time since which lines are held back.
    holds_since: Option<Instant>,
    captured: Captured,
}

/// The most bytes that are kept of a stream that is only captured.
const RAW_LIMIT: usize = 64 << 20;

impl Feed {
    /// A feed for a stream of which `limit` bytes are kept for the report.
    pub fn new(masker: &Masker, passing: Passing, limit: usize) -> Self {
        let raw = (passing == Passing::Captured).then(Vec::new);
        let captured = Captured { raw, ..Captured::default() };
        Self {
            mask: masker.stream(),
            withhold: Withhold::default(),
            passing,
            unsaid: None,
            limit,
            partial: Vec::new(),
            since: None,
            holds_since: None,
            captured,
        }
    }

    /// The same, without the lines that `unsaid` knows: they are kept for the report, and not passed on.
    #[must_use]
    pub fn without(self, unsaid: Option<Unsaid>) -> Self {
        Self { unsaid, ..self }
    }

    /// Takes bytes and returns the whole lines among them, with what was left of the line before.
    pub fn push(&mut self, bytes: &[u8], now: Instant) -> Vec<u8> {
        self.captured.keep_raw(bytes, RAW_LIMIT);
        let masked = self.mask.push(bytes);
        self.accept(&masked, now)
    }

    /// The text that has waited long enough: lines that are held back, and the partial line without an end that could
    /// begin a marker.
    pub fn partial(&mut self, now: Instant) -> Vec<u8> {
        let is_due = |since: Option<Instant>| since.is_some_and(|since| since + PATIENCE <= now);
        let mut out = Vec::new();
        if is_due(self.holds_since) {
            let held = self.withhold.release();
            self.holds_since = None;
            out.append(&mut self.kept(held));
        }
        if is_due(self.since) {
            let partial = self.take_partial();
            out.append(&mut self.let_go(&partial, now));
        }
        out
    }

    /// The time at which some text will have waited long enough.
    pub fn due(&self) -> Option<Instant> {
        self.since.into_iter().chain(self.holds_since).min().map(|since| since + PATIENCE)
    }

    /// Ends the stream and returns the rest of it.
    pub fn finish(&mut self, now: Instant) -> Vec<u8> {
        let masked = self.mask.finish();
        let mut lines = self.accept(&masked, now);
        let partial = std::mem::take(&mut self.partial);
        lines.append(&mut self.let_go(&partial, now));
        let held = self.withhold.release();
        lines.append(&mut self.kept(held));
        (self.since, self.holds_since) = (None, None);
        lines
    }

    /// The text for the report, when the stream has ended.
    pub fn into_captured(self) -> Captured {
        self.captured
    }

    fn accept(&mut self, masked: &[u8], now: Instant) -> Vec<u8> {
        let mut lines = Vec::new();
        let rest = match masked.iter().rposition(|&byte| byte == b'\n') {
            Some(end) => {
                lines.append(&mut self.partial);
                lines.extend_from_slice(&masked[..=end]);
                self.since = None;
                &masked[end + 1..]
            }
            None => masked,
        };
        if !rest.is_empty() {
            self.partial.extend_from_slice(rest);
            self.since.get_or_insert(now);
            if self.partial.len() > LONGEST_LINE {
                lines.append(&mut self.take_partial());
            }
        }
        self.let_go(&lines, now)
    }

    /// The part of these lines that is passed on now; an object that has not ended is held back.
    fn let_go(&mut self, lines: &[u8], now: Instant) -> Vec<u8> {
        let lines = self.withhold.pass(lines);
        self.holds_since = self.withhold.holds().then(|| self.holds_since.unwrap_or(now));
        self.kept(lines)
    }

    /// Keeps lines for the report, and returns the part of them for the log.
    fn kept(&mut self, lines: Vec<u8>) -> Vec<u8> {
        self.captured.keep(&lines, self.limit);
        match (self.passing, self.unsaid) {
            (Passing::Captured, _) => Vec::new(),
            (Passing::Through, None) => lines,
            (Passing::Through, Some(unsaid)) => lines
                .split_inclusive(|byte| *byte == b'\n')
                .filter(|line| !unsaid(line))
                .flatten()
                .copied()
                .collect(),
        }
    }

    fn take_partial(&mut self) -> Vec<u8> {
        // The text that stays back waits for more bytes: to look again in a second would not help.
        self.since = None;
        let kept = half_a_marker(&self.partial).max(signature::half_of_one(&self.partial));
        let kept = self.partial.split_off(self.partial.len() - kept);
        std::mem::replace(&mut self.partial, kept)
    }
}

/// The number of bytes at the end that could begin `::`, `##[`, `##vso[` or `##teamcity[`. Invisible characters between
/// the letters do not count, as some agents ignore them.
fn half_a_marker(line: &[u8]) -> usize {
    if line.ends_with(b":") && !line.ends_with(b"::") {
        return 1;
    }
    let seen = |byte: &u8| (0x20..0x7f).contains(byte);
    let could_be_in_it = |byte: &&u8| **byte == b'#' || byte.is_ascii_alphabetic() || !seen(byte);
    let length = line.iter().rev().take(LONGEST_MARKER).take_while(could_be_in_it).count();
    let end = &line[line.len() - length..];
    let begins_here = |at: &usize| {
        let mut letters = end[*at..].iter().filter(|byte| seen(byte));
        let first = (letters.next(), letters.next());
        first == (Some(&b'#'), None)
            || (first == (Some(&b'#'), Some(&b'#')) && !letters.any(|byte| *byte == b'#'))
    };
    (0..length).find(begins_here).map_or(0, |at| length - at)
}

#[cfg(test)]
mod tests;
