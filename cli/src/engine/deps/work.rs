//! The commands that install what a program needs before it can run.

use crate::base::env::Env;
use crate::pulumi::project::Project;
use semver::Version;
use std::path::{Path, PathBuf};

/// A program whose dependencies may be missing.
#[derive(Debug)]
pub struct Program<'a> {
    pub(super) project: &'a Project,
    /// The folder that the program runs in, and has its packages in: `main` of the project file.
    pub(super) folder: PathBuf,
    pub(super) env: &'a Env,
    /// The engine's version, if it is known.
    pub(super) engine: Option<&'a Version>,
}

/// The commands of an install.
#[derive(Debug, PartialEq, Eq)]
pub struct Work {
    /// The folder to run them in.
    pub folder: PathBuf,
    /// The reason, for the log.
    pub why: String,
    /// A step that passes if nothing is missing; for a program whose files alone do not tell.
    pub ask: Option<InstallStep>,
    /// The steps, in order.
    pub steps: Vec<InstallStep>,
    /// The variables that the steps need.
    pub set: Vec<(String, String)>,
}

/// One command, or several ways of which the first that passes counts.
#[derive(Debug, PartialEq, Eq)]
pub struct InstallStep {
    /// The program to run.
    pub tool: Tool,
    /// The ways to do it, in order.
    pub attempts: Vec<Attempt>,
}

/// The program of a step.
#[derive(Debug, PartialEq, Eq)]
pub enum Tool {
    /// The engine.
    Engine,
    /// The first of these that is on the PATH.
    OneOf(Vec<String>),
    /// A file, by its path from the folder of the work.
    File(PathBuf),
}

/// One way to do a step.
#[derive(Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The arguments.
    pub args: Vec<String>,
    /// Whether a failure can come from the network, so that another try may help.
    pub uses_network: bool,
}

impl InstallStep {
    /// The engine with these arguments.
    pub fn engine(args: &[&str]) -> Self {
        Self { tool: Tool::Engine, attempts: vec![Attempt::online(args)] }
    }

    /// A program of the PATH with these arguments.
    pub(super) fn new(name: &str, args: Vec<String>) -> Self {
        Self {
            tool: Tool::OneOf(vec![name.to_owned()]),
            attempts: vec![Attempt { args, uses_network: true }],
        }
    }

    /// Python with these arguments, found as the CLI finds it:
    /// <https://www.pulumi.com/docs/iac/cli/environment-variables/>.
    pub(super) fn of_python(program: &Program<'_>, args: &[&str]) -> Self {
        let names = match program.env.get("PULUMI_PYTHON_CMD") {
            Some(named) => vec![named.to_owned()],
            None if cfg!(windows) => vec!["python".to_owned(), "python3".to_owned()],
            None => vec!["python3".to_owned(), "python".to_owned()],
        };
        Self { tool: Tool::OneOf(names), attempts: vec![Attempt::online(args)] }
    }

    /// Whether the engine runs the step.
    pub fn is_engine(&self) -> bool {
        self.tool == Tool::Engine
    }

    /// The step's last attempt as a command line.
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

    pub(super) fn offline(args: &[&str]) -> Self {
        Self { uses_network: false, ..Self::online(args) }
    }
}

/// A package manager with a lock file and a strict command.
pub(super) struct Locked {
    pub(super) file: &'static str,
    pub(super) name: &'static str,
    pub(super) args: &'static [&'static str],
}

/// The command that installs exactly what a lock file names.
pub(super) fn kept_to(folder: &Path, locked: &'static Locked, args: &[&str]) -> Work {
    by(folder, &format!("{}, as there is {}", locked.name, locked.file), locked.name, args)
}

/// One command of a program on the PATH.
pub(super) fn by(folder: &Path, why: &str, name: &str, args: &[&str]) -> Work {
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    Work {
        folder: folder.to_owned(),
        why: why.to_owned(),
        ask: None,
        steps: vec![InstallStep::new(name, args)],
        set: Vec::new(),
    }
}
