//! The mask in place of a secret, and the length that a value must have to be hidden.

/// The text in place of a secret.
pub const MASK: &str = "***";

/// The fewest characters that a value must have to be masked: a log without `true`, `{` or `dev` is unreadable.
pub const SHORTEST: usize = 6;

/// Whether a trimmed value has at least [`SHORTEST`] characters, so that it can be hidden.
pub fn is_long_enough(value: &str) -> bool {
    value.chars().nth(SHORTEST - 1).is_some()
}
