//! Where in the program's own files something failed, by the words of the failure: a stack trace's first frame of the
//! program, a compiler's `file:line:column`, a line of `Pulumi.yaml`.

use std::path::{Path, PathBuf};

use crate::base::dots::without_dots;
use crate::base::source_place::SourcePlace;

/// The folders that a path in a message begins at, or lies in.
#[derive(Debug, Clone)]
pub struct ProgramFolders {
    /// The program's folder: a compiler's paths begin there.
    pub program: PathBuf,
    /// The root of the repository, under each name that it has.
    pub repository: Vec<PathBuf>,
}

/// A place as a message names it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NamedPlace<'t> {
    path: &'t str,
    line: u32,
    column: Option<u32>,
}

impl NamedPlace<'_> {
    /// The place from the root of the repository; none if it lies elsewhere.
    pub fn within(&self, folders: &ProgramFolders) -> Option<SourcePlace> {
        let path = without_dots(&folders.program.join(self.path.trim_start_matches("file://")));
        let mut relative = folders.repository.iter().filter_map(|root| path.strip_prefix(root).ok());
        let parts: Vec<_> = relative.next()?.iter().map(|part| part.to_string_lossy()).collect();
        (!parts.is_empty()).then(|| SourcePlace {
            file: parts.join("/"),
            line: self.line,
            column: self.column,
        })
    }

    /// The place by the file's name alone.
    pub fn short(&self) -> SourcePlace {
        SourcePlace { file: self.name().to_owned(), line: self.line, column: self.column }
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        self.path.rsplit(['/', '\\']).next().unwrap_or(self.path)
    }
}

/// The place in the program's own files that `text` names first; of a traceback of Python the last, where the exception
/// was thrown. <https://docs.python.org/3/library/traceback.html>
pub(super) fn named(text: &str) -> Option<NamedPlace<'_>> {
    if let Some((_, trace)) = text.rsplit_once("Traceback (most recent call last):") {
        return trace.lines().rev().find_map(frame_of_python);
    }
    let of_line = |line| {
        frame_of_javascript(line)
            .or_else(|| frame_of_dotnet(line))
            .or_else(|| frame_of_go(line))
            .or_else(|| compiled(line))
            .or_else(|| of_yaml(line))
    };
    text.lines().find_map(of_line).filter(|place| place.line > 0)
}

/// Whether `text` has a frame of a stack trace, be it of a package: `at f (/x/a.js:1:2)`, `at A.B() in /x/a.cs:line 7`,
/// `at com.acme.App.main(App.java:12)`, `at Pulumi.Deployment.RunAsync(Action action)`.
pub(super) fn has_trace(text: &str) -> bool {
    let is_frame = |line: &str| {
        line.trim_start().strip_prefix("at ").is_some_and(|frame| {
            let name = frame.split('(').next().unwrap_or_default();
            frame.contains('(') && frame.contains(')') && name.contains(['.', '<', ' ']) && name.len() > 2
        })
    };
    text.lines().skip(1).any(is_frame)
}

/// A frame such as `  File "/x/__main__.py", line 3, in <module>`.
fn frame_of_python(line: &str) -> Option<NamedPlace<'_>> {
    let (path, rest) = line.trim_start().strip_prefix("File \"")?.split_once("\", line ")?;
    own(path, leading_number(rest)?, None)
}

/// A frame such as `at Object.<anonymous> (/x/index.ts:40:103)`. <https://v8.dev/docs/stack-trace-api>
fn frame_of_javascript(line: &str) -> Option<NamedPlace<'_>> {
    let frame = line.trim_start().strip_prefix("at ")?;
    let place = frame.rsplit_once('(').map_or(frame, |(_, place)| place).trim_end().trim_end_matches(')');
    let mut parts = place.rsplitn(3, ':');
    let (column, row, path) = (parts.next()?, parts.next()?, parts.next()?);
    own(path.trim_start_matches("async "), row.parse().ok()?, column.parse().ok())
        .filter(|place| place.column.is_some())
}

/// A frame such as `at Program.Main() in /x/Program.cs:line 7`.
fn frame_of_dotnet(line: &str) -> Option<NamedPlace<'_>> {
    let (_, place) = line.trim_start().strip_prefix("at ")?.rsplit_once(" in ")?;
    let (path, row) = place.rsplit_once(":line ")?;
    own(path, row.trim().parse().ok()?, None)
}

/// A frame of a panic, such as `/x/main.go:19 +0x1d` behind a tab. <https://pkg.go.dev/runtime#hdr-Environment_Variables>
fn frame_of_go(line: &str) -> Option<NamedPlace<'_>> {
    let (place, _) = line.strip_prefix('\t')?.split_once(" +0x")?;
    let (path, row) = place.rsplit_once(':')?;
    own(path, row.parse().ok()?, None).filter(|_| has_ending(path, &["go"]))
}

/// What compilers write: `index.ts(4,1): error TS2304: …`, `data.ts:1:39 - error TS2307: …`, `./main.go:19:30: …`,
/// `/x/App.java:[29,13] …`, `/x/App.java:1: error: …`, `/x/Program.cs(7,13): error CS1002: …`.
fn compiled(line: &str) -> Option<NamedPlace<'_>> {
    let line = line.trim_start().trim_start_matches("[ERROR] ");
    let (end, ending) = [".tsx", ".ts", ".go", ".java", ".cs", ".fs"]
        .iter()
        .find_map(|ending| Some((line.find(&format!("{ending}{}", following(line, ending)?))?, ending)))?;
    let (path, rest) = line.split_at_checked(end + ending.len())?;
    if path.contains(char::is_whitespace) {
        return None;
    }
    let rest = rest.trim_start_matches([':', '(', '[']);
    let row = leading_number(rest)?;
    let behind = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let column = behind.strip_prefix([',', ':']).and_then(leading_number);
    own(path, row, column)
}

/// The sign between a file's name that has this ending and its line: `:` or `(`.
fn following(line: &str, ending: &str) -> Option<char> {
    let at = line.find(ending)?;
    line.get(at + ending.len()..)?.chars().next().filter(|sign| matches!(sign, ':' | '('))
}

/// What the host of YAML programs writes below an error: `on Pulumi.yaml line 37:`.
fn of_yaml(line: &str) -> Option<NamedPlace<'_>> {
    let (path, rest) = line.trim_start().strip_prefix("on ")?.split_once(" line ")?;
    own(path, leading_number(rest)?, None).filter(|_| has_ending(path, &["yaml", "yml"]))
}

fn leading_number(text: &str) -> Option<u32> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..digits)?.parse().ok()
}

fn has_ending(path: &str, endings: &[&str]) -> bool {
    Path::new(path).extension().is_some_and(|ending| endings.iter().any(|known| ending == *known))
}

/// The place, if the file is the program's own, and no package's or runtime's.
fn own(path: &str, line: u32, column: Option<u32>) -> Option<NamedPlace<'_>> {
    const FOREIGN: &[&str] = &[
        "node_modules",
        "site-packages",
        "dist-packages",
        "pulumi-language-",
        "lib/python",
        "/go/pkg/mod/",
        "/go/src/",
        "/_/",
    ];
    let foreign = path.starts_with("node:")
        || path.starts_with('<')
        || path.starts_with('[')
        || FOREIGN.iter().any(|part| path.contains(part));
    let is_file = Path::new(path).extension().is_some();
    (!foreign && is_file).then_some(NamedPlace { path, line, column })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Option<String> {
        named(text).map(|place| place.short().to_string())
    }

    #[test]
    fn every_language_names_the_place_in_its_own_way() {
        for (text, expected) in [
            ("Error: x\n    at f (/x/node_modules/a/b.js:1:2)\n    at /x/index.js:152:96", "index.js:152:96"),
            ("Error: x\n    at async file:///x/index.mjs:3:7", "index.mjs:3:7"),
            ("index.ts(49,7): error TS2322: Type 'x' is not assignable", "index.ts:49:7"),
            ("grafana/data.ts:1:39 - error TS2307: Cannot find module '../x'", "data.ts:1:39"),
            ("# shop\n./main.go:19:30: cannot use name", "main.go:19:30"),
            ("panic: x\n\ngoroutine 1 [running]:\nmain.main.func1(0x1)\n\t/x/main.go:12 +0x1d", "main.go:12"),
            ("System.Exception: boo\n   at Program.<Main>$() in /x/Program.cs:line 7", "Program.cs:7"),
            ("[ERROR] /x/App.java:[29,13] cannot find symbol", "App.java:29:13"),
            ("/x/App.java:1: error: reached end of file while parsing", "App.java:1"),
            ("id does not exist on vpc\n\n  on Pulumi.yaml line 37:\n  37: vpcId", "Pulumi.yaml:37"),
            (
                "Traceback (most recent call last):\n  File \"/x/bin/pulumi-language-python-exec\", line 107, in <module>\n  \
                 File \"/x/__main__.py\", line 3, in <module>\nNameError: name 'fu' is not defined",
                "__main__.py:3",
            ),
        ] {
            assert_eq!(place(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn words_that_look_like_a_place_are_none() {
        for text in ["at 10:20:30", "see https://x.ts:8080/a", "on Monday line 3", "error at shop:1:2", ""] {
            assert_eq!(place(text), None, "{text}");
        }
    }

    #[test]
    fn a_path_is_told_from_the_root_of_the_repository() {
        let folders = ProgramFolders {
            program: "/home/ci/shop/infra".into(),
            repository: vec!["/private/shop".into(), "/home/ci/shop".into()],
        };
        for (text, expected) in [
            ("    at /home/ci/shop/infra/index.ts:4:5", Some("infra/index.ts:4:5")),
            ("    at /private/shop/lib/a.ts:4:5", Some("lib/a.ts:4:5")),
            ("../lib/a.ts(4,5): error TS1", Some("lib/a.ts:4:5")),
            ("  on Pulumi.yaml line 37:", Some("infra/Pulumi.yaml:37")),
            ("    at /usr/lib/a.ts:4:5", None),
        ] {
            let found = named(text).and_then(|place| place.within(&folders));
            assert_eq!(found.map(|place| place.to_string()).as_deref(), expected, "{text}");
        }
    }
}
