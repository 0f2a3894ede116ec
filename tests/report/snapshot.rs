//! Expected files: compared as they are, rewritten when `STACKSTEP_BLESS=1`.

use std::fs;
use std::path::{Path, PathBuf};

/// A file below `tests/`.
pub fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(relative)
}

/// Whether expected files are to be rewritten.
pub fn is_blessing() -> bool {
    #[expect(clippy::disallowed_methods, reason = "a switch for the one who runs the tests")]
    let switch = std::env::var_os("STACKSTEP_BLESS");
    switch.is_some_and(|value| value == "1")
}

/// Asks that `actual` is what `tests/snapshots/<name>` holds.
pub fn matches(name: &str, actual: &str) -> Result<(), String> {
    let path = path("snapshots").join(name);
    if is_blessing() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, actual).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if expected == actual {
        return Ok(());
    }
    let differs = expected.lines().zip(actual.lines()).position(|(a, b)| a != b);
    let line = differs.unwrap_or(expected.lines().count().min(actual.lines().count()));
    Err(format!(
        "{} differs in line {}:\n  expected: {:?}\n  actual:   {:?}\n(STACKSTEP_BLESS=1 rewrites it)",
        path.display(),
        line + 1,
        expected.lines().nth(line),
        actual.lines().nth(line),
    ))
}
