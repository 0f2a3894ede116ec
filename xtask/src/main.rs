//! `cargo xtask`: see `cargo xtask help`.

#![expect(clippy::print_stderr, reason = "a developer's tool talks to a terminal")]

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Write everything that is generated: wrappers, reference, schemas.
    Gen {
        /// Write nothing; fail with a diff when something is stale or an orphan lies around.
        #[arg(long)]
        check: bool,
    },
    /// Run every suite, the wrappers in their real runners included; the last line is the count.
    Test {
        /// The slow suites too.
        #[arg(long)]
        all: bool,
    },
}

fn main() -> ExitCode {
    let root = xtask::root();
    let done = match Args::parse().task {
        Task::Gen { check } => xtask::generate::run(&root, check),
        Task::Test { all } => xtask::test::run(all),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            if let Some(hint) = error.hint() {
                eprintln!("hint: {hint}");
            }
            ExitCode::from(error.exit_status())
        }
    }
}
