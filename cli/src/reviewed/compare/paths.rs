//! Whether the change of a property is one that was reviewed.

use std::collections::BTreeMap;

use crate::report::{PathChange, ReviewedValue, is_under};

/// The answer of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PathAnswer {
    /// The property was not to change.
    NotReviewed,
    /// It was to change otherwise: it comes, goes, or gets another value.
    Otherwise,
    /// It was to get this value, from another one than it has now.
    FromAnother,
    /// This change was reviewed.
    Reviewed,
}

/// Looks up the change of the property at `path` among reviewed changes of the same resource. A value that was not known
/// when it was reviewed may be any.
pub fn look_up(reviewed: &BTreeMap<String, PathChange>, path: &str, change: &PathChange) -> PathAnswer {
    let same = reviewed.get(path).map_or(PathAnswer::NotReviewed, |known| answer(known, change));
    if same == PathAnswer::Reviewed || change.new.is_none() || !is_below_unknown(reviewed, path) {
        return same;
    }
    // The whole of which it is a part was not known. What goes for it was.
    let old = reviewed.get(path).and_then(|known| known.old.as_ref());
    if old == change.old.as_ref() { PathAnswer::Reviewed } else { PathAnswer::FromAnother }
}

/// Whether a list or object around `path` was to get a value that was not known.
pub fn is_below_unknown(reviewed: &BTreeMap<String, PathChange>, path: &str) -> bool {
    let around = path.char_indices().filter(|(at, c)| *at > 0 && matches!(c, '.' | '['));
    let mut around = around.filter_map(|(at, _)| reviewed.get(path.get(..at)?));
    around.any(|change| change.new == Some(ReviewedValue::Unknown))
}

/// Whether a property at `path`, or one inside of it, is among these.
pub fn has_within<T>(changes: &BTreeMap<String, T>, path: &str) -> bool {
    within(changes, path).next().is_some()
}

/// The property at `path` and those inside of it.
fn within<'c, T>(changes: &'c BTreeMap<String, T>, path: &'c str) -> impl Iterator<Item = &'c T> {
    let beginning = changes.range(path.to_owned()..).take_while(move |(other, _)| other.starts_with(path));
    beginning.filter(move |(other, _)| is_under(other, path)).map(|(_, change)| change)
}

/// Whether a reviewed change of the property at `path` has a counterpart among the changes of a run. What was not known
/// may have turned out to have parts.
pub fn is_answered(changes: &BTreeMap<String, PathChange>, path: &str, reviewed: &PathChange) -> bool {
    let has_parts = || within(changes, path).any(|change| change.new.is_some());
    changes.contains_key(path) || (reviewed.new == Some(ReviewedValue::Unknown) && has_parts())
}

fn answer(known: &PathChange, change: &PathChange) -> PathAnswer {
    let may_be_any = known.new == Some(ReviewedValue::Unknown) && change.new.is_some();
    match () {
        () if known.kind != change.kind || !(may_be_any || known.new == change.new) => PathAnswer::Otherwise,
        () if known.old != change.old => PathAnswer::FromAnother,
        () => PathAnswer::Reviewed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(list: &[(&str, &str)]) -> BTreeMap<String, PathChange> {
        let change = |text: &str| PathChange::try_from(text.to_owned()).unwrap();
        list.iter().map(|(path, text)| ((*path).to_owned(), change(text))).collect()
    }

    fn ask(reviewed: &[(&str, &str)], path: &str, change: &str) -> PathAnswer {
        look_up(&changes(reviewed), path, &PathChange::try_from(change.to_owned()).unwrap())
    }

    #[test]
    fn only_the_reviewed_change_is_reviewed() {
        let reviewed =
            &[("a", "update hmac:1 hmac:2"), ("b", "add secret"), ("c", "update"), ("d", "delete hmac:1")];
        for (path, change, expected) in [
            ("a", "update hmac:1 hmac:2", PathAnswer::Reviewed),
            ("a", "update hmac:3 hmac:2", PathAnswer::FromAnother),
            ("a", "update hmac:1 hmac:3", PathAnswer::Otherwise),
            ("a", "update hmac:1 unknown", PathAnswer::Otherwise),
            ("a", "update hmac:1 secret", PathAnswer::Otherwise),
            ("a", "add hmac:2", PathAnswer::Otherwise),
            ("a", "delete hmac:1", PathAnswer::Otherwise),
            ("b", "add secret", PathAnswer::Reviewed),
            ("b", "add hmac:1", PathAnswer::Otherwise),
            ("c", "update", PathAnswer::Reviewed),
            ("c", "update hmac:1 hmac:2", PathAnswer::Otherwise),
            ("d", "delete hmac:1", PathAnswer::Reviewed),
            ("d", "delete hmac:2", PathAnswer::FromAnother),
            ("e", "add hmac:1", PathAnswer::NotReviewed),
            ("a.b", "add hmac:1", PathAnswer::NotReviewed),
        ] {
            assert_eq!(ask(reviewed, path, change), expected, "{path} {change}");
        }
    }

    #[test]
    fn what_was_not_known_may_be_any_value_and_not_none() {
        let reviewed = &[("a", "update hmac:1 unknown"), ("b", "add unknown")];
        assert_eq!(ask(reviewed, "a", "update hmac:1 hmac:2"), PathAnswer::Reviewed);
        assert_eq!(ask(reviewed, "a", "update hmac:1 unknown"), PathAnswer::Reviewed);
        assert_eq!(ask(reviewed, "a", "update hmac:3 hmac:2"), PathAnswer::FromAnother);
        assert_eq!(ask(reviewed, "a", "delete hmac:1"), PathAnswer::Otherwise);
        assert_eq!(ask(reviewed, "b", "add secret"), PathAnswer::Reviewed);
    }

    #[test]
    fn a_whole_that_was_not_known_may_have_any_parts() {
        let reviewed = &[("tags", "add unknown"), ("tags.a", "delete hmac:1"), ("x", "add hmac:1")];
        assert_eq!(ask(reviewed, "tags.b", "add hmac:2"), PathAnswer::Reviewed);
        assert_eq!(ask(reviewed, "tags[0].c", "add hmac:2"), PathAnswer::Reviewed);
        assert_eq!(ask(reviewed, "tags.a", "update hmac:1 hmac:2"), PathAnswer::Reviewed);
        assert_eq!(ask(reviewed, "tags.a", "update hmac:3 hmac:2"), PathAnswer::FromAnother);
        assert_eq!(ask(reviewed, "tags.c", "update hmac:3 hmac:2"), PathAnswer::FromAnother);
        assert_eq!(ask(reviewed, "tags.c", "delete hmac:3"), PathAnswer::NotReviewed);
        assert_eq!(ask(reviewed, "tagsb", "add hmac:2"), PathAnswer::NotReviewed);
        assert_eq!(ask(reviewed, "x.b", "add hmac:2"), PathAnswer::NotReviewed);
    }

    #[test]
    fn parts_of_a_property_are_found_and_neighbours_are_not() {
        let found = changes(&[("a.b", "update"), ("ab", "update"), ("c[0]", "update")]);
        assert!(has_within(&found, "a") && has_within(&found, "a.b") && has_within(&found, "c"));
        assert!(!has_within(&found, "a.b.c") && !has_within(&found, "b"));
    }
}
