//! The rest of long patterns behind their beginnings, as fingerprints: eight bytes for a pattern and for each doubling
//! of its length, however long it is.
//!
//! A place in the text where a long pattern may begin is a [`Candidate`]. At each of a few lengths its fingerprint is
//! looked up: it may be that of a whole pattern, and it has to be that of the beginning of one. So a text that only
//! began like a secret is held back for at most twice as long as the two agree.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, VecDeque};

use super::fingerprint::{Base, pair};
use super::prefixes::PrefixState;

/// A function that takes a pattern and the state of its beginning.
type Add<'a> = dyn FnMut(PrefixState, &[u8]) + 'a;

/// A length at which candidates are checked.
struct TailStep {
    length: usize,
    /// The [`Base::power`] of the text after the beginning.
    power: u64,
    /// Whether there are patterns of this length.
    ends: bool,
    /// Whether a candidate has to be the beginning of a pattern to go on.
    narrows: bool,
}

/// The fingerprints of the long patterns.
pub(super) struct Tails {
    base: Base,
    /// The length of the beginnings, which the automaton finds.
    depth: usize,
    steps: Vec<TailStep>,
    /// The fingerprints of whole patterns, sorted.
    whole: Vec<u64>,
    /// The fingerprints of the beginnings of patterns at the steps that narrow, sorted.
    begun: Vec<u64>,
}

impl Tails {
    /// The tails of all patterns that `each` passes on together with the state of their beginnings, which have `depth`
    /// bytes.
    pub(super) fn new(depth: usize, each: &dyn Fn(&mut Add<'_>)) -> Self {
        let base = Base::draw();
        let mut tails = Self { base, depth, steps: Vec::new(), whole: Vec::new(), begun: Vec::new() };
        let mut lengths = BTreeSet::new();
        each(&mut |entry, pattern| {
            lengths.insert(pattern.len());
            tails.add(entry, pattern);
        });
        for list in [&mut tails.whole, &mut tails.begun] {
            list.sort_unstable();
            list.dedup();
            list.shrink_to_fit();
        }
        let longest = lengths.last().copied().unwrap_or_default();
        let doubled: BTreeSet<usize> = doubled(depth).take_while(|length| *length < longest).collect();
        let step = |length: &usize| TailStep {
            length: *length,
            power: base.power(length - depth),
            ends: lengths.contains(length),
            narrows: doubled.contains(length),
        };
        tails.steps = lengths.union(&doubled).map(step).collect();
        tails
    }

    fn add(&mut self, entry: PrefixState, pattern: &[u8]) {
        let (mut fingerprint, mut done) = (0, self.depth);
        for length in doubled(self.depth).take_while(|length| *length < pattern.len()) {
            fingerprint = self.base.grown_by(fingerprint, &pattern[done..length]);
            done = length;
            self.begun.push(pair(entry, fingerprint));
        }
        fingerprint = self.base.grown_by(fingerprint, &pattern[done..]);
        self.whole.push(pair(entry, fingerprint));
    }

    /// Whether there is no long pattern.
    pub(super) fn is_empty(&self) -> bool {
        self.whole.is_empty()
    }

    /// The memory that the tails take, in bytes.
    pub(super) fn bytes(&self) -> usize {
        (self.whole.capacity() + self.begun.capacity()) * size_of::<u64>()
            + self.steps.capacity() * size_of::<TailStep>()
    }
}

/// The lengths at which only beginnings of patterns go on.
fn doubled(depth: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(depth * 2), |length| length.checked_mul(2))
}

/// A place where a long pattern may have begun.
struct Candidate {
    start: u64,
    /// The fingerprint of the text up to the end of the candidate's beginning.
    before: u64,
    entry: PrefixState,
}

/// The candidates of one text.
#[derive(Default)]
pub(super) struct Candidates {
    /// The number of bytes so far.
    at: u64,
    /// The fingerprint of all these bytes.
    fingerprint: u64,
    /// For each step, the candidates that are checked there next, in the order of their beginnings.
    waiting: Vec<VecDeque<Candidate>>,
    /// For each step with candidates, the position at which its first one is checked.
    due: BinaryHeap<Reverse<(u64, usize)>>,
}

impl Candidates {
    /// Takes one more byte and returns the length of the longest pattern that ends there, or 0.
    #[inline]
    pub(super) fn next(&mut self, tails: &Tails, byte: u8) -> usize {
        self.at += 1;
        self.fingerprint = tails.base.grown(self.fingerprint, byte);
        let mut longest = 0;
        while let Some(&Reverse((due, step))) = self.due.peek()
            && due == self.at
        {
            longest = longest.max(self.match_length(tails, step));
        }
        longest
    }

    /// Checks the first candidate of a step. Returns the length of the pattern that it is, or 0.
    fn match_length(&mut self, tails: &Tails, index: usize) -> usize {
        self.due.pop();
        let step = &tails.steps[index];
        let Some(candidate) = self.waiting[index].pop_front() else { return 0 };
        if let Some(next) = self.waiting[index].front() {
            self.due.push(Reverse((next.start + step.length as u64, index)));
        }
        let fingerprint = pair(candidate.entry, Base::since(candidate.before, self.fingerprint, step.power));
        let knows = |list: &[u64]| list.binary_search(&fingerprint).is_ok();
        let hit = step.ends && knows(&tails.whole);
        if !step.narrows || knows(&tails.begun) {
            self.wait(tails, index + 1, candidate);
        }
        if hit { step.length } else { 0 }
    }

    /// Adds a candidate: a pattern with the beginning `entry` may have begun.
    pub(super) fn add(&mut self, tails: &Tails, entry: PrefixState) {
        let candidate = Candidate { start: self.at - tails.depth as u64, before: self.fingerprint, entry };
        self.wait(tails, 0, candidate);
    }

    fn wait(&mut self, tails: &Tails, index: usize, candidate: Candidate) {
        let Some(step) = tails.steps.get(index) else { return };
        if self.waiting.len() <= index {
            self.waiting.resize_with(index + 1, VecDeque::new);
        }
        if self.waiting[index].is_empty() {
            self.due.push(Reverse((candidate.start + step.length as u64, index)));
        }
        self.waiting[index].push_back(candidate);
    }

    /// The number of bytes at the end of the text that could begin a long pattern.
    pub(super) fn depth(&self) -> usize {
        let first = |Reverse((_, index)): &Reverse<(u64, usize)>| Some(self.waiting[*index].front()?.start);
        let since = self.due.iter().filter_map(first).min().map_or(0, |start| self.at - start);
        usize::try_from(since).unwrap_or(usize::MAX)
    }
}
