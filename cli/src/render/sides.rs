//! A value before and afterwards, side by side: each on one line, cut to where they differ.

use serde_json::Value;

use crate::report::{Excerpt, HIDDEN, excerpt, unseen};

/// The two sides, and in words what can't be seen.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ShownSides {
    pub before: String,
    pub after: String,
    /// How they differ though they look alike.
    pub note: Option<String>,
    /// Whether a part of what differs had no room.
    pub lacks: bool,
}

/// `old` and `new` as JSON, of no more than about `room` bytes each.
pub(super) fn sides(old: &Value, new: &Value, room: usize) -> ShownSides {
    let (was, is) = (old.to_string(), new.to_string());
    let note = match (old, new) {
        (Value::String(old), Value::String(new)) => note(old, new),
        _ => note(&was, &is),
    };
    cut(was, is, note, room)
}

/// [`sides`], with strings as they are.
pub(super) fn plain_sides(old: &Value, new: &Value, room: usize) -> ShownSides {
    match (old, new) {
        (Value::String(old), Value::String(new)) => cut(old.clone(), new.clone(), note(old, new), room),
        // `1` and `"1"` are not the same.
        _ => sides(old, new, room),
    }
}

fn note(old: &str, new: &str) -> Option<String> {
    if old == new { Some(HIDDEN.to_owned()) } else { unseen(old, new) }
}

fn cut(before: String, after: String, note: Option<String>, room: usize) -> ShownSides {
    let room = room.max(60);
    if before.len().max(after.len()) <= room.saturating_add(32) {
        return ShownSides { before, after, note, lacks: false };
    }
    let Excerpt { before, after, lacks } = excerpt(&before, &after, room);
    ShownSides { before, after, note, lacks }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_string_and_a_number_are_not_the_same() {
        let ShownSides { before, after, note, .. } = plain_sides(&json!("1"), &json!(1), 100);
        assert_eq!((before.as_str(), after.as_str(), note), ("\"1\"", "1", None));
    }

    #[test]
    fn what_looks_alike_is_told_apart() {
        let sides = plain_sides(&json!("a"), &json!("a "), 100);
        assert_eq!(sides.note.as_deref(), Some("at the end: a blank added"));
        assert!(plain_sides(&json!("[secret]"), &json!("[secret]"), 100).note.is_some());
    }
}
