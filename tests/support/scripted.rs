//! An engine that is a script, so that each step happens when the test says so.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, ExitStatus};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Scene, json};

/// A GitHub step whose engine runs `script`; `$LOG` is its event log, `$ROOT` the scene's folder.
pub fn scene(script: &str) -> Scene {
    let scene =
        Scene::new("hello").on_github().with("STACKSTEP_ENGINE", "./engine").with("STACKSTEP_STACK", "dev");
    let root = scene.root();
    let head = format!(
        "#!/bin/sh\nROOT='{}'\nfor arg; do case $arg in --event-log=*) LOG=${{arg#*=}};; esac; done\n",
        root.display()
    );
    let engine = scene.program.join("engine");
    std::fs::write(&engine, head + script).unwrap();
    std::fs::set_permissions(&engine, std::fs::Permissions::from_mode(0o755)).unwrap();
    nix::unistd::mkfifo(&root.join("begun"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    scene
}

/// Waits until the engine has written to `$ROOT/begun`; what it has written.
pub fn until_begun(scene: &Scene) -> String {
    super::read_from_pipe(&scene.root().join("begun"))
}

pub fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
}

/// Waits for its end; its status and its log.
pub fn end(mut child: Child) -> (ExitStatus, String) {
    let _limit = super::limit(&child);
    let mut log = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut log).unwrap();
    (child.wait().unwrap(), String::from_utf8_lossy(&log).into_owned())
}

/// The result of an `up` of the stack `dev`.
pub fn result(scene: &Scene) -> serde_json::Value {
    json(scene.result_file("up"))
}
