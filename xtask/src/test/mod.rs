//! `cargo xtask test`: every quick suite, with `--all` the slow ones too, one after the other, and one line of counts over
//! all of them.
//!
//! Plain `cargo test` needs nothing but Rust. The runner suites run the wrappers in the real runners, which are
//! installed at pinned versions below `target/runners` the first time. What is long has its own command, and names of
//! its own: a test in a module called `soak`.

mod count;
mod engine;
mod go_module;
pub mod tools;
mod watch;

pub use count::Count;

use crate::process::{cargo, hear_interrupts, output, succeeds};
use crate::root;
use crate::test::engine::TABLES;
use stackstep::base::error::{Error, Result};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};
use tools::{State, Tool};

/// The documentation is for people who change the code: private items are in it, and may be linked to.
const RUSTDOC: &str = "-D warnings -A rustdoc::private_intra_doc_links";

/// How long the tests may be silent before they are ended: each of them takes less than a tenth of it.
const SILENCE: Duration = Duration::from_secs(15 * 60);

/// The same for the slow suites: one of their tests builds a release.
const SILENCE_OF_SLOW_ONES: Duration = Duration::from_secs(45 * 60);

/// What the names of the long tests have in them.
const SOAK: &str = "soak::";

/// Which suites run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Those that a change needs.
    Usual,
    /// The slow ones too.
    All,
    /// The long ones, and nothing else.
    Soak,
    /// One part of all.
    Only(Part),
}

/// A part of all suites, for a job of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Format, lints, documentation.
    Checks,
    /// Plain `cargo test`.
    Tests,
    /// The wrappers in the runners that are installed quickly.
    Runners,
    /// The Pulumi CLI, Gitea, a browser, a release: what takes minutes to install.
    Slow,
}

impl Extent {
    /// Whether it has this part.
    fn has(self, part: Part) -> bool {
        match self {
            Self::Usual => part != Part::Slow,
            Self::All => true,
            Self::Soak => false,
            Self::Only(only) => part == only,
        }
    }
}

/// Runs the suites of this extent. Whether nothing failed.
pub fn run(extent: Extent) -> Result<bool> {
    let root = root();
    hear_interrupts()?;
    let _ = std::fs::remove_dir_all(root.join(TABLES));
    let results =
        if extent == Extent::Soak { vec![suite("soak", || soak(&root))?] } else { each(&root, extent)? };
    show_tables(&root)?;
    let mut total = Count::default();
    println!();
    for (name, count, seconds) in results {
        println!("{name}: {count} ({seconds} s)");
        total += count;
    }
    println!("\n{total}");
    Ok(total.failed == 0)
}

/// A suite's name, its count and its seconds.
type Ran = (&'static str, Count, u64);

/// Runs each suite but the long ones.
fn each(root: &Path, extent: Extent) -> Result<Vec<Ran>> {
    let mut results = Vec::new();
    if extent.has(Part::Checks) {
        results.push(suite("format", || check(cargo(root).args(["fmt", "--all", "--check"])))?);
        results.push(suite("lint", || {
            let clippy = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
            check(cargo(root).args(clippy))
        })?);
    }
    if extent.has(Part::Checks) && extent != Extent::Usual {
        results.push(suite("documentation", || {
            let doc = ["doc", "--workspace", "--no-deps", "--document-private-items"];
            check(cargo(root).args(doc).env("RUSTDOCFLAGS", RUSTDOC))
        })?);
    }
    if extent.has(Part::Tests) {
        results.push(suite("cargo test", || plain(root, extent))?);
    }
    if extent == Extent::Only(Part::Slow) {
        results.push(suite("the sandbox beside the Pulumi CLI", || contract(root))?);
    }
    if extent.has(Part::Runners) {
        results.push(suite("runners", || runners(root, false))?);
    }
    if extent.has(Part::Slow) {
        results.push(suite("slow runners", || runners(root, true))?);
    } else if extent == Extent::Usual {
        println!("left to `--all`: the Pulumi CLI, Gitea, a browser, a release");
    }
    Ok(results)
}

/// Runs one suite under its heading.
fn suite(name: &'static str, run: impl FnOnce() -> Result<Count>) -> Result<Ran> {
    println!("\n== {name}");
    let start = Instant::now();
    Ok((name, run()?, start.elapsed().as_secs()))
}

/// A command that is one test.
fn check(command: &mut std::process::Command) -> Result<Count> {
    Ok(if succeeds(command)? { Count { passed: 1, ..Count::default() } } else { Count::one_failed() })
}

/// The variable that lets tests which try many cases try all of them: `tests/support/size.rs`.
const ALL_CASES: &str = "STACKSTEP_ALL_CASES";

/// Plain `cargo test` over the workspace, with all cases where CI runs it; with the slow suites the sandbox's contract is held to the real engine. The runner tests,
/// which it ignores, are counted where they run.
fn plain(root: &Path, extent: Extent) -> Result<Count> {
    // Tests run both programs, and cargo builds only those of the package that is tested.
    if !succeeds(cargo(root).args(["build", "--quiet", "--workspace", "--bins"]))? {
        return Ok(Count::one_failed());
    }
    let tests = ["test", "--workspace", "--no-fail-fast"];
    // A build may take as long as it takes.
    if !succeeds(cargo(root).args(tests).arg("--no-run"))? {
        return Ok(Count::one_failed());
    }
    let mut test = cargo(root);
    test.args(tests);
    if extent != Extent::Usual {
        test.env(ALL_CASES, "true");
    }
    if extent.has(Part::Slow)
        && let Some(path) = engine::install(root, engine::NEWEST)?
    {
        test.env(engine::VARIABLE, path);
    }
    let mut count = watch::run(&mut test, SILENCE)?;
    count.skipped = count.skipped.saturating_sub(ignored_tests(root).len() as u64);
    Ok(count)
}

/// The sandbox's contract, held to the real engine.
fn contract(root: &Path) -> Result<Count> {
    let tests = ["test", "--package", "pulumi-sandbox", "--test", "contract"];
    let Some(path) = engine::install(root, engine::NEWEST)? else {
        println!("skipped: without the engine, of which the runners say why");
        return Ok(Count { skipped: 1, ..Count::default() });
    };
    if !succeeds(cargo(root).args(tests).arg("--no-run"))? {
        return Ok(Count::one_failed());
    }
    watch::run(cargo(root).args(tests).args(["--", "--skip", SOAK]).env(engine::VARIABLE, path), SILENCE)
}

/// Installs what the long tests need, and runs them.
fn soak(root: &Path) -> Result<Count> {
    let tests = ["test", "--workspace", "--test", "runners", "--test", "contract"];
    if !succeeds(cargo(root).args(["build", "--quiet", "--workspace", "--bins"]))?
        || !succeeds(cargo(root).args(tests).arg("--no-run"))?
    {
        return Ok(Count::one_failed());
    }
    let mut names = ignored_tests(root);
    names.retain(|name| name.contains(SOAK));
    let mut count = Count::default();
    for tool in tools::read(root)?.iter().filter(|tool| names.iter().any(|name| tool.is_of(name))) {
        match tool.install(root)? {
            State::Ready => {}
            State::NoToolchain(missing) => {
                println!("skipped: the long tests: `{missing}` is not installed, which {} needs", tool.name);
                return Ok(Count { skipped: names.len() as u64, ..Count::default() });
            }
            State::Failed => {
                println!("failed: {} could not be installed", tool.name);
                return Ok(Count::one_failed());
            }
        }
    }
    let mut test = cargo(root);
    test.args(tests).args(["--", "--ignored", SOAK]);
    if let Some(path) = engine::install(root, engine::NEWEST)? {
        test.env(engine::VARIABLE, path);
    }
    count += watch::run(&mut test, SILENCE_OF_SLOW_ONES)?;
    Ok(count + oldest(root)?)
}

/// Runs the suite `real` on the oldest engine.
fn oldest(root: &Path) -> Result<Count> {
    println!("\n== the same on the oldest engine");
    let tests = ["test", "--workspace", "--test", "runners", "--", "--ignored"];
    let Some(path) = engine::install(root, engine::OLDEST)? else { return Ok(Count::one_failed()) };
    let mut test = cargo(root);
    test.args(tests).arg(engine::OF_EACH_VERSION).args(["--skip", SOAK]).env(engine::VARIABLE, path);
    for suite in engine::OF_THE_NEWEST {
        test.args(["--skip", suite]);
    }
    watch::run(&mut test, SILENCE)
}

/// Installs the tools with these names.
pub fn install(root: &Path, names: &[String]) -> Result<bool> {
    for name in names {
        if !matches!(tools::find(root, name)?.install(root)?, State::Ready) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Installs the runners and runs the tests in them: those of the slow ones, or all others.
fn runners(root: &Path, slow: bool) -> Result<Count> {
    let mut count = Count::default();
    let (mut wanted, mut absent) = (BTreeSet::new(), BTreeSet::new());
    for tool in tools::read(root)?.into_iter().filter(|tool| !tool.soak) {
        if tool.slow && !slow {
            absent.insert(tool.suite());
            continue;
        }
        if tool.slow {
            wanted.insert(tool.suite());
        }
        // A test of a slow one can need a quick one, too.
        let counts = tool.slow == slow;
        match tool.install(root)? {
            State::Ready => {}
            State::NoToolchain(missing) => {
                println!("skipped: the tests with {}: `{missing}` is not installed", tool.name);
                // Several tools can be for one suite.
                if absent.insert(tool.suite()) && counts {
                    count.skipped += tests_of(root, &tool) as u64;
                }
            }
            State::Failed => {
                println!("failed: {} could not be installed", tool.name);
                absent.insert(tool.suite());
                if counts {
                    count += Count::one_failed();
                }
            }
        }
    }
    println!("left to `--soak`: the long tests");
    let tests = ["test", "--workspace", "--test", "runners"];
    let mut test = cargo(root);
    test.args(tests).args(["--", "--ignored", "--skip", SOAK]);
    test.args(&wanted);
    for suite in &absent {
        test.args(["--skip", suite]);
    }
    if !succeeds(cargo(root).args(["build", "--quiet", "--workspace", "--bins"]))?
        || !succeeds(cargo(root).args(tests).arg("--no-run"))?
    {
        return Ok(count + Count::one_failed());
    }
    count += watch::run(&mut test, if slow { SILENCE_OF_SLOW_ONES } else { SILENCE })?;
    Ok(count)
}

/// How many runner tests need `tool`, the long ones aside.
fn tests_of(root: &Path, tool: &Tool) -> usize {
    ignored_tests(root).iter().filter(|name| tool.is_of(name) && !name.contains(SOAK)).count()
}

/// The names of the tests that plain `cargo test` ignores: the runner tests, and what of the contract is long.
fn ignored_tests(root: &Path) -> Vec<String> {
    let list = output(cargo(root).args([
        "test",
        "--quiet",
        "--workspace",
        "--test",
        "runners",
        "--test",
        "contract",
        "--",
        "--list",
        "--ignored",
    ]));
    let list = list.unwrap_or_default();
    list.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect()
}

/// Prints the tables that suites left, and last how much ran on the real engine.
fn show_tables(root: &Path) -> Result<()> {
    tables(root)?;
    if let Some(table) = engine::table(&root.join(TABLES).join(engine::PARTS))? {
        println!("\n{table}");
    }
    Ok(())
}

fn tables(root: &Path) -> Result<()> {
    let Ok(entries) = std::fs::read_dir(root.join(TABLES)) else { return Ok(()) };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
        println!("\n{}", std::fs::read_to_string(path).map_err(Error::io("read", path))?.trim_end());
    }
    Ok(())
}
