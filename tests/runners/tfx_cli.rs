//! The extension, packed by Microsoft's own packer and opened again.

use crate::tools::{folder, root, run};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Packs the extension in `source`.
fn pack(source: &Path, out: &Path) -> (bool, String) {
    let tfx = folder("tfx-cli").join("node_modules/tfx-cli/_build/tfx-cli.js");
    run(Command::new("node")
        .arg(tfx)
        .args([
            "extension",
            "create",
            "--manifest-globs",
            "vss-extension.json",
            "--no-prompt",
            "--output-path",
        ])
        .arg(out)
        .current_dir(source))
}

/// The files of an archive.
fn opened(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut files = BTreeMap::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).unwrap();
        if file.is_dir() {
            continue;
        }
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        files.insert(file.name().to_owned(), content);
    }
    files
}

fn packed() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stackstep.vsix");
    let (fine, said) = pack(&root().join("azure-tasks"), &path);
    assert!(fine, "{said}");
    assert!(!said.to_lowercase().contains("warning"), "{said}");
    (folder, path)
}

#[test]
#[ignore = "needs tfx"]
fn the_extension_holds_the_task_as_it_is_in_the_repository_and_nothing_else() {
    let (_folder, path) = packed();
    let files = opened(&path);
    let task = root().join("azure-tasks/task");
    for name in ["task.json", "launcher.cjs", "post.cjs"] {
        assert_eq!(files[&format!("task/{name}")], std::fs::read(task.join(name)).unwrap(), "{name}");
    }
    let others: Vec<_> = files.keys().filter(|name| !name.starts_with("task/")).collect();
    assert_eq!(
        others,
        ["[Content_Types].xml", "extension.vsixmanifest", "extension.vsomanifest", "overview.md"]
    );
    assert_eq!(files.len(), 3 + others.len(), "{:?}", files.keys());
}

#[test]
#[ignore = "needs tfx"]
fn the_manifest_names_the_suite_s_version_and_publisher() {
    let (_folder, path) = packed();
    let manifest = String::from_utf8(opened(&path)["extension.vsixmanifest"].clone()).unwrap();
    for part in [concat!("Version=\"", env!("CARGO_PKG_VERSION"), "\""), "Publisher=\"stackstep\""] {
        assert!(manifest.contains(part), "{part}: {manifest}");
    }
    let contributions: Value = serde_json::from_slice(&opened(&path)["extension.vsomanifest"]).unwrap();
    assert_eq!(contributions["contributions"][0]["properties"]["name"], "task");
}

#[test]
#[ignore = "needs tfx"]
fn a_manifest_without_its_task_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["vss-extension.json", "overview.md"] {
        std::fs::copy(root().join("azure-tasks").join(name), folder.path().join(name)).unwrap();
    }
    let (fine, said) = pack(folder.path(), &folder.path().join("x.vsix"));
    assert!(!fine, "{said}");
}

#[test]
#[ignore = "needs tfx"]
fn it_is_small() {
    let (_folder, path) = packed();
    let bytes = std::fs::metadata(path).unwrap().len();
    let table = format!("| Azure Pipelines | |\n| --- | --- |\n| size of the extension | {bytes} bytes |\n");
    crate::tools::table("azure-extension", &table);
    assert!(bytes < 40_000, "{bytes}");
}
