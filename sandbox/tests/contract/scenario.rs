//! A scenario: what to write, what to run, and what must come of it. The scenarios are the YAML files beside
//! this one.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use crate::disk;
use crate::engine::{Engine, Env, FAULTS, Run, Stage, words};
use crate::expect::Expect;
use crate::recording;

/// Steps that are played in order on one stage.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it is about, in a sentence.
    pub about: String,
    /// Why only the sandbox can play it; a real CLI is asked otherwise.
    #[serde(default)]
    pub sandbox_only: Option<String>,
    /// What happens.
    pub steps: Vec<Step>,
}

/// First files change, then a command runs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The text of `project/Pulumi.yaml`.
    #[serde(default)]
    pub program: Option<String>,
    /// The recording whose `Pulumi.yaml` it is.
    #[serde(default)]
    pub program_of: Option<String>,
    /// Files to write, by their path under the stage.
    #[serde(default)]
    pub write: BTreeMap<String, String>,
    /// Replacements in `project/Pulumi.yaml`.
    #[serde(default)]
    pub edit: Vec<Edit>,
    /// Files to remove.
    #[serde(default)]
    pub remove: Vec<String>,
    /// The faults of the sandbox from here on.
    #[serde(default)]
    pub faults: Option<String>,
    /// Variables for this command alone.
    #[serde(default)]
    pub env: Env,
    /// Where the command runs, under the stage; the project's folder otherwise.
    #[serde(default)]
    pub folder: Option<String>,
    /// What the command reads.
    #[serde(default)]
    pub stdin: String,
    /// The command, without `pulumi`; `$ROOT` is the stage.
    #[serde(default)]
    pub run: Option<String>,
    /// The recording that the same command made.
    #[serde(default)]
    pub recording: Option<String>,
    /// The recording of a Node.js program that brings about the same.
    #[serde(default)]
    pub twin: Option<String>,
    /// The only resources that are compared with it.
    #[serde(default)]
    pub twin_only: Vec<String>,
    /// Why the real CLI does not do the same each time; then exit status, standard error, the program's own
    /// diagnostics and the files are compared.
    #[serde(default)]
    pub chance: Option<String>,
    /// What must come of it, worked out by hand.
    #[serde(default)]
    pub expect: Option<Expect>,
}

/// A replacement in the program; the text must be there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    from: String,
    to: String,
}

/// What one engine made of one step with a command.
#[derive(Clone)]
pub struct Played {
    /// The step's name in reports.
    pub name: String,
    /// The run.
    pub run: Run,
    /// The disk after it.
    pub disk: BTreeMap<String, Value>,
    /// The disk was the same before, byte for byte.
    pub unchanged: bool,
    /// What is wrong with the order in the checkpoints.
    pub unsound: Vec<String>,
}

impl Scenario {
    /// The scenario of this name.
    pub fn load(name: &str) -> Self {
        let path = folder().join(format!("{name}.yaml"));
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        serde_yaml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    /// The steps that run a command.
    pub fn commands(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.run.is_some())
    }

    /// Plays it on one engine, from the beginning.
    pub fn play(&self, engine: &Engine) -> Vec<Played> {
        let mut stage = Stage::new(engine.clone());
        let mut played = Vec::new();
        for (i, step) in self.steps.iter().enumerate() {
            step.prepare(&stage);
            let Some(line) = &step.run else { continue };
            let args = words(&line.replace("$ROOT", &stage.root().display().to_string()));
            stage.enter(step.folder.as_deref().unwrap_or("project"));
            let before = disk::raw(&stage);
            let run = stage.run(&args, &step.env, &step.stdin);
            let unchanged = disk::raw(&stage) == before;
            let name = step.name(i);
            played.push(Played {
                name,
                run,
                disk: disk::normal(&stage),
                unchanged,
                unsound: disk::unsound(&stage),
            });
        }
        played
    }
}

impl Step {
    /// What reports call the step: its recording, else its place and its command.
    fn name(&self, i: usize) -> String {
        let line = self.run.as_deref().unwrap_or_default();
        self.recording.as_ref().or(self.twin.as_ref()).cloned().unwrap_or_else(|| format!("{} {line}", i + 1))
    }

    fn prepare(&self, stage: &Stage) {
        const PROGRAM: &str = "project/Pulumi.yaml";
        if let Some(text) = &self.program {
            stage.write(PROGRAM, text);
        }
        if let Some(name) = &self.program_of {
            let text = recording::file(name, "Pulumi.yaml");
            stage.write(PROGRAM, &text.unwrap_or_else(|| panic!("recording `{name}` has no Pulumi.yaml")));
        }
        for (path, text) in &self.write {
            stage.write(path, &text.replace("$ROOT", &stage.root().display().to_string()));
        }
        for Edit { from, to } in &self.edit {
            let text = fs::read_to_string(stage.root().join(PROGRAM)).expect("a program to edit");
            assert!(text.contains(from.as_str()), "the program has no {from:?}");
            stage.write(PROGRAM, &text.replace(from.as_str(), to));
        }
        for path in &self.remove {
            let path = stage.root().join(path);
            if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) }
                .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        }
        if let Some(faults) = &self.faults {
            stage.write(FAULTS, faults);
        }
    }
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract/scenarios"))
}

/// The names of all scenarios.
pub fn all() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder())
        .expect("the scenarios' folder")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| Some(name.strip_suffix(".yaml")?.to_owned()))
        .collect();
    names.sort();
    names
}
