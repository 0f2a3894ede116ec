//! The CLI's file of a project's selected stack, for each backend.
//! <https://github.com/pulumi/pulumi/blob/1b5949891b3cefcb9974752b24a5ecef0acc86c8/pkg/workspace/workspace.go>

use std::io::Write as _;
use std::path::{Path, PathBuf};

use semver::Version;
use serde_json::{Map, Value, json};
use sha1::{Digest as _, Sha1};

use super::credentials::private_folder;
use crate::base::error::{Error, Result};
use crate::pulumi::project::Project;

/// The first version of the CLI that keeps a selection for each backend; older ones have one for all.
/// <https://github.com/pulumi/pulumi/pull/23974>
const FOR_EACH_BACKEND: Version = Version::new(3, 256, 0);

/// The form of the CLI's selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The field `stack`: one selection for all backends.
    One,
    /// The field `stacks`: a selection for each backend's URL.
    ByBackend,
    /// Both fields, if the CLI's version is not known: each version reads its own.
    Both,
}

impl Form {
    /// The form that this version of the CLI writes.
    pub fn for_version(version: Option<&Version>) -> Self {
        match version {
            Some(version) if *version >= FOR_EACH_BACKEND => Self::ByBackend,
            Some(_) => Self::One,
            None => Self::Both,
        }
    }
}

/// The file of one project.
#[derive(Debug)]
pub struct Selection {
    path: PathBuf,
}

impl Selection {
    /// The file of `project` in the CLI's folder of settings. Its name is made of the project's name and the real path
    /// of its file, as a shell in that folder would see it.
    pub fn new(workspaces: &Path, project: &Project) -> Self {
        let place = std::fs::canonicalize(&project.path).ok().filter(|_| cfg!(unix));
        let place = place.unwrap_or_else(|| project.path.clone());
        let sum = Sha1::digest(place.to_string_lossy().as_bytes());
        Self { path: workspaces.join(format!("{}-{sum:x}-workspace.json", project.name)) }
    }

    /// Selects `stack` at the backend `key`.
    pub fn set(&self, key: &str, stack: &str, form: Form) -> Result<()> {
        let mut file = self.read()?;
        // A newer CLI reads its own form first, if the file has it.
        let form = if file.contains_key("stacks") { Form::ByBackend } else { form };
        if form != Form::ByBackend {
            file.insert("stack".into(), stack.into());
        }
        if form != Form::One {
            let stacks = file.entry("stacks").or_insert_with(|| json!({}));
            if !stacks.is_object() {
                *stacks = json!({});
            }
            if let Some(stacks) = stacks.as_object_mut() {
                stacks.insert(key.to_owned(), stack.into());
                stacks.sort_keys();
            }
        }
        self.write(file)
    }

    /// Selects nothing at the backend `key`, as after the selected stack is removed.
    pub fn clear(&self, key: &str) -> Result<()> {
        let mut file = self.read()?;
        file.remove("stack");
        if let Some(stacks) = file.get_mut("stacks").and_then(Value::as_object_mut) {
            stacks.remove(key);
        }
        file.retain(|_, value| value.as_object().is_none_or(|stacks| !stacks.is_empty()));
        if !file.is_empty() {
            return self.write(file);
        }
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::io("remove", &self.path)(error))
            }
            _ => Ok(()),
        }
    }

    fn read(&self) -> Result<Map<String, Value>> {
        match std::fs::read(&self.path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|_| {
                let what =
                    format!("`{}` is left alone: it is not a file of a selected stack", self.path.display());
                Error::input(what, "remove it")
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Map::new()),
            Err(error) => Err(Error::io("read", &self.path)(error)),
        }
    }

    /// Writes a file beside it and renames it, as the CLI does. Only its owner can read it.
    fn write(&self, file: Map<String, Value>) -> Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        private_folder(folder)?;
        let failed = || Error::io("write", &self.path);
        let mut beside = tempfile::NamedTempFile::new_in(folder).map_err(failed())?;
        beside.write_all(&super::json(&Value::Object(file))).map_err(failed())?;
        beside.persist(&self.path).map_err(|error| failed()(error.error))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file that `pulumi stack select dev` of the CLI 3.276.0 wrote.
    const SELECTED: &str = "{\n    \"stacks\": {\n        \"file:///srv/state\": \"dev\"\n    }\n}";

    struct Case {
        folder: tempfile::TempDir,
        selection: Selection,
    }

    impl Case {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let program = folder.path().join("Pulumi.yaml");
            std::fs::write(&program, "name: shop\nruntime: yaml\n").unwrap();
            let project = Project::find(folder.path()).unwrap().unwrap();
            let selection = Selection::new(&folder.path().join("home/workspaces"), &project);
            Self { folder, selection }
        }

        fn text(&self) -> String {
            std::fs::read_to_string(&self.selection.path).unwrap()
        }
    }

    #[test]
    fn the_file_is_called_after_the_project_and_its_place() {
        let case = Case::new();
        let place = case.folder.path().canonicalize().unwrap().join("Pulumi.yaml");
        let sum = format!("{:x}", Sha1::digest(place.to_str().unwrap()));
        let name = case.selection.path.file_name().unwrap().to_str().unwrap();
        assert_eq!(name, format!("shop-{sum}-workspace.json"));
    }

    #[test]
    fn a_selection_is_written_as_the_cli_writes_it() {
        let case = Case::new();
        case.selection.set("file:///srv/state", "dev", Form::ByBackend).unwrap();
        assert_eq!(case.text(), SELECTED);
    }

    #[test]
    fn another_stack_of_the_same_backend_is_deselected_and_other_backends_keep_theirs() {
        let case = Case::new();
        case.selection.set("file:///srv/state", "dev", Form::ByBackend).unwrap();
        case.selection.set("file:///another", "qa", Form::ByBackend).unwrap();
        case.selection.set("file:///srv/state", "prod", Form::Both).unwrap();
        let file: Value = serde_json::from_str(&case.text()).unwrap();
        assert_eq!(file, json!({ "stacks": { "file:///another": "qa", "file:///srv/state": "prod" } }));
    }

    #[test]
    fn an_older_cli_finds_its_own_form() {
        for (version, form) in
            [(Some("3.255.0"), Form::One), (Some("3.256.0"), Form::ByBackend), (None, Form::Both)]
        {
            let version: Option<Version> = version.map(|text| text.parse().unwrap());
            assert_eq!(Form::for_version(version.as_ref()), form, "{version:?}");
        }
        let case = Case::new();
        case.selection.set("file:///srv/state", "dev", Form::One).unwrap();
        assert_eq!(case.text(), "{\n    \"stack\": \"dev\"\n}");
    }

    #[test]
    fn after_the_stack_is_removed_nothing_is_selected_and_no_file_is_left() {
        let case = Case::new();
        case.selection.clear("file:///srv/state").unwrap();
        case.selection.set("file:///srv/state", "dev", Form::Both).unwrap();
        case.selection.set("file:///another", "qa", Form::Both).unwrap();
        case.selection.clear("file:///srv/state").unwrap();
        let file: Value = serde_json::from_str(&case.text()).unwrap();
        assert_eq!(file, json!({ "stacks": { "file:///another": "qa" } }));
        case.selection.clear("file:///another").unwrap();
        assert!(!case.selection.path.exists());
    }

    #[test]
    fn a_file_that_can_not_be_read_is_left_alone() {
        let case = Case::new();
        std::fs::create_dir_all(case.selection.path.parent().unwrap()).unwrap();
        std::fs::write(&case.selection.path, "{").unwrap();
        assert!(case.selection.set("file:///srv/state", "dev", Form::Both).is_err());
        assert_eq!(case.text(), "{");
    }
}
