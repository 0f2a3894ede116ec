//! The digest of a change: the hash of the record's canonical form, the same for each preview of one change. The commit
//! and the state of the stack are no part of it.

use serde_json::{Map, Value, json};

use crate::base::canonical::canonical_digest;
use crate::report::{PathChange, ReviewRecord, ReviewStep, ReviewedValue};

/// The word in place of a value's hash whose key is the preview's own: another preview has another key.
const VALUE: &str = "value";

/// The digest of a record, from what stands in it.
pub fn digest_of(record: &ReviewRecord) -> String {
    canonical_digest(&bound(record))
}

/// Whether a text has the form of a digest.
pub fn is_digest(text: &str) -> bool {
    let lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(lower_hex))
}

/// The part of the record that the digest is about.
fn bound(record: &ReviewRecord) -> Value {
    // With a key that every preview has, equal values have equal hashes.
    let with_values = record.key.is_none();
    let set = record
        .config
        .set
        .iter()
        .map(|(key, hash)| (key.clone(), Value::from(if with_values { hash.as_str() } else { VALUE })));
    json!({
        "v": record.v,
        "values": with_values,
        "operation": record.operation.name(),
        "backend": record.backend,
        "stack": record.stack,
        "source": record.source,
        "config": { "file": record.config.file, "set": set.collect::<Map<_, _>>() },
        "engine": record.engine,
        "plugins": record.plugins.iter().map(|plugin| json!([plugin.name, plugin.version])).collect::<Vec<_>>(),
        "steps": record.steps.iter().map(|step| bound_step(step, with_values)).collect::<Vec<_>>(),
        "outputs": paths(&record.outputs, with_values),
    })
}

fn bound_step(step: &ReviewStep, with_values: bool) -> Value {
    json!({
        "urn": step.urn,
        "op": step.op,
        "provider": step.provider,
        "protect": step.protect,
        "retain": step.retain,
        "id": step.id.as_ref().map(|id| value(id, with_values)),
        "paths": paths(&step.paths, with_values),
    })
}

fn paths(changes: &std::collections::BTreeMap<String, PathChange>, with_values: bool) -> Map<String, Value> {
    let sides = |change: &PathChange| {
        let side = |side: &Option<ReviewedValue>| side.as_ref().map(|side| value(side, with_values));
        json!([side(&change.old), side(&change.new)])
    };
    changes.iter().map(|(path, change)| (path.clone(), sides(change))).collect()
}

fn value(value: &ReviewedValue, with_values: bool) -> String {
    match value {
        ReviewedValue::Hash(_) if !with_values => VALUE.to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_64_small_hexadecimal_digits_are_a_digest() {
        assert!(is_digest(&format!("sha256:{}", "a".repeat(64))));
        for text in ["", "sha256:", "sha256:abc", &"a".repeat(64), &format!("sha256:{}", "A".repeat(64))] {
            assert!(!is_digest(text), "{text}");
        }
    }
}
