//! The words of a text file that can name other files of the repository, in whatever language it is written: paths with
//! `../` in them, quoted names of packages and modules, Python's imports.

use std::collections::BTreeSet;

/// The longest word that can be a name.
const LONGEST: usize = 300;

/// The words of the files that were read.
#[derive(Debug, Default)]
pub struct FileWords {
    /// Paths with `../` in them, as they are written, with slashes.
    pub paths: BTreeSet<String>,
    /// Quoted words without a beginning of a path: names of packages and modules.
    pub quoted: BTreeSet<String>,
    /// Modules that Python imports, with dots.
    pub modules: BTreeSet<String>,
}

/// Whether a byte can be a part of a path or name.
fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"_-./\\@+~%".contains(&byte)
}

impl FileWords {
    /// The words of `text`, the text of a file named `name`.
    pub fn in_text(text: &str, name: &str) -> Self {
        let mut words = Self::default();
        words.add_paths_and_names(text);
        let ending = name.rsplit('.').next();
        let is_python = matches!(ending, Some("py" | "pyi"));
        if is_python {
            text.lines().for_each(|line| words.add_imports(line.trim()));
        }
        if name.starts_with("requirements") || name.starts_with("constraints") {
            for line in text.lines() {
                let end = line.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c));
                words.quoted.insert(line.get(..end.unwrap_or(line.len())).unwrap_or_default().to_owned());
            }
        }
        if name.starts_with("build.gradle") {
            words.add_gradle_projects(text);
        }
        words
    }

    fn add_paths_and_names(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if !in_word(bytes[at]) {
                at += 1;
                continue;
            }
            let length = bytes[at..].iter().position(|byte| !in_word(*byte)).unwrap_or(bytes.len() - at);
            let before = at.checked_sub(1).and_then(|before| bytes.get(before));
            if let Some(word) = text.get(at..at + length).filter(|word| word.len() <= LONGEST) {
                self.add(word, before.is_some_and(|byte| b"\"'`".contains(byte)));
            }
            at += length;
        }
    }

    fn add(&mut self, word: &str, is_quoted: bool) {
        if word.contains("..") && word.split(['/', '\\']).any(|part| part == "..") {
            // What stands before the first step up is another word, or not known: `${here}/../x`.
            let parts = word.split(['/', '\\']).skip_while(|part| *part != "..");
            self.paths.insert(parts.collect::<Vec<_>>().join("/"));
        } else if is_quoted && !word.starts_with(['.', '/']) && !word.contains('\\') {
            self.quoted.insert(word.to_owned());
        }
    }

    /// The modules of a line with an import. <https://docs.python.org/3/reference/simple_stmts.html#import>
    fn add_imports(&mut self, line: &str) {
        let module = |text: &str| {
            let name = text.split_whitespace().next().unwrap_or_default();
            name.trim_end_matches([',', ';']).to_owned()
        };
        if let Some(rest) = line.strip_prefix("import ") {
            self.modules.extend(rest.split(',').map(module));
        } else if let Some(rest) = line.strip_prefix("from ") {
            let from = module(rest);
            // A name that is imported can be a module.
            let names = rest.split_once(" import ").map_or("", |(_, names)| names);
            let names = names.split(',').map(|name| module(name.trim_matches(['(', ')', ' '])));
            self.modules.extend(names.map(|name| format!("{from}.{name}")));
            self.modules.insert(from);
        }
    }

    /// `project(":a:b")` as the path `:a/b`. <https://docs.gradle.org/current/userguide/declaring_dependencies_basics.html>
    fn add_gradle_projects(&mut self, text: &str) {
        for part in text.split(['"', '\'']).filter(|part| part.starts_with(':') && part.len() > 1) {
            self.quoted.insert(format!(":{}", part.trim_matches(':').replace(':', "/")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, name: &str) -> [Vec<String>; 3] {
        let words = FileWords::in_text(text, name);
        [words.paths, words.quoted, words.modules].map(|words| words.into_iter().collect())
    }

    #[test]
    fn paths_that_step_up_are_found_in_any_language() {
        for (text, path) in [
            ("import x from '../../lib/x'", "../../lib/x"),
            ("dockerfile: ../app/Dockerfile", "../app/Dockerfile"),
            (r#"<ProjectReference Include="..\..\Lib\Lib.csproj" />"#, "../../Lib/Lib.csproj"),
            ("\"lib\": \"file:../lib\"", "../lib"),
            ("new FileArchive(`${here}/../../lambda`)", "../../lambda"),
            ("glob('../pages/**/*.md')", "../pages/"),
            ("-e ../shared", "../shared"),
            ("replace a => ../b", "../b"),
            ("\"./x/../../y\"", "../../y"),
        ] {
            assert!(found(text, "x")[0].contains(&path.to_owned()), "{text}: {:?}", found(text, "x")[0]);
        }
        assert_eq!(found("a ... b..c 1..2 x/..", "x")[0], [".."]);
    }

    #[test]
    fn quoted_names_are_found_and_others_are_not() {
        let [_, quoted, _] =
            found("import a from \"@acme/net/sub\"; b = 'util'; // word `x` ./y \"./z\"", "x.ts");
        assert_eq!(quoted, ["@acme/net/sub", "util", "x"]);
        assert_eq!(found("shared>=1.0 ; x\n# no\nnet[extra]", "requirements.txt")[1], ["", "net", "shared"]);
        assert_eq!(found("implementation(project(\":libs:net\"))", "build.gradle.kts")[1], [":libs/net"]);
    }

    #[test]
    fn the_modules_of_python_are_found() {
        let text = "import shared.net as n, os\nfrom lib import (a, b)\n  from .x import y\nimportant = 1\n";
        assert_eq!(found(text, "a.py")[2], [".x", ".x.y", "lib", "lib.a", "lib.b", "os", "shared.net"]);
        assert_eq!(found(text, "a.txt")[2], [""; 0]);
    }
}
