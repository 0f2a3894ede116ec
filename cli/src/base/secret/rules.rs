//! What stands in a secret's place, and how long a value has to be before it can be hidden.

/// What stands in place of a secret.
pub const MASK: &str = "***";

/// The fewest characters that a value must have to be masked: a log without `true`, `{` or `dev` is unreadable.
pub const SHORTEST: usize = 6;

/// Whether a trimmed value has the [`SHORTEST`] characters that hiding it in a stream takes.
pub fn is_long_enough(value: &str) -> bool {
    value.chars().nth(SHORTEST - 1).is_some()
}
