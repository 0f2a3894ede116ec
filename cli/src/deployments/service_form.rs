//! The settings as the service answers them. What this version does not know is kept apart and named, never lost.

use serde_json::{Map, Value};

use super::file::{in_seconds, length_of_time};
use super::keys::{GITHUB, IS_DEFAULT, KEYS, KeyOwner, KeyShape, PROVIDER, SCHEDULE_PLACES, SettingKey, VCS};
use super::tree::SettingTree;
use super::url_user::without_user;

/// The settings that the service has.
#[derive(Debug)]
pub struct ServiceSettings {
    /// Those that are known.
    pub settings: SettingTree,
    /// The paths of those that this version does not know.
    pub unknown: Vec<String>,
    /// The number of the settings' version.
    pub version: Option<u64>,
    /// Who has set them: `console`, `api`, `provider`, …
    pub source: Option<String>,
    /// The key of the repository's settings that the file has and the service does not: it has the same in its other form.
    pub other_form: Option<&'static str>,
}

impl ServiceSettings {
    /// Reads the answer. None if nothing of it is a setting: then it is not the service's own.
    pub fn read(answer: &Value) -> Option<Self> {
        let fields = answer.as_object().filter(|fields| has_a_setting(fields))?;
        let mut unknown = Vec::new();
        let settings = branch(fields, KEYS, "", &mut unknown);
        Some(Self {
            settings,
            unknown,
            version: fields.get("version").and_then(Value::as_u64),
            source: fields.get("source").and_then(Value::as_str).map(str::to_owned),
            other_form: None,
        })
    }

    /// The settings of a repository in the form that the file has them in. The service has two for GitHub, and can answer in
    /// both for what was sent in one.
    #[must_use]
    pub fn in_the_form_of(mut self, file: &SettingTree) -> Self {
        let is_set = |tree: &SettingTree, key: &str| tree.get(key).is_some_and(|value| !value.is_unset());
        let is_github = |tree: &SettingTree| {
            tree.get(VCS).and_then(|vcs| vcs.get(PROVIDER)).and_then(SettingTree::text) == Some("github")
        };
        let (there_vcs, there_github) = (is_github(&self.settings), is_set(&self.settings, GITHUB));
        let Some(wanted) = [VCS, GITHUB].into_iter().find(|key| is_set(file, key)) else { return self };
        let Some(entries) = self.settings.entries_mut() else { return self };
        if wanted == GITHUB && there_vcs {
            let vcs = entries.remove(VCS);
            if let Some(mut vcs) = vcs.filter(|_| !there_github) {
                vcs.entries_mut().map(|keys| keys.remove(PROVIDER));
                entries.insert(GITHUB.to_owned(), vcs);
                self.other_form = Some(GITHUB);
            }
        } else if wanted == VCS && there_vcs {
            entries.remove(GITHUB);
        } else if wanted == VCS
            && there_github
            && is_github(file)
            && entries.get(VCS).is_none_or(SettingTree::is_unset)
            && let Some(mut github) = entries.remove(GITHUB)
        {
            github.set(PROVIDER, SettingTree::Value(Value::from("github")));
            entries.insert(VCS.to_owned(), github);
            self.other_form = Some(VCS);
        }
        self
    }

    /// The settings for people, in the form of the file: of the two forms of a repository it has one.
    pub fn shown(&self) -> Map<String, Value> {
        let Value::Object(mut shown) = self.settings.shown(KEYS) else { return Map::new() };
        if shown.contains_key(VCS) {
            shown.remove(GITHUB);
        }
        shown
    }

    /// Whether both forms of a repository's settings are there and are about two of them.
    pub fn has_two_repositories(&self) -> bool {
        let vcs = self.settings.get(VCS).filter(|vcs| !vcs.is_unset());
        let provider = vcs.and_then(|vcs| vcs.get(PROVIDER)).and_then(SettingTree::text);
        let github = self.settings.get(GITHUB).is_some_and(|value| !value.is_unset());
        vcs.is_some() && github && provider != Some("github")
    }
}

/// Whether one of the settings is there in its form. An answer of something in between has none: `{"error": "sign in"}`.
fn has_a_setting(fields: &Map<String, Value>) -> bool {
    KEYS.iter().any(|key| match (fields.get(key.name), key.shape) {
        (Some(value), _) if key.owner == KeyOwner::Service => value.is_u64(),
        (Some(value), KeyShape::Text) => value.is_string(),
        (Some(value), _) => value.is_object() && !SCHEDULE_PLACES.contains(&key.name),
        (None, _) => false,
    })
}

fn branch(
    fields: &Map<String, Value>,
    keys: &[SettingKey],
    path: &str,
    unknown: &mut Vec<String>,
) -> SettingTree {
    let mut tree = SettingTree::empty();
    // The service's own image, which nobody has asked for.
    let is_own =
        keys.iter().any(|key| key.name == IS_DEFAULT) && fields.get(IS_DEFAULT) == Some(&Value::Bool(true));
    for (name, value) in fields {
        if is_own && keys.first().is_some_and(|first| first.name == name) {
            continue;
        }
        // The schedules are answered elsewhere.
        let is_elsewhere = path.is_empty() && SCHEDULE_PLACES.contains(&name.as_str());
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        // As older documents write it.
        let name = if name == "repoURL" { "repoUrl" } else { name };
        let Some(key) = keys.iter().find(|key| key.name == name).filter(|_| !is_elsewhere) else {
            if !value.is_null() {
                unknown.push(path);
                tree.set(name, SettingTree::Unknown);
            }
            continue;
        };
        if key.owner == KeyOwner::Service || value.is_null() {
            continue;
        }
        let read = read_value(value, key.shape, &path, unknown);
        tree.set(name, read);
    }
    tree
}

/// Reads a value by its form. What has another one is named and not kept: nobody knows whether it is a secret.
fn read_value(value: &Value, shape: KeyShape, path: &str, unknown: &mut Vec<String>) -> SettingTree {
    let read = match (shape, value) {
        (KeyShape::Keys(keys) | KeyShape::TextOrKeys(keys), Value::Object(fields)) => {
            Some(branch(fields, keys, path, unknown))
        }
        (KeyShape::TextOrKeys(keys), Value::String(_)) => {
            let first = keys.first().map(|key| (key.name.to_owned(), SettingTree::Value(value.clone())));
            Some(SettingTree::Branch(first.into_iter().collect()))
        }
        (KeyShape::Variables, Value::Object(fields)) => {
            let mut tree = SettingTree::empty();
            for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
                let path = format!("{path}.{name}");
                let read = read_value(value, KeyShape::TextOrSecret, &path, unknown);
                tree.set(name, read);
            }
            Some(tree)
        }
        (KeyShape::Secret, Value::String(_) | Value::Object(_)) => Some(SettingTree::SecretThere),
        (KeyShape::TextOrSecret, _) => text_or_secret(value),
        (KeyShape::Duration, Value::String(text)) => {
            let time = length_of_time(text).map(in_seconds);
            Some(SettingTree::Value(time.map_or_else(|| value.clone(), Value::from)))
        }
        (KeyShape::Url, Value::String(url)) => Some(SettingTree::Value(Value::from(without_user(url)))),
        (KeyShape::Text, Value::String(_)) | (KeyShape::Flag, Value::Bool(_)) => {
            Some(SettingTree::Value(value.clone()))
        }
        (KeyShape::Whole, Value::Number(number)) if number.is_u64() => {
            Some(SettingTree::Value(value.clone()))
        }
        (KeyShape::Texts, Value::Array(items)) if items.iter().all(Value::is_string) => {
            Some(SettingTree::Value(value.clone()))
        }
        _ => None,
    };
    read.unwrap_or_else(|| {
        unknown.push(path.to_owned());
        SettingTree::Unknown
    })
}

/// A value that is a text, or says that it is a secret: `{"secret": …}`, `{"ciphertext": …}` or `{"isSecret": true}`. None if
/// it is neither.
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/deployments.go>, `secretWireValue`
fn text_or_secret(value: &Value) -> Option<SettingTree> {
    let text = |value: Option<&Value>| match value {
        None => Some(SettingTree::Value(Value::from(""))),
        Some(text @ Value::String(_)) => Some(SettingTree::Value(text.clone())),
        Some(_) => None,
    };
    match value {
        Value::Object(fields) => match fields.get("isSecret") {
            Some(Value::Bool(true)) => Some(SettingTree::SecretThere),
            Some(Value::Bool(false)) => text(fields.get("value")),
            // As the generated clients have it: a plain text has no secret and no ciphertext beside it.
            _ if is_set(fields, "plaintext")
                && !["secret", "ciphertext"].iter().any(|key| fields.get(*key).is_some_and(is_something)) =>
            {
                text(fields.get("plaintext"))
            }
            _ => Some(SettingTree::SecretThere),
        },
        Value::String(_) => text(Some(value)),
        _ => None,
    }
}

fn is_something(value: &Value) -> bool {
    !value.is_null() && value.as_str() != Some("")
}

fn is_set(fields: &Map<String, Value>, key: &str) -> bool {
    fields.get(key).and_then(Value::as_str).is_some_and(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(answer: &Value) -> Value {
        ServiceSettings::read(answer).unwrap().settings.shown(KEYS)
    }

    #[test]
    fn secrets_are_known_in_each_form_and_never_shown() {
        for secret in [
            json!({ "secret": "hunter2" }),
            json!({ "ciphertext": "aHVudGVyMg==" }),
            json!({ "isSecret": true, "value": "hunter2" }),
            json!({}),
        ] {
            let answer = json!({
                "sourceContext": { "git": { "gitAuth": { "accessToken": secret } } },
                "operationContext": { "environmentVariables": { "A": secret, "B": "open" } },
            });
            let expected = json!({
                "sourceContext": { "git": { "gitAuth": { "accessToken": "[secret]" } } },
                "operationContext": { "environmentVariables": { "A": "[secret]", "B": "open" } },
            });
            assert_eq!(shown(&answer), expected);
        }
        let token = json!({ "sourceContext": { "git": { "gitAuth": { "accessToken": "hunter2" } } } });
        assert!(!shown(&token).to_string().contains("hunter2"));
        for open in [
            json!("b"),
            json!({ "isSecret": false, "value": "b" }),
            json!({ "plaintext": "b", "secret": "" }),
        ] {
            let answer = json!({ "operationContext": { "environmentVariables": { "A": open } } });
            assert_eq!(shown(&answer)["operationContext"]["environmentVariables"]["A"], "b", "{open}");
        }
    }

    #[test]
    fn what_is_not_known_is_named_with_its_path() {
        let answer = json!({ "version": 3, "source": "api", "new": 1, "vcs": { "provider": "github", "newer": {}, "none": null } });
        let read = ServiceSettings::read(&answer).unwrap();
        assert_eq!(read.unknown, ["new", "vcs.newer"]);
        assert_eq!((read.version, read.source.as_deref()), (Some(3), Some("api")));
    }

    #[test]
    fn the_service_s_own_image_is_as_none() {
        let answer = json!({ "executorContext": { "executorImage": { "reference": "pulumi/pulumi", "isDefault": true } } });
        assert_eq!(shown(&answer), json!({}));
        let with = json!({ "executorContext": { "executorImage": { "isDefault": true, "reference": "p", "credentials": { "username": "a" } } } });
        let expected =
            json!({ "executorContext": { "executorImage": { "credentials": { "username": "a" } } } });
        assert_eq!(shown(&with), expected);
        let text = json!({ "executorContext": { "executorImage": "acme/deployer" } });
        assert_eq!(
            shown(&text),
            json!({ "executorContext": { "executorImage": { "reference": "acme/deployer" } } })
        );
    }

    #[test]
    fn the_two_forms_of_github_are_one() {
        let file = |key: &str| {
            SettingTree::Branch(
                [(
                    key.to_owned(),
                    SettingTree::Branch([("repository".to_owned(), SettingTree::Value(json!("a/b")))].into()),
                )]
                .into(),
            )
        };
        let both = json!({ "gitHub": { "repository": "a/b" }, "vcs": { "provider": "github", "repository": "a/b" } });
        let new = json!({ "vcs": { "provider": "github", "repository": "a/b" } });
        let read = |answer: &Value, key: &str| {
            ServiceSettings::read(answer).unwrap().in_the_form_of(&file(key)).settings.shown(KEYS)
        };
        let github_alone = json!({ "gitHub": { "repository": "a/b" } });
        assert_eq!(read(&github_alone, GITHUB), github_alone);
        for answer in [&both, &new] {
            assert_eq!(read(answer, GITHUB), json!({ "gitHub": { "repository": "a/b" } }));
            assert_eq!(read(answer, VCS), new);
        }
        let gitlab = json!({ "vcs": { "provider": "gitlab", "repository": "a/b" } });
        assert_eq!(read(&gitlab, GITHUB), gitlab);
    }

    #[test]
    fn what_has_another_form_is_named_and_never_shown() {
        for (answer, path) in [
            (json!({ "sourceContext": { "git": { "gitAuth": "hunter2" } } }), "sourceContext.git.gitAuth"),
            (json!({ "sourceContext": { "git": { "gitAuth": ["hunter2"] } } }), "sourceContext.git.gitAuth"),
            (
                json!({ "sourceContext": { "git": { "gitAuth": { "basicAuth": "u:hunter2" } } } }),
                "sourceContext.git.gitAuth.basicAuth",
            ),
            (
                json!({ "sourceContext": { "git": { "gitAuth": { "accessToken": ["hunter2"] } } } }),
                "sourceContext.git.gitAuth.accessToken",
            ),
            (
                json!({ "operationContext": { "environmentVariables": [{ "name": "A", "secret": "hunter2" }] } }),
                "operationContext.environmentVariables",
            ),
            (
                json!({ "operationContext": { "environmentVariables": { "A": { "isSecret": false, "value": { "secret": "hunter2" } } } } }),
                "operationContext.environmentVariables.A",
            ),
            (
                json!({ "executorContext": { "executorImage": [{ "credentials": "hunter2" }] } }),
                "executorContext.executorImage",
            ),
            (json!({ "vcs": { "paths": [{ "secret": "hunter2" }] } }), "vcs.paths"),
            (json!({ "vcs": { "deployCommits": "hunter2" } }), "vcs.deployCommits"),
            (json!({ "tag": "x", "agentPoolID": ["hunter2"] }), "agentPoolID"),
            (json!({ "tag": "x", "ttl": { "timestamp": "hunter2" } }), "ttl"),
        ] {
            let read = ServiceSettings::read(&answer).unwrap();
            assert_eq!(read.unknown, [path], "{answer}");
            assert!(!format!("{read:?}").contains("hunter2"), "{read:?}");
        }
    }

    #[test]
    fn a_text_that_says_that_it_is_a_secret_is_one() {
        let answer = json!({ "operationContext": { "environmentVariables": { "A": { "isSecret": true, "plaintext": "hunter2" } } } });
        assert_eq!(shown(&answer)["operationContext"]["environmentVariables"]["A"], "[secret]");
    }

    #[test]
    fn an_answer_without_any_setting_is_not_the_service_s() {
        for answer in [
            json!({}),
            json!({ "error": "sign in" }),
            json!({ "message": "maintenance", "source": "proxy", "version": "1.2" }),
            json!({ "sourceContext": "x" }),
        ] {
            assert!(ServiceSettings::read(&answer).is_none(), "{answer}");
        }
        assert!(ServiceSettings::read(&json!({ "version": 1 })).is_some());
    }

    #[test]
    fn what_calls_itself_the_default_empties_nothing_but_the_image() {
        let answer = json!({ "sourceContext": { "git": { "isDefault": true, "branch": "main" } } });
        let read = ServiceSettings::read(&answer).unwrap();
        assert_eq!(read.unknown, ["sourceContext.git.isDefault"]);
        assert_eq!(shown(&answer)["sourceContext"]["git"]["branch"], "main");
    }

    #[test]
    fn the_password_of_a_url_is_not_kept() {
        let answer = json!({
            "sourceContext": {
                "git": { "repoUrl": "https://u:hunter2@host/x" }, "hg": { "repoURL": "https://hunter2@host/x" },
                "template": { "sourceUrl": "https://u:hunter2@host/x" },
            },
        });
        let read = format!("{:?}", ServiceSettings::read(&answer).unwrap());
        assert!(!read.contains("hunter2") && read.contains("https://[secret]@host/x"), "{read}");
    }
}
