//! The natural order of names: `a9` goes before `a10`.

use std::cmp::Ordering;

/// Compares by runs of digits as numbers, and by characters elsewhere. Different names are never equal.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let (text, rest) = part(left);
        let (other, other_rest) = part(right);
        let order = match (text.is_empty(), other.is_empty()) {
            (true, true) => return a.cmp(b),
            (false, false) if is_number(text) && is_number(other) => by_number(text, other),
            _ => text.cmp(other),
        };
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (rest, other_rest);
    }
}

/// The run of digits, or of other characters, that `text` begins with, and the rest.
fn part(text: &str) -> (&str, &str) {
    let number = is_number(text);
    let end = text.bytes().position(|byte| byte.is_ascii_digit() != number).unwrap_or(text.len());
    text.split_at(end)
}

fn is_number(text: &str) -> bool {
    text.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
}

fn by_number(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_are_compared_as_numbers() {
        let mut names =
            ["a10", "a9", "b1", "a", "a09", "tags[10].x", "tags[9].x", "é2", "99999999999999999999999", "7"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(
            names,
            ["7", "99999999999999999999999", "a", "a09", "a9", "a10", "b1", "tags[9].x", "tags[10].x", "é2"]
        );
    }

    #[test]
    fn only_equal_names_are_equal() {
        assert_eq!(natural("a1", "a1"), Ordering::Equal);
        assert_ne!(natural("a01", "a1"), Ordering::Equal);
    }
}
