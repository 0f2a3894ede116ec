//! An object of the `config` input as paths and values for `pulumi config set --path`.
//!
//! The CLI gets each value as text. It takes a text that looks like a boolean or a whole number for one; everything
//! else stays text (<https://www.pulumi.com/docs/iac/cli/commands/pulumi_config_set/>). If that differs from what is
//! written, the type is given; a number that can't be passed unchanged is refused.

use serde_json::Value as Json;

use crate::base::yaml::Value;

/// The largest whole number that every program reads exactly: <https://www.rfc-editor.org/rfc/rfc8259#section-6>.
const LARGEST_WHOLE: u64 = (1 << 53) - 1;

/// A value inside an object.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    /// The path in the CLI's form.
    pub path: String,
    /// The value's text.
    pub text: String,
    /// The value's type, if the CLI would otherwise take the text for another one.
    pub stored_as: Option<StoredAs>,
}

/// The reason why an object can't be set, with the path of the part that is wrong.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unsettable {
    /// A value is missing.
    Empty(String),
    /// A number that would change, with a form of it that would not, if there is one.
    Number {
        /// The number's path.
        path: String,
        /// The number as it is written.
        written: String,
        /// The form that would not change.
        better: Option<String>,
    },
    /// A key that is a list or a mapping.
    Key(String),
    /// An empty list or mapping, which no path leads to.
    Hollow(String),
}

/// The leaves of `value` at `path`. A secret is always text.
pub(super) fn leaves(path: &str, value: &Value, secret: bool) -> Result<Vec<Leaf>, Unsettable> {
    let mut found = Vec::new();
    collect_leaves(path, value, secret, &mut found)?;
    Ok(found)
}

fn collect_leaves(path: &str, value: &Value, secret: bool, found: &mut Vec<Leaf>) -> Result<(), Unsettable> {
    match value {
        Value::Mapping(fields) if fields.is_empty() => Err(Unsettable::Hollow(path.to_owned())),
        Value::List(items) if items.is_empty() => Err(Unsettable::Hollow(path.to_owned())),
        Value::Mapping(fields) => fields.iter().try_for_each(|(name, value)| {
            let name = name.source().ok_or_else(|| Unsettable::Key(path.to_owned()))?;
            collect_leaves(&format!("{path}{}", path_step(name)), value, secret, found)
        }),
        Value::List(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| collect_leaves(&format!("{path}[{index}]"), item, secret, found)),
        scalar => {
            let (text, stored_as) = text_and_type(path, scalar, secret)?;
            found.push(Leaf { path: path.to_owned(), text, stored_as });
            Ok(())
        }
    }
}

/// The object as JSON in the CLI's form. Refuses the same values as [`leaves`], except empty ones.
pub(super) fn object_as_json(path: &str, value: &Value) -> Result<Json, Unsettable> {
    match value {
        Value::Mapping(fields) => {
            let field = |(name, value): (&Value, &Value)| {
                let name = name.source().ok_or_else(|| Unsettable::Key(path.to_owned()))?;
                Ok((name.to_owned(), object_as_json(&format!("{path}{}", path_step(name)), value)?))
            };
            fields.iter().map(field).collect::<Result<_, _>>().map(Json::Object)
        }
        Value::List(items) => {
            let item = |(index, item)| object_as_json(&format!("{path}[{index}]"), item);
            items.iter().enumerate().map(item).collect::<Result<_, _>>().map(Json::Array)
        }
        scalar => {
            let (text, stored_as) = text_and_type(path, scalar, false)?;
            Ok(match scalar {
                Value::Bool(_) => Json::Bool(text == "true"),
                Value::Number(_) if stored_as.is_none() => text.parse::<i64>().map_or(Json::Null, Json::from),
                Value::Number(_) => text.parse::<f64>().map_or(Json::Null, Json::from),
                _ => Json::String(text),
            })
        }
    }
}

/// A scalar's text, and its type if that has to be given.
fn text_and_type(path: &str, scalar: &Value, secret: bool) -> Result<(String, Option<StoredAs>), Unsettable> {
    let Some(text) = scalar.source().filter(|_| !scalar.is_null()) else {
        return Err(Unsettable::Empty(path.to_owned()));
    };
    Ok(match scalar {
        _ if secret => (text.to_owned(), None),
        Value::Bool(_) => (text.to_ascii_lowercase(), None),
        Value::Number(_) => number_and_type(path, text)?,
        _ => (text.to_owned(), is_retyped(text).then_some(StoredAs::String)),
    })
}

fn number_and_type(path: &str, written: &str) -> Result<(String, Option<StoredAs>), Unsettable> {
    let whole = written.parse::<i64>().ok();
    if whole.is_some_and(|whole| whole.unsigned_abs() <= LARGEST_WHOLE && whole.to_string() == written) {
        return Ok((written.to_owned(), None));
    }
    let float = written.parse::<f64>().ok().filter(|float| float.is_finite());
    let shortest = float.map(|float| float.to_string());
    match shortest {
        Some(shortest) if shortest == written && whole.is_none() => {
            Ok((written.to_owned(), Some(StoredAs::Float)))
        }
        shortest => {
            let better = shortest.filter(|text| text.len() < 16 && text != written);
            Err(Unsettable::Number { path: path.to_owned(), written: written.to_owned(), better })
        }
    }
}

/// Whether a number can be passed unchanged.
pub(super) fn number_stays(written: &str) -> bool {
    number_and_type("", written).is_ok()
}

/// Whether the CLI takes this text inside of an object for a boolean or a number.
fn is_retyped(text: &str) -> bool {
    let leading_zero = text.len() > 1 && text.starts_with('0');
    let whole = text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok();
    matches!(text, "true" | "false") || (whole && !leading_zero)
}

/// A name as a step of a path.
pub(super) fn path_step(name: &str) -> String {
    let plain = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if plain { format!(".{name}") } else { quoted_step(name) }
}

/// A name of any characters as a step of a path.
pub(super) fn quoted_step(name: &str) -> String {
    format!("[\"{}\"]", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A type that `pulumi config set` has to be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredAs {
    /// Text that looks like a number or a boolean.
    String,
    /// A number that is not whole.
    Float,
}

impl StoredAs {
    /// The word for the CLI's `--type`.
    pub fn word(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Float => "float",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves_of(yaml: &str) -> Result<Vec<(String, String, Option<StoredAs>)>, Unsettable> {
        let value = crate::base::yaml::parse(yaml).unwrap();
        let leaves = leaves("o", &value, false)?;
        Ok(leaves.into_iter().map(|leaf| (leaf.path, leaf.text, leaf.stored_as)).collect())
    }

    fn only(yaml: &str) -> (String, Option<StoredAs>) {
        let (_, text, stored_as) = leaves_of(&format!("{{k: {yaml}}}")).unwrap().remove(0);
        (text, stored_as)
    }

    #[test]
    fn an_object_becomes_paths() {
        let paths: Vec<String> =
            leaves_of("{size: 3, tags: [a, {odd key: b}]}").unwrap().into_iter().map(|leaf| leaf.0).collect();
        assert_eq!(paths, ["o.size", "o.tags[0]", "o.tags[1][\"odd key\"]"]);
    }

    #[test]
    fn a_number_that_stays_what_it_is_goes_over_as_one() {
        for whole in ["3", "-3", "0", "9007199254740991"] {
            assert_eq!(only(whole), (whole.to_owned(), None));
        }
        for float in ["1.5", "-0.25", "0.1", "20220113.15"] {
            assert_eq!(only(float), (float.to_owned(), Some(StoredAs::Float)));
        }
    }

    #[test]
    fn a_number_that_would_change_is_refused_by_name() {
        for (written, better) in [
            ("20220113.10", Some("20220113.1")),
            ("1.20", Some("1.2")),
            ("1.0", Some("1")),
            ("1e3", Some("1000")),
            ("+1", Some("1")),
            ("0x1F", None),
            ("1234e56", None),
            ("9007199254740992", Some("9007199254740992")),
            ("-9223372036854775808", None),
            ("99999999999999999999", None),
            (".inf", None),
        ] {
            let error = leaves_of(&format!("{{k: {written}}}")).unwrap_err();
            let better = better.filter(|better| *better != written).map(str::to_owned);
            assert_eq!(
                error,
                Unsettable::Number { path: "o.k".into(), written: written.into(), better },
                "{written}"
            );
        }
    }

    #[test]
    fn text_that_looks_like_a_number_or_a_boolean_stays_text() {
        for text in ["3", "-3", "+3", "true", "18446744073709551615"] {
            assert_eq!(only(&format!("'{text}'")), (text.to_owned(), Some(StoredAs::String)));
        }
        for text in ["012345678901", "1.20", "yes", "2026-01-01", "True", "18446744073709551616", "1234e56"] {
            assert_eq!(only(&format!("'{text}'")), (text.to_owned(), None));
        }
        assert_eq!(only("012345678901"), ("012345678901".to_owned(), None));
        assert_eq!(only("yes"), ("yes".to_owned(), None));
    }

    #[test]
    fn an_object_is_json_with_the_types_that_are_written() {
        let value =
            crate::base::yaml::parse("{a: 3, b: 1.5, c: '3', d: True, e: 'true', f: [x, {}], g: 012}")
                .unwrap();
        assert_eq!(
            object_as_json("o", &value).unwrap().to_string(),
            r#"{"a":3,"b":1.5,"c":"3","d":true,"e":"true","f":["x",{}],"g":"012"}"#
        );
        let value = crate::base::yaml::parse("{a: [1.20]}").unwrap();
        assert!(
            matches!(object_as_json("o", &value), Err(Unsettable::Number { path, .. }) if path == "o.a[0]")
        );
        let value = crate::base::yaml::parse("{a: }").unwrap();
        assert_eq!(object_as_json("o", &value), Err(Unsettable::Empty("o.a".into())));
    }

    #[test]
    fn a_boolean_is_one_in_any_spelling() {
        assert_eq!(only("True"), ("true".to_owned(), None));
    }

    #[test]
    fn what_no_path_can_set_is_refused() {
        assert_eq!(leaves_of("{k: ~}"), Err(Unsettable::Empty("o.k".into())));
        assert_eq!(leaves_of("{k: }"), Err(Unsettable::Empty("o.k".into())));
        assert_eq!(leaves_of("{k: {}}"), Err(Unsettable::Hollow("o.k".into())));
        assert_eq!(leaves_of("[]"), Err(Unsettable::Hollow("o".into())));
        assert_eq!(leaves_of("{[a]: b}"), Err(Unsettable::Key("o".into())));
    }

    #[test]
    fn a_secret_is_text_as_it_is_written() {
        let value = crate::base::yaml::parse("{a: 1.20, b: true}").unwrap();
        let texts: Vec<String> =
            leaves("o", &value, true).unwrap().into_iter().map(|leaf| leaf.text).collect();
        assert_eq!(texts, ["1.20", "true"]);
    }
}
