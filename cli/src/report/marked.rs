//! A value of an event, told by the engine's marks: secrets, values that are not known yet, assets, references.

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::value::{
    ARCHIVE_SIGNATURE, ASSET_SIGNATURE, OUTPUT_SIGNATURE, RESOURCE_SIGNATURE, SIGNATURE, UNKNOWN_VALUES,
};
use crate::base::canonical::canonical;

/// A value by its mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MarkedValue<'a> {
    /// A value without a mark; its members may have some.
    Plain(&'a Value),
    /// A secret, or a value with a mark that is not known, which could be a later form of a secret.
    Secret,
    /// A value that is not known before the deployment.
    Unknown,
    /// An asset or archive: the hash of its contents. Its place is no part of it, as work folders differ.
    Asset(String),
    /// A reference to a resource, as a text that tells it from another one.
    Reference(String),
}

/// The value by its mark.
pub fn marked(value: &Value) -> MarkedValue<'_> {
    match value {
        Value::String(text) if UNKNOWN_VALUES.contains(&text.as_str()) => MarkedValue::Unknown,
        Value::Object(map) => match map.get(SIGNATURE) {
            Some(signature) => special(signature.as_str().unwrap_or_default(), map),
            None => MarkedValue::Plain(value),
        },
        plain => MarkedValue::Plain(plain),
    }
}

fn special<'a>(signature: &str, map: &'a Map<String, Value>) -> MarkedValue<'a> {
    match signature {
        OUTPUT_SIGNATURE if map.get("secret") != Some(&Value::Bool(true)) => {
            map.get("value").map_or(MarkedValue::Unknown, marked)
        }
        ASSET_SIGNATURE | ARCHIVE_SIGNATURE => MarkedValue::Asset(hash_of(map)),
        RESOURCE_SIGNATURE => {
            let parts = ["urn", "id", "packageVersion"].map(|name| map.get(name).map(canonical));
            MarkedValue::Reference(parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
        }
        _ => MarkedValue::Secret,
    }
}

/// The hash of the contents; of everything that is known where the engine has computed none.
fn hash_of(map: &Map<String, Value>) -> String {
    let computed = map.get("hash").and_then(Value::as_str);
    let is_hash = |hash: &&str| !hash.is_empty() && hash.bytes().all(|byte| byte.is_ascii_alphanumeric());
    computed.filter(is_hash).map_or_else(
        || {
            let known = map.iter().filter(|(name, _)| *name != "path");
            let known: Map<_, _> = known.map(|(name, value)| (name.clone(), value.clone())).collect();
            format!("{:x}", Sha256::digest(canonical(&Value::Object(known))))
        },
        str::to_ascii_lowercase,
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_asset_is_its_contents_wherever_it_lies() {
        let asset =
            |path: &str, hash: &str| json!({ SIGNATURE: ASSET_SIGNATURE, "path": path, "hash": hash });
        let (one, same) = (asset("/a/index.html", "0A1b"), asset("/b/index.html", "0a1b"));
        assert_eq!(marked(&one), MarkedValue::Asset("0a1b".to_owned()));
        assert_eq!(marked(&one), marked(&same));
        assert_ne!(marked(&asset("/a", "")), marked(&asset("/a", "0a")));
        let inner =
            |hash: &str| json!({ SIGNATURE: ARCHIVE_SIGNATURE, "assets": { "a": asset("/a", hash) } });
        assert_ne!(marked(&inner("1")), marked(&inner("2")));
    }

    #[test]
    fn what_is_not_known_is_unknown_and_what_nobody_knows_is_secret() {
        let output = |value: Value| {
            let mut value = value;
            value[SIGNATURE] = OUTPUT_SIGNATURE.into();
            value
        };
        assert_eq!(marked(&json!("04da6b54-80e4-46f7-96ec-b56ff0331ba9")), MarkedValue::Unknown);
        assert_eq!(marked(&output(json!({}))), MarkedValue::Unknown);
        assert_eq!(marked(&output(json!({"value": 1, "secret": true}))), MarkedValue::Secret);
        assert_eq!(marked(&output(json!({"value": 1}))), MarkedValue::Plain(&json!(1)));
        assert_eq!(marked(&json!({ SIGNATURE: "new", "value": 1 })), MarkedValue::Secret);
        let part = json!("a-04da6b54-80e4-46f7-96ec-b56ff0331ba9");
        assert_eq!(marked(&part), MarkedValue::Plain(&part), "a text with an unknown part is not any text");
    }

    #[test]
    fn references_to_two_resources_differ() {
        let reference = |urn: &str, id: &str| json!({ SIGNATURE: RESOURCE_SIGNATURE, "urn": urn, "id": id });
        assert_eq!(marked(&reference("u", "i")), marked(&reference("u", "i")));
        assert_ne!(marked(&reference("u", "i")), marked(&reference("u", "j")));
        assert_ne!(marked(&reference("u", "i")), marked(&reference("v", "i")));
    }
}
