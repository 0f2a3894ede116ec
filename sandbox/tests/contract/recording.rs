//! The recordings of the real CLI, read as if they were runs.

use std::fs;
use std::path::PathBuf;

use crate::engine::{Exit, Run, parse};
use crate::normalise::Places;

/// The folder of a recording.
pub fn folder(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/recordings")).join(name)
}

/// A file of a recording, when there is one.
pub fn file(name: &str, file: &str) -> Option<String> {
    let bytes = fs::read(folder(name).join(file)).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The arguments that were recorded, without the remark behind them.
pub fn command(name: &str) -> String {
    let line = file(name, "command.txt").unwrap_or_else(|| panic!("recording `{name}` has no command.txt"));
    let line = line.split("  #").next().unwrap_or_default().trim();
    line.strip_prefix("pulumi ").unwrap_or(line).to_owned()
}

/// A recording as a run.
pub fn load(name: &str) -> Run {
    let must = |path: &str| file(name, path).unwrap_or_else(|| panic!("recording `{name}` has no {path}"));
    let status: i32 = must("exit-code.txt").trim().parse().expect("a number in exit-code.txt");
    Run {
        exit: if status < 0 { Exit::Signal(-status) } else { Exit::Status(status) },
        stdout: must("stdout.txt"),
        stderr: must("stderr.txt"),
        events: file(name, "events.jsonl").map(|log| parse(&log)),
        places: Places::of_recordings(),
        sandbox: false,
    }
}

/// The names of all recordings.
pub fn all() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder(""))
        .expect("the recordings' folder")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| folder(name).is_dir())
        .collect();
    names.sort();
    names
}
