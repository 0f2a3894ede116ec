//! The places of a repository that have names: packages of Node.js and Python, modules of Go, aliases of TypeScript.

use std::path::Path;

use serde_json::Value;

use super::tracked::{Tracked, folder_of, name_of, resolved};
use crate::base::git::index::LINK;
use crate::base::text_file::{SETTINGS, read_text};

/// The places by their names.
#[derive(Debug, Default)]
pub struct Places {
    /// Names with their folders: of a package, or of a module of Go.
    named: Vec<(String, String)>,
    /// Beginnings of names with the paths that stand for them.
    aliases: Vec<(String, String)>,
    /// What `:` of Gradle stands for.
    gradle: Option<String>,
}

impl Places {
    /// The packages and modules of the repository.
    pub fn in_repository(tracked: &Tracked) -> Self {
        let mut places = Self::default();
        for file in tracked.files() {
            let folder = folder_of(&file.path);
            let text = || read(&tracked.top.join(&file.path));
            match name_of(&file.path) {
                _ if file.mode == LINK || file.path.contains("node_modules/") => {}
                "package.json" => {
                    places.named.extend(package_of(&text()).map(|name| (name, folder.to_owned())));
                }
                "pyproject.toml" => {
                    places.named.extend(field_of(&text(), "name").map(|name| (name, folder.to_owned())));
                }
                "go.mod" => places.add_module(&text(), folder),
                _ => {}
            }
        }
        // The longest name first: `acme.com/x/y` is not a folder of `acme.com/x`.
        places.named.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        places
    }

    /// Learns the aliases of a `tsconfig.json`. <https://www.typescriptlang.org/tsconfig/#paths>
    pub fn add_aliases(&mut self, text: &str, folder: &str) {
        let Some((_, after)) = text.split_once("\"paths\"") else { return };
        let mut name = "";
        let block = after.split_once('}').map_or(after, |(block, _)| block);
        let mut parts = block.split('"').skip(1);
        while let (Some(quoted), Some(between)) = (parts.next(), parts.next()) {
            if between.trim_start().starts_with(':') {
                name = quoted;
            } else if let Some(path) = resolved(folder, quoted.trim_end_matches('*')) {
                self.aliases.push((name.trim_end_matches('*').to_owned(), path));
            }
        }
    }

    /// Learns the folder of Gradle's outermost project.
    pub fn set_gradle(&mut self, folder: &str) {
        self.gradle = Some(folder.to_owned());
    }

    /// The paths that a quoted word can mean: folders, or files without their endings.
    pub fn meant_by(&self, word: &str) -> Vec<String> {
        if let Some(project) = word.strip_prefix(':') {
            return self.gradle.iter().filter_map(|folder| resolved(folder, project)).collect();
        }
        let mut found = Vec::new();
        let rest = |name: &str| {
            let rest = word.strip_prefix(name)?;
            (rest.is_empty() || rest.starts_with('/')).then_some(rest)
        };
        if let Some((_, folder)) = self.named.iter().find(|(name, _)| rest(name).is_some()) {
            found.push(folder.clone());
        }
        // A module of Go is as large as a repository: only the package in it is meant.
        let module = self.named.iter().find(|(name, _)| name.contains('.') && rest(name).is_some());
        if let Some((name, folder)) = module {
            found = resolved(folder, rest(name).unwrap_or_default()).into_iter().collect();
        }
        for (beginning, path) in &self.aliases {
            if let Some(rest) = word.strip_prefix(beginning.as_str()) {
                found.extend(resolved(path, rest));
            }
        }
        found
    }

    fn add_module(&mut self, text: &str, folder: &str) {
        for line in text.lines().map(|line| line.split("//").next().unwrap_or_default().trim()) {
            if let Some(name) = line.strip_prefix("module ") {
                self.named.push((name.trim().trim_matches('"').to_owned(), folder.to_owned()));
            } else if let Some((from, to)) = line.split_once("=>") {
                let from = from.trim_start_matches("replace").split_whitespace().next().unwrap_or_default();
                let to = to.split_whitespace().next().unwrap_or_default();
                if let Some(path) = resolved(folder, to).filter(|_| to.starts_with('.')) {
                    self.named.push((from.to_owned(), path));
                }
            }
        }
    }
}

/// The name of a package of Node.js.
fn package_of(text: &str) -> Option<String> {
    let package: Value = serde_json::from_str(text).ok()?;
    Some(package.get("name")?.as_str()?.to_owned()).filter(|name| !name.is_empty())
}

/// The first field with this name, and a text as its value.
fn field_of(text: &str, field: &str) -> Option<String> {
    let values =
        text.lines().filter_map(|line| line.trim().strip_prefix(field)?.trim_start().strip_prefix('='));
    let names = values.map(|value| value.trim().trim_matches(['"', '\'']).to_owned());
    names.into_iter().find(|name| !name.is_empty())
}

/// The text of a manifest; empty if it can't be read.
fn read(path: &Path) -> String {
    read_text(path, SETTINGS).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_of_go_is_its_package_and_a_replaced_one_its_folder() {
        let mut places = Places::default();
        places.add_module(
            "module acme.com/shop // x\n\nrequire a.com/b v1\nreplace a.com/b v1 => ./third/b\n",
            "go",
        );
        assert_eq!(places.meant_by("acme.com/shop/internal/net"), ["go/internal/net"]);
        assert_eq!(places.meant_by("a.com/b"), ["go/third/b"]);
        assert_eq!(places.meant_by("acme.com/shopping"), [""; 0]);
    }

    #[test]
    fn an_alias_of_typescript_is_its_path() {
        let mut places = Places::default();
        let config = r#"{ "compilerOptions": { // x
            "paths": { "@acme/*": ["libs/*", "more/*"], "util": ["libs/util/index.ts"] }, "x": ["y"] } }"#;
        places.add_aliases(config, "");
        assert_eq!(places.meant_by("@acme/net/a"), ["libs/net/a", "more/net/a"]);
        assert_eq!(places.meant_by("util"), ["libs/util/index.ts"]);
        assert_eq!(places.meant_by("y"), [""; 0]);
    }

    #[test]
    fn names_of_packages_are_read() {
        assert_eq!(package_of(r#"{"name": "@acme/net"}"#).as_deref(), Some("@acme/net"));
        assert_eq!(field_of("[project]\nname = \"net\"\n", "name").as_deref(), Some("net"));
        assert_eq!(field_of("named = 1", "name"), None);
    }
}
