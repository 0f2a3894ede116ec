//! The keys of a mapping of the settings, read by their form. Each error names the key and the file.

use std::time::Duration;

use crate::base::error::{Error, Problem, Result};
use crate::base::suggest::nearest;
use crate::base::words::Words;
use crate::base::yaml::{Mapping, Value};

/// The keys of one mapping.
pub(crate) struct Fields<'a> {
    mapping: &'a Mapping,
    /// The way to the mapping: `checks[0]`; empty at the top.
    path: String,
    /// The place of it all: "`stacks.prod` in `stackstep.yaml`".
    place: &'a str,
}

impl<'a> Fields<'a> {
    pub fn new(mapping: &'a Mapping, path: impl Into<String>, place: &'a str) -> Self {
        Self { mapping, path: path.into(), place }
    }

    /// Refuses keys that are not among `known`. `what` is the thing that has the keys: "a check".
    pub fn only(&self, known: &[&str], what: &str) -> Result<()> {
        for key in self.mapping.keys() {
            let Some(name) = key.source() else {
                return Err(self.error("", "has a key that is not text", "keys are words, such as `http`"));
            };
            if !known.contains(&name) {
                let hint = match nearest(name, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the keys of {what} are `{}`", known.join("`, `")),
                };
                let name: String = name.chars().take(40).collect();
                return Err(self.error(
                    &name.escape_debug().to_string(),
                    &format!("is not a key of {what}"),
                    hint,
                ));
            }
        }
        Ok(())
    }

    /// The value of a key; none for nothing.
    pub fn get(&self, key: &str) -> Option<&'a Value> {
        self.mapping.get(key).filter(|value| !value.is_null())
    }

    /// The value of a key, nothing among them; none for a key that is not there.
    pub fn value(&self, key: &str) -> Option<&'a Value> {
        self.mapping.iter().find(|(own, _)| own.source() == Some(key)).map(|(_, value)| value)
    }

    /// Whether the key is there, with or without a value.
    pub fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    /// Whether each key of the mapping is a text, a number or another scalar.
    pub fn has_text_keys(&self) -> bool {
        self.mapping.keys().all(|key| key.source().is_some())
    }

    /// The keys of the mapping that are scalars, in its order.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.mapping.keys().filter_map(Value::source)
    }

    /// The keys of the mapping that this key holds.
    pub fn mapping(&self, key: &str, hint: &str) -> Result<Fields<'a>> {
        match self.get(key) {
            Some(Value::Mapping(mapping)) => Ok(Fields::new(mapping, self.path_to(key), self.place)),
            _ => Err(self.error(key, "is not a mapping", hint)),
        }
    }

    /// A text, a number or another scalar, as it is written.
    pub fn text(&self, key: &str) -> Result<Option<&'a str>> {
        let Some(value) = self.get(key) else { return Ok(None) };
        match value.source() {
            Some(text) if !text.trim().is_empty() => Ok(Some(text.trim())),
            Some(_) => Err(self.error(key, "is empty", "write a text, or leave the key out")),
            None => Err(self.error(key, "is not a text", "write a single text")),
        }
    }

    /// One text, or a list of some.
    pub fn texts(&self, key: &str) -> Result<Vec<String>> {
        let wrong = || self.error(key, "is not a text or a list of texts", "write `[one, two]`");
        match self.get(key) {
            None => Ok(Vec::new()),
            Some(Value::List(items)) => items
                .iter()
                .map(|item| {
                    item.source().filter(|text| !text.is_empty()).map(str::to_owned).ok_or_else(wrong)
                })
                .collect(),
            Some(value) => {
                let text = value.source().filter(|text| !text.is_empty()).ok_or_else(wrong)?;
                Ok(vec![text.to_owned()])
            }
        }
    }

    pub fn flag(&self, key: &str) -> Result<Option<bool>> {
        self.text(key)?
            .map(|text| match text {
                "true" => Ok(true),
                "false" => Ok(false),
                other => Err(self.error(
                    key,
                    &format!("is `{}`, which is not a boolean", shown(other)),
                    "write `true` or `false`",
                )),
            })
            .transpose()
    }

    /// A length of time, which has a unit: `500` would be seconds to some, and milliseconds to others.
    pub fn duration(&self, key: &str) -> Result<Option<Duration>> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        let hint = "write it with its unit: `500ms`, `2s`, `1m30s`";
        if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && text != "0" {
            return Err(self.error(key, &format!("is `{}`, which has no unit", shown(text)), hint));
        }
        let time = if text == "0" { Some(Duration::ZERO) } else { humantime::parse_duration(text).ok() };
        time.map(Some).ok_or_else(|| {
            self.error(key, &format!("is `{}`, which is not a length of time", shown(text)), hint)
        })
    }

    /// A length of time that is not zero.
    pub fn time(&self, key: &str) -> Result<Option<Duration>> {
        let time = self.duration(key)?;
        if time == Some(Duration::ZERO) {
            return Err(self.error(key, "is no time at all", "write a longer one, or leave the key out"));
        }
        Ok(time)
    }

    pub fn number(&self, key: &str, min: u32, max: u32) -> Result<Option<u32>> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        let number = text.parse().ok().filter(|number| (min..=max).contains(number));
        number.map(Some).ok_or_else(|| {
            self.error(
                key,
                &format!("is `{}`", shown(text)),
                format!("it takes a whole number from {min} to {max}"),
            )
        })
    }

    pub fn choice<T: Words>(&self, key: &str) -> Result<Option<T>> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        let word = T::from_word(text);
        word.map(Some).ok_or_else(|| {
            let hint = match nearest(text, T::WORDS.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it is one of `{}`", T::WORDS.join("`, `")),
            };
            self.error(key, &format!("is `{}`", shown(text)), hint)
        })
    }

    /// The error that a key is `wrong`. An empty key stands for the mapping.
    pub fn error(&self, key: &str, wrong: &str, hint: impl Into<String>) -> Error {
        Error::input(format!("`{}` of {} {wrong}", self.path_to(key), self.place), hint)
    }

    /// The error of a key whose value has this problem.
    pub fn problem(&self, key: &str, problem: &Problem) -> Error {
        let what = format!("`{}` of {}: {}", self.path_to(key), self.place, problem.what);
        Error::Input { what, hint: problem.hint.clone() }
    }

    /// The way to a key: `sourceContext.git`.
    pub fn path_to(&self, key: &str) -> String {
        match (self.path.as_str(), key) {
            ("", key) => key.to_owned(),
            (path, "") => path.to_owned(),
            (path, key) => format!("{path}.{key}"),
        }
    }
}

/// A value for a message: short, and on one line.
pub(crate) fn shown(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    short.escape_debug().to_string()
}

/// Whether a text can be the name of a variable.
pub(crate) fn is_variable(name: &str) -> bool {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    begins && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
