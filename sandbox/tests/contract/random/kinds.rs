//! The kinds of differences that random programs may show, each with its reason. The table is to shrink: a kind that no
//! program shows has to go, and whatever is of no kind fails the run.

use crate::compare::{Class, Difference};

/// A kind of difference that is agreed on.
pub struct Kind {
    /// What differs, in a few words.
    pub name: &'static str,
    /// Pieces of the command, all of which it has.
    pub line: &'static [&'static str],
    /// Its class.
    pub class: Class,
    /// A piece of the place.
    pub at: &'static str,
    /// A piece of what the sandbox has.
    pub ours: &'static str,
    /// A piece of what the real CLI has.
    pub theirs: &'static str,
    /// Whether the real CLI shows it at some times only.
    pub by_chance: bool,
    /// Why it is right, or what is still to do.
    pub reason: &'static str,
}

/// All of them.
pub const KINDS: &[Kind] = &[];

impl Kind {
    /// Whether a difference of the command `line` is one of this kind.
    pub fn holds(&self, line: &str, difference: &Difference) -> bool {
        self.line.iter().all(|piece| line.contains(piece))
            && self.class == difference.class
            && difference.at.contains(self.at)
            && difference.ours.contains(self.ours)
            && difference.theirs.contains(self.theirs)
    }
}
