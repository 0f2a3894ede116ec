//! The CircleCI orb: what it declares, what its steps do, and configurations that are moved to it.

mod declared;
mod migration;
pub mod orb;
mod stages;
mod steps;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use orb::Config;
use serde_json::{Map, Value};

use crate::harness::circleci::{environment, shell};
use crate::harness::{Event, Place};

/// A job's run in a repository with the example program in `infra/`.
pub struct Ran {
    pub place: Place,
    pub status: i32,
    pub log: String,
}

/// A place with the example program, where `~/project` is the checkout.
pub fn place(binary: &Path) -> Place {
    let place = Place::new(binary);
    let infra = place.repository().join("infra");
    std::fs::create_dir(&infra).unwrap();
    let program = std::fs::read_to_string(crate::tools::root().join("examples/hello/Pulumi.yaml")).unwrap();
    std::fs::write(infra.join("Pulumi.yaml"), program.replace("name: hello", "name: website")).unwrap();
    std::os::unix::fs::symlink(place.repository(), place.beside("home/project")).unwrap();
    place
}

/// What a person has set for a rehearsal.
pub fn rehearsal(place: &Place, event: Event) -> BTreeMap<String, String> {
    let mut environment = environment(place, event);
    for (name, value) in [
        ("STACKSTEP_ENGINE", "sandbox"),
        ("STACKSTEP_UPSERT", "true"),
        ("CIRCLE_PROJECT_USERNAME", "organization"),
    ] {
        environment.insert(name.to_owned(), value.to_owned());
    }
    environment
}

/// Runs one job of `config` in `place`.
pub fn run(
    place: Place,
    config: &Config,
    job: &str,
    arguments: &Map<String, Value>,
    environment: &BTreeMap<String, String>,
) -> Ran {
    let steps = config.steps(job, arguments).unwrap();
    let output = shell(&place, &steps, environment).output().unwrap();
    let log = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    Ran { place, status: output.status.code().unwrap_or(-1), log }
}

/// The binary.
pub fn stackstep() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_stackstep"))
}

/// A program that stands where the binary will be and keeps its arguments and its environment.
pub fn shim(folder: &Path) -> PathBuf {
    let path = folder.join("shim");
    let script = "#!/bin/sh\nprintf '%s\\n' \"$@\" >\"$HOME/arguments\"\nenv -0 >\"$HOME/arrived\"\nexit \"${SHIM:-0}\"\n";
    program(&path, script);
    path
}

/// A program that is this script.
pub fn program(path: &Path, script: &str) {
    std::fs::write(path, script).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// What the shim was given.
pub fn arrived(place: &Place) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(place.beside("home/arrived")).unwrap();
    let pairs = text.split('\0').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
