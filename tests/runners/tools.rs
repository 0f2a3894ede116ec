//! Where the runners and what they run are.

use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder that `cargo xtask test` installed the tool in.
pub fn folder(name: &str) -> PathBuf {
    let name = match version(name).as_str() {
        "" => name.to_owned(),
        version => format!("{name}-{version}"),
    };
    let folder = root().join("target/runners").join(&name);
    assert!(folder.exists(), "{name} is not installed: run these tests by `cargo xtask test`");
    folder
}

/// The version that the tool is pinned at.
pub fn version(name: &str) -> String {
    #[derive(Deserialize)]
    struct Tools {
        tool: Vec<Tool>,
    }
    #[derive(Deserialize)]
    struct Tool {
        name: String,
        #[serde(default)]
        version: String,
    }
    let pins: Tools = toml::from_str(include_str!("tools.toml")).unwrap();
    pins.tool.into_iter().find(|tool| tool.name == name).unwrap().version
}

/// The tool's program, to be run in the repository's root.
pub fn tool(name: &str) -> Command {
    let mut command = Command::new(folder(name).join("bin").join(name));
    command.current_dir(root());
    command
}

#[cfg(unix)]
/// The program that stands where the binary will be and shows what arrived.
pub fn shim() -> PathBuf {
    root().join("tests/runners/shim.cjs")
}

/// Runs it; its output and whether it succeeded.
pub fn run(command: &mut Command) -> (bool, String) {
    let output = command.stdin(std::process::Stdio::null()).output().unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}

#[cfg(unix)]
/// Leaves a table in Markdown, which `cargo xtask test` shows at its end.
pub fn table(name: &str, text: &str) {
    let folder = root().join("target/report-tables");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.md")), text).unwrap();
}

#[cfg(unix)]
/// A folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

#[cfg(unix)]
/// Whether a file of this name is anywhere below `folder`.
pub fn holds(folder: &Path, name: &str) -> bool {
    std::fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        entry.file_name() == name
            || (entry.file_type().is_ok_and(|kind| kind.is_dir()) && holds(&entry.path(), name))
    })
}
