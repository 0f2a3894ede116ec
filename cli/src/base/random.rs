//! Words that can't be guessed, for delimiters and tokens.

use std::hash::{BuildHasher, Hasher, RandomState};

/// 32 new hexadecimal characters, from the system's source of random numbers. They separate a program's output from
/// what a CI system reads, so that they must be unpredictable.
pub fn word() -> String {
    let mut bytes = [0; 16];
    if getrandom::fill(&mut bytes).is_err() {
        // A system without such a source: each `RandomState` has keys of its own.
        let half = || RandomState::new().build_hasher().finish();
        return format!("{:016x}{:016x}", half(), half());
    }
    format!("{:032x}", u128::from_ne_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn words_are_long_and_never_the_same() {
        let words: std::collections::BTreeSet<String> = (0..1000).map(|_| word()).collect();
        assert_eq!(words.len(), 1000);
        assert!(words.iter().all(|word| word.len() == 32 && word.bytes().all(|b| b.is_ascii_hexdigit())));
    }
}
