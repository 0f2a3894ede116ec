//! Masks a text that arrives in pieces: only an end that could become a secret is held back.

use std::sync::Arc;

use super::MASK;
use super::patterns::{PatternWay, Patterns};

/// Masks a stream of bytes, whatever the pieces in which it arrives. See [`super::Masker::stream`].
pub struct MaskStream {
    patterns: Arc<Patterns>,
    way: PatternWay,
    /// The bytes that are not decided yet, after some that are no longer needed.
    held: Vec<u8>,
    /// The index in `held` at which the undecided bytes begin.
    from: usize,
    /// The secrets in `held`, sorted, with a gap between each two.
    secrets: Vec<(usize, usize)>,
    /// Whether the output ends with a mask: a secret that touches it needs no further one.
    masked: bool,
}

impl MaskStream {
    pub(super) fn new(patterns: Arc<Patterns>) -> Self {
        let way = PatternWay::default();
        Self { patterns, way, held: Vec::new(), from: 0, secrets: Vec::new(), masked: false }
    }

    /// Takes the next piece and returns the text to pass on: everything but an end that could begin a secret.
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut end = self.held.len();
        self.held.extend_from_slice(piece);
        for &byte in piece {
            end += 1;
            let hit = self.way.next(&self.patterns, byte);
            if hit > 0 {
                self.hide(end.saturating_sub(hit), end);
            }
        }
        // The beginning of a secret may reach back into one that was masked already.
        self.release(self.held.len().saturating_sub(self.way.depth(&self.patterns)))
    }

    /// Ends the stream and returns the rest.
    pub fn finish(&mut self) -> Vec<u8> {
        self.way = PatternWay::default();
        self.release(self.held.len())
    }

    /// Records a secret; those that overlap or touch become one.
    fn hide(&mut self, mut start: usize, end: usize) {
        start = start.max(self.from);
        while let Some(&(last_start, last_end)) = self.secrets.last() {
            if last_end < start {
                break;
            }
            start = start.min(last_start);
            self.secrets.pop();
        }
        self.secrets.push((start, end));
    }

    /// Returns the bytes before `safe`, and the masks of secrets that reach beyond it: they stay hidden whatever
    /// follows.
    fn release(&mut self, safe: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(safe.saturating_sub(self.from));
        let mut done = 0;
        for &(start, end) in &self.secrets {
            if start > safe {
                break;
            }
            if start > self.from {
                out.extend_from_slice(&self.held[self.from..start]);
                self.masked = false;
            }
            if !self.masked {
                out.extend_from_slice(MASK.as_bytes());
                self.masked = true;
            }
            self.from = end;
            done += 1;
        }
        self.secrets.drain(..done);
        if safe > self.from {
            out.extend_from_slice(&self.held[self.from..safe]);
            self.from = safe;
            self.masked = false;
        }
        self.forget();
        out
    }

    /// Drops the bytes that were passed on once they are the larger part, so that each byte is moved once on average at
    /// most.
    fn forget(&mut self) {
        if self.from < self.held.len() / 2 {
            return;
        }
        self.held.drain(..self.from);
        for (start, end) in &mut self.secrets {
            *start -= self.from;
            *end -= self.from;
        }
        self.from = 0;
    }
}
