//! `review up` and `review down`: a stack of a change request's own, made from a base stack, deployed at each push, and
//! destroyed and removed when the change request closes.

mod base_config;
mod call;
mod down;
mod end;
mod fork;
mod labelled;
mod lock;
mod opening;
mod place;
mod up;

use clap::{Arg, ArgMatches, Command as Clap};

use super::input_flags::flags;
use super::one_stack;
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::ci::console::Console;
use crate::commands::early;
use crate::inputs::Command;
use crate::inputs::headings::{ConfigInputs, StackInputs};
use crate::inputs::resolve::Flags;
use crate::process::signals::Signals;
use crate::run::prepare::{RunRequest, Until, prepare};

pub(super) use call::{ForkGrant, ReviewCall};
pub(super) use fork::DIGITS as FORK_DIGITS;
pub(super) use up::up as deploy_own_stack;

/// The inputs that the verbs have by themselves: no flag sets them.
const OWN: [&str; 5] = [
    ConfigInputs::file.name(),
    StackInputs::upsert.name(),
    StackInputs::remove.name(),
    StackInputs::ttl.name(),
    StackInputs::confirm.name(),
];

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewAsk {
    /// Deploys the change request's own stack, and makes it first.
    Up,
    /// Destroys and removes it.
    Down,
}

impl ReviewAsk {
    /// The subcommand.
    pub fn clap() -> Clap {
        let up = Clap::new("up")
            .about("Deploy the stack of the change request that the job is for, and make it first")
            .args(own_flags(Command::Up, &[StackInputs::name.name()]));
        let down = Clap::new("down")
            .about("Destroy and remove the stack of a change request that is closed")
            .arg(one_stack::stack_argument())
            .args(own_flags(Command::Destroy, &[]));
        Clap::new("review")
            .about("Stacks of change requests: `review up`, `review down`")
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommands([up, down])
    }

    /// What the command line asks for, and the matches that hold its flags.
    pub fn given(matches: &ArgMatches) -> (Self, &ArgMatches) {
        match matches.subcommand() {
            Some(("down", down)) => (Self::Down, down),
            Some((_, up)) => (Self::Up, up),
            None => (Self::Up, matches),
        }
    }

    /// The command whose inputs hold for it.
    fn command(&self) -> Command {
        match self {
            Self::Up => Command::Up,
            Self::Down => Command::Destroy,
        }
    }
}

/// The flags of the inputs that a command reads, but for those that the verbs have by themselves.
fn own_flags(command: Command, others: &[&str]) -> Vec<Arg> {
    let is_own = |flag: &Arg| OWN.iter().chain(others).any(|name| flag.get_id() == name);
    flags(&[command]).into_iter().filter(|flag| !is_own(flag)).collect()
}

/// Carries out what is asked for. Returns the exit status.
pub async fn run(
    ask: &ReviewAsk,
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<u8> {
    let done = match ask {
        ReviewAsk::Up => match Box::pin(labelled::up(flags, env, console, signals)).await {
            Ok(None) => Box::pin(up::up(&ReviewCall::by_the_job(flags, env), console, signals)).await,
            Ok(Some(status)) => Ok(status),
            Err(error) => Err(error),
        },
        ReviewAsk::Down => Box::pin(down::down(&ReviewCall::by_the_job(flags, env), console, signals)).await,
    };
    match done {
        Ok(status) => Ok(status),
        Err(error) => {
            // What did not begin has its result all the same.
            let request = RunRequest {
                review: Some(&place::NOT_YET),
                ..RunRequest::new(Some(ask.command()), flags, env)
            };
            if let Error::Skipped { what, hint, .. } = &error {
                console.line(&format!("skipped: {what}; {hint}"));
            }
            let found = prepare(&request, Until::TheInputs, console);
            Ok(early::end(found, &request, &error, console).status)
        }
    }
}
