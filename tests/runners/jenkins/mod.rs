//! The shared library and its Jenkinsfiles, loaded by jenkins-pipeline-unit, transformed by Jenkins' own groovy-cps,
//! with `sh` as a real process. Every test is one JVM, so what can be asked in one run is.

mod examples;
mod fleets;
mod library;

use crate::harness::Place;
use crate::harness::jenkins::{Spec, spec};
use crate::tools;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// What came of a run.
struct Told {
    status: Option<i32>,
    log: String,
    /// What the pipeline got and did.
    json: Value,
}

impl Told {
    /// The names of the steps that were called, in order.
    fn steps(&self) -> Vec<&str> {
        self.json["calls"].as_array().unwrap().iter().map(|call| call[0].as_str().unwrap()).collect()
    }

    /// The first call of a step.
    fn call(&self, name: &str) -> &Value {
        let calls = self.json["calls"].as_array().unwrap();
        calls.iter().find(|call| call[0] == name).unwrap_or(&Value::Null)
    }
}

/// A place with a program and the shim where the binary will be.
fn place() -> Place {
    place_with(&tools::shim())
}

/// A place with a program, and `binary` to be started.
fn place_with(binary: &Path) -> Place {
    let place = Place::new(binary);
    let program = tools::root().join("tests/fixtures/programs/hello/Pulumi.yaml");
    std::fs::copy(program, place.repository().join("Pulumi.yaml")).unwrap();
    place
}

/// The real binary.
fn binary() -> PathBuf {
    env!("CARGO_BIN_EXE_stackstep").into()
}

/// Runs it to its end.
fn run(spec: &Spec) -> Told {
    let output = spec.command().stdin(Stdio::null()).output().unwrap();
    let log =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(spec.result()).unwrap_or_else(|error| panic!("{error}:\n{log}"));
    Told { status: output.status.code(), log, json: serde_json::from_str(&text).unwrap() }
}

/// Calls of `stackstep` in a job of the main branch.
fn calls(place: &Place, calls: &Value) -> Told {
    run(&spec(place, "push", serde_json::json!({ "calls": calls })))
}
