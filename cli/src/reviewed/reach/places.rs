//! The places of a repository that have names: packages of Node.js and Python, modules of Go, aliases of TypeScript.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use serde_json::Value;

use super::doubts::is_of_others;
use super::tracked::{Tracked, folder_of, name_of, resolved, upwards};
use crate::base::git::index::LINK;
use crate::base::text_file::{SETTINGS, read_text};

/// The folders of packages and of modules of Go, by their names.
type NamedPlaces = BTreeMap<String, Vec<String>>;

/// The places by their names.
#[derive(Debug, Default, Clone)]
pub struct Places {
    /// Names with their folders: of a package, or of a module of Go.
    named: Rc<NamedPlaces>,
    /// The folders of Go's modules by their names.
    go: Rc<NamedPlaces>,
    /// Modules and packages of Python by their last names.
    modules: Rc<NamedPlaces>,
    /// Beginnings of names with the paths that stand for them.
    aliases: Vec<(String, String)>,
    /// What `:` of Gradle stands for.
    gradle: Vec<String>,
}

impl Places {
    /// The packages and modules of the repository.
    pub fn in_repository(tracked: &Tracked) -> Self {
        let (mut named, mut go, mut modules) = (NamedPlaces::new(), NamedPlaces::new(), NamedPlaces::new());
        for file in tracked.files() {
            let folder = folder_of(&file.path);
            if let Some(module) = file.path.strip_suffix(".py").filter(|_| !is_of_others(&file.path)) {
                for path in upwards(module).filter(|path| !path.is_empty()) {
                    let paths = modules.entry(name_of(path).to_owned()).or_default();
                    // The files of a folder stand together.
                    if paths.last().is_none_or(|last| last != path) {
                        paths.push(path.to_owned());
                    }
                }
            }
            let text = || read(&tracked.top.join(&file.path));
            let names = names_a_place(&file.path) && file.mode != LINK;
            for (name, path) in
                names.then(|| names_in(name_of(&file.path), &text(), folder)).into_iter().flatten()
            {
                let kind = if name_of(&file.path) == "go.mod" { &mut go } else { &mut named };
                kind.entry(name).or_default().push(path);
            }
        }
        let [named, go, modules] = [named, go, modules].map(Rc::new);
        Self { named, go, modules, aliases: Vec::new(), gradle: Vec::new() }
    }

    /// The paths of the modules and packages of Python with this name, wherever they are.
    pub fn modules_called(&self, name: &str) -> Vec<String> {
        self.modules.get(name).cloned().unwrap_or_default()
    }

    /// Learns the aliases of a `tsconfig.json` in `folder`.
    pub fn add_aliases(&mut self, aliases: &[(String, String)], folder: &str) {
        for (name, path) in aliases {
            if let Some(path) = resolved(folder, path) {
                self.aliases.push((name.clone(), path));
            }
        }
    }

    /// Learns the folder of Gradle's outermost project.
    pub fn set_gradle(&mut self, folder: &str) {
        self.gradle.push(folder.to_owned());
    }

    /// The folders that a quoted word can mean by their names.
    pub fn named_by(&self, word: &str) -> Vec<String> {
        if let Some(project) = word.strip_prefix(':') {
            return self.gradle.iter().filter_map(|folder| resolved(folder, project)).collect();
        }
        let found = beginnings(word)
            .find_map(|(name, _)| self.named.get(name).or_else(|| self.named.get(&python_name(name))));
        found.cloned().unwrap_or_default()
    }

    /// The packages of Go that a quoted word can mean. A module is as large as a repository: only the package in it is meant.
    pub fn packages_of_go(&self, word: &str) -> Vec<String> {
        // The longest name first: `acme.com/x/y` is not a folder of `acme.com/x`.
        let found = beginnings(word).find_map(|(name, rest)| Some((self.go.get(name)?, rest)));
        let Some((folders, rest)) = found else { return Vec::new() };
        folders.iter().filter_map(|folder| resolved(folder, rest)).collect()
    }

    /// The paths that a quoted word can mean by the aliases: folders, or files without their endings.
    pub fn aliased_by(&self, word: &str) -> Vec<String> {
        let meant = self.aliases.iter().filter_map(|(beginning, path)| {
            let rest = word.strip_prefix(beginning.as_str())?;
            // What stands behind the wildcard does not matter: the folder is meant.
            resolved(path, rest)
        });
        meant.collect()
    }
}

/// The beginnings of a word at its slashes, the longest first, each with the rest.
fn beginnings(word: &str) -> impl Iterator<Item = (&str, &str)> {
    let ends: Vec<usize> = word.match_indices('/').map(|(at, _)| at).chain([word.len()]).collect();
    ends.into_iter().rev().map(move |end| word.split_at(end))
}

/// Whether the file at `path` gives a folder a name by which others may mean it.
pub fn names_a_place(path: &str) -> bool {
    matches!(
        name_of(path),
        "package.json" | "pyproject.toml" | "setup.py" | "setup.cfg" | "go.mod" | "pom.xml"
    ) && !path.contains("node_modules/")
}

/// The names that a file called `name` in `folder` gives, with the folders that they stand for.
pub fn names_in(name: &str, text: &str, folder: &str) -> Vec<(String, String)> {
    let of_the_folder =
        |name: Option<String>| name.map(|name| (name, folder.to_owned())).into_iter().collect();
    match name {
        "package.json" => of_the_folder(package_of(text)),
        "pyproject.toml" | "setup.py" | "setup.cfg" => {
            of_the_folder(field_of(text, "name").map(|name| python_name(&name)))
        }
        "go.mod" => go_modules(text, folder),
        "pom.xml" => of_the_folder(artifact_of(text)),
        _ => Vec::new(),
    }
}

/// The module of a `go.mod`, and those that it replaces by folders. <https://go.dev/ref/mod#go-mod-file>
fn go_modules(text: &str, folder: &str) -> Vec<(String, String)> {
    let (mut found, mut in_block) = (Vec::new(), false);
    for line in text.lines().map(|line| line.split("//").next().unwrap_or_default().trim()) {
        let name = line.strip_prefix("module ").map(str::trim).filter(|name| *name != "(");
        let is_in_block = std::mem::replace(&mut in_block, line.starts_with("module") && line.ends_with('('));
        let name = name.or_else(|| Some(line).filter(|line| is_in_block && !line.is_empty()));
        if let Some(name) = name {
            found.push((name.trim_matches('"').to_owned(), folder.to_owned()));
        } else if let Some((from, to)) = line.split_once("=>") {
            let from = from.trim_start_matches("replace").split_whitespace().next().unwrap_or_default();
            let to = to.split_whitespace().next().unwrap_or_default();
            if let Some(path) = resolved(folder, to).filter(|_| to.starts_with('.')) {
                found.push((from.to_owned(), path));
            }
        }
    }
    found
}

/// The aliases of a `tsconfig.json`: beginnings of names, with the paths that stand for them.
/// <https://www.typescriptlang.org/tsconfig/#paths>
pub fn aliases_in(text: &str, name: &str) -> Vec<(String, String)> {
    if name == "package.json" {
        return imports_in(text);
    }
    let base = text.split_once("\"baseUrl\"").and_then(|(_, after)| after.split('"').nth(1));
    // What is no path of its own begins in the base. <https://www.typescriptlang.org/tsconfig/#baseUrl>
    let mut aliases: Vec<(String, String)> =
        base.map(|base| (String::new(), base.to_owned())).into_iter().collect();
    let Some((_, after)) = text.split_once("\"paths\"") else { return aliases };
    let mut name = "";
    let block = after.split_once('}').map_or(after, |(block, _)| block);
    let mut parts = block.split('"').skip(1);
    while let (Some(quoted), Some(between)) = (parts.next(), parts.next()) {
        if between.trim_start().starts_with(':') {
            name = quoted;
        } else {
            let path = quoted.split('*').next().unwrap_or_default();
            let path = base.map_or_else(|| path.to_owned(), |base| format!("{base}/{path}"));
            aliases.push((name.split('*').next().unwrap_or_default().to_owned(), path));
        }
    }
    aliases
}

/// The name of a distribution of Python as an index has it.
/// <https://packaging.python.org/en/latest/specifications/name-normalization/>
fn python_name(name: &str) -> String {
    name.to_ascii_lowercase()
        .split(['-', '_', '.'])
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

/// The names that a package gives to its own files. <https://nodejs.org/api/packages.html#imports>
fn imports_in(text: &str) -> Vec<(String, String)> {
    let package: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap_or_default();
    let Some(imports) = package.get("imports").and_then(Value::as_object) else { return Vec::new() };
    let mut aliases = Vec::new();
    for (name, meant) in imports {
        let name = name.split('*').next().unwrap_or_default();
        let mut open = vec![meant];
        while let Some(value) = open.pop() {
            match value {
                Value::String(path) => {
                    aliases.push((name.to_owned(), path.split('*').next().unwrap_or_default().to_owned()));
                }
                Value::Array(all) => open.extend(all),
                Value::Object(all) => open.extend(all.values()),
                _ => {}
            }
        }
    }
    aliases
}

/// The names of packages that a `tsconfig.json` extends. <https://www.typescriptlang.org/tsconfig/#extends>
pub fn extended_in(text: &str) -> Vec<String> {
    let Some((_, after)) = text.split_once("\"extends\"") else { return Vec::new() };
    let end = if after.trim_start_matches([':', ' ']).starts_with('[') { ']' } else { ',' };
    let value = after.split_once(end).map_or(after, |(value, _)| value);
    let names = value.split('"').skip(1).step_by(2);
    names.map(str::to_owned).collect()
}

/// The name of a project of Maven, which is not its parent's. <https://maven.apache.org/pom.html#maven-coordinates>
fn artifact_of(text: &str) -> Option<String> {
    let (before, rest) = text.split_once("<parent>").unwrap_or((text, ""));
    let after = rest.split_once("</parent>").map_or("", |(_, after)| after);
    artifacts_in(before).or_else(|| artifacts_in(after)).map(str::to_owned)
}

/// The first name of a project of Maven in a text.
fn artifacts_in(text: &str) -> Option<&str> {
    let (_, after) = text.split_once("<artifactId>")?;
    after.split_once("</artifactId>").map(|(name, _)| name.trim())
}

/// The name of a package of Node.js.
fn package_of(text: &str) -> Option<String> {
    let package: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    Some(package.get("name")?.as_str()?.to_owned()).filter(|name| !name.is_empty())
}

/// The first field with this name, and a text as its value.
fn field_of(text: &str, field: &str) -> Option<String> {
    let values =
        text.lines().filter_map(|line| line.trim().strip_prefix(field)?.trim_start().strip_prefix('='));
    let names = values.map(|value| value.trim().trim_matches(['"', '\'', ',']).to_owned());
    names.into_iter().find(|name| !name.is_empty()).or_else(|| {
        // An argument: `setup(name="x", …)`.
        let (_, after) = text.split_once(&format!("({field}="))?;
        after.split(['"', '\'']).nth(1).map(str::to_owned)
    })
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
        let module = "module acme.com/shop // x\n\nrequire a.com/b v1\nreplace a.com/b v1 => ./third/b\n";
        let named = names_in("go.mod", module, "go").into_iter().map(|(name, path)| (name, vec![path]));
        let places = Places { go: Rc::new(named.collect()), ..Places::default() };
        assert_eq!(places.packages_of_go("acme.com/shop/internal/net"), ["go/internal/net"]);
        assert_eq!(places.packages_of_go("a.com/b"), ["go/third/b"]);
        assert_eq!(places.packages_of_go("acme.com/shopping"), [""; 0]);
    }

    #[test]
    fn what_a_tsconfig_extends_is_found() {
        let one = r#"{ "extends": "@acme/tsconfig/base.json", "include": ["src"] }"#;
        assert_eq!(extended_in(one), ["@acme/tsconfig/base.json"]);
        assert_eq!(extended_in(r#"{ "extends": ["@acme/a", "../b"], "x": "y" }"#), ["@acme/a", "../b"]);
        assert_eq!(extended_in("{}"), [""; 0]);
    }

    #[test]
    fn an_alias_of_typescript_is_its_path() {
        let mut places = Places::default();
        let config = r#"{ "compilerOptions": { // x
            "paths": { "@acme/*": ["libs/*", "more/*"], "util": ["libs/util/index.ts"] }, "x": ["y"] } }"#;
        places.add_aliases(&aliases_in(config, "tsconfig.json"), "");
        assert_eq!(places.aliased_by("@acme/net/a"), ["libs/net/a", "more/net/a"]);
        assert_eq!(places.aliased_by("util"), ["libs/util/index.ts"]);
        assert_eq!(places.aliased_by("y"), [""; 0]);
    }

    #[test]
    fn what_begins_in_the_base_of_typescript_is_found_there() {
        let mut places = Places::default();
        let config = r#"{ "compilerOptions": { "baseUrl": "./src", "paths": { "~/*": ["app/*"] } } }"#;
        places.add_aliases(&aliases_in(config, "tsconfig.json"), "web");
        assert_eq!(places.aliased_by("~/a"), ["web/src/~/a", "web/src/app/a"]);
        assert_eq!(places.aliased_by("lib/a"), ["web/src/lib/a"]);
    }

    #[test]
    fn a_distribution_of_python_has_one_name_however_it_is_written() {
        for (file, text) in
            [("pyproject.toml", "name = \"Acme_Low\""), ("setup.py", "setup(\n  name='acme.low',\n)")]
        {
            let named = names_in(file, text, "low").into_iter().map(|(name, path)| (name, vec![path]));
            let places = Places { named: Rc::new(named.collect()), ..Places::default() };
            assert_eq!(places.named_by("acme-low"), ["low"], "{file}");
            assert_eq!(places.named_by("acme_low"), ["low"], "{file}");
        }
    }

    #[test]
    fn names_of_packages_are_read() {
        assert_eq!(package_of(r#"{"name": "@acme/net"}"#).as_deref(), Some("@acme/net"));
        assert_eq!(field_of("[project]\nname = \"net\"\n", "name").as_deref(), Some("net"));
        assert_eq!(field_of("named = 1", "name"), None);
    }
}
