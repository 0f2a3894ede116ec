//! Reads texts of inputs that are YAML mappings.

use crate::base::error::{Error, Result};
use crate::base::yaml::{self, Mapping, Value};

/// The mapping in the text of `config`. No error shows any of it.
pub(super) fn mapping_of(text: &str) -> Result<Mapping> {
    match document_of(text)? {
        Value::Null(_) => Ok(Mapping::default()),
        Value::Mapping(mapping) => Ok(mapping),
        _ => Err(no_mapping("")),
    }
}

pub(super) fn document_of(text: &str) -> Result<Value> {
    yaml::parse(text).map_err(|error| no_mapping(&error.place()))
}

pub(super) fn no_mapping(place: &str) -> Error {
    Error::input(
        format!("`config` is not a YAML mapping{place}"),
        "write `key: value` or `key: {value: …}` on each line",
    )
}
