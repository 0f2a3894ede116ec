//! The first pass: finds one raw value and its source for each input. The sources are, in this order, the flag, the
//! step's own inputs, `STACKSTEP_*` in the environment, `stackstep.yaml` and the default: the first with a value wins.

use std::collections::BTreeMap;

use super::Command;
use super::file::ConfigFile;
use super::found::{Found, Raw, Source};
use super::headings::{COMMAND, PROFILE, Profile};
use super::input::{Default, Input, Kind};
use super::mapping::mapping_of;
use super::official;
use super::table::INPUTS;
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::suggest::nearest;
use crate::base::words::Words;
use crate::base::yaml::Value;
use crate::ci::CiSystem;
use crate::ci::names::ENV_PREFIX;
use crate::ci::names::variable_name;
use crate::pulumi::options::variable_of;

/// The prefix that a wrapper puts before an input's name if the CI system has no way of its own.
pub const STEP_PREFIX: &str = "STACKSTEP_INPUT_";

/// Variables with this prefix that are no inputs: the launchers, the sinks and the exchange of identity tokens read
/// them.
const NO_INPUTS: &[&str] = &[
    "STACKSTEP_BIN",
    "STACKSTEP_MIRROR",
    "STACKSTEP_CACHE",
    "STACKSTEP_UNFINISHED",
    crate::ci::names::FLEET_STACKS,
    crate::ci::STEP_OUTPUTS,
    crate::ci::STEP_SECRETS,
    crate::ci::STEP_STATE,
    crate::ci::ALLOW_DEBUG_TRACE,
    crate::ci::OWN_VARIABLE,
];

/// The flags of the command line: input name → values in order.
pub type Flags = BTreeMap<&'static str, Vec<String>>;

/// The command: that of the command line, else the one that the step or the environment names.
pub(super) fn resolve_command(command: Option<Command>, word: Option<&Found>) -> Result<Command> {
    let word_source = word.map(|found| &found.source);
    match (command, word.map(|found| &found.raw)) {
        (Some(command), Some(Raw::Text(word))) if matches!(word_source, Some(Source::Step(_))) => {
            let word = word.trim();
            match Command::from_word(word).or_else(|| Command::meant_by(word)) {
                // What the map says is one of the two.
                Some(Command::Deploy) if matches!(command, Command::Up | Command::Preview) => Ok(command),
                Some(Command::Drift) if command == Command::Refresh => Ok(command),
                Some(asked) if asked != command => Err(contradicts(command, word)),
                _ => Ok(command),
            }
        }
        (Some(command), _) => Ok(command),
        (None, Some(Raw::Text(word))) => {
            Command::from_word(word.trim()).filter(|command| command.row().in_a_step).ok_or_else(|| {
                let hint = match (Command::meant_by(word.trim()), Command::near(word.trim())) {
                    (Some(meant), _) => format!("`command: {}` does that", meant.word()),
                    (None, Some(near)) => format!("did you mean `{near}`?"),
                    (None, None) => format!("it is one of `{}`", Command::STEP_WORDS.join("`, `")),
                };
                Error::input(format!("unknown command `{word}`"), hint)
            })
        }
        _ => Ok(Command::Install),
    }
}

/// The error for a step whose `command` input says something else than what the step is there for.
fn contradicts(command: Command, word: &str) -> Error {
    let doing = command.word();
    Error::input(
        format!("the input `command: {word}` contradicts this step, which runs `{doing}`"),
        format!("leave `command` out to run `{doing}`, or use the action `deploy`, whose `command` decides"),
    )
}

/// The default as a value, where it is one.
pub fn default_value(input: &Input, official_action: bool) -> Option<&'static str> {
    let value = match input.default {
        Default::Value(value) => value,
        Default::OfficialAction { official, .. } if official_action => official,
        Default::OfficialAction { ours, .. } => ours,
        Default::Unset | Default::Depends(_) => return None,
    };
    Some(value).filter(|value| !value.is_empty())
}

/// The sources outside of files.
pub(super) struct OuterSources<'a> {
    pub flags: &'a Flags,
    pub ci: &'a dyn CiSystem,
    pub env: &'a Env,
    /// Whether the step has only the inputs of the official action.
    pub official: bool,
}

impl<'a> OuterSources<'a> {
    pub fn new(flags: &'a Flags, ci: &'a dyn CiSystem, env: &'a Env) -> Self {
        let sources = Self { flags, ci, env, official: false };
        Self { official: sources.sets_official_profile(), ..sources }
    }

    /// Whether the step itself sets the official action's profile, as `actions/deploy` does.
    fn sets_official_profile(&self) -> bool {
        let found = self.find(&PROFILE.input).ok().flatten();
        found.is_some_and(|found| {
            matches!(found.source, Source::Step(_))
                && found.raw == Raw::Text(Profile::OfficialAction.word().into())
        })
    }

    /// A warning for each input of the step that is ignored.
    pub fn warnings_for_ignored(&self) -> Vec<String> {
        if self.official {
            official::warnings_for_ignored(|name| self.step_variable(name).is_some())
        } else {
            Vec::new()
        }
    }

    pub fn find(&self, input: &Input) -> Result<Option<Found>> {
        if let Some(found) = self.flag_value(input) {
            return Ok(Some(found));
        }
        match self.value_of_the_step(input)? {
            Some(found) => Ok(Some(found)),
            None => self.value_of_the_environment(input),
        }
    }

    /// The values of the sources that come after that of `found`.
    pub fn overruled(&self, input: &Input, found: &Found) -> Result<Vec<Found>> {
        let mut overruled = Vec::new();
        if found.source == Source::Flag {
            overruled.extend(self.value_of_the_step(input)?);
        }
        if !matches!(found.source, Source::Environment(_)) {
            overruled.extend(self.value_of_the_environment(input)?);
        }
        Ok(overruled)
    }

    fn flag_value(&self, input: &Input) -> Option<Found> {
        let values = self.flags.get(input.name).filter(|values| values.iter().any(|v| !v.is_empty()))?;
        let raw = match (input.kind, values.as_slice()) {
            (Kind::List, many) => Raw::List(many.to_vec()),
            (Kind::Mapping, many) => Raw::Text(many.join("\n")),
            (_, [.., last]) => Raw::Text(last.clone()),
            (_, []) => return None,
        };
        Some(Found { raw, source: Source::Flag })
    }

    fn value_of_the_step(&self, input: &Input) -> Result<Option<Found>> {
        let step = |name: &str| {
            self.step_value(name).and_then(|(variable, value)| trimmed_variable(input, variable, value))
        };
        Ok(value_under_any_name(input, step)?.map(|(variable, value)| Found {
            raw: Raw::Text(value.to_owned()),
            source: Source::Step(variable),
        }))
    }

    fn value_of_the_environment(&self, input: &Input) -> Result<Option<Found>> {
        Ok(self.environment_value(input)?.map(|(variable, value)| Found {
            raw: Raw::Text(value.to_owned()),
            source: Source::Environment(variable),
        }))
    }

    fn step_value(&self, name: &str) -> Option<(String, &str)> {
        self.step_variable(name).filter(|_| !self.official || official::is_official_name(name))
    }

    fn step_variable(&self, name: &str) -> Option<(String, &str)> {
        self.ci
            .step_input(self.env, name)
            .or_else(|| self.variable(format!("{STEP_PREFIX}{}", variable_name(name))))
    }

    fn environment_value(&self, input: &Input) -> Result<Option<(String, &str)>> {
        let own = value_under_any_name(input, |name| {
            let (variable, value) = self.variable(format!("{ENV_PREFIX}{}", variable_name(name)))?;
            trimmed_variable(input, variable, value)
        })?;
        // The engine would take the value from there as well.
        Ok(own.or_else(|| {
            let (variable, value) = self.variable(variable_of(input.name)?)?;
            trimmed_variable(input, variable, value)
        }))
    }

    fn variable(&self, variable: String) -> Option<(String, &str)> {
        let value = self.env.get(&variable)?;
        Some((variable, value))
    }

    /// A warning if a variable of the environment differs from the flag or the step's input that won.
    pub fn overruled_warning(&self, input: &Input, found: &Found) -> Option<String> {
        let winner = match &found.source {
            Source::Flag => "the flag",
            Source::Step(_) => "the step",
            _ => return None,
        };
        let (variable, value) = self.environment_value(input).ok()??;
        (found.raw != Raw::Text(value.to_owned()))
            .then(|| format!("`{variable}` of the environment is not used: {winner} sets `{}`", input.name))
    }
}

/// A variable and its value without blanks around it; none if nothing is left.
fn trimmed_variable<'v>(input: &Input, variable: String, value: &'v str) -> Option<(String, &'v str)> {
    let value = without_blanks(input, value);
    (!value.is_empty()).then_some((variable, value))
}

/// The variable and the value that `value_called` finds under the input's name or an alias. Fails if two names have
/// different values.
fn value_under_any_name<'v>(
    input: &Input,
    value_called: impl Fn(&str) -> Option<(String, &'v str)>,
) -> Result<Option<(String, &'v str)>> {
    let mut found: Option<(String, &str)> = None;
    for name in input.names() {
        let Some((variable, value)) = value_called(name) else { continue };
        match &found {
            Some((first, other)) if *other != value => {
                return Err(Error::input(
                    format!("`{first}` and `{variable}` both set `{}`, to different values", input.name),
                    "keep one of them",
                ));
            }
            Some(_) => {}
            None => found = Some((variable, value)),
        }
    }
    Ok(found)
}

/// The value of `input` in `stackstep.yaml`. Relative paths start at the file.
pub(super) fn file_value(file: &ConfigFile, input: &Input) -> Result<Option<Found>> {
    let Some(value) = file.get(input) else { return Ok(None) };
    let wrong = |expected: &str| {
        Error::input(
            format!("`{}` in `{}` is not a {expected}", input.name, file.path.display()),
            format!("`{}` takes a {expected}", input.name),
        )
    };
    let raw = match (input.kind, value) {
        (Kind::Mapping, Value::Mapping(mapping)) => Raw::Mapping(mapping.clone()),
        // A block of text, as in a step's input.
        (Kind::Mapping, Value::Text(text)) => Raw::Mapping(mapping_of(text).map_err(|error| {
            let what = format!("{error} in `{}`", file.path.display());
            Error::input(what, error.hint().unwrap_or("write one `name: value` in a line"))
        })?),
        (Kind::Mapping, _) => return Err(wrong("mapping")),
        (Kind::List, Value::List(items)) => {
            Raw::List(items.iter().map(scalar).collect::<Option<_>>().ok_or_else(|| wrong("list of texts"))?)
        }
        (_, value) => {
            let text = scalar(value).ok_or_else(|| wrong("single value"))?;
            let text = without_blanks(input, &text);
            if text.is_empty() {
                return Ok(None);
            }
            match input.kind {
                Kind::Path | Kind::ProgramPath => {
                    Raw::Text(file.folder().join(text).to_string_lossy().into_owned())
                }
                _ => Raw::Text(text.to_owned()),
            }
        }
    };
    Ok(Some(Found { raw, source: Source::File(file.path.clone()) }))
}

/// A single value exactly as it is written.
fn scalar(value: &Value) -> Option<String> {
    value.source().filter(|_| !value.is_null()).map(str::to_owned)
}

/// The value without blanks and line ends around it, which come from a folded block, a variable of the repository, or a
/// line that an earlier step wrote. Only text for people, and text with a form of its own, keeps them.
fn without_blanks<'v>(input: &Input, value: &'v str) -> &'v str {
    let keeps = input.name == "message" || matches!(input.kind, Kind::Mapping | Kind::Words);
    if keeps { value } else { value.trim() }
}

/// Refuses inputs of the step that are almost ones of ours, and warns of the others that are not ours: the CI system hands
/// on whatever is written, and what nobody reads would be off without a word. A workflow that has moved from the official
/// action, which reads none of them, goes on with a warning.
pub(super) fn strange_inputs(ci: &dyn CiSystem, env: &Env, official: bool) -> Result<Vec<String>> {
    let Some(prefix) = ci.step_inputs_prefix() else { return Ok(Vec::new()) };
    let known: Vec<String> = INPUTS
        .iter()
        .chain(std::iter::once(&COMMAND))
        .flat_map(Input::names)
        .map(str::to_lowercase)
        .collect();
    let mut warnings = Vec::new();
    for (variable, value) in env.iter() {
        let Some(name) = variable.strip_prefix(prefix).map(str::to_lowercase) else { continue };
        // Runners set an input that the action declares and the step leaves out to nothing.
        if value.is_empty() || known.contains(&name) {
            continue;
        }
        let plain = |name: &str| name.replace('_', "-");
        let same = known.iter().find(|known| plain(known) == plain(&name));
        let close = |known: &&String| name.len() > 3 && strsim::damerau_levenshtein(known, &name) <= 2;
        match same.or_else(|| known.iter().find(close)) {
            Some(near) if official => {
                warnings.push(format!("there is no input `{name}`: it is not used; did you mean `{near}`?"));
            }
            Some(near) => {
                return Err(Error::input(
                    format!("there is no input `{name}`"),
                    format!("did you mean `{near}`?"),
                ));
            }
            None => warnings.push(format!("there is no input `{name}`: it is not used")),
        }
    }
    Ok(warnings)
}

/// A warning for each `STACKSTEP_*` variable that names no input.
pub(super) fn warnings_for_unknown_variables(env: &Env) -> Vec<String> {
    let known: Vec<String> = INPUTS.iter().flat_map(Input::names).map(variable_name).collect();
    let unknown = env.iter().filter_map(|(variable, _)| {
        if NO_INPUTS.contains(&variable) {
            return None;
        }
        // Substitutions of Cloud Build begin with an underscore.
        let (lead, plain) = variable.strip_prefix('_').map_or(("", variable), |plain| ("_", plain));
        let name = plain.strip_prefix(STEP_PREFIX).or_else(|| plain.strip_prefix(ENV_PREFIX))?;
        if known.iter().any(|known| known == name) {
            return None;
        }
        let near = nearest(name, known.iter().map(String::as_str));
        let hint = near.map(|near| format!(", did you mean `{lead}{ENV_PREFIX}{near}`?")).unwrap_or_default();
        Some(format!("`{variable}` means nothing to stackstep{hint}"))
    });
    unknown.collect()
}

/// A warning for each input of the step that the command does not read. `stackstep.yaml` and the environment are shared
/// by all commands, so that an unread value there is no mistake.
pub(super) fn warnings_for_unread(command: Command, values: &BTreeMap<&'static str, Found>) -> Vec<String> {
    if command == Command::Install {
        return Vec::new();
    }
    let off = |raw: &Raw| *raw == Raw::Text("false".into());
    INPUTS
        .iter()
        .filter(|input| !input.applies_to(command))
        .filter_map(|input| values.get(input.name).map(|found| (input, found)))
        .filter(|(_, found)| matches!(found.source, Source::Step(_)) && !off(&found.raw))
        .map(|(input, _)| format!("`{}` means nothing to `{}`", input.name, command.word()))
        .collect()
}
