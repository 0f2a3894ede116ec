//! Finds any of many byte strings in one pass: an Aho-Corasick automaton.
//!
//! Our own, as the crate of that name does not tell how long the end of the text is that could begin a match,
//! which is what a stream must know ([`Automaton::depth`]). One node costs 20 bytes, and one byte of a text a few
//! comparisons, however many strings there are. See A. Aho and M. Corasick, "Efficient string matching: an aid to
//! bibliographic search", <https://doi.org/10.1145/360825.360855>.

use std::collections::BTreeSet;

/// Where the automaton stands: the node of the longest end of the text that begins a pattern.
pub(super) type State = u32;

/// Nothing of the text so far begins a pattern.
pub(super) const START: State = 0;

/// A prefix of a pattern.
#[derive(Clone, Copy)]
struct Node {
    /// The first of the nodes that are one byte longer; they lie side by side, sorted by that byte.
    first: u32,
    /// The node of the longest proper suffix that is a prefix of a pattern.
    fallback: u32,
    /// The length of the longest pattern that ends here, or 0.
    hit: u32,
    /// The length of the prefix.
    depth: u32,
    /// How many nodes are one byte longer.
    children: u16,
    /// The last byte of the prefix.
    byte: u8,
}

/// The automaton of a set of patterns.
pub(super) struct Automaton {
    nodes: Vec<Node>,
    /// The node after each byte from the start, as most of a text is read there.
    after_start: [State; 256],
}

impl Automaton {
    /// Builds the automaton of non-empty patterns.
    pub(super) fn new(patterns: &BTreeSet<Vec<u8>>) -> Self {
        let sorted: Vec<&[u8]> = patterns.iter().map(Vec::as_slice).collect();
        let mut automaton = Self { nodes: prefixes(&sorted), after_start: [START; 256] };
        let start = automaton.nodes[0];
        for child in start.first..start.first + u32::from(start.children) {
            automaton.after_start[usize::from(automaton.nodes[child as usize].byte)] = child;
        }
        automaton.link();
        automaton
    }

    /// Sets the fallbacks. Nodes are sorted by depth, so those of shorter prefixes are known already.
    fn link(&mut self) {
        for parent in 0..self.nodes.len() {
            let Node { first, children, fallback, depth, .. } = self.nodes[parent];
            for child in first..first + u32::from(children) {
                let target =
                    if depth == 0 { START } else { self.next(fallback, self.nodes[child as usize].byte) };
                let inherited = self.nodes[target as usize].hit;
                let node = &mut self.nodes[child as usize];
                node.fallback = target;
                node.hit = node.hit.max(inherited);
            }
        }
    }

    /// The state after one more byte.
    #[inline]
    pub(super) fn next(&self, mut state: State, byte: u8) -> State {
        while state != START {
            let node = &self.nodes[state as usize];
            let first = node.first as usize;
            match node.children {
                1 if self.nodes[first].byte == byte => return node.first,
                0 | 1 => {}
                children => {
                    let children = &self.nodes[first..first + usize::from(children)];
                    if let Ok(index) = children.binary_search_by_key(&byte, |child| child.byte) {
                        // A node has at most 256 children.
                        #[expect(
                            clippy::cast_possible_truncation,
                            reason = "a node has at most 256 children"
                        )]
                        return node.first + index as u32;
                    }
                }
            }
            state = node.fallback;
        }
        self.after_start[usize::from(byte)]
    }

    /// How many bytes at the end of the text could begin a pattern.
    pub(super) fn depth(&self, state: State) -> usize {
        self.nodes[state as usize].depth as usize
    }

    /// The length of the longest pattern that ends here, or 0.
    #[inline]
    pub(super) fn hit(&self, state: State) -> usize {
        self.nodes[state as usize].hit as usize
    }

    /// Whether any pattern is in the text.
    pub(super) fn matches(&self, text: &[u8]) -> bool {
        let mut state = START;
        text.iter().any(|&byte| {
            state = self.next(state, byte);
            self.hit(state) > 0
        })
    }
}

/// The nodes of all prefixes of the sorted patterns, by length, without their fallbacks.
#[expect(clippy::cast_possible_truncation, reason = "4 GiB of secrets do not fit a job")]
fn prefixes(sorted: &[&[u8]]) -> Vec<Node> {
    let mut nodes = vec![Node { first: 0, fallback: START, hit: 0, depth: 0, children: 0, byte: 0 }];
    // The patterns that begin with a node's prefix; node and range have the same index.
    let mut ranges = vec![(0, sorted.len())];
    let mut index = 0;
    while index < nodes.len() {
        let (mut from, to) = ranges[index];
        let depth = nodes[index].depth as usize;
        if sorted.get(from).is_some_and(|pattern| pattern.len() == depth) {
            nodes[index].hit = depth as u32;
            from += 1;
        }
        nodes[index].first = nodes.len() as u32;
        while from < to {
            let byte = sorted[from][depth];
            let end = from + sorted[from..to].partition_point(|pattern| pattern[depth] == byte);
            nodes.push(Node {
                first: 0,
                fallback: START,
                hit: 0,
                depth: depth as u32 + 1,
                children: 0,
                byte,
            });
            ranges.push((from, end));
            nodes[index].children += 1;
            from = end;
        }
        index += 1;
    }
    nodes
}
