//! Runner tests that need what only the slow part installs are in a suite of the slow part: others run before it is there.

use std::path::{Path, PathBuf};

/// What a runner test says when it needs the Pulumi CLI, which is installed for the suites with this module in their name.
const NEEDS: &str = "the Pulumi CLI\"]";
const SUITE: &str = "real";

/// The Rust files under a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The lines of a file, at this path below the suites, that name a need which their own suite does not install.
pub fn misplaced(path: &Path, text: &str) -> Vec<String> {
    let of_the_suite = path.with_extension("").iter().any(|part| part == SUITE);
    let mut is_inside = false;
    let mut problems = Vec::new();
    for (index, line) in text.lines().enumerate() {
        match line {
            "mod real {" => is_inside = true,
            "}" => is_inside = false,
            _ => {}
        }
        if line.contains("#[ignore = ") && line.ends_with(NEEDS) && !of_the_suite && !is_inside {
            problems.push(format!(
                "{}:{}: a test that needs the Pulumi CLI runs before it is installed; move it into a module `{SUITE}`",
                path.display(),
                index + 1
            ));
        }
    }
    problems
}

#[test]
fn a_test_that_needs_the_engine_is_in_the_suite_that_installs_it() {
    let text = "mod real {\n    #[ignore = \"needs act and the Pulumi CLI\"]\n}\n#[ignore = \"needs the Pulumi CLI\"]\n";
    assert_eq!(misplaced(Path::new("act/real/ways.rs"), text), [""; 0]);
    assert_eq!(misplaced(Path::new("real.rs"), text), [""; 0]);
    assert_eq!(
        misplaced(Path::new("act/ways.rs"), text),
        [
            "act/ways.rs:4: a test that needs the Pulumi CLI runs before it is installed; move it into a module `real`"
        ]
    );
}
