//! One program with a home and a backend of its own, for stackstep and for the bare CLI.

use super::STARTS;
use crate::support::{json, output};
use crate::tools::folder;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
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

/// The tool that is the engine: the long tests also try another one, by this variable.
pub fn engine() -> &'static str {
    match std::env::var("REAL_ENGINE").as_deref() {
        Ok("pulumi-oldest") => "pulumi-oldest",
        _ => "pulumi",
    }
}

/// The folders of the real programs, which the engine looks for on the PATH.
pub fn programs() -> [PathBuf; 2] {
    [engine(), "pulumi-language-yaml"].map(|name| folder(name).join("bin"))
}

/// A folder with a program, a home and a backend.
pub struct Stage {
    folder: TempDir,
    passphrase: &'static str,
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
        let folder = TempDir::with_prefix("stackstep-real-").unwrap();
        for name in ["program", "home", "state"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let stage = Self { folder, passphrase: "a passphrase" };
        stage.write("Pulumi.yaml", program);
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

    /// A file or folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of the program's folder.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path("program").join(name), text).unwrap();
    }

    /// Runs stackstep with these words, and looks at the result that it writes.
    pub fn stackstep(&self, line: &str) -> Ended {
        let result = self.path("result.json");
        let _ = std::fs::remove_file(&result);
        let mut command = self.command(Path::new(env!("CARGO_BIN_EXE_stackstep")), line);
        command.env("STACKSTEP_RESULT_FILE", &result);
        let mut ended = Ended::of(&mut command);
        if result.exists() {
            ended.result = json(&result);
            let processes = ended.result["engine"]["processes"].as_u64().unwrap_or_default();
            STARTS.fetch_add(processes, Ordering::Relaxed);
        }
        ended
    }

    /// Runs the CLI itself with these words.
    pub fn pulumi(&self, line: &str) -> Ended {
        STARTS.fetch_add(1, Ordering::Relaxed);
        Ended::of(&mut self.command(Path::new("pulumi"), &format!("{line} --non-interactive")))
    }

    fn command(&self, program: &Path, line: &str) -> Command {
        let path = std::env::var_os("PATH").unwrap();
        let folders = programs().into_iter().chain(std::env::split_paths(&path));
        let mut command = Command::new(program);
        command.args(line.split_whitespace()).current_dir(self.path("program")).env_clear();
        command
            .env("PATH", std::env::join_paths(folders).unwrap())
            .env("HOME", self.path("home"))
            .env("PULUMI_HOME", self.path("home"))
            .env("PULUMI_BACKEND_URL", format!("file://{}", self.path("state").display()))
            .env("PULUMI_CONFIG_PASSPHRASE", self.passphrase)
            .env("PULUMI_SKIP_UPDATE_CHECK", "true");
        command.stdin(std::process::Stdio::null());
        command
    }
}

impl Ended {
    fn of(command: &mut Command) -> Self {
        let output = output(command);
        let (stdout, stderr) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        Self {
            status: output.status.code().unwrap_or(-1),
            log: format!("{stdout}{stderr}"),
            stdout: stdout.into_owned(),
            result: Value::Null,
        }
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
