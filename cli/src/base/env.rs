//! The environment, read once in `main` and passed down: nothing else reads a variable, and almost nothing else the
//! time.
//!
//! So a test can be a text file: [`Env::from_pairs`] takes the variables that a CI system documents.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::clock::Clock;

/// The variable that names GitHub's event file.
const EVENT_FILE: &str = "GITHUB_EVENT_PATH";

/// The variable of GitLab that names the file with what a webhook has handed to a pipeline trigger.
/// <https://docs.gitlab.com/ci/triggers/#access-webhook-payload>
const PAYLOAD_FILE: &str = "TRIGGER_PAYLOAD";

/// The variables, the folder, the event and the clock that a run was started with.
#[derive(Debug, Clone, Default)]
pub struct Env {
    variables: BTreeMap<String, String>,
    cwd: PathBuf,
    event: Option<Value>,
    event_problem: Option<String>,
    clock: Clock,
}

impl Env {
    /// Reads the process's environment. Variables that are not UTF-8 are left out: no input or CI system uses
    /// one (the engine still inherits them).
    pub fn of_process() -> std::io::Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let cwd = std::env::current_dir()?;
        let mut env = Self { variables, cwd, ..Self::default() };
        let name = if env.is_true("GITLAB_CI") { PAYLOAD_FILE } else { EVENT_FILE };
        let Some(path) = env.get(name).map(str::to_owned) else { return Ok(env) };
        // An event file that is missing or no JSON object counts as none.
        match std::fs::read(&path).map(|text| serde_json::from_slice(&text)) {
            Ok(Ok(event @ Value::Object(_))) => env.event = Some(event),
            Ok(Ok(_)) => env.event_problem = Some(of_no_use(name, &format!("`{path}` holds no JSON object"))),
            Ok(Err(error)) => {
                env.event_problem = Some(of_no_use(name, &format!("`{path}` is not JSON: {error}")));
            }
            Err(error) => {
                env.event_problem = Some(of_no_use(name, &format!("`{path}` can't be read: {error}")));
            }
        }
        Ok(env)
    }

    /// The same environment, as if started in `cwd`.
    #[must_use]
    pub fn in_folder(&self, cwd: PathBuf) -> Self {
        Self { cwd, ..self.clone() }
    }

    /// An environment made of `pairs`, as if started in `cwd`.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(
        cwd: impl Into<PathBuf>,
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let variables = pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { variables, cwd: cwd.into(), ..Self::default() }
    }

    /// The same environment with the CI system's description of the event that started the run.
    #[must_use]
    pub fn with_event(self, event: Value) -> Self {
        Self { event: Some(event), ..self }
    }

    /// The same environment with those of `pairs` added that are not set.
    #[must_use]
    pub fn with_missing(&self, pairs: &[(String, String)]) -> Self {
        let mut env = self.clone();
        for (name, value) in pairs {
            env.variables.entry(name.clone()).or_insert_with(|| value.clone());
        }
        env
    }

    /// The same environment with those of `pairs` instead of its own.
    #[must_use]
    pub fn with(&self, pairs: &[(String, String)]) -> Self {
        let mut env = self.clone();
        env.variables.extend(pairs.iter().cloned());
        env
    }

    /// The same, for one of several runs that begins now.
    #[must_use]
    pub fn begun_now(&self) -> Self {
        Self { clock: self.clock.set_again(), ..self.clone() }
    }

    /// The clock, which was set when the run began.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// The CI system's description of the event that started the run.
    pub fn event(&self) -> Option<&Value> {
        self.event.as_ref()
    }

    /// The reason why there is no event, although the CI system names its file.
    pub fn event_problem(&self) -> Option<String> {
        self.event_problem.clone()
    }

    /// The variable's value. An empty one counts as not set, because CI systems pass absent inputs like that.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The variable's value, even if it is empty.
    pub fn get_raw(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// Whether the variable is set to `true` or `1`, in any case of letters.
    pub fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"))
    }

    /// All variables, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The folder that the run was started in.
    pub fn cwd(&self) -> &Path {
        &self.cwd
    }
}

fn of_no_use(name: &str, problem: &str) -> String {
    format!("the file of `{name}` is of no use: {problem}")
}
