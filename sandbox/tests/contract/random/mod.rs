//! Random programs on both engines, step by step. Each step begins on both from what the real CLI has left, so that a
//! difference is met once, where it comes from.
//!
//! What is compared: exit status, standard error, events, the checkpoint and the stack's file, the names of all files,
//! and outputs. What an operation displays is left to the scenarios.

mod draw;
mod generate;
mod kinds;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde_json::Value;

use crate::agreed::AGREED;
use crate::compare::{self, Class, Difference};
use crate::disk;
use crate::engine::{Engine, Env, Exit, Run, Stage, words};
use crate::table;
use kinds::KINDS;

/// The seeds of all programs.
const SEEDS: Range<u64> = 1..151;
/// How many of them run each time.
const USUAL: Range<u64> = 1..13;

/// What came of the programs that have run.
#[derive(Default)]
struct Ran {
    programs: usize,
    commands: usize,
    /// The programs that show each kind of difference.
    kinds: BTreeMap<&'static str, BTreeSet<u64>>,
    /// The programs that show any difference.
    different: BTreeSet<u64>,
    /// The programs that showed one which nobody has agreed on once, and not again.
    once: BTreeSet<u64>,
    unknown: Vec<String>,
}

#[test]
fn a_dozen_random_programs_do_the_same_on_both_engines() {
    match Engine::real() {
        Some(real) => hold(&real, USUAL, false),
        None => table::skip("a dozen random programs do the same on both engines"),
    }
}

mod soak {
    use super::{Engine, SEEDS, hold};

    #[test]
    #[ignore = "needs the Pulumi CLI, and time"]
    fn a_hundred_and_fifty_random_programs_do_the_same_on_both_engines() {
        let real =
            Engine::real().expect("a Pulumi CLI with a YAML language host: run `cargo xtask test --soak`");
        hold(&real, SEEDS, true);
    }
}

/// Runs these programs and fails with each difference that nobody has agreed on; with `all` also with each kind that no
/// program shows any more.
fn hold(real: &Engine, seeds: Range<u64>, all: bool) {
    // Each process waits for another one most of its time.
    let threads = 2;
    let share = |first: u64| {
        let mut ran = Ran::default();
        for seed in seeds.clone().filter(|seed| seed % threads == first) {
            ran.add(play_for_sure(real, seed));
        }
        ran
    };
    let mut ran = Ran::default();
    std::thread::scope(|scope| {
        let started: Vec<_> = (0..threads).map(|first| scope.spawn(move || share(first))).collect();
        for thread in started {
            ran.add(thread.join().expect("the programs of a thread"));
        }
    });
    let text = ran.table();
    table::leave("sandbox-random", &text);
    let mut wrong = ran.unknown;
    if all {
        let idle = KINDS.iter().filter(|kind| !kind.by_chance && !ran.kinds.contains_key(kind.name));
        wrong.extend(idle.map(|kind| format!("no program shows the agreed kind any more: {}", kind.name)));
    }
    assert!(wrong.is_empty(), "{text}\n{} to agree on or to mend\n{}", wrong.len(), wrong.join("\n"));
}

/// Plays the program of one seed, and once more when it shows a difference that nobody has agreed on: what the CLI does at
/// some times only is no difference of the sandbox's.
fn play_for_sure(real: &Engine, seed: u64) -> Ran {
    let mut ran = Ran::default();
    play(real, seed, &mut ran);
    if ran.unknown.is_empty() {
        return ran;
    }
    let mut again = Ran::default();
    play(real, seed, &mut again);
    // The step, the class and the place: values can hold names of temporary folders.
    let place = |text: &String| text.splitn(3, ": ").take(2).collect::<Vec<_>>().join(": ");
    let places: BTreeSet<String> = again.unknown.iter().map(place).collect();
    ran.unknown.retain(|text| places.contains(&place(text)));
    if ran.unknown.is_empty() {
        ran.once.insert(seed);
    }
    ran
}

/// Plays the program of one seed on both engines.
fn play(real: &Engine, seed: u64, ran: &mut Ran) {
    let program = generate::program(seed);
    let (mut ours, mut theirs) = (Stage::new(Engine::sandbox()), Stage::new(real.clone()));
    let mut text = "";
    ran.programs += 1;
    for (i, step) in program.steps.iter().enumerate() {
        ours.take_over(&theirs);
        if let Some(program) = &step.program {
            text = program;
            ours.write("project/Pulumi.yaml", text);
            theirs.write("project/Pulumi.yaml", text);
        }
        let args = words(&step.line);
        let [a, b] = [&mut ours, &mut theirs].map(|stage| stage.run(&args, &Env::new(), ""));
        ran.commands += 1;
        let mut found = runs(&step.line, &a, &b);
        found.extend(compare::files(&files(&ours), &files(&theirs)));
        // What is agreed on for each scenario is so here.
        found.retain(|found| !AGREED.iter().any(|agreed| agreed.excuses("*", &step.line, found)));
        let failed = [&a, &b].iter().all(|run| run.exit != Exit::Status(0));
        let shown: Vec<_> = KINDS.iter().filter(|kind| kind.take(&step.line, failed, &mut found)).collect();
        for kind in &shown {
            ran.kinds.entry(kind.name).or_default().insert(program.seed);
        }
        if !(shown.is_empty() && found.is_empty()) {
            ran.different.insert(program.seed);
        }
        let before = ran.unknown.len();
        ran.unknown
            .extend(found.iter().map(|found| format!("- seed {seed}, {} {}: {found}", i + 1, step.line)));
        if let Some(last) = ran.unknown[before..].last_mut() {
            *last += &format!("\nThe program was:\n{text}");
        }
        if shown.iter().any(|kind| kind.ends()) {
            break;
        }
    }
    table::scenario();
}

fn runs(line: &str, ours: &Run, theirs: &Run) -> Vec<Difference> {
    let plain = |run: &Run| {
        let events = run.events.as_ref().map(|events| events.iter().map(in_order).collect());
        Run { events, ..run.clone() }
    };
    let mut found = compare::runs(&plain(ours), &plain(theirs));
    found.retain(|found| found.class != Class::Stdout || line.starts_with("stack output"));
    found
}

/// The files that are compared: of the backend's other files the names alone.
fn files(stage: &Stage) -> BTreeMap<String, Value> {
    let kept = |path: &str| disk::is_checkpoint(path) || path.starts_with("project/");
    let files = disk::normal(stage).into_iter();
    files
        .map(|(path, file)| if kept(&path) { (path, in_order(&file)) } else { (path, Value::Null) })
        .collect()
}

/// A value with dependencies in alphabetical order: the real CLI itself gives them in one order or another.
fn in_order(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let fields = map.iter().map(|(key, value)| {
                let mut value = in_order(value);
                match (key.as_str(), &mut value) {
                    ("dependencies", list) => sort(list),
                    ("propertyDependencies", Value::Object(lists)) => lists.values_mut().for_each(sort),
                    _ => {}
                }
                (key.clone(), value)
            });
            Value::Object(fields.collect())
        }
        Value::Array(list) => list.iter().map(in_order).collect(),
        other => other.clone(),
    }
}

fn sort(list: &mut Value) {
    if let Value::Array(list) = list {
        list.sort_by_key(|item| item.as_str().unwrap_or_default().to_owned());
    }
}

impl Ran {
    fn add(&mut self, other: Self) {
        self.programs += other.programs;
        self.commands += other.commands;
        for (kind, seeds) in other.kinds {
            self.kinds.entry(kind).or_default().extend(seeds);
        }
        self.different.extend(other.different);
        self.once.extend(other.once);
        self.unknown.extend(other.unknown);
    }

    /// The rate, and the kinds.
    fn table(&self) -> String {
        let same = self.programs - self.different.len();
        let mut text = format!(
            "# Random programs on both engines\n\n{} programs, {} commands on each engine: {same} programs ({} %) without \
             any difference.\n",
            self.programs,
            self.commands,
            100 * same / self.programs.max(1),
        );
        if !self.once.is_empty() {
            text.push_str(&format!(
                "\nBy the CLI's chance, and not when they were played again: the programs {:?}.\n",
                self.once
            ));
        }
        if !self.kinds.is_empty() {
            text.push_str("\n| agreed difference | programs | reason |\n| --- | ---: | --- |\n");
        }
        for (name, seeds) in &self.kinds {
            let reason = KINDS.iter().find(|kind| kind.name == *name).map_or("", |kind| kind.reason);
            text.push_str(&format!("| {name} | {} | {reason} |\n", seeds.len()));
        }
        text
    }
}

#[test]
fn dependencies_have_no_order_and_other_lists_have_one() {
    let value = |a, b| serde_json::json!({ "dependencies": [a, b], "propertyDependencies": { "x": [a, b] } });
    assert_eq!(in_order(&value("a", "b")), in_order(&value("b", "a")));
    let list = |a, b| serde_json::json!({ "input": [a, b] });
    assert_ne!(in_order(&list("a", "b")), in_order(&list("b", "a")));
}
