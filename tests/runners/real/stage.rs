//! One program with a home and a backend of its own, for stackstep and for the bare CLI.

use super::STARTS;
use super::running::Running;
use crate::support::{json, output};
use crate::tools::{folder, version};
use serde_json::Value;
use stackstep::engine::install::version::TELLING;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;
use std::sync::atomic::Ordering;
use tempfile::TempDir;

/// The program of most tests.
pub const SHOP: &str = "name: shop
runtime: yaml
config:
  tier: {type: string, default: small}
outputs:
  url: https://shop.example.com/
  tier: ${tier}
  token: {fn::secret: token-for-the-shop}
";

/// The folder with the CLI and its host of programs. `REAL_ENGINE` names another one than the newest.
#[expect(clippy::disallowed_methods, reason = "an engine of another version is tried by the same tests")]
pub fn engine() -> PathBuf {
    super::begin();
    std::env::var_os("REAL_ENGINE").map_or_else(|| folder("engine").join("bin"), PathBuf::from)
}

/// The PATH of a job that finds the engine before all else.
#[expect(clippy::disallowed_methods, reason = "jobs need to find a shell, git and Node")]
pub fn path() -> OsString {
    let path = std::env::var_os("PATH").unwrap();
    std::env::join_paths([engine()].into_iter().chain(std::env::split_paths(&path))).unwrap()
}

/// The exit status of the CLI that tells what went wrong. Before 3.227 it is mostly 255 whatever it was:
/// <https://github.com/pulumi/pulumi/pull/22205>.
pub fn telling(status: i32) -> i32 {
    let version = semver::Version::parse(engine_version()).unwrap();
    if version < TELLING { 255 } else { status }
}

/// The version of the CLI, as `3.276.0`.
pub fn engine_version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let version = Command::new(engine().join("pulumi")).arg("version").output().unwrap();
        String::from_utf8(version.stdout).unwrap().trim().trim_start_matches('v').to_owned()
    });
    &VERSION
}

/// Puts our plugins into a home of the engine, where it installs them: of those on the PATH it warns.
pub fn install_probe(home: &Path) {
    for kind in ["resource", "language"] {
        let plugin = home.join("plugins").join(format!("{kind}-probe-v{}", version("probe")));
        std::fs::create_dir_all(&plugin).unwrap();
        let name = format!("pulumi-{kind}-probe");
        symlink(folder("probe").join("bin").join(&name), plugin.join(name)).unwrap();
    }
}

/// A folder with a program, a home and a backend.
pub struct Stage {
    folder: TempDir,
    program: &'static str,
    passphrase: &'static str,
    variables: BTreeMap<String, String>,
}

/// How a command has ended.
pub struct Ended {
    pub status: i32,
    pub log: String,
    pub stdout: String,
    /// The result file; null where none was written.
    pub result: Value,
}

impl Stage {
    /// With this `Pulumi.yaml`.
    pub fn new(program: &str) -> Self {
        Self::in_folder("program", program)
    }

    /// With this `Pulumi.yaml` in a folder of its own.
    pub fn in_folder(name: &'static str, program: &str) -> Self {
        let folder = TempDir::with_prefix("stackstep-real-").unwrap();
        for name in [name, "home", "state"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let variables = BTreeMap::new();
        let stage = Self { folder, program: name, passphrase: "a passphrase", variables };
        install_probe(&stage.path("home"));
        stage.write("Pulumi.yaml", program);
        stage
    }

    /// As a step of GitHub Actions, which has a post step, without a program: the files of the step are `OUTPUT`,
    /// `STEP_SUMMARY` and `STATE`.
    pub fn on_github() -> Self {
        let mut stage = Self::new("").with("GITHUB_ACTIONS", "true").with("GITHUB_EVENT_NAME", "push");
        for name in ["OUTPUT", "STEP_SUMMARY", "STATE"] {
            let path = stage.path(name);
            std::fs::write(&path, "").unwrap();
            stage = stage.with(&format!("GITHUB_{name}"), &path.display().to_string());
        }
        stage
    }

    /// With the stack `dev`, deployed.
    pub fn deployed(program: &str) -> Self {
        let stage = Self::new(program);
        stage.stackstep("up --stack dev --upsert").ends_with(0);
        stage
    }

    /// With another passphrase from now on.
    pub fn with_passphrase(self, passphrase: &'static str) -> Self {
        Self { passphrase, ..self }
    }

    /// With this variable from now on.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Without this variable from now on.
    pub fn without(mut self, name: &str) -> Self {
        self.variables.remove(name);
        self
    }

    /// A file or folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of the program's folder.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(self.program).join(name), text).unwrap();
    }

    /// Runs stackstep with these words, and looks at the result that it writes.
    pub fn stackstep(&self, line: &str) -> Ended {
        let result = self.path("result.json");
        Ended::of(&output(&mut self.ours(line, &result))).with_result(&result)
    }

    /// Starts stackstep with these words and comes back at once. Its result has the name `name`.
    pub fn start(&self, line: &str, name: &str) -> Running {
        let result = self.path(&format!("{name}.json"));
        Running::start(self.ours(line, &result), result)
    }

    fn ours(&self, line: &str, result: &Path) -> Command {
        let _ = std::fs::remove_file(result);
        let mut command = self.command(Path::new(env!("CARGO_BIN_EXE_stackstep")), line);
        command.env("STACKSTEP_RESULT_FILE", result);
        command
    }

    /// Runs the CLI itself with these words.
    pub fn pulumi(&self, line: &str) -> Ended {
        STARTS.fetch_add(1, Ordering::Relaxed);
        Ended::of(&output(&mut self.command(Path::new("pulumi"), &format!("{line} --non-interactive"))))
    }

    /// Runs the CLI itself with words that may have blanks.
    pub fn pulumi_words(&self, words: &[&str]) -> Ended {
        STARTS.fetch_add(1, Ordering::Relaxed);
        Ended::of(&output(self.command(Path::new("pulumi"), "--non-interactive").args(words)))
    }

    /// The state of the stack `dev`, as the CLI exports it.
    pub fn state(&self) -> State {
        let text = self.pulumi("stack export --stack dev").ends_with(0).stdout;
        State(serde_json::from_str(&text).unwrap())
    }

    /// Whether the backend, a folder, holds a lock of the stack `dev`.
    pub fn is_locked(&self) -> bool {
        let locks = std::fs::read_dir(self.path("state/.pulumi/locks/organization/shop/dev"));
        let paths = locks.into_iter().flatten().flatten().map(|entry| entry.path());
        paths.filter(|path| path.extension().is_some_and(|ending| ending == "json")).count() > 0
    }

    fn command(&self, program: &Path, line: &str) -> Command {
        let mut command = Command::new(program);
        command.args(line.split_whitespace()).current_dir(self.path(self.program)).env_clear();
        command
            .env("PATH", path())
            .env("HOME", self.path("home"))
            .env("PULUMI_HOME", self.path("home"))
            .env("PULUMI_BACKEND_URL", format!("file://{}", self.path("state").display()))
            .env("PULUMI_SKIP_UPDATE_CHECK", "true");
        // The engine prefers the passphrase itself to a file of it.
        if !self.variables.contains_key("PULUMI_CONFIG_PASSPHRASE_FILE") {
            command.env("PULUMI_CONFIG_PASSPHRASE", self.passphrase);
        }
        command.envs(&self.variables);
        command.stdin(std::process::Stdio::null());
        command
    }
}

/// What the CLI knows of a stack.
pub struct State(Value);

impl State {
    /// The things of the provider `probe`, by name, those that wait for their deletion left out.
    pub fn things(&self) -> BTreeMap<String, Value> {
        let living = self.resources().filter(|one| one["delete"] != true);
        living.filter_map(|one| Some((name(one)?, one.clone()))).collect()
    }

    /// The names of the things that wait for their deletion.
    pub fn leftovers(&self) -> Vec<String> {
        self.resources().filter(|one| one["delete"] == true).filter_map(name).collect()
    }

    /// What nobody knows the end of: `creating a`.
    pub fn pending(&self) -> Vec<String> {
        let pending = self.0["deployment"]["pending_operations"].as_array();
        let told = |one: &Value| Some(format!("{} {}", one["type"].as_str()?, name(&one["resource"])?));
        pending.into_iter().flatten().filter_map(told).collect()
    }

    fn resources(&self) -> impl Iterator<Item = &Value> {
        self.0["deployment"]["resources"].as_array().into_iter().flatten()
    }
}

/// The name of a thing in the state.
fn name(resource: &Value) -> Option<String> {
    let urn = resource["urn"].as_str()?;
    urn.contains("::probe:index:Thing::").then(|| urn.rsplit("::").next().map(str::to_owned))?
}

impl Ended {
    /// With what the program said.
    pub fn of(output: &Output) -> Self {
        let (stdout, stderr) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        Self {
            status: output.status.code().unwrap_or(-1),
            log: format!("{stdout}{stderr}"),
            stdout: stdout.into_owned(),
            result: Value::Null,
        }
    }

    /// And with the result that it has written, if it has.
    pub fn with_result(mut self, path: &Path) -> Self {
        if path.exists() {
            self.result = json(path);
            let processes = self.result["engine"]["processes"].as_u64().unwrap_or_default();
            STARTS.fetch_add(processes, Ordering::Relaxed);
        }
        self
    }

    /// What was done to which resource, in order of names: `create a, update b (failed)`.
    pub fn steps(&self) -> String {
        let steps = self.result["steps"].as_array().unwrap();
        let mut told: Vec<String> = steps
            .iter()
            .map(|step| {
                let (name, operation) = (step["name"].as_str().unwrap(), step["operation"].as_str().unwrap());
                match step["status"].as_str().unwrap() {
                    "done" | "planned" => format!("{name}: {operation}"),
                    status => format!("{name}: {operation} ({status})"),
                }
            })
            .collect();
        told.sort();
        told.join(", ")
    }

    /// The sentences about the report itself.
    pub fn notes(&self) -> String {
        self.result["notes"].to_string()
    }

    /// Fails the test unless the run has these counts.
    #[track_caller]
    pub fn counts(self, changes: &Value) -> Self {
        assert_eq!(&self.result["changes"], changes, "{}", self.log);
        self
    }

    /// Fails the test unless the run has done this to these resources: see [`Ended::steps`].
    #[track_caller]
    pub fn did(self, steps: &str) -> Self {
        assert_eq!(self.steps(), steps, "{}", self.log);
        self
    }

    /// Fails the test unless the command has ended with `status`.
    #[track_caller]
    pub fn ends_with(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{}", self.log);
        self
    }

    /// Fails the test unless the run has ended for this reason.
    #[track_caller]
    pub fn because(self, reason: &str) -> Self {
        assert_eq!(self.result["reason"], reason, "{}", self.log);
        self
    }
}
