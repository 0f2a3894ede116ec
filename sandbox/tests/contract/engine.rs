//! Runs one of the two engines on a stage of its own: a project folder, a `file://` backend and a home folder
//! under one temporary folder, and an environment that holds nothing else. The tests know the engines only from
//! outside: arguments and files go in, a [`Run`] comes out.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::normalise::Places;
use crate::table;

/// After this long a run counts as hung. It is no part of any expectation: a sound run never comes near it.
pub const HUNG: Duration = Duration::from_secs(120);

/// The commands that write an event log.
const WITH_EVENTS: [&str; 4] = ["preview", "up", "refresh", "destroy"];

/// Names the folders of a real CLI that is not on the PATH.
const ENGINE: &str = "REAL_ENGINE";

/// Where a stage's faults lie, when there are any, and how the sandbox learns of them.
pub const FAULTS: &str = "faults.yaml";
const FAULTS_VARIABLE: &str = "PULUMI_SANDBOX_FAULTS";

/// One of the two programs that are compared.
#[derive(Clone)]
pub struct Engine {
    /// How reports call it.
    pub name: &'static str,
    program: PathBuf,
    path: OsString,
}

impl Engine {
    /// The sandbox that this test run was built with.
    pub fn sandbox() -> Self {
        Self {
            name: "sandbox",
            program: PathBuf::from(env!("CARGO_BIN_EXE_pulumi-sandbox")),
            path: OsString::from("/usr/bin:/bin"),
        }
    }

    /// The Pulumi CLI in the folder that `REAL_ENGINE` names or on the `PATH`, when its YAML language host is there too.
    pub fn real() -> Option<Self> {
        let folders = [env::var_os(ENGINE), env::var_os("PATH")];
        let folders = folders.iter().flatten().flat_map(env::split_paths);
        let path = env::join_paths(folders).ok()?;
        let find =
            |name: &str| env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
        let program = find("pulumi")?;
        find("pulumi-language-yaml")?;
        let version = Command::new(&program).arg("version").output().ok()?;
        let is_sandbox = String::from_utf8_lossy(&version.stdout).contains("sandbox");
        (version.status.success() && !is_sandbox).then(|| {
            table::version(String::from_utf8_lossy(&version.stdout).trim().trim_start_matches('v'));
            Self { name: "real CLI", program, path }
        })
    }
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this status.
    Status(i32),
    /// By this signal.
    Signal(i32),
}

impl From<ExitStatus> for Exit {
    fn from(status: ExitStatus) -> Self {
        #[cfg(unix)]
        if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
            return Self::Signal(signal);
        }
        Self::Status(status.code().unwrap_or(-1))
    }
}

/// What one command left behind, as it came.
#[derive(Debug, Clone)]
pub struct Run {
    /// How it ended.
    pub exit: Exit,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The event log; `None` when there is no such file.
    pub events: Option<Vec<Value>>,
    /// The folders of this run, for the normaliser.
    pub places: Places,
    /// True for the sandbox, whose first line says so.
    pub sandbox: bool,
}

/// Where one engine plays one scenario.
pub struct Stage {
    engine: Engine,
    root: PathBuf,
    logs: usize,
    folder: PathBuf,
    _folder: TempDir,
}

impl Stage {
    /// A new stage with an empty project folder, backend and home.
    pub fn new(engine: Engine) -> Self {
        let folder = tempfile::Builder::new().prefix("contract-").tempdir().expect("a temporary folder");
        let root = folder.path().canonicalize().expect("the temporary folder's real path");
        for name in ["project", "state", "home"] {
            fs::create_dir(root.join(name)).expect("a folder of the stage");
        }
        let project = root.join("project");
        Self { engine, root, logs: 0, folder: project, _folder: folder }
    }

    /// The folder over all of the stage.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The backend's `.pulumi` folder.
    pub fn backend(&self) -> PathBuf {
        self.root.join("state/.pulumi")
    }

    /// The folders of this stage, for the normaliser.
    pub fn places(&self) -> Places {
        Places::under(&self.root)
    }

    /// Another engine goes on with what is there.
    pub fn switch(&mut self, engine: Engine) {
        self.engine = engine;
    }

    /// Has the project and the backend of another stage from now on, and nothing of its own.
    pub fn take_over(&self, other: &Self) {
        for name in ["project", "state"] {
            let _ = fs::remove_dir_all(self.root.join(name));
            copy(&other.root.join(name), &self.root.join(name));
        }
    }

    /// Runs what follows in another folder under the stage.
    pub fn enter(&mut self, folder: &str) {
        self.folder = self.root.join(folder);
    }

    /// Puts a file on the stage; `path` is relative to its root.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().expect("a parent folder")).expect("the file's folder");
        fs::write(path, text).expect("a file of the stage");
    }

    /// Starts a command and hands it over while it runs.
    pub fn start(&mut self, args: &[String], env: &Env) -> Running {
        let mut command = Command::new(&self.engine.program);
        command.args(args).current_dir(&self.folder).env_clear();
        let log = args.first().filter(|first| WITH_EVENTS.contains(&first.as_str())).map(|_| {
            self.logs += 1;
            self.root.join(format!("events-{}.jsonl", self.logs))
        });
        if let Some(log) = log.as_ref().filter(|_| !args.iter().any(|arg| arg == "--event-log")) {
            command.arg("--event-log").arg(log);
        }
        command.env("PATH", &self.engine.path).envs(self.environment(env));
        let since = Instant::now();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("could not start {}: {e}", self.engine.program.display()));
        let stdout = collect(child.stdout.take().expect("a pipe"));
        let stderr = collect(child.stderr.take().expect("a pipe"));
        let (sandbox, places) = (self.engine.name == "sandbox", self.places());
        Running { child, since, stdout, stderr, log, places, sandbox }
    }

    /// Runs a command to its end.
    pub fn run(&mut self, args: &[String], env: &Env, stdin: &str) -> Run {
        let mut running = self.start(args, env);
        let mut pipe = running.child.stdin.take().expect("a pipe");
        // A command that doesn't read its input may end before it is written.
        let _ = pipe.write_all(stdin.as_bytes());
        drop(pipe);
        running.end()
    }

    /// Runs a command whose standard output nobody reads.
    pub fn run_unread(&mut self, args: &[String]) -> Exit {
        let mut command = Command::new(&self.engine.program);
        command.args(args).current_dir(&self.folder).env_clear();
        command.env("PATH", &self.engine.path).envs(self.environment(&Env::new()));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the engine starts");
        drop(child.stdout.take());
        Exit::from(child.wait().expect("the process's end"))
    }

    /// [`run`](Self::run) with the command as one line, split at spaces.
    pub fn say(&mut self, line: &str) -> Run {
        self.run(&words(line), &Env::new(), "")
    }

    /// The environment of a run: what every run has, changed by `env`.
    fn environment(&self, env: &Env) -> BTreeMap<String, String> {
        let root = self.root.display();
        let mut all = BTreeMap::from([
            ("HOME".to_owned(), format!("{root}/home")),
            ("PULUMI_HOME".to_owned(), format!("{root}/home/.pulumi")),
            ("PULUMI_BACKEND_URL".to_owned(), format!("file://{root}/state")),
            ("PULUMI_CONFIG_PASSPHRASE".to_owned(), "correct horse".to_owned()),
            ("PULUMI_SKIP_UPDATE_CHECK".to_owned(), "true".to_owned()),
            ("PULUMI_DEBUG_COMMANDS".to_owned(), "true".to_owned()),
        ]);
        if self.root.join(FAULTS).is_file() {
            all.insert(FAULTS_VARIABLE.to_owned(), format!("{root}/{FAULTS}"));
        }
        for (name, value) in env {
            match value {
                Some(value) => all.insert(name.clone(), value.replace("$ROOT", &root.to_string())),
                None => all.remove(name),
            };
        }
        all
    }
}

/// Variables of a run beside the usual ones; `None` removes a usual one, `$ROOT` is the stage's folder.
pub type Env = BTreeMap<String, Option<String>>;

/// A command that has been started.
pub struct Running {
    child: Child,
    since: Instant,
    stdout: mpsc::Receiver<Vec<u8>>,
    stderr: mpsc::Receiver<Vec<u8>>,
    log: Option<PathBuf>,
    places: Places,
    sandbox: bool,
}

impl Running {
    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end of both pipes, then of the process.
    pub fn end(mut self) -> Run {
        let mut text = |pipe: &mpsc::Receiver<Vec<u8>>| {
            let bytes = pipe.recv_timeout(HUNG).unwrap_or_else(|_| {
                let _ = self.child.kill();
                panic!("the engine hangs: no end of its output after {HUNG:?}")
            });
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let (stdout, stderr) = (text(&self.stdout), text(&self.stderr));
        let exit = Exit::from(self.child.wait().expect("the process's end"));
        if !self.sandbox {
            table::started(self.since.elapsed());
        }
        let events =
            self.log.as_deref().and_then(|log| fs::read_to_string(log).ok()).map(|text| parse(&text));
        Run { exit, stdout, stderr, events, places: self.places, sandbox: self.sandbox }
    }
}

/// Splits a command line at spaces; single quotes keep a word together.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (i, part) in line.split('\'').enumerate() {
        if i % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// The events of a log. A line that is not JSON (the last one of a killed engine) becomes a string, so that a
/// comparison sees it.
pub fn parse(log: &str) -> Vec<Value> {
    log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| Value::from(line))).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder of the stage");
    for entry in fs::read_dir(from).expect("a folder of the other stage") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("a file of the other stage");
        }
    }
}

fn collect(mut pipe: impl std::io::Read + Send + 'static) -> mpsc::Receiver<Vec<u8>> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        let _ = send.send(bytes);
    });
    receive
}
