//! The recordings of the real CLI, read as if they were runs. Each is a folder of `tests/fixtures/recordings`: `run.yaml`
//! says how the CLI was called, what it printed and how it ended, `events.jsonl` is its event log.

use std::fs;
use std::path::PathBuf;

use serde::Deserialize;

use crate::engine::{Exit, Run, parse};
use crate::normalise::Places;

/// The folder of a recording.
pub fn folder(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/recordings")).join(name)
}

/// A file of a recording, when there is one.
pub fn file(name: &str, file: &str) -> Option<String> {
    let bytes = fs::read(folder(name).join(file)).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// How the CLI was called and has ended.
#[derive(Deserialize)]
struct Recorded {
    command: String,
    exit: i32,
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    stderr: String,
}

impl Recorded {
    fn read(name: &str) -> Self {
        let text = file(name, "run.yaml").unwrap_or_else(|| panic!("recording `{name}` has no run.yaml"));
        serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("recording `{name}`: {error}"))
    }
}

/// The arguments that were recorded, without the remark behind them.
pub fn command(name: &str) -> String {
    let line = Recorded::read(name).command;
    let line = line.split("  #").next().unwrap_or_default().trim();
    line.strip_prefix("pulumi ").unwrap_or(line).to_owned()
}

/// A recording as a run.
pub fn load(name: &str) -> Run {
    let Recorded { exit: status, stdout, stderr, .. } = Recorded::read(name);
    Run {
        exit: if status < 0 { Exit::Signal(-status) } else { Exit::Status(status) },
        stdout,
        stderr,
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
