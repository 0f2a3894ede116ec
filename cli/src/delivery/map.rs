//! The deployment map: which event deploys or previews which stack. Pure: a map, an event and a decision.

use super::event::DeliveryEvent;
use super::pattern::{name_fits, never_fits};
use crate::base::error::{Error, Problem, Result};
use crate::base::suggest::nearest;
use crate::base::words::{Words, enum_of_words};
use crate::base::yaml::Value;
use crate::inputs::Command;
use crate::inputs::file::DEPLOY;
use crate::pulumi::stack::StackName;

/// The keys of the section `deploy`.
pub const KEYS: &[&str] = &[BRANCHES, TAGS, CHANGE_REQUESTS, OTHERWISE];
const BRANCHES: &str = "branches";
const TAGS: &str = "tags";
const CHANGE_REQUESTS: &str = "change-requests";
const OTHERWISE: &str = "otherwise";

/// A line of the map: what fits the pattern deploys the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapLine {
    /// The pattern for names of branches or tags.
    pub pattern: String,
    /// The stack's name.
    pub stack: String,
}

enum_of_words! {
    /// What happens at an event that is not in the map.
    pub enum UnmappedEvent {
        /// Nothing, and the run passes.
        Skip = "skip",
        /// The run fails.
        Error = "error",
    }
}

/// The section `deploy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployMap {
    /// The branches.
    pub branches: Vec<MapLine>,
    /// The tags.
    pub tags: Vec<MapLine>,
    /// The stacks that a change request previews. None: all that merging and tagging would deploy.
    pub change_requests: Option<Vec<String>>,
    /// The answer to all other events.
    pub otherwise: UnmappedEvent,
    /// The path of the file, for messages.
    pub file: String,
}

/// What the map says of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MapDecision {
    /// These stacks are deployed or previewed.
    Run {
        /// [`Command::Up`] or [`Command::Preview`].
        command: Command,
        /// The names of the stacks, each once, in the order of the file.
        stacks: Vec<String>,
        /// The reason, in one sentence.
        why: String,
    },
    /// Nothing is to be done.
    Skip {
        /// The reason, in one sentence.
        why: String,
    },
}

impl DeployMap {
    /// Reads the section. `file` is the file's path, for messages.
    pub fn parse(section: &Value, file: &str) -> Result<Self> {
        let wrong = |what: String, hint: &str| Error::input(what, hint.to_owned());
        let Some(mapping) = section.as_mapping() else {
            return Err(wrong(
                format!("`{DEPLOY}` in `{file}` is not a mapping"),
                "write it as `deploy: { branches: { main: staging }, tags: { \"v*\": prod } }`",
            ));
        };
        for key in mapping.keys() {
            let key = key.source().unwrap_or_default();
            if !KEYS.contains(&key) {
                let hint = match nearest(key, KEYS.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("it has the keys `{}`", KEYS.join("`, `")),
                };
                return Err(Error::input(format!("unknown key `{DEPLOY}.{key}` in `{file}`"), hint));
            }
        }
        let otherwise = match mapping.get(OTHERWISE).filter(|value| !value.is_null()) {
            None => UnmappedEvent::Skip,
            Some(value) => value.as_str().and_then(UnmappedEvent::from_word).ok_or_else(|| {
                wrong(
                    format!("`{DEPLOY}.{OTHERWISE}` in `{file}` is neither `skip` nor `error`"),
                    "`skip` lets other events pass, `error` makes them fail",
                )
            })?,
        };
        let map = Self {
            branches: lines(mapping.get(BRANCHES), BRANCHES, file)?,
            tags: lines(mapping.get(TAGS), TAGS, file)?,
            change_requests: stacks(mapping.get(CHANGE_REQUESTS), file)?,
            otherwise,
            file: file.to_owned(),
        };
        if map.branches.is_empty() && map.tags.is_empty() && map.change_requests.is_none() {
            return Err(wrong(
                format!("`{DEPLOY}` in `{file}` maps nothing"),
                "name a branch and its stack: `deploy: { branches: { main: staging } }`",
            ));
        }
        Ok(map)
    }

    /// Warnings of lines that no branch or tag can ever fit.
    pub fn warnings(&self) -> Vec<Problem> {
        let keyed = [(BRANCHES, &self.branches), (TAGS, &self.tags)];
        let lines = keyed.into_iter().flat_map(|(key, lines)| lines.iter().map(move |line| (key, line)));
        lines
            .filter_map(|(key, line)| {
                let why = never_fits(&line.pattern)?;
                let what =
                    format!("`{DEPLOY}.{key}.{}` in `{}` never fits a name: {why}", line.pattern, self.file);
                Some(Problem::new(what, "correct the pattern, or remove the line"))
            })
            .collect()
    }

    /// The stacks of the map, each once, in the order of the file.
    pub fn stacks(&self) -> Vec<&str> {
        let mapped = self.branches.iter().chain(&self.tags).map(|line| line.stack.as_str());
        once(mapped.chain(self.change_requests.iter().flatten().map(String::as_str)))
    }

    /// Decides. `default` is the name of the default branch, if it is known: tags deploy only what is on it.
    pub fn decide(&self, event: &DeliveryEvent, default: Option<&str>) -> Result<MapDecision> {
        let decision = match event {
            DeliveryEvent::Branch(branch) => self.deployed(BRANCHES, &self.branches, branch, event)?,
            DeliveryEvent::Tag(tag) => self.deployed(TAGS, &self.tags, tag, event)?,
            DeliveryEvent::ChangeRequest { target, .. } | DeliveryEvent::MergeQueue { target } => {
                Some(self.previewed(target.as_deref(), default, event)?)
            }
            DeliveryEvent::Unknown => None,
        };
        let decision = decision
            .filter(|decision| !matches!(decision, MapDecision::Run { stacks, .. } if stacks.is_empty()));
        match (decision, self.otherwise) {
            (Some(decision), _) => Ok(decision),
            (None, UnmappedEvent::Skip) => {
                Ok(MapDecision::Skip { why: format!("{event} is not in the map of `{}`", self.file) })
            }
            (None, UnmappedEvent::Error) => Err(Error::input(
                format!("{event} is not in the map of `{}`, which says `{OTHERWISE}: error`", self.file),
                "add a line for it below `deploy`, or keep this job from running for it",
            )),
        }
    }

    fn deployed(
        &self,
        key: &str,
        lines: &[MapLine],
        name: &str,
        event: &DeliveryEvent,
    ) -> Result<Option<MapDecision>> {
        let Some(line) = self.line_for(key, lines, name)? else { return Ok(None) };
        let why = format!("{event} deploys `{}`: `{DEPLOY}.{key}.{}`", line.stack, line.pattern);
        Ok(Some(MapDecision::Run { command: Command::Up, stacks: vec![line.stack.clone()], why }))
    }

    /// The one line that fits. Fails if two lines fit that name different stacks.
    fn line_for<'m>(&self, key: &str, lines: &'m [MapLine], name: &str) -> Result<Option<&'m MapLine>> {
        let mut fitting = lines.iter().filter(|line| name_fits(&line.pattern, name));
        let Some(first) = fitting.next() else { return Ok(None) };
        match fitting.find(|other| other.stack != first.stack) {
            Some(other) => Err(Error::input(
                format!(
                    "`{name}` fits two lines of `{DEPLOY}.{key}` in `{}`: `{}` deploys `{}`, `{}` deploys `{}`",
                    self.file, first.pattern, first.stack, other.pattern, other.stack
                ),
                "let one branch or tag deploy one stack: make the patterns narrower",
            )),
            None => Ok(Some(first)),
        }
    }

    /// What a change request into `target` previews.
    fn previewed(
        &self,
        target: Option<&str>,
        default: Option<&str>,
        event: &DeliveryEvent,
    ) -> Result<MapDecision> {
        let (stacks, why) = match (&self.change_requests, target) {
            (Some(named), _) => (named.iter().map(String::as_str).collect(), "`deploy.change-requests`"),
            (None, Some(target)) => {
                let merged = self.line_for(BRANCHES, &self.branches, target)?;
                // A tag deploys what is on the default branch.
                let tags: &[MapLine] =
                    if default.is_none_or(|default| default == target) { &self.tags } else { &[] };
                let stacks: Vec<&str> =
                    merged.into_iter().chain(tags).map(|line| line.stack.as_str()).collect();
                (stacks, "all that merging and tagging would deploy")
            }
            (None, None) => {
                let lines = self.branches.iter().chain(&self.tags);
                (lines.map(|line| line.stack.as_str()).collect(), "all that merging and tagging may deploy")
            }
        };
        let stacks: Vec<String> = once(stacks.into_iter()).into_iter().map(str::to_owned).collect();
        let named = stacks.iter().map(|stack| format!("`{stack}`")).collect::<Vec<_>>().join(", ");
        let why = format!("{event} previews {named}: {why}");
        Ok(MapDecision::Run { command: Command::Preview, stacks, why })
    }
}

/// The names without repetitions, in their order.
fn once<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}

fn lines(value: Option<&Value>, key: &str, file: &str) -> Result<Vec<MapLine>> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(Vec::new()) };
    let Some(mapping) = value.as_mapping() else {
        return Err(Error::input(
            format!("`{DEPLOY}.{key}` in `{file}` is not a mapping"),
            "write a pattern and its stack on each line: `main: staging`",
        ));
    };
    mapping
        .iter()
        .map(|(pattern, stack)| {
            let pattern = pattern.source().unwrap_or_default().to_owned();
            let place = format!("{key}.{pattern}");
            if matches!(stack, Value::List(_)) {
                return Err(Error::input(
                    format!("`{DEPLOY}.{place}` in `{file}` names several stacks"),
                    "one branch or tag deploys one stack, of each project that has it; a further one follows with \
                     `after` and a tag or branch of its own",
                ));
            }
            Ok(MapLine { stack: stack_name(stack, &place, file)?, pattern })
        })
        .collect()
}

fn stacks(value: Option<&Value>, file: &str) -> Result<Option<Vec<String>>> {
    match value {
        None | Some(Value::Null(_)) => Ok(None),
        Some(Value::List(names)) => {
            let names = names.iter().map(|name| stack_name(name, CHANGE_REQUESTS, file));
            Ok(Some(names.collect::<Result<_>>()?))
        }
        Some(_) => Err(Error::input(
            format!("`{DEPLOY}.{CHANGE_REQUESTS}` in `{file}` is not a list of stacks"),
            "write it as `change-requests: [staging, prod]`; without it, all that merging would deploy is previewed",
        )),
    }
}

/// The name of a stack of each project that has it: without organisation and project, but with the organisation where
/// Pulumi Cloud needs it.
fn stack_name(value: &Value, place: &str, file: &str) -> Result<String> {
    let wrong = |why: &str| {
        Error::input(
            format!("`{DEPLOY}.{place}` in `{file}` {why}"),
            "name the stack as in `Pulumi.<stack>.yaml`, such as `prod`; `organization/prod` is fine as well",
        )
    };
    let Some(name) = value.source().filter(|_| !value.is_null()) else { return Err(wrong("names no stack")) };
    let stack = StackName::parse(name.trim()).map_err(|_| wrong("is no name of a stack"))?;
    if stack.project().is_some() {
        return Err(wrong("names a project: the map is about every project that has the stack"));
    }
    Ok(stack.as_str().to_owned())
}

#[cfg(test)]
mod tests;
