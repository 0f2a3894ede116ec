//! The stack of a run, by its inputs and its project.

use std::path::Path;

use crate::base::error::{Error, Result};
use crate::base::suggest::nearest;
use crate::inputs::{Command, Effect, Inputs};
use crate::pulumi::project::{self, Project};
use crate::pulumi::stack::StackName;

/// The stack that the inputs name, for the command or for the `verb` that is admitted as it would be. A command that only reads
/// may take a project's only stack; one that changes things never guesses.
pub(super) fn find_stack(
    inputs: &Inputs,
    project: Option<&Project>,
    verb: Option<&str>,
) -> Result<Option<StackName>> {
    let named_in_full = inputs.stack.name.as_ref().is_some_and(|stack| stack.project().is_some());
    let needs_project = match inputs.command {
        Command::Outputs => !named_in_full,
        other => other.operation().is_some(),
    };
    if needs_project && project.is_none() {
        return Err(no_project(&inputs.stack.cwd, inputs.command));
    }
    if let Some(stack) = &inputs.stack.name {
        return Ok(Some(stack.clone()));
    }
    if inputs.command.operation().is_none() {
        return Ok(None);
    }
    let stacks = project.map(Project::stacks).unwrap_or_default();
    if let (Effect::Reads, [only]) = (inputs.command.effect(), stacks.as_slice()) {
        return Ok(Some(only.clone()));
    }
    let hint = match stacks.as_slice() {
        [] => "set `stack`, such as `stack: dev`".to_owned(),
        some => {
            let names: Vec<&str> = some.iter().map(StackName::as_str).collect();
            format!("set `stack`; the project has `{}`", names.join("`, `"))
        }
    };
    let asked = verb.unwrap_or(inputs.command.word());
    Err(Error::input(format!("no stack is named for `{asked}`"), hint))
}

fn no_project(cwd: &Path, command: Command) -> Error {
    let hint = match (where_to_go(cwd, None), command) {
        (Some(projects), _) => projects,
        (None, Command::Outputs) => {
            "set `cwd` to the folder of the program, or name the stack in full: `organization/project/stack`"
                .to_owned()
        }
        (None, _) if is_empty(cwd) => "the folder is empty: is a checkout step missing?".to_owned(),
        (None, _) => "set `cwd` to the folder of the Pulumi program".to_owned(),
    };
    Error::input(format!("there is no Pulumi.yaml in `{}` or above", cwd.display()), hint)
}

/// The error for a `cwd` that is not there, seen from `from`, where the job is.
pub(super) fn no_folder(cwd: &Path, from: &Path) -> Error {
    let hint = match where_to_go(from, Some(cwd)) {
        Some(projects) => projects,
        None if is_empty(from) => "is a checkout step missing?".to_owned(),
        None => "set `cwd` to the folder of the Pulumi program".to_owned(),
    };
    Error::input(format!("there is no folder `{}`", cwd.display()), hint)
}

/// Projects that are named in a hint.
const NAMED: usize = 8;

/// The hint that names the projects below `folder`, and first the one whose folder is written like `meant`.
fn where_to_go(folder: &Path, meant: Option<&Path>) -> Option<String> {
    let projects = project::folders_below(folder);
    let first = projects.first()?;
    let meant = meant.and_then(|path| path.strip_prefix(folder).ok()).and_then(Path::to_str);
    if let Some(near) = meant.and_then(|meant| nearest(meant, projects.iter().map(String::as_str))) {
        return Some(format!("did you mean `cwd: {near}`?"));
    }
    let more = if projects.len() > NAMED { ", …" } else { "" };
    let named =
        projects.iter().take(NAMED).map(|folder| format!("`{folder}`")).collect::<Vec<_>>().join(", ");
    let are = if projects.len() == 1 { "there is a project in" } else { "there are projects in" };
    Some(format!("set `cwd`, such as `cwd: {first}`: {are} {named}{more}"))
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn monorepo() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for folder in ["infra/network", "infra/shop", "node_modules/x", "a/b/c/too-deep"] {
            std::fs::create_dir_all(root.path().join(folder)).unwrap();
            std::fs::write(root.path().join(folder).join("Pulumi.yaml"), "name: x\nruntime: yaml\n").unwrap();
        }
        root
    }

    #[test]
    fn the_projects_of_a_monorepo_are_named() {
        let root = monorepo();
        let error = no_project(root.path(), Command::Preview);
        assert_eq!(
            error.hint(),
            Some(
                "set `cwd`, such as `cwd: infra/network`: there are projects in `infra/network`, `infra/shop`"
            )
        );
    }

    #[test]
    fn a_folder_that_is_misspelled_is_told_its_name() {
        let root = monorepo();
        let error = no_folder(&root.path().join("infra/netwrok"), root.path());
        assert_eq!(error.hint(), Some("did you mean `cwd: infra/network`?"));
    }

    #[test]
    fn only_an_empty_folder_asks_for_a_checkout() {
        let root = tempfile::tempdir().unwrap();
        assert!(no_project(root.path(), Command::Up).hint().unwrap().contains("checkout"));
        std::fs::write(root.path().join("README.md"), "").unwrap();
        assert!(!no_project(root.path(), Command::Up).hint().unwrap().contains("checkout"));
    }
}
