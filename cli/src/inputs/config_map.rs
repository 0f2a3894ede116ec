//! The `config` input: the values for `pulumi config set`, in the form of the official action's `config-map` (`key:
//! {value, secret}`), with short forms, objects, paths, and values from a variable or a file.
//!
//! A value is the written text: `1.20` is not the same as the number `1.2`.

use std::path::Path;

pub use super::config_object::StoredAs;
use super::config_object::{Unsettable, leaves, object_as_json, quoted_step};
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::secret::Secret;
use crate::base::suggest::nearest;
use crate::base::text_file::{self, read_text};
use crate::base::yaml::{Mapping, Value};

/// One value to set.
#[derive(Debug, Clone)]
pub struct ConfigItem {
    /// The key in the CLI's form: `name`, `namespace:name`, or a path if `path` is true.
    pub key: String,
    /// Whether `key` is a path into an object.
    pub path: bool,
    /// The value.
    pub value: ConfigValue,
    /// The value's type, if the CLI would otherwise take the text for another one.
    pub stored_as: Option<StoredAs>,
}

/// A value to set, in plain text or as a secret.
#[derive(Debug, Clone)]
pub enum ConfigValue {
    /// Stored in plain text.
    Plain(String),
    /// Encrypted by the engine, which gets it over standard input.
    Secret(Secret),
    /// An object or a list, which replaces the key's value.
    Object {
        /// The object as JSON.
        json: String,
        /// The values in the object by their paths, if the CLI makes the same object of them.
        paths: Option<Vec<(String, String)>>,
    },
}

/// The fields of an entry in its long form.
pub(super) const FIELDS: [&str; 5] = ["value", "secret", "path", "from-env", "from-file"];

/// The items of the mapping. Files are relative to `folder`.
pub fn parse(mapping: &Mapping, env: &Env, folder: &Path) -> Result<Vec<ConfigItem>> {
    let mut items = Vec::new();
    for (key, entry) in mapping.iter() {
        let Some(key) = key.source().filter(|key| !key.is_empty()) else {
            return Err(Error::input(
                "a key of `config` is not text",
                "write keys as `name` or `namespace:name`",
            ));
        };
        ConfigEntry::parse(key, entry)?.push_items(key, env, folder, &mut items)?;
    }
    Ok(items)
}

/// A key with a secret value in the mapping itself: everyone on the machine could read it on a command line.
pub fn secret_in_the_open(mapping: &Mapping) -> Option<&str> {
    let is_open = |entry: &Value| {
        let secret = entry.get("secret").is_some_and(|secret| as_bool(secret) != Some(false));
        secret && entry.get("value").is_some()
    };
    mapping.iter().find(|(_, entry)| is_open(entry)).and_then(|(key, _)| key.source())
}

/// One entry of the mapping.
struct ConfigEntry<'a> {
    value: Option<&'a Value>,
    from_env: Option<&'a str>,
    from_file: Option<&'a str>,
    secret: bool,
    path: bool,
}

impl<'a> ConfigEntry<'a> {
    fn parse(key: &str, entry: &'a Value) -> Result<Self> {
        let plain = Self { value: Some(entry), from_env: None, from_file: None, secret: false, path: false };
        let Value::Mapping(fields) = entry else { return Ok(plain) };
        let mut parsed = Self { value: None, ..plain };
        for (name, value) in fields.iter() {
            let name = name.source().unwrap_or_default();
            match name {
                "value" => parsed.value = Some(value),
                "secret" => parsed.secret = bool_field(key, name, value)?,
                "path" => parsed.path = bool_field(key, name, value)?,
                "from-env" => parsed.from_env = Some(text_field(key, name, value)?),
                "from-file" => parsed.from_file = Some(text_field(key, name, value)?),
                _ => {
                    let hint = match nearest(name, FIELDS) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!(
                            "an entry has the fields `{}`; an object goes under `value`",
                            FIELDS.join("`, `")
                        ),
                    };
                    return Err(Error::input(
                        format!("unknown field `{name}` of `config` key `{key}`"),
                        hint,
                    ));
                }
            }
        }
        Ok(parsed)
    }

    fn push_items(&self, key: &str, env: &Env, folder: &Path, items: &mut Vec<ConfigItem>) -> Result<()> {
        let single = match (self.value, self.from_env, self.from_file) {
            (Some(value @ (Value::Mapping(_) | Value::List(_))), None, None) => {
                return self.push_object(key, value, items);
            }
            // An empty entry has most likely lost its value.
            (Some(value), None, None) => {
                value.source().filter(|text| !(text.is_empty() && value.is_null())).ok_or_else(|| missing_value(key))?.to_owned()
            }
            (None, Some(variable), None) => env.get_raw(variable).map(str::to_owned).ok_or_else(|| {
                Error::input(
                    format!("`config` key `{key}` comes from the variable `{variable}`, which is not set"),
                    format!("set `{variable}` for this step; a job without secrets (a fork's change request) does not get them"),
                )
            })?,
            (None, None, Some(file)) => text_of_file(key, &folder.join(file))?,
            _ => {
                return Err(Error::input(
                    format!("`config` key `{key}` needs exactly one of `value`, `from-env`, `from-file`"),
                    "write `key: {value: …}`",
                ));
            }
        };
        items.push(self.config_item(key.to_owned(), self.path, single, None));
        Ok(())
    }

    /// Adds an object as one value; at a path, or as a secret, each of its values by its path.
    fn push_object(&self, key: &str, value: &Value, items: &mut Vec<ConfigItem>) -> Result<()> {
        let root = if self.path { key.to_owned() } else { path_root(key) };
        if self.path || self.secret {
            let leaves = leaves(&root, value, self.secret).map_err(unsettable)?;
            items.extend(
                leaves.into_iter().map(|leaf| self.config_item(leaf.path, true, leaf.text, leaf.stored_as)),
            );
            return Ok(());
        }
        let json = object_as_json(&root, value).map_err(unsettable)?.to_string();
        let same = |leaf: &super::config_object::Leaf| leaf.stored_as.is_none() && !leaf.path.contains('=');
        let paths = leaves(&root, value, false).ok().filter(|leaves| leaves.iter().all(same));
        let paths = paths.map(|leaves| leaves.into_iter().map(|leaf| (leaf.path, leaf.text)).collect());
        let value = ConfigValue::Object { json, paths };
        items.push(ConfigItem { key: key.to_owned(), path: false, value, stored_as: None });
        Ok(())
    }

    fn config_item(&self, key: String, path: bool, text: String, stored_as: Option<StoredAs>) -> ConfigItem {
        let value =
            if self.secret { ConfigValue::Secret(Secret::new(text)) } else { ConfigValue::Plain(text) };
        ConfigItem { key, path, value, stored_as }
    }
}

/// The text of a file without its last line end, like `pulumi config set key < file`.
fn text_of_file(key: &str, file: &Path) -> Result<String> {
    let mut text = read_text(file, text_file::CONFIGURATION).map_err(|error| {
        Error::input(
            format!("`config` key `{key}` comes from `{}`: {error}", file.display()),
            error.hint().unwrap_or(
                "a relative path begins at the folder that stackstep was started in, and in `stackstep.yaml` at that file",
            ),
        )
    })?;
    let end = text.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text).len());
    text.truncate(end.unwrap_or(text.len()));
    Ok(text)
}

/// The path that means the same as a plain key: `["a.b"]` for `a.b`.
pub fn path_root(key: &str) -> String {
    if key.contains(['.', '[', ']', '"', '\\']) { quoted_step(key) } else { key.to_owned() }
}

fn bool_field(key: &str, name: &str, value: &Value) -> Result<bool> {
    // GitHub expressions become text: `secret: ${{ … }}` is `"true"`.
    as_bool(value).ok_or_else(|| {
        Error::input(format!("`{name}` of `config` key `{key}` is not a boolean"), "write `true` or `false`")
    })
}

fn as_bool(value: &Value) -> Option<bool> {
    value.source()?.trim().to_ascii_lowercase().parse().ok()
}

fn text_field<'a>(key: &str, name: &str, value: &'a Value) -> Result<&'a str> {
    value
        .source()
        .filter(|text| !text.is_empty())
        .ok_or_else(|| Error::input(format!("`{name}` of `config` key `{key}` is not text"), "write a name"))
}

fn missing_value(key: &str) -> Error {
    Error::input(
        format!("`config` key `{key}` has no value"),
        "give it a value, or leave the key out; an empty one is `\"\"`",
    )
}

fn unsettable(problem: Unsettable) -> Error {
    match problem {
        Unsettable::Empty(path) => missing_value(&path),
        Unsettable::Hollow(path) => Error::input(
            format!("`config` key `{path}` is an empty list or mapping, which the Pulumi CLI can't set"),
            "leave it out, or write it into the stack's configuration file",
        ),
        Unsettable::Key(path) => Error::input(
            format!("a key in `config` key `{path}` is a list or a mapping"),
            "write keys as text",
        ),
        Unsettable::Number { path, written, better } => {
            let number =
                better.map(|better| format!(", and `{better}` if it is a number")).unwrap_or_default();
            Error::input(
                format!(
                    "`config` key `{path}` is the number `{written}`, which would not stay as it is written"
                ),
                format!("write `\"{written}\"` if it is text{number}"),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(yaml: &str) -> Vec<(String, bool, String, bool)> {
        let value = crate::base::yaml::parse(yaml).unwrap();
        let mapping = value.as_mapping().unwrap();
        let env = Env::from_pairs("/", [("FROM", "outside")]);
        let describe = |item: ConfigItem| match item.value {
            ConfigValue::Plain(value) => (item.key, item.path, value, false),
            ConfigValue::Secret(value) => (item.key, item.path, value.expose().to_owned(), true),
            ConfigValue::Object { json, .. } => (item.key, item.path, json, false),
        };
        parse(mapping, &env, Path::new("/")).unwrap().into_iter().map(describe).collect()
    }

    fn error(yaml: &str) -> String {
        let value = crate::base::yaml::parse(yaml).unwrap();
        parse(value.as_mapping().unwrap(), &Env::default(), Path::new("/")).unwrap_err().to_string()
    }

    #[test]
    fn the_official_shape_is_read() {
        assert_eq!(
            items("{aws:region: {value: eu, secret: false}, token: {value: t, secret: true}}"),
            [("aws:region".into(), false, "eu".into(), false), ("token".into(), false, "t".into(), true)]
        );
    }

    #[test]
    fn a_scalar_alone_is_its_value() {
        assert_eq!(
            items("{n: 3, on: true, s: text}"),
            [
                ("n".into(), false, "3".into(), false),
                ("on".into(), false, "true".into(), false),
                ("s".into(), false, "text".into(), false)
            ]
        );
    }

    #[test]
    fn a_value_is_the_text_that_is_written() {
        for written in [
            "20220113.10",
            "1234e56",
            "012345678901",
            "yes",
            "1.20",
            "99999999999999999999",
            "0x1F",
            "~",
            "null",
            "2026-01-01",
            "True",
            "+1",
            "1_000",
            "22:22",
            ".inf",
            "12e3456",
            "'1.20'",
            "\"true\"",
        ] {
            let value = written.trim_matches(['\'', '"']).to_owned();
            let expected = [("k".to_owned(), false, value, false)];
            assert_eq!(items(&format!("{{k: {written}}}")), expected);
            assert_eq!(items(&format!("{{k: {{value: {written}}}}}")), expected);
        }
    }

    #[test]
    fn a_value_that_is_empty_is_refused_and_an_empty_text_is_not() {
        assert_eq!(error("{k: }"), "`config` key `k` has no value");
        assert_eq!(error("{k: {value: }}"), "`config` key `k` has no value");
        assert_eq!(items("{k: ''}"), [("k".into(), false, String::new(), false)]);
    }

    #[test]
    fn a_number_of_an_object_that_would_change_is_refused_by_name() {
        assert_eq!(
            error("{db: {value: {version: 1.20}}}"),
            "`config` key `db.version` is the number `1.20`, which would not stay as it is written"
        );
    }

    #[test]
    fn a_file_loses_its_last_line_end_and_its_byte_order_mark() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("value");
        for (text, expected) in [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("\u{feff}a", "a"), ("", "")]
        {
            std::fs::write(&path, text).unwrap();
            assert_eq!(text_of_file("k", &path).unwrap(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_value_comes_from_a_variable() {
        assert_eq!(
            items("{k: {from-env: FROM, secret: true}}"),
            [("k".into(), false, "outside".into(), true)]
        );
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        assert_eq!(
            error("{k: {from-env: NOPE}}"),
            "`config` key `k` comes from the variable `NOPE`, which is not set"
        );
    }

    #[test]
    fn two_sources_are_refused() {
        assert_eq!(
            error("{k: {value: a, from-env: B}}"),
            "`config` key `k` needs exactly one of `value`, `from-env`, `from-file`"
        );
    }

    #[test]
    fn an_unknown_field_is_refused() {
        assert_eq!(error("{k: {vlaue: a}}"), "unknown field `vlaue` of `config` key `k`");
    }
}
