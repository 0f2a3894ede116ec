//! The scenes of the plain tests, with the Pulumi CLI in place of the sandbox.

use crate::harness::engine::Engine;
use crate::support::{Scene, output};
use serde_json::Value;
use std::sync::atomic::Ordering;

/// A scene with this `Pulumi.yaml`; the CLI is found on the PATH, as most jobs find it.
pub fn scene(program: &str) -> Scene {
    let scene = Scene::empty()
        .without("STACKSTEP_ENGINE")
        .with("PATH", &Engine::Pulumi.path().into_string().unwrap())
        .with("PULUMI_SKIP_UPDATE_CHECK", "true");
    scene.write("Pulumi.yaml", program);
    scene
}

/// What the CLI itself prints when it is called with these words; fails the test unless it succeeds.
#[track_caller]
pub fn pulumi(scene: &Scene, line: &str) -> String {
    let (status, stdout, log) = tried(scene, line);
    assert_eq!(status, 0, "pulumi {line}:\n{log}");
    stdout
}

/// How the CLI itself ends, its standard output, and all that it prints.
pub fn tried(scene: &Scene, line: &str) -> (i32, String, String) {
    let mut command = scene.other("pulumi");
    command.args(line.split_whitespace()).arg("--non-interactive").stdin(std::process::Stdio::null());
    let output = output(&mut command);
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let log = format!("{stdout}{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap_or(-1), stdout, log)
}

/// The same, as JSON.
#[track_caller]
pub fn pulumi_json(scene: &Scene, line: &str) -> Value {
    serde_json::from_str(&pulumi(scene, line)).unwrap()
}

/// Notes that the test that runs now has shown what its name says in this scene: the CLI leaves a log of each of its
/// processes in its home.
pub fn shown(scene: &Scene) {
    let logs = std::fs::read_dir(scene.root().join("home/logs")).into_iter().flatten().count();
    super::STARTS.fetch_add(logs as u64, Ordering::Relaxed);
    super::shown();
}
