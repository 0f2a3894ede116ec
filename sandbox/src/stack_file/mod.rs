//! The stack's own file, `Pulumi.<stack>.yaml`: configuration, secrets encrypted, and how they are encrypted.
//!
//! <https://www.pulumi.com/docs/iac/concepts/projects/stack-settings-file/>

mod emit;
mod patch;
pub mod path;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::Map;
use serde_json::Value as Json;

use crate::crypto::{Crypter, Secrets};
use crate::env::Env;
use crate::failure::Failure;
use crate::program::config::Settings;
use crate::program::project::Project;
use crate::state::StackRef;
use crate::state::json::number_text;
use crate::text::reason;
use crate::value::Value;
use path::Step;
pub use path::{is_secret, secret};

const SALT: &str = "encryptionsalt";
const CONFIG: &str = "config";

/// The file of a stack, there or not.
#[derive(Debug, Clone)]
pub struct StackFile {
    path: PathBuf,
    project: String,
    text: String,
    before: Map<String, Json>,
    now: Map<String, Json>,
}

impl StackFile {
    /// Where the file of a stack is, or the one that the person names.
    pub fn path_of(project: &Project, stack: &StackRef, named: Option<&str>, env: &Env) -> PathBuf {
        if let Some(named) = named.filter(|named| !named.is_empty()) {
            return env.path(named);
        }
        let extension = project.file.extension().and_then(|extension| extension.to_str()).unwrap_or("yaml");
        let folder = project.folder().join(project.config_folder.as_deref().unwrap_or_default());
        folder.join(format!("Pulumi.{}.{extension}", stack.stack))
    }

    /// Reads the file. One that is not there is empty.
    pub fn load(path: &Path, project: &str) -> Result<Self, Failure> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                return Err(Failure::new(format!("open {}: {}", path.display(), reason(&error))));
            }
        };
        let now = parse(&text)?;
        Ok(Self { path: path.to_owned(), project: project.to_owned(), text, before: now.clone(), now })
    }

    /// The state of its secrets manager.
    pub fn salt(&self) -> Option<&str> {
        self.now.get(SALT)?.as_str().filter(|salt| !salt.is_empty())
    }

    /// Takes the state of a secrets manager from elsewhere, if it has none of its own.
    pub fn fall_back_to(&mut self, salt: Option<String>) {
        if let (None, Some(salt)) = (self.salt(), salt) {
            self.now.insert(SALT.to_owned(), salt.into());
        }
    }

    /// The key of its secrets. A file that has none yet gets one: it must then be saved.
    pub fn key(&mut self, secrets: &Secrets) -> Result<Rc<Crypter>, Failure> {
        if let Some(salt) = self.salt() {
            return secrets.open(salt);
        }
        let key = secrets.create()?;
        self.now.insert(SALT.to_owned(), key.state().into());
        Ok(key)
    }

    /// Whether saving would change anything.
    pub fn is_changed(&self) -> bool {
        self.now != self.before
    }

    /// Writes the changes.
    pub fn save(&mut self) -> Result<(), Failure> {
        if !self.is_changed() {
            return Ok(());
        }
        self.text = patch::patch(&self.text, &self.before, &self.now);
        self.before = self.now.clone();
        write(&self.path, &self.text)
    }

    /// What the CLI warns of: keys without a value.
    pub fn warnings(&self) -> Vec<String> {
        let entries = self.now.get(CONFIG).and_then(Json::as_object).into_iter().flatten();
        let empty = entries.filter(|(_, value)| value.is_null());
        let warn = |key: String| {
            format!(
                "No value for configuration key {key:?}. This is currently treated as an empty string `\"\"`, but \
                 will be treated as `null` in a future version of pulumi.\nSet the value to `\"\"` to avoid this \
                 warning."
            )
        };
        empty.map(|(key, _)| warn(self.full(key))).collect()
    }

    /// Configuration by full key, as it stands in the file: text, or an object; secrets as `{"secure": …}`.
    pub fn config(&self) -> Map<String, Json> {
        let entries = self.now.get(CONFIG).and_then(Json::as_object).into_iter().flatten();
        let mut config: Vec<_> =
            entries.map(|(key, value)| (self.full(key), stored(value.clone()))).collect();
        config.sort_by(|(a, _), (b, _)| a.cmp(b));
        config.into_iter().collect()
    }

    /// Configuration as a run sees it. Secrets are decrypted, if there are any.
    pub fn settings(&self, secrets: &Secrets) -> Result<Settings, Failure> {
        let mut key = None;
        let mut open = |ciphertext: &str| -> Result<String, Failure> {
            if key.is_none() {
                key = Some(secrets.open(self.salt().unwrap_or_default())?);
            }
            key.as_ref().map_or_else(|| Ok(String::new()), |key| key.decrypt(ciphertext))
        };
        self.config().into_iter().map(|(name, value)| Ok((name, self::open(value, &mut open)?))).collect()
    }

    /// Sets a value. The path goes into it.
    pub fn set(&mut self, key: &str, path: &[Step], value: Json) -> Result<(), Failure> {
        let name = self.name_in_file(key);
        let config = self.now.entry(CONFIG).or_insert(Json::Null);
        if config.is_null() {
            *config = Json::Object(Map::new());
        }
        let Some(config) = config.as_object_mut() else { return Ok(()) };
        let shown = key.split_once(':').map_or(key, |(_, name)| name);
        let mut changed = config.get(&name).cloned().unwrap_or_default();
        path::set(&mut changed, shown, path, value)?;
        config.insert(name, changed);
        Ok(())
    }

    /// Removes a value, or what the path leads to.
    pub fn remove(&mut self, key: &str, path: &[Step]) {
        let name = self.name_in_file(key);
        let Some(config) = self.now.get_mut(CONFIG).and_then(Json::as_object_mut) else { return };
        if path.is_empty() {
            config.shift_remove(&name);
        } else if let Some(value) = config.get_mut(&name) {
            path::remove(value, path);
        }
        if config.is_empty() {
            self.now.shift_remove(CONFIG);
        }
    }

    /// A key may stand in the file without its project.
    fn full(&self, key: &str) -> String {
        full_key(key, &self.project).unwrap_or_else(|_| key.to_owned())
    }

    fn name_in_file(&self, key: &str) -> String {
        let names =
            self.now.get(CONFIG).and_then(Json::as_object).into_iter().flatten().map(|(name, _)| name);
        names.into_iter().find(|name| self.full(name) == key).map_or_else(|| key.to_owned(), Clone::clone)
    }
}

/// `name` and `project:config:name` are `project:name`.
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/config/key.go>
pub fn full_key(key: &str, project: &str) -> Result<String, Failure> {
    let parts: Vec<&str> = key.split(':').collect();
    match parts[..] {
        [name] => Ok(format!("{project}:{name}")),
        [_, _] => Ok(key.to_owned()),
        [namespace, "config", name] => Ok(format!("{namespace}:{name}")),
        _ => Err(Failure::new(format!(
            "could not parse {key} as a configuration key (configuration keys should be of the form \
             `<namespace>:<name>`)"
        ))),
    }
}

/// Whether there is an encrypted value in it.
pub fn holds_secret(value: &Json) -> bool {
    is_secret(value)
        || match value {
            Json::Object(entries) => entries.values().any(holds_secret),
            Json::Array(items) => items.iter().any(holds_secret),
            _ => false,
        }
}

/// A value as configuration stores it: what is no object or list is text.
pub fn stored(value: Json) -> Json {
    match value {
        Json::Null => "".into(),
        Json::Bool(value) => value.to_string().into(),
        Json::Number(number) if number.is_f64() => number_text(number.as_f64().unwrap_or_default()).into(),
        Json::Number(number) => number.to_string().into(),
        other => other,
    }
}

/// A value as a run sees it; `open` decrypts.
pub fn open(value: Json, open: &mut dyn FnMut(&str) -> Result<String, Failure>) -> Result<Value, Failure> {
    if let Some(ciphertext) = secret(&value) {
        return Ok(Value::Secret(Box::new(Value::Text(open(ciphertext)?))));
    }
    Ok(match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => Value::Number(number.as_f64().unwrap_or_default()),
        Json::String(text) => Value::Text(text),
        Json::Array(items) => {
            Value::List(items.into_iter().map(|item| self::open(item, open)).collect::<Result<_, _>>()?)
        }
        Json::Object(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(name, value)| Ok((name, self::open(value, open)?)))
                .collect::<Result<_, Failure>>()?,
        ),
    })
}

/// Reads the file's content; the messages are the CLI's.
fn parse(text: &str) -> Result<Map<String, Json>, Failure> {
    let invalid = |problem: &str| Failure::new(format!("invalid YAML file: {problem}"));
    crate::program::yaml::parse(text).map_err(|problem| invalid(&problem))?;
    let parsed: Json = serde_yaml::from_str(text).map_err(|error| invalid(&error.to_string()))?;
    let object = match parsed {
        Json::Object(object) => object,
        Json::Null => Map::new(),
        other => {
            let kind = if other.is_array() { "[]interface {}" } else { "string" };
            return Err(Failure::new(format!("expected project to be an object, was '{kind}'")));
        }
    };
    if object.get("environment").is_some_and(|environment| !environment.is_null()) {
        return Err(Failure::unsupported("`environment` in a stack's file"));
    }
    match object.get("secretsprovider").and_then(Json::as_str) {
        None | Some("" | "default" | "passphrase") => {}
        Some(other) => {
            let kind = other.split(':').next().unwrap_or_default();
            return Err(Failure::unsupported(format_args!(
                "the secrets provider `{kind}`, only `passphrase`"
            )));
        }
    }
    let no_map = |problem: &str| invalid(&format!("could not unmarshal map: {problem}"));
    match object.get(CONFIG) {
        None | Some(Json::Null) => {}
        Some(Json::Object(config)) => {
            let check = |key: &String| full_key(key, "").map_err(|failure| no_map(&failure.message));
            config.keys().try_for_each(|key| check(key).map(drop))?;
        }
        Some(_) => return Err(no_map("`config` must be an object")),
    }
    Ok(object)
}

/// Writes the file aside and renames it.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::new(format!("open {}: {}", path.display(), reason(&error)));
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let aside = folder.join(format!(".{}.tmp", crate::state::uuid()?));
    std::fs::write(&aside, text).and_then(|()| std::fs::rename(&aside, path)).map_err(|error| {
        let _ = std::fs::remove_file(&aside);
        failed(error)
    })
}
