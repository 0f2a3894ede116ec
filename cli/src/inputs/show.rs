//! `stackstep inputs`: each input, its value with secrets hidden, and its source.

use super::found::{Found, Raw, Resolved, Source};
use super::headings::{BackendInputs, EngineInputs};
use super::input::{Input, Kind};
use super::table::INPUTS;
use crate::base::yaml::{self, Mapping};

/// A line for each input, in columns.
pub fn table(resolved: &Resolved) -> String {
    let rows: Vec<[String; 3]> = rows(resolved)
        .map(|(name, value, source)| {
            [name.to_owned(), value, source.map_or("-".to_owned(), ToString::to_string)]
        })
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (names, values) = (width(0), width(1).min(60));
    rows.iter().fold(String::new(), |mut text, [name, value, source]| {
        text.push_str(&format!("{name:names$}  {value:values$}  {source}\n"));
        text
    })
}

/// Each input's name, its value on one line and its source.
pub fn rows(resolved: &Resolved) -> impl Iterator<Item = (&'static str, String, Option<&Source>)> {
    INPUTS.iter().map(|input| {
        let found = resolved.values.get(input.name);
        let value = found.map_or("-".to_owned(), |found| shown_value(input, found));
        (input.name, value, found.map(|found| &found.source))
    })
}

/// The inputs that are secret, with their values.
pub fn secrets(resolved: &Resolved) -> impl Iterator<Item = (&'static str, &str)> {
    let text = |input: &'static Input| match &resolved.values.get(input.name)?.raw {
        Raw::Text(text) => Some((input.name, text.trim())),
        Raw::List(_) | Raw::Mapping(_) => None,
    };
    INPUTS.iter().filter(|input| input.kind == Kind::Secret).filter_map(text)
}

/// The value on one line: `***` for a secret, only the keys for configuration.
fn shown_value(input: &Input, found: &Found) -> String {
    let text = match (&found.raw, input.kind) {
        (_, Kind::Secret) => "***".to_owned(),
        (Raw::Mapping(mapping), _) => keys(mapping),
        (Raw::Text(text), Kind::Mapping) => {
            let value = yaml::parse(text).unwrap_or_default();
            value.as_mapping().map_or("***".to_owned(), keys)
        }
        // An address can hold a password or a signature.
        (Raw::Text(text), _)
            if [EngineInputs::pulumi_mirror.name(), BackendInputs::cloud_url.name()]
                .contains(&input.name)
                && text.contains(['@', '?']) =>
        {
            "***".to_owned()
        }
        (Raw::Text(text), _) => text.clone(),
        (Raw::List(items), _) => items.join(", "),
    };
    text.escape_debug().to_string()
}

fn keys(mapping: &Mapping) -> String {
    mapping.keys().filter_map(|key| Some(format!("{}: ***", key.as_str()?))).collect::<Vec<_>>().join(", ")
}
