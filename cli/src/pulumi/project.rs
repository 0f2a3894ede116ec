//! The Pulumi program's own files: `Pulumi.yaml` and the `Pulumi.<stack>.yaml` beside it, whose ending can also be
//! `.json` or `.yml`. <https://www.pulumi.com/docs/iac/concepts/projects/project-file/>

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::base::dots::without_dots;
use crate::base::error::{Error, Result};
use crate::base::text_file::{self, read_text};
use crate::base::yaml::{self, Mapping, Value};
use crate::pulumi::stack::StackName;

/// The endings of a project file, in the CLI's order: the first file that exists counts.
/// <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/encoding/marshal.go>
pub const ENDINGS: [&str; 3] = ["json", "yaml", "yml"];

/// A project file.
#[derive(Debug, Clone)]
pub struct Project {
    /// The path of the file.
    pub path: PathBuf,
    /// The project's name, from `name`.
    pub name: String,
    /// The backend's URL, from `backend.url`.
    pub backend_url: Option<String>,
    /// The runtime, from `runtime` or its `name`.
    pub runtime: Option<String>,
    /// The `runtime.options` that are single values.
    pub runtime_options: BTreeMap<String, String>,
    /// Whether the file names packages or plugins of its own, which can be written in any language.
    pub own_packages: bool,
    /// The range of Pulumi versions, from `requiredPulumiVersion`.
    pub required_version: Option<String>,
    /// `main`: the program's folder or its first file, from the project file's folder.
    main: Option<String>,
    /// The folder of the stacks' configuration files.
    config_folder: PathBuf,
    /// The ending of those files, which is that of the project file.
    ending: &'static str,
}

/// All names that the CLI could take for a project file, those of other tools and older versions included.
const FILES_OF_ANY_KIND: [&str; 8] = [
    "Pulumi.yaml",
    "Pulumi.yml",
    "Pulumi.json",
    "Pulumi.toml",
    "Pulumi.yaml.gz",
    "Pulumi.yml.gz",
    "Pulumi.json.gz",
    "Pulumi.toml.gz",
];

/// The path of the nearest project file, in `start` or above. It is not read.
pub fn nearest_file(start: &Path) -> Option<PathBuf> {
    let paths = start.ancestors().flat_map(|folder| FILES_OF_ANY_KIND.map(|name| folder.join(name)));
    paths.into_iter().find(|path| path.exists() && !path.is_dir())
}

/// How many folders below the root projects are looked for, and how many folders are looked at.
const DEPTH: usize = 3;
const FOLDERS: usize = 2000;

/// The folders below `root` that hold a project file, from there, sorted. What package managers and tools keep for
/// themselves is left out.
pub fn folders_below(root: &Path) -> Vec<String> {
    const NOT_OURS: [&str; 6] = ["node_modules", "vendor", "venv", "target", "dist", "bin"];
    let mut found = Vec::new();
    let mut level = vec![root.to_owned()];
    let mut left = FOLDERS;
    for _ in 0..DEPTH {
        let entries = level.iter().flat_map(std::fs::read_dir).flatten().filter_map(Result::ok);
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let named = folders.filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            !name.starts_with('.') && !NOT_OURS.contains(&&*name)
        });
        level = named.take(left).map(|entry| entry.path()).collect();
        left -= level.len();
        let has_project = |folder: &&PathBuf| Project::file_names().any(|name| folder.join(name).is_file());
        let projects = level.iter().filter(has_project);
        let relative = projects.filter_map(|folder| folder.strip_prefix(root).ok()?.to_str());
        found.extend(relative.map(|folder| folder.replace('\\', "/")));
    }
    found.sort();
    found
}

impl Project {
    /// Finds the project file in `start` or the nearest folder above, as the CLI does. None if there is no such file.
    pub fn find(start: &Path) -> Result<Option<Self>> {
        for folder in start.ancestors() {
            for ending in ENDINGS {
                let path = folder.join(format!("Pulumi.{ending}"));
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
        let file = values(&path, text).map_err(|why| unreadable(&path, &why, "fix the project file"))?;
        let name = name_of(&file).map_err(|(why, hint)| unreadable(&path, why, hint))?.to_owned();
        let text_of = |key: &str| file.get(key).and_then(Value::as_str).map(str::to_owned);
        let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
        let config_folder = ["stackConfigDir", "config"]
            .into_iter()
            // Before there was a schema for a project's configuration, `config` was the folder's name.
            .find_map(|key| file.get(key).and_then(Value::as_str))
            .map_or_else(|| folder.clone(), |sub| folder.join(sub));
        let backend_url = file.get("backend").and_then(|backend| backend.get("url")).and_then(Value::as_str);
        let runtime = file.get("runtime").and_then(|runtime| runtime.get("name").unwrap_or(runtime).as_str());
        Ok(Self {
            name,
            backend_url: backend_url.map(str::to_owned),
            runtime: runtime.map(str::to_owned),
            runtime_options: options(&file),
            own_packages: file.get("packages").is_some() || file.get("plugins").is_some(),
            required_version: text_of("requiredPulumiVersion"),
            main: text_of("main").filter(|main| !main.is_empty()),
            config_folder,
            ending: ending_of(&path),
            path,
        })
    }

    /// The names that a project file can have.
    pub fn file_names() -> impl Iterator<Item = String> {
        ENDINGS.iter().map(|ending| format!("Pulumi.{ending}"))
    }

    /// The folder of the project file.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// The folder that the program runs in and that has its packages: `main`, the folder of `main` if that is a file,
    /// else the project file's. <https://www.pulumi.com/docs/iac/concepts/projects/project-file/#attributes>
    pub fn program_folder(&self) -> PathBuf {
        let Some(main) = &self.main else { return self.folder().to_owned() };
        // The CLI reads it like this.
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
        let ending = format!(".{}", self.ending);
        let mut names: Vec<String> = entries
            .filter_map(Result::ok)
            .filter(|entry| entry.path().is_file())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter_map(|file| file.strip_prefix("Pulumi.")?.strip_suffix(&ending).map(str::to_owned))
            .collect();
        names.sort();
        names.iter().filter_map(|name| StackName::parse(name).ok()).collect()
    }

    /// The configuration file of `stack`.
    pub fn stack_file(&self, stack: &StackName) -> PathBuf {
        self.config_folder.join(format!("Pulumi.{}.{}", stack.short(), self.ending))
    }
}

/// The content of the file at `path`, a project's or a stack's, read by its ending as the CLI does. An error shows
/// nothing of the content.
pub fn values(path: &Path, text: &str) -> Result<Value, String> {
    if ending_of(path) == "json" {
        let json = serde_json::from_str::<serde_json::Value>(text);
        return json
            .map(Value::from)
            .map_err(|error| format!("it is not JSON, at line {} column {}", error.line(), error.column()));
    }
    yaml::parse(text).map_err(|error| error.to_string())
}

/// The ending of a file's name, if the CLI knows it; else that of YAML.
fn ending_of(path: &Path) -> &'static str {
    let ending = path.extension().unwrap_or_default();
    ENDINGS.into_iter().find(|known| ending == *known).unwrap_or("yaml")
}

/// `name` of a project file, or the reason why it can't be used, with a hint.
fn name_of(file: &Value) -> Result<&str, (&'static str, &'static str)> {
    const NAME: &str = "write a name, such as `name: shop`";
    const QUOTES: &str = "put the name in quotes";
    let Value::Mapping(fields) = file else { return Err(("it is not a mapping", NAME)) };
    match fields.get("name") {
        Some(Value::Text(name)) if !name.is_empty() => Ok(name),
        None => Err(("it has no `name`", NAME)),
        Some(Value::Text(_) | Value::Null(_)) => Err(("its `name` is empty", NAME)),
        Some(Value::Number(_)) => Err(("its `name` is a number, and has to be text", QUOTES)),
        Some(Value::Bool(_)) => Err(("its `name` is `true` or `false`, and has to be text", QUOTES)),
        Some(Value::List(_)) => Err(("its `name` is a list, and has to be text", NAME)),
        Some(Value::Mapping(_)) => Err(("its `name` is a mapping, and has to be text", NAME)),
    }
}

/// The single values of the runtime's options:
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
    fn the_stack_files_lie_where_the_project_says_and_end_as_its_file_does() {
        let stack = StackName::parse("acme/dev").unwrap();
        for (file, text, expected) in [
            ("/p/Pulumi.yaml", "name: shop\nstackConfigDir: stacks", "/p/stacks/Pulumi.dev.yaml"),
            ("/p/Pulumi.yaml", "name: shop", "/p/Pulumi.dev.yaml"),
            ("/p/Pulumi.yml", "name: shop", "/p/Pulumi.dev.yml"),
            ("/p/Pulumi.json", r#"{"name": "shop", "stackConfigDir": "x"}"#, "/p/x/Pulumi.dev.json"),
        ] {
            let project = Project::parse(file.into(), text).unwrap();
            assert_eq!(project.stack_file(&stack), Path::new(expected));
        }
    }

    #[test]
    fn the_stacks_are_those_whose_files_end_as_the_project_s_does() {
        let files = ["dev.yaml", "dev.json", "dev.yml", "old.yml", "qa.json", "yaml", "a.b.yaml", "x y.yaml"];
        for (ending, text, expected) in [
            ("yaml", "name: shop", &["a.b", "dev"][..]),
            ("yml", "name: shop", &["dev", "old"]),
            ("json", r#"{"name": "shop"}"#, &["dev", "qa"]),
        ] {
            let folder = tempfile::tempdir().unwrap();
            for file in files {
                std::fs::write(folder.path().join(format!("Pulumi.{file}")), "").unwrap();
            }
            std::fs::create_dir(folder.path().join(format!("Pulumi.folder.{ending}"))).unwrap();
            let project = folder.path().join(format!("Pulumi.{ending}"));
            std::fs::write(&project, text).unwrap();
            let stacks = Project::parse(project, text).unwrap().stacks();
            let stacks: Vec<&str> = stacks.iter().map(StackName::as_str).collect();
            assert_eq!(stacks, expected, "{ending}");
        }
    }

    #[test]
    fn of_several_project_files_the_one_that_the_cli_takes_counts() {
        let folder = tempfile::tempdir().unwrap();
        let found = || Project::find(folder.path()).unwrap().unwrap().name;
        for (ending, text) in [("yml", "name: c"), ("yaml", "name: b"), ("json", r#"{"name": "a"}"#)] {
            std::fs::write(folder.path().join(format!("Pulumi.{ending}")), text).unwrap();
            assert!(text.contains(&found()), "{ending}");
        }
        std::fs::remove_file(folder.path().join("Pulumi.json")).unwrap();
        std::fs::create_dir(folder.path().join("Pulumi.json")).unwrap();
        assert_eq!(found(), "b");
    }

    #[test]
    fn a_file_is_read_by_its_ending() {
        let json = "{\n\t\"name\": \"a\\/b\",\n\t\"name\": \"sh\\u006fp\"\n}";
        assert_eq!(Project::parse("/p/Pulumi.json".into(), json).unwrap().name, "shop");
        let error = Project::parse("/p/Pulumi.json".into(), "name: shop").unwrap_err().to_string();
        assert!(error.contains("it is not JSON, at line 1 column"), "{error}");
        assert_eq!(Project::parse("/p/Pulumi.yaml".into(), "{\"name\": \"shop\"}").unwrap().name, "shop");
    }

    #[test]
    fn a_name_that_is_none_is_told_by_what_it_is() {
        for (text, why) in [
            ("runtime: yaml", "it has no `name`"),
            ("name: ", "its `name` is empty"),
            ("name: ''", "its `name` is empty"),
            ("name: ~", "its `name` is empty"),
            ("name: 123", "its `name` is a number, and has to be text"),
            ("name: 1.5", "its `name` is a number, and has to be text"),
            ("name: true", "its `name` is `true` or `false`, and has to be text"),
            ("name: [a]", "its `name` is a list, and has to be text"),
            ("name: {a: b}", "its `name` is a mapping, and has to be text"),
            ("- name: a", "it is not a mapping"),
            ("", "it is not a mapping"),
        ] {
            let error = Project::parse("/p/Pulumi.yaml".into(), text).unwrap_err();
            assert_eq!(error.to_string(), format!("could not read `/p/Pulumi.yaml`: {why}"), "{text:?}");
            assert!(error.hint().is_some());
        }
        assert_eq!(Project::parse("/p/Pulumi.yaml".into(), "name: '123'").unwrap().name, "123");
    }
}
