//! The two programs, built as they are released: without the machine's paths in them, with the list of their
//! dependencies, and for musl static.

use super::archive::{File, Files, pack};
use super::target::Target;
use crate::process::{cargo, command, output, succeeds};
use crate::test::tools;
use stackstep::base::error::{Error, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a release holds.
pub const PROGRAMS: [&str; 2] = ["stackstep", "pulumi-sandbox"];

/// Why a target was left out.
pub type Skip = String;

/// The target of this machine whose programs the bootstraps fetch, and the one that cargo builds for.
pub fn host_targets() -> Vec<&'static Target> {
    let host = output(command("rustc", Path::new(".")).arg("-vV")).unwrap_or_default();
    let triple = host.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    [triple.replace("-gnu", "-musl"), triple.to_owned()]
        .iter()
        .filter_map(|name| Target::named(name))
        .collect()
}

/// Whether rustup has the standard library for `triple`.
pub fn is_installed(triple: &str) -> bool {
    let libraries =
        command("rustc", Path::new(".")).args(["--print", "target-libdir", "--target", triple]).output();
    libraries.is_ok_and(|found| {
        found.status.success() && Path::new(String::from_utf8_lossy(&found.stdout).trim()).exists()
    })
}

/// Builds both programs and packs them into `out`; the archive's path, or why this machine can't.
pub fn archive(root: &Path, target: &Target, out: &Path) -> Result<std::result::Result<PathBuf, Skip>> {
    if !is_installed(target.triple) {
        return Ok(Err(format!("run `rustup target add {}`", target.triple)));
    }
    let mut build = match compiler(root, target) {
        Ok(build) => build,
        Err(skip) => return Ok(Err(skip)),
    };
    build.args(["build", "--release", "--locked", "--target", target.triple]);
    build.args(["--package", "stackstep", "--package", "pulumi-sandbox"]);
    if !succeeds(&mut build)? {
        return Err(Error::input(
            format!("the programs do not build for {}", target.triple),
            "see cargo's messages above",
        ));
    }
    let mut files = Files::new();
    let output = root.join("target").join(target.triple).join("release");
    for program in PROGRAMS {
        let content = read(&output.join(target.file(program)))?;
        files.insert(target.file(program), File { content, program: true });
    }
    files.insert("LICENSE".into(), File { content: read(&root.join("LICENSE"))?, program: false });
    let path = out.join(target.archive(super::VERSION));
    let bytes = pack(&files).map_err(Error::io("pack", &path))?;
    std::fs::write(&path, bytes).map_err(Error::io("write", &path))?;
    Ok(Ok(path))
}

/// `cargo`, or `cargo auditable` where it is installed, set up for the target.
fn compiler(root: &Path, target: &Target) -> std::result::Result<Command, Skip> {
    let mut build = cargo(root);
    if let Some(path) = with_auditable(root) {
        build.arg("auditable").env("PATH", path);
    }
    let variable = target.triple.to_uppercase().replace('-', "_");
    // A panic's message names the source: by the same path on every machine.
    let mut flags = vec![remap(root, "/stackstep"), remap(&cargo_home(), "/cargo")];
    if target.triple.ends_with("windows-msvc") {
        // No runtime library to install beside it: https://doc.rust-lang.org/reference/linkage.html
        flags.push("-Ctarget-feature=+crt-static".into());
        // The linker writes the time otherwise.
        flags.push("-Clink-arg=/Brepro".into());
    }
    build.env(format!("CARGO_TARGET_{variable}_RUSTFLAGS"), flags.join(" "));
    if target.triple.ends_with("-musl") {
        c_compiler_for_musl(root, target, &mut build)?;
    }
    Ok(build)
}

/// `ring` has parts in C. Rust brings musl itself, but not its headers: they are those of `musl-gcc`, or of Debian's
/// package that the tests unpack.
fn c_compiler_for_musl(root: &Path, target: &Target, build: &mut Command) -> std::result::Result<(), Skip> {
    let suffix = target.triple.replace('-', "_");
    if output(command("musl-gcc", root).arg("--version")).is_some() {
        build.env(format!("CC_{suffix}"), "musl-gcc");
        return Ok(());
    }
    let machine = target.triple.split('-').next().unwrap_or_default();
    let headers =
        tools::installed(root, "musl").map(|folder| folder.join(format!("usr/include/{machine}-linux-musl")));
    let own = output(command("gcc", root).arg("-print-file-name=include"));
    match (headers.filter(|headers| headers.exists()), own) {
        (Some(headers), Some(own)) => {
            let flags = format!("-nostdinc -isystem {} -isystem {}", headers.display(), own.trim());
            build.env(format!("CC_{suffix}"), "gcc").env(format!("CFLAGS_{suffix}"), flags);
            Ok(())
        }
        _ => Err("install `musl-gcc` (on Debian the package musl-tools)".into()),
    }
}

/// The PATH with the installed `cargo-auditable` in front.
fn with_auditable(root: &Path) -> Option<OsString> {
    let folder = tools::installed(root, "cargo-auditable")?.join("bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths([folder].into_iter().chain(std::env::split_paths(&path))).ok()
}

fn remap(from: &Path, to: &str) -> String {
    format!("--remap-path-prefix={}={to}", from.display())
}

fn cargo_home() -> PathBuf {
    let home = || {
        PathBuf::from(
            std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE")).unwrap_or_default(),
        )
    };
    std::env::var_os("CARGO_HOME").map_or_else(|| home().join(".cargo"), PathBuf::from)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(Error::io("read", path))
}
