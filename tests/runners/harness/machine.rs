//! What tests of one wrapper need beside the wrapper: a program, a shim that notes what reaches the binary, a run.

use super::Place;
use crate::tools;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The binary that is tested, with `pulumi-sandbox` beside it.
pub fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_stackstep"))
}

/// A machine with the program of `examples/hello` in its checkout.
pub fn with_hello() -> Place {
    let place = Place::new(binary());
    std::fs::copy(tools::root().join("examples/hello/Pulumi.yaml"), place.repository().join("Pulumi.yaml"))
        .unwrap();
    place
}

/// A machine on which a shim stands in the binary's place. It notes what it was started with, then does what `then` says
/// in a shell.
pub fn with_shim(then: &str) -> Place {
    let mut place = Place::new(binary());
    let folder = place.beside("shim");
    std::fs::create_dir(&folder).unwrap();
    let shim = folder.join("shim");
    let text = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$*\" >>'{0}/arguments'\nenv -0 >'{0}/environment'\n{then}\n",
        folder.display()
    );
    std::fs::write(&shim, text).unwrap();
    std::fs::set_permissions(&shim, std::fs::Permissions::from_mode(0o755)).unwrap();
    place.binary = shim;
    place
}

/// What the shim was started with: a line for each start, and the environment of the last one.
pub fn arrived(place: &Place) -> (String, BTreeMap<String, String>) {
    let folder = place.beside("shim");
    let arguments = std::fs::read_to_string(folder.join("arguments")).unwrap_or_default();
    let environment = std::fs::read(folder.join("environment")).unwrap_or_default();
    let environment = String::from_utf8(environment).unwrap();
    let pairs = environment.split('\0').filter_map(|pair| pair.split_once('='));
    (arguments, pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// Runs it; its status and what it said.
pub fn run(mut command: Command) -> (i32, String) {
    let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    (status.code().unwrap(), said)
}
