//! `pulumi stack` and what is below it.
//!
//! <https://www.pulumi.com/docs/iac/cli/commands/pulumi_stack/>

mod export;
mod form;
mod history;
mod import;
pub mod init;
mod list;
mod output;
mod remove;
mod select;
mod show;

use super::context::Context;
use crate::args::Args;
use crate::env::Env;
use crate::failure::Failure;
use form::is_json;

/// Runs the command that the arguments name.
pub fn run(args: &Args, env: &Env) -> Result<(), Failure> {
    let context = Context::open(args, env)?;
    match args.command.as_str() {
        "stack" => show::run(&context),
        "stack init" => init::run(&context),
        "stack select" => select::run(&context),
        "stack ls" => list::run(&context),
        "stack rm" => remove::run(&context),
        "stack export" => export::run(&context),
        "stack import" => import::run(&context),
        "stack output" => output::run(&context),
        "stack history" => history::run(&context),
        other => Err(Failure::unsupported(format_args!("`pulumi {other}`"))),
    }
}
