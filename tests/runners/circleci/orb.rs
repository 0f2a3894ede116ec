//! An orb and a configuration as CircleCI reads them: which steps a job has, with each command expanded, and what
//! CircleCI refuses although the published schema lets it pass: a parameter that nothing declares, a value of another
//! type, a job that is not there.
//!
//! Parameters: <https://circleci.com/docs/reference/reusing-config/>.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::{Map, Value};

pub type Result<T> = std::result::Result<T, String>;

/// Our orb, packed.
pub fn ours() -> &'static Value {
    static ORB: OnceLock<Value> = OnceLock::new();
    ORB.get_or_init(|| read(&crate::tools::root().join("circleci-orb/orb.yml")))
}

/// A YAML file.
pub fn read(path: &Path) -> Value {
    serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// When a step runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Success,
    Always,
    Failure,
}

/// A step, with nothing left to expand.
#[derive(Debug, Clone)]
pub enum Step {
    /// A shell's.
    Run { command: String, environment: BTreeMap<String, String>, when: When },
    /// One of CircleCI's own, with its arguments.
    Own(String, Value),
}

/// A configuration, with its orbs.
pub struct Config {
    pub document: Value,
    /// By the name that the configuration gives them.
    pub orbs: BTreeMap<String, Value>,
}

/// Where names are looked up: inside of an orb its own commands come without a prefix.
#[derive(Clone, Copy)]
struct Scope<'c> {
    config: &'c Config,
    document: &'c Value,
}

const OWN_STEPS: &[&str] = &[
    "checkout",
    "setup_remote_docker",
    "save_cache",
    "restore_cache",
    "store_artifacts",
    "store_test_results",
    "persist_to_workspace",
    "attach_workspace",
    "add_ssh_keys",
];

impl Config {
    /// The configuration in `document`, in which `stackstep/stackstep` is ours. Of other people's orbs nothing is known:
    /// their steps are taken as they are.
    pub fn new(document: Value) -> Self {
        let named = document["orbs"].as_object().cloned().unwrap_or_default();
        let ours_too = named.into_iter().filter(|(_, orb)| {
            orb.as_str().is_some_and(|address| address.starts_with("stackstep/stackstep@"))
        });
        let orbs = ours_too.map(|(name, _)| (name, ours().clone())).collect();
        Self { document, orbs }
    }

    /// Everything that is wrong with its jobs and workflows.
    pub fn complaints(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (name, job) in object(&self.document["jobs"]) {
            let steps = self.scope().job_steps(&job, &Map::new());
            found.extend(steps.err().map(|error| format!("job `{name}`: {error}")));
        }
        for (name, workflow) in object(&self.document["workflows"]) {
            if name != "version" {
                found.extend(
                    self.workflow(&workflow).err().map(|error| format!("workflow `{name}`: {error}")),
                );
            }
        }
        found
    }

    /// The steps of the job that a workflow names so: one of the configuration's, or an orb's with these arguments.
    pub fn steps(&self, job: &str, arguments: &Map<String, Value>) -> Result<Vec<Step>> {
        let (scope, job) = self.scope().job(job)?;
        scope.job_steps(job, arguments)
    }

    fn scope(&self) -> Scope<'_> {
        Scope { config: self, document: &self.document }
    }

    /// Keys of a job in a workflow that are no parameters of it.
    /// <https://circleci.com/docs/reference/configuration-reference/#jobs-in-workflow>
    const OF_THE_WORKFLOW: &[&str] = &[
        "requires",
        "context",
        "filters",
        "matrix",
        "name",
        "type",
        "pre-steps",
        "post-steps",
        "serial-group",
        "override-with",
    ];

    fn workflow(&self, workflow: &Value) -> Result<()> {
        let entries: Vec<(String, Value)> =
            array(&workflow["jobs"]).iter().map(named).collect::<Result<_>>()?;
        let known: Vec<&str> = entries
            .iter()
            .map(|(job, keys)| keys["name"].as_str().unwrap_or_else(|| job.rsplit('/').next().unwrap_or(job)))
            .chain(entries.iter().map(|(job, _)| job.as_str()))
            .collect();
        if entries.iter().filter(|(_, keys)| keys.get("serial-group").is_some()).count() > 1 {
            return Err("more than one job has a `serial-group`".to_owned());
        }
        for (job, keys) in &entries {
            // https://circleci.com/docs/reference/configuration-reference/#serial-group
            let group = filled(keys["serial-group"].as_str().unwrap_or_default(), &Map::new())?;
            if group.as_str().is_some_and(|group| {
                !group.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_/".contains(&byte))
            }) {
                return Err(format!("`{job}`: {group} is no name of a serial group"));
            }
            for required in array(&keys["requires"]) {
                let required = required.as_str().unwrap_or_default();
                // A matrix makes names of its parameters.
                if !known.iter().any(|name| *name == required || name.contains("<< matrix.")) {
                    return Err(format!("`{job}` requires `{required}`, which is not there"));
                }
            }
            // An orb of somebody else's has jobs that we don't know.
            let foreign = job.split_once('/').is_some_and(|(orb, _)| {
                self.document["orbs"].get(orb).is_some() && !self.orbs.contains_key(orb)
            });
            if foreign || keys["type"] == "approval" {
                continue;
            }
            let mut arguments: Map<String, Value> = object(keys)
                .into_iter()
                .filter(|(key, _)| !Self::OF_THE_WORKFLOW.contains(&key.as_str()))
                .collect();
            for (name, values) in object(&keys["matrix"]["parameters"]) {
                arguments.insert(name, array(&values).first().cloned().unwrap_or_default());
            }
            self.steps(job, &arguments).map_err(|error| format!("`{job}`: {error}"))?;
        }
        Ok(())
    }
}

impl<'c> Scope<'c> {
    fn orb(self, name: &str) -> Option<Self> {
        let document = self.config.orbs.get(name)?;
        Some(Self { document, ..self })
    }

    fn job(self, name: &str) -> Result<(Self, &'c Value)> {
        let (scope, name) = match name.split_once('/') {
            Some((orb, name)) => (self.orb(orb).ok_or(format!("there is no orb `{orb}`"))?, name),
            None => (self, name),
        };
        let job = scope.document["jobs"].get(name).ok_or(format!("there is no job `{name}`"))?;
        Ok((scope, job))
    }

    fn job_steps(self, job: &Value, arguments: &Map<String, Value>) -> Result<Vec<Step>> {
        let values = bound(&job["parameters"], arguments)?;
        if let Some(executor) = interpolated(&job["executor"], &values)?.as_str()
            && !executor.contains('/')
            && self.document["executors"].get(executor).is_none()
        {
            return Err(format!("there is no executor `{executor}`"));
        }
        self.expand(array(&job["steps"]), &values)
    }

    fn expand(self, steps: &[Value], values: &Map<String, Value>) -> Result<Vec<Step>> {
        let mut expanded = Vec::new();
        for step in steps {
            let (name, arguments) = named(step)?;
            match name.as_str() {
                "run" => expanded.push(run(&interpolated(&arguments, values)?)?),
                "steps" => {
                    // Steps that were given belong to who gave them.
                    let given = interpolated(&arguments, values)?;
                    expanded.extend(self.config.scope().expand(array(&given), &Map::new())?);
                }
                "when" | "unless" => {
                    let condition = interpolated(&arguments["condition"], values)?;
                    if truthy(&condition) == (name == "when") {
                        expanded.extend(self.expand(array(&arguments["steps"]), values)?);
                    }
                }
                own if OWN_STEPS.contains(&own) => {
                    expanded.push(Step::Own(name, interpolated(&arguments, values)?));
                }
                _ => expanded.extend(self.command(&name, &interpolated(&arguments, values)?)?),
            }
        }
        Ok(expanded)
    }

    fn command(self, name: &str, arguments: &Value) -> Result<Vec<Step>> {
        let (scope, short) = match name.split_once('/') {
            Some((orb, short)) => match self.orb(orb) {
                Some(scope) => (scope, short),
                // Somebody else's orb.
                None if self.config.document["orbs"].get(orb).is_some() => {
                    return Ok(vec![Step::Own(name.to_owned(), arguments.clone())]);
                }
                None => return Err(format!("there is no orb `{orb}`")),
            },
            None => (self, name),
        };
        let command = scope.document["commands"].get(short).ok_or(format!("there is no command `{name}`"))?;
        let given = arguments.as_object().cloned().unwrap_or_default();
        let values = bound(&command["parameters"], &given).map_err(|error| format!("`{name}`: {error}"))?;
        scope.expand(array(&command["steps"]), &values)
    }
}

/// Each declared parameter with its value.
fn bound(declared: &Value, given: &Map<String, Value>) -> Result<Map<String, Value>> {
    let declared = object(declared);
    if let Some(unknown) = given.keys().find(|name| !declared.contains_key(*name)) {
        return Err(format!("no parameter is called `{unknown}`"));
    }
    let bind = |(name, parameter): (String, Value)| {
        let value = given.get(&name).or(parameter.get("default"));
        let value = value.ok_or(format!("the parameter `{name}` is missing"))?;
        if !fits(&parameter, value) {
            return Err(format!("`{name}` is of the type {}, and {value} is not", parameter["type"]));
        }
        Ok((name, value.clone()))
    };
    declared.into_iter().map(bind).collect()
}

fn fits(parameter: &Value, value: &Value) -> bool {
    match parameter["type"].as_str() {
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64(),
        Some("enum") => array(&parameter["enum"]).contains(value),
        Some("steps") => value.is_array(),
        Some("env_var_name") => value.as_str().is_some_and(|name| {
            !name.starts_with(|first: char| first.is_ascii_digit())
                && !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        }),
        // A number that is not quoted is taken for a text.
        Some("string") => value.is_string() || value.is_number(),
        Some("executor") => value.is_string() || value.is_object(),
        _ => false,
    }
}

/// The value with its parameters filled in. One that is all of a text keeps its type.
fn interpolated(value: &Value, values: &Map<String, Value>) -> Result<Value> {
    Ok(match value {
        Value::String(text) => filled(text, values)?,
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| interpolated(item, values)).collect::<Result<_>>()?)
        }
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(key, value)| Ok((key.clone(), interpolated(value, values)?)))
                .collect::<Result<_>>()?,
        ),
        other => other.clone(),
    })
}

fn filled(text: &str, values: &Map<String, Value>) -> Result<Value> {
    let mut whole = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("<<") {
        let before = &rest[..at];
        let behind = &rest[at + 2..];
        if let Some(before) = before.strip_suffix('\\') {
            whole.push_str(before);
            whole.push_str("<<");
            rest = behind;
            continue;
        }
        let (name, behind) = behind.split_once(">>").ok_or(format!("`<<` without `>>` in {text:?}"))?;
        let name = name.trim();
        // Known when the configuration is compiled, or when a matrix makes jobs of one.
        if name.starts_with("pipeline.") || name.starts_with("matrix.") {
            whole.push_str(before);
            rest = behind;
            continue;
        }
        let value = name.strip_prefix("parameters.").and_then(|name| values.get(name));
        let value = value.ok_or(format!("`{name}` means nothing here"))?;
        if whole.is_empty() && before.is_empty() && behind.is_empty() {
            return Ok(value.clone());
        }
        whole.push_str(before);
        whole.push_str(&text_of(value));
        rest = behind;
    }
    Ok(Value::String(whole + rest))
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A boolean arrives in an environment as a digit.
fn in_environment(value: &Value) -> String {
    match value {
        Value::Bool(flag) => u8::from(*flag).to_string(),
        other => text_of(other),
    }
}

fn run(arguments: &Value) -> Result<Step> {
    let command = arguments.as_str().or(arguments["command"].as_str()).ok_or("a `run` without a command")?;
    let environment = object(&arguments["environment"]);
    let when = match arguments["when"].as_str() {
        Some("always") => When::Always,
        Some("on_fail") => When::Failure,
        _ => When::Success,
    };
    Ok(Step::Run {
        command: command.to_owned(),
        environment: environment.iter().map(|(name, value)| (name.clone(), in_environment(value))).collect(),
        when,
    })
}

/// The name of a step or job and what stands below it.
fn named(entry: &Value) -> Result<(String, Value)> {
    match entry {
        Value::String(name) => Ok((name.clone(), Value::Null)),
        Value::Object(fields) if fields.len() == 1 => {
            fields.iter().next().map(|(name, value)| (name.clone(), value.clone())).ok_or(String::new())
        }
        other => Err(format!("{other} is no step")),
    }
}

fn truthy(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && value.as_str() != Some("")
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}
