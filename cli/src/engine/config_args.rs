//! The way of each value of the `config` input into the stack's file.
//!
//! A plain value is given with the operation, at no cost. But `--config` with a path replaces the key's whole object,
//! so a value at a path is set by `pulumi config set-all --path`, which leaves the rest alone. An object whose values
//! need their types is set by `set-all --json`. A secret, or a value that is too long for a command line, is given over
//! standard input, each in a process of its own. <https://www.pulumi.com/docs/iac/cli/commands/pulumi_config/>

use crate::engine::line::CommandLine;
use crate::engine::line::Scope;
use crate::inputs::Inputs;
use crate::inputs::config_map::{ConfigItem, ConfigValue, path_root};

/// The longest value on a command line, and the length of all of them together, in bytes.
const LONGEST_VALUE: usize = if cfg!(windows) { 4 * 1024 } else { 64 * 1024 };
const LONGEST_VALUES: usize = if cfg!(windows) { 16 * 1024 } else { 512 * 1024 };

/// A value on a command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given<'a> {
    /// The key, or a path.
    pub key: &'a str,
    /// Whether it is a path.
    pub is_path: bool,
    /// The value.
    pub text: &'a str,
}

/// The values, sorted by their ways into the stack's file.
#[derive(Debug, Default)]
pub struct Parted<'a> {
    /// Objects as JSON, in one process, each with its key.
    objects: Vec<(&'a str, &'a str)>,
    /// Values at paths, in one process.
    at_paths: Vec<Given<'a>>,
    /// Values over standard input, each in a process of its own.
    pub singly: Vec<&'a ConfigItem>,
    /// Values that are given with the operation.
    pub along: Vec<Given<'a>>,
}

impl<'a> Parted<'a> {
    /// Sorts the values by their ways.
    pub fn from_items(config: &'a [ConfigItem]) -> Self {
        let mut parted = Self::default();
        let mut room = LONGEST_VALUES;
        let shared: Vec<&str> = config.iter().filter(|item| item.path).map(|item| root(&item.key)).collect();
        for item in config {
            match &item.value {
                ConfigValue::Object { paths: Some(paths), .. }
                    if !shared.contains(&path_root(&item.key).as_str()) && fits(paths, &mut room) =>
                {
                    let given = |(key, text): &'a (String, String)| Given { key, is_path: true, text };
                    parted.along.extend(paths.iter().map(given));
                }
                ConfigValue::Object { json, .. } => parted.objects.push((&item.key, json)),
                ConfigValue::Plain(text)
                    // The CLI would take a key with `=` in it to end there.
                    if item.stored_as.is_none() && !item.key.contains('=') && takes(text, &mut room) =>
                {
                    let given = Given { key: &item.key, is_path: item.path, text };
                    if item.path { parted.at_paths.push(given) } else { parted.along.push(given) }
                }
                ConfigValue::Plain(_) | ConfigValue::Secret(_) => parted.singly.push(item),
            }
        }
        parted
    }

    /// `pulumi config set-all --json` of the objects.
    pub fn set_objects(&self, inputs: &Inputs, scope: &Scope<'_>) -> Option<Vec<String>> {
        if self.objects.is_empty() {
            return None;
        }
        // The CLI reads the object from `value`; of `objectValue` it only looks whether it is there.
        let one = |(key, json): &(&str, &str)| {
            ((*key).to_owned(), serde_json::json!({ "value": json, "objectValue": {}, "secret": false }))
        };
        let all: serde_json::Map<_, _> = self.objects.iter().map(one).collect();
        let mut args = set_all(inputs, scope);
        args.text("json", Some(&serde_json::Value::Object(all).to_string()));
        Some(args.0)
    }

    /// `pulumi config set-all --path` of the values at paths.
    pub fn set_paths(&self, inputs: &Inputs, scope: &Scope<'_>) -> Option<Vec<String>> {
        if self.at_paths.is_empty() {
            return None;
        }
        let mut args = set_all(inputs, scope);
        args.push("--path");
        for given in &self.at_paths {
            args.text("plaintext", Some(&format!("{}={}", given.key, given.text)));
        }
        Some(args.0)
    }
}

fn set_all(inputs: &Inputs, scope: &Scope<'_>) -> CommandLine {
    let mut args = CommandLine::new("config");
    args.push("set-all");
    args.stack(scope);
    args.path("config-file", inputs.config.file.as_deref());
    args
}

/// `pulumi config set` of a value that goes over standard input.
pub fn config_set(inputs: &Inputs, scope: &Scope<'_>, item: &ConfigItem) -> Vec<String> {
    let mut args = CommandLine::new("config");
    args.push("set");
    args.stack(scope);
    match (&item.value, item.stored_as) {
        (ConfigValue::Secret(_), _) => args.push("--secret"),
        // The flags `--type` and `--plaintext` exclude each other.
        (_, Some(stored_as)) => args.text("type", Some(stored_as.word())),
        (_, None) => args.push("--plaintext"),
    }
    args.flag("path", item.path);
    args.path("config-file", inputs.config.file.as_deref());
    // After the dashes a key can't be taken for a flag.
    args.push("--");
    args.push(&item.key);
    args.0
}

/// The first step of a path: `db` of `db.size`, `["a.b"]` of `["a.b"].c`.
fn root(path: &str) -> &str {
    let end = if path.starts_with("[\"") { path.find("\"]").map(|at| at + 2) } else { path.find(['.', '[']) };
    &path[..end.unwrap_or(path.len())]
}

fn takes(text: &str, room: &mut usize) -> bool {
    let fits = text.len() <= LONGEST_VALUE && text.len() <= *room;
    if fits {
        *room -= text.len();
    }
    fits
}

fn fits(paths: &[(String, String)], room: &mut usize) -> bool {
    let length: usize = paths.iter().map(|(key, text)| key.len() + text.len()).sum();
    let fits = paths.iter().all(|(_, text)| text.len() <= LONGEST_VALUE) && length <= *room;
    if fits {
        *room -= length;
    }
    fits
}

impl CommandLine {
    /// Adds the values that are given with the operation, which writes them to the stack's file. They are no secrets.
    pub(super) fn config(&mut self, inputs: &Inputs) {
        let along = Parted::from_items(&inputs.config.items).along;
        let any_path = along.iter().any(|value| value.is_path);
        for value in along {
            let key = if any_path && !value.is_path { path_root(value.key) } else { value.key.to_owned() };
            self.0.push(format!("--config={key}={}", value.text));
        }
        self.flag("config-path", any_path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::secret::Secret;
    use crate::inputs::config_map::StoredAs;

    fn plain(key: &str, value: String, path: bool, stored_as: Option<StoredAs>) -> ConfigItem {
        ConfigItem { key: key.to_owned(), path, value: ConfigValue::Plain(value), stored_as }
    }

    fn object(key: &str, paths: bool) -> ConfigItem {
        let paths = paths.then(|| vec![(format!("{key}.a"), "1".to_owned())]);
        let value = ConfigValue::Object { json: "{\"a\":1}".to_owned(), paths };
        ConfigItem { key: key.to_owned(), path: false, value, stored_as: None }
    }

    fn keys(given: &[Given<'_>]) -> Vec<String> {
        given.iter().map(|given| given.key.to_owned()).collect()
    }

    #[test]
    fn what_a_command_line_does_not_take_goes_over_standard_input() {
        let config = [
            plain("short", "x".repeat(LONGEST_VALUE), false, None),
            plain("long", "x".repeat(LONGEST_VALUE + 1), false, None),
            plain("o.typed", "3".to_owned(), true, Some(StoredAs::String)),
            plain("a=b", "x".to_owned(), false, None),
        ];
        let parted = Parted::from_items(&config);
        assert_eq!(
            parted.singly.iter().map(|item| item.key.as_str()).collect::<Vec<_>>(),
            ["long", "o.typed", "a=b"]
        );
        assert_eq!(keys(&parted.along), ["short"]);
    }

    #[test]
    fn many_values_that_are_too_much_together_go_over_standard_input() {
        let config: Vec<ConfigItem> =
            (0..20).map(|n| plain(&format!("k{n}"), "x".repeat(LONGEST_VALUE), false, None)).collect();
        let parted = Parted::from_items(&config);
        assert_eq!(parted.along.len(), LONGEST_VALUES / LONGEST_VALUE);
        assert_eq!(parted.singly.len() + parted.along.len(), 20);
    }

    #[test]
    fn a_value_at_a_path_never_goes_with_the_operation() {
        let config = [plain("db.size", "3".to_owned(), true, None), plain("k", "v".to_owned(), false, None)];
        let parted = Parted::from_items(&config);
        assert_eq!(keys(&parted.at_paths), ["db.size"]);
        assert_eq!(keys(&parted.along), ["k"]);
    }

    #[test]
    fn an_object_goes_with_the_operation_where_nothing_else_lies_at_its_key() {
        let secret = |key: &str| ConfigItem {
            key: key.to_owned(),
            path: true,
            value: ConfigValue::Secret(Secret::new("s")),
            stored_as: None,
        };
        let config = [object("a", true), object("b", true), object("c", false), secret("b.password")];
        let parted = Parted::from_items(&config);
        assert_eq!(keys(&parted.along), ["a.a"]);
        assert_eq!(parted.objects.iter().map(|(key, _)| *key).collect::<Vec<_>>(), ["b", "c"]);
    }

    #[test]
    fn the_root_of_a_path_is_its_first_step() {
        for (path, expected) in
            [("db.size", "db"), ("db[0]", "db"), ("[\"a.b\"].c", "[\"a.b\"]"), ("db", "db")]
        {
            assert_eq!(root(path), expected);
        }
    }
}
