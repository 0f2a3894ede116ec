//! The settings in the repository: `deployment.yaml` beside the project file, and `deployment.<stack>.yaml` over it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Number, Value as Json};

use super::keys::{GITHUB, KEYS, KeyOwner, KeyShape, SettingKey, VCS};
use super::schedule::Schedule;
use super::schedule_form;
use super::tree::{FROM_ENV, HIDDEN, SettingTree};
use super::url_user::has_secret_user;
use crate::base::error::{Error, Result};
use crate::base::fields::{Fields, is_variable};
use crate::base::suggest::nearest;
use crate::base::text_file::{self, read_text};
use crate::base::yaml::{self, Mapping, Value};

/// The file for all stacks of a project.
pub const FILE: &str = "deployment.yaml";

/// What the files say of a stack.
#[derive(Debug)]
pub struct SettingsFile {
    /// The settings, without the schedules.
    pub settings: SettingTree,
    /// The schedules.
    pub schedules: Vec<Schedule>,
    /// The files that were read.
    pub files: Vec<PathBuf>,
}

impl SettingsFile {
    /// Reads the files of a stack in the project's folder.
    ///
    /// # Errors
    /// There is none, one can't be read, or what it says is not right; the message names the key and the file.
    pub fn read(folder: &Path, stack: &str) -> Result<Self> {
        let mut merged = SettingTree::empty();
        let mut files = Vec::new();
        for name in [FILE.to_owned(), file_of_stack(stack)] {
            let path = folder.join(&name);
            match read_text(&path, text_file::SETTINGS) {
                Ok(text) => {
                    merged = merged.merged(parse(&text, &name)?);
                    files.push(path);
                }
                // A link to nothing and a folder are there, and say that there are settings.
                Err(error) if error.is_missing() && path.symlink_metadata().is_err() => {}
                Err(error) => {
                    let hint = error.hint().unwrap_or("let the job read it");
                    return Err(Error::input(format!("`{name}` can't be read: {error}"), hint));
                }
            }
        }
        refuse_nearly_named(folder, stack)?;
        if files.is_empty() {
            return Err(Error::input(
                format!("there is no `{FILE}` in `{}`, and no `{}`", folder.display(), file_of_stack(stack)),
                format!("write what the service has: `stackstep deployment settings show {stack} > {FILE}`"),
            ));
        }
        let place =
            files.iter().filter_map(|path| path.file_name()?.to_str()).collect::<Vec<_>>().join("` with `");
        let file = Self::from_tree(merged, &format!("`{place}`"))?;
        Ok(Self { files, ..file })
    }

    /// The settings of a merged tree. `place` names its files.
    fn from_tree(mut merged: SettingTree, place: &str) -> Result<Self> {
        let now_and_then = schedule_form::take_schedules(&mut merged, place)?;
        let both = [VCS, GITHUB].iter().all(|key| merged.get(key).is_some_and(|value| !value.is_unset()));
        if both {
            return Err(Error::input(
                format!("`{VCS}` and `{GITHUB}` are both in {place}, and mean the same repository"),
                format!("keep `{VCS}`"),
            ));
        }
        if merged.is_unset() {
            let what = if now_and_then.is_empty() { "nothing" } else { "schedules and no settings" };
            return Err(Error::input(
                format!("{place} has {what}: all settings of the stack would go"),
                "name a source at least: `sourceContext: { git: { branch: main } }`; to stop using Pulumi Deployments, remove \
                 the settings at the service",
            ));
        }
        Ok(Self { settings: merged, schedules: now_and_then, files: Vec::new() })
    }
}

/// The name of the file for one stack.
pub fn file_of_stack(stack: &str) -> String {
    format!("deployment.{stack}.yaml")
}

/// Refuses a file beside them whose name is nearly right: nobody would read it.
fn refuse_nearly_named(folder: &Path, stack: &str) -> Result<()> {
    let names = [FILE.to_owned(), file_of_stack(stack)];
    // Stacks can differ in case alone.
    let middles = [String::new(), format!(".{stack}")];
    let entries =
        folder.read_dir().map_err(|source| Error::Io { action: "list", path: folder.to_owned(), source })?;
    let mut found: Vec<String> =
        entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    found.sort();
    for name in found.iter().filter(|name| !names.contains(name)) {
        let (begin, end) = ("deployment".len(), name.rfind('.').unwrap_or_default());
        let parts = name.get(..begin).zip(name.get(begin..end)).zip(name.get(end..));
        let Some(((first, middle), ending)) = parts else { continue };
        let is_near = first.eq_ignore_ascii_case("deployment")
            && [".yaml", ".yml"].iter().any(|known| ending.eq_ignore_ascii_case(known));
        if is_near && let Some(at) = middles.iter().position(|known| known == middle) {
            return Err(Error::input(
                format!("`{name}` is not read: the name of the settings is `{}`", names[at]),
                format!("rename it to `{}`, or, if it is something else, give it another name", names[at]),
            ));
        }
    }
    Ok(())
}

/// Reads the text of one file.
fn parse(text: &str, name: &str) -> Result<SettingTree> {
    let unreadable = |why: &str| {
        Error::input(
            format!("`{name}` can't be read: {why}"),
            "correct it; docs/deployments.md has an example",
        )
    };
    match yaml::parse_single(text).map_err(|error| unreadable(&error.to_string()))? {
        Value::Null(_) => Ok(SettingTree::empty()),
        Value::Mapping(mapping) => {
            let place = format!("`{name}`");
            KeyReader { place: &place }.branch(&Fields::new(&mapping, "", &place), KEYS)
        }
        _ => Err(unreadable("it is not a mapping")),
    }
}

/// Reads values by the table.
struct KeyReader<'a> {
    place: &'a str,
}

impl KeyReader<'_> {
    fn branch(&self, fields: &Fields<'_>, keys: &[SettingKey]) -> Result<SettingTree> {
        let own: Vec<&SettingKey> = keys.iter().filter(|key| key.owner != KeyOwner::Service).collect();
        let names: Vec<&str> = own.iter().map(|key| key.name).collect();
        if let Some(answered) = keys.iter().find(|key| key.owner == KeyOwner::Service && fields.has(key.name))
        {
            return Err(fields.error(
                answered.name,
                "is set by the service alone",
                "take it out of the file",
            ));
        }
        if own.iter().any(|key| matches!(key.shape, KeyShape::Secret)) {
            // A key that is out of place there can be the secret itself.
            only_unseen(fields, &names)?;
        }
        fields.only(&names, "the settings there")?;
        let mut tree = SettingTree::empty();
        for key in own {
            let Some(value) = fields.value(key.name) else { continue };
            let read = self.value(fields, key.name, value, key.shape)?;
            tree.set(key.name, read);
        }
        Ok(tree)
    }

    fn value(&self, fields: &Fields<'_>, key: &str, value: &Value, shape: KeyShape) -> Result<SettingTree> {
        if value.is_null() {
            return Ok(SettingTree::Nothing);
        }
        match shape {
            KeyShape::TextOrSecret if value.as_mapping().is_some() => self.secret(fields, key, value),
            KeyShape::TextOrKeys(keys) if value.source().is_some() => {
                let text = text_value(fields, key, value)?;
                let first = keys.first().map(|key| key.name.to_owned());
                Ok(SettingTree::Branch(first.map(|name| (name, text)).into_iter().collect()))
            }
            KeyShape::Text | KeyShape::TextOrSecret => text_value(fields, key, value),
            KeyShape::Url => {
                let text = text_value(fields, key, value)?;
                if text.text().is_some_and(has_secret_user) {
                    let wrong = "has a user or a password in it, which whoever reads the repository knows";
                    let hint = format!(
                        "take them out of the URL, and write them under `gitAuth` (`hgAuth`) as `{{ {FROM_ENV}: NAME }}`"
                    );
                    return Err(fields.error(key, wrong, hint));
                }
                Ok(text)
            }
            KeyShape::Flag => match value.source() {
                Some(text @ ("true" | "false")) => Ok(SettingTree::Value(Json::from(text == "true"))),
                _ => Err(fields.error(key, "is not a boolean", "write `true` or `false`")),
            },
            KeyShape::Whole => {
                let number = value.source().and_then(|text| text.parse::<u64>().ok());
                let number = number.map(|number| SettingTree::Value(Json::Number(Number::from(number))));
                number.ok_or_else(|| fields.error(key, "is not a whole number", "write it in digits"))
            }
            KeyShape::Texts => {
                let texts = match value {
                    Value::List(items) => items.iter().map(Value::source).collect::<Option<Vec<_>>>(),
                    _ => None,
                };
                let wrong = || fields.error(key, "is not a list of texts", "write `[one, two]`");
                Ok(SettingTree::Value(Json::from(texts.ok_or_else(wrong)?)))
            }
            KeyShape::Duration => {
                let time = value.source().and_then(length_of_time);
                let wrong =
                    || fields.error(key, "is not a length of time", "write it with its unit: `1h`, `30m`");
                Ok(match in_seconds(time.ok_or_else(wrong)?) {
                    nothing if nothing.is_empty() => SettingTree::Nothing,
                    time => SettingTree::Value(Json::from(time)),
                })
            }
            KeyShape::Secret => self.secret(fields, key, value),
            KeyShape::Keys(keys) | KeyShape::TextOrKeys(keys) => {
                self.branch(&self.inner(fields, key, value)?, keys)
            }
            KeyShape::Variables => self.variables(&self.inner(fields, key, value)?),
            KeyShape::List(keys) => {
                let Value::List(items) = value else {
                    return Err(fields.error(key, "is not a list", "write `- ` before each of its entries"));
                };
                let entry = |(at, item): (usize, &Value)| {
                    let name = format!("{key}[{at}]");
                    let tree = self.branch(&self.inner(fields, &name, item)?, keys)?;
                    Ok(tree.as_json(&|_| Json::Null))
                };
                let entries: Result<Vec<Json>> = items.iter().enumerate().map(entry).collect();
                Ok(SettingTree::Value(Json::Array(entries?)))
            }
        }
    }

    fn inner<'v>(&'v self, fields: &Fields<'_>, key: &str, value: &'v Value) -> Result<Fields<'v>> {
        let mapping: Option<&Mapping> = value.as_mapping();
        let mapping = mapping.ok_or_else(|| {
            fields.error(key, "is not a mapping", "see docs/deployments.md for the keys that it has")
        })?;
        Ok(Fields::new(mapping, fields.path_to(key), self.place))
    }

    fn variables(&self, fields: &Fields<'_>) -> Result<SettingTree> {
        let mut tree = SettingTree::empty();
        if !fields.has_text_keys() {
            return Err(fields.error("", "has a key that is not text", "write `NAME: value`"));
        }
        for (at, name) in fields.names().enumerate() {
            if !is_variable(name) {
                // `NAME=secret:` is a key, too.
                let wrong = format!("has as key {} of it what is not the name of a variable", at + 1);
                return Err(fields.error(
                    "",
                    &wrong,
                    "write `NAME: value`; a name has letters, digits and `_`",
                ));
            }
            let Some(value) = fields.value(name) else { continue };
            let read = self.value(fields, name, value, KeyShape::TextOrSecret)?;
            tree.set(name, read);
        }
        Ok(tree)
    }

    /// A secret: a reference to a variable of the job.
    fn secret(&self, fields: &Fields<'_>, key: &str, value: &Value) -> Result<SettingTree> {
        let Some(mapping) = value.as_mapping() else {
            let wrong = "is a secret and stands in the file: whoever reads the repository knows it";
            return Err(fields.error(key, wrong, reference_hint()));
        };
        let inner = Fields::new(mapping, fields.path_to(key), self.place);
        only_unseen(&inner, &[FROM_ENV])?;
        let name = inner.text(FROM_ENV)?.filter(|name| is_variable(name));
        // What stands there can be the secret itself.
        let wrong = || inner.error(FROM_ENV, "is not the name of a variable", reference_hint());
        Ok(SettingTree::SecretFrom(name.ok_or_else(wrong)?.to_owned()))
    }
}

/// Refuses keys that are not among `known`, without showing them.
fn only_unseen(fields: &Fields<'_>, known: &[&str]) -> Result<()> {
    if fields.names().all(|name| known.contains(&name)) && fields.has_text_keys() {
        return Ok(());
    }
    let mut near = fields.names().filter(|name| !known.contains(name));
    let near = near.find_map(|name| nearest(name, known.iter().copied()));
    let hint = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the keys there are `{}`; {}", known.join("`, `"), reference_hint()),
    };
    Err(fields.error("", "has a key that does not belong there, which is not shown", hint))
}

/// A text, whatever scalar it is written as.
fn text_value(fields: &Fields<'_>, key: &str, value: &Value) -> Result<SettingTree> {
    let text = value.source().ok_or_else(|| fields.error(key, "is not a text", "write a single text"))?;
    if text == HIDDEN {
        // What `show` has printed.
        return Err(fields.error(key, "is a secret that `show` does not print", reference_hint()));
    }
    Ok(SettingTree::Value(Json::from(text)))
}

fn reference_hint() -> String {
    format!(
        "write `{{ {FROM_ENV}: NAME }}`, and give the job that variable from the CI system's own secret store; change a secret \
         that was in the repository"
    )
}

/// A length of time as the service writes it: `1h0m0s`, `90s`.
pub(super) fn length_of_time(text: &str) -> Option<Duration> {
    let units = text.chars().filter(|c| !c.is_ascii_digit());
    if !units.clone().all(|c| matches!(c, 'h' | 'm' | 's')) || units.count() == 0 {
        return None;
    }
    humantime::parse_duration(text).ok()
}

/// A length of time that is compared and sent: in seconds, which the service's reader takes too. `0s` is how the service
/// writes nothing. <https://pkg.go.dev/time#ParseDuration>
pub(super) fn in_seconds(time: Duration) -> String {
    if time.is_zero() { String::new() } else { format!("{}s", time.as_secs()) }
}

#[cfg(test)]
mod tests;
