//! Fingerprints of byte strings that grow at their end: polynomials over the integers modulo a prime.
//!
//! R. Karp and M. Rabin, "Efficient randomized pattern-matching algorithms", <https://doi.org/10.1147/rd.312.0249>. Two
//! different strings of 4 MB have the same fingerprint with a probability below 1 in 2^38, whatever the strings are,
//! because nobody knows the number that each run draws.

use std::hash::{BuildHasher as _, RandomState};

/// The prime 2^61 - 1: a remainder takes two additions.
const PRIME: u64 = (1 << 61) - 1;

/// The random number of a run.
#[derive(Clone, Copy)]
pub(super) struct Base(u64);

impl Base {
    /// Draws a random number.
    pub(super) fn draw() -> Self {
        Self(RandomState::new().hash_one(PRIME) % (PRIME - 1024) + 512)
    }

    /// The fingerprint of a string with one more byte.
    #[inline]
    pub(super) fn grown(self, fingerprint: u64, byte: u8) -> u64 {
        // No byte counts as zero, or strings of zeros of different lengths would be equal.
        sum(product(fingerprint, self.0), u64::from(byte) + 1)
    }

    /// The fingerprint of a string with more bytes. It has fewer steps that have to wait for each other.
    pub(super) fn grown_by(self, mut fingerprint: u64, bytes: &[u8]) -> u64 {
        let (two, four) = (product(self.0, self.0), self.power(4));
        let three = product(two, self.0);
        let (fours, rest) = bytes.as_chunks::<4>();
        for [one, second, third, last] in fours.iter().map(|four| four.map(|byte| u64::from(byte) + 1)) {
            let part = sum(sum(product(one, three), product(second, two)), sum(product(third, self.0), last));
            fingerprint = sum(product(fingerprint, four), part);
        }
        rest.iter().fold(fingerprint, |fingerprint, byte| self.grown(fingerprint, *byte))
    }

    /// The fingerprint of the text after the part that `before` is of; `power` belongs to the length of that text
    /// ([`Base::power`]).
    pub(super) fn since(before: u64, now: u64, power: u64) -> u64 {
        sum(now, PRIME - product(before, power))
    }

    /// The power of the base that [`Base::since`] needs for a string of `length` bytes.
    pub(super) fn power(self, mut length: usize) -> u64 {
        let (mut power, mut square) = (1, self.0);
        while length > 0 {
            if length & 1 == 1 {
                power = product(power, square);
            }
            square = product(square, square);
            length >>= 1;
        }
        power
    }
}

/// The fingerprint of a number together with a string.
pub(super) fn pair(number: u32, fingerprint: u64) -> u64 {
    sum(fingerprint, product(u64::from(number) + 1, 0x0009_e377_9b97_f4a7))
}

#[inline]
fn sum(one: u64, other: u64) -> u64 {
    let sum = one + other;
    if sum >= PRIME { sum - PRIME } else { sum }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "both halves have fewer than 64 bits")]
fn product(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    sum((product & u128::from(PRIME)) as u64, (product >> 61) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_string_has_the_fingerprint_of_the_same_string_alone() {
        let base = Base::draw();
        let of = |text: &str| text.bytes().fold(0, |fingerprint, byte| base.grown(fingerprint, byte));
        let (before, whole) = (of("something and "), of("something and hunter22"));
        assert_eq!(Base::since(before, whole, base.power("hunter22".len())), of("hunter22"));
        assert_ne!(of("hunter22"), of("hunter23"));
        assert_ne!(of("\0\0"), of("\0"));
        assert_eq!(base.grown_by(before, b"hunter22 and"), of("something and hunter22 and"));
    }
}
