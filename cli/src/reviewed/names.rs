//! Names that a provider makes up: the resource's name with random characters behind it, other ones in each preview.
//! <https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming>
//!
//! The engine hands each check of a new resource a new random seed, unless it keeps to a plan:
//! <https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/step_generator.go>. So the name of a new resource
//! differs between two previews of one change, and so does every text that it is a part of. What is compared is the name
//! without its random end.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value};

/// The property in which bridged providers list what they have filled in themselves.
/// <https://github.com/pulumi/pulumi-terraform-bridge/blob/main/pkg/tfbridge/schema.go>
const DEFAULTS: &str = "__defaults";

/// The least random characters of a name.
const LEAST: usize = 4;

/// The bytes at the end of a name by which it is found in a text.
const END: usize = 4;

/// The mark in place of the random characters: it can't be a part of a name.
const RANDOM: &str = "\u{0}random\u{0}";

/// The names that were made up so far. A text with one in it comes later in the log than the resource.
#[derive(Debug, Clone, Default)]
pub struct MadeUpNames {
    /// Whole names by their last bytes, each with the length of the part that is not random.
    by_end: HashMap<[u8; END], Vec<(String, usize)>>,
}

impl MadeUpNames {
    /// Learns the names that the provider has made up for the new resource `name` with these inputs.
    pub fn learn(&mut self, name: &str, inputs: &Map<String, Value>) {
        let filled_in = inputs.get(DEFAULTS).and_then(Value::as_array);
        let listed = |key: &str| filled_in.map(|list| list.iter().any(|item| item == key));
        for (key, value) in inputs {
            if let Value::String(text) = value {
                self.add(name, text, listed(key));
            }
        }
        let in_metadata = inputs.get("metadata").and_then(|metadata| metadata.get("name"));
        if let Some(Value::String(text)) = in_metadata {
            self.add(name, text, listed("metadata"));
        }
    }

    fn add(&mut self, name: &str, text: &str, listed: Option<bool>) {
        let Some(kept) = fixed_part(name, text, listed) else { return };
        let Some(end) = end_of(text.as_bytes()) else { return };
        let names = self.by_end.entry(end).or_default();
        if !names.iter().any(|(known, _)| known == text) {
            names.push((text.to_owned(), kept));
        }
    }

    /// `text` with a mark in place of each random part.
    pub fn without_random<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.by_end.is_empty() || text.len() < END {
            return Cow::Borrowed(text);
        }
        let (mut out, mut copied) = (String::new(), 0);
        for at in END..=text.len() {
            let Some(names) = end_of(&text.as_bytes()[..at]).and_then(|end| self.by_end.get(&end)) else {
                continue;
            };
            let Some(before) = text.get(copied..at) else { continue };
            if let Some((name, kept)) = names.iter().find(|(name, _)| before.ends_with(name)) {
                let fixed = before.len() - name.len() + kept;
                out.push_str(before.get(..fixed).unwrap_or_default());
                out.push_str(RANDOM);
                copied = at;
            }
        }
        if copied == 0 {
            return Cow::Borrowed(text);
        }
        out.push_str(text.get(copied..).unwrap_or_default());
        Cow::Owned(out)
    }
}

fn end_of(text: &[u8]) -> Option<[u8; END]> {
    text.get(text.len().checked_sub(END)?..)?.try_into().ok()
}

/// The length of the part of `text` that is not random, if it is a name that was made up for the resource `name`.
/// `listed` says whether the provider lists it as filled in; none if it keeps no such list. Then the end has to look
/// exactly as those providers make it: seven or eight hexadecimal digits.
fn fixed_part(name: &str, text: &str, listed: Option<bool>) -> Option<usize> {
    let begin = text.get(..name.len())?;
    let rest = text.get(name.len()..)?;
    let random = rest.strip_prefix(['-', '_', '.']).unwrap_or(rest);
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let fits = match listed {
        Some(listed) => {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            listed && random.len() >= LEAST && random.bytes().all(plain)
        }
        None => matches!(random.len(), 7 | 8) && random.bytes().all(hex),
    };
    (!name.is_empty() && begin.eq_ignore_ascii_case(name) && fits).then_some(text.len() - random.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(name: &str, inputs: &Value) -> MadeUpNames {
        let mut names = MadeUpNames::default();
        names.learn(name, inputs.as_object().unwrap());
        names
    }

    fn reads(name: &str, inputs: &Value, text: &str) -> String {
        names(name, inputs).without_random(text).replace(RANDOM, "…")
    }

    #[test]
    fn a_name_of_a_bridged_provider_counts_where_it_is_listed() {
        let listed = json!({"bucket": "logs-0a1b2c3", "acl": "private", "__defaults": ["acl", "bucket"]});
        assert_eq!(reads("logs", &listed, "logs-0a1b2c3"), "logs-…");
        assert_eq!(reads("logs", &listed, "arn:aws:s3:::logs-0a1b2c3/*"), "arn:aws:s3:::logs-…/*");
        assert_eq!(reads("logs", &listed, "logs-0a1b2c4"), "logs-0a1b2c4");
        let own = json!({"bucket": "logs-0a1b2c3", "__defaults": ["acl"]});
        assert_eq!(reads("logs", &own, "logs-0a1b2c3"), "logs-0a1b2c3", "the program has named it");
    }

    #[test]
    fn a_name_of_another_provider_counts_by_its_form() {
        for (inputs, text, expected) in [
            (json!({"accountName": "logs0a1b2c3d"}), "logs0a1b2c3d", "logs…"),
            (json!({"metadata": {"name": "logs-0a1b2c3d"}}), "svc/logs-0a1b2c3d.x", "svc/logs-….x"),
            (json!({"name": "Logs-0a1b2c3"}), "Logs-0a1b2c3", "Logs-…"),
            (json!({"name": "logs-production"}), "logs-production", "logs-production"),
            (json!({"name": "logs-12"}), "logs-12", "logs-12"),
            (json!({"name": "logs"}), "logs", "logs"),
            (json!({"name": "prefix-logs-0a1b2c3"}), "prefix-logs-0a1b2c3", "prefix-logs-0a1b2c3"),
        ] {
            assert_eq!(reads("logs", &inputs, text), expected);
        }
    }

    #[test]
    fn every_place_of_a_name_is_found() {
        let inputs = json!({"name": "a-0a1b2c3"});
        assert_eq!(reads("a", &inputs, "a-0a1b2c3,a-0a1b2c3é a-0a1b2c3"), "a-…,a-…é a-…");
        assert_eq!(reads("a", &inputs, "é"), "é");
    }

    #[test]
    fn two_names_with_one_end_are_told_apart() {
        let mut both = names("a", &json!({"name": "a-0a1b2c3"}));
        both.learn("b", json!({"name": "b-9a1b2c3"}).as_object().unwrap());
        assert_eq!(both.without_random("a-0a1b2c3 b-9a1b2c3").replace(RANDOM, "…"), "a-… b-…");
    }
}
