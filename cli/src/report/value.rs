//! Values as a report may show them: secrets at any depth are hidden, unknown values are named.
//!
//! The engine marks values that plain JSON can't express by an object with a signature key. The signatures:
//! <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig/sig.go>; the strings for unknown values:
//! <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go>

use std::borrow::Cow;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::base::json::DEEPEST;

/// The text in a report in place of a secret.
pub const SECRET: &str = "[secret]";
/// The text in a report in place of a value that is not known yet.
pub const UNKNOWN: &str = "[unknown]";

pub(super) const SIGNATURE: &str = "4dabf18193072939515e22adb298388d";
#[cfg(test)]
const SECRET_SIGNATURE: &str = "1b47061264138c4ac30d75fd1eb44270";
pub(super) const OUTPUT_SIGNATURE: &str = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
pub(super) const ASSET_SIGNATURE: &str = "c44067f5952c0a294b673a41bacd8c17";
pub(super) const ARCHIVE_SIGNATURE: &str = "0def7320c3a5731c473e5ecbe6d01bc7";
pub(super) const RESOURCE_SIGNATURE: &str = "5cf8f73096256a8f31e491e813e4eb8e";

/// The most levels of a diff's value that are shown.
const SHOWN_DEPTH: usize = 96;

/// The strings that stand for a value that is not known yet, one for each type.
pub(super) const UNKNOWN_VALUES: [&str; 7] = [
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
];

/// The special values that were found in a value.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Met {
    /// A secret, at any depth.
    pub secret: bool,
    /// A value that is not known yet, at any depth.
    pub unknown: bool,
    /// An asset or archive, at any depth: events do not have its contents.
    pub asset: bool,
}

/// A walk through a value, which replaces special values.
struct Walk {
    met: Met,
    /// Whether a reference to a resource stays unchanged, for a reader who can follow it.
    keeps_references: bool,
}

/// The value for a report: every secret is [`SECRET`], every unknown value is [`UNKNOWN`], assets are named by their
/// hash, references to resources by their URN and ID. Two different values only look the same if they differ in
/// secrets.
pub fn shown(value: Value) -> (Value, Met) {
    let mut walk = Walk { met: Met::default(), keeps_references: false };
    (walk.value(value, SHOWN_DEPTH), walk.met)
}

/// A stack output for later steps: like [`shown`], but whole at any depth and with unchanged references.
pub fn output(value: Value) -> (Value, Met) {
    let mut walk = Walk { met: Met::default(), keeps_references: true };
    (walk.value(value, DEEPEST + 1), walk.met)
}

/// [`shown`] for the members of an object.
pub fn shown_map(map: Option<Map<String, Value>>) -> Map<String, Value> {
    map.into_iter().flatten().map(|(key, value)| (key, shown(value).0)).collect()
}

impl Walk {
    fn value(&mut self, value: Value, depth: usize) -> Value {
        if depth == 0 && (value.is_array() || value.is_object()) {
            return Value::from(too_deep(&value));
        }
        match value {
            Value::String(text) => known(text, &mut self.met),
            Value::Array(items) => items.into_iter().map(|item| self.value(item, depth - 1)).collect(),
            Value::Object(map) => match map.get(SIGNATURE) {
                Some(signature) => {
                    let signature = signature.as_str().unwrap_or_default().to_owned();
                    self.special(&signature, map, depth)
                }
                None => self.map(map, depth).into(),
            },
            plain => plain,
        }
    }

    fn map(&mut self, map: Map<String, Value>, depth: usize) -> Map<String, Value> {
        map.into_iter().map(|(key, item)| (key, self.value(item, depth - 1))).collect()
    }

    fn special(&mut self, signature: &str, mut map: Map<String, Value>, depth: usize) -> Value {
        match signature {
            OUTPUT_SIGNATURE if map.get("secret") != Some(&Value::Bool(true)) => {
                if let Some(value) = map.remove("value") {
                    return self.value(value, depth - 1);
                }
                self.met.unknown = true;
                Value::from(UNKNOWN)
            }
            ASSET_SIGNATURE => self.named("asset", &map),
            ARCHIVE_SIGNATURE => self.named("archive", &map),
            RESOURCE_SIGNATURE if self.keeps_references => self.map(map, depth).into(),
            RESOURCE_SIGNATURE => self.reference(&map),
            // A secret, a secret output, or an unknown kind, which could be a later form of a secret.
            _ => {
                self.met.secret = true;
                Value::from(SECRET)
            }
        }
    }

    fn named(&mut self, kind: &str, map: &Map<String, Value>) -> Value {
        self.met.asset = true;
        let text = |key| map.get(key).and_then(Value::as_str);
        let whole = || fingerprint(&Value::Object(map.clone()).to_string());
        let hash = text("hash").filter(|hash| !hash.is_empty());
        let hash = hash.map_or_else(whole, |hash| hash.get(..12).unwrap_or(hash).to_owned());
        Value::from(match text("path").or_else(|| text("uri")) {
            Some(place) => format!("[{kind} {place} {hash}]"),
            None => format!("[{kind} {hash}]"),
        })
    }

    /// A resource by its URN, with its ID and version: a new resource can have the URN of the old one.
    fn reference(&mut self, map: &Map<String, Value>) -> Value {
        let mut part = |key: &str| {
            let value = map.get(key).cloned().map(|value| self.value(value, 1))?;
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (!text.is_empty() && !value.is_null()).then_some(text)
        };
        let urn = part("urn").unwrap_or_else(|| "[resource]".to_owned());
        let id = part("id").map(|id| format!("id {id}"));
        let version = part("packageVersion").map(|version| format!("version {version}"));
        let more = [id, version].into_iter().flatten().collect::<Vec<_>>().join(", ");
        Value::from(if more.is_empty() { urn } else { format!("{urn} ({more})") })
    }
}

/// The text for a value that is nested too deeply to be shown. Two different values have different texts.
fn too_deep(value: &Value) -> String {
    format!("[too deep to be shown, {}]", fingerprint(&value.to_string()))
}

/// The text with unknown values in it replaced; the rest of an interpolated string stays.
fn known(mut text: String, met: &mut Met) -> Value {
    // All of these strings have the same length: a shorter text needs no search.
    if text.len() >= UNKNOWN_VALUES[0].len() {
        for unknown in UNKNOWN_VALUES {
            if text.contains(unknown) {
                met.unknown = true;
                text = text.replace(unknown, UNKNOWN);
            }
        }
    }
    Value::String(text)
}

/// The approximate size of `value` in bytes.
pub fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 24,
        Value::Array(items) => items.iter().map(weight).sum::<usize>() + 24,
        Value::Object(map) => map.iter().map(|(key, item)| key.len() + weight(item) + 24).sum::<usize>() + 24,
        _ => 24,
    }
}

/// `text`, or its beginning with a note of how many bytes were left out. Never cuts a character.
pub fn shortened(text: &str, room: usize) -> String {
    clipped(text, room).into_owned()
}

/// [`shortened`] without a copy if there is nothing to cut.
pub fn clipped(text: &str, room: usize) -> Cow<'_, str> {
    let room = room.max(16);
    if text.len() <= room.saturating_add(32) {
        return Cow::Borrowed(text);
    }
    let end = char_boundary(text, room);
    Cow::Owned(format!("{}… [{} bytes left out]", &text[..end], text.len() - end))
}

/// `text`, or its beginning and its end with a note of how many bytes were left out between them, and with `mark` if
/// there is one. Never cuts a character.
pub fn middle<'a>(text: &'a str, room: usize, mark: Option<&str>) -> Cow<'a, str> {
    let room = room.max(16);
    if text.len() <= room.saturating_add(32) {
        return Cow::Borrowed(text);
    }
    let end = char_boundary(text, room - room / 3);
    let rest = (text.len() - room / 3..=text.len()).find(|at| text.is_char_boundary(*at));
    let rest = rest.unwrap_or(text.len());
    let mark = mark.map_or(String::new(), |mark| format!(", {mark}"));
    let (begin, tail) = (text.get(..end).unwrap_or_default(), text.get(rest..).unwrap_or_default());
    Cow::Owned(format!("{begin}… [{} bytes left out{mark}] …{tail}", rest - end))
}

/// A few digits of a hash, by which two texts are told apart whose shown parts are the same.
pub fn fingerprint(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    format!("{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3])
}

/// A name of about `room` bytes at most. Two different names never look the same.
pub fn named(name: &str, room: usize) -> String {
    let cut = name.len() > room.saturating_add(32);
    let mark = cut.then(|| fingerprint(name));
    middle(name, room, mark.as_deref()).into_owned()
}

/// The last position at or before byte `at` at which `text` can be cut.
pub fn char_boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn secret() -> Value {
        json!({ SIGNATURE: SECRET_SIGNATURE, "ciphertext": "[secret]" })
    }

    #[test]
    fn a_secret_is_hidden_at_any_depth() {
        let (value, met) = shown(json!({"db": {"hosts": ["a", secret()]}}));
        assert_eq!(value, json!({"db": {"hosts": ["a", "[secret]"]}}));
        assert!(met.secret);
    }

    #[test]
    fn a_signature_that_is_not_known_is_hidden_too() {
        let (value, met) = shown(json!({ SIGNATURE: "ffff", "plaintext": "hunter2" }));
        assert_eq!(value, json!("[secret]"));
        assert!(met.secret);
    }

    #[test]
    fn an_unknown_inside_a_longer_text_is_named_in_its_place() {
        let (value, met) = shown(json!(["https://04da6b54-80e4-46f7-96ec-b56ff0331ba9/x"]));
        assert_eq!(value, json!(["https://[unknown]/x"]));
        assert!(met.unknown);
    }

    #[test]
    fn an_output_without_a_value_is_unknown_and_a_secret_one_hidden() {
        assert_eq!(shown(json!({ SIGNATURE: OUTPUT_SIGNATURE })).0, json!("[unknown]"));
        assert_eq!(
            shown(json!({ SIGNATURE: OUTPUT_SIGNATURE, "secret": true, "value": 1 })).0,
            json!("[secret]")
        );
    }

    #[test]
    fn an_asset_is_named_by_its_path_and_hash() {
        let asset = json!({ SIGNATURE: ASSET_SIGNATURE, "hash": "0123456789abcdef", "path": "index.html" });
        assert_eq!(shown(asset).0, json!("[asset index.html 0123456789ab]"));
    }

    #[test]
    fn an_output_keeps_its_references_and_tells_its_assets() {
        let reference =
            json!({ SIGNATURE: RESOURCE_SIGNATURE, "urn": "urn:pulumi:d::p::t:t:T::n", "id": "i" });
        assert_eq!(output(json!([reference])), (json!([reference]), Met::default()));
        assert_eq!(shown(reference).0, json!("urn:pulumi:d::p::t:t:T::n (id i)"));
        let asset = json!([{ SIGNATURE: ASSET_SIGNATURE, "hash": "0123", "text": "<contents elided>" }]);
        assert!(output(asset).1.asset);
    }

    #[test]
    fn an_output_is_whole_at_any_depth_and_a_shown_value_says_where_it_ends() {
        let deep = |end: &str| (0..DEEPEST).fold(json!(end), |value, _| json!([value]));
        assert_eq!(output(deep("a")).0, deep("a"));
        let (one, other) = (shown(deep("a")).0, shown(deep("b")).0);
        assert!(one.to_string().contains("[too deep to be shown, "), "{one}");
        assert_ne!(one, other);
        let secret = (0..DEEPEST - 1).fold(secret(), |value, _| json!([value]));
        assert!(output(secret.clone()).1.secret && !output(secret).0.to_string().contains("ciphertext"));
    }

    #[test]
    fn a_long_text_is_cut_between_characters_and_says_how_much_is_missing() {
        let cut = shortened(&"é".repeat(1000), 101);
        assert!(cut.starts_with("éé") && cut.ends_with("… [1900 bytes left out]"), "{cut}");
    }
}
