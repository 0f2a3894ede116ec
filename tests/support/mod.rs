//! Runs the real binary in a folder of its own: a builder that reads like what a person does.

#[cfg(unix)]
pub mod checkout;
pub mod company;
pub mod forge;
pub mod limit;
pub mod locks;
pub mod pulumi_cloud;
#[cfg(unix)]
pub mod scripted;
pub mod server;
pub mod size;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use limit::Limit;
use serde_json::Value;
use tempfile::TempDir;

/// The passphrase of every test's stack.
pub const PASSPHRASE: &str = "test-passphrase";

/// A project, a backend and a home, with an environment that holds nothing else.
pub struct Scene {
    folder: TempDir,
    variables: BTreeMap<String, String>,
    /// Where stackstep is started.
    pub program: PathBuf,
}

impl Scene {
    /// The program `tests/fixtures/programs/<name>` and the sandbox engine.
    pub fn new(name: &str) -> Self {
        let scene = Self::empty();
        let source = fixture(&format!("programs/{name}"));
        for entry in std::fs::read_dir(&source).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), scene.program.join(entry.file_name())).unwrap();
        }
        scene
    }

    /// The same program once with the sandbox and once with the real CLI, where one is on the PATH.
    pub fn on_each_engine(name: &str) -> Vec<Self> {
        let mut scenes = vec![Self::new(name)];
        if let (Some(pulumi), Some(_)) = (on_path("pulumi"), on_path("pulumi-language-yaml")) {
            scenes.push(Self::new(name).with("STACKSTEP_ENGINE", &pulumi.display().to_string()));
        }
        scenes
    }

    /// A folder without a program.
    pub fn empty() -> Self {
        let folder = TempDir::with_prefix("stackstep-test-").unwrap();
        let root = folder.path().canonicalize().unwrap();
        let program = root.join("program");
        for name in ["program", "state", "home"] {
            std::fs::create_dir(root.join(name)).unwrap();
        }
        let home = root.join("home").display().to_string();
        let variables = [
            ("HOME", home.clone()),
            ("PULUMI_HOME", home),
            ("PULUMI_BACKEND_URL", format!("file://{}", root.join("state").display())),
            ("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE.to_owned()),
            ("STACKSTEP_ENGINE", "sandbox".to_owned()),
            ("PATH", path_variable()),
        ];
        let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { folder, variables, program }
    }

    /// Sets a variable.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Takes a variable away.
    pub fn without(mut self, name: &str) -> Self {
        self.variables.remove(name);
        self
    }

    /// As a job of a system that says little, at the head of `fake`'s change request.
    pub fn in_a_job_of(self, fake: &forge::Fake) -> Self {
        self.with("CI", "true")
            .with("CI_REPO", "acme/shop")
            .with("CI_COMMIT_SHA", forge::HEAD)
            .with("CI_COMMIT_BRANCH", "feature/a b")
            .with("STACKSTEP_FORGE", fake.face.name())
            .with("STACKSTEP_FORGE_URL", &fake.server.url())
            .with("STACKSTEP_FORGE_TOKEN", forge::TOKEN)
    }

    /// As a step of GitHub Actions, on a push to main.
    pub fn on_github(self) -> Self {
        let root = self.root();
        std::fs::create_dir_all(root.join("runner")).unwrap();
        for file in ["github-output", "github-summary", "github-state"] {
            std::fs::write(root.join(file), "").unwrap();
        }
        let path = |name: &str| root.join(name).display().to_string();
        self.with("GITHUB_ACTIONS", "true")
            .with("GITHUB_REPOSITORY", "acme/shop")
            .with("GITHUB_SERVER_URL", "https://github.com")
            .with("GITHUB_RUN_ID", "42")
            .with("GITHUB_RUN_ATTEMPT", "1")
            .with("GITHUB_EVENT_NAME", "push")
            .with("GITHUB_SHA", "2d5a1c0e9f3b4a6d8c7e5f1a2b3c4d5e6f708192")
            .with("GITHUB_REF_NAME", "main")
            .with("GITHUB_REF_TYPE", "branch")
            .with("RUNNER_TEMP", &path("runner"))
            .with("GITHUB_OUTPUT", &path("github-output"))
            .with("GITHUB_STEP_SUMMARY", &path("github-summary"))
            .with("GITHUB_STATE", &path("github-state"))
    }

    /// An input of the step, as GitHub's runner hands it over.
    pub fn input(self, name: &str, value: &str) -> Self {
        self.with(&format!("INPUT_{}", name.to_uppercase()), value)
    }

    /// The folder that holds it all.
    pub fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    /// Writes a file below the program's folder.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.program.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Replaces text in `Pulumi.yaml`.
    pub fn edit(&self, from: &str, to: &str) {
        let path = self.program.join("Pulumi.yaml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "`{from}` is not in the program");
        std::fs::write(path, text.replace(from, to)).unwrap();
    }

    /// Runs `stackstep` with words split at blanks.
    pub fn run(&self, line: &str) -> Run {
        self.run_args(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// The only result of a `command` in the folder for temporary files of a step of GitHub Actions.
    #[track_caller]
    pub fn result_file(&self, command: &str) -> PathBuf {
        result_in(&self.root().join("runner"), command)
    }

    /// Runs `stackstep`.
    pub fn run_args(&self, args: &[&str]) -> Run {
        let output = output(self.command(args).stdin(Stdio::null()));
        Run { output, engine: self.variables.get("STACKSTEP_ENGINE").cloned().unwrap_or_default() }
    }

    /// Runs `stackstep` in another folder below the scene's own.
    #[cfg(unix)]
    pub fn run_from(&self, folder: &str, args: &[&str]) -> Run {
        let output = output(self.command(args).current_dir(self.root().join(folder)).stdin(Stdio::null()));
        Run { output, engine: self.variables.get("STACKSTEP_ENGINE").cloned().unwrap_or_default() }
    }

    /// Starts `stackstep` and comes back at once.
    pub fn start(&self, line: &str) -> Child {
        self.command(&line.split_whitespace().collect::<Vec<_>>())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Runs `stackstep` from a shell that has run `before`: limits of a process are set there.
    pub fn run_in_shell(&self, before: &str, line: &str) -> Run {
        let script = format!("{before}; exec \"$0\" {line}");
        #[expect(clippy::disallowed_methods, reason = "the tests run the binary")]
        let mut command = Command::new("sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_stackstep")]);
        command.current_dir(&self.program).env_clear().envs(&self.variables).stdin(Stdio::null());
        Run { output: output(&mut command), engine: String::new() }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.other(env!("CARGO_BIN_EXE_stackstep"));
        command.args(args);
        command
    }

    /// Another program in the same place, with the same environment.
    pub fn other(&self, program: &str) -> Command {
        #[expect(clippy::disallowed_methods, reason = "the tests run the binary, and what a later step runs")]
        let mut command = Command::new(program);
        command.current_dir(&self.program).env_clear().envs(&self.variables);
        command
    }

    /// The files below the program, state and home folders with their contents: what a run must not touch.
    pub fn snapshot(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.root(), &mut files);
        files
    }

    /// What GitHub would read as outputs, parsed by its own rules.
    pub fn github_outputs(&self) -> BTreeMap<String, String> {
        self.github_file("github-output")
    }

    /// What GitHub would hand to the post step.
    pub fn github_state(&self) -> BTreeMap<String, String> {
        self.github_file("github-state")
    }

    fn github_file(&self, name: &str) -> BTreeMap<String, String> {
        let text = std::fs::read_to_string(self.root().join(name)).unwrap();
        let mut outputs = BTreeMap::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let (name, delimiter) = line.split_once("<<").unwrap_or_else(|| panic!("no heredoc: {line}"));
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
            outputs.insert(name.to_owned(), value.join("\n"));
        }
        outputs
    }

    /// GitHub's summary page.
    pub fn summary(&self) -> String {
        std::fs::read_to_string(self.root().join("github-summary")).unwrap()
    }
}

/// Runs the command to its end; one that takes too long is killed with all that it has started.
pub fn output(command: &mut Command) -> Output {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let _limit = limit(&child);
    child.wait_with_output().unwrap()
}

/// The time limit of a program that a test has started.
pub fn limit(child: &Child) -> Limit {
    let id = child.id();
    Limit::new(limit::LIMIT, move || {
        #[cfg(unix)]
        stackstep::process::tree::kill(i32::try_from(id).unwrap(), None);
        #[cfg(not(unix))]
        panic!("the process {id} does not end");
    })
}

/// Waits until a program has written to the named pipe; what it has written. A program that ends before it writes fails the
/// test, once the limit is over.
#[cfg(unix)]
pub fn read_from_pipe(pipe: &Path) -> String {
    let opened = pipe.to_owned();
    // A pipe that is opened for writing ends the wait for somebody who does.
    let _limit = Limit::new(limit::LIMIT, move || drop(std::fs::OpenOptions::new().write(true).open(opened)));
    let text = std::fs::read_to_string(pipe).unwrap();
    assert!(!text.is_empty(), "nobody has written to `{}`", pipe.display());
    text
}

fn collect(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            let content = std::fs::read(&path).unwrap();
            files.insert(path, content);
        }
    }
}

/// What a run of `stackstep` left.
pub struct Run {
    output: Output,
    engine: String,
}

impl Run {
    /// The exit status.
    pub fn status(&self) -> i32 {
        self.output.status.code().unwrap_or(-1)
    }

    /// Standard output and standard error in one.
    pub fn log(&self) -> String {
        format!("{}{}", self.stdout(), self.stderr())
    }

    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// Fails the test unless the run ended with `status`.
    #[track_caller]
    pub fn ends_with(self, status: i32) -> Self {
        assert_eq!(self.status(), status, "with the engine `{}`:\n{}", self.engine, self.log());
        self
    }

    /// Fails the test unless the log says `text`.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.log().contains(text), "`{text}` is not in\n{}", self.log());
        self
    }

    /// Fails the test if the log says `text`.
    #[track_caller]
    pub fn never_says(self, text: &str) -> Self {
        assert!(!self.log().contains(text), "`{text}` is in\n{}", self.log());
        self
    }
}

/// Leaves a table in Markdown, which `cargo xtask test` shows at its end.
pub fn table(name: &str, text: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/report-tables");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.md")), text).unwrap();
}

/// A JSON file.
pub fn json(path: impl AsRef<Path>) -> Value {
    let path = path.as_ref();
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// Fails the test unless a page is as the published schema `docs/reference/NAME.schema.json` says.
#[track_caller]
pub fn fits_schema(name: &str, page: &Value) {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/reference/{name}.schema.json"));
    let validator = jsonschema::validator_for(&json(schema)).unwrap();
    let errors: Vec<_> =
        validator.iter_errors(page).map(|error| format!("{}: {error}", error.instance_path)).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

/// A file below `tests/fixtures`.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

#[expect(clippy::disallowed_methods, reason = "the tests find the real engine as a person's shell would")]
fn path_variable() -> String {
    std::env::var("PATH").unwrap_or_default()
}

fn on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&path_variable()).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// The only result of a `command` in `folder`: its name ends with a hash of the stack's identity.
#[track_caller]
pub fn result_in(folder: &Path, command: &str) -> PathBuf {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_result = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        path.extension().is_some_and(|ending| ending == "json") && name.contains(&format!("-{command}-"))
    };
    let found: Vec<PathBuf> = entries.filter(is_result).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

/// Values that mean something else, or nothing, to a reader of YAML.
pub const TEXTS_THAT_YAML_WOULD_CHANGE: &[&str] = &[
    "20220113.10",
    "1234e56",
    "012345678901",
    "yes",
    "1.20",
    "99999999999999999999",
    "0x1F",
    "~",
    "2026-01-01",
];
