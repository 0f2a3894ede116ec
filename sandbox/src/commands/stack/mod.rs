//! `pulumi stack` and what is below it.
//!
//! <https://www.pulumi.com/docs/iac/cli/commands/pulumi_stack/>

mod export;
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

/// Whether `--output` asks for JSON.
fn is_json(context: &Context) -> Result<bool, Failure> {
    match context.args.value("output") {
        None | Some("default") => Ok(false),
        Some("json") => Ok(true),
        Some(other) => Err(Failure::new(format!(
            "invalid argument {other:?} for \"--output\" flag: must be one of: default, json"
        ))),
    }
}
