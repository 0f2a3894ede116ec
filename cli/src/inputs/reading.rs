//! Turns raw values into types, by the kind of their input. No error shows more of a value than its input's kind
//! allows.

use std::cell::RefCell;
use std::path::PathBuf;
use std::time::Duration;

use super::found::{Found, Raw, Resolved, Source, absolute};
use super::input::{Default, Input, Kind};
use super::official_number::{OfficialNumber, official_number};
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::suggest;
use crate::base::words::Words;

/// The name of the input for the program's folder, which other paths are relative to.
pub(super) const CWD: &str = "cwd";

/// The raw values of a run, and everything else that their types depend on.
#[derive(Debug)]
pub struct RawInputs<'a> {
    resolved: &'a Resolved,
    env: &'a Env,
    warnings: RefCell<Vec<String>>,
}

impl<'a> RawInputs<'a> {
    pub(super) fn new(resolved: &'a Resolved, env: &'a Env) -> Self {
        Self { resolved, env, warnings: RefCell::default() }
    }

    /// The raw value of `input`.
    pub(super) fn raw_input<'r>(&'r self, input: &'r Input) -> RawInput<'r> {
        RawInput { input, run: self, overruled: None }
    }

    /// The warnings so far.
    pub(super) fn warnings(self) -> Vec<String> {
        self.warnings.into_inner()
    }
}

/// The raw value of one input.
#[derive(Debug)]
pub struct RawInput<'r> {
    input: &'r Input,
    run: &'r RawInputs<'r>,
    /// Which of the overruled values it is; none for the one that has won.
    overruled: Option<usize>,
}

impl<'r> RawInput<'r> {
    /// The value and its source. None if nobody sets it, or if the command does not read it.
    pub(super) fn found(&self) -> Option<&'r Found> {
        let resolved = self.run.resolved;
        let found = match self.overruled {
            None => resolved.values.get(self.input.name),
            Some(at) => resolved.overruled.get(self.input.name)?.get(at),
        };
        found.filter(|_| self.input.applies_to(resolved.command))
    }

    /// The values of further sources, of a rule, where the strictest one holds.
    pub(super) fn overruled(&self) -> Vec<RawInput<'r>> {
        let count = self.run.resolved.overruled.get(self.input.name).map_or(0, Vec::len);
        (0..count).map(|at| RawInput { overruled: Some(at), ..*self }).collect()
    }

    /// The input's name.
    pub(super) fn name(&self) -> &'static str {
        self.input.name
    }

    /// Where the value comes from, in words.
    pub(super) fn source_in_words(&self) -> String {
        self.found().map_or_else(String::new, |found| found.source.to_string())
    }

    pub(super) fn env(&self) -> &Env {
        self.run.env
    }

    /// Whether `profile: official-action` is on.
    pub(super) fn official_action(&self) -> bool {
        self.run.resolved.official_action
    }

    /// Adds a warning for the log.
    pub(super) fn warn(&self, warning: String) {
        self.run.warnings.borrow_mut().push(warning);
    }

    pub(super) fn text(&self) -> Result<Option<String>> {
        match self.found().map(|found| &found.raw) {
            None => Ok(None),
            Some(Raw::Text(text)) => Ok(Some(text.clone())),
            Some(Raw::List(_) | Raw::Mapping(_)) => Err(self.wrong_form("takes a single value")),
        }
    }

    /// The text without blanks around it; none if nothing is left.
    pub(super) fn trimmed_text(&self) -> Result<Option<String>> {
        Ok(self.text()?.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
    }

    /// The path, relative to the folder that stackstep was started in.
    pub(super) fn path(&self) -> Result<Option<PathBuf>> {
        Ok(self.text()?.map(|path| absolute(self.env().cwd(), &path)))
    }

    /// The path for the engine, which runs in the folder of the program.
    pub(super) fn program_path(&self) -> Result<Option<PathBuf>> {
        Ok(self.text()?.map(|path| absolute(&self.program_folder(), &path)))
    }

    /// The folder of the program, for any input: each command reads `cwd`.
    pub(super) fn program_folder(&self) -> PathBuf {
        match self.run.resolved.values.get(CWD).map(|found| &found.raw) {
            Some(Raw::Text(path)) => absolute(self.env().cwd(), path),
            _ => self.env().cwd().to_owned(),
        }
    }

    pub(super) fn flag(&self) -> Result<Option<bool>> {
        self.trimmed_text()?
            .map(|text| match text.as_str() {
                // The forms that YAML 1.2 and GitHub's own toolkit accept.
                "true" | "True" | "TRUE" => Ok(true),
                "false" | "False" | "FALSE" => Ok(false),
                other => Err(Error::input(
                    format!("`{}` is `{other}`, which is not a boolean", self.input.name),
                    "write `true` or `false`",
                )),
            })
            .transpose()
    }

    pub(super) fn number(&self) -> Result<Option<u32>> {
        let Some(text) = self.trimmed_text()? else { return Ok(None) };
        let name = self.input.name;
        let Kind::Number { min, max } = self.input.kind else {
            return Err(self.wrong_form("takes no number"));
        };
        let number = if self.official_action() {
            match official_number(name, &text, max) {
                OfficialNumber::NotSet => return Ok(None),
                OfficialNumber::Is(number) => Some(number),
                OfficialNumber::TooLarge => {
                    self.warn(format!(
                        "`{name}` is `{text}`, which is taken as {max}: there is no more to say beyond it"
                    ));
                    Some(max)
                }
                OfficialNumber::Fails => None,
            }
        } else {
            text.parse().ok()
        };
        match number {
            Some(number) if (min..=max).contains(&number) => Ok(Some(number)),
            _ => Err(Error::input(
                format!("`{name}` is `{text}`"),
                format!("it takes a whole number from {min} to {max}"),
            )),
        }
    }

    pub(super) fn duration(&self) -> Result<Option<Duration>> {
        let Some(text) = self.trimmed_text()? else { return Ok(None) };
        let seconds = text.parse::<u64>().ok().map(Duration::from_secs);
        match seconds.or_else(|| humantime::parse_duration(&text).ok()) {
            Some(duration) => Ok(Some(duration)),
            None => Err(Error::input(
                format!("`{}` is `{text}`, which is not a length of time", self.input.name),
                "write it as `90s`, `15m` or `1h30m`",
            )),
        }
    }

    pub(super) fn choice<T: Words>(&self) -> Result<Option<T>> {
        self.trimmed_text()?.map(|text| self.chosen(&text)).transpose()
    }

    /// The choice, or the default of the row.
    pub(super) fn choice_or_default<T: Words>(&self) -> Result<T> {
        match (self.choice()?, self.input.default) {
            (Some(chosen), _) => Ok(chosen),
            (None, Default::Value(word)) => self.chosen(word),
            (None, _) => Err(self.wrong_form("has no default")),
        }
    }

    fn chosen<T: Words>(&self, text: &str) -> Result<T> {
        T::from_word(text).ok_or_else(|| {
            let hint = match suggest::nearest(text, T::WORDS.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it is one of `{}`", T::WORDS.join("`, `")),
            };
            Error::input(format!("`{}` is `{text}`", self.input.name), hint)
        })
    }

    pub(super) fn list(&self) -> Result<Vec<String>> {
        let split = |text: &str| -> Vec<String> {
            text.split(['\n', ','])
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(str::to_owned)
                .collect()
        };
        Ok(match self.found() {
            None => Vec::new(),
            Some(Found { raw: Raw::Text(text), .. }) => split(text),
            // A list in a file is not split further.
            Some(Found { raw: Raw::List(items), source: Source::File(_) }) => items.clone(),
            Some(Found { raw: Raw::List(items), .. }) => items.iter().flat_map(|item| split(item)).collect(),
            Some(Found { raw: Raw::Mapping(_), .. }) => return Err(self.wrong_form("takes a list")),
        })
    }

    /// The list; a text that begins with a brace is one item of it.
    pub(super) fn handed_over(&self) -> Result<Vec<String>> {
        match self.found() {
            Some(Found { raw: Raw::Text(text), .. }) if text.trim_start().starts_with('{') => {
                Ok(vec![text.clone()])
            }
            _ => self.list(),
        }
    }

    /// The words, split as a shell would split them.
    pub(super) fn words(&self) -> Result<Vec<String>> {
        let Some(text) = self.text()? else { return Ok(Vec::new()) };
        shlex::split(&text).ok_or_else(|| {
            Error::input(
                format!("`{}` has a quote that is not closed", self.input.name),
                "close it, or put a backslash before it",
            )
        })
    }

    /// The error of a value with a wrong form; `takes` names the right one.
    pub(super) fn wrong_form(&self, takes: &str) -> Error {
        Error::input(
            format!("`{}` {takes}", self.input.name),
            "`stackstep inputs` shows each input and its kind",
        )
    }
}
