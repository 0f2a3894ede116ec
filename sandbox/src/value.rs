//! A property value as the engine knows it: JSON plus secrets and values that are not known yet.

use std::collections::BTreeMap;

/// The properties of a resource, sorted by name as the CLI writes them.
pub type Properties = BTreeMap<String, Value>;

/// One property value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number: the engine knows 64-bit floats only.
    Number(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// An object.
    Map(Properties),
    /// A value that is encrypted in the state and hidden in events.
    Secret(Box<Value>),
    /// A value that a preview can't know.
    Unknown,
}

impl Value {
    /// The value, and whether it was a secret.
    pub fn into_plain(self) -> (Self, bool) {
        match self {
            Self::Secret(inner) => (inner.into_plain().0, true),
            other => (other, false),
        }
    }

    /// The value as a secret; one that is a secret already stays as it is.
    #[must_use]
    pub fn into_secret(self) -> Self {
        match self {
            Self::Secret(_) => self,
            other => Self::Secret(Box::new(other)),
        }
    }

    /// The value without secrets at any depth, and whether there were any.
    pub fn without_secrets(self) -> (Self, bool) {
        let mut any = false;
        let mut open = |value: Self| {
            let (value, secret) = value.without_secrets();
            any |= secret;
            value
        };
        let plain = match self {
            Self::Secret(inner) => return (inner.without_secrets().0, true),
            Self::List(items) => Self::List(items.into_iter().map(open).collect()),
            Self::Map(entries) => {
                Self::Map(entries.into_iter().map(|(name, value)| (name, open(value))).collect())
            }
            other => other,
        };
        (plain, any)
    }

    /// A value whose parts are awaited together: secret when any of them is, else unknown when any of them is.
    #[must_use]
    pub fn gathered(self) -> Self {
        let unknown = self.contains_unknown();
        match self.without_secrets() {
            (plain, true) => plain.into_secret(),
            (_, false) if unknown => Self::Unknown,
            (plain, false) => plain,
        }
    }

    /// A value that was JSON.
    pub fn of_json(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => Self::Number(number.as_f64().unwrap_or_default()),
            serde_json::Value::String(text) => Self::Text(text.clone()),
            serde_json::Value::Array(items) => Self::List(items.iter().map(Self::of_json).collect()),
            serde_json::Value::Object(entries) => {
                Self::Map(entries.iter().map(|(name, value)| (name.clone(), Self::of_json(value))).collect())
            }
        }
    }

    /// Whether anything in it is unknown.
    pub fn contains_unknown(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::List(items) => items.iter().any(Self::contains_unknown),
            Self::Map(entries) => entries.values().any(Self::contains_unknown),
            Self::Secret(inner) => inner.contains_unknown(),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) => false,
        }
    }

    /// Whether two values are the same to a provider, to which secrets are sent in the clear.
    pub fn same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Secret(inner), other) | (other, Self::Secret(inner)) => inner.same_as(other),
            (Self::List(a), Self::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same_as(b))
            }
            (Self::Map(a), Self::Map(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|((x, a), (y, b))| x == y && a.same_as(b))
            }
            (a, b) => a == b,
        }
    }
}

/// Marks an object as a special value in events and in the state.
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig/sig.go>
pub const SIGNATURE_KEY: &str = "4dabf18193072939515e22adb298388d";
/// The signature of a secret.
pub const SECRET_SIGNATURE: &str = "1b47061264138c4ac30d75fd1eb44270";
/// Stands for a value that is not known yet.
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go>
pub const UNKNOWN: &str = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
