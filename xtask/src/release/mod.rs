//! `cargo xtask release`: archives, checksums, SBOM, and the wrappers that carry the archives' hashes.
//!
//! The hosted workflow packs each target on a machine of its kind and puts the parts together; a dry run does on one
//! machine what one machine can, and installs from the result. What can't be done is skipped by name.

pub mod archive;
mod assemble;
mod build;
mod pin;
mod rehearse;
mod sbom;
pub mod server;
pub mod table;
pub mod target;

pub use assemble::{CHECKSUMS, checksums};

use crate::process::{cargo, succeeds};
use stackstep::base::error::{Error, Result};
use std::fs;
use std::path::Path;
pub use table::VERSION;
use target::Target;

/// The only workflow that makes a release; GitHub sets the variable:
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>.
const WORKFLOW: (&str, &str) =
    ("GITHUB_WORKFLOW_REF", "stackstep/stackstep/.github/workflows/release.yml@refs/heads/main");

/// What a dry run compiles for without linking: the other systems.
const CHECKED: &[&str] = &["x86_64-pc-windows-gnu", "aarch64-apple-darwin"];

/// Stands in for a C compiler: it makes the file that it is told to make, with nothing in it, and knows nothing else.
const NO_COMPILER: &str = "\
made=1
for argument; do
  if [ \"${before:-}\" = -o ]; then : >\"$argument\" && made=0; fi
  before=$argument
done
exit $made
";

/// What to do.
#[derive(Debug)]
pub enum Step {
    /// All that one machine can, into `target/release-dry-run`.
    DryRun,
    /// Build and pack this target into `dist`.
    Pack(String),
    /// Put what lies in `dist` together, and write the wrappers into the tree: only in the hosted workflow.
    Assemble,
    /// Name the commit that carries the hashes in examples and documentation, in the tree.
    Pin(String),
}

/// Does it. Whether everything went well.
pub fn run(root: &Path, step: &Step) -> Result<bool> {
    match step {
        Step::DryRun => dry_run(root),
        Step::Pack(triple) => pack(root, triple),
        Step::Assemble => assemble(root),
        Step::Pin(commit) => pin::run(root, commit),
    }
}

fn pack(root: &Path, triple: &str) -> Result<bool> {
    let target = Target::named(triple).ok_or_else(|| {
        let names: Vec<_> = target::TARGETS.iter().map(|target| target.triple).collect();
        Error::input(
            format!("`{triple}` is not a target of a release"),
            format!("one of {}", names.join(", ")),
        )
    })?;
    let out = root.join("dist");
    fs::create_dir_all(&out).map_err(Error::io("create", &out))?;
    match build::archive(root, target, &out)? {
        Ok(path) => println!("packed {}", path.display()),
        Err(why) => return Err(Error::input(format!("{triple} can't be built here"), why)),
    }
    Ok(true)
}

fn assemble(root: &Path) -> Result<bool> {
    let (variable, workflow) = WORKFLOW;
    if std::env::var(variable).ok().as_deref() != Some(workflow) {
        return Err(Error::input(
            "a release is made by the workflow `release.yml` on the main branch only",
            "run `cargo xtask release --dry-run` to see what it would make",
        ));
    }
    let dist = root.join("dist");
    let release = assemble::table(&dist)?;
    let missing: Vec<_> = target::TARGETS
        .iter()
        .map(|target| target.triple)
        .filter(|triple| release.archive.iter().all(|archive| archive.target != *triple))
        .collect();
    if !missing.is_empty() {
        return Err(Error::input(format!("no archive for {}", missing.join(", ")), "pack all targets first"));
    }
    if !sbom::write(root, "all", &dist)? {
        return Err(Error::input(
            "cargo-cyclonedx is not installed",
            "run `cargo xtask tools cargo-cyclonedx`",
        ));
    }
    assemble::checksums(&dist)?;
    assemble::wrappers(root, &release, root)?;
    assemble::layouts(root, root, &root.join("layouts"))?;
    println!("assembled version {VERSION}");
    Ok(true)
}

fn dry_run(root: &Path) -> Result<bool> {
    let out = root.join("target/release-dry-run");
    let _ = fs::remove_dir_all(&out);
    let dist = out.join("dist");
    fs::create_dir_all(&dist).map_err(Error::io("create", &dist))?;
    let mut fetchable = false;
    // The first is what the bootstraps fetch on this machine; the next only where the first can't be made.
    for target in build::host_targets() {
        match build::archive(root, target, &dist)? {
            Ok(path) => {
                println!("packed {}", path.display());
                fetchable = target.platform.is_some();
                break;
            }
            Err(why) => println!("skipped: {}: {why}", target.triple),
        }
    }
    let mut fine = true;
    for triple in CHECKED {
        fine &= check(root, triple)?;
    }
    if sbom::write(root, "all", &dist)? {
        println!("wrote the SBOM of each program");
    } else {
        println!("skipped: SBOM: run `cargo xtask tools cargo-cyclonedx`");
    }
    assemble::checksums(&dist)?;
    let release = assemble::table(&dist)?;
    let wrappers = out.join("wrappers");
    assemble::wrappers(root, &release, &wrappers)?;
    let layouts = assemble::layouts(root, &wrappers, &out.join("layouts"))?;
    println!("wrote {CHECKSUMS}, the wrappers and {} layout(s) below {}", layouts.len(), out.display());
    if !fetchable {
        println!("skipped: the rehearsal: no bootstrap fetches what could be built here");
        return Ok(fine);
    }
    Ok(rehearse::run(root, &wrappers, &dist)? && fine)
}

/// Compiles for a target without linking, when rustup has it. Whether nothing is wrong.
fn check(root: &Path, triple: &str) -> Result<bool> {
    if !build::is_installed(triple) {
        println!("skipped: check for {triple}: run `rustup target add {triple}`");
        return Ok(true);
    }
    let mut check = cargo(root);
    check.args(["check", "--quiet", "--locked", "--target", triple]);
    check.args(["--package", "stackstep", "--package", "pulumi-sandbox"]);
    // A check makes no program, so a machine without a C compiler for the target can check what is in Rust.
    let compiler = root.join("target/release-dry-run/no-compiler.sh");
    fs::write(&compiler, NO_COMPILER).map_err(Error::io("write", &compiler))?;
    check.env(format!("CC_{}", triple.replace('-', "_")), format!("sh {}", compiler.display()));
    let fine = succeeds(&mut check)?;
    println!("checked for {triple}: the Rust in it {}", if fine { "compiles" } else { "does not compile" });
    Ok(fine)
}
