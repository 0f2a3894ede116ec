//! Which command installs what a program needs, and whether it is missing. Reads the disk, starts nothing.
//!
//! A lock file decides: its strict command installs what was reviewed, or fails. `pulumi install` comes where there is
//! none; it runs `npm install`, which may change a lock file.

use std::path::{Path, PathBuf};

use crate::project::Project;

/// A program that may need something.
#[derive(Debug)]
pub struct Program<'a> {
    project: &'a Project,
    folder: &'a Path,
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
    OneOf(&'static [&'static str]),
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

    fn of(names: &'static [&'static str], args: &[&str]) -> Self {
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
            Tool::OneOf(names) => names.first().copied().unwrap_or_default().to_owned(),
            Tool::File(path) => path.display().to_string(),
        };
        let args = self.attempts.last().map(|attempt| attempt.args.join(" ")).unwrap_or_default();
        format!("{tool} {args}")
    }
}

impl Attempt {
    fn online(args: &[&str]) -> Self {
        Self { args: args.iter().map(|arg| (*arg).to_owned()).collect(), uses_network: true }
    }

    fn offline(args: &[&str]) -> Self {
        Self { uses_network: false, ..Self::online(args) }
    }
}

/// A package manager with a lock file and a strict command.
struct Locked {
    file: &'static str,
    names: &'static [&'static str],
    args: &'static [&'static str],
}

/// npm: <https://docs.npmjs.com/cli/commands/npm-ci>, pnpm: <https://pnpm.io/cli/install>, Bun:
/// <https://bun.com/docs/cli/install>. Yarn has two of one name, see [`yarn`].
const NODE: &[Locked] = &[
    Locked { file: "pnpm-lock.yaml", names: &["pnpm"], args: &["install", "--frozen-lockfile"] },
    Locked { file: "yarn.lock", names: &["yarn"], args: &["install", "--immutable"] },
    Locked { file: "bun.lock", names: &["bun"], args: &["install", "--frozen-lockfile"] },
    Locked { file: "bun.lockb", names: &["bun"], args: &["install", "--frozen-lockfile"] },
    Locked { file: "npm-shrinkwrap.json", names: &["npm"], args: &["ci", "--no-audit", "--no-fund"] },
    Locked { file: "package-lock.json", names: &["npm"], args: &["ci", "--no-audit", "--no-fund"] },
];

/// uv: <https://docs.astral.sh/uv/reference/cli/#uv-sync>, Poetry: <https://python-poetry.org/docs/cli/#install>.
const PYTHON: &[Locked] = &[
    Locked { file: "uv.lock", names: &["uv"], args: &["sync", "--locked"] },
    Locked { file: "poetry.lock", names: &["poetry"], args: &["install", "--no-interaction", "--no-root"] },
];

const PYTHONS: &[&str] = &["python3", "python"];

/// Fails where the SDK can't be imported.
const IMPORT: &str = "import pulumi";

impl<'a> Program<'a> {
    /// The program of `project`.
    pub fn of(project: &'a Project) -> Self {
        Self { project, folder: project.path.parent().unwrap_or(Path::new(".")) }
    }

    /// Whether it is all there, as far as the disk tells; [`Work::ask`] knows the rest.
    pub fn is_there(&self) -> bool {
        match self.runtime() {
            "nodejs" | "bun" => self.node_modules_are_there(),
            // An environment is there before anything is in it: only its Python tells.
            "python" => false,
            "go" => self.folder.join("vendor/modules.txt").is_file(),
            "dotnet" => self.folder.join("obj/project.assets.json").is_file(),
            "java" => ["target/classes", "build/classes"].iter().any(|sub| self.folder.join(sub).is_dir()),
            _ => self.folder.join("sdks").is_dir(),
        }
    }

    /// What installs all of it. None where the program has nothing to install.
    pub fn all(&self) -> Option<Work> {
        if self.option("binary").is_some() {
            return None;
        }
        let work = match self.runtime() {
            "nodejs" | "bun" => self.node(),
            "python" => self.python(),
            "go" => self.go(),
            "dotnet" => self.dotnet(),
            "java" => self.java(),
            _ => None,
        };
        // Packages that the project file names are generated by the engine, whatever the language.
        if self.project.own_packages { Some(self.by_the_engine("Pulumi.yaml")) } else { work }
    }

    fn runtime(&self) -> &str {
        self.project.runtime.as_deref().unwrap_or_default()
    }

    fn option(&self, name: &str) -> Option<&str> {
        self.project.runtime_options.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The folders from the program's up to the repository's root: a workspace has one lock file for all.
    fn folders(&self) -> impl Iterator<Item = &'a Path> {
        let mut inside = true;
        self.folder.ancestors().take_while(move |folder| {
            let take = inside;
            inside = inside && !folder.join(".git").exists();
            take
        })
    }

    /// The nearest of these lock files.
    fn lock_file(&self, locked: &'static [Locked]) -> Option<(PathBuf, &'static Locked)> {
        self.folders().find_map(|folder| {
            let found = locked.iter().find(|locked| folder.join(locked.file).is_file())?;
            Some((folder.to_owned(), found))
        })
    }

    /// `pulumi install`, without the plugins: those come when they are needed, or with a token of their own.
    fn by_the_engine(&self, because: &str) -> Work {
        Work {
            folder: self.folder.to_owned(),
            why: format!("`pulumi install`, as there is {because} and no lock file with a strict command"),
            ask: None,
            steps: vec![Step::engine(&["install", "--no-plugins"])],
        }
    }

    fn node(&self) -> Option<Work> {
        let own = self.folder.join("package.json").is_file();
        // One above is the program's where it has no package of its own, or is a part of that workspace.
        let is_ours = |folder: &Path| folder == self.folder || !own || is_workspace(folder);
        let Some((folder, locked)) = self.lock_file(NODE).filter(|(folder, _)| is_ours(folder)) else {
            return self.folder.join("package.json").is_file().then(|| self.by_the_engine("package.json"));
        };
        let args = if locked.file == "yarn.lock" { yarn(&folder) } else { locked.args };
        Some(kept_to(folder, locked, args))
    }

    /// Whether Node finds the SDK: <https://nodejs.org/api/modules.html#loading-from-node_modules-folders>. Yarn
    /// without `node_modules` has one file instead: <https://yarnpkg.com/features/pnp>.
    fn node_modules_are_there(&self) -> bool {
        self.folders().any(|folder| {
            folder.join("node_modules/@pulumi/pulumi/package.json").is_file()
                || (folder.join(".pnp.cjs").is_file() && folder.join(".yarn/cache").is_dir())
        })
    }

    fn python(&self) -> Option<Work> {
        // Only the toolchain that the project file names runs the program.
        // https://www.pulumi.com/docs/iac/languages-sdks/python/#toolchain-options
        let toolchain = self.option("toolchain").unwrap_or("pip");
        if let Some((folder, locked)) =
            self.lock_file(PYTHON).filter(|(_, locked)| locked.names == [toolchain])
        {
            let mut work = kept_to(folder, locked, locked.args);
            work.ask = Some(match toolchain {
                "poetry" => Step::of(locked.names, &["run", "--quiet", "python", "-c", IMPORT]),
                _ => imports(self.option("virtualenv").unwrap_or(".venv")),
            });
            return Some(work);
        }
        if toolchain != "pip" {
            return self
                .folder
                .join("pyproject.toml")
                .is_file()
                .then(|| self.by_the_engine("pyproject.toml"));
        }
        self.folder.join("requirements.txt").is_file().then(|| self.pip())
    }

    /// Into the virtual environment that the project file names, else beside what Python has already.
    fn pip(&self) -> Work {
        let install = &["-m", "pip", "install", "--disable-pip-version-check", "-r", "requirements.txt"];
        let (ask, steps) = match self.option("virtualenv") {
            Some(environment) => {
                let python = python_of(Path::new(environment));
                let make = Step::of(PYTHONS, &["-m", "venv", environment]);
                let install = Step { tool: Tool::File(python), attempts: vec![Attempt::online(install)] };
                (Some(imports(environment)), vec![make, install])
            }
            None => (Some(Step::of(PYTHONS, &["-c", IMPORT])), vec![Step::of(PYTHONS, install)]),
        };
        Work {
            folder: self.folder.to_owned(),
            why: "pip, as there is requirements.txt".to_owned(),
            ask,
            steps,
        }
    }

    /// What is downloaded is checked against `go.sum`; what is there already is not downloaded again, so that there is
    /// nothing to ask: <https://go.dev/ref/mod#go-mod-download>.
    fn go(&self) -> Option<Work> {
        let folder = self.folders().find(|folder| folder.join("go.mod").is_file())?;
        let steps = vec![Step::of(&["go"], &["mod", "download"])];
        Some(Work {
            folder: folder.to_owned(),
            why: "go mod download, as there is go.mod".to_owned(),
            ask: None,
            steps,
        })
    }

    /// <https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files#locking-dependencies>
    fn dotnet(&self) -> Option<Work> {
        if !self.folder.join("packages.lock.json").is_file() {
            return self.has_file_ending("proj").then(|| self.by_the_engine("a project file of .NET"));
        }
        let steps = vec![Step::of(&["dotnet"], &["restore", "--locked-mode"])];
        Some(Work {
            folder: self.folder.to_owned(),
            why: "dotnet restore, as there is packages.lock.json".to_owned(),
            ask: None,
            steps,
        })
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
            folder: self.folder.to_owned(),
            why: "mvn, as there is pom.xml".to_owned(),
            ask: None,
            steps: vec![Step { tool: Tool::OneOf(&["mvn"]), attempts }],
        })
    }

    fn has_file_ending(&self, ending: &str) -> bool {
        let entries = std::fs::read_dir(self.folder).into_iter().flatten().flatten();
        entries.into_iter().any(|entry| entry.file_name().to_string_lossy().ends_with(ending))
    }
}

/// <https://docs.npmjs.com/cli/using-npm/workspaces>, <https://pnpm.io/workspaces>
fn is_workspace(folder: &Path) -> bool {
    let package = std::fs::read_to_string(folder.join("package.json")).unwrap_or_default();
    package.contains("\"workspaces\"") || folder.join("pnpm-workspace.yaml").is_file()
}

fn kept_to(folder: PathBuf, locked: &'static Locked, args: &[&str]) -> Work {
    let tool = locked.names.first().copied().unwrap_or_default();
    Work {
        folder,
        why: format!("{tool}, as there is {}", locked.file),
        ask: None,
        steps: vec![Step::of(locked.names, args)],
    }
}

/// The first Yarn says in its lock file which one it is, and knows another flag.
/// <https://classic.yarnpkg.com/lang/en/docs/cli/install/>, <https://yarnpkg.com/cli/install>
fn yarn(folder: &Path) -> &'static [&'static str] {
    let text = std::fs::read_to_string(folder.join("yarn.lock")).unwrap_or_default();
    if text.contains("# yarn lockfile v1") {
        &["install", "--frozen-lockfile", "--non-interactive"]
    } else {
        &["install", "--immutable"]
    }
}

/// Passes where the environment has the SDK.
fn imports(environment: &str) -> Step {
    let python = python_of(Path::new(environment));
    Step { tool: Tool::File(python), attempts: vec![Attempt::offline(&["-c", IMPORT])] }
}

/// The interpreter of a virtual environment: <https://docs.python.org/3/library/venv.html#how-venvs-work>.
fn python_of(environment: &Path) -> PathBuf {
    if cfg!(windows) { environment.join("Scripts/python.exe") } else { environment.join("bin/python") }
}

#[cfg(test)]
mod tests;
