//! What a real CLI made of a scenario, kept in the project, so that the sandbox is held to it where there is no
//! real CLI. `CONTRACT_RECORD=1` writes it anew; the files hold normalised data only.
//!
//! A line is a step (exit status, both outputs, the files that changed) or one of its events.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

use serde_json::{Value, json};

use crate::engine::{Exit, Run};
use crate::normalise::{self, Places};
use crate::scenario::Played;

/// Where a scenario's memory lies.
fn path(scenario: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/real"))
        .join(format!("{scenario}.jsonl"))
}

/// Whether the memory is to be written anew.
pub fn wanted() -> bool {
    env::var_os("CONTRACT_RECORD").is_some()
}

/// Keeps what a real CLI made of a scenario.
pub fn keep(scenario: &str, played: &[Played]) {
    let mut text = String::new();
    let mut before = BTreeMap::new();
    for step in played {
        let run = &step.run;
        let (changed, gone) = changes(&before, &step.disk);
        before.clone_from(&step.disk);
        let line = json!({
            "step": step.name,
            "exit": match run.exit { Exit::Status(status) => status, Exit::Signal(signal) => -signal },
            "stderr": run.places.text(&run.stderr),
            "stdout": normalise::lines(&run.stdout, &run.places, false),
            "log": run.events.is_some(),
            "changed": changed,
            "gone": gone,
        });
        let _ = writeln!(text, "{line}");
        for event in normalise::events(run.events.as_deref().unwrap_or_default(), &run.places) {
            let _ = writeln!(text, "{}", json!({ "event": event }));
        }
    }
    fs::create_dir_all(path("").parent().expect("a parent folder")).expect("the memory's folder");
    fs::write(path(scenario), text).expect("a scenario's memory");
}

/// What a real CLI made of a scenario when it was recorded.
pub fn recall(scenario: &str) -> Option<Vec<Played>> {
    let text = fs::read_to_string(path(scenario)).ok()?;
    let mut played: Vec<Played> = Vec::new();
    let mut disk = BTreeMap::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).expect("a line of the memory");
        if let Some(event) = line.get("event") {
            let step = played.last_mut().expect("a step before its events");
            step.run.events.get_or_insert_default().push(event.clone());
            continue;
        }
        for (path, file) in line["changed"].as_object().into_iter().flatten() {
            disk.insert(path.clone(), file.clone());
        }
        for path in texts(&line["gone"]) {
            disk.remove(&path);
        }
        let status = i32::try_from(line["exit"].as_i64().expect("an exit status")).expect("a small number");
        let run = Run {
            exit: if status < 0 { Exit::Signal(-status) } else { Exit::Status(status) },
            stdout: texts(&line["stdout"]).join("\n"),
            stderr: line["stderr"].as_str().unwrap_or_default().to_owned(),
            events: (line["log"] == true).then(Vec::new),
            places: Places::none(),
            sandbox: false,
        };
        let name = line["step"].as_str().unwrap_or_default().to_owned();
        played.push(Played { name, run, disk: disk.clone(), unchanged: false, unsound: Vec::new() });
    }
    Some(played)
}

type Disk = BTreeMap<String, Value>;

fn changes(before: &Disk, after: &Disk) -> (Disk, Vec<String>) {
    let changed = after.iter().filter(|(path, file)| before.get(*path) != Some(*file));
    let gone = before.keys().filter(|path| !after.contains_key(*path));
    (changed.map(|(path, file)| (path.clone(), file.clone())).collect(), gone.cloned().collect())
}

fn texts(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(|item| Some(item.as_str()?.to_owned())).collect()
}
