//! Which command installs what a program needs, and whether it is missing. Reads the disk, starts nothing.
//!
//! A lock file decides: its strict command installs what was reviewed, or fails. `pulumi install` comes where there is
//! none; it runs `npm install`, which may change a lock file.

use std::path::{Path, PathBuf};

use semver::Version;

use super::{node, python};
use crate::base::env::Env;
use crate::pulumi::project::Project;

/// A program that may need something.
#[derive(Debug)]
pub struct Program<'a> {
    project: &'a Project,
    /// Where it runs, and has its packages: `main`.
    pub(super) folder: PathBuf,
    pub(super) env: &'a Env,
    /// The engine's version, where it is known.
    pub(super) engine: Option<&'a Version>,
}

/// What there is to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Work {
    /// The folder to do it in.
    pub folder: PathBuf,
    /// The reason, for the log.
    pub why: String,
    /// Passes when nothing is missing after all; for what the disk alone does not tell.
    pub ask: Option<Step>,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// The variables that they need.
    pub set: Vec<(String, String)>,
}

/// One command, or the first of several ways that passes.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// What runs.
    pub tool: Tool,
    /// The ways to do it.
    pub attempts: Vec<Attempt>,
}

/// What runs a step.
#[derive(Debug, PartialEq, Eq)]
pub enum Tool {
    /// The engine.
    Engine,
    /// The first of these that is on the PATH.
    OneOf(Vec<String>),
    /// A file, from the work's folder.
    File(PathBuf),
}

/// One way to do a step.
#[derive(Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The arguments.
    pub args: Vec<String>,
    /// Whether a failure can be the network's, so that another try may help.
    pub uses_network: bool,
}

impl Step {
    /// The engine with these arguments.
    pub fn engine(args: &[&str]) -> Self {
        Self { tool: Tool::Engine, attempts: vec![Attempt::online(args)] }
    }

    /// A program of the PATH with these arguments.
    pub(super) fn of(name: &str, args: Vec<String>) -> Self {
        Self {
            tool: Tool::OneOf(vec![name.to_owned()]),
            attempts: vec![Attempt { args, uses_network: true }],
        }
    }

    /// Python, as the CLI finds it: <https://www.pulumi.com/docs/iac/cli/environment-variables/>.
    pub(super) fn of_python(program: &Program<'_>, args: &[&str]) -> Self {
        let names = match program.env.get("PULUMI_PYTHON_CMD") {
            Some(named) => vec![named.to_owned()],
            None if cfg!(windows) => vec!["python".to_owned(), "python3".to_owned()],
            None => vec!["python3".to_owned(), "python".to_owned()],
        };
        Self { tool: Tool::OneOf(names), attempts: vec![Attempt::online(args)] }
    }

    /// Whether the engine runs it.
    pub fn is_engine(&self) -> bool {
        self.tool == Tool::Engine
    }

    /// Its last way as a command line.
    pub fn shown(&self) -> String {
        let tool = match &self.tool {
            Tool::Engine => "pulumi".to_owned(),
            Tool::OneOf(names) => names.first().cloned().unwrap_or_default(),
            Tool::File(path) => path.display().to_string(),
        };
        let args = self.attempts.last().map(|attempt| attempt.args.join(" ")).unwrap_or_default();
        format!("{tool} {args}")
    }
}

impl Attempt {
    pub(super) fn online(args: &[&str]) -> Self {
        Self { args: args.iter().map(|arg| (*arg).to_owned()).collect(), uses_network: true }
    }

    fn offline(args: &[&str]) -> Self {
        Self { uses_network: false, ..Self::online(args) }
    }
}

/// A package manager with a lock file and a strict command.
pub(super) struct Locked {
    pub(super) file: &'static str,
    pub(super) name: &'static str,
    pub(super) args: &'static [&'static str],
}

impl<'a> Program<'a> {
    /// The program of `project`, which `engine` runs.
    pub fn of(project: &'a Project, env: &'a Env, engine: Option<&'a Version>) -> Self {
        Self { project, folder: project.program_folder(), env, engine }
    }

    /// Whether it is all there, as far as the disk tells; [`Work::ask`] knows the rest.
    pub fn is_there(&self) -> bool {
        match self.runtime() {
            "nodejs" | "bun" => node::is_there(self),
            // An environment is there before anything is in it: only its Python tells.
            "python" => false,
            "go" => self.folder.join("vendor/modules.txt").is_file(),
            "dotnet" => self.folder.join("obj/project.assets.json").is_file(),
            "java" => ["target/classes", "build/classes"].iter().any(|sub| self.folder.join(sub).is_dir()),
            _ => self.root().join("sdks").is_dir(),
        }
    }

    /// What installs all of it. None where the program has nothing to install.
    pub fn all(&self) -> Option<Work> {
        if self.option("binary").is_some() {
            return None;
        }
        let work = match self.runtime() {
            "nodejs" | "bun" => node::work(self),
            "python" => python::work(self),
            "go" => self.go(),
            "dotnet" => self.dotnet(),
            "java" => self.java(),
            _ => None,
        };
        // Packages that the project file names are generated by the engine, whatever the language.
        if self.project.own_packages { Some(self.by_the_engine("Pulumi.yaml")) } else { work }
    }

    /// The project file's folder.
    pub(super) fn root(&self) -> &Path {
        self.project.folder()
    }

    pub(super) fn runtime(&self) -> &str {
        self.project.runtime.as_deref().unwrap_or_default()
    }

    pub(super) fn option(&self, name: &str) -> Option<&str> {
        self.project.runtime_options.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The folders from the program's up to the repository's root: a workspace has one lock file for all.
    pub(super) fn folders(&self) -> impl Iterator<Item = &Path> {
        let mut inside = true;
        self.folder.ancestors().take_while(move |folder| {
            let take = inside;
            inside = inside && !folder.join(".git").exists();
            take
        })
    }

    /// The nearest of these lock files.
    pub(super) fn lock_file(&self, locked: &'static [Locked]) -> Option<(PathBuf, &'static Locked)> {
        self.folders().find_map(|folder| {
            let found = locked.iter().find(|locked| folder.join(locked.file).is_file())?;
            Some((folder.to_owned(), found))
        })
    }

    /// `pulumi install`, without the plugins: those come when they are needed, or with a token of their own.
    pub(super) fn by_the_engine(&self, because: &str) -> Work {
        Work {
            folder: self.root().to_owned(),
            why: format!("`pulumi install`, as there is {because} and no lock file with a strict command"),
            ask: None,
            steps: vec![Step::engine(&["install", "--no-plugins"])],
            set: Vec::new(),
        }
    }

    /// What is downloaded is checked against `go.sum`; what is there already is not downloaded again, so that there is
    /// nothing to ask: <https://go.dev/ref/mod#go-mod-download>.
    fn go(&self) -> Option<Work> {
        let folder = self.folders().find(|folder| folder.join("go.mod").is_file())?;
        Some(by(folder, "go mod download, as there is go.mod", "go", &["mod", "download"]))
    }

    /// <https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files#locking-dependencies>
    fn dotnet(&self) -> Option<Work> {
        if !self.folder.join("packages.lock.json").is_file() {
            return self.has_file_ending("proj").then(|| self.by_the_engine("a project file of .NET"));
        }
        let why = "dotnet restore, as there is packages.lock.json";
        Some(by(&self.folder, why, "dotnet", &["restore", "--locked-mode"]))
    }

    /// Maven has no lock file: what its local repository holds is used first.
    /// <https://maven.apache.org/ref/current/maven-embedder/cli.html>
    fn java(&self) -> Option<Work> {
        if !self.folder.join("pom.xml").is_file() {
            let gradle =
                ["build.gradle", "build.gradle.kts"].iter().any(|name| self.folder.join(name).is_file());
            return gradle.then(|| self.by_the_engine("a build of Gradle"));
        }
        let attempts = vec![
            Attempt::offline(&["--batch-mode", "--quiet", "--offline", "compile"]),
            Attempt::online(&["--batch-mode", "--no-transfer-progress", "compile"]),
        ];
        Some(Work {
            folder: self.folder.clone(),
            why: "mvn, as there is pom.xml".to_owned(),
            ask: None,
            steps: vec![Step { tool: Tool::OneOf(vec!["mvn".to_owned()]), attempts }],
            set: Vec::new(),
        })
    }

    fn has_file_ending(&self, ending: &str) -> bool {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        entries.into_iter().any(|entry| entry.file_name().to_string_lossy().ends_with(ending))
    }
}

/// The command that installs exactly what a lock file names.
pub(super) fn kept_to(folder: &Path, locked: &'static Locked, args: &[&str]) -> Work {
    by(folder, &format!("{}, as there is {}", locked.name, locked.file), locked.name, args)
}

/// One command of a program of the PATH.
fn by(folder: &Path, why: &str, name: &str, args: &[&str]) -> Work {
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    Work {
        folder: folder.to_owned(),
        why: why.to_owned(),
        ask: None,
        steps: vec![Step::of(name, args)],
        set: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
