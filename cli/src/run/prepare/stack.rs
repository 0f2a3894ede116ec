//! The stack of a run, by its inputs and its project.

use std::path::Path;

use crate::base::error::{Error, Result};
use crate::inputs::{Command, Effect, Inputs};
use crate::pulumi::project::Project;
use crate::pulumi::stack::StackName;

/// The stack that the inputs name. A command that only reads may take a project's only stack; one that changes things
/// never guesses.
pub(super) fn find_stack(inputs: &Inputs, project: Option<&Project>) -> Result<Option<StackName>> {
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
    Err(Error::input(format!("no stack is named for `{}`", inputs.command.word()), hint))
}

fn no_project(cwd: &Path, command: Command) -> Error {
    let hint = if command == Command::Outputs {
        "set `cwd` to the folder of the program, or name the stack in full: `organization/project/stack`"
    } else {
        "set `cwd` to the folder of the Pulumi program; is a checkout step missing?"
    };
    Error::input(format!("there is no Pulumi.yaml in `{}` or above", cwd.display()), hint)
}
