//! The patterns that the masker searches for, and the position of a text in them.
//!
//! Only the secrets themselves are kept, not their forms: a secret of 1 MB has more than 50 MB of forms. The first
//! bytes of each form are in an automaton ([`Prefixes`]), as many as there is room for, which is all of them for a
//! usual job; the rest are fingerprints ([`Tails`]).

use std::collections::BTreeSet;

use super::forms;
use super::prefixes::{Beginning, DEEPEST, PrefixState, Prefixes, START};
use super::tails::{Candidates, Tails};

/// The most nodes of the automaton, unless the beginnings are of the shortest length already.
const NODES: usize = 1 << 21;

/// The fewest bytes of a form: those of a value with the fewest characters that are masked.
const FEWEST: usize = super::SHORTEST;

/// The patterns of a set of values.
pub(super) struct Patterns {
    prefixes: Prefixes,
    tails: Option<Tails>,
}

impl Patterns {
    /// The patterns of values that are long enough to be hidden.
    pub(super) fn new(values: &BTreeSet<String>) -> Self {
        let parts = parts(values);
        let mut count = 0;
        for part in &parts {
            forms::each_beginning(part, FEWEST, &mut |_| count += 1);
        }
        let depth = (NODES / usize::max(count, 1)).clamp(FEWEST, DEEPEST);
        let prefixes = prefixes(depth, &parts);
        let tails = Tails::new(depth, &|add| {
            for part in &parts {
                forms::each(part, &mut |form| {
                    if form.len() > depth {
                        let entry =
                            form[..depth].iter().fold(START, |state, byte| prefixes.next(state, *byte));
                        add(entry, form);
                    }
                });
            }
        });
        Self { prefixes, tails: (!tails.is_empty()).then_some(tails) }
    }

    /// Whether the text contains any pattern.
    pub(super) fn matches(&self, text: &[u8]) -> bool {
        let mut way = PatternWay::default();
        text.iter().any(|&byte| way.next(self, byte) > 0)
    }

    /// The memory that the patterns take, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.prefixes.bytes() + self.tails.as_ref().map_or(0, Tails::bytes)
    }
}

/// The values and their lines that are long enough, each once.
fn parts(values: &BTreeSet<String>) -> BTreeSet<&str> {
    let lines = values.iter().flat_map(|value| value.lines()).map(str::trim);
    values.iter().map(String::as_str).chain(lines.filter(|line| super::is_long_enough(line))).collect()
}

/// The automaton of all forms' first bytes.
fn prefixes(depth: usize, parts: &BTreeSet<&str>) -> Prefixes {
    let mut bytes = Vec::new();
    let mut pieces: Vec<(usize, usize, bool)> = Vec::new();
    for part in parts {
        let of_this = pieces.len();
        forms::each_beginning(part, depth + 1, &mut |form| {
            let (beginning, goes_on) = (&form[..form.len().min(depth)], form.len() > depth);
            // Most forms of a value have the same beginning.
            let known =
                |piece: &(usize, usize, bool)| piece.2 == goes_on && bytes[piece.0..piece.1] == *beginning;
            if !pieces[of_this..].iter().any(known) {
                let from = bytes.len();
                bytes.extend_from_slice(beginning);
                pieces.push((from, bytes.len(), goes_on));
            }
        });
    }
    let beginning =
        |&(from, to, goes_on): &(usize, usize, bool)| Beginning { bytes: &bytes[from..to], goes_on };
    let mut beginnings: Vec<Beginning<'_>> = pieces.iter().map(beginning).collect();
    drop(pieces);
    beginnings.sort_unstable();
    beginnings.dedup();
    Prefixes::new(&beginnings)
}

/// The position of a text in the patterns.
#[derive(Default)]
pub(super) struct PatternWay {
    state: PrefixState,
    candidates: Candidates,
}

impl PatternWay {
    /// Takes one more byte and returns the length of the longest pattern that ends there, or 0.
    #[inline]
    pub(super) fn next(&mut self, patterns: &Patterns, byte: u8) -> usize {
        self.state = patterns.prefixes.next(self.state, byte);
        let short = if self.state == START { 0 } else { patterns.prefixes.hit(self.state) };
        let Some(tails) = &patterns.tails else { return short };
        let long = self.candidates.next(tails, byte);
        if patterns.prefixes.goes_on(self.state) {
            self.candidates.add(tails, self.state);
        }
        short.max(long)
    }

    /// The number of bytes at the end of the text that could begin a pattern.
    pub(super) fn depth(&self, patterns: &Patterns) -> usize {
        patterns.prefixes.depth(self.state).max(self.candidates.depth())
    }
}
