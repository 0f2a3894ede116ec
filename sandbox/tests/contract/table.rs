//! The contract table. Tests run at the same time and their output is captured, so each result rewrites the file
//! with what is known so far: after the run it is whole.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use crate::agreed::AGREED;
use crate::normalise::LEFT_OUT;

/// The columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// What was worked out by hand, on the sandbox.
    Sandbox,
    /// The sandbox against the recording.
    Recording,
    /// The sandbox against a real CLI.
    Real,
    /// The real CLI against the recording and against what was worked out by hand: is the yardstick sound?
    Yardstick,
}

const COLUMNS: [(Column, &str); 4] = [
    (Column::Sandbox, "sandbox"),
    (Column::Recording, "= recording"),
    (Column::Real, "= real CLI"),
    (Column::Yardstick, "real CLI = recording and expectation"),
];

/// What a cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// All as it must be.
    Ok,
    /// Equal but for agreed differences.
    Agreed,
    /// Not as it must be.
    Differs,
}

type Rows = BTreeMap<(String, usize, String), BTreeMap<Column, Cell>>;

static ROWS: Mutex<(Rows, Vec<String>)> = Mutex::new((BTreeMap::new(), Vec::new()));

/// Enters one result. `step` keeps a scenario's rows in order.
pub fn enter(scenario: &str, step: usize, name: &str, column: Column, cell: Cell) {
    let mut all = ROWS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    all.0.entry((scenario.to_owned(), step, name.to_owned())).or_default().insert(column, cell);
    write(&all.0, &all.1);
}

/// Enters what was not done, by name.
pub fn skip(what: &str) {
    let mut all = ROWS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    all.1.push(what.to_owned());
    all.1.sort();
    write(&all.0, &all.1);
}

/// Where the table is: `cargo xtask test` prints what lies in that folder.
pub fn path() -> PathBuf {
    folder().join("sandbox-contract.md")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/report-tables")
}

/// Leaves another table beside it.
pub fn leave(name: &str, text: &str) {
    let _ = fs::create_dir_all(folder());
    let _ = fs::write(folder().join(format!("{name}.md")), text);
}

/// How much has run on the real CLI.
#[derive(Default)]
struct Real {
    version: String,
    scenarios: u64,
    starts: u64,
    time: Duration,
}

static REAL: Mutex<Option<Real>> = Mutex::new(None);

/// Changes it, and leaves it for `cargo xtask test`, which adds it to what others ran.
fn count(change: impl FnOnce(&mut Real)) {
    let mut real = REAL.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let real = real.get_or_insert_default();
    change(real);
    let part = serde_json::json!({
        "suite": "the sandbox beside it",
        "version": real.version,
        "scenarios": real.scenarios,
        "starts": real.starts,
        "seconds": real.time.as_secs(),
    });
    let _ = fs::create_dir_all(folder().join("real-engine"));
    let _ = fs::write(folder().join("real-engine/sandbox.json"), part.to_string());
}

/// The version of the real CLI.
pub fn version(version: &str) {
    count(|real| version.clone_into(&mut real.version));
}

/// The real CLI was started, and has ended after this time.
pub fn started(time: Duration) {
    count(|real| {
        real.starts += 1;
        real.time += time;
    });
}

/// A scenario has been played on the real CLI to its end.
pub fn scenario() {
    count(|real| real.scenarios += 1);
}

fn write(rows: &Rows, skipped: &[String]) {
    // A table that can't be written must not hide the tests' own result.
    let path = path();
    let _ = path.parent().map(fs::create_dir_all);
    let _ = fs::write(path, render(rows, skipped));
}

fn render(rows: &Rows, skipped: &[String]) -> String {
    let mut text = String::from("# Contract of the sandbox\n\n| scenario | step |");
    COLUMNS.iter().for_each(|(_, name)| text += &format!(" {name} |"));
    text += "\n| --- | --- | --- | --- | --- | --- |\n";
    for ((scenario, _, step), cells) in rows {
        let _ = write!(text, "| {scenario} | {} |", step.replace('|', "\\|"));
        for (column, _) in COLUMNS {
            let word = match cells.get(&column) {
                Some(Cell::Ok) => "ok",
                Some(Cell::Agreed) => "agreed",
                Some(Cell::Differs) => "**differs**",
                None => "–",
            };
            let _ = write!(text, " {word} |");
        }
        text.push('\n');
    }
    section(
        &mut text,
        "Agreed differences",
        AGREED.iter().map(|a| (format!("{} {} {:?} {}", a.scenario, a.step, a.class, a.holds), a.reason)),
    );
    section(
        &mut text,
        "Left out of every comparison",
        LEFT_OUT.iter().map(|(what, why)| ((*what).to_owned(), *why)),
    );
    let none = "there is no real Pulumi CLI with a YAML language host on the PATH";
    section(&mut text, "Skipped", skipped.iter().map(|what| (what.clone(), none)));
    text
}

fn section<'a>(text: &mut String, title: &str, lines: impl Iterator<Item = (String, &'a str)>) {
    let lines: Vec<String> = lines.map(|(what, why)| format!("- {what}: {why}\n")).collect();
    if !lines.is_empty() {
        let _ = write!(text, "\n## {title}\n\n{}", lines.concat());
    }
}
