//! Templates and examples under what Microsoft's editor extension for Azure Pipelines says, with the service's schema.

use crate::tools::{folder, root, run};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every pipeline and template of the folder.
fn pipelines() -> Vec<PathBuf> {
    let folders = ["azure-tasks/templates", "azure-tasks/examples"];
    let entries = folders.iter().flat_map(|folder| std::fs::read_dir(root().join(folder)).unwrap());
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The schema comes with another tool.
fn schema() -> PathBuf {
    let lib = folder("check-jsonschema").join("lib");
    let python = std::fs::read_dir(lib).unwrap().map(|entry| entry.unwrap().path());
    let mut found = python
        .map(|path| path.join("site-packages/check_jsonschema/builtin_schemas/vendor/azure-pipelines.json"));
    found.find(|path| path.exists()).unwrap()
}

/// What is wrong with the files. A step's `name` that is an expression is looked at only when the service has
/// compiled it; the editor complains all the same.
fn complaints(files: &[PathBuf]) -> Vec<String> {
    let (fine, said) = run(Command::new("node")
        .arg(root().join("tests/runners/azure-language-service.mjs"))
        .arg(folder("azure-language-service").join("node_modules"))
        .arg(schema())
        .arg(root().join("azure-tasks/task/task.json"))
        .args(files));
    assert!(fine, "{said}");
    let of_an_expression = |line: &&str| {
        let complaint: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = std::fs::read_to_string(Path::new(complaint["file"].as_str().unwrap())).unwrap();
        let at = usize::try_from(complaint["line"].as_u64().unwrap()).unwrap();
        text.lines().nth(at - 1).unwrap().trim() == "name: \"${{ parameters.name }}\""
    };
    said.lines().filter(|line| !of_an_expression(line)).map(str::to_owned).collect()
}

fn complaints_about(text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("azure-pipelines.yml");
    std::fs::write(&path, text).unwrap();
    complaints(&[path])
}

#[test]
#[ignore = "needs node"]
fn accepts_the_pipeline_of_a_fleet() {
    let text = crate::harness::fleet::block_of_the_page("yaml", "--for azure");
    // A job's name that is an expression is looked at only when the service has compiled it: compiled by hand.
    let compiled = text.replace("stage1_${{ environment }}", "stage1_production");
    let compiled = compiled.replace("stage2_${{ environment }}", "stage2_production");
    assert_ne!(compiled, text);
    assert_eq!(complaints_about(&compiled), Vec::<String>::new());
}

#[test]
#[ignore = "needs node"]
fn accepts_every_template_and_example() {
    let files = pipelines();
    assert!(files.len() > 5, "{files:?}");
    assert_eq!(complaints(&files), Vec::<String>::new());
}

#[test]
#[ignore = "needs node"]
fn accepts_the_pipelines_of_the_official_task_with_ours() {
    let fixtures = root().join("tests/fixtures/migration/azure");
    for entry in std::fs::read_dir(fixtures).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap().replace("Pulumi@1", "stackstep@0");
        assert_eq!(complaints_about(&text), Vec::<String>::new(), "{}", path.display());
    }
}

#[test]
#[ignore = "needs node"]
fn refuses_an_input_that_the_task_does_not_have() {
    let said = complaints_about("steps:\n  - task: stackstep@0\n    inputs:\n      stak: dev\n").concat();
    assert!(said.contains("Unexpected property stak"), "{said}");
}

#[test]
#[ignore = "needs node"]
fn refuses_a_broken_stage() {
    assert!(!complaints_about("stages:\n  - stage: a\n    jobbs: []\n").is_empty());
}
