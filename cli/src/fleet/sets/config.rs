//! The configuration of a row's stack: each key with the text that a row makes of its pattern. A secret is named, never written.

use crate::base::error::Result;
use crate::base::fields::Fields;
use crate::base::secret::Secret;
use crate::base::yaml::Value;
use crate::inputs::config_map::{ConfigItem, ConfigValue};

use super::pattern::{RowPattern, in_field};
use super::table::Cells;

/// The key of the section with the configuration of the stacks.
pub(super) const CONFIG: &str = "config";

/// The fields of a key in its long form.
pub const FIELDS: &[&str] = &[VALUE, SECRET, FROM_ENV, PATH];
const VALUE: &str = "value";
const SECRET: &str = "secret";
const FROM_ENV: &str = "from-env";
const PATH: &str = "path";

/// A key of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetConfig {
    /// The key, with its namespace.
    pub key: String,
    /// Whether the key is a path into an object.
    pub path: bool,
    /// What a row makes of it.
    pub kind: SetConfigKind,
    /// The value, or the name of its variable.
    pub pattern: RowPattern,
}

/// What a row makes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetConfigKind {
    /// The text itself.
    Plain,
    /// The value of the variable with that name.
    FromEnv {
        /// Whether it is encrypted.
        secret: bool,
    },
}

impl SetConfig {
    /// Reads the configuration of a set.
    pub(super) fn parse_all(set: &Fields<'_>) -> Result<Vec<Self>> {
        const HINT: &str = "write it as `config: { \"tenant:size\": \"{size}\" }`";
        if set.get(CONFIG).is_none() {
            return Ok(Vec::new());
        }
        let config = set.mapping(CONFIG, HINT)?;
        let mut items = Vec::new();
        for key in config.names() {
            let named = key
                .split_once(':')
                .is_some_and(|(namespace, name)| !namespace.is_empty() && !name.is_empty());
            if !named || key.contains(['{', '\n', '=']) {
                return Err(set.error(
                    CONFIG,
                    &format!(
                        "has the key `{}`, which is not one with a namespace",
                        crate::base::fields::shown(key)
                    ),
                    "write keys as `namespace:name`, mostly with the project's name: `tenant:size`",
                ));
            }
            items.push(Self::parse(&config, key)?);
        }
        Ok(items)
    }

    fn parse(config: &Fields<'_>, key: &str) -> Result<Self> {
        let made = |path, kind, pattern| Self { key: key.to_owned(), path, kind, pattern };
        match config.get(key) {
            Some(Value::Mapping(_)) => {}
            Some(Value::List(_)) | None => {
                return Err(config.error(
                    key,
                    "has no value that is a single text",
                    "write `\"{column}\"`, or `{ secret: true, from-env: \"DB_{id}\" }`",
                ));
            }
            Some(value) => {
                let text = value.source().unwrap_or_default();
                return Ok(made(false, SetConfigKind::Plain, in_field(config, key, text)?));
            }
        }
        let own = config.mapping(key, "write `{ secret: true, from-env: \"DB_{id}\" }`")?;
        own.only(FIELDS, "a key of a set's configuration")?;
        let (secret, path) = (own.flag(SECRET)?.unwrap_or(false), own.flag(PATH)?.unwrap_or(false));
        match (own.text(VALUE)?, own.text(FROM_ENV)?) {
            (Some(_), _) if secret => Err(own.error(
                VALUE,
                "would put a secret into the repository",
                "name the variable that holds it: `{ secret: true, from-env: \"DB_{id}\" }`",
            )),
            (Some(text), None) => Ok(made(path, SetConfigKind::Plain, in_field(&own, VALUE, text)?)),
            (None, Some(text)) => {
                let text = in_field(&own, FROM_ENV, text)?;
                Ok(made(path, SetConfigKind::FromEnv { secret }, text))
            }
            _ => Err(config.error(
                key,
                "needs exactly one of `value` and `from-env`",
                "write `{ secret: true, from-env: \"DB_{id}\" }`",
            )),
        }
    }

    /// The name of the variable that holds a row's value. None for a value that the row has itself. What can't stand in the name
    /// of a variable becomes `_`.
    pub fn variable(&self, cells: &Cells) -> Option<String> {
        let SetConfigKind::FromEnv { .. } = self.kind else { return None };
        let fits = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        Some(self.pattern.fill(cells).chars().map(fits).collect())
    }

    /// The text that a row makes of it. None for what a variable holds, and for an empty one: then the key is not set.
    pub fn plain(&self, cells: &Cells) -> Option<String> {
        (self.kind == SetConfigKind::Plain).then(|| self.pattern.fill(cells)).filter(|text| !text.is_empty())
    }

    /// The item to set for a row; none for an empty text. `variables` has the values of variables.
    ///
    /// # Errors
    /// The variable is not set: its name.
    pub fn item(
        &self,
        cells: &Cells,
        variables: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<ConfigItem>, String> {
        let value = match (self.kind, self.variable(cells)) {
            (SetConfigKind::FromEnv { secret }, Some(name)) => {
                let value = variables(&name).filter(|value| !value.is_empty()).ok_or(name)?;
                if secret { ConfigValue::Secret(Secret::new(value)) } else { ConfigValue::Plain(value) }
            }
            _ => match self.plain(cells) {
                Some(text) => ConfigValue::Plain(text),
                None => return Ok(None),
            },
        };
        Ok(Some(ConfigItem { key: self.key.clone(), path: self.path, value, stored_as: None }))
    }
}
