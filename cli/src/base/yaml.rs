//! YAML whose scalars keep their text from the file: `1.20` is a number, and is not the same as `1.2`.
//!
//! The parser is a port of libyaml, like the Pulumi CLI's, so that both read one dialect; but it returns numbers, whose
//! text is lost. So a document is read twice: for its shape, and then for the text of each scalar. Only the first
//! document is read, as in the CLI. A document that is nested deeply or large by repetition is refused.

mod malformed;
mod read;
mod value;
mod write;

pub use malformed::Malformed;
pub use value::{Mapping, Value};
pub use write::from_json;

/// The largest product of a text's brackets and of all its marks of structure, because the parser's time can grow with
/// it. This value is two seconds at worst, and a thousand times more than what people write.
const LARGEST_EFFORT: u64 = 2_000_000_000;

/// Reads the first document of `text`. An empty one is [`Value::Null`].
pub fn parse(text: &str) -> Result<Value, Malformed> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if effort(text) > LARGEST_EFFORT && !is_json(text) {
        return Err(Malformed::new("it has too many brackets to be read"));
    }
    read::document(text)
}

/// Reads `text` as [`parse`] does, and refuses one with several documents: the others would be passed over.
pub fn parse_single(text: &str) -> Result<Value, Malformed> {
    let value = parse(text)?;
    if serde_yaml::Deserializer::from_str(text).nth(1).is_some() {
        return Err(Malformed::new("it has several documents, parted by `---`"));
    }
    Ok(value)
}

/// The cost of reading at worst: each mark is compared with each open flow collection.
fn effort(text: &str) -> u64 {
    let count = |marks: &[u8]| text.bytes().filter(|byte| marks.contains(byte)).count() as u64;
    count(b"[{") * count(b"[]{},:?-&*!\"'|>\n")
}

/// Whether the text is JSON, whose reader takes no more than 128 levels and reads each byte once.
fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok()
}

#[cfg(test)]
mod tests;
