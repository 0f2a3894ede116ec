//! What a program does that can't be followed by reading it: it loads a module whose name it puts together, or looks for the
//! top of the repository.

use super::tracked::name_of;

/// What a file does that can't be followed: what is reached by it is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDoubt {
    /// The number of the line, from 1.
    pub line: usize,
    /// What it does, for a sentence that begins with the file.
    pub does: String,
    /// Whether it concerns the files in its own folder, and no others.
    pub is_about_its_folder: bool,
}

/// The languages of programs, by the endings of their files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    Node,
    Python,
    Go,
    DotNet,
    Jvm,
    Gradle,
    MsBuild,
    Yaml,
    Shell,
}

const ENDINGS: &[(&str, Language)] = &[
    ("ts", Language::Node),
    ("tsx", Language::Node),
    ("mts", Language::Node),
    ("cts", Language::Node),
    ("js", Language::Node),
    ("jsx", Language::Node),
    ("mjs", Language::Node),
    ("cjs", Language::Node),
    ("py", Language::Python),
    ("pyi", Language::Python),
    ("go", Language::Go),
    ("cs", Language::DotNet),
    ("fs", Language::DotNet),
    ("vb", Language::DotNet),
    ("java", Language::Jvm),
    ("kt", Language::Jvm),
    ("kts", Language::Gradle),
    ("scala", Language::Jvm),
    ("groovy", Language::Jvm),
    ("gradle", Language::Gradle),
    ("csproj", Language::MsBuild),
    ("fsproj", Language::MsBuild),
    ("vbproj", Language::MsBuild),
    ("props", Language::MsBuild),
    ("targets", Language::MsBuild),
    ("sh", Language::Shell),
    ("bash", Language::Shell),
    ("ps1", Language::Shell),
    ("mk", Language::Shell),
    ("yaml", Language::Yaml),
    ("yml", Language::Yaml),
];

/// Words of a language with what they show.
const SIGNS: &[(Language, &[&str], &str)] = &[
    (
        Language::Node,
        &["createRequire", "require.context", "NODE_PATH", "findUp", "find-up", "pkg-dir", "process.chdir"],
        LOADS,
    ),
    (
        Language::Python,
        &["importlib", "__import__", "sys.path", "addsitedir", "runpy", "pkgutil", "os.chdir"],
        LOADS,
    ),
    (Language::Python, &[".parents[", ".parent.parent", "pardir"], CLIMBS),
    (Language::Go, &["plugin.Open", "os.Chdir"], LOADS),
    (Language::Go, &["runtime.Caller", "filepath.Dir(", "path.Dir("], CLIMBS),
    (Language::DotNet, &["Assembly.Load", "SetCurrentDirectory"], LOADS),
    (Language::DotNet, &["GetParent(", ".Parent", "GetDirectoryName("], CLIMBS),
    (Language::Jvm, &["Class.forName", "URLClassLoader"], LOADS),
    (Language::Jvm, &["getParent", ".parentFile"], CLIMBS),
    (
        Language::Gradle,
        &[
            "projects.",
            "rootDir",
            "rootProject",
            "apply from",
            "apply(from",
            "parentFile",
            "findProject",
            "includeBuild",
            "projectDir",
            "versionCatalogs",
            "subprojects",
            "allprojects",
        ],
        CLIMBS,
    ),
    (
        Language::MsBuild,
        &[
            "$(SolutionDir)",
            "GetDirectoryNameOfFileAbove",
            "GetPathOfFileAbove",
            "$(RepoRoot",
            "$(SourceRoot",
        ],
        CLIMBS,
    ),
];

const LOADS: &str = "loads what can't be told by reading it";
const CLIMBS: &str = "puts a path together that leads out of its folder";

/// Names of the repository's top, in a program of any language: variables of CI systems, and git's word for it.
const TOP: &[&str] = &[
    "show-toplevel",
    "GITHUB_WORKSPACE",
    "CI_PROJECT_DIR",
    "BUILD_SOURCESDIRECTORY",
    "BUILD_REPOSITORY_LOCALPATH",
    "CODEBUILD_SRC_DIR",
    "CIRCLE_WORKING_DIRECTORY",
    "TRAVIS_BUILD_DIR",
];

/// Files without an ending that hold commands, or whose scripts do.
const OF_COMMANDS: &[&str] = &["Makefile", "Dockerfile", "Justfile", "justfile", "package.json"];

fn language_of(path: &str) -> Option<Language> {
    let name = name_of(path);
    if OF_COMMANDS.contains(&name) {
        return Some(Language::Shell);
    }
    let (_, ending) = name.rsplit_once('.')?;
    ENDINGS.iter().find(|(one, _)| *one == ending).map(|(_, language)| *language)
}

/// Whether it is the name of a program's file, in a language that is known here.
pub fn is_code(name: &str) -> bool {
    language_of(name).is_some()
}

/// Whether it is the name of a program's file for Node.js.
pub fn is_of_node(name: &str) -> bool {
    language_of(name) == Some(Language::Node)
}

/// Whether somebody else's code, or code that a build has made: it is full of what can't be followed, and names nothing of the
/// repository.
pub fn is_of_others(path: &str) -> bool {
    let is_of_go = language_of(path) == Some(Language::Go) && path.split('/').any(|part| part == "vendor");
    path.split('/').any(|part| part == "node_modules") || path.contains(".min.") || is_of_go
}

/// What the text of a file named `name` does that can't be followed, the first place of each kind.
pub fn doubts_in(text: &str, name: &str) -> Vec<FileDoubt> {
    let Some(language) = language_of(name) else { return Vec::new() };
    let line_of = |at: usize| text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
    let mut doubts = Vec::new();
    let signs = SIGNS.iter().filter(|(of, ..)| *of == language).map(|(_, words, does)| (*words, *does));
    for (words, does) in signs.chain([(TOP, "looks for the top of the repository")]) {
        if let Some((at, word)) = words.iter().filter_map(|word| Some((text.find(word)?, word))).min() {
            let does = format!("{does} (`{word}`)");
            doubts.push(FileDoubt { line: line_of(at), does, is_about_its_folder: false });
        }
    }
    if language == Language::Node
        && let Some(at) = loads_by_expression(text)
    {
        let does = "loads a module whose name it puts together".to_owned();
        doubts.push(FileDoubt { line: line_of(at), does, is_about_its_folder: false });
    }
    let is_known = doubts.iter().any(|doubt| doubt.does.starts_with(CLIMBS));
    if let Some(at) = climbs_by_folders(text, language).filter(|_| !is_known) {
        doubts.push(FileDoubt { line: line_of(at), does: CLIMBS.to_owned(), is_about_its_folder: false });
    }
    if let (Language::Go, Some(at)) = (language, text.find("//go:embed")) {
        let does = "embeds files of its folder".to_owned();
        doubts.push(FileDoubt { line: line_of(at), does, is_about_its_folder: true });
    }
    doubts
}

/// The file's own folder, as programs write it.
const OWN_FOLDER: &[&str] = &[
    "dirname(__file__",
    "dirname(os.path.abspath(__file__",
    "dirname(os.path.realpath(__file__",
    "dirname(path.abspath(__file__",
    "Path(__file__).parent",
    "Path(__file__).resolve().parent",
    "Path(__file__).absolute().parent",
    "dirname(fileURLToPath(",
    "dirname(url.fileURLToPath(",
    "dirname(__filename",
    "import.meta.dirname",
];

/// Where a program goes up from the folder of a file: it asks for a folder more often than for its own.
fn climbs_by_folders(text: &str, language: Language) -> Option<usize> {
    let words: &[&str] = match language {
        Language::Node => &["dirname("],
        Language::Python => &["dirname(", ".parent"],
        _ => return None,
    };
    let asked = words.iter().flat_map(|word| text.match_indices(word)).map(|(at, _)| at);
    let (asked, last) = asked.fold((0, None), |(count, last), at| (count + 1, last.max(Some(at))));
    let own: usize = OWN_FOLDER.iter().map(|word| text.matches(word).count()).sum();
    last.filter(|_| asked > own)
}

/// Where a program of Node.js loads a module by anything but a text.
fn loads_by_expression(text: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || "_$.".contains(c);
    ["require", "import"]
        .iter()
        .filter_map(|word| {
            let mut places = text.match_indices(word).filter(|(at, _)| {
                let before = text.get(..*at).unwrap_or_default();
                let after = text.get(at + word.len()..).unwrap_or_default().trim_start();
                let Some(argument) = after.strip_prefix('(').map(str::trim_start) else { return false };
                !before.ends_with(is_part) && !is_one_text(argument)
            });
            places.next().map(|(at, _)| at)
        })
        .min()
}

/// Whether an argument is one text without anything put into it.
fn is_one_text(argument: &str) -> bool {
    let Some(quote) = argument.chars().next().filter(|c| "\"'`".contains(*c)) else { return false };
    let rest = argument.get(1..).unwrap_or_default();
    let Some((inside, after)) = rest.split_once(quote) else { return false };
    let is_whole = after.trim_start().starts_with([')', ',']);
    is_whole && !(quote == '`' && inside.contains("${"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, name: &str) -> Vec<usize> {
        doubts_in(text, name).iter().map(|doubt| doubt.line).collect()
    }

    #[test]
    fn what_loads_a_module_by_an_expression_is_doubted_with_its_line() {
        for text in [
            "require(name)",
            "import(`./x/${y}`)",
            "await import( path.join('a', b))",
            "require('./a' + b)",
            "x = { y: require (z) }",
        ] {
            assert_eq!(lines(&format!("\n{text}"), "a.ts"), [2], "{text}");
        }
        for text in [
            "require('./a')",
            "import('x')",
            "import(`./x`, o)",
            "import x from 'y'",
            "import.meta.url",
            "a.require(b)",
        ] {
            assert_eq!(lines(text, "a.ts"), [0; 0], "{text}");
        }
    }

    #[test]
    fn what_leads_to_the_top_is_doubted_in_every_language() {
        for (_, ending) in [("", "ts"), ("", "py"), ("", "go"), ("", "cs"), ("", "kt"), ("", "yaml")] {
            assert_eq!(lines("x\nCI_PROJECT_DIR", &format!("a.{ending}")), [2], "{ending}");
        }
        assert_eq!(lines("CI_PROJECT_DIR", "a.md"), [0; 0]);
    }

    #[test]
    fn who_goes_up_from_its_folder_is_doubted() {
        for text in [
            "a = os.path.dirname(__file__)\nb = os.path.dirname(a)",
            "h = Path(__file__).parent\nx = h.parent",
        ] {
            assert_eq!(lines(text, "a.py"), [2], "{text}");
        }
        assert_eq!(lines("a = os.path.dirname(os.path.abspath(__file__))", "a.py"), [0; 0]);
        assert_eq!(lines("path.dirname(path.dirname(__dirname))", "a.ts"), [1]);
        assert_eq!(lines("dirname(fileURLToPath(import.meta.url))", "a.ts"), [0; 0]);
    }

    #[test]
    fn builds_that_look_for_other_projects_are_doubted() {
        assert_eq!(lines("x\nimplementation(projects.libs.net)", "build.gradle.kts"), [2]);
        assert_eq!(lines("<Import Project=\"$(SolutionDir)x.props\" />", "a.csproj"), [1]);
        assert_eq!(lines("implementation project(':libs:net')", "build.gradle"), [0; 0]);
    }

    #[test]
    fn the_signs_of_one_language_say_nothing_of_another() {
        assert_eq!(lines("import sys\nsys.path.insert(0, x)\nimport importlib", "a.py"), [2]);
        assert_eq!(lines("sys.path", "a.ts"), [0; 0]);
        assert_eq!(lines("x\nRoot(here).parents[2]", "a.py"), [2]);
    }
}
