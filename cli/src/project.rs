//! The Pulumi program's own files: `Pulumi.yaml` and the `Pulumi.<stack>.yaml` beside it.
//! <https://www.pulumi.com/docs/iac/concepts/projects/project-file/>

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::dots::without_dots;
use crate::error::{Error, Result};
use crate::stack::StackName;
use crate::text_file::{self, read_text};
use crate::yaml::{self, Mapping, Value};

/// The names that the CLI looks for.
const FILES: [&str; 3] = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"];

/// A project file.
#[derive(Debug, Clone)]
pub struct Project {
    /// Where it lies.
    pub path: PathBuf,
    /// `name`.
    pub name: String,
    /// `backend.url`.
    pub backend_url: Option<String>,
    /// `runtime`, or its `name`.
    pub runtime: Option<String>,
    /// `runtime.options`, as far as they are single values.
    pub runtime_options: BTreeMap<String, String>,
    /// It names packages or plugins of its own, which can be written in any language.
    pub own_packages: bool,
    /// `requiredPulumiVersion`.
    pub required_version: Option<String>,
    /// `main`: the program's folder or its first file, from the project file's folder.
    main: Option<String>,
    /// Where the stacks' configuration files lie.
    config_folder: PathBuf,
}

impl Project {
    /// Finds the project file in `start` or the nearest folder above, as the CLI does. None where there is none.
    pub fn find(start: &Path) -> Result<Option<Self>> {
        for folder in start.ancestors() {
            for name in FILES {
                let path = folder.join(name);
                match read_text(&path, text_file::SETTINGS) {
                    Ok(text) => return Self::parse(path, &text).map(Some),
                    // A folder of that name is no project file.
                    Err(error) if error.is_missing() => {}
                    Err(error) => {
                        let hint = error.hint().unwrap_or("fix the project file");
                        return Err(unreadable(&path, &error.to_string(), hint));
                    }
                }
            }
        }
        Ok(None)
    }

    fn parse(path: PathBuf, text: &str) -> Result<Self> {
        let wrong = |why: &str| unreadable(&path, why, "fix the project file");
        let file = yaml::parse(text).map_err(|error| wrong(&error.to_string()))?;
        let name = file.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
        let Some(name) = name else {
            return Err(wrong("it has no `name`"));
        };
        let text_of = |key: &str| file.get(key).and_then(Value::as_str).map(str::to_owned);
        let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
        let config_folder = ["stackConfigDir", "config"]
            .into_iter()
            // Before projects had a schema for configuration, `config` was the folder's name.
            .find_map(|key| file.get(key).and_then(Value::as_str))
            .map_or_else(|| folder.clone(), |sub| folder.join(sub));
        let backend_url = file.get("backend").and_then(|backend| backend.get("url")).and_then(Value::as_str);
        let runtime = file.get("runtime").and_then(|runtime| runtime.get("name").unwrap_or(runtime).as_str());
        Ok(Self {
            name: name.to_owned(),
            backend_url: backend_url.map(str::to_owned),
            runtime: runtime.map(str::to_owned),
            runtime_options: options(&file),
            own_packages: file.get("packages").is_some() || file.get("plugins").is_some(),
            required_version: text_of("requiredPulumiVersion"),
            main: text_of("main").filter(|main| !main.is_empty()),
            config_folder,
            path,
        })
    }

    /// The folder of the project file.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// The folder that the program runs in and that has its packages: `main`, or the folder that it lies in where it is
    /// a file, else the project file's. <https://www.pulumi.com/docs/iac/concepts/projects/project-file/#attributes>
    pub fn program_folder(&self) -> PathBuf {
        let Some(main) = &self.main else { return self.folder().to_owned() };
        // As the CLI reads it.
        let main = without_dots(&self.folder().join(main));
        if main.is_dir() {
            main
        } else {
            main.parent().map_or_else(|| self.folder().to_owned(), Path::to_owned)
        }
    }

    /// The stacks that have a configuration file, sorted.
    pub fn stacks(&self) -> Vec<StackName> {
        let Ok(entries) = std::fs::read_dir(&self.config_folder) else { return Vec::new() };
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter_map(|file| {
                let middle = file.strip_prefix("Pulumi.")?;
                middle.strip_suffix(".yaml").or_else(|| middle.strip_suffix(".yml")).map(str::to_owned)
            })
            .collect();
        names.sort();
        names.dedup();
        names.iter().filter_map(|name| StackName::parse(name).ok()).collect()
    }

    /// The configuration file of `stack`.
    pub fn stack_file(&self, stack: &StackName) -> PathBuf {
        self.config_folder.join(format!("Pulumi.{}.yaml", stack.short()))
    }
}

/// <https://www.pulumi.com/docs/iac/concepts/projects/project-file/#runtime-options>
fn options(file: &Value) -> BTreeMap<String, String> {
    let options = file.get("runtime").and_then(|runtime| runtime.get("options")).and_then(Value::as_mapping);
    options
        .into_iter()
        .flat_map(Mapping::iter)
        .filter_map(|(name, value)| Some((name.as_str()?.to_owned(), value.source()?.to_owned())))
        .collect()
}

fn unreadable(path: &Path, why: &str, hint: &str) -> Error {
    Error::input(format!("could not read `{}`: {why}", path.display()), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_backend_are_read() {
        let project =
            Project::parse("/p/Pulumi.yaml".into(), "name: shop\nruntime: yaml\nbackend: {url: s3://b}")
                .unwrap();
        assert_eq!((project.name.as_str(), project.backend_url.as_deref()), ("shop", Some("s3://b")));
    }

    #[test]
    fn the_runtime_is_a_word_or_has_a_name() {
        let runtime = |text| Project::parse("/p/Pulumi.yaml".into(), text).unwrap().runtime;
        assert_eq!(runtime("name: shop\nruntime: go").as_deref(), Some("go"));
        assert_eq!(runtime("name: shop\nruntime: {name: python, options: {}}").as_deref(), Some("python"));
        assert_eq!(runtime("name: shop"), None);
    }

    #[test]
    fn a_malformed_file_names_line_and_column() {
        let error = Project::parse("/p/Pulumi.yaml".into(), "name: [a\nruntime: x").unwrap_err().to_string();
        assert!(error.contains("line 2 column"), "{error}");
    }

    #[test]
    fn a_byte_order_mark_and_a_second_document_are_as_if_they_were_not_there() {
        for text in [
            "\u{feff}name: shop",
            "\u{feff}---\nname: shop\n",
            "name: shop\n---\n",
            "name: shop\n---\nname: b",
        ] {
            assert_eq!(Project::parse("/p/Pulumi.yaml".into(), text).unwrap().name, "shop", "{text:?}");
        }
    }

    #[test]
    fn the_program_lies_where_main_says() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("p/app/src")).unwrap();
        std::fs::write(root.path().join("p/app/src/index.ts"), "").unwrap();
        let folder = |main: &str| {
            let path = root.path().join("p/Pulumi.yaml");
            let project = Project::parse(path, &format!("name: shop\n{main}")).unwrap();
            project.program_folder().strip_prefix(root.path()).unwrap().to_owned()
        };
        for (main, expected) in [
            ("", "p"),
            ("main: app/", "p/app"),
            ("main: ./app", "p/app"),
            ("main: app/../app/src", "p/app/src"),
            ("main: app/src/index.ts", "p/app/src"),
            ("main: ../p/app", "p/app"),
            ("main: index.ts", "p"),
        ] {
            assert_eq!(folder(main), Path::new(expected), "{main}");
        }
    }

    #[test]
    fn the_stack_files_lie_where_the_project_says() {
        let project = Project::parse("/p/Pulumi.yaml".into(), "name: shop\nstackConfigDir: stacks").unwrap();
        let stack = StackName::parse("acme/dev").unwrap();
        assert_eq!(project.stack_file(&stack), Path::new("/p/stacks/Pulumi.dev.yaml"));
    }
}
