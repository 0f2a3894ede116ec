//! Generated repositories of each language, of which it is known what every file imports: whatever file changes, each stack that
//! is made from it is affected.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::*;
use crate::reviewed::testing::size::sized;

/// How many repositories of each language there are, of which each file is changed once.
fn repositories() -> u64 {
    sized(2, 25)
}

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

/// A repository: its files, and what each is made from.
#[derive(Default)]
struct Monorepo {
    files: BTreeMap<String, String>,
    /// The files that a file needs.
    needs: BTreeMap<String, BTreeSet<String>>,
    /// The projects: the folder, with the file at which its program begins.
    projects: Vec<(String, String)>,
}

/// How files of a language are called and name each other.
struct Speech {
    runtime: &'static str,
    /// The program's first file, in the project's folder.
    main: &'static str,
    /// The path of the library `n` from the top.
    library: fn(usize) -> String,
    /// A line of the file `from` that imports the library `n`, in one of several forms, and whether the form takes in the whole
    /// folder of the library.
    import: fn(from: &str, n: usize, form: usize) -> String,
    /// Other files that make a library or a project one: path and text.
    manifests: fn(&mut Monorepo),
}

/// The path to `to` from the folder of `from`.
fn relative(from: &str, to: &str) -> String {
    let up = from.matches('/').count();
    format!("{}{to}", "../".repeat(up))
}

const SPEECHES: &[Speech] = &[
    Speech {
        runtime: "nodejs",
        main: "index.ts",
        library: |n| format!("libs/l{n}/src/part{n}.ts"),
        import: |from, n, form| {
            let path = relative(from, &format!("libs/l{n}/src/part{n}"));
            match form % 7 {
                0 => format!("import {{ a{n} }} from '{path}';"),
                1 => format!("export * from \"{path}.js\";"),
                2 => format!("const a{n} = require('{path}');"),
                3 => format!("const a{n} = await import('{path}');"),
                4 => format!("import * as a{n} from '@acme/l{n}';"),
                5 => format!("import a{n} from '~libs/l{n}/src/part{n}';"),
                _ => format!("new pulumi.asset.FileAsset(\"{path}.ts\");"),
            }
        },
        manifests: |repository| {
            repository.add("package.json", r#"{"name": "top", "workspaces": ["libs/*", "infra/*"]}"#);
            repository.add("tsconfig.json", r#"{"compilerOptions": {"paths": {"~libs/*": ["libs/*"]}}}"#);
            repository.everywhere("package.json", |name| format!(r#"{{"name": "@acme/{name}"}}"#));
        },
    },
    Speech {
        runtime: "python",
        main: "__main__.py",
        library: |n| format!("libs/l{n}/part{n}.py"),
        import: |from, n, form| match (form % 4, from.starts_with("libs/")) {
            (0, _) => format!("from libs.l{n}.part{n} import a"),
            (1, _) => format!("import libs.l{n}.part{n} as a{n}"),
            (2, true) => format!("from ..l{n} import part{n}"),
            (3, true) => format!("from ..l{n}.part{n} import a, b"),
            _ => format!("a{n} = pulumi.FileAsset('{}')", relative(from, &format!("libs/l{n}/part{n}.py"))),
        },
        manifests: |repository| repository.add("requirements.txt", "pulumi\n"),
    },
    Speech {
        runtime: "go",
        main: "main.go",
        library: |n| format!("libs/l{n}/part{n}.go"),
        import: |from, n, form| match form % 3 {
            0 => format!("import \"acme.com/all/libs/l{n}\""),
            1 => format!("import (\n\ta{n} \"acme.com/all/libs/l{n}\"\n)"),
            _ => format!(
                "var x{n} = pulumi.NewFileAsset(\"{}\")",
                relative(from, &format!("libs/l{n}/part{n}.go"))
            ),
        },
        manifests: |repository| {
            repository.add("go.mod", "module acme.com/all\n\ngo 1.24\n");
            repository.add("go.sum", "");
        },
    },
    Speech {
        runtime: "dotnet",
        main: "Infra.csproj",
        library: |n| format!("libs/L{n}/L{n}.csproj"),
        import: |from, n, form| {
            let path = relative(from, &format!("libs/L{n}/L{n}.csproj"));
            let path = if form % 2 == 0 { path.replace('/', "\\") } else { path };
            format!("<ProjectReference Include=\"{path}\" />")
        },
        manifests: |repository| repository.add("Directory.Build.props", "<Project />"),
    },
    Speech {
        runtime: "java",
        main: "build.gradle",
        library: |n| format!("libs/l{n}/build.gradle"),
        import: |_, n, form| match form % 2 {
            0 => format!("implementation project(':libs:l{n}')"),
            _ => format!("implementation(project(\":libs:l{n}\"))"),
        },
        manifests: |repository| repository.add("settings.gradle", "include 'infra'\n"),
    },
    Speech {
        runtime: "java",
        main: "pom.xml",
        library: |n| format!("libs/l{n}/pom.xml"),
        import: |_, n, _| {
            format!("<dependency><groupId>acme</groupId><artifactId>acme-l{n}</artifactId></dependency>")
        },
        manifests: |repository| {
            repository.add("pom.xml", "<project><artifactId>acme</artifactId></project>");
            let names: Vec<String> =
                repository.files.keys().filter(|path| path.ends_with("/pom.xml")).cloned().collect();
            for path in names {
                let name = path.rsplit('/').nth(1).unwrap().to_owned();
                let text = repository.files.get_mut(&path).unwrap();
                *text = format!(
                    "<project><parent><artifactId>acme</artifactId></parent><artifactId>acme-{name}</artifactId>{text}</project>"
                );
            }
        },
    },
    Speech {
        runtime: "yaml",
        main: "Pulumi.yaml",
        library: |n| format!("libs/l{n}/page.html"),
        import: |from, n, form| {
            let path = relative(from, &format!("libs/l{n}/page.html"));
            match form % 3 {
                0 => format!("x{n}: {{ fn::fileAsset: {path} }}"),
                1 => format!("x{n}: {{ fn::readFile: \"{path}\" }}"),
                _ => format!("x{n}: {{ fn::fileArchive: {} }}", path.trim_end_matches("/page.html")),
            }
        },
        manifests: |_| {},
    },
];

impl Monorepo {
    fn add(&mut self, path: &str, text: &str) {
        self.files.entry(path.to_owned()).or_default().push_str(text);
    }

    /// Adds a file of this name to each library and each project.
    fn everywhere(&mut self, name: &str, text: impl Fn(&str) -> String) {
        let folders: BTreeSet<String> = self
            .files
            .keys()
            .filter_map(|path| {
                let mut parts = path.split('/');
                Some(format!("{}/{}", parts.next()?, parts.next().filter(|_| path.matches('/').count() > 1)?))
            })
            .collect();
        for folder in folders {
            let text = text(folder.rsplit('/').next().unwrap());
            self.add(&format!("{folder}/{name}"), &text);
        }
    }

    fn generated(speech: &Speech, dice: &mut Dice) -> Self {
        let mut made = Self::default();
        let (libraries, projects) = (3 + dice.below(12), 2 + dice.below(8));
        for n in 0..libraries {
            let path = (speech.library)(n);
            made.add(&path, &format!("\n{}\n", if speech.runtime == "go" { "package l" } else { "" }));
            // A page names nothing, and a library only those before it: a circle is nothing that one builds.
            for _ in 0..dice.below(3) {
                if n > 0 && speech.runtime != "yaml" {
                    made.import(speech, &path, dice.below(n), dice.below(100));
                }
            }
        }
        for number in 0..projects {
            let folder = format!("infra/p{number}");
            made.add(
                &format!("{folder}/Pulumi.yaml"),
                &format!("name: p{number}\nruntime: {}\n", speech.runtime),
            );
            made.add(&format!("{folder}/Pulumi.dev.yaml"), "");
            let main = format!("{folder}/{}", speech.main);
            made.add(&main, "");
            for _ in 0..dice.below(4) {
                made.import(speech, &main, dice.below(libraries), dice.below(100));
            }
            made.projects.push((folder, main));
        }
        for path in ["README.md", "docs/x.md", "libs/README.md", ".github/workflows/x.yml"] {
            made.add(path, "words\n");
        }
        (speech.manifests)(&mut made);
        made
    }

    fn import(&mut self, speech: &Speech, from: &str, n: usize, form: usize) {
        if !self.needs.entry(from.to_owned()).or_default().insert((speech.library)(n)) {
            return;
        }
        let line = (speech.import)(from, n, form);
        let text = self.files.get_mut(from).unwrap();
        text.push_str(&line);
        text.push('\n');
    }

    /// The projects that are made from a file, found by following every import from every program.
    fn truly_affected(&self, changed: &str) -> BTreeSet<String> {
        let reaches = |main: &str| {
            let (mut seen, mut open) = (BTreeSet::new(), vec![main.to_owned()]);
            while let Some(path) = open.pop() {
                if seen.insert(path.clone()) {
                    open.extend(self.needs.get(&path).into_iter().flatten().cloned());
                }
            }
            seen
        };
        let of = |(folder, main): &&(String, String)| {
            changed.starts_with(&format!("{folder}/")) || reaches(main).contains(changed)
        };
        self.projects.iter().filter(of).map(|(folder, _)| folder.clone()).collect()
    }

    fn write(&self, top: &Path) {
        for (path, text) in &self.files {
            let path = top.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        for args in [&["init", "-q"][..], &["add", "."]] {
            #[expect(clippy::disallowed_methods, reason = "the tests make a repository")]
            let mut git = std::process::Command::new("git");
            assert!(git.args(args).current_dir(top).status().unwrap().success());
        }
    }
}

#[test]
fn no_stack_that_is_made_from_a_changed_file_is_left_out() {
    let mut dice = Dice(7);
    for speech in SPEECHES {
        let (mut changes, mut missed, mut truly, mut told, mut by_folders) = (0, Vec::new(), 0, 0, 0);
        for _ in 0..repositories() {
            let repository = Monorepo::generated(speech, &mut dice);
            let folder = tempfile::tempdir().unwrap();
            repository.write(folder.path());
            let found = RepositoryStacks::find(folder.path(), None);
            assert_eq!(found.projects.len(), repository.projects.len());
            for path in repository.files.keys() {
                let changed = ChangedPaths { paths: [path.clone()].into(), ..ChangedPaths::default() };
                let verdicts = verdicts(
                    folder.path(),
                    &found,
                    &found.projects,
                    together(&changed),
                    &FleetSettings::default(),
                );
                let affected: BTreeSet<String> = verdicts
                    .iter()
                    .filter(|verdict| verdict.is_affected())
                    .map(|verdict| verdict.cwd.clone())
                    .collect();
                let expected = repository.truly_affected(path);
                missed.extend(expected.difference(&affected).map(|project| format!("{project} of {path}")));
                changes += 1;
                truly += expected.len();
                told += affected.len();
                // What filters by folders have: the project's own, and all libraries for everybody.
                by_folders += if path.starts_with("infra/") {
                    1
                } else if path.starts_with("libs/") {
                    repository.projects.len()
                } else {
                    0
                };
            }
        }
        println!(
            "{} ({}): {changes} changes, {truly} stacks made from them, {told} affected, {by_folders} by filters on folders",
            speech.runtime, speech.main
        );
        assert_eq!(missed, [""; 0], "{}", speech.runtime);
        assert!(told < by_folders, "{}: nothing is left out", speech.runtime);
    }
}
