//! The beginning of the commands about one stack that start no engine: the job of the stack, signed in, and its ledger.

use clap::builder::NonEmptyStringValueParser;
use clap::{Arg, ArgMatches, Command as Clap};

use super::input_flags::flag;
use crate::admit::sign_in;
use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::http::Limits;
use crate::ci::console::Console;
use crate::engine::job::Job;
use crate::inputs::Command;
use crate::inputs::headings::{BackendInputs, StackInputs};
use crate::inputs::resolve::Flags;
use crate::process::signals::Signals;
use crate::run::prepare::{RunRequest, Until, prepare};

/// The name of the argument that names the stack without a flag.
const STACK: &str = "stack-name";

/// A subcommand with the stack that it is about, by a flag or without one, and where its state lies.
pub(super) fn subcommand(name: &'static str, about: &'static str) -> Clap {
    let inputs = [&StackInputs::name.input, &StackInputs::cwd.input, &BackendInputs::cloud_url.input];
    let flags = inputs.into_iter().enumerate().map(|(at, input)| flag(at + 10, input));
    Clap::new(name).about(about).arg(stack_argument()).args(flags)
}

/// The argument that names the stack without a flag.
pub(super) fn stack_argument() -> Arg {
    Arg::new(STACK)
        .help("The stack: the same as `--stack`")
        .value_name("STACK")
        .conflicts_with(StackInputs::name.name())
        .value_parser(NonEmptyStringValueParser::new())
}

/// Adds the stack that is named without a flag.
pub(super) fn add_stack(matches: &ArgMatches, flags: &mut Flags) {
    if let Ok(Some(stack)) = matches.try_get_one::<String>(STACK) {
        flags.insert(StackInputs::name.name(), vec![stack.clone()]);
    }
}

/// The job of the stack that the flags name, signed in. It is admitted as `like` would be: what may refresh a stack may
/// hold it, and what may read its outputs may read its ledger.
pub(super) async fn job<'a>(
    like: Command,
    flags: &'a Flags,
    env: &'a Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<Job<'a>> {
    job_of(&RunRequest::new(Some(like), flags, env), console, signals).await
}

/// The job of a request for a verb that runs no program, signed in.
pub(super) async fn job_of<'a>(
    request: &RunRequest<'a>,
    console: &mut Console,
    signals: &Signals,
) -> Result<Job<'a>> {
    let like = request.command.map_or("this", Command::word);
    let request = RunRequest { verb: request.verb.or(Some(like)), ..*request };
    let mut found = prepare(&request, Until::FirstError, console);
    found.tell(console);
    if let Some(error) = found.take_error() {
        return Err(error);
    }
    let mut job = found.into_job()?;
    sign_in::sign_in(&mut job, Limits::default(), console, signals).await?;
    Ok(job)
}

/// Who acts: the actor of the CI system, else the user of this machine.
pub(super) fn actor(job: &Job<'_>) -> Option<String> {
    let user = || ["USER", "USERNAME"].iter().find_map(|name| job.env.get(name)).map(str::to_owned);
    job.context.actor.clone().or_else(user)
}
