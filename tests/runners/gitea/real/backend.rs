//! The backend's own record: the files of its folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::requests::Shop;
use crate::support::json;

impl Shop {
    /// The names of the project's stacks.
    pub fn stacks(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder("state/.pulumi/stacks/shop"));
        let name = |path: PathBuf| Some(path.file_name()?.to_str()?.strip_suffix(".json")?.to_owned());
        let mut names: Vec<String> =
            files.into_iter().flatten().filter_map(|file| name(file.unwrap().path())).collect();
        names.sort();
        names
    }

    /// The commit that a stack's state has, as the job that deployed it has told the program. None where it has none.
    pub fn deployed(&self, stack: &str) -> Option<String> {
        let state = json(self.folder("state/.pulumi/stacks/shop").join(format!("{stack}.json")));
        let resources = state["checkpoint"]["latest"]["resources"].as_array()?;
        let own = resources.iter().find(|one| one["type"] == "pulumi:pulumi:Stack")?;
        own["outputs"]["commit"].as_str().map(str::to_owned)
    }

    /// All files of the states with what is in them, but for the sweeps' own ledger.
    pub fn backend(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.folder("state"), &|path| !path.contains(".stackstep/ledger/stackstep"), &mut files);
        files
    }

    /// The files of one stack, with its tags, history and ledger.
    pub fn files_of(&self, stack: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let is_of = |path: &str| path.contains(&format!("/{stack}/")) || path.contains(&format!("/{stack}."));
        collect(&self.folder("state"), &is_of, &mut files);
        files
    }
}

fn collect(folder: &Path, wanted: &impl Fn(&str) -> bool, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, wanted, files);
        } else if wanted(path.to_str().unwrap()) {
            files.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
}
