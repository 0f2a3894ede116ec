//! The path from the command line to the exit status, on one screen.

use std::ffi::OsString;

use crate::base::env::Env;
use crate::ci;
use crate::ci::console::Console;
use crate::commands::args::{self, Ask};
use crate::commands::{
    accept, approve, audit, break_glass, comment_command, deploy, deployment, doctor, drift, early, exec,
    finish, fleet, hold, inputs, reap, review, rollback, rules, run, stack_sets, stacks, status, ttl, unlock,
};
use crate::inputs::Command;
use crate::process::signals::Signals;

/// Runs the command of the command line. Returns the exit status.
pub async fn run(arguments: Vec<OsString>, env: &Env, signals: &Signals) -> u8 {
    let args = match args::parse(arguments.iter().cloned()) {
        Ok(args) => args,
        Err(error) => {
            // Help and version are no errors: they go to standard output.
            let _ = error.print();
            if !error.use_stderr() {
                return 0;
            }
            early::end_unread(&arguments, &error.to_string(), env);
            return 2;
        }
    };
    let mut console = Console::new(ci::detect(env));
    let done = match args.ask {
        Ask::Inputs => inputs::show(&args.flags, env, &mut console),
        Ask::FleetAdd(ask) => {
            Box::pin(stack_sets::add::add(&ask, &args.flags, env, &mut console, signals)).await
        }
        Ask::Fleet(ask) => Box::pin(fleet::run(&ask, &args.flags, env, &mut console, signals)).await,
        Ask::FleetPlan(ask) => Box::pin(fleet::plan::plan(&ask, &args.flags, env, signals)).await,
        Ask::Stacks(ask) => Box::pin(stacks::list(&ask, &args.flags, env, signals)).await,
        Ask::Rules(ask) => rules::try_rules(&ask, &args.flags, env),
        Ask::Doctor(asked) => doctor::run(&args.flags, &asked, env, signals).await,
        Ask::Deploy => Box::pin(deploy::run(&args.flags, env, &mut console, signals)).await,
        Ask::Run(Command::Drift) => Box::pin(drift::run(&args.flags, env, &mut console, signals)).await,
        Ask::RunInput if drift::is_asked_for(&args.flags, env) => {
            Box::pin(drift::run(&args.flags, env, &mut console, signals)).await
        }
        Ask::RunInput if deploy::is_asked_for(&args.flags, env) => {
            Box::pin(deploy::run(&args.flags, env, &mut console, signals)).await
        }
        Ask::Hold(ask) => Box::pin(hold::hold(&ask, &args.flags, env, &mut console, signals)).await,
        Ask::Accept(ask) => Box::pin(accept::run(&ask, &args.flags, env, &mut console, signals)).await,
        Ask::Status(ask) => Box::pin(status::status(&ask, &args.flags, env, signals)).await,
        Ask::Audit(ask) => Box::pin(audit::audit(&ask, &args.flags, env, signals)).await,
        Ask::CommentCommand(ask) => {
            Box::pin(comment_command::run(&ask, &args.flags, env, &mut console, signals)).await
        }
        Ask::Reap(ask) => Box::pin(reap::reap(&ask, &args.flags, env, &mut console, signals)).await,
        Ask::Ttl(ask) => Box::pin(ttl::ttl(&ask, &args.flags, env, &mut console, signals)).await,
        Ask::Deployment(ask) => Box::pin(deployment::run(ask, &args.flags, env, &mut console, signals)).await,
        Ask::Unlock(ask) => Box::pin(unlock::unlock(&ask, &args.flags, env, &mut console, signals)).await,
        Ask::Approve(ask) => Box::pin(approve::approve(&ask, &args.flags, env, &mut console)).await,
        Ask::BreakGlass(ask) => {
            Box::pin(break_glass::run(&ask, &args.flags, env, &mut console, signals)).await
        }
        Ask::Rollback(ask) => Box::pin(rollback::run(&ask, &args.flags, env, &mut console, signals)).await,
        Ask::Review(ask) => Box::pin(review::run(&ask, &args.flags, env, &mut console, signals)).await,
        Ask::Run(command) => Box::pin(run::run(Some(command), &args.flags, env, &mut console, signals)).await,
        Ask::RunInput => Box::pin(run::run(None, &args.flags, env, &mut console, signals)).await,
        Ask::Finish(file) => Ok(finish::finish(&file, env, &mut console, signals).await),
        Ask::Exec(engine) => Box::pin(exec::exec(engine, &args.flags, env, &mut console, signals)).await,
    };
    done.unwrap_or_else(|error| {
        console.error(&error);
        error.exit_status()
    })
}
