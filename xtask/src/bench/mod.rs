//! `cargo xtask bench`: what stackstep adds to the engine, in runs that are paired so that a busy machine slows both.

mod delay;
mod install;
mod launcher;
mod masker;
mod memory;
mod parse;
mod ready;
mod render;
mod sandbox;
mod toolkit;

use crate::process::{cargo, output};
use crate::stage::Stage;
use serde_json::Value;
use stackstep::base::error::{Error, Result};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How many pairs are run.
const PAIRS: usize = 12;

/// Runs it with this engine and prints a table.
pub fn run(root: &Path, engine: &str) -> Result<bool> {
    println!("Building stackstep and its sandbox engine as they will be released.");
    let stage = Stage::new(root, engine, true)?;
    let bare = ["--stack", "dev", "--non-interactive"];
    let up = [&["up", "--yes", "--skip-preview"], &bare[..]].concat();
    let preview = [&["preview"], &bare[..]].concat();
    timed(&mut stage.engine(&["stack", "init", "dev"]))?;
    timed(&mut stage.engine(&up))?;

    let label = stage.engine_label();
    let mut rows = Vec::new();
    for (name, bare) in [("up", &up), ("preview", &preview)] {
        let ours = [name, "--stack", "dev"];
        let pairs = pairs(|| stage.stackstep(&ours), || stage.engine(bare))?;
        rows.push((format!("`{name}` without changes, stackstep"), milliseconds(&pairs.first)));
        rows.push((format!("`{name}` without changes, bare engine"), milliseconds(&pairs.second)));
        rows.push((format!("`{name}`: ratio, median of {PAIRS} pairs"), format!("{:.2}x", pairs.ratio())));
        rows.push((format!("`{name}`: engine processes"), processes(&stage, &ours)?));
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
    rows.push(delay::row(&stage)?);
    let starts = pairs(|| stage.stackstep(&["inputs"]), || Command::new("true"))?;
    rows.push(("start-up (`stackstep inputs`)".into(), milliseconds(&starts.first)));
    rows.extend(launcher::rows(root, &stage)?);
    rows.push(("size of the binary".into(), format!("{} KiB", stage.size("stackstep")? / 1024)));
    rows.extend(sandbox::rows(&stage)?);
    // Goes last: it makes the example a program of Node.
    rows.extend(install::rows(&stage, root)?);
    // The report is measured as it will be released too: in a program that is built that way.
    let mut release = cargo(root);
    release.args(["run", "--quiet", "--release", "--package", "xtask", "--", "bench-report"]);
    let measured = output(&mut release).unwrap_or_default();

    println!("\n| with the {label} engine | |\n| --- | ---: |");
    for (name, value) in rows {
        println!("| {name} | {value} |");
    }
    print!("{measured}");
    Ok(true)
}

/// Prints the table's rows about reports.
pub fn report() -> bool {
    // Memory goes first: what others have used would count.
    for (name, value) in
        memory::rows().into_iter().chain(parse::rows()).chain(render::rows()).chain(masker::rows())
    {
        println!("| {name} | {value} |");
    }
    true
}

/// Times of two commands that were run alternately.
struct Pairs {
    first: Vec<Duration>,
    second: Vec<Duration>,
}

impl Pairs {
    /// The median of each pair's ratio.
    fn ratio(&self) -> f64 {
        let pairs = self.first.iter().zip(&self.second);
        let mut ratios: Vec<f64> = pairs.map(|(a, b)| a.as_secs_f64() / b.as_secs_f64()).collect();
        ratios.sort_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

/// Runs both commands in turns, each once before to warm up.
fn pairs(first: impl Fn() -> Command, second: impl Fn() -> Command) -> Result<Pairs> {
    timed(&mut first())?;
    timed(&mut second())?;
    let mut pairs = Pairs { first: Vec::new(), second: Vec::new() };
    for turn in 0..PAIRS {
        // Whoever goes second may find a warmer machine: take turns.
        if turn % 2 == 0 {
            pairs.first.push(timed(&mut first())?);
            pairs.second.push(timed(&mut second())?);
        } else {
            pairs.second.push(timed(&mut second())?);
            pairs.first.push(timed(&mut first())?);
        }
    }
    Ok(pairs)
}

/// How long the command takes; an error when it fails.
fn timed(command: &mut Command) -> Result<Duration> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let start = Instant::now();
    let output = command.output().map_err(Error::io("start", command.get_program()))?;
    let took = start.elapsed();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Error::input(
            format!("{command:?} failed: {}", said.trim_end()),
            "a benchmark needs runs that succeed",
        ));
    }
    Ok(took)
}

/// The median, in milliseconds.
fn milliseconds(times: &[Duration]) -> String {
    let mut times = times.to_vec();
    times.sort();
    times
        .get(times.len() / 2)
        .map_or("–".into(), |median| format!("{:.1} ms", median.as_secs_f64() * 1000.0))
}

/// How many engine processes a run starts, as its result tells.
fn processes(stage: &Stage, arguments: &[&str]) -> Result<String> {
    let path = stage.file("bench.json");
    timed(stage.stackstep(arguments).arg("--result-file").arg(&path))?;
    let text = std::fs::read_to_string(&path).map_err(Error::io("read", &path))?;
    let result: Value = serde_json::from_str(&text).unwrap_or_default();
    Ok(result["engine"]["processes"].as_u64().map_or("unknown".into(), |number| number.to_string()))
}
