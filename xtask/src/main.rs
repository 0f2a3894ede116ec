//! `cargo xtask`: see `cargo xtask help`.

#![expect(clippy::print_stderr, reason = "a developer's tool talks to a terminal")]

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use xtask::bench::BenchPart;
use xtask::release::{self, Step};
use xtask::test::{Extent, Part};

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Preview, deploy, change and destroy the example program, and see what a reviewer would see.
    Try {
        /// What deploys: `sandbox`, `pulumi` (the one of the PATH), or the path of a Pulumi CLI.
        #[arg(long, default_value = "sandbox")]
        engine: String,
    },
    /// Write everything that is generated: wrappers, reference, schemas.
    Gen {
        /// Write nothing; fail with a diff when something is stale or an orphan lies around.
        #[arg(long)]
        check: bool,
    },
    /// Run every quick suite, the wrappers in their real runners included; the last line is the count.
    Test {
        /// The slow suites too.
        #[arg(long)]
        all: bool,
        /// Only what is long: random programs on both engines, kills again and again, thousands of resources, the
        /// oldest Pulumi CLI that is tried.
        #[arg(long, conflicts_with_all = ["all", "only"])]
        soak: bool,
        /// Only this part of `--all`.
        #[arg(long, value_enum, conflicts_with = "all")]
        only: Option<Part>,
    },
    /// Make a release: in the hosted workflow, or as a dry run.
    Release {
        /// Do what one machine can, into `target/release-dry-run`, and install from it.
        #[arg(long, conflicts_with = "pack")]
        dry_run: bool,
        /// Only build and pack this target, into `dist`.
        #[arg(long, value_name = "TARGET")]
        pack: Option<String>,
        /// Only name this commit where examples and documentation pin the suite.
        #[arg(long, value_name = "COMMIT", conflicts_with_all = ["dry_run", "pack"])]
        pin: Option<String>,
    },
    /// Install tools of `tests/runners/tools.toml` below `target/runners`.
    #[command(hide = true)]
    Tools {
        /// Their names.
        names: Vec<String>,
    },
    /// Measure what stackstep adds to the engine.
    Bench {
        /// What deploys: `sandbox`, `pulumi` (the one of the PATH), or the path of a Pulumi CLI.
        #[arg(long, default_value = "sandbox")]
        engine: String,
        /// Only these rows.
        #[arg(long, value_enum)]
        only: Option<BenchPart>,
    },
    /// Write the table of hashes that stackstep carries, from a clone of Pulumi's Homebrew tap.
    KnownReleases {
        /// The clone of <https://github.com/pulumi/homebrew-tap>.
        tap: std::path::PathBuf,
    },
    /// The part of `bench` that has to be built for release.
    #[command(hide = true)]
    BenchReport,
}

fn main() -> ExitCode {
    let root = xtask::root();
    let done = match Args::parse().task {
        Task::Gen { check } => xtask::generate::run(&root, check),
        Task::Release { dry_run: true, .. } => release::run(&root, &Step::DryRun),
        Task::Release { pack: Some(target), .. } => release::run(&root, &Step::Pack(target)),
        Task::Release { pin: Some(commit), .. } => release::run(&root, &Step::Pin(commit)),
        Task::Release { .. } => release::run(&root, &Step::Assemble),
        Task::Tools { names } => xtask::test::install(&root, &names),
        Task::Test { soak: true, .. } => xtask::test::run(Extent::Soak),
        Task::Test { only: Some(part), .. } => xtask::test::run(Extent::Only(part)),
        Task::Test { all: true, .. } => xtask::test::run(Extent::All),
        Task::Test { .. } => xtask::test::run(Extent::Usual),
        Task::Try { engine } => xtask::tour::run(&root, &engine),
        Task::Bench { engine, only } => xtask::bench::run(&root, &engine, only),
        Task::KnownReleases { tap } => xtask::known::run(&root, &tap),
        Task::BenchReport => Ok(xtask::bench::report()),
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
