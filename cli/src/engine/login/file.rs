//! The form of the CLI's files.

use serde::Serialize as _;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

/// JSON as the CLI writes it.
pub(super) fn json(value: &Value) -> Vec<u8> {
    let mut text = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut text, PrettyFormatter::with_indent(b"    "));
    // Writing to memory does not fail.
    let _ = value.serialize(&mut serializer);
    text
}
