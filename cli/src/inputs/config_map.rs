//! The `config` input: what `pulumi config set` would be told, in the shape of the official action's `config-map`
//! (`key: {value, secret}`), with short forms, objects, paths, and values that come from a variable or a file.

use std::path::Path;

use serde_yaml::{Mapping, Value};

use super::suggest::nearest;
use crate::env::Env;
use crate::error::{Error, Result};
use crate::secret::Secret;

/// One value to set.
#[derive(Debug, Clone)]
pub struct ConfigItem {
    /// The key as the CLI takes it: `name`, `namespace:name`, or a path where `path` is true.
    pub key: String,
    /// Whether `key` is a path into an object.
    pub path: bool,
    /// The value.
    pub value: ConfigValue,
}

/// A value to set, in the open or not.
#[derive(Debug, Clone)]
pub enum ConfigValue {
    /// Stored as it is.
    Plain(String),
    /// Encrypted by the engine, handed to it over standard input.
    Secret(Secret),
}

const FIELDS: [&str; 5] = ["value", "secret", "path", "from-env", "from-file"];

/// Reads the mapping. Files are looked up from `folder`.
pub fn parse(mapping: &Mapping, env: &Env, folder: &Path) -> Result<Vec<ConfigItem>> {
    let mut items = Vec::new();
    for (key, entry) in mapping {
        let Some(key) = key.as_str() else {
            return Err(wrong("a key of `config` is no text", "write keys as `name` or `namespace:name`"));
        };
        Entry::parse(key, entry)?.resolve(key, env, folder, &mut items)?;
    }
    Ok(items)
}

/// A key whose secret value stands in the mapping itself, which on a command line everyone on the machine can read.
pub fn secret_in_the_open(mapping: &Mapping) -> Option<&str> {
    let is_open = |entry: &Value| {
        let secret = entry.get("secret").is_some_and(|secret| secret.as_bool() != Some(false));
        secret && entry.get("value").is_some()
    };
    mapping.iter().find(|(_, entry)| is_open(entry)).and_then(|(key, _)| key.as_str())
}

/// One entry as it is written.
struct Entry<'a> {
    value: Option<&'a Value>,
    from_env: Option<&'a str>,
    from_file: Option<&'a str>,
    secret: bool,
    path: bool,
}

impl<'a> Entry<'a> {
    fn parse(key: &str, entry: &'a Value) -> Result<Self> {
        let plain = Self { value: Some(entry), from_env: None, from_file: None, secret: false, path: false };
        let Value::Mapping(fields) = entry else { return Ok(plain) };
        let mut parsed = Self { value: None, ..plain };
        for (name, value) in fields {
            let name = name.as_str().unwrap_or_default();
            match name {
                "value" => parsed.value = Some(value),
                "secret" => parsed.secret = flag(key, name, value)?,
                "path" => parsed.path = flag(key, name, value)?,
                "from-env" => parsed.from_env = Some(text(key, name, value)?),
                "from-file" => parsed.from_file = Some(text(key, name, value)?),
                _ => {
                    let hint = match nearest(name, FIELDS) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!(
                            "an entry has the fields `{}`; an object goes under `value`",
                            FIELDS.join("`, `")
                        ),
                    };
                    return Err(wrong(format!("unknown field `{name}` of `config` key `{key}`"), hint));
                }
            }
        }
        Ok(parsed)
    }

    fn resolve(&self, key: &str, env: &Env, folder: &Path, items: &mut Vec<ConfigItem>) -> Result<()> {
        let mut push = |key: String, path, value: String| {
            let value =
                if self.secret { ConfigValue::Secret(Secret::new(value)) } else { ConfigValue::Plain(value) };
            items.push(ConfigItem { key, path, value });
        };
        match (self.value, self.from_env, self.from_file) {
            (Some(value @ (Value::Mapping(_) | Value::Sequence(_))), None, None) => {
                let mut leaves = Vec::new();
                let root = if self.path { key.to_owned() } else { path_root(key) };
                flatten(&root, value, &mut leaves).map_err(|at| null_value(&at))?;
                for (path, value) in leaves {
                    push(path, true, value);
                }
            }
            (Some(value), None, None) => {
                push(key.to_owned(), self.path, scalar(value).ok_or_else(|| null_value(key))?);
            }
            (None, Some(variable), None) => {
                let value = env.get_raw(variable).ok_or_else(|| {
                    wrong(
                        format!("`config` key `{key}` comes from the variable `{variable}`, which is not set"),
                        format!("set `{variable}` for this step; a job without secrets (a fork's change request) does not get them"),
                    )
                })?;
                push(key.to_owned(), self.path, value.to_owned());
            }
            (None, None, Some(file)) => {
                let file = folder.join(file);
                let value = std::fs::read_to_string(&file).map_err(|source| {
                    wrong(
                        format!("`config` key `{key}` comes from `{}`: {source}", file.display()),
                        "a relative path begins at the folder that stackstep was started in",
                    )
                })?;
                push(key.to_owned(), self.path, value.trim_end_matches(['\r', '\n']).to_owned());
            }
            _ => {
                return Err(wrong(
                    format!("`config` key `{key}` needs exactly one of `value`, `from-env`, `from-file`"),
                    "write `key: {value: …}`",
                ));
            }
        }
        Ok(())
    }
}

/// A key that is no path, written as the path that means the same: `a.b` becomes `["a.b"]`.
pub fn path_root(key: &str) -> String {
    if key.contains(['.', '[', ']', '"', '\\']) { quoted(key) } else { key.to_owned() }
}

/// A name of any characters as a step of a path.
fn quoted(name: &str) -> String {
    format!("[\"{}\"]", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The leaves of an object, each with its path. Fails with the path of a null.
fn flatten(path: &str, value: &Value, leaves: &mut Vec<(String, String)>) -> Result<(), String> {
    match value {
        Value::Mapping(fields) => {
            for (name, value) in fields {
                let name = scalar(name).ok_or_else(|| path.to_owned())?;
                let plain = !name.is_empty()
                    && !name.starts_with(|c: char| c.is_ascii_digit())
                    && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
                let step = if plain { format!(".{name}") } else { quoted(&name) };
                flatten(&format!("{path}{step}"), value, leaves)?;
            }
            Ok(())
        }
        Value::Sequence(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| flatten(&format!("{path}[{index}]"), item, leaves)),
        other => {
            leaves.push((path.to_owned(), scalar(other).ok_or_else(|| path.to_owned())?));
            Ok(())
        }
    }
}

/// A scalar as text, as YAML writes it; none for null.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Tagged(tagged) => scalar(&tagged.value),
        Value::Null | Value::Sequence(_) | Value::Mapping(_) => None,
    }
}

fn flag(key: &str, name: &str, value: &Value) -> Result<bool> {
    // GitHub expressions arrive as text: `secret: ${{ … }}` becomes `"true"`.
    value.as_bool().or_else(|| value.as_str().and_then(|text| text.parse().ok())).ok_or_else(|| {
        wrong(format!("`{name}` of `config` key `{key}` is no boolean"), "write `true` or `false`")
    })
}

fn text<'a>(key: &str, name: &str, value: &'a Value) -> Result<&'a str> {
    value
        .as_str()
        .ok_or_else(|| wrong(format!("`{name}` of `config` key `{key}` is no text"), "write a name"))
}

fn null_value(key: &str) -> Error {
    wrong(format!("`config` key `{key}` has no value"), "give it a value, or leave the key out")
}

fn wrong(what: impl Into<String>, hint: impl Into<String>) -> Error {
    Error::input(what, hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(yaml: &str) -> Vec<(String, bool, String, bool)> {
        let mapping: Mapping = serde_yaml::from_str(yaml).unwrap();
        let env = Env::from_pairs("/", [("FROM", "outside")]);
        let describe = |item: ConfigItem| match item.value {
            ConfigValue::Plain(value) => (item.key, item.path, value, false),
            ConfigValue::Secret(value) => (item.key, item.path, value.expose().to_owned(), true),
        };
        parse(&mapping, &env, Path::new("/")).unwrap().into_iter().map(describe).collect()
    }

    fn error(yaml: &str) -> String {
        let mapping: Mapping = serde_yaml::from_str(yaml).unwrap();
        parse(&mapping, &Env::default(), Path::new("/")).unwrap_err().to_string()
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
    fn an_object_becomes_paths() {
        assert_eq!(
            items("{db: {value: {size: 3, tags: [a, {odd key: b}]}}}"),
            [
                ("db.size".into(), true, "3".into(), false),
                ("db.tags[0]".into(), true, "a".into(), false),
                ("db.tags[1][\"odd key\"]".into(), true, "b".into(), false)
            ]
        );
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
