//! The words of a text file that can name other files of the repository, in whatever language it is written: paths with
//! `../` in them, quoted names of packages and modules, Python's imports.

use std::collections::BTreeSet;

use super::doubts::{FileDoubt, doubts_in, is_of_node};
use super::places::{aliases_in, extended_in};
use super::references::StackReferences;

/// The longest word that can be a name.
const LONGEST: usize = 300;

/// The words of the files that were read.
#[derive(Debug, Default)]
pub struct FileWords {
    /// Paths with `../` in them, as they are written, with slashes.
    pub paths: BTreeSet<String>,
    /// Beginnings of paths with `../` in them, whose end a program puts together: `"../lib-" + name`.
    pub beginnings: BTreeSet<String>,
    /// Quoted words without a beginning of a path: names of packages and modules.
    pub quoted: BTreeSet<String>,
    /// Modules that Python imports, with dots.
    pub modules: BTreeSet<String>,
    /// Modules by whose path or name a program of Node.js or Python loads them, relative to the file: `./x`, `..`, `.x`.
    pub loaded: BTreeSet<String>,
    /// The aliases of a `tsconfig.json`: beginnings of names, with the paths that stand for them, relative to the file.
    pub aliases: Vec<(String, String)>,
    /// The names of packages that a `tsconfig.json` extends.
    pub extended: Vec<String>,
    /// The projects of Maven that a `pom.xml` needs, for those that have it as their parent as well.
    pub needed: Vec<String>,
    /// What the file does that can't be followed. Empty without [`FileWords::with_doubts`].
    pub doubts: Vec<FileDoubt>,
    /// The stacks whose outputs it reads. Empty without [`FileWords::with_doubts`].
    pub referred: StackReferences,
    /// Words that can name a file or folder beside this one: without `../`, with a dot or a slash in them.
    pub beside: BTreeSet<String>,
    /// Whether the file is a link, whose target is its only path.
    pub is_link: bool,
}

/// Whether a byte can be a part of a path or name.
fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"_-./\\@+~%".contains(&byte)
}

impl FileWords {
    /// The same with what can't be followed and whose outputs are read, which only says something of what is not reached.
    #[must_use]
    pub fn with_doubts(self, text: &str, name: &str) -> Self {
        Self { doubts: doubts_in(text, name), referred: StackReferences::in_text(text), ..self }
    }

    /// The words of a link to `target`.
    pub fn of_link(target: &str) -> Self {
        Self { paths: [target.replace('\\', "/")].into(), is_link: true, ..Self::default() }
    }

    /// The words of `text`, the text of a file named `name`.
    pub fn in_text(text: &str, name: &str) -> Self {
        let mut words = Self::default();
        let ending = name.rsplit('.').next();
        // The links of a page for people are none of the program.
        if matches!(ending, Some("md" | "markdown" | "rst" | "adoc")) {
            return words;
        }
        words.add_paths_and_names(text, is_of_node(name));
        let is_python = matches!(ending, Some("py" | "pyi"));
        words.add_spaced_paths(text, matches!(ending, Some("yaml" | "yml")));
        if is_python {
            for line in whole_lines(text).lines() {
                line.split([';', ':']).for_each(|part| words.add_imports(part.trim()));
            }
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
        if name == "pom.xml" {
            let managed = |text: &str| {
                text.split_once("</dependencyManagement>").map_or("", |(_, after)| after).to_owned()
            };
            let (before, rest) = text.split_once("<dependencyManagement>").unwrap_or((text, ""));
            let text = before.to_owned() + &managed(rest);
            let names = text.split("<artifactId>").skip(1).filter_map(|rest| rest.split('<').next());
            words.needed = names.map(|name| name.trim().to_owned()).collect();
        }
        if name.starts_with("tsconfig") {
            words.extended = extended_in(text);
        }
        if ending == Some("json") {
            words.aliases = aliases_in(text, name);
        }
        words
    }

    fn add_paths_and_names(&mut self, text: &str, loads: bool) {
        let bytes = text.as_bytes();
        let mut chain = StepsUp::default();
        let mut at = 0;
        while at < bytes.len() {
            if !in_word(bytes[at]) {
                at += 1;
                continue;
            }
            let length = bytes[at..].iter().position(|byte| !in_word(*byte)).unwrap_or(bytes.len() - at);
            let before = at.checked_sub(1).and_then(|before| bytes.get(before));
            if let Some(word) = text.get(at..at + length).filter(|word| word.len() <= LONGEST) {
                let is_quoted = before.is_some_and(|byte| b"\"'`".contains(byte));
                let written = text.get(..at).unwrap_or_default();
                if let Some(sign) = ["#", "$"].into_iter().find(|sign| is_quoted_sign(written, sign)) {
                    self.quoted.insert(format!("{sign}{word}"));
                }
                if let Some((name, _)) = word.rsplit_once('@').filter(|_| written.ends_with("workspace:")) {
                    self.quoted.insert(name.to_owned());
                }
                let after = text.get(at + length..).unwrap_or_default();
                let between = text.get(chain.end..at).unwrap_or_default();
                let is_begun = chain.take(word, is_quoted, between, &mut self.paths) && goes_on(after);
                chain.end = at + length;
                if is_begun && word != ".." {
                    chain.close(&mut self.beginnings);
                }
                self.add(word, is_quoted, after);
                if loads
                    && is_quoted
                    && is_relative(word)
                    && is_loading(text.get(..at - 1).unwrap_or_default())
                {
                    self.loaded.insert(word.to_owned());
                }
            }
            at += length;
        }
        chain.close(&mut self.paths);
    }

    fn add(&mut self, word: &str, is_quoted: bool, after: &str) {
        let is_path = word.contains("..") && word.split(['/', '\\']).any(|part| part == "..");
        if is_path && word != ".." {
            // What stands before the first step up is another word, or not known: `${here}/../x`.
            let parts = word.split(['/', '\\']).skip_while(|part| *part != "..");
            let path = parts.collect::<Vec<_>>().join("/");
            let (beginning, is_begun) =
                path.split_once('%').map_or((path.as_str(), goes_on(after)), |(it, _)| (it, true));
            let kept = if is_begun { &mut self.beginnings } else { &mut self.paths };
            kept.insert(beginning.to_owned());
        } else if is_quoted && !word.starts_with(['.', '/']) && !word.contains('\\') {
            self.quoted.insert(word.to_owned());
        }
        if !is_path && word.contains(['.', '/', '\\']) && word.len() > 1 {
            self.beside.insert(word.replace('\\', "/"));
        }
    }

    /// Adds paths with characters in them that end a word: spaces, parentheses. They are quoted, or the value of a line of YAML.
    fn add_spaced_paths(&mut self, text: &str, is_yaml: bool) {
        for line in text.lines().filter(|line| line.contains("../") || line.contains("..\\")) {
            let quoted = ['"', '\'', '`'].into_iter().flat_map(|quote| line.split(quote).skip(1).step_by(2));
            let value = line.split_once(": ").map(|(_, value)| value.trim()).filter(|_| is_yaml);
            for part in quoted.chain(value) {
                let path = part.replace('\\', "/");
                let Some(path) = path.find("../").and_then(|at| path.get(at..)) else { continue };
                let is_word = path.bytes().all(in_word);
                if !is_word && path.len() <= LONGEST {
                    let end = path.find(['$', '{', '*', '?', '%']);
                    let kept = if end.is_some() { &mut self.beginnings } else { &mut self.paths };
                    kept.insert(path.get(..end.unwrap_or(path.len())).unwrap_or_default().to_owned());
                }
            }
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
            let dot = if from.ends_with('.') { "" } else { "." };
            self.modules.extend(names.map(|name| format!("{from}{dot}{name}")));
            if from.starts_with('.') {
                self.loaded.insert(from.clone());
            }
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

/// Steps up that are words of their own, with the names behind them: `join("..", "..", "lib")`.
#[derive(Default)]
struct StepsUp {
    parts: Vec<String>,
    /// Where the last word of the text ended.
    end: usize,
}

impl StepsUp {
    /// Takes the next word of a text; `between` stands before it. A name that is not quoted is one that is not known. Whether the
    /// word is one of the steps.
    fn take(&mut self, word: &str, is_quoted: bool, between: &str, paths: &mut BTreeSet<String>) -> bool {
        let is_joined = between.chars().all(|c| c.is_whitespace() || "\"'`,)".contains(c));
        if word == "/" && !self.parts.is_empty() && is_joined {
            return false;
        }
        let is_part = is_joined && (word == ".." || is_quoted && !word.starts_with(['.', '/']));
        if !self.parts.is_empty() && !is_part {
            self.close(paths);
        }
        let is_step = word == ".." || !self.parts.is_empty();
        if is_step {
            self.parts.push(word.to_owned());
        }
        is_step
    }

    /// The end of the steps. Any part of the names behind them can be the last one.
    fn close(&mut self, paths: &mut BTreeSet<String>) {
        let parts = std::mem::take(&mut self.parts);
        let steps = parts.iter().take_while(|part| *part == "..").count();
        let least = if parts.len() > steps { steps + 1 } else { steps };
        for end in least..=parts.len() {
            if let Some(parts) = parts.get(..end).filter(|parts| !parts.is_empty()) {
                paths.insert(parts.join("/"));
            }
        }
    }
}

/// Whether a program goes on with a text: puts something into it or behind it.
fn goes_on(after: &str) -> bool {
    let behind = after.strip_prefix(['"', '\'', '`']).map(str::trim_start);
    after.starts_with(['$', '{', '*', '?']) || behind.is_some_and(|behind| behind.starts_with('+'))
}

/// Whether a text ends with a sign that begins a quoted name.
fn is_quoted_sign(text: &str, sign: &str) -> bool {
    text.strip_suffix(sign).is_some_and(|before| before.ends_with(['"', '\'']))
}

/// The text of a program of Python with each import on one line.
fn whole_lines(text: &str) -> String {
    let text = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let mut whole = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("import (") {
        let (inside, behind) = after.split_once(')').unwrap_or((after, ""));
        let names: Vec<&str> =
            inside.lines().map(|line| line.split('#').next().unwrap_or_default()).collect();
        whole.push_str(before);
        whole.push_str("import ");
        whole.push_str(&names.join(" "));
        rest = behind;
    }
    whole + rest
}

/// Whether it is a path from the file's own folder.
fn is_relative(word: &str) -> bool {
    matches!(word, "." | "..") || word.starts_with("./") || word.starts_with("../")
}

/// Whether the text ends where a program of Node.js names a module that it loads.
fn is_loading(before: &str) -> bool {
    let before = before.trim_end();
    let call = before.strip_suffix('(').map(str::trim_end);
    let is_word = |text: &str, word: &str| {
        text.strip_suffix(word).is_some_and(|rest| !rest.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    match call {
        Some(call) => ["import", "require", "resolve"].iter().any(|word| is_word(call, word)),
        None => ["from", "import"].iter().any(|word| is_word(before, word)),
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
            ("-e ../shared", "../shared"),
            ("replace a => ../b", "../b"),
            ("\"./x/../../y\"", "../../y"),
        ] {
            assert!(found(text, "x")[0].contains(&path.to_owned()), "{text}: {:?}", found(text, "x")[0]);
        }
        assert_eq!(found("a ... b..c 1..2 x/..", "x")[0], [".."]);
    }

    #[test]
    fn steps_that_are_joined_are_one_path() {
        for (text, paths) in [
            ("join(__dirname, '..', '..', 'lib', 'a.html')", &["../../lib", "../../lib/a.html"][..]),
            ("Path(__file__).parent / '..' / 'lib'", &["../lib"]),
            ("filepath.Join(\"..\", \"..\", name)", &["../.."]),
            ("Path.of(\"..\").resolve(x)", &[".."]),
            ("join('..', f('x'))", &[".."]),
        ] {
            assert_eq!(found(text, "x")[0], paths, "{text}");
        }
    }

    #[test]
    fn a_path_whose_end_is_put_together_is_a_beginning() {
        for (text, beginning) in [
            ("'../lib-' + name", "../lib-"),
            ("`../lib-${name}`", "../lib-"),
            ("f\"../lib-{name}/x\"", "../lib-"),
            ("Sprintf(\"../lib-%s\", name)", "../lib-"),
            ("glob('../pages/x*.html')", "../pages/x"),
        ] {
            let words = FileWords::in_text(text, "x");
            assert_eq!(words.beginnings.into_iter().collect::<Vec<_>>(), [beginning], "{text}");
        }
    }

    #[test]
    fn a_page_for_people_names_nothing() {
        assert_eq!(
            found("[all](../README.md) `../x` \"y\"", "README.md"),
            [const { Vec::<String>::new() }; 3]
        );
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
    fn what_a_program_loads_is_told_from_what_it_only_names() {
        let text = "import a from './a'\nexport * from \"../b\"\nimport './c.js'\nconst d = require ( './d' )\n\
                    const e = await import('../e')\nnew FileAsset('../f')\ntransform('./g')\nimport h from '..'\n";
        let loaded = FileWords::in_text(text, "x.ts").loaded;
        assert_eq!(loaded.into_iter().collect::<Vec<_>>(), ["..", "../b", "../e", "./a", "./c.js", "./d"]);
        assert_eq!(FileWords::in_text(text, "x.md").loaded.len(), 0);
        let python =
            FileWords::in_text("from .net import a\nfrom lib import b\nfrom . import c\n", "x.py").loaded;
        assert_eq!(python.into_iter().collect::<Vec<_>>(), [".", ".net"]);
    }

    #[test]
    fn the_modules_of_python_are_found() {
        let text = "import shared.net as n, os\nfrom lib import (a, b)\n  from .x import y\nimportant = 1\n";
        assert_eq!(found(text, "a.py")[2], [".x", ".x.y", "lib", "lib.a", "lib.b", "os", "shared.net"]);
        assert_eq!(found(text, "a.txt")[2], [""; 0]);
    }
}
