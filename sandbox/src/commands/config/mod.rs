//! `pulumi config` and what is below it.
//!
//! <https://www.pulumi.com/docs/iac/cli/commands/pulumi_config/>

mod get;
mod key;
mod list;
mod remove;
mod set;
mod set_all;
pub mod shown;

use super::context::Context;
use crate::args::Args;
use crate::env::Env;
use crate::failure::Failure;

/// Runs the command that the arguments name.
pub fn run(args: &Args, env: &Env) -> Result<(), Failure> {
    let context = Context::open(args, env)?;
    match args.command.as_str() {
        "config" => list::run(&context),
        "config get" => get::run(&context),
        "config set" => set::run(&context),
        "config set-all" => set_all::run(&context),
        "config rm" | "config rm-all" => remove::run(&context),
        other => Err(Failure::unsupported(format_args!("`pulumi {other}`"))),
    }
}
