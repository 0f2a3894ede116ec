//! Google's own messages for builds and triggers have to take every file of Cloud Build's folder.

use crate::tools::{folder, root, run};
use std::path::{Path, PathBuf};

/// Reads each file into the message that it is of; triggers have that in their file's name.
const SCRIPT: &str = "
import sys, yaml
from google.protobuf import json_format
from google.cloud.devtools.cloudbuild_v1.types import Build, BuildTrigger
for path in sys.argv[1:]:
    kind = BuildTrigger if 'trigger' in path.rsplit('/', 1)[-1] else Build
    message = json_format.ParseDict(yaml.safe_load(open(path, encoding='utf-8')), kind.pb(kind()))
    if kind is Build:
        assert message.steps and all(step.name for step in message.steps), path
        for step in message.steps:
            assert not (step.script and (step.args or step.entrypoint)), 'a script has no arguments: ' + path
    print(path)
";

fn read(files: &[PathBuf]) -> (bool, String) {
    run(std::process::Command::new(folder("google-cloud-build").join("bin/python"))
        .args(["-c", SCRIPT])
        .args(files))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect()
}

#[test]
#[ignore = "needs google-cloud-build"]
fn every_file_is_what_its_message_takes() {
    let folder = root().join("cloud-build");
    let files = [files(&folder), files(&folder.join("examples"))].concat();
    assert!(files.len() >= 12, "{files:?}");
    let (fine, said) = read(&files);
    assert!(fine && said.lines().count() == files.len(), "{said}");
}

#[test]
#[ignore = "needs google-cloud-build"]
fn a_field_that_there_is_not_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("build.yaml");
    std::fs::write(&path, "steps:\n  - name: x\n    scripts: echo\n").unwrap();
    let (fine, said) = read(&[path]);
    assert!(!fine && said.contains("has no field named \"scripts\""), "{said}");
}
