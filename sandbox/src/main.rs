//! `pulumi-sandbox`: stands in for the Pulumi CLI in tests and rehearsals. It takes the CLI's arguments, runs
//! YAML programs against simulated resources, and leaves the same state, events, output and exit status.

mod args;
mod commands;
mod crypto;
mod display;
mod engine;
mod env;
mod events;
mod failure;
mod faults;
mod help;
mod program;
mod signals;
mod stack_file;
mod state;
mod text;
mod value;
mod version;
mod workspace;

use std::io::Write as _;
use std::process::ExitCode;

use args::Args;
use env::Env;
use failure::Failure;

fn main() -> ExitCode {
    let env = Env::of_process();
    match run(env) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.message.is_empty() {
                // Nobody is left to tell when standard error is closed.
                let _ = writeln!(std::io::stderr(), "error: {}", failure.message);
            }
            ExitCode::from(failure.status)
        }
    }
}

fn run(mut env: Env) -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let args = args::parse(&words, &env)?;
    if let Some(folder) = args.value("cwd") {
        env.cwd = env.path(folder);
        if !env.cwd.is_dir() {
            return Err(Failure::new(format!("chdir {folder}: no such file or directory")));
        }
    }
    if let Some(color) =
        args.value("color").filter(|color| !["always", "never", "raw", "auto"].contains(color))
    {
        let message =
            format!("unsupported color option: '{color}'.  Supported values are: auto, always, never, raw");
        return Err(Failure::new(message));
    }
    if args.is_on("help") || args.command.is_empty() {
        display::print(&help::text(&args));
        return Ok(());
    }
    dispatch(&args, &env)
}

/// One line a command. The state commands go to `commands::stack::run` and `commands::config::run`.
fn dispatch(args: &Args, env: &Env) -> Result<(), Failure> {
    match args.command.as_str() {
        "version" => commands::misc::version(args, env),
        "preview" | "up" | "refresh" | "destroy" => commands::operation::run(args, env),
        "cancel" => commands::misc::cancel(args, env),
        "login" => commands::login::login(args, env),
        "logout" => commands::login::logout(args, env),
        "whoami" => commands::login::whoami(args, env),
        "install" => commands::misc::install(env),
        stack if stack == "stack" || stack.starts_with("stack ") => commands::stack::run(args, env),
        config if config == "config" || config.starts_with("config ") => commands::config::run(args, env),
        other => Err(Failure::unsupported(format_args!("`pulumi {other}`"))),
    }
}
