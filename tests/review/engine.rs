//! The sandbox engine with the tags of a stack, which it has none of: a script keeps them in a file beside the state.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use crate::support::Scene;

/// The program of the sandbox engine.
fn program() -> PathBuf {
    let path = PathBuf::from(env!("CARGO_BIN_EXE_stackstep")).with_file_name("pulumi-sandbox");
    assert!(path.exists(), "`{}` is not built: `cargo build -p pulumi-sandbox`", path.display());
    path
}

/// The sandbox engine in the scene's place.
pub fn sandbox(scene: &Scene) -> Command {
    scene.other(&program().display().to_string())
}

/// Writes the engine into the scene's folder. It leaves the environment of each `up` and `destroy` in `seen-up` and `seen-destroy`,
/// with its arguments and the program, and in `seen-configuration` that of the stack that is deployed, without its secrets.
pub fn with_tags(scene: &Scene) -> PathBuf {
    let (root, sandbox) = (scene.root(), program());
    let script = format!(
        "#!/bin/sh\nroot='{root}'\nsandbox='{sandbox}'\n{REST}",
        root = root.display(),
        sandbox = sandbox.display()
    );
    let path = root.join("engine");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

const REST: &str = r#"
for arg; do
  case $arg in --stack=*) stack=${arg#--stack=};; esac
  before=$last
  last=$arg
done
tags="$root/tags-$stack"
case "$1 $2 $3" in
  "stack tag set")
    printf '{"%s": "%s"}\n' "$before" "$last" > "$tags"
    exit 0 ;;
  "stack tag ls")
    cat "$tags" 2>/dev/null || echo '{}'
    exit 0 ;;
  "stack rm "*)
    rm -f "$tags" ;;
esac
case "$1" in
  up|destroy)
    { echo "arguments: $*"; env; cat Pulumi.yaml; } > "$root/seen-$1"
    "$sandbox" config --stack "$stack" --json --non-interactive > "$root/seen-configuration" ;;
esac
exec "$sandbox" "$@"
"#;
