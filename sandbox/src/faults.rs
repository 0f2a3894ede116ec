//! Faults on demand: what shall go wrong, or otherwise than by itself, in a run.
//!
//! `PULUMI_SANDBOX_FAULTS` holds YAML, or the path of a YAML file. Everything in it is optional:
//!
//! ```yaml
//! resources:                  # each applies to the resources that `match`: a name, or a URN, `*` and `**` in it
//!   - match: web-*
//!     on: [create, update]    # of create, update, delete, read; all when left out
//!     fail: quota exceeded    # the operation fails with this text
//! program:
//!   error: something broke    # the program ends with this error
//! ```

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::engine::step::{Op, name_of};
use crate::engine::target;
use crate::env::Env;
use crate::failure::Failure;

/// The variable that holds the faults.
pub const VARIABLE: &str = "PULUMI_SANDBOX_FAULTS";

/// Where each fault is described.
const WAY_OUT: &str = "the guide to rehearsals has them all: docs/rehearse.md, or `pulumi-sandbox --help`";

/// Everything that shall go wrong.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Faults {
    /// What happens to resources.
    pub resources: Vec<ResourceFault>,
    /// What the program does beside registering its resources.
    pub program: ProgramFault,
    /// The policy packs that `--policy-pack` finds, by the path it is given.
    pub policy_packs: Vec<PolicyPack>,
    /// Whether providers say how each property changes, `detailedDiff` in events. They do not by default.
    pub detailed_diff: bool,
    /// Somebody else holds the stack's lock while this runs.
    pub locked: bool,
    /// What happens to the event log.
    pub event_log: EventLogFault,
    /// How many signals are ignored before one counts. An engine that hangs ignores the first.
    pub ignored_signals: usize,
    /// What else is written to standard output, as it is, before the first event.
    pub stdout: Noise,
    /// What else is written to standard error.
    pub stderr: Noise,
}

/// What happens to resources that match.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ResourceFault {
    /// A name or a URN, or a list of them; `*` stands for anything within a part, `**` for anything.
    #[serde(rename = "match")]
    pub pattern: Patterns,
    /// The operations it is about: `create`, `update`, `delete`, `read`. All when left out.
    pub on: Vec<String>,
    /// The operation fails with this text.
    pub fail: Option<String>,
    /// The failed operation has happened in part: the resource is there, and in the state.
    pub partial: bool,
    /// The failure shows in previews too.
    pub in_preview: bool,
    /// The operation takes so many seconds.
    pub takes: Option<f64>,
    /// The operation takes until this file is there.
    pub until: Option<PathBuf>,
    /// This file is written when the operation has begun, and its pending operation is in the state.
    pub began: Option<PathBuf>,
    /// The operation warns.
    pub warn: Option<String>,
    /// The operation says something.
    pub info: Option<String>,
    /// How the whole engine ends when the operation has begun.
    pub end: Option<End>,
    /// Changes of these properties replace the resource.
    pub replace: Vec<String>,
    /// What the provider answers beside the inputs.
    pub outputs: BTreeMap<String, serde_yaml::Value>,
    /// A refresh finds the resource gone.
    pub gone: bool,
    /// A refresh finds these properties changed.
    pub drift: BTreeMap<String, serde_yaml::Value>,
}

/// A pattern, or a list of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Patterns {
    /// One.
    One(String),
    /// Any of these.
    Many(Vec<String>),
}

impl Default for Patterns {
    fn default() -> Self {
        Self::Many(vec![])
    }
}

/// Ways in which an engine ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// As by SIGKILL: the lock stays, the operation is pending.
    Kill,
    /// With a stack trace on standard error and exit status 2, as a Go program that panics.
    Crash,
}

/// What the program does.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ProgramFault {
    /// It ends with this error; terminal colours are kept.
    pub error: Option<String>,
    /// Its warnings.
    pub warnings: Vec<String>,
    /// What it prints.
    pub prints: Vec<String>,
    /// So many more resources, `many-0` and so on, of the type `sandbox:index:Many`.
    pub many: usize,
    /// More outputs of the stack. `{secret: x}` stands for a secret.
    pub outputs: BTreeMap<String, serde_yaml::Value>,
}

/// A policy pack.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PolicyPack {
    /// The path that `--policy-pack` is given.
    pub path: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its policies.
    pub policies: Vec<Policy>,
}

/// A policy and the resources that violate it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// `mandatory`, `advisory` or `remediate`.
    pub level: String,
    /// What it is for.
    pub description: String,
    /// What it says about a resource that violates it.
    pub message: String,
    /// `low`, `medium`, `high`, `critical` or nothing.
    pub severity: String,
    /// The resources that violate it: a name or a URN with wildcards.
    #[serde(rename = "match")]
    pub pattern: Patterns,
    /// What a remediation sets.
    pub set: BTreeMap<String, serde_yaml::Value>,
}

/// What happens to the event log.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct EventLogFault {
    /// There is none.
    pub missing: bool,
    /// It ends after so many lines.
    pub stops_after: Option<usize>,
    /// This line stands in it after the first one.
    pub extra_line: Option<String>,
    /// The last line is cut in its middle.
    pub cut: bool,
}

/// Bytes that nobody asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Noise {
    /// What is written.
    pub text: String,
    /// How often.
    pub times: Option<usize>,
    /// Bytes in hexadecimal, for what is no text.
    pub hex: String,
}

impl Faults {
    /// Reads them from the environment.
    pub fn read(env: &Env) -> Result<Self, Failure> {
        let Some(given) = env.get(VARIABLE) else { return Ok(Self::default()) };
        let wrong = |what: &str| Failure::new(format!("{VARIABLE}: {what}\nhint: {WAY_OUT}"));
        let path = env.path(given);
        let text = if is_yaml(given) && !path.is_file() {
            given.to_owned()
        } else {
            std::fs::read_to_string(&path).map_err(|error| match given {
                word if word.contains(['/', '\\', '.']) => {
                    wrong(&format!("could not read {}: {error}", path.display()))
                }
                word => wrong(&format!("`{word}` is neither a fault, such as `locked: true`, nor a file")),
            })?
        };
        let faults =
            serde_yaml::from_str::<Option<Self>>(&text).map_err(|error| wrong(&error.to_string()))?;
        let faults = faults.unwrap_or_default();
        faults.words().map_err(|what| wrong(&what))?;
        Ok(faults)
    }

    /// Looks at the words that only some values can be: one that is none of them would do nothing.
    fn words(&self) -> Result<(), String> {
        const OPERATIONS: &[&str] = &["create", "update", "delete", "read"];
        const LEVELS: &[&str] = &["mandatory", "advisory", "remediate"];
        const SEVERITIES: &[&str] = &["low", "medium", "high", "critical"];
        let known = |place: String, word: &str, words: &[&str]| {
            let wrong =
                || format!("{place}: unknown word `{word}`, expected one of `{}`", words.join("`, `"));
            words.contains(&word).then_some(()).ok_or_else(wrong)
        };
        for (at, fault) in self.resources.iter().enumerate() {
            for on in &fault.on {
                known(format!("resources[{at}].on"), on, OPERATIONS)?;
            }
        }
        for (at, pack) in self.policy_packs.iter().enumerate() {
            for (policy, of) in pack.policies.iter().enumerate() {
                let place = |name: &str| format!("policy-packs[{at}].policies[{policy}].{name}");
                for (name, word, words) in
                    [("level", &of.level, LEVELS), ("severity", &of.severity, SEVERITIES)]
                {
                    if !word.is_empty() {
                        known(place(name), word, words)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// What happens to a resource in an operation.
    pub fn of<'a>(&'a self, urn: &'a str, op: Op) -> impl Iterator<Item = &'a ResourceFault> {
        let operation = match op {
            Op::Create | Op::CreateReplacement => "create",
            Op::Update => "update",
            Op::Delete | Op::DeleteReplaced => "delete",
            Op::Read | Op::Refresh => "read",
            Op::Same | Op::Replace | Op::Discard | Op::RemovePendingReplace => "",
        };
        self.about(urn).filter(move |fault| {
            !operation.is_empty() && (fault.on.is_empty() || fault.on.iter().any(|on| on == operation))
        })
    }

    /// Everything about a resource, whatever is done to it.
    pub fn about<'a>(&'a self, urn: &'a str) -> impl Iterator<Item = &'a ResourceFault> {
        self.resources.iter().filter(move |fault| fits(&fault.pattern, urn))
    }
}

/// Whether the variable holds the faults themselves: a mapping, or several lines.
fn is_yaml(given: &str) -> bool {
    let given = given.trim();
    given.starts_with(['{', '[']) || given.contains(['\n', ' ']) || given.ends_with(':')
}

/// Whether one of the patterns is about a resource.
pub fn fits(patterns: &Patterns, urn: &str) -> bool {
    match patterns {
        Patterns::One(pattern) => is_about(pattern, urn),
        Patterns::Many(patterns) => patterns.iter().any(|pattern| is_about(pattern, urn)),
    }
}

/// Whether a pattern is about a resource: by its URN, or by its name.
fn is_about(pattern: &str, urn: &str) -> bool {
    if pattern.starts_with("urn:") {
        target::matches(pattern, urn)
    } else {
        target::matches(pattern, name_of(urn))
    }
}

/// A value of the file. `{secret: x}` alone stands for a secret.
pub fn value(yaml: &serde_yaml::Value) -> crate::value::Value {
    use crate::value::Value;
    match yaml {
        serde_yaml::Value::Null => Value::Null,
        serde_yaml::Value::Bool(value) => Value::Bool(*value),
        serde_yaml::Value::Number(number) => Value::Number(number.as_f64().unwrap_or_default()),
        serde_yaml::Value::String(text) => Value::Text(text.clone()),
        serde_yaml::Value::Sequence(items) => Value::List(items.iter().map(value).collect()),
        serde_yaml::Value::Mapping(entries) => {
            let entries: crate::value::Properties = entries
                .iter()
                .map(|(name, inner)| (name.as_str().unwrap_or_default().to_owned(), value(inner)))
                .collect();
            match entries.get("secret") {
                Some(inner) if entries.len() == 1 => inner.clone().into_secret(),
                _ => Value::Map(entries),
            }
        }
        serde_yaml::Value::Tagged(tagged) => value(&tagged.value),
    }
}

impl Noise {
    /// The bytes, all of them.
    pub fn write(&self, out: &mut dyn std::io::Write) -> std::io::Result<()> {
        let hex: Vec<u8> = self.hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        let bytes: Vec<u8> = hex
            .chunks(2)
            .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        for _ in 0..self.times.unwrap_or(1) {
            out.write_all(self.text.as_bytes())?;
            out.write_all(&bytes)?;
        }
        out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Faults, Failure> {
        Faults::read(&Env { vars: [(VARIABLE.to_owned(), text.to_owned())].into(), ..Env::default() })
    }

    #[test]
    fn a_fault_is_found_by_name_and_by_urn() {
        let faults =
            read("{resources: [{match: web-*, fail: no}, {match: 'urn:**:Stash::b', on: [delete]}]}")
                .unwrap();
        let of = |urn: &'static str, op| faults.of(urn, op).count();
        assert_eq!(of("urn:pulumi:d::p::t::web-1", Op::Create), 1);
        assert_eq!(of("urn:pulumi:d::p::t::other", Op::Create), 0);
        assert_eq!(of("urn:pulumi:d::p::pulumi:index:Stash::b", Op::Delete), 1);
        assert_eq!(of("urn:pulumi:d::p::pulumi:index:Stash::b", Op::Create), 0);
    }

    #[test]
    fn what_is_unknown_is_refused_with_its_place() {
        let refused = read("resources:\n  - {match: a, fails: b}\n").unwrap_err().message;
        assert!(
            refused.starts_with("PULUMI_SANDBOX_FAULTS: resources[0]: unknown field `fails`"),
            "{refused}"
        );
    }

    #[test]
    fn noise_can_be_any_bytes_any_number_of_times() {
        let noise = Noise { text: "a".into(), times: Some(2), hex: "ff 00".into() };
        let mut out = vec![];
        noise.write(&mut out).unwrap();
        assert_eq!(out, b"a\xff\x00a\xff\x00");
    }
}
