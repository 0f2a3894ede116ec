//! The example program in a temporary folder with a backend, a home and an environment of its own: nothing of the
//! person's own logins or settings reaches it, and nothing is left behind.

use crate::process::{cargo, command, succeeds};
use stackstep::base::error::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What of a person's environment programs need to run at all.
const KEPT: &[&str] = &["PATH", "LANG", "LC_ALL", "TERM", "TMPDIR", "NO_COLOR", "SystemRoot", "TEMP"];

/// The binaries, and the example as a project of its own.
pub struct Stage {
    folder: tempfile::TempDir,
    binaries: PathBuf,
    engine: Engine,
}

/// What deploys.
#[derive(Debug, Clone)]
enum Engine {
    /// Our stand-in.
    Sandbox,
    /// The Pulumi CLI of the PATH.
    Path,
    /// This Pulumi CLI.
    At(PathBuf),
}

impl Stage {
    /// Builds both programs, with `release` as they will be released, and lays out the example.
    pub fn new(root: &Path, engine: &str, release: bool) -> Result<Self> {
        let mut build = cargo(root);
        build.args(["build", "--quiet", "--bins"]);
        if release {
            build.args(["--release", "--package", "stackstep", "--package", "pulumi-sandbox"]);
        } else {
            // With the features that the tests build it with, so that nothing is built twice.
            build.arg("--workspace");
        }
        if !succeeds(&mut build)? {
            return Err(Error::input("the programs do not build", "see cargo's messages above"));
        }
        let folder = tempfile::tempdir().map_err(Error::io("create a folder in", std::env::temp_dir()))?;
        for name in ["program", "state", "home"] {
            let path = folder.path().join(name);
            std::fs::create_dir(&path).map_err(Error::io("create", &path))?;
        }
        let example = root.join("examples/hello/Pulumi.yaml");
        std::fs::copy(&example, folder.path().join("program/Pulumi.yaml"))
            .map_err(Error::io("copy", &example))?;
        let engine = match engine {
            "sandbox" => Engine::Sandbox,
            "pulumi" => Engine::Path,
            path => Engine::At(std::path::absolute(path).map_err(Error::io("find", path))?),
        };
        let binaries = root.join(if release { "target/release" } else { "target/debug" });
        Ok(Self { folder, binaries, engine })
    }

    /// The folder of the program.
    pub fn program(&self) -> PathBuf {
        self.folder.path().join("program")
    }

    /// A file of this run.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `stackstep` with `arguments` and the engine that was asked for.
    pub fn stackstep(&self, arguments: &[&str]) -> Command {
        let mut command = self.prepare(self.binaries.join("stackstep"));
        command.args(arguments);
        match &self.engine {
            Engine::Sandbox => command.args(["--engine", "sandbox"]),
            Engine::Path => command.args(["--engine", "pulumi"]),
            Engine::At(path) => command.arg("--engine").arg(path),
        };
        command
    }

    /// `stackstep` with no engine named, and none on its PATH.
    pub fn bare(&self) -> Command {
        let mut command = self.prepare(self.binaries.join("stackstep"));
        command.env("PATH", "/usr/bin:/bin");
        command
    }

    /// `stackstep` with `arguments` and another engine than the one that was asked for.
    pub fn stackstep_on(&self, engine: &Path, arguments: &[&str]) -> Command {
        let mut command = self.prepare(self.binaries.join("stackstep"));
        command.args(arguments).arg("--engine").arg(engine);
        command
    }

    /// The engine itself with `arguments`.
    pub fn engine(&self, arguments: &[&str]) -> Command {
        let mut command = match &self.engine {
            Engine::Sandbox => return self.sandbox(arguments),
            Engine::Path => self.prepare(PathBuf::from("pulumi")),
            Engine::At(path) => self.prepare(path.clone()),
        };
        command.args(arguments);
        command
    }

    /// The sandbox engine with `arguments`, whichever engine was asked for.
    pub fn sandbox(&self, arguments: &[&str]) -> Command {
        let mut command = self.prepare(self.binaries.join("pulumi-sandbox"));
        command.args(arguments);
        command
    }

    /// What the table of a benchmark calls the engine.
    pub fn engine_label(&self) -> &'static str {
        if matches!(self.engine, Engine::Sandbox) { "sandbox" } else { "real" }
    }

    /// Node, in the example's folder.
    pub fn node(&self) -> Command {
        self.prepare(PathBuf::from("node"))
    }

    /// A built program.
    pub fn built(&self, program: &str) -> PathBuf {
        self.binaries.join(program)
    }

    /// The size of a built program in bytes.
    pub fn size(&self, program: &str) -> Result<u64> {
        let path = self.built(program);
        Ok(std::fs::metadata(&path).map_err(Error::io("read", &path))?.len())
    }

    fn prepare(&self, program: PathBuf) -> Command {
        let mut command = command(program, &self.program());
        let kept = KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        command
            .env_clear()
            .envs(kept)
            .env("HOME", self.file("home"))
            .env("PULUMI_HOME", self.file("home"))
            .env("PULUMI_BACKEND_URL", format!("file://{}", self.file("state").display()))
            .env("PULUMI_CONFIG_PASSPHRASE", "a passphrase for the example")
            .env("PULUMI_SKIP_UPDATE_CHECK", "true");
        command
    }
}
