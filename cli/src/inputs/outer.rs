//! The inputs that are set outside of the repository's files, and the part of `stackstep.yaml` that is added to them.
//!
//! The two are separate because a run is judged between them: before that, nothing is used that a change to the
//! repository can have written.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::file::ConfigFile;
use super::found::{Found, Raw, Resolved, Source};
use super::headings::{COMMAND, EngineInputs, PROFILE, Profile, StackInputs};
use super::input::{Group, Input, Kind};
use super::resolve::{
    Flags, OuterSources, default_value, file_value, resolve_command, strange_inputs,
    warnings_for_unknown_variables, warnings_for_unread,
};
use super::row::InputRow;
use super::table::INPUTS;
use super::{Command, strangers};
use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::words::Words;
use crate::ci::CiSystem;
use crate::render::Detail;

/// The inputs of the command line, the step and the environment, which no change to the repository can have written.
#[derive(Debug, Clone)]
pub struct OuterInputs {
    /// The command.
    pub command: Command,
    /// The command that was asked for: [`Command::Deploy`] if the map has chosen `command`, [`Command::Drift`] for a look.
    pub asked: Command,
    /// The folder in `cwd`, at which the search for `stackstep.yaml` starts.
    pub folder: PathBuf,
    values: BTreeMap<&'static str, Found>,
    overruled: BTreeMap<&'static str, Vec<Found>>,
    warnings: Vec<String>,
}

/// The input that may name a program of the work folder, though it is no path by itself.
const ENGINE: &str = EngineInputs::engine.name();

/// The part of a `stackstep.yaml` that is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileUse {
    /// The whole file.
    Whole,
    /// The inputs that [`strangers::counts`] allows; the detail is that of a report if the file does not set it.
    Allowed(Detail),
    /// The inputs that name no file: it is the file of another commit than that of the work folder, whose files can be a
    /// stranger's.
    WithoutFiles,
}

impl OuterInputs {
    /// Finds the values outside of files.
    pub fn find(command: Option<Command>, flags: &Flags, ci: &dyn CiSystem, env: &Env) -> Result<Self> {
        let sources = OuterSources::new(flags, ci, env);
        let mut warnings = strange_inputs(ci, env, sources.official)?;
        warnings.extend(warnings_for_unknown_variables(env));
        warnings.extend(sources.warnings_for_ignored());
        let word = sources.find(&COMMAND)?;
        let command = resolve_command(command, word.as_ref())?;
        let (mut values, mut overruled) = (BTreeMap::new(), BTreeMap::new());
        for input in INPUTS {
            let Some(found) = sources.find(input)? else { continue };
            if input.group == Group::Rules {
                overruled.insert(input.name, sources.overruled(input, &found)?);
            } else {
                warnings.extend(sources.overruled_warning(input, &found));
            }
            values.insert(input.name, found);
        }
        let mut outer =
            Self { command, asked: command, folder: env.cwd().to_owned(), values, overruled, warnings };
        if let Some(folder) = outer.text(&StackInputs::cwd.input) {
            outer.folder = env.cwd().join(folder);
        }
        Ok(outer)
    }

    /// Finds those of `names` that can be read, whether or not the others can. None if the command can't be read.
    pub fn find_only(
        names: &[&str],
        command: Option<Command>,
        flags: &Flags,
        ci: &dyn CiSystem,
        env: &Env,
    ) -> Option<Self> {
        let sources = OuterSources::new(flags, ci, env);
        let found = |name: &str| sources.find(Input::find(name)?).ok().flatten();
        let command = resolve_command(command, found(COMMAND.name).as_ref()).ok()?;
        let values = names.iter().filter_map(|name| Some((Input::find(name)?.name, found(name)?))).collect();
        let overruled = BTreeMap::new();
        let folder = env.cwd().to_owned();
        Some(Self { command, asked: command, folder, values, overruled, warnings: Vec::new() })
    }

    /// The inputs that are secret, with their values.
    pub fn secrets(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let secret = |input: &&Input| input.kind == Kind::Secret;
        INPUTS.iter().filter(secret).filter_map(|input| Some((input.name, self.text(input)?.trim())))
    }

    /// The input's text, if it is set and is a text.
    pub fn text(&self, input: &Input) -> Option<&str> {
        match &self.values.get(input.name)?.raw {
            Raw::Text(text) => Some(text),
            Raw::List(_) | Raw::Mapping(_) => None,
        }
    }

    /// Whether the input is set.
    pub fn is_set(&self, input: &Input) -> bool {
        self.values.contains_key(input.name)
    }

    /// Whether the input is set to `true`.
    pub fn is_on(&self, flag: &InputRow<bool>) -> bool {
        self.text(&flag.input).is_some_and(|text| text.trim().eq_ignore_ascii_case("true"))
    }

    /// Whether the input is set to anything but `false`, even if it is not a boolean.
    pub fn may_be_on(&self, flag: &InputRow<bool>) -> bool {
        self.text(&flag.input)
            .is_some_and(|text| !matches!(text.trim().to_ascii_lowercase().as_str(), "false" | ""))
    }

    /// The inputs named `names`, and no others.
    #[must_use]
    pub fn only(&self, names: &[&str]) -> Self {
        let values = self.values.iter().filter(|(name, _)| names.contains(name));
        Self {
            values: values.map(|(name, found)| (*name, found.clone())).collect(),
            overruled: BTreeMap::new(),
            warnings: Vec::new(),
            folder: self.folder.clone(),
            ..*self
        }
    }

    /// The `stackstep.yaml` of the work folder; with `without_links` a link is refused. None for `report`, as its
    /// results can be a stranger's, and so can a file beside them.
    pub fn file(&self, without_links: bool) -> Result<Option<ConfigFile>> {
        if self.command == Command::Report {
            return Ok(None);
        }
        ConfigFile::find(&self.folder, without_links)
    }

    /// Joins all values: these, then the allowed ones of `file`, then the defaults.
    pub fn with_file(self, file: Option<&ConfigFile>, counts: FileUse) -> Result<Resolved> {
        self.with_files(&file.into_iter().map(|file| (file, counts)).collect::<Vec<_>>())
    }

    /// Joins all values: these, then the allowed ones of the files, of which the first that has a value counts, then the
    /// defaults. Of a rule all values count.
    pub fn with_files(self, files: &[(&ConfigFile, FileUse)]) -> Result<Resolved> {
        let Self { command, asked, mut values, mut overruled, mut warnings, .. } = self;
        let (mut left_out, mut files_named) = (Vec::new(), Vec::new());
        for input in INPUTS {
            let names_a_file = matches!(input.kind, Kind::Path | Kind::ProgramPath) || input.name == ENGINE;
            let mut having = files.iter().filter(|(file, _)| file.get(input).is_some());
            let first = if values.contains_key(input.name) { None } else { having.next() };
            if input.group == Group::Rules {
                for (file, _) in having.filter(|(_, counts)| !matches!(counts, FileUse::Allowed(_))) {
                    overruled.entry(input.name).or_default().extend(file_value(file, input)?);
                }
            }
            let Some((file, counts)) = first else { continue };
            let found = match *counts {
                FileUse::WithoutFiles if names_a_file => {
                    files_named.push(input.name);
                    None
                }
                FileUse::Whole | FileUse::WithoutFiles => file_value(file, input)?,
                FileUse::Allowed(shown) => {
                    let read = strangers::ALLOWED.contains(&input.name);
                    let found = if read { file_value(file, input)? } else { None };
                    let found = found.filter(|found| strangers::counts(input.name, &found.raw, shown));
                    left_out.extend(found.is_none().then_some(input.name));
                    found
                }
            };
            values.extend(found.map(|found| (input.name, found)));
        }
        warnings.extend(warning_for_left_out(&left_out));
        warnings.extend(warning_for_files(&files_named));

        let official_action = values
            .get(PROFILE.name())
            .is_some_and(|profile| profile.raw == Raw::Text(Profile::OfficialAction.word().into()));
        for input in INPUTS {
            if let Some(value) = default_value(input, official_action) {
                values
                    .entry(input.name)
                    .or_insert_with(|| Found { raw: Raw::Text(value.to_owned()), source: Source::Default });
            }
        }
        warnings.extend(warnings_for_unread(asked, &values));
        Ok(Resolved { command, values, overruled, warnings, official_action })
    }
}

/// One warning for all inputs of a stranger's file that are not used.
fn warning_for_left_out(names: &[&str]) -> Option<String> {
    let (is, them) = if names.len() == 1 { ("is", "it") } else { ("are", "them") };
    (!names.is_empty()).then(|| {
        format!(
            "`{}` of `stackstep.yaml` {is} not used: the file comes with a change that is not trusted; set {them} on \
             the step or in the job's environment where it has to hold for such changes too",
            names.join("`, `")
        )
    })
}

/// One warning for all inputs of another commit's file that name files of the work folder.
fn warning_for_files(names: &[&str]) -> Option<String> {
    (!names.is_empty()).then(|| {
        format!(
            "`{}` of the default branch's `stackstep.yaml` names a file that the change can have written, and is not used: \
             set it on the step or in the job's environment",
            names.join("`, `")
        )
    })
}

/// Finds the values of all sources, for a run whose `stackstep.yaml` is trusted. `command` comes from the command line;
/// without it the `command` input decides, and an empty one means [`Command::Install`].
pub fn resolve(command: Option<Command>, flags: &Flags, ci: &dyn CiSystem, env: &Env) -> Result<Resolved> {
    let outer = OuterInputs::find(command, flags, ci, env)?;
    let file = outer.file(false)?;
    outer.with_file(file.as_ref(), FileUse::Whole)
}
