//! Converts the official action's `config-map` into the form of `config`: a step that has moved must not fail for an
//! entry that the official action ignores.
//!
//! The official action runs `pulumi config set-all` with `${value.value}`, as a secret if JavaScript takes
//! `value.secret` for true, and ignores everything else:
//! <https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/automation/localWorkspace.ts>. Where it would write
//! `undefined` or `[object Object]`, nothing sensible is lost by leaving the key out, or by setting the object.

use super::config_map::{FIELDS, path_root};
use super::config_object::{number_stays, path_step};
use super::javascript;
use crate::base::suggest::nearest;
use crate::base::yaml::{Mapping, Value};

/// 2^53: JavaScript can't represent every larger whole number.
const LARGEST: f64 = 9_007_199_254_740_992.0;

/// The entries for `config`, and a warning for each that is not set as it is written.
#[derive(Debug, Default)]
pub struct ConvertedConfig {
    /// The entries.
    pub mapping: Mapping,
    /// The warnings.
    pub warnings: Vec<String>,
}

/// Converts the whole document of `config-map`.
pub fn convert_config_map(document: &Value) -> ConvertedConfig {
    let mut converted = ConvertedConfig::default();
    match document {
        Value::Null(_) => {}
        Value::Mapping(mapping) => {
            let entries: Vec<_> = mapping
                .iter()
                .filter_map(|(key, entry)| {
                    Some((key.clone(), converted.convert_entry(key.source().unwrap_or_default(), entry)?))
                })
                .collect();
            converted.mapping = entries.into_iter().collect();
        }
        _ => converted.warn("`config-map` is not a YAML mapping, and nothing of it is set".to_owned()),
    }
    converted
}

impl ConvertedConfig {
    fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    /// The entry of `key`; none if it has nothing to set.
    fn convert_entry(&mut self, key: &str, entry: &Value) -> Option<Value> {
        let fields = match entry {
            Value::Mapping(fields) => fields,
            Value::List(_) => return Some(self.convert_object(&path_root(key), entry)),
            scalar => return Some(scalar.clone()),
        };
        for name in
            fields.keys().map(|name| name.source().unwrap_or_default()).filter(|name| !FIELDS.contains(name))
        {
            let near =
                nearest(name, FIELDS).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            self.warn(format!("`{name}` of `config-map` key `{key}` is not used{near}"));
        }
        let is_true = |name: &str| fields.get(name).is_some_and(javascript::is_truthy);
        let (secret, path) = (is_true("secret"), is_true("path"));
        let source = match fields.get("value") {
            Some(value) => {
                for name in ["from-env", "from-file"].into_iter().filter(|name| fields.get(name).is_some()) {
                    self.warn(format!(
                        "`{name}` of `config-map` key `{key}` is not used, as there is a `value`"
                    ));
                }
                vec![("value", self.convert_value(key, value, secret, path))]
            }
            None => ["from-env", "from-file"]
                .into_iter()
                .filter_map(|name| Some((name, fields.get(name)?.clone())))
                .collect(),
        };
        if source.is_empty() {
            self.warn(format!("`config-map` key `{key}` has no `value`, and is left as it is"));
            return None;
        }
        let flags =
            [("secret", secret), ("path", path)].map(|(name, on)| (name, Value::Bool(on.to_string())));
        let text = |(name, value): (&str, Value)| (Value::Text(name.to_owned()), value);
        Some(Value::Mapping(source.into_iter().chain(flags).map(text).collect()))
    }

    /// The `value` of `key`.
    fn convert_value(&mut self, key: &str, value: &Value, secret: bool, path: bool) -> Value {
        match value {
            Value::Null(written) => {
                if written.is_empty() {
                    self.warn(format!(
                        "the `value` of `config-map` key `{key}` is empty, and is set as `null`, as the official action \
                         does; an empty text is `\"\"`"
                    ));
                }
                Value::Text("null".to_owned())
            }
            Value::Bool(written) => Value::Bool(written.to_ascii_lowercase()),
            Value::List(_) | Value::Mapping(_) => {
                let place = if path { key.to_owned() } else { path_root(key) };
                let object = self.convert_object(&place, value);
                if secret || path { with_empty_as_text(object) } else { object }
            }
            scalar => scalar.clone(),
        }
    }

    /// The object without the parts that the Pulumi CLI can't set.
    fn convert_object(&mut self, place: &str, value: &Value) -> Value {
        match value {
            Value::Mapping(fields) => {
                let mut kept = Vec::new();
                for (name, value) in fields.iter() {
                    let place = format!("{place}{}", path_step(name.source().unwrap_or_default()));
                    if value.is_null() {
                        self.warn(format!(
                            "`config-map` key `{place}` is empty, and is left out of its object"
                        ));
                    } else {
                        kept.push((name.clone(), self.convert_object(&place, value)));
                    }
                }
                Value::Mapping(kept.into_iter().collect())
            }
            Value::List(items) => {
                let item = |(index, item)| self.convert_object(&format!("{place}[{index}]"), item);
                Value::List(items.iter().enumerate().map(item).collect())
            }
            Value::Null(_) => {
                self.warn(format!("`config-map` key `{place}` is empty, and is set as the text `null`"));
                Value::Text("null".to_owned())
            }
            Value::Number(written) if !number_stays(written) => self.convert_number(place, written),
            scalar => scalar.clone(),
        }
    }

    /// A number that would not stay as it is written: the number that JavaScript reads, if that is another form of it,
    /// else the text.
    fn convert_number(&mut self, place: &str, written: &str) -> Value {
        let shortest = javascript::number_of_yaml(written).filter(|number| number.abs() < LARGEST);
        let shortest = shortest.map(|number| number.to_string()).filter(|shortest| number_stays(shortest));
        let (kind, value) = match shortest {
            Some(shortest) => (format!("the number `{shortest}`"), Value::Number(shortest)),
            None => ("a text".to_owned(), Value::Text(written.to_owned())),
        };
        self.warn(format!(
            "`config-map` key `{place}` is the number `{written}`, which would not stay as it is written: it is set as \
             {kind}"
        ));
        value
    }
}

/// The value for setting its parts one by one. An empty list or mapping has no parts, and becomes its text.
fn with_empty_as_text(value: Value) -> Value {
    match value {
        Value::Mapping(fields) if fields.is_empty() => Value::Text("{}".to_owned()),
        Value::List(items) if items.is_empty() => Value::Text("[]".to_owned()),
        Value::Mapping(fields) => Value::Mapping(
            fields.iter().map(|(name, value)| (name.clone(), with_empty_as_text(value.clone()))).collect(),
        ),
        Value::List(items) => Value::List(items.into_iter().map(with_empty_as_text).collect()),
        scalar => scalar,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::base::env::Env;
    use crate::inputs::config_map::{self, ConfigValue};

    /// What is set, each as `key=value`, a secret with a `*` before it and an object as JSON; and the warnings.
    fn set(yaml: &str) -> (Vec<String>, Vec<String>) {
        let converted = convert_config_map(&crate::base::yaml::parse(yaml).unwrap());
        let env = Env::from_pairs("/", [("FROM", "outside")]);
        let items = config_map::parse(&converted.mapping, &env, Path::new("/"))
            .unwrap_or_else(|error| panic!("{yaml}: {error}"));
        let text = items.into_iter().map(|item| match item.value {
            ConfigValue::Plain(value) => format!("{}={value}", item.key),
            ConfigValue::Secret(value) => format!("*{}={}", item.key, value.expose()),
            ConfigValue::Object { json, .. } => format!("{}={json}", item.key),
        });
        (text.collect(), converted.warnings)
    }

    #[test]
    fn each_entry_is_set_as_the_official_action_does_where_that_is_sensible() {
        for (yaml, expected) in [
            ("a: {value: x}", "a=x"),
            ("a: {value: }", "a=null"),
            ("a: {value: ~, secret: true}", "*a=null"),
            ("a: {value: ''}", "a="),
            ("a: {value: True}", "a=true"),
            ("a: {value: 1.20}", "a=1.20"),
            ("a: {value: x, secret: }", "a=x"),
            ("a: {value: x, secret: false}", "a=x"),
            ("a: {value: x, secret: 0}", "a=x"),
            ("a: {value: x, secret: ''}", "a=x"),
            ("a: {value: x, secret: yes}", "*a=x"),
            ("a: {value: x, secret: no}", "*a=x"),
            ("a: {value: x, secret: 1}", "*a=x"),
            ("a: {value: x, secret: 'true'}", "*a=x"),
            ("a: {value: x, secret: 'false'}", "*a=x"),
            ("a: {value: x, secret: [x]}", "*a=x"),
            ("a: {value: x, foo: bar}", "a=x"),
            ("a: {value: x, from-env: NOPE}", "a=x"),
            ("a: {value: x, path: 1}", "a=x"),
            ("a: {from-env: FROM, secret: 1}", "*a=outside"),
            ("a: {value: [1.10]}", "a=[1.1]"),
            ("a: [1e3, 0x1F, 1.0]", "a=[1000,31,1]"),
            ("a: {value: [99999999999999999999, .inf]}", r#"a=["99999999999999999999",".inf"]"#),
            ("a: {value: {b: , c: 1, d: [~]}}", r#"a={"c":1,"d":["null"]}"#),
            ("a: {value: {b: }}", "a={}"),
            ("a: {value: [], secret: true}", "*a=[]"),
            ("a: {value: {b: {}}, secret: true}", "*a.b={}"),
            ("a: {value: {b: 1.20, c: }, secret: true}", "*a.b=1.2"),
            ("a: x", "a=x"),
            ("a: 1.20", "a=1.20"),
        ] {
            assert_eq!(set(yaml).0, [expected], "{yaml}");
        }
    }

    #[test]
    fn what_has_nothing_to_set_is_left_as_it_is() {
        for yaml in ["a: {}", "a: {secret: true}", "a: {vlaue: x}", "- a", "text", "5", "{}", "", "~"] {
            assert!(set(yaml).0.is_empty(), "{yaml}");
        }
    }

    #[test]
    fn what_is_not_set_as_it_is_written_is_named() {
        for (yaml, expected) in [
            ("k: {value: }", &["the `value` of `config-map` key `k` is empty, and is set as `null`"][..]),
            ("k: {value: ~}", &[]),
            ("k: {}", &["key `k` has no `value`, and is left as it is"]),
            (
                "k: {vlaue: x}",
                &["`vlaue` of `config-map` key `k` is not used; did you mean `value`?", "has no `value`"],
            ),
            (
                "k: {value: x, secrets: true}",
                &["`secrets` of `config-map` key `k` is not used; did you mean `secret`?"],
            ),
            ("k: {value: x, from-file: y}", &["`from-file` of `config-map` key `k` is not used"]),
            ("k: {value: {a: 1.10}}", &["key `k.a` is the number `1.10`"]),
            ("k.l: {value: [~]}", &["key `[\"k.l\"][0]` is empty"]),
            ("- a", &["`config-map` is not a YAML mapping"]),
            ("k: {value: x, secret: true}", &[]),
            ("k: [1.5, {}]", &[]),
        ] {
            let warnings = set(yaml).1;
            assert_eq!(warnings.len(), expected.len(), "{yaml}: {warnings:?}");
            for (warning, expected) in warnings.iter().zip(expected) {
                assert!(warning.contains(expected), "{yaml}: {warning}");
            }
        }
    }

    #[test]
    fn an_entry_without_anything_fails_there_and_here() {
        let converted = convert_config_map(&crate::base::yaml::parse("a: ").unwrap());
        assert!(config_map::parse(&converted.mapping, &Env::default(), Path::new("/")).is_err());
    }
}
