//! A job in a repository of its own, and what `act` tells of its run.
//!
//! Nothing is fetched: the action comes from this repository under its published name, and `act` replaces a checkout
//! by a copy of the folder.

use crate::tools;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A job on `ubuntu-latest`.
pub struct Job {
    folder: tempfile::TempDir,
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
    folder: tempfile::TempDir,
}

impl Job {
    /// The steps follow a checkout of the example program.
    pub fn new(steps: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "state", "suite/actions", "repository/.github/workflows"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        copy(&tools::root().join("actions"), &folder.path().join("suite/actions"));
        let repository = folder.path().join("repository");
        copy(&tools::root().join("examples/hello"), &repository);
        let workflow = format!(
            "on: push\njobs:\n  job:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v5\n{steps}"
        );
        std::fs::write(repository.join(".github/workflows/job.yml"), workflow).unwrap();
        for arguments in [
            &["init", "--quiet", "--initial-branch", "main"][..],
            &["add", "."],
            &[
                "-c",
                "user.name=a",
                "-c",
                "user.email=a@example.com",
                "commit",
                "--quiet",
                "--message",
                "a change",
            ],
            &["remote", "add", "origin", "https://github.com/acme/hello"],
        ] {
            let mut git = Command::new("git");
            assert!(git.args(arguments).current_dir(&repository).status().unwrap().success());
        }
        Self { folder }
    }

    /// Runs it.
    pub fn run(self) -> Outcome {
        let folder = self.folder.path();
        #[expect(clippy::disallowed_methods, reason = "act needs to find node, git and a shell")]
        let path = std::env::var_os("PATH").unwrap();
        let binary = Path::new(env!("CARGO_BIN_EXE_stackstep"));
        let output = Command::new(tools::folder("act").join("bin/act"))
            .args(["push", "--json", "--no-cache-server", "-P", "ubuntu-latest=-self-hosted"])
            .args(["--workflows", ".github/workflows/job.yml"])
            .arg("--local-repository")
            .arg(format!("stackstep/stackstep@v1={}", folder.join("suite").display()))
            .args(["--env", &format!("STACKSTEP_BIN={}", binary.display())])
            .args(["--env", &format!("PULUMI_BACKEND_URL=file://{}", folder.join("state").display())])
            .args(["--env", "PULUMI_CONFIG_PASSPHRASE=a passphrase"])
            .args(["--env", &format!("PULUMI_HOME={}", folder.join("home/pulumi").display())])
            .current_dir(folder.join("repository"))
            .env_clear()
            .env("PATH", path)
            .env("HOME", folder.join("home"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let of_command = |command: &str, field: &str| -> Vec<String> {
            let lines = lines.iter().filter(|line| line["command"] == command);
            lines.filter_map(|line| line[field].as_str().map(str::to_owned)).collect()
        };
        // What `act` says of a workflow that it can't read is on standard error.
        let messages = lines.iter().filter_map(|line| line["msg"].as_str()).map(with_line_end);
        let log = messages.collect::<String>() + &String::from_utf8_lossy(&output.stderr);
        Outcome {
            succeeded: output.status.success(),
            log,
            summary: of_command("summary", "content").concat(),
            warnings: of_command("warning", "arg"),
            lines,
            folder: self.folder,
        }
    }
}

impl Outcome {
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

    /// Whether a file of this name is anywhere in the job's folders.
    pub fn exists(&self, name: &str) -> bool {
        files(self.folder.path()).iter().any(|path| path.file_name().is_some_and(|own| own == name))
    }

    /// The messages that the engine has written down for its updates, oldest first.
    pub fn messages_in_history(&self) -> Vec<String> {
        let mut updates = files(&self.folder.path().join("state/.pulumi/history"));
        updates.retain(|path| path.to_string_lossy().ends_with(".history.json"));
        let message = |path: &PathBuf| {
            let update: Value = serde_json::from_str(&read(path)).unwrap();
            update["message"].as_str().unwrap().to_owned()
        };
        updates.iter().map(message).collect()
    }
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path.as_ref()).unwrap()
}

fn with_line_end(message: &str) -> String {
    if message.ends_with('\n') { message.to_owned() } else { format!("{message}\n") }
}

/// All files below `folder`, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
