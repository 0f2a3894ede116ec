//! A loosening: a way in which some rules allow what others do not.

use std::fmt;

/// A way in which rules are looser than others, in one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loosening {
    /// The rule.
    pub rule: &'static str,
    /// The sentence: `max-deletes` is at most 5, and was at most 0.
    pub what: String,
}

impl fmt::Display for Loosening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}
