//! The stack that a person selected for a project, remembered in the CLI's own place and form.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/workspace/workspace.go>

use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};
use sha1::{Digest as _, Sha1};

use crate::env::Env;
use crate::failure::Failure;
use crate::program::project::Project;
use crate::state::hex;
use crate::state::pulumi_home;
use crate::state::uuid;
use crate::text::reason;

/// The selected stack: `PULUMI_STACK`, or what was selected for this backend.
pub fn current(env: &Env, project: &Project, backend: &str) -> Result<Option<String>, Failure> {
    if let Some(stack) = env.vars.get("PULUMI_STACK") {
        return Ok(Some(stack.clone()).filter(|stack| !stack.is_empty()));
    }
    let settings = read(&file(env, project))?;
    let of_backend = settings.get("stacks").and_then(|stacks| stacks.get(backend));
    let stack = of_backend.or_else(|| settings.get("stack")).and_then(Json::as_str);
    Ok(stack.filter(|stack| !stack.is_empty()).map(str::to_owned))
}

/// Selects a stack by its full name; none with `None`.
pub fn select(env: &Env, project: &Project, backend: &str, stack: Option<&str>) -> Result<(), Failure> {
    let file = file(env, project);
    let mut settings = read(&file)?;
    settings.shift_remove("stack");
    let stacks = settings.entry("stacks").or_insert_with(|| json!({}));
    if let Some(stacks) = stacks.as_object_mut() {
        match stack {
            Some(stack) => drop(stacks.insert(backend.to_owned(), stack.into())),
            None => drop(stacks.shift_remove(backend)),
        }
    }
    settings.retain(|_, value| value.as_object().is_none_or(|object| !object.is_empty()));
    if settings.is_empty() {
        return match std::fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(failure("remove", &file, &error))
            }
            _ => Ok(()),
        };
    }
    write(&file, &settings)
}

fn file(env: &Env, project: &Project) -> PathBuf {
    let sum = Sha1::digest(project.file.to_string_lossy().as_bytes());
    let sum = hex(&sum);
    pulumi_home(env).join("workspaces").join(format!("{}-{sum}-workspace.json", project.name))
}

fn read(file: &Path) -> Result<Map<String, Json>, Failure> {
    match std::fs::read(file) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
            Failure::new(format!(
                "unable to read workspace settings: could not parse file {}: {error}",
                file.display()
            ))
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Map::new()),
        Err(error) => Err(failure("open", file, &error)),
    }
}

fn write(file: &Path, settings: &Map<String, Json>) -> Result<(), Failure> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|error| failure("mkdir", folder, &error))?;
    let mut text = vec![];
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut writer = serde_json::Serializer::with_formatter(&mut text, formatter);
    serde::Serialize::serialize(settings, &mut writer).map_err(|error| Failure::new(error.to_string()))?;
    let aside = folder.join(format!(".{}.tmp", uuid()?));
    std::fs::write(&aside, text)
        .and_then(|()| std::fs::rename(&aside, file))
        .map_err(|error| failure("open", file, &error))
}

fn failure(operation: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{operation} {}: {}", path.display(), reason(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> (tempfile::TempDir, Env, Project) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("Pulumi.yaml"), "name: shop\nruntime: yaml\n").unwrap();
        let vars = [("PULUMI_HOME".to_owned(), "home".to_owned())].into();
        let env = Env { vars, cwd: folder.path().to_owned() };
        let project = Project::find(&env).unwrap();
        (folder, env, project)
    }

    #[test]
    fn a_selection_is_kept_for_each_backend() {
        let (_folder, env, project) = place();
        assert_eq!(current(&env, &project, "file://a").unwrap(), None);
        select(&env, &project, "file://a", Some("organization/shop/dev")).unwrap();
        select(&env, &project, "file://b", Some("organization/shop/prod")).unwrap();
        assert_eq!(current(&env, &project, "file://a").unwrap().unwrap(), "organization/shop/dev");
        select(&env, &project, "file://a", None).unwrap();
        assert_eq!(current(&env, &project, "file://a").unwrap(), None);
        assert_eq!(current(&env, &project, "file://b").unwrap().unwrap(), "organization/shop/prod");
    }

    #[test]
    fn the_last_selection_takes_its_file_along() {
        let (folder, env, project) = place();
        select(&env, &project, "file://a", Some("organization/shop/dev")).unwrap();
        select(&env, &project, "file://a", None).unwrap();
        assert_eq!(std::fs::read_dir(folder.path().join("home/workspaces")).unwrap().count(), 0);
    }

    #[test]
    fn a_variable_beats_the_selection() {
        let (_folder, mut env, project) = place();
        env.vars.insert("PULUMI_STACK".to_owned(), "other".to_owned());
        assert_eq!(current(&env, &project, "file://a").unwrap().unwrap(), "other");
    }

    /// The project's name and the SHA-1 of its file's path.
    #[test]
    fn the_file_has_the_name_that_the_cli_gives_it() {
        let (_folder, env, mut project) = place();
        project.file = "/home/ci/shop/Pulumi.yaml".into();
        let expected = "shop-ea96281c7e7e2e35f9e8338fd76c80420afe3321-workspace.json";
        assert!(file(&env, &project).ends_with(expected));
    }
}
