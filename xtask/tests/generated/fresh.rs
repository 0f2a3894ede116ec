//! Nothing that is generated is stale, and the check finds what is.

use std::path::Path;
use xtask::generate::{Folder, MARKER, MENDED_BY, files, folders, stale};

#[test]
fn every_generated_file_is_fresh_and_no_orphan_lies_around() {
    let found = stale(&xtask::root()).unwrap();
    let diff: String = found.iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{diff}\nhint: {MENDED_BY}");
}

/// A copy of what generation reads and writes.
fn copy() -> tempfile::TempDir {
    let root = xtask::root();
    let copy = tempfile::tempdir().unwrap();
    for folder in ["xtask", "docs/reference", "tests/fixtures/hello"] {
        copy_folder(&root.join(folder), &copy.path().join(folder));
    }
    for Folder { name, .. } in folders(&root).unwrap() {
        copy_folder(&root.join(&name), &copy.path().join(name));
    }
    std::fs::create_dir_all(copy.path().join("tests/runners")).unwrap();
    std::fs::create_dir_all(copy.path().join("docs")).unwrap();
    for file in ["README.md", "docs/rules.md", "tests/runners/tools.toml"] {
        std::fs::copy(root.join(file), copy.path().join(file)).unwrap();
    }
    for file in files(&root).unwrap() {
        let path = copy.path().join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, file.text).unwrap();
    }
    copy
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

fn shown(root: &Path) -> String {
    stale(root).unwrap().iter().map(ToString::to_string).collect()
}

#[test]
fn an_edited_file_shows_as_a_unified_diff() {
    let copy = copy();
    let action = copy.path().join("actions/deploy/action.yml");
    let text = std::fs::read_to_string(&action).unwrap().replace("using: \"node24\"", "using: \"node16\"");
    std::fs::write(action, text).unwrap();
    let shown = shown(copy.path());
    assert!(shown.contains("--- a/actions/deploy/action.yml\n+++ b/actions/deploy/action.yml\n"), "{shown}");
    assert!(shown.contains("-  using: \"node16\"\n+  using: \"node24\"\n"), "{shown}");
}

#[test]
fn a_missing_file_is_stale() {
    let copy = copy();
    std::fs::remove_file(copy.path().join("docs/reference/inputs.md")).unwrap();
    assert!(shown(copy.path()).contains("+# Inputs\n"));
}

#[test]
fn a_generated_file_that_nobody_generates_is_an_orphan() {
    let copy = copy();
    std::fs::create_dir(copy.path().join("actions/gone")).unwrap();
    std::fs::write(copy.path().join("actions/gone/action.yml"), format!("# {MARKER} from nothing\n"))
        .unwrap();
    assert_eq!(shown(copy.path()), "orphan: `actions/gone/action.yml`: nothing generates it any more");
}

#[test]
fn a_name_that_the_template_invents_is_an_error() {
    let copy = copy();
    let template = copy.path().join("actions/templates/action.yml.j2");
    std::fs::write(template, "{{ invented }}").unwrap();
    let error = stale(copy.path()).unwrap_err().to_string();
    assert!(error.contains("action.yml.j2` does not render: undefined value"), "{error}");
}

#[test]
fn what_a_wrapper_leaves_out_has_to_exist() {
    for (more, error) in [
        ("[leave-out]\n\"a reason\" = [\"nonsense\"]", "`nonsense` is not an input of the table"),
        ("[kind.other.leave-out]\n\"a reason\" = [\"nonsense\"]", "`nonsense` is not an input of the table"),
        ("[[wrapper]]\nfiles = {}\nkind = \"nonsense\"", "there is no `[kind.nonsense]`"),
        (
            "[[wrapper]]\nfiles = {}\nwithout = [\"nonsense\"]",
            "`without` names `nonsense`, and the table has nothing for it",
        ),
    ] {
        let copy = copy();
        let spec = copy.path().join("actions/gen.toml");
        let text = std::fs::read_to_string(&spec).unwrap();
        std::fs::write(spec, format!("{text}\n{more}\n")).unwrap();
        assert_eq!(stale(copy.path()).unwrap_err().to_string(), format!("`actions/gen.toml`: {error}"));
    }
}
