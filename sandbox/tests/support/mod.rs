//! A project with its own state folder and home, and the built binary run in it.

#![expect(clippy::unwrap_used, reason = "a test ends where it is surprised")]
#![allow(dead_code, reason = "each test file uses its part")]

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

/// A project, a state folder and a home.
pub struct Place {
    folder: tempfile::TempDir,
}

/// What a command left.
#[derive(Debug)]
pub struct Ran {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    /// With the stack `dev`.
    pub fn with(program: &str) -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        for name in ["state", "home", "project"] {
            fs::create_dir(place.path(name)).unwrap();
        }
        place.program(program);
        place.ok("stack init dev");
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Replaces the project file.
    pub fn program(&self, program: &str) {
        fs::write(self.path("project/Pulumi.yaml"), program).unwrap();
    }

    #[expect(clippy::disallowed_methods, reason = "the test is about the program as a process")]
    fn command(&self, line: &str, faults: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pulumi-sandbox"));
        command
            .args(line.split_whitespace())
            .current_dir(self.path("project"))
            .env_clear()
            .env("PULUMI_HOME", self.path("home"))
            .env("PULUMI_BACKEND_URL", format!("file://{}", self.path("state").display()))
            .env("PULUMI_CONFIG_PASSPHRASE", "rehearsal")
            .env("PULUMI_DEBUG_COMMANDS", "true")
            .env("PULUMI_SANDBOX_FAULTS", faults)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a command with faults.
    pub fn run_with(&self, faults: &str, line: &str) -> Ran {
        finish(self.command(line, faults).spawn().unwrap())
    }

    /// Runs a command.
    pub fn run(&self, line: &str) -> Ran {
        self.run_with("", line)
    }

    /// Runs a command that must succeed.
    pub fn ok(&self, line: &str) -> Ran {
        let ran = self.run(line);
        assert_eq!(ran.status, Some(0), "{line}: {ran:?}");
        ran
    }

    /// Begins a command, and comes back once the file `begun` is there.
    pub fn begin(&self, faults: &str, line: &str) -> Child {
        let mut child = self.command(line, faults).spawn().unwrap();
        let begun = self.path("project/begun");
        let give_up = Instant::now() + Duration::from_secs(60);
        while !begun.exists() {
            assert!(child.try_wait().unwrap().is_none(), "ended too early: {:?}", finish(child));
            assert!(Instant::now() < give_up, "it never began");
            std::thread::yield_now();
        }
        child
    }

    /// The events of the last run that had `--event-log events.jsonl`.
    pub fn events(&self) -> Vec<Json> {
        let text = fs::read_to_string(self.path("project/events.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The kinds of events about each resource, `op:name` with `+` for an end and `!` for a failure.
    pub fn steps(&self) -> Vec<String> {
        let step = |event: &Json| {
            let kinds = [("resourcePreEvent", ""), ("resOutputsEvent", "+"), ("resOpFailedEvent", "!")];
            let (kind, mark) = kinds.into_iter().find(|(kind, _)| event.get(kind).is_some())?;
            let metadata = &event[kind]["metadata"];
            let urn = metadata["urn"].as_str()?;
            let name = urn.rsplit("::").next()?;
            (!urn.contains("pulumi:providers:"))
                .then(|| format!("{}:{name}{mark}", metadata["op"].as_str().unwrap_or("")))
        };
        self.events().iter().filter_map(step).collect()
    }

    /// The steps about one resource.
    pub fn steps_of(&self, name: &str) -> Vec<String> {
        let is_about = |step: &String| step.trim_end_matches(['+', '!']).ends_with(&format!(":{name}"));
        self.steps().into_iter().filter(is_about).map(|step| step.replace(&format!(":{name}"), "")).collect()
    }

    /// The body of the only event of a kind.
    pub fn event(&self, kind: &str) -> Json {
        let mut found: Vec<Json> =
            self.events().into_iter().filter_map(|mut event| event.get_mut(kind).map(Json::take)).collect();
        assert_eq!(found.len(), 1, "{kind}: {found:?}");
        found.remove(0)
    }

    /// The messages of a severity.
    pub fn messages(&self, severity: &str) -> Vec<String> {
        let events = self.events();
        let diagnostics = events.iter().filter_map(|event| event.get("diagnosticEvent"));
        let of_severity = diagnostics.filter(|diagnostic| diagnostic["severity"] == severity);
        of_severity.filter_map(|diagnostic| diagnostic["message"].as_str().map(str::to_owned)).collect()
    }

    /// The latest deployment in the state.
    pub fn state(&self) -> Json {
        let folder = self.path("state/.pulumi/stacks");
        let project = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
        let text = fs::read_to_string(project.join("dev.json")).unwrap();
        let mut checkpoint: Json = serde_json::from_str(&text).unwrap();
        checkpoint["checkpoint"]["latest"].take()
    }

    /// The names of the resources in the state.
    pub fn names(&self) -> Vec<String> {
        let state = self.state();
        let resources = state["resources"].as_array().cloned().unwrap_or_default();
        let name = |resource: &Json| Some(resource["urn"].as_str()?.rsplit("::").next()?.to_owned());
        resources.iter().filter_map(name).filter(|name| name != "default").collect()
    }

    /// How many locks there are.
    pub fn locks(&self) -> usize {
        let Ok(projects) = fs::read_dir(self.path("state/.pulumi/locks/organization")) else { return 0 };
        let stacks = projects.flat_map(|project| fs::read_dir(project.unwrap().path()).unwrap());
        let files = stacks.flat_map(|stack| fs::read_dir(stack.unwrap().path()).unwrap());
        files
            .filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|ending| ending == "json"))
            .count()
    }
}

/// Waits for the end of a command.
pub fn finish(child: Child) -> Ran {
    let output = child.wait_with_output().unwrap();
    Ran {
        status: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
