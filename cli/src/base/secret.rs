//! Secrets: a type that never shows its value, and the masker that hides known values in everything that goes out.
//!
//! The masker searches for each value and for the forms in which programs usually write it ([`forms`]), all in one pass
//! over the text ([`patterns`]), and in a stream of arbitrary pieces as well ([`MaskStream`]).
//!
//! What can't be masked: values under [`SHORTEST`] characters (their names are in [`Masker::too_short`]), parts
//! of a value, values in an encoding that is not among the forms (hexadecimal, compressed, encrypted, base64 that
//! is wrapped in lines), and values with something in between (line wraps, terminal colours).

mod fingerprint;
mod forms;
mod patterns;
mod prefixes;
mod rules;
pub mod signature;
mod stream;
mod tails;
#[cfg(test)]
mod tests;

pub use rules::{MASK, SHORTEST, is_long_enough};

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, OnceLock};

use patterns::Patterns;
pub use stream::MaskStream;

/// A value that is neither printed nor logged: its `Debug` and `Display` are `***`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(value)
    }
}

/// Hides the run's secrets. Cheap to clone; a clone does not learn secrets that are added later.
#[derive(Clone, Default)]
pub struct Masker {
    known: Arc<Known>,
}

#[derive(Clone, Default)]
struct Known {
    values: BTreeSet<String>,
    too_short: Vec<String>,
    patterns: OnceLock<Arc<Patterns>>,
}

impl Masker {
    /// A masker that knows no secret and changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Hides `value` from now on, in all its forms; `name` is its name in messages.
    ///
    /// White space around the value is not a part of the secret. For a value of several lines, the whole and each line
    /// that is long enough are hidden.
    pub fn add(&mut self, name: &str, value: &str) {
        let value = value.trim();
        // A value of asterisks was masked already.
        if value.chars().all(|character| character == '*') {
            return;
        }
        let known = Arc::make_mut(&mut self.known);
        if !is_long_enough(value) {
            if !known.too_short.iter().any(|known| known == name) {
                known.too_short.push(name.to_owned());
            }
            return;
        }
        if known.values.insert(value.to_owned()) {
            known.patterns = OnceLock::new();
        }
    }

    /// Hides what `other` hides, too.
    pub fn learn(&mut self, other: &Self) {
        if Arc::ptr_eq(&self.known, &other.known) {
            return;
        }
        let known = Arc::make_mut(&mut self.known);
        let before = known.values.len();
        known.values.extend(other.known.values.iter().cloned());
        if known.values.len() > before {
            known.patterns = OnceLock::new();
        }
        for name in &other.known.too_short {
            if !known.too_short.contains(name) {
                known.too_short.push(name.clone());
            }
        }
    }

    /// The names of the values that are too short to be masked.
    pub fn too_short(&self) -> &[String] {
        &self.known.too_short
    }

    /// The text with every secret replaced by `***`.
    pub fn mask(&self, text: &str) -> String {
        // Secrets are UTF-8, so a text without them is UTF-8 too.
        String::from_utf8_lossy(&self.mask_bytes(text.as_bytes())).into_owned()
    }

    /// [`Masker::mask`] for bytes that may be anything.
    pub fn mask_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.stream();
        let mut masked = stream.push(bytes);
        masked.append(&mut stream.finish());
        masked
    }

    /// Whether the text contains a secret in one of its forms.
    pub fn contains_secret(&self, text: &str) -> bool {
        self.patterns().matches(text.as_bytes())
    }

    /// A masker for text that arrives in pieces, cut anywhere.
    pub fn stream(&self) -> MaskStream {
        MaskStream::new(Arc::clone(self.patterns()))
    }

    /// The memory that the patterns take, beside the values themselves, in bytes.
    pub fn bytes(&self) -> usize {
        self.patterns().bytes()
    }

    fn patterns(&self) -> &Arc<Patterns> {
        self.known.patterns.get_or_init(|| Arc::new(Patterns::new(&self.known.values)))
    }
}

impl fmt::Debug for Masker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Masker")
            .field("values", &self.known.values.len())
            .field("too_short", &self.known.too_short)
            .finish()
    }
}
