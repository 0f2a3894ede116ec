//! `stackstep.yaml`: the nearest file of that name, from the work folder up to the repository's root.

use std::path::{Path, PathBuf};

use super::headings::COMMAND;
use super::input::{Input, Kind};
use super::table::INPUTS;
use crate::base::error::{Error, Result};
use crate::base::suggest::nearest;
use crate::base::text_file::{self, read_text};
use crate::base::yaml::{self, Mapping, Value};

/// The file's name.
pub const NAME: &str = "stackstep.yaml";

/// The key of the root file that lists the folders of the repository's projects.
pub const PROJECTS: &str = "projects";

/// The key of the root file that says which event deploys which stack.
pub const DEPLOY: &str = "deploy";

/// The key of the root file that says what has to hold for each stack.
pub const STACKS: &str = "stacks";

/// The key of the root file that says who hears of what.
pub const NOTIFY: &str = "notify";

/// The key of the root file that says who may give commands in comments.
pub const COMMENT_COMMANDS: &str = "comment-commands";

/// The key of the root file about the stacks of change requests.
pub const REVIEW: &str = "review";

/// The key of the root file with the names of the stacks that a sweep may destroy.
pub const REAPABLE: &str = "reapable";

/// The key of the root file that says which stacks are looked at for drift.
pub const DRIFT: &str = "drift";

/// The key of the root file about many stacks.
pub const FLEET: &str = "fleet";

/// The key of the root file about environments that are made from data.
pub const SETS: &str = "sets";

/// The sections about the whole repository, which are read from the root's file only.
pub const SECTIONS: &[&str] =
    &[PROJECTS, DEPLOY, STACKS, NOTIFY, COMMENT_COMMANDS, REVIEW, REAPABLE, DRIFT, FLEET, SETS];

const SECRET_STORE: &str = "hand it to the step, from the CI system's own secret store";

/// A `stackstep.yaml` that was found.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    /// The file's path.
    pub path: PathBuf,
    values: Mapping,
}

impl ConfigFile {
    /// Finds and reads the nearest file, from `start` up to the folder with `.git`. None if there is no such file. With
    /// `without_links` a link is refused: one in a stranger's change could lead to any file of the machine, and a
    /// message could show a part of that.
    pub fn find(start: &Path, without_links: bool) -> Result<Option<Self>> {
        for folder in start.ancestors() {
            if let Some(file) = Self::in_folder(folder, without_links)? {
                return Ok(Some(file));
            }
            if folder.join(".git").exists() {
                break;
            }
        }
        Ok(None)
    }

    /// Reads the file that lies in `folder` itself, such as the repository's top. None if there is none; `without_links` as
    /// in [`Self::find`].
    pub fn in_folder(folder: &Path, without_links: bool) -> Result<Option<Self>> {
        let path = folder.join(NAME);
        if without_links && std::fs::symlink_metadata(&path).is_ok_and(|there| !there.is_file()) {
            return Err(unreadable(
                &path,
                "it comes with a change that is not trusted, and is not a plain file",
            ));
        }
        match read_text(&path, text_file::SETTINGS) {
            Ok(text) => {
                let file = Self::parse(path, &text)?;
                file.check_place()?;
                Ok(Some(file))
            }
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => {
                let what = format!("could not read `{}`: {error}", path.display());
                Err(Error::input(what, error.hint().unwrap_or("fix the file, or remove it")))
            }
        }
    }

    /// Reads the text of the file at `path`: a mapping from the names of inputs.
    pub fn parse(path: PathBuf, text: &str) -> Result<Self> {
        let values = match yaml::parse(text).map_err(|error| unreadable(&path, &error.to_string()))? {
            Value::Null(_) => Mapping::default(),
            Value::Mapping(mapping) => mapping,
            _ => return Err(unreadable(&path, "it has to be a mapping, such as `stack: dev`")),
        };
        let is_section = |key: &Value| key.as_str().is_some_and(|key| SECTIONS.contains(&key));
        check_keys(&path, values.keys().filter(|key| !is_section(key)))?;
        let file = Self { path, values };
        file.projects()?;
        Ok(file)
    }

    /// The inputs of a section of the file at `path`, such as those of one stack, as a file of their own.
    pub fn of_inputs(path: PathBuf, values: Mapping) -> Result<Self> {
        check_keys(&path, values.keys())?;
        Ok(Self { path, values })
    }

    /// A section of the whole repository; none if it is empty.
    pub fn section(&self, name: &str) -> Option<&Value> {
        self.values.get(name).filter(|value| !value.is_null())
    }

    /// The value of `input`, under any of its names.
    pub fn get(&self, input: &Input) -> Option<&Value> {
        input.names().find_map(|name| self.values.get(name)).filter(|value| !value.is_null())
    }

    /// The folders of the repository's projects, as patterns. None if the file does not list them.
    pub fn projects(&self) -> Result<Option<Vec<String>>> {
        let wrong = || {
            Error::input(
                format!("`{PROJECTS}` in `{}` is not a list of folders", self.path.display()),
                "write it as `projects: [infra/network, infra/shop]`; `*` and `**` are wildcards",
            )
        };
        match self.values.get(PROJECTS) {
            None | Some(Value::Null(_)) => Ok(None),
            Some(Value::List(folders)) => {
                let texts = folders.iter().map(|folder| folder.as_str().map(str::to_owned));
                texts.collect::<Option<Vec<_>>>().map(Some).ok_or_else(wrong)
            }
            Some(_) => Err(wrong()),
        }
    }

    /// Refuses settings of the whole repository in a file that is not at the repository's root.
    fn check_place(&self) -> Result<()> {
        let folder = self.folder();
        let is_below = !folder.join(".git").exists()
            && folder.ancestors().skip(1).any(|above| above.join(".git").exists());
        match SECTIONS.iter().find(|name| is_below && self.values.get(name).is_some()) {
            Some(name) => Err(Error::input(
                format!("`{name}` in `{}` is about the whole repository", self.path.display()),
                "move it to the `stackstep.yaml` at the repository's root",
            )),
            None => Ok(()),
        }
    }

    /// The folder that relative paths in the file start at.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }
}

/// Checks that each key names an input that may stand in a file, and none of them twice.
fn check_keys<'v>(path: &Path, keys: impl Iterator<Item = &'v Value>) -> Result<()> {
    let mut seen: Vec<&'static str> = Vec::new();
    for key in keys {
        let name = check_key(path, key)?;
        if seen.contains(&name) {
            return Err(Error::input(
                format!("`{}` sets `{name}` twice, under two names", path.display()),
                "keep one of them",
            ));
        }
        seen.push(name);
    }
    Ok(())
}

/// The input that a key names. Fails if there is no such input, or if it is a secret, which must not be in a
/// repository.
fn check_key(path: &Path, key: &Value) -> Result<&'static str> {
    let shown = path.display();
    let Some(name) = key.as_str() else {
        return Err(Error::input(format!("a key in `{shown}` is not text"), "keys are names of inputs"));
    };
    let Some(input) = Input::find(name) else {
        // The content of a wrong file is not shown, such as that of a link to a file with credentials.
        let known = name.len() <= 40
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        let shown_name = if known { format!("`{name}`") } else { "that is not a name".to_owned() };
        return Err(Error::input(format!("unknown key {shown_name} in `{shown}`"), hint_for(name)));
    };
    if input.kind == Kind::Secret {
        return Err(Error::input(
            format!("`{name}` in `{shown}` would put a secret into the repository"),
            SECRET_STORE,
        ));
    }
    if input.name == COMMAND.name {
        return Err(Error::input(
            format!("`command` in `{shown}`: what runs is said on the step"),
            "remove the key",
        ));
    }
    Ok(input.name)
}

/// The hint for a key that is no input: the nearest name, if it is allowed in the file.
fn hint_for(name: &str) -> String {
    let names = INPUTS.iter().flat_map(Input::names).chain(SECTIONS.iter().copied());
    let near = nearest(name, names);
    if let Some(section) = near.filter(|near| SECTIONS.contains(near)) {
        return format!("did you mean `{section}`?");
    }
    match near.and_then(|near| Some((near, Input::find(near)?))) {
        Some((_, input)) if input.kind == Kind::Secret => {
            format!("if it is a secret, {SECRET_STORE}; `stackstep inputs` lists the names")
        }
        Some((_, input)) if input.name == COMMAND.name => {
            "remove the key, if it is what to run: that is said on the step; `stackstep inputs` lists the names".to_owned()
        }
        Some((near, _)) => format!("did you mean `{near}`?"),
        None => "`stackstep inputs` lists the names".to_owned(),
    }
}

fn unreadable(path: &Path, why: &str) -> Error {
    Error::input(format!("could not read `{}`: {why}", path.display()), "fix the file, or remove it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> Error {
        ConfigFile::parse("stackstep.yaml".into(), text).unwrap_err()
    }

    #[test]
    fn an_unknown_key_suggests_the_nearest_name() {
        let error = error("stak: dev");
        assert_eq!(error.to_string(), "unknown key `stak` in `stackstep.yaml`");
        assert_eq!(error.hint(), Some("did you mean `stack`?"));
    }

    #[test]
    fn no_name_is_suggested_that_can_not_stand_in_a_file() {
        for (key, hint) in [
            ("token", "secret store"),
            ("acces-token", "secret store"),
            ("forge_token", "secret store"),
            ("comand", "said on the step"),
            ("taget", "did you mean `target`?"),
            ("zzz", "lists the names"),
        ] {
            let error = error(&format!("{key}: x"));
            let hint_given = error.hint().unwrap();
            assert!(hint_given.contains(hint), "{key}: {hint_given}");
            let forbidden =
                INPUTS.iter().filter(|input| input.kind == Kind::Secret || input.name == COMMAND.name);
            let mut names = forbidden.flat_map(Input::names);
            assert!(
                !names.any(|name| hint_given.contains(&format!("did you mean `{name}`"))),
                "{hint_given}"
            );
        }
    }

    #[test]
    fn a_malformed_file_names_line_and_column() {
        let error = error("stack: [a\nb: c").to_string();
        assert!(error.contains("line 2 column"), "{error}");
    }

    #[test]
    fn the_projects_are_a_list_of_folders() {
        let file =
            ConfigFile::parse("stackstep.yaml".into(), "projects: [infra/*, app]\nstack: dev").unwrap();
        assert_eq!(file.projects().unwrap().unwrap(), ["infra/*", "app"]);
        for text in ["projects: infra", "projects: {a: b}", "projects: [[a]]"] {
            assert!(error(text).to_string().contains("`projects`"), "{text}");
        }
    }

    #[test]
    fn a_secret_is_refused() {
        assert!(
            error("access-token: pul-123").to_string().contains("would put a secret into the repository")
        );
    }

    #[test]
    fn two_names_of_one_input_are_refused() {
        assert!(error("stack: a\nstack-name: b").to_string().contains("twice"));
    }

    #[test]
    fn an_empty_file_is_fine() {
        let file = ConfigFile::parse("stackstep.yaml".into(), "# nothing\n").unwrap();
        assert!(INPUTS.iter().all(|input| file.get(input).is_none()));
    }
}
