//! A value before and afterwards, side by side: each on one line, cut to where they differ.

use serde_json::Value;

use crate::report::{HIDDEN, excerpt, unseen};

/// The two sides, and in words what can't be seen.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sides {
    pub before: String,
    pub after: String,
    /// How they differ though they look alike.
    pub note: Option<String>,
}

/// `old` and `new` as JSON, of no more than about `room` bytes each.
pub(super) fn sides(old: &Value, new: &Value, room: usize) -> Sides {
    of_texts(&old.to_string(), &new.to_string(), room)
}

/// [`sides`], with strings as they are.
pub(super) fn plain_sides(old: &Value, new: &Value, room: usize) -> Sides {
    match (old, new) {
        (Value::String(old), Value::String(new)) => of_texts(old, new, room),
        // `1` and `"1"` are not the same.
        _ => sides(old, new, room),
    }
}

fn of_texts(old: &str, new: &str, room: usize) -> Sides {
    let note = if old == new { Some(HIDDEN.to_owned()) } else { unseen(old, new) };
    let room = room.max(60);
    let (before, after) = if old.len().max(new.len()) > room.saturating_add(32) {
        excerpt(old, new, room)
    } else {
        (old.to_owned(), new.to_owned())
    };
    Sides { before, after, note }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_string_and_a_number_are_not_the_same() {
        let Sides { before, after, note } = plain_sides(&json!("1"), &json!(1), 100);
        assert_eq!((before.as_str(), after.as_str(), note), ("\"1\"", "1", None));
    }

    #[test]
    fn what_looks_alike_is_told_apart() {
        let sides = plain_sides(&json!("a"), &json!("a "), 100);
        assert_eq!(sides.note.as_deref(), Some("at the end: a blank added"));
        assert!(plain_sides(&json!("[secret]"), &json!("[secret]"), 100).note.is_some());
    }
}
