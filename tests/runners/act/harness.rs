//! A workflow in a repository of its own, and what `act` tells of its run.

use super::place::{Place, read};
use crate::harness::engine::Engine;
use crate::tools;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;

/// A run to be: a workflow, an event, an environment.
pub struct Job {
    place: Rc<Place>,
    workflow: String,
    event: &'static str,
    payload: Option<Value>,
    arguments: Vec<String>,
    engine: Engine,
    unset: Vec<&'static str>,
    official: Option<PathBuf>,
}

/// What became of it.
pub struct Outcome {
    /// `act` says so.
    pub succeeded: bool,
    /// What a person reads in the log.
    pub log: String,
    /// The job's summary page.
    pub summary: String,
    /// The warnings that the page of a run shows.
    pub warnings: Vec<String>,
    lines: Vec<Value>,
    place: Rc<Place>,
}

/// A call of an action that is not ours: its name and the inputs that were set, under their names in capitals.
#[derive(Debug, serde::Deserialize)]
pub struct Call {
    /// `owner/name`, and where the action lies in the repository.
    pub action: String,
    /// What it got.
    pub inputs: BTreeMap<String, String>,
    /// The files in the folder that its `path` names.
    pub files: Vec<String>,
}

impl Job {
    /// The steps follow a checkout of a program for this engine, and run it.
    pub fn on(engine: Engine, steps: &str) -> Self {
        let program = tempfile::tempdir().unwrap();
        engine.program(program.path());
        Self::of(&after_checkout(steps), program.path(), "push").with(engine)
    }

    /// This workflow in a repository with this program, started by `event`.
    pub fn of(workflow: &str, program: &Path, event: &'static str) -> Self {
        Self::at(&Rc::new(Place::new(program, &[("job.yml", workflow)])), event)
    }

    /// The workflow of a place where others may have run before, started by `event`.
    pub fn at(place: &Rc<Place>, event: &'static str) -> Self {
        Self {
            place: Rc::clone(place),
            workflow: "job.yml".into(),
            event,
            payload: None,
            arguments: Vec::new(),
            engine: Engine::Sandbox,
            unset: Vec::new(),
            official: None,
        }
    }

    /// With another workflow, that knows where the backend is.
    pub fn workflow(mut self, text: &str) -> Self {
        self.place_of_its_own().workflow(text);
        self
    }

    /// With the program in this folder of the repository too.
    pub fn program_in(mut self, folder: &str) -> Self {
        self.place_of_its_own().program_in(folder);
        self
    }

    /// With a change of this file on a branch of its own.
    pub fn changed(self, name: &str, text: &str) -> Self {
        self.place.change(name, text);
        self
    }

    /// Another workflow of the place than `job.yml`.
    pub fn named(self, workflow: &str) -> Self {
        Self { workflow: workflow.to_owned(), ..self }
    }

    /// Started by this person.
    pub fn by(mut self, who: &str) -> Self {
        self.arguments.extend(["--actor".to_owned(), who.to_owned()]);
        self
    }

    /// The place, as long as nothing has run there.
    fn place_of_its_own(&mut self) -> &mut Place {
        Rc::get_mut(&mut self.place).unwrap()
    }

    /// With a remote that can be reached and has what is committed.
    pub fn with_remote(self) -> Self {
        self.place.push();
        self
    }

    /// Where the stacks are.
    pub fn backend(&self) -> String {
        format!("file://{}", self.place.path("state").display())
    }

    /// With a stack of the program that is deployed already.
    pub fn deployed(self, stack: &str) -> Self {
        self.place.deploy(stack);
        self
    }

    /// With what GitHub says of the event.
    pub fn payload(self, payload: Value) -> Self {
        Self { payload: Some(payload), ..self }
    }

    /// With this engine. What the official action has no input for comes by the environment.
    pub fn with(self, engine: Engine) -> Self {
        let job = Self { engine, ..self };
        if engine.input().is_empty() { job } else { job.env("STACKSTEP_ENGINE", engine.input()) }
    }

    /// Without a variable that a person has set up otherwise.
    pub fn without(mut self, name: &'static str) -> Self {
        self.unset.push(name);
        self
    }

    /// With the official action itself, from this folder, where the workflow uses it.
    pub fn official(self, folder: PathBuf) -> Self {
        Self { official: Some(folder), ..self }
    }

    /// With a variable of the runner's.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.arguments.extend(["--env".to_owned(), format!("{name}={value}")]);
        self
    }

    /// With a secret of the repository's.
    pub fn secret(mut self, name: &str, value: &str) -> Self {
        self.arguments.extend(["--secret".to_owned(), format!("{name}={value}")]);
        self
    }

    /// With a variable of the repository's settings.
    pub fn var(mut self, name: &str, value: &str) -> Self {
        self.arguments.extend(["--var".to_owned(), format!("{name}={value}")]);
        self
    }

    /// Runs it.
    pub fn run(self) -> Outcome {
        let output = self.command().output().unwrap();
        Outcome::read(&output, self.place)
    }

    /// The command that runs it.
    pub fn command(&self) -> Command {
        let place = &self.place;
        // The artifacts of one run are not those of another.
        let _ = std::fs::remove_dir_all(place.path("artifacts"));
        let mut act = Command::new(tools::folder("act").join("bin/act"));
        act.args([self.event, "--json", "--no-cache-server"]);
        for label in ["ubuntu-latest", "ubuntu-24.04", "linux-x64-cd"] {
            act.args(["-P", &format!("{label}=-self-hosted")]);
        }
        act.args(["--workflows", &format!(".github/workflows/{}", self.workflow)]);
        let official = |name: &String| name.starts_with("pulumi/actions@");
        let repositories: Vec<String> = place.local_repositories().collect();
        for pair in repositories.chunks(2) {
            act.args(pair.iter().filter(|_| self.official.is_none() || !pair.iter().any(official)));
        }
        if let Some(folder) = &self.official {
            act.arg("--local-repository").arg(format!("pulumi/actions@v6={}", folder.display()));
        }
        act.args(&self.arguments);
        if let Some(payload) = &self.payload {
            std::fs::write(place.path("event.json"), payload.to_string()).unwrap();
            act.arg("--eventpath").arg(place.path("event.json"));
        }
        for (name, value) in place.environment().into_iter().filter(|(name, _)| !self.unset.contains(name)) {
            act.args(["--env", &format!("{name}={value}")]);
        }
        act.current_dir(place.path("repository")).env_clear();
        act.env("PATH", self.engine.path()).env("HOME", place.path("home")).stdin(Stdio::null());
        act
    }
}

impl Outcome {
    fn read(output: &std::process::Output, place: Rc<Place>) -> Self {
        let text = String::from_utf8_lossy(&output.stdout);
        let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let of_command = |command: &str, field: &str| -> Vec<String> {
            let lines = lines.iter().filter(|line| line["command"] == command);
            lines.filter_map(|line| line[field].as_str().map(str::to_owned)).collect()
        };
        // What `act` says of a workflow that it can't read is on standard error.
        let messages = lines.iter().filter_map(|line| line["msg"].as_str()).map(with_line_end);
        let log = messages.collect::<String>() + &String::from_utf8_lossy(&output.stderr);
        Self {
            succeeded: output.status.success(),
            log,
            summary: of_command("summary", "content").concat(),
            warnings: of_command("warning", "arg"),
            lines,
            place,
        }
    }

    /// `success` or `failure`.
    pub fn step_result(&self, id: &str) -> &str {
        let of_step = self.lines.iter().filter(|line| line["stepID"][0] == id && line["stage"] == "Main");
        of_step.filter_map(|line| line["stepResult"].as_str()).next_back().unwrap_or("none")
    }

    /// The outputs that the step has set.
    pub fn outputs(&self, id: &str) -> BTreeMap<String, String> {
        let of_step =
            self.lines.iter().filter(|line| line["stepID"][0] == id && line["command"] == "set-output");
        of_step
            .filter_map(|line| Some((line["name"].as_str()?.to_owned(), line["arg"].as_str()?.to_owned())))
            .collect()
    }

    /// The results of the steps of the workflow, by id, in the order in which they have ended.
    pub fn step_results(&self) -> Vec<(String, String)> {
        let main = self.lines.iter().filter(|line| line["stage"] == "Main");
        main.filter_map(|line| {
            let text = |value: &Value| value.as_str().map(str::to_owned);
            Some((text(&line["stepID"][0])?, text(&line["stepResult"])?))
        })
        .collect()
    }

    /// A folder of the job's.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.place.path(name)
    }

    /// The calls of actions that are not ours, in their order.
    pub fn calls(&self) -> Vec<Call> {
        let text = std::fs::read_to_string(self.place.path("calls")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Whether a file of this name is anywhere in the job's folders.
    pub fn exists(&self, name: &str) -> bool {
        self.place.files("").iter().any(|path| path.file_name().is_some_and(|own| own == name))
    }

    /// The messages that the engine has written down for its updates, oldest first.
    pub fn messages_in_history(&self) -> Vec<String> {
        let mut updates = self.place.files("state/.pulumi/history");
        updates.retain(|path| path.to_string_lossy().ends_with(".history.json"));
        let message = |path: &PathBuf| {
            let update: Value = serde_json::from_str(&read(path)).unwrap();
            update["message"].as_str().unwrap().to_owned()
        };
        updates.iter().map(message).collect()
    }
}

/// A workflow of one job.
fn after_checkout(steps: &str) -> String {
    format!(
        "on: push\njobs:\n  job:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v5\n{steps}"
    )
}

fn with_line_end(message: &str) -> String {
    if message.ends_with('\n') { message.to_owned() } else { format!("{message}\n") }
}
