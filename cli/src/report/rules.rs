//! The table of failure texts: pieces that all have to be there, in this order of precedence.

use super::reason::Reason;

/// The first rule whose pieces are all in `text` (in any case) decides.
const RULES: &[(Reason, &[&str])] = &[
    (Reason::Lock, &["the stack is currently locked by"]),
    (Reason::StackNotFound, &["no stack named", "found"]),
];

/// The reason that `text` tells beyond doubt.
pub fn reason_of(text: &str) -> Option<Reason> {
    let text = text.to_lowercase();
    RULES
        .iter()
        .find(|(_, pieces)| pieces.iter().all(|piece| text.contains(piece)))
        .map(|(reason, _)| *reason)
}
