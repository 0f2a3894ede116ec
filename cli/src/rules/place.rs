//! Where in a file a value of a rule is written, for messages.

use std::fmt;

use crate::base::error::{Error, Result};
use crate::base::suggest::nearest;
use crate::base::yaml::{Mapping, Value};

/// The place of a value, for messages.
#[derive(Debug, Clone)]
pub(super) struct RulePlace<'a> {
    /// The keys from the rules down to the value, joined by dots.
    path: String,
    /// Where the rules are.
    rules: &'a str,
}

impl<'a> RulePlace<'a> {
    /// The place of the key `key` of the rules that stand in `rules`.
    pub fn new(key: &str, rules: &'a str) -> Self {
        Self { path: key.to_owned(), rules }
    }

    /// The place of a key inside of this one.
    pub fn within(&self, key: &str) -> Self {
        Self { path: format!("{}.{key}", self.path), rules: self.rules }
    }

    /// The error of a value here: what is wrong, as the end of a sentence, and the way out.
    pub fn wrong(&self, what: &str, hint: impl Into<String>) -> Error {
        Error::input(format!("{self} {what}"), hint)
    }

    /// The error of a value that can't stand here.
    pub fn wrong_value(&self, value: &Value, hint: impl Into<String>) -> Error {
        let what = match value {
            Value::Null(_) => "has no value".to_owned(),
            Value::List(_) => "is a list".to_owned(),
            Value::Mapping(_) => "is a mapping".to_owned(),
            scalar => format!("is `{}`", shown(scalar.source().unwrap_or_default())),
        };
        self.wrong(&what, hint)
    }

    /// Refuses keys of `mapping` that are not among `known`.
    pub fn only_keys(&self, mapping: &Mapping, known: &[&str]) -> Result<()> {
        for key in mapping.keys() {
            let name = key.source().unwrap_or_default();
            if !known.contains(&name) {
                let hint = match nearest(name, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("it has `{}`", known.join("`, `")),
                };
                return Err(self.wrong(&format!("has no key `{}`", shown(name)), hint));
            }
        }
        Ok(())
    }

    /// One text or a list of texts, none of them empty; `things` says what they are.
    pub fn texts(&self, value: &Value, things: &str) -> Result<Vec<String>> {
        let items = match value {
            Value::List(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        let texts = items.iter().map(|item| match item.source().map(str::trim) {
            Some(text) if !text.is_empty() && !item.is_null() => Ok(text.to_owned()),
            _ => Err(self.wrong(&format!("is not a list of {things}"), "write it as `[one, another]`")),
        });
        texts.collect()
    }
}

impl fmt::Display for RulePlace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` of {}", self.path, self.rules)
    }
}

/// What a person wrote, short and on one line.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(60).collect::<String>().escape_debug().to_string()
}
