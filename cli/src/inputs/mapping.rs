//! Reads texts of inputs that are YAML mappings.

use crate::base::error::{Error, Result};
use crate::base::yaml::{self, Mapping, Value};

/// The mapping in the text of `config`. No error shows any of it.
pub(super) fn mapping_of(text: &str) -> Result<Mapping> {
    if let Some(pairs) = pairs(text) {
        return mapping_of(&pairs);
    }
    match document_of(text)? {
        Value::Null(_) => Ok(Mapping::default()),
        Value::Mapping(mapping) => Ok(mapping),
        _ => Err(no_mapping("")),
    }
}

/// Lines of `key=value`, as the CLI's own `--config` takes them, as a YAML mapping of texts. None if a line is another.
fn pairs(text: &str) -> Option<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_key = |key: &str| {
        !key.is_empty()
            && key.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:/[]".contains(c))
            && !key.ends_with(':')
    };
    let pairs = lines.map(|line| line.split_once('=').filter(|(key, _)| is_key(key)));
    let pairs: Vec<(&str, &str)> = pairs.collect::<Option<_>>()?;
    // JSON's texts are YAML's as well.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let lines = pairs.iter().map(|(key, value)| format!("{}: {}\n", quoted(key), quoted(value)));
    (!pairs.is_empty()).then(|| lines.collect())
}

pub(super) fn document_of(text: &str) -> Result<Value> {
    yaml::parse(text).map_err(|error| no_mapping(&error.place()))
}

pub(super) fn no_mapping(place: &str) -> Error {
    Error::input(
        format!("`config` is not a YAML mapping{place}"),
        "write `key: value`, `key=value` or `key: {value: …}` on each line",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(String, String)> {
        let mapping = mapping_of(text).unwrap();
        let text = |value: &Value| value.source().unwrap_or_default().to_owned();
        mapping.iter().map(|(key, value)| (text(key), text(value))).collect()
    }

    #[test]
    fn pairs_are_taken_as_the_cli_takes_them() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(values("cidr=10.1.1.1"), [pair("cidr", "10.1.1.1")]);
        assert_eq!(
            values("aws:region=eu-central-1\nurl=https://a/?b=c\n\nn=1.20\ne=\n"),
            [
                pair("aws:region", "eu-central-1"),
                pair("url", "https://a/?b=c"),
                pair("n", "1.20"),
                pair("e", "")
            ]
        );
    }

    #[test]
    fn what_is_yaml_stays_yaml() {
        assert_eq!(values("a: b=c"), [("a".to_owned(), "b=c".to_owned())]);
        assert!(mapping_of("cidr 10=1").is_err());
    }
}
