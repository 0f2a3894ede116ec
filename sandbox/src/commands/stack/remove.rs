//! `pulumi stack rm`.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/cmd/pulumi/stack/stack_remove.go>

use crate::commands::context::Context;
use crate::commands::print;
use crate::failure::Failure;
use crate::stack_file::StackFile;
use crate::state::Outline;
use crate::state::StackRef;
use crate::text::reason;

/// Runs the command.
pub fn run(context: &Context) -> Result<(), Failure> {
    let args = context.args;
    let stack = context.require_named()?;
    if !args.is_on("yes") && !context.env.is_true("PULUMI_SKIP_CONFIRMATIONS") {
        return Err(Failure::new("non-interactive mode requires --yes flag"));
    }
    remove(
        context,
        &stack,
        args.is_on("force"),
        args.is_on("remove-backups"),
        args.is_on("preserve-config"),
    )?;
    print::out(&format!("Stack '{}' has been removed!\n", context.shown(&stack)))
}

/// Removes a stack, its file and its selection.
pub fn remove(
    context: &Context,
    stack: &StackRef,
    force: bool,
    backups: bool,
    keep_config: bool,
) -> Result<(), Failure> {
    let lock = context.backend.lock(stack)?;
    let outline = Outline::read(&context.backend.bytes(stack)?)?;
    if !force && outline.is_some_and(|outline| outline.has_resources()) {
        let name = context.shown(stack);
        return Err(Failure::new(format!(
            "'{name}' still has resources; removal rejected. Possible actions:\n\
             - Make sure that '{name}' is the stack that you want to destroy\n\
             - Run `pulumi destroy` to delete the resources, then run `pulumi stack rm`\n\
             - Run `pulumi stack rm --force` to override this error"
        )));
    }
    context.backend.remove_stack(stack, backups)?;
    drop(lock);
    let Some(project) = &context.project else { return Ok(()) };
    if !keep_config && project.name == stack.project {
        let path = StackFile::path_of(project, stack, None, context.env);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Failure::new(format!("remove {}: {}", path.display(), reason(&error))));
            }
            _ => {}
        }
    }
    // The stack is gone whatever becomes of the selection.
    let _ = context.select(None);
    Ok(())
}
