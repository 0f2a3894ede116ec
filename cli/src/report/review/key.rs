//! The key of a record's hashes.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::base::hmac::Hmac;
use crate::base::random;
use crate::base::secret::Secret;

/// The beginning of a name in a record that holds a secret's text: the keyed hash of the name follows.
pub const HIDDEN_NAME: &str = "hidden:";

/// The bytes of a keyed hash that are kept: 128 bits. Nobody finds a second text for a hash of that length, nor two texts
/// that share one before the key is drawn; the whole hash would double the size of a record of 10,000 resources.
const KEPT: usize = 16;

/// The text of which a record holds the hash, to recognise the wrong key.
const CHECKED: &str = "stackstep review";

/// The key, in a record, of one in which no value is told from another.
const WITHOUT_VALUES: &str = "none";

/// The hash of every value in such a record.
const ANY_VALUE: &str = "any";

/// What a hash is about. One text has another hash for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HashedThing {
    Check = 0,
    Name = 1,
    Value = 2,
}

/// The key by which the values in a record are hashed.
#[derive(Clone)]
pub struct ReviewKey {
    hmac: Hmac,
    /// The key itself in base64, if it is the run's own and stands in the record.
    own: Option<String>,
    /// Whether all values have the same hash.
    is_without_values: bool,
}

impl ReviewKey {
    /// The key of the input `review-key`, which no record holds.
    pub fn of_secret(secret: &Secret) -> Self {
        Self { hmac: Hmac::new(secret.expose().as_bytes()), own: None, is_without_values: false }
    }

    /// A new key that nobody can guess. It stands in the record.
    pub fn random() -> Self {
        Self::of_record(&random::word())
    }

    /// The key that stands in a record.
    pub fn of_record(key: &str) -> Self {
        let is_without_values = key == WITHOUT_VALUES;
        Self { hmac: Hmac::new(key.as_bytes()), own: Some(key.to_owned()), is_without_values }
    }

    /// The key of a record in which no value is told from another.
    pub fn without_values() -> Self {
        Self::of_record(WITHOUT_VALUES)
    }

    /// Whether no value is told from another.
    pub fn is_without_values(&self) -> bool {
        self.is_without_values
    }

    /// The key as it stands in the record; none for the one of the input.
    pub fn in_record(&self) -> Option<&str> {
        self.own.as_deref()
    }

    /// The hash by which the key is recognised.
    pub fn check(&self) -> String {
        self.hash(HashedThing::Check, &[CHECKED.as_bytes()])
    }

    /// The hash of a value, which is given by all that tells it from another one.
    pub fn value(&self, value: &[u8]) -> String {
        if self.is_without_values {
            return ANY_VALUE.to_owned();
        }
        self.hash(HashedThing::Value, &[value])
    }

    /// A name that is hidden because it holds a secret's text.
    pub fn hidden(&self, name: &str) -> String {
        format!("{HIDDEN_NAME}{}", self.hash(HashedThing::Name, &[name.as_bytes()]))
    }

    fn hash(&self, about: HashedThing, parts: &[&[u8]]) -> String {
        let about = [about as u8];
        let all: Vec<&[u8]> = std::iter::once(&about[..]).chain(parts.iter().copied()).collect();
        let hash = self.hmac.hash(&all);
        URL_SAFE_NO_PAD.encode(hash.get(..KEPT).unwrap_or_default())
    }
}

/// Two keys are the same if they make the same hashes.
impl PartialEq for ReviewKey {
    fn eq(&self, other: &Self) -> bool {
        self.check() == other.check()
    }
}

impl Eq for ReviewKey {}

impl fmt::Debug for ReviewKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ReviewKey(***)")
    }
}
