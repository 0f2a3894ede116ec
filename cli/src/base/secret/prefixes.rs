//! Finds the beginnings of many byte strings in one pass: an Aho-Corasick automaton over their first bytes.
//!
//! It is not the crate of that name, because that one does not tell how long the end of the text is that could begin a
//! match, which a stream must know ([`Prefixes::depth`]). One node costs 12 bytes, and one byte of a text a few
//! comparisons, however many strings there are. See A. Aho and M. Corasick, "Efficient string matching: an aid to
//! bibliographic search", <https://doi.org/10.1145/360825.360855>.

/// The state of the automaton: the node of the longest end of the text that begins a pattern.
pub(super) type PrefixState = u32;

/// The state if no end of the text begins a pattern.
pub(super) const START: PrefixState = 0;

/// The most bytes of a pattern that are in the automaton.
pub(super) const DEEPEST: usize = 255;

/// A prefix of a pattern. Its children are those from `first` up to the next node's `first`.
#[derive(Clone, Copy)]
struct Node {
    /// The first child: the nodes that are one byte longer are side by side, sorted by that byte.
    first: u32,
    /// The node of the longest proper suffix that is a prefix of a pattern.
    fallback: u32,
    /// The length of the longest pattern that ends here, or 0.
    hit: u8,
    /// The length of the prefix.
    depth: u8,
    /// The last byte of the prefix.
    byte: u8,
    /// Whether longer patterns begin with this prefix than the automaton is deep.
    goes_on: bool,
}

/// The first bytes of a pattern, and whether the pattern is longer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Beginning<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) goes_on: bool,
}

/// The automaton of the beginnings of patterns.
pub(super) struct Prefixes {
    nodes: Vec<Node>,
    /// The node after each byte from the start, as a table, because most of a text is read there.
    after_start: [PrefixState; 256],
}

impl Prefixes {
    /// Builds the automaton of beginnings of 1 to [`DEEPEST`] bytes, which must be sorted.
    pub(super) fn new(sorted: &[Beginning<'_>]) -> Self {
        let mut prefixes = Self { nodes: nodes(sorted), after_start: [START; 256] };
        for child in prefixes.children(START) {
            prefixes.after_start[usize::from(prefixes.nodes[child as usize].byte)] = child;
        }
        prefixes.link();
        prefixes
    }

    /// The nodes that are one byte longer than this one.
    fn children(&self, state: PrefixState) -> std::ops::Range<PrefixState> {
        // The last node is a sentinel: it only tells where the children of the one before end.
        self.nodes[state as usize].first..self.nodes[state as usize + 1].first
    }

    /// Sets the fallbacks. Nodes are sorted by depth, so those of shorter prefixes are known already.
    #[expect(clippy::cast_possible_truncation, reason = "states are 32 bits wide")]
    fn link(&mut self) {
        for parent in 0..self.nodes.len() as u32 - 1 {
            let fallback = self.nodes[parent as usize].fallback;
            for child in self.children(parent) {
                let target = if parent == START {
                    START
                } else {
                    self.next(fallback, self.nodes[child as usize].byte)
                };
                let inherited = self.nodes[target as usize].hit;
                let node = &mut self.nodes[child as usize];
                node.fallback = target;
                node.hit = node.hit.max(inherited);
            }
        }
    }

    /// The state after one more byte.
    #[inline]
    pub(super) fn next(&self, mut state: PrefixState, byte: u8) -> PrefixState {
        while state != START {
            let children = self.children(state);
            let nodes = &self.nodes[children.start as usize..children.end as usize];
            // Most nodes have one child.
            let found = match nodes {
                [only] => (only.byte == byte).then_some(0),
                several => several.binary_search_by_key(&byte, |child| child.byte).ok(),
            };
            if let Some(index) = found {
                #[expect(clippy::cast_possible_truncation, reason = "a node has at most 256 children")]
                return children.start + index as u32;
            }
            state = self.nodes[state as usize].fallback;
        }
        self.after_start[usize::from(byte)]
    }

    /// The number of bytes at the end of the text that could begin a pattern.
    #[inline]
    pub(super) fn depth(&self, state: PrefixState) -> usize {
        usize::from(self.nodes[state as usize].depth)
    }

    /// The length of the longest pattern that ends here, or 0.
    #[inline]
    pub(super) fn hit(&self, state: PrefixState) -> usize {
        usize::from(self.nodes[state as usize].hit)
    }

    /// Whether longer patterns begin with the whole prefix.
    #[inline]
    pub(super) fn goes_on(&self, state: PrefixState) -> bool {
        self.nodes[state as usize].goes_on
    }

    /// The memory that the automaton takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>() + size_of::<Self>()
    }
}

/// The nodes of all prefixes of the sorted beginnings, by length, without their fallbacks.
#[expect(clippy::cast_possible_truncation, reason = "4 GiB of secrets do not fit a job")]
fn nodes(sorted: &[Beginning<'_>]) -> Vec<Node> {
    let node = |depth: usize, byte| Node {
        first: 0,
        fallback: START,
        hit: 0,
        depth: depth as u8,
        byte,
        goes_on: false,
    };
    let mut nodes = vec![node(0, 0)];
    // The beginnings that begin with the prefix of each node of one length.
    let mut level = vec![(0, sorted.len())];
    let (mut index, mut depth) = (0, 0);
    while !level.is_empty() {
        let mut longer = Vec::new();
        for (mut from, to) in level {
            while let Some(whole) =
                sorted[from..to].first().filter(|beginning| beginning.bytes.len() == depth)
            {
                if whole.goes_on {
                    nodes[index].goes_on = true;
                } else {
                    nodes[index].hit = depth as u8;
                }
                from += 1;
            }
            nodes[index].first = nodes.len() as u32;
            while from < to {
                let byte = sorted[from].bytes[depth];
                let same = sorted[from..to].partition_point(|beginning| beginning.bytes[depth] == byte);
                nodes.push(node(depth + 1, byte));
                longer.push((from, from + same));
                from += same;
            }
            index += 1;
        }
        level = longer;
        depth += 1;
    }
    let mut end = node(0, 0);
    end.first = nodes.len() as u32;
    nodes.push(end);
    nodes.shrink_to_fit();
    nodes
}
