//! An agent: it starts tasks and scripts as the documented one does, reads their commands by its own library, and
//! keeps the variables of the job.

use crate::harness::Place;
use crate::harness::azure::{declared, environment, inputs_as_variables};
use crate::tools::{folder, root};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The Node that a handler names: `node20` for `Node20_1`, `node24`.
pub const NODES: [&str; 2] = ["node20", "node24"];

/// A job.
pub struct Agent {
    pub place: Place,
    /// The event's fixture.
    event: &'static str,
    node: &'static str,
    /// The job's variables under the names that a pipeline uses, outputs as `step.name`.
    pub variables: BTreeMap<String, String>,
    /// The names of those that are secret.
    pub secrets: Vec<String>,
    /// More of a task's environment.
    pub extra: BTreeMap<String, String>,
}

/// A step of a pipeline.
#[derive(Default, Clone)]
pub struct Step {
    /// Its name in `$(name.output)`.
    pub name: String,
    /// As the pipeline has them.
    pub inputs: BTreeMap<String, String>,
    /// What stands under `env:`.
    pub env: BTreeMap<String, String>,
}

/// What became of a step.
pub struct Ended {
    pub status: Option<i32>,
    pub log: String,
    /// What the agent's library reads in it.
    pub commands: Vec<Value>,
}

impl Step {
    /// A step with these inputs.
    pub fn new(name: &str, inputs: &[(&str, &str)]) -> Self {
        let inputs = inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { name: name.to_owned(), inputs, env: BTreeMap::new() }
    }
}

impl Agent {
    /// A job for a push to the main branch, in a checkout of the example program.
    pub fn new() -> Self {
        let place = Place::new(Path::new(env!("CARGO_BIN_EXE_stackstep")));
        let program = root().join("examples/hello/Pulumi.yaml");
        std::fs::copy(program, place.repository().join("Pulumi.yaml")).unwrap();
        Self {
            place,
            event: "push",
            node: "node24",
            variables: BTreeMap::new(),
            secrets: Vec::new(),
            // No test of a task comments anywhere.
            extra: BTreeMap::from([("STACKSTEP_COMMENT".to_owned(), "off".to_owned())]),
        }
    }

    /// The same for another event.
    pub fn on(self, event: &'static str) -> Self {
        Self { event, ..self }
    }

    /// The same with another Node.
    pub fn by(self, node: &'static str) -> Self {
        Self { node, ..self }
    }

    /// With one more variable in the environment of tasks.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.extra.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The launcher as the agent starts it for `step`.
    pub fn launcher(&self, step: &Step) -> Command {
        self.started("launcher.cjs", step)
    }

    /// The post step of `step`, after `ended`.
    pub fn post(&self, step: &Step, ended: &Ended) -> Ended {
        let mut command = self.started("post.cjs", step);
        for (properties, message) in ended.of("task.settaskvariable") {
            let name = properties["variable"].as_str().unwrap().to_uppercase();
            command.env(format!("VSTS_TASKVARIABLE_{name}"), message);
        }
        Self::read(&command.output().unwrap())
    }

    fn started(&self, target: &str, step: &Step) -> Command {
        let mut command = Command::new(node(self.node));
        command
            .arg(root().join("azure-tasks/task").join(target))
            .current_dir(self.place.repository())
            .stdin(Stdio::null())
            .env_clear()
            .envs(environment(&self.place, self.event))
            .envs(self.as_environment())
            .envs(&self.extra);
        let names = declared();
        for (name, value) in &step.inputs {
            // The service resolves aliases, whatever their case.
            let same = |other: &String| other.eq_ignore_ascii_case(name);
            let own = names.iter().find(|(own, aliases)| same(own) || aliases.iter().any(same));
            assert!(own.is_some(), "the task has no input `{name}`");
            let (own, _) = own.unwrap();
            let value = self.expanded(value);
            command.envs(inputs_as_variables([(own.as_str(), value.as_str())].into_iter()));
        }
        command.envs(step.env.iter().map(|(name, value)| (name, self.expanded(value))));
        command
    }

    /// Runs a step of the task.
    pub fn task(&mut self, step: &Step) -> Ended {
        let ended = Self::read(&self.launcher(step).output().unwrap());
        self.keep(&step.name, &ended);
        ended
    }

    /// Runs a step whose commands do not matter, and do not have to be ones.
    pub fn read_shim(&self, step: &Step) -> Ended {
        let output = self.launcher(step).output().unwrap();
        let log = String::from_utf8_lossy(&output.stdout).into_owned();
        Ended { status: output.status.code(), commands: Vec::new(), log }
    }

    /// Runs a step that is a script of bash.
    pub fn script(&mut self, step: &Step, script: &str) -> Ended {
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-c", &self.expanded(script)])
            .current_dir(self.place.repository())
            .stdin(Stdio::null())
            .env_clear()
            .envs(self.place.environment())
            .envs(self.as_environment())
            .envs(step.env.iter().map(|(name, value)| (name, self.expanded(value))));
        let ended = Self::read(&bash.output().unwrap());
        self.keep(&step.name, &ended);
        ended
    }

    /// What a command of the log does to the job.
    fn keep(&mut self, step: &str, ended: &Ended) {
        for (properties, value) in ended.of("task.setvariable") {
            let name = properties["variable"].as_str().unwrap();
            let is = |what: &str| properties[what].as_str() == Some("true");
            let name = if is("isOutput") { format!("{step}.{name}") } else { name.to_owned() };
            if is("isSecret") {
                self.secrets.push(name.clone());
            }
            self.variables.insert(name, value);
        }
    }

    /// Variables that are not secret, in the environment.
    fn as_environment(&self) -> BTreeMap<String, String> {
        let open = self.variables.iter().filter(|(name, _)| !self.secrets.contains(name));
        open.map(|(name, value)| (name.replace(['.', ' '], "_").to_uppercase(), value.clone())).collect()
    }

    /// `$(name)` replaced where the job has the variable; others stay.
    /// <https://learn.microsoft.com/azure/devops/pipelines/process/variables#understand-variable-syntax>
    pub fn expanded(&self, text: &str) -> String {
        let known =
            |text: String, (name, value): (&String, &String)| text.replace(&format!("$({name})"), value);
        self.variables.iter().fold(text.to_owned(), known)
    }

    /// A file of the job's temporary folder.
    pub fn temporary(&self, name: &str) -> PathBuf {
        self.place.temporary().join(name)
    }

    fn read(output: &Output) -> Ended {
        let log =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        Ended { status: output.status.code(), commands: commands(&log), log }
    }
}

impl Ended {
    /// Properties and message of each command called `name`.
    pub fn of(&self, name: &str) -> Vec<(Value, String)> {
        let named = self.commands.iter().filter(|command| command["command"] == name);
        named
            .map(|command| {
                (command["properties"].clone(), command["message"].as_str().unwrap_or_default().to_owned())
            })
            .collect()
    }

    /// The log without what only the agent reads, with every secret that it was told of as it shows it.
    pub fn shown(&self) -> String {
        let lines: String = self
            .log
            .lines()
            .filter(|line| !line.starts_with("##vso["))
            .fold(String::new(), |text, line| text + line + "\n");
        let secrets = self.of("task.setsecret");
        secrets.iter().fold(lines, |text, (_, secret)| text.replace(secret.as_str(), "***"))
    }
}

/// The program of one of [`NODES`].
pub fn node(name: &str) -> PathBuf {
    folder("azure").join("node_modules").join(name).join("bin/node")
}

/// The commands of a log, as the agent's own library reads them.
pub fn commands(log: &str) -> Vec<Value> {
    let lines: String = log
        .lines()
        .filter(|line| line.starts_with("##vso["))
        .fold(String::new(), |text, line| text + line + "\n");
    let mut child = Command::new(node("node24"))
        .arg(root().join("tests/runners/azure/read-commands.cjs"))
        .arg(folder("azure").join("node_modules"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the library can't read:\n{lines}");
    serde_json::from_slice(&output.stdout).unwrap()
}
