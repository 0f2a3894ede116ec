//! `cargo xtask bench`: what stackstep adds to the engine, in runs that are paired so that a busy machine slows both.

mod affected;
mod delay;
mod fleets;
mod install;
mod launcher;
mod masker;
mod measure;
mod memory;
mod parse;
mod ready;
mod record;
mod render;
mod sandbox;
mod toolkit;

use crate::process::{cargo, output};
use crate::stage::Stage;
use measure::{PAIRS, Pairs, milliseconds, pairs, timed};
use serde_json::Value;
use stackstep::base::error::{Error, Result};
use std::path::Path;
use std::process::Command;

/// Rows of the table that can be asked for alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum BenchPart {
    /// What runs cost beside the engine.
    Runs,
    /// Which of many stacks a change can affect.
    Affected,
    /// A fleet in one job.
    Fleets,
    /// What an installation costs.
    Install,
    /// Reading and rendering of reports.
    Report,
}

/// Runs it with this engine and prints a table, of all rows or of one part.
pub fn run(root: &Path, engine: &str, only: Option<BenchPart>) -> Result<bool> {
    println!("Building stackstep and its sandbox engine as they will be released.");
    let stage = Stage::new(root, engine, true)?;
    let is_asked = |part| only.is_none_or(|only| only == part);
    let mut rows = Vec::new();
    if is_asked(BenchPart::Runs) {
        rows.extend(of_runs(root, &stage)?);
    }
    if is_asked(BenchPart::Affected) {
        rows.extend(affected::rows(&stage)?);
    }
    if is_asked(BenchPart::Fleets) {
        rows.extend(fleets::rows(&stage)?);
    }
    // Goes last: it makes the example a program of Node.
    if is_asked(BenchPart::Install) {
        rows.extend(install::rows(&stage, root)?);
    }
    let mut measured = String::new();
    if is_asked(BenchPart::Report) {
        // The report is measured as it will be released too: in a program that is built that way.
        let mut release = cargo(root);
        release.args(["run", "--quiet", "--release", "--package", "xtask", "--", "bench-report"]);
        measured = output(&mut release).unwrap_or_default();
    }
    println!("\n| with the {} engine | |\n| --- | ---: |", stage.engine_label());
    for (name, value) in rows {
        println!("| {name} | {value} |");
    }
    print!("{measured}");
    Ok(true)
}

/// The rows about runs.
fn of_runs(root: &Path, stage: &Stage) -> Result<Vec<(String, String)>> {
    let bare = ["--stack", "dev", "--non-interactive"];
    let up = [&["up", "--yes", "--skip-preview"], &bare[..]].concat();
    let preview = [&["preview"], &bare[..]].concat();
    timed(&mut stage.engine(&["stack", "init", "dev"]))?;
    timed(&mut stage.engine(&up))?;

    let mut rows = Vec::new();
    for (name, bare) in [("up", &up), ("preview", &preview)] {
        let ours = [name, "--stack", "dev"];
        let pairs = pairs(|| stage.stackstep(&ours), || stage.engine(bare))?;
        rows.push((format!("`{name}` without changes, stackstep"), milliseconds(&pairs.first)));
        rows.push((format!("`{name}` without changes, bare engine"), milliseconds(&pairs.second)));
        rows.push((format!("`{name}`: ratio, median of {PAIRS} pairs"), format!("{:.2}x", pairs.ratio())));
        rows.push((format!("`{name}`: engine processes"), processes(stage, &ours)?));
    }
    // A job that passes on its secret outputs: the engine prints them in a process of its own.
    let outputs = stage.file("outputs");
    std::fs::write(&outputs, "").map_err(Error::io("write", &outputs))?;
    let exporting = || {
        let mut command = stage.stackstep(&["up", "--stack", "dev", "--secret-outputs", "*"]);
        command.env("GITHUB_ACTIONS", "true").env("GITHUB_EVENT_NAME", "push").env("GITHUB_OUTPUT", &outputs);
        command
    };
    let exported = pairs(exporting, || stage.engine(&up))?;
    rows.push(("`up` with its secret outputs exported, stackstep".into(), milliseconds(&exported.first)));
    rows.push((
        format!("`up` with its secret outputs exported: ratio to a bare `up` alone, median of {PAIRS} pairs"),
        format!("{:.2}x", exported.ratio()),
    ));
    rows.push(delay::row(stage)?);
    let starts = pairs(|| stage.stackstep(&["inputs"]), || Command::new("true"))?;
    rows.push(("start-up (`stackstep inputs`)".into(), milliseconds(&starts.first)));
    rows.extend(launcher::rows(root, stage)?);
    rows.push(("size of the binary".into(), format!("{} KiB", stage.size("stackstep")? / 1024)));
    rows.extend(sandbox::rows(stage)?);
    Ok(rows)
}

/// Prints the table's rows about reports.
pub fn report() -> bool {
    // Memory goes first: what others have used would count.
    let rows = memory::rows().into_iter().chain(parse::rows()).chain(record::rows());
    for (name, value) in rows.chain(render::rows()).chain(masker::rows()) {
        println!("| {name} | {value} |");
    }
    true
}

/// How many engine processes a run starts, as its result tells.
fn processes(stage: &Stage, arguments: &[&str]) -> Result<String> {
    let path = stage.file("bench.json");
    timed(stage.stackstep(arguments).arg("--result-file").arg(&path))?;
    let text = std::fs::read_to_string(&path).map_err(Error::io("read", &path))?;
    let result: Value = serde_json::from_str(&text).unwrap_or_default();
    Ok(result["engine"]["processes"].as_u64().map_or("unknown".into(), |number| number.to_string()))
}
