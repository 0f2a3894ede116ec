//! Words that nobody can guess: delimiters and tokens.

use std::hash::{BuildHasher, Hasher, RandomState};

/// 32 fresh hexadecimal characters. Each [`RandomState`] is keyed by the system's random numbers
/// (<https://doc.rust-lang.org/std/collections/hash_map/struct.RandomState.html>); what it makes of nothing can't be
/// foreseen without the key.
pub fn word() -> String {
    let half = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", half(), half())
}
