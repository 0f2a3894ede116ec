//! The project file: found, read and checked with the CLI's own messages.
//!
//! <https://www.pulumi.com/docs/iac/concepts/projects/project-file/>

use std::path::{Path, PathBuf};

use super::yaml::{self, Node};
use crate::env::Env;
use crate::failure::Failure;

/// The project's file names, the first that is there counts. One of JSON is found, as the CLI does, and refused.
const NAMES: [&str; 3] = ["Pulumi.json", "Pulumi.yaml", "Pulumi.yml"];

/// A project file.
#[derive(Debug, Clone)]
pub struct Project {
    /// Where it is.
    pub file: PathBuf,
    /// Its text.
    pub source: String,
    /// Its content.
    pub root: Node,
    /// The project's name.
    pub name: String,
    /// The language of the program.
    pub runtime: String,
    /// `backend.url`.
    pub backend: Option<String>,
    /// `stackConfigDir`, where the stacks' files are.
    pub config_folder: Option<String>,
}

impl Project {
    /// Finds the project in the working folder or above.
    pub fn find(env: &Env) -> Result<Self, Failure> {
        Self::find_if_any(env)?.ok_or_else(|| Self::missing(&env.cwd))
    }

    /// There is no project in this folder and above.
    pub fn missing(folder: &Path) -> Failure {
        let folder = folder.display();
        Failure::new(format!(
            "no Pulumi.yaml project file found (searching upwards from {folder}). If you have not created a project \
             yet, use `pulumi new` to do so: no project file found"
        ))
    }

    /// Finds the project, if there is one: some commands work without.
    pub fn find_if_any(env: &Env) -> Result<Option<Self>, Failure> {
        let mut files = env.cwd.ancestors().flat_map(|folder| NAMES.map(|name| folder.join(name)));
        files.find(|file| file.is_file()).map(|file| Self::read(&file)).transpose()
    }

    fn read(file: &Path) -> Result<Self, Failure> {
        if file.extension().is_some_and(|ending| ending == "json") {
            return Err(Failure::unsupported("a `Pulumi.json`"));
        }
        let shown = file.display();
        let source = std::fs::read_to_string(file)
            .map_err(|error| Failure::new(format!("could not read '{shown}': {error}")))?;
        let root = yaml::parse(&source).map_err(|problem| {
            Failure::new(format!(
                "could not unmarshal '{shown}': {}{problem}",
                if problem.contains("unmarshal errors") { "" } else { "invalid YAML file: " }
            ))
        })?;
        let invalid = |problem: &str| Failure::new(format!("could not validate '{shown}': {problem}"));
        if root.entries().is_none() {
            let kind = match root.kind {
                yaml::Kind::List(_) => "[]interface {}",
                yaml::Kind::Null => "<nil>",
                yaml::Kind::Bool(_) => "bool",
                yaml::Kind::Number(_) => "int",
                yaml::Kind::Text(_) | yaml::Kind::Map(_) => "string",
            };
            return Err(invalid(&format!("expected project to be an object, was '{kind}'")));
        }
        let text = |name: &str| root.get(name).and_then(Node::text).map(str::to_owned);
        let name = text("name").ok_or_else(|| invalid("project is missing a 'name' attribute"))?;
        if name.is_empty() {
            return Err(invalid("project is missing a non-empty string 'name' attribute"));
        }
        if !name.chars().all(|char| char.is_ascii_alphanumeric() || "-_.".contains(char)) {
            let message = "project names may only contain alphanumerics, hyphens, underscores, and periods";
            return Err(Failure::new(message));
        }
        let runtime = text("runtime")
            .or_else(|| root.get("runtime")?.get("name").and_then(Node::text).map(str::to_owned))
            .unwrap_or_default();
        let backend = root.get("backend").and_then(|backend| backend.get("url")?.text()).map(str::to_owned);
        let config_folder = text("stackConfigDir");
        Ok(Self { file: file.to_owned(), source, name, runtime, backend, config_folder, root })
    }

    /// The folder that holds the project.
    pub fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new("."))
    }

    /// Refuses programs that the sandbox can't run.
    pub fn require_yaml(&self) -> Result<(), Failure> {
        if self.runtime == "yaml" && self.root.get("main").is_none() {
            return Ok(());
        }
        if self.runtime == "yaml" {
            return Err(Failure::unsupported("`main` in Pulumi.yaml"));
        }
        Err(Failure::unsupported(format_args!("programs with `runtime: {}`, only YAML", self.runtime)))
    }
}
