//! Packs a folder of YAML files into one file: folders and files become keys, `@name.yml` stands for its folder itself,
//! and `<<include(path)>>` becomes the text of that file. CircleCI's own tool does it so to an orb's source:
//! <https://circleci.com/docs/orbs/author/orb-development-kit/>.
//!
//! Texts are moved, never read and written again: a serialiser would lose the quotes.

use std::collections::BTreeMap;
use std::path::Path;

use stackstep::base::error::{Error, Result};

/// The files below the folder, by their path from there.
pub type Tree = BTreeMap<String, String>;

/// One file made of `tree`.
pub fn pack(tree: &Tree) -> Result<String> {
    let mut packed = String::new();
    let is_yaml = |path: &&String| Path::new(path.as_str()).extension().is_some_and(|ending| ending == "yml");
    for path in tree.keys().filter(is_yaml).filter(|path| path.starts_with('@')) {
        packed.push_str(&included(tree, path)?);
    }
    let mut heading = "";
    for path in tree.keys().filter(is_yaml).filter(|path| !path.starts_with('@')) {
        let Some((folder, name)) = path.split_once('/').filter(|(_, name)| !name.contains('/')) else {
            return Err(broken(path, "a YAML file stands in a folder, or its name begins with `@`"));
        };
        if folder != heading {
            heading = folder;
            packed.push_str(&format!("{folder}:\n"));
        }
        packed.push_str(&format!("  {}:\n", name.trim_end_matches(".yml")));
        packed.push_str(&indented(&included(tree, path)?, 4));
    }
    Ok(packed)
}

/// The file without the comment at its beginning, with what it includes.
fn included(tree: &Tree, path: &str) -> Result<String> {
    let text = tree.get(path).ok_or_else(|| broken(path, "there is no such file"))?;
    let mut whole = String::new();
    for line in text.lines().skip_while(|line| line.starts_with('#')) {
        match include(line) {
            Some((key, file)) => {
                let script = tree.get(file).ok_or_else(|| broken(path, &format!("there is no `{file}`")))?;
                let deep = key.len() - key.trim_start().len() + 2;
                // `<<` begins a parameter: https://circleci.com/docs/reference/reusing-config/
                whole.push_str(&format!("{key}: |\n{}", indented(&script.replace("<<", "\\<<"), deep)));
            }
            None => whole.push_str(&format!("{line}\n")),
        }
    }
    Ok(whole)
}

/// The key and the file of a line `key: "<<include(file)>>"`.
fn include(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(": ")?;
    Some((key, value.trim_matches('"').strip_prefix("<<include(")?.strip_suffix(")>>")?))
}

fn indented(text: &str, width: usize) -> String {
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("{:width$}{line}\n", "") };
    text.lines().map(line).collect()
}

fn broken(path: &str, what: &str) -> Error {
    Error::input(format!("`{path}` can't be packed: {what}"), "fix the file")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(files: &[(&str, &str)]) -> Result<String> {
        pack(&files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    #[test]
    fn folders_and_files_become_keys_and_scripts_their_text() {
        let files = [
            ("@orb.yml", "# a comment\nversion: 2.1\n"),
            ("commands/run.yml", "steps:\n  - run:\n      command: \"<<include(scripts/run.sh)>>\"\n"),
            ("commands/stop.yml", "steps: []\n"),
            ("scripts/run.sh", "#!/bin/sh\n\ncat <<end\n"),
        ];
        assert_eq!(
            packed(&files).unwrap(),
            "version: 2.1\ncommands:\n  run:\n    steps:\n      - run:\n          command: |\n            #!/bin/sh\n\n            cat \\<<end\n  stop:\n    steps: []\n"
        );
    }

    #[test]
    fn what_is_included_has_to_be_there() {
        let error = packed(&[("jobs/a.yml", "x: <<include(scripts/no.sh)>>\n")]).unwrap_err().to_string();
        assert!(error.contains("`scripts/no.sh`"), "{error}");
    }

    #[test]
    fn a_yaml_file_without_a_place_is_refused() {
        assert!(packed(&[("stray.yml", "a: 1\n")]).is_err());
    }
}
