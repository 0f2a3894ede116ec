//! `pulumi config rm` and `pulumi config rm-all`.

use super::key::Key;
use crate::commands::context::Context;
use crate::failure::Failure;

/// Runs the command. A key that is not there is no failure.
pub fn run(context: &Context) -> Result<(), Failure> {
    let args = context.args;
    let stack = context.require_stack(true)?;
    let project = context.project()?.name.clone();
    let keys: Vec<Key> = args
        .arguments
        .iter()
        .map(|name| Key::parse(name, &project, args.is_on("path")))
        .collect::<Result<_, _>>()?;
    let mut file = context.stack_file(&stack)?;
    for key in &keys {
        file.remove(&key.full, &key.path);
    }
    file.save()
}
