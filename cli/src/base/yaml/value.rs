//! A YAML document as values.

/// A node. A scalar holds its text; a quoted scalar or a block of lines is always [`Value::Text`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing, `~` or `null`, as it is written.
    Null(String),
    /// `true` or `false`, as it is written.
    Bool(String),
    /// A number, as it is written.
    Number(String),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// A mapping.
    Mapping(Mapping),
}

/// The entries of a mapping, in the order of the file. No key is there twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping(pub(super) Vec<(Value, Value)>);

impl Value {
    /// The entry called `key`, of a mapping.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_mapping()?.get(key)
    }

    /// The mapping; none for another kind of value.
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match self {
            Self::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The text; none for a number or another kind of value.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text of any scalar, exactly as it is written; none for a list and a mapping.
    pub fn source(&self) -> Option<&str> {
        match self {
            Self::Null(text) | Self::Bool(text) | Self::Number(text) | Self::Text(text) => Some(text),
            Self::List(_) | Self::Mapping(_) => None,
        }
    }

    /// Whether it is nothing, `~` or `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null(_))
    }
}

impl FromIterator<(Value, Value)> for Mapping {
    fn from_iter<I: IntoIterator<Item = (Value, Value)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

/// JSON as the same values. The text of a number is the shortest one, not the one in the file.
impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null("null".to_owned()),
            serde_json::Value::Bool(bool) => Self::Bool(bool.to_string()),
            serde_json::Value::Number(number) => Self::Number(number.to_string()),
            serde_json::Value::String(text) => Self::Text(text),
            serde_json::Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            serde_json::Value::Object(fields) => {
                let fields = fields.into_iter().map(|(name, value)| (Self::Text(name), Self::from(value)));
                Self::Mapping(fields.collect())
            }
        }
    }
}

impl Default for Value {
    fn default() -> Self {
        Self::Null(String::new())
    }
}

impl Mapping {
    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.iter().find(|(own, _)| own.as_str() == Some(key)).map(|(_, value)| value)
    }

    /// The keys, in the order of the file.
    pub fn keys(&self) -> impl Iterator<Item = &Value> {
        self.iter().map(|(key, _)| key)
    }

    /// The entries, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = (&Value, &Value)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// Whether it has no entry.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}
