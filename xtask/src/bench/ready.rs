//! From a checkout to a running engine, for a program of Node: what of it are the dependencies, what the CLI, what we.
//!
//! Each part is measured by a run in which only it is missing, against a run in which nothing is.

use super::timed;
use crate::process::{command, succeeds};
use crate::stage::Stage;
use stackstep::base::error::{Error, Result};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The only dependency, as most programs have it.
const PACKAGE: &str = r#"{"name": "hello", "private": true, "dependencies": {"@pulumi/pulumi": "3.205.0"}}"#;

/// The rows, with the CLI from `mirror`.
pub fn rows(stage: &Stage, mirror: &str) -> Result<Vec<(String, String)>> {
    let program = stage.program();
    let write = |name: &str, text: &str| {
        let path = program.join(name);
        std::fs::write(&path, text).map_err(Error::io("write", &path))
    };
    write("Pulumi.yaml", "name: hello\nruntime: nodejs\n")?;
    write("package.json", PACKAGE)?;
    let (modules, packages, engines) =
        (program.join("node_modules"), stage.file("npm-cache"), stage.file("ready-cache"));
    let lock = ["install", "--package-lock-only", "--no-audit", "--no-fund", "--silent"];
    if !succeeds(command("npm", &program).args(lock)).unwrap_or(false) {
        return Ok(vec![(
            "checkout to ready".into(),
            "not measured: there is no npm, or no registry".into(),
        )]);
    }
    let run = || -> Result<Duration> {
        let mut command: Command = stage.bare();
        command
            .args(["preview", "--stack", "dev", "--pulumi-version", "3.999.0", "--pulumi-mirror", mirror])
            .arg("--cache-folder")
            .arg(&engines)
            .env("npm_config_cache", &packages);
        timed(&mut command)
    };
    let remove = |folder: &Path| drop(std::fs::remove_dir_all(folder));
    let all = run()?;
    let warm = run()?;
    remove(&engines);
    let engine = run()?;
    remove(&modules);
    let restored = run()?;
    remove(&modules);
    remove(&packages);
    let dependencies = run()?;
    for left in [&modules, &packages, &engines] {
        remove(left);
    }
    for name in ["package.json", "package-lock.json"] {
        let _ = std::fs::remove_file(program.join(name));
    }
    let over = |time: Duration| format!("{} ms", time.saturating_sub(warm).as_millis());
    let whole = |time: Duration| format!("{} ms", time.as_millis());
    Ok(vec![
        ("checkout to ready, a Node program on a bare machine".into(), whole(all)),
        ("… of it `npm ci` from the registry".into(), over(dependencies)),
        ("… the same with npm's cache restored".into(), over(restored)),
        ("… the CLI from a server on this machine".into(), over(engine)),
        ("… stackstep and an engine that ends at once; all of it when warm".into(), whole(warm)),
    ])
}
