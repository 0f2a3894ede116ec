//! The natural order of names: `a9` comes before `a10`.

use std::cmp::Ordering;

/// Compares numbers within the names as numbers, and everything else by its bytes. Different names are never equal.
pub fn natural(a: &str, b: &str) -> Ordering {
    natural_key(a).cmp(&natural_key(b)).then_with(|| a.cmp(b))
}

/// Bytes whose order is the natural order of names: the digits of a number come after the number of digits.
pub fn natural_key(name: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(name.len() + 16);
    let mut rest = name.as_bytes();
    while let Some(first) = rest.first() {
        if first.is_ascii_digit() {
            let digits;
            (digits, rest) = number(rest);
            // Among other characters a number is sorted like a digit.
            key.push(b'0');
            key.extend((digits.len() as u64).to_be_bytes());
            key.extend(digits);
        } else {
            key.push(*first);
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    key
}

/// The digits that `text` begins with, without leading zeros, and the rest.
fn number(text: &[u8]) -> (&[u8], &[u8]) {
    let zeros = text.iter().take_while(|byte| **byte == b'0').count();
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    (text.get(zeros..end).unwrap_or_default(), text.get(end..).unwrap_or_default())
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
