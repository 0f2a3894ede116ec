//! The named keys of the base stack's configuration file: what is copied of it, and what has to be decrypted first.
//!
//! The file is the default branch's. In that of the change a named key could hold the ciphertext of another one.

use serde_json::{Map, Value as Json, json};

use crate::base::error::Problem;
use crate::base::yaml::{self, Value};

/// How the secrets of a file are encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretsKey {
    /// By a passphrase; the salt, as the file has it.
    Passphrase(String),
    /// By a key of a cloud or a vault, at this address.
    Provider(String),
    /// By the backend, or not at all: the file does not say.
    Backend,
}

/// The keys that are copied, in the order in which they are named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedConfig {
    /// The values in plain text: the key, and the value as it is written.
    pub plain: Vec<(String, String)>,
    /// The lists and mappings: the key, and the value as JSON.
    pub objects: Vec<(String, Json)>,
    /// The secrets: the key, and the ciphertext.
    pub secrets: Vec<(String, String)>,
    /// How the secrets are encrypted.
    pub key: SecretsKey,
}

impl CopiedConfig {
    /// Reads the file's text. `project` is the project's name, `file` that of the file, for messages. A named key that the file
    /// does not have is an error, as the program would run without it.
    pub fn read(text: &str, project: &str, keys: &[String], file: &str) -> Result<Self, Problem> {
        let read = yaml::parse(text)
            .map_err(|error| Problem::new(format!("`{file}` can't be read: {error}"), "fix the file"))?;
        let own = |key: &str| read.get(key).and_then(Value::source).map(str::to_owned);
        let key = match (own("secretsprovider"), own("encryptionsalt")) {
            (Some(url), _) if !["passphrase", "default", ""].contains(&url.as_str()) => {
                SecretsKey::Provider(url)
            }
            (_, Some(salt)) => SecretsKey::Passphrase(salt),
            _ => SecretsKey::Backend,
        };
        let mut copied = Self { plain: Vec::new(), objects: Vec::new(), secrets: Vec::new(), key };
        let config = read.get("config");
        for name in keys {
            let short = name.split_once(':').filter(|(namespace, _)| *namespace == project);
            let find = |key: &str| config.and_then(|config| config.get(key)).filter(|value| !value.is_null());
            let value = find(name).or_else(|| find(short?.1)).ok_or_else(|| {
                Problem::new(
                    format!(
                        "`review.config` names `{name}`, which `{file}` of the default branch does not have"
                    ),
                    "set it there, or leave the key out of `review.config`",
                )
            })?;
            copied.add(name, value, file)?;
        }
        Ok(copied)
    }

    fn add(&mut self, name: &str, value: &Value, file: &str) -> Result<(), Problem> {
        if let Some(text) = value.source() {
            self.plain.push((name.to_owned(), text.to_owned()));
        } else if let Some(ciphertext) = ciphertext(value) {
            self.secrets.push((name.to_owned(), ciphertext.to_owned()));
        } else if holds_ciphertext(value) {
            return Err(Problem::new(
                format!("`{name}` of `{file}` is an object with a secret in it, which is not copied"),
                "set the key for review stacks in the input `config`, or make the secret a key of its own",
            ));
        } else {
            self.objects.push((name.to_owned(), as_json(value)));
        }
        Ok(())
    }

    /// The text of a configuration file with the secrets that are copied and no others, for an engine that decrypts them.
    pub fn to_decrypt(&self) -> String {
        let secure = |(key, text): &(String, String)| (key.clone(), json!({ "secure": text }));
        let config: Map<String, Json> = self.secrets.iter().map(secure).collect();
        let mut file = Map::from_iter([("config".to_owned(), Json::Object(config))]);
        if let SecretsKey::Passphrase(salt) = &self.key {
            file.insert("encryptionsalt".to_owned(), json!(salt));
        }
        // JSON is YAML.
        Json::Object(file).to_string()
    }
}

/// The ciphertext of a secret; none for another value.
fn ciphertext(value: &Value) -> Option<&str> {
    let mapping = value.as_mapping().filter(|mapping| mapping.len() == 1)?;
    mapping.get("secure")?.as_str()
}

fn holds_ciphertext(value: &Value) -> bool {
    let mut inner: Box<dyn Iterator<Item = &Value>> = match value {
        Value::Mapping(mapping) => Box::new(mapping.iter().map(|(_, value)| value)),
        Value::List(items) => Box::new(items.iter()),
        _ => return false,
    };
    ciphertext(value).is_some() || inner.any(holds_ciphertext)
}

/// A list or mapping of the file as JSON. A number that JSON can't write is a text.
fn as_json(value: &Value) -> Json {
    match value {
        Value::Null(_) => Json::Null,
        Value::Bool(text) => json!(text.eq_ignore_ascii_case("true")),
        Value::Number(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        Value::Text(text) => json!(text),
        Value::List(items) => Json::Array(items.iter().map(as_json).collect()),
        Value::Mapping(mapping) => {
            let field = |(key, value): (&Value, &Value)| Some((key.source()?.to_owned(), as_json(value)));
            Json::Object(mapping.iter().filter_map(field).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "encryptionsalt: v1:salt\nconfig:\n  shop:size: 1.20\n  region: eu\n  aws:region: eu-central-1\n  \
                        shop:token: { secure: v1:cipher }\n  shop:other: { secure: v1:secret-of-another-key }\n  shop:db: { size: \
                        3, names: [a, b] }\n  shop:mixed: { pw: { secure: v1:x } }\n";

    fn copied(keys: &[&str]) -> Result<CopiedConfig, Problem> {
        let keys: Vec<String> = keys.iter().map(|&key| key.to_owned()).collect();
        CopiedConfig::read(FILE, "shop", &keys, "Pulumi.staging.yaml")
    }

    #[test]
    fn only_the_named_keys_are_copied_as_they_are_written() {
        let copied = copied(&["shop:size", "shop:region", "aws:region", "shop:db"]).unwrap();
        let plain = [("shop:size", "1.20"), ("shop:region", "eu"), ("aws:region", "eu-central-1")];
        assert_eq!(copied.plain, plain.map(|(key, value)| (key.to_owned(), value.to_owned())));
        assert_eq!(copied.objects, [("shop:db".to_owned(), json!({ "size": 3, "names": ["a", "b"] }))]);
        assert!(copied.secrets.is_empty());
    }

    #[test]
    fn the_file_to_decrypt_has_the_named_secrets_and_no_others() {
        let copied = copied(&["shop:token", "shop:size"]).unwrap();
        assert_eq!(copied.key, SecretsKey::Passphrase("v1:salt".to_owned()));
        let text = copied.to_decrypt();
        assert!(text.contains("v1:cipher") && text.contains("v1:salt"), "{text}");
        assert!(!text.contains("another") && !text.contains("size"), "{text}");
        let read = yaml::parse(&text).unwrap();
        assert_eq!(read.get("config").unwrap().as_mapping().unwrap().len(), 1);
    }

    #[test]
    fn a_key_that_is_not_there_is_named_with_its_file() {
        for key in ["shop:sise", "aws:size", "other:region"] {
            let problem = copied(&[key]).unwrap_err();
            assert!(
                problem.what.contains(key) && problem.what.contains("Pulumi.staging.yaml"),
                "{problem:?}"
            );
        }
    }

    #[test]
    fn an_object_with_a_secret_in_it_is_refused() {
        assert!(copied(&["shop:mixed"]).unwrap_err().what.contains("an object with a secret"));
    }

    #[test]
    fn the_key_of_a_cloud_is_told_from_a_passphrase() {
        let of = |text: &str| CopiedConfig::read(text, "shop", &[], "f").unwrap().key;
        assert_eq!(
            of("secretsprovider: awskms://alias/x\nencryptedkey: k"),
            SecretsKey::Provider("awskms://alias/x".into())
        );
        assert_eq!(of("secretsprovider: passphrase\nencryptionsalt: s"), SecretsKey::Passphrase("s".into()));
        assert_eq!(of("config: {}"), SecretsKey::Backend);
    }
}
