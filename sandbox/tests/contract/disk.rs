//! What lies on a stage's disk: the backend and the project folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::engine::Stage;
use crate::normalise;

/// The files of the backend and the project, byte for byte, by their path under the stage.
pub fn raw(stage: &Stage) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for folder in ["state", "project"] {
        walk(&stage.root().join(folder), folder, &mut files);
    }
    files
}

/// The same files, normalised, by their normalised path. Two files whose paths become the same are both kept.
pub fn normal(stage: &Stage) -> BTreeMap<String, Value> {
    let places = stage.places();
    let mut files: BTreeMap<String, Value> = BTreeMap::new();
    for (path, bytes) in raw(stage) {
        let path = places.text(&path);
        let mut name = path.clone();
        let mut count = 1;
        while files.contains_key(&name) {
            count += 1;
            name = format!("{path} ({count})");
        }
        // What the state was before the last of many writes is a matter of chance.
        let hidden = path.ends_with(".json.bak");
        let text = if hidden { "<backup>".into() } else { String::from_utf8_lossy(&bytes) };
        files.insert(name, normalise::file(&text, &places));
    }
    files
}

/// What is wrong with the checkpoints.
pub fn unsound(stage: &Stage) -> Vec<String> {
    let checkpoints = raw(stage).into_iter().filter(|(path, _)| is_checkpoint(path));
    let parsed = checkpoints.filter_map(|(_, bytes)| serde_json::from_slice::<Value>(&bytes).ok());
    parsed.flat_map(|checkpoint| normalise::unsound(&checkpoint)).collect()
}

/// Whether a path is a stack's checkpoint.
pub fn is_checkpoint(path: &str) -> bool {
    path.starts_with("state/.pulumi/stacks/") && path.ends_with(".json")
}

/// The names of the files under a folder of the backend.
pub fn under(stage: &Stage, folder: &str) -> Vec<String> {
    let mut files = BTreeMap::new();
    walk(&stage.backend().join(folder), "", &mut files);
    files.into_keys().collect()
}

fn walk(folder: &Path, name: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if path.is_dir() {
            walk(&path, &name, files);
        } else {
            files.insert(name, fs::read(&path).unwrap_or_default());
        }
    }
}
