//! The small commands: `version`, `cancel` and `install`.

use super::context::Context;
use super::print;
use crate::args::Args;
use crate::env::Env;
use crate::failure::Failure;
use crate::program::project::Project;
use crate::version::{BANNER, NUMBER};

/// `pulumi version`: its output is read by programs, so it is that of the CLI with the mark of the sandbox.
pub fn version(_: &Args, _: &Env) -> Result<(), Failure> {
    print::note(BANNER);
    print::out(&format!("{NUMBER}\n"))
}

/// `pulumi cancel`: removes the locks of a stack.
pub fn cancel(args: &Args, env: &Env) -> Result<(), Failure> {
    let context = Context::open(args, env)?;
    let stack = context.require_named()?;
    context.backend.unlock(&stack)?;
    print::out(&format!("{BANNER}\nThe currently running update for '{}' has been canceled!\n", stack.stack))
}

/// `pulumi install`: YAML programs need nothing, and simulated resources no plugins.
pub fn install(env: &Env) -> Result<(), Failure> {
    Project::find(env)?.require_yaml()?;
    print::out(&format!("{BANNER}\n"))
}
