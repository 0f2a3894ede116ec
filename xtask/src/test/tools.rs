//! The runners and validators that wrappers are proven on: `tests/runners/tools.toml` pins them, here they are
//! installed, each in a folder of its own below `target/runners`.

use super::go_module::GoModule;
use crate::process::{command, output, succeeds};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use stackstep::base::error::{Error, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Written last: without it an install was cut off and is made anew.
const COMPLETE: &str = ".complete";

/// A runner or validator.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its name, and the name of the module of tests that use it (with `_` for `-`).
    pub name: String,
    /// The version that the tests are written for.
    #[serde(default)]
    pub version: String,
    /// The programs that have to be on the PATH to install and run it.
    pub needs: Vec<String>,
    /// The module of tests that use it, where that has another name: several tools can be for one.
    pub suite: Option<String>,
    /// Whether only `--all` installs it and runs its tests.
    #[serde(default)]
    pub slow: bool,
    /// Whether only `--soak` installs it, for the long tests of its suite.
    #[serde(default)]
    pub soak: bool,
    /// Where it comes from; a tool without one is its toolchain itself.
    pub install: Option<Install>,
}

/// How a tool is installed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Install {
    /// `go install` of this package.
    Go(String),
    /// A program of a Go module that replaces some of what it depends on, which `go install` refuses: built from a
    /// small module of our own that repeats the replacements.
    /// <https://go.dev/ref/mod#go-install>
    #[serde(rename_all = "kebab-case")]
    GoModule {
        /// The module.
        module: String,
        /// The program's folder in it, where that is not the module's root.
        #[serde(default)]
        program: String,
        /// Its build tags.
        #[serde(default)]
        tags: Vec<String>,
        /// Newer versions of its dependencies than it asks for itself, by module.
        #[serde(default)]
        with: BTreeMap<String, String>,
        /// What stands for which of its dependencies, as `module@version`.
        #[serde(default)]
        replace: BTreeMap<String, String>,
        /// The folder, from the root, of a `go.mod` and a `go.sum` that pin all that it is made of. When the tool's
        /// version changes they are written anew.
        pins: Option<String>,
        /// What the linker sets; `VERSION` is the tool's version.
        #[serde(default)]
        ldflags: String,
    },
    /// All programs of a Go module of our own, in this folder from the root: its `go.mod` and `go.sum` pin what they are
    /// made of. They are built anew when a file of it changes.
    GoSource(String),
    /// Programs of other tools in one folder: the name that each has there, and the tool that it is of.
    Together(BTreeMap<String, String>),
    /// `cargo install` of the package of the tool's name.
    Cargo,
    /// These packages of Debian, unpacked, not installed.
    Deb(Vec<String>),
    /// These packages of Debian with all that they depend on and this machine has not, unpacked, not installed.
    DebTree(Vec<String>),
    /// `pip install` of these requirements, into an environment of its own.
    Pip(Vec<String>),
    /// `npm install` of these packages, and the packages of Debian that they need.
    Npm {
        /// With their versions.
        packages: Vec<String>,
        /// Unpacked, not installed.
        #[serde(default)]
        deb: Vec<String>,
    },
    /// These artifacts of Maven Central (`group:artifact:version`) and what they depend on, as files in `lib`.
    Maven(Vec<String>),
    /// `npm install` of these packages, and one program bundled out of them.
    NpmBundle {
        /// With their versions.
        packages: Vec<String>,
        /// The program's source, from the root.
        entry: String,
    },
}

/// Whether a tool can be used.
#[derive(Debug)]
pub enum State {
    /// It is there.
    Ready,
    /// This program is missing on the machine.
    NoToolchain(String),
    /// The install failed; its output says why.
    Failed,
}

/// The pinned tools.
pub fn read(root: &Path) -> Result<Vec<Tool>> {
    #[derive(Deserialize)]
    struct Tools {
        tool: Vec<Tool>,
    }
    let path = root.join("tests/runners/tools.toml");
    let text = std::fs::read_to_string(&path).map_err(Error::io("read", &path))?;
    let tools: Tools = toml::from_str(&text).map_err(|error| {
        Error::input(format!("`{}` is malformed: {error}", path.display()), "fix the file")
    })?;
    Ok(tools.tool)
}

/// The tool with this name.
pub fn find(root: &Path, name: &str) -> Result<Tool> {
    let mut tools = read(root)?.into_iter();
    tools
        .find(|tool| tool.name == name)
        .ok_or_else(|| Error::input(format!("there is no tool `{name}`"), "see tests/runners/tools.toml"))
}

/// The folder of the tool with this name, when it is installed.
pub fn installed(root: &Path, name: &str) -> Option<PathBuf> {
    let tool = read(root).ok()?.into_iter().find(|tool| tool.name == name)?;
    Some(tool.folder(root)).filter(|folder| folder.join(COMPLETE).exists())
}

impl Tool {
    /// What the names of its tests begin with.
    pub fn suite(&self) -> String {
        format!("{}::", self.suite.as_ref().unwrap_or(&self.name).replace('-', "_"))
    }

    /// Whether the test of this name is one of its suite.
    pub fn is_of(&self, test: &str) -> bool {
        test.contains(&self.suite())
    }

    /// Its folder.
    pub fn folder(&self, root: &Path) -> PathBuf {
        let name = match self.version.as_str() {
            "" => self.name.clone(),
            version => format!("{}-{version}", self.name),
        };
        root.join("target/runners").join(name)
    }

    /// Installs it, unless it is there.
    pub fn install(&self, root: &Path) -> Result<State> {
        if let Some(missing) = self.needs.iter().find(|program| !is_there(program)) {
            return Ok(State::NoToolchain(missing.clone()));
        }
        let folder = self.folder(root);
        let Some(install) = &self.install else { return Ok(State::Ready) };
        let stamp = install.stamp(root)?;
        if std::fs::read_to_string(folder.join(COMPLETE)).is_ok_and(|complete| complete == stamp) {
            return Ok(State::Ready);
        }
        if let Install::Together(programs) = install {
            for part in programs.values() {
                match find(root, part)?.install(root)? {
                    State::Ready => {}
                    other => return Ok(other),
                }
            }
        }
        println!("installing {} {}", self.name, self.version);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        if !install.run(root, &folder, &self.name, &self.version)? {
            return Ok(State::Failed);
        }
        std::fs::write(folder.join(COMPLETE), stamp).map_err(Error::io("write", &folder))?;
        Ok(State::Ready)
    }
}

impl Install {
    /// Says what it installs: another stamp is another install.
    fn stamp(&self, root: &Path) -> Result<String> {
        let stamp = format!("{self:?}");
        match self {
            Self::GoSource(source) => Ok(format!("{stamp} {}", digest(&root.join(source))?)),
            Self::Together(programs) => programs.values().try_fold(stamp, |stamp, part| {
                let part = find(root, part)?;
                let of_part = part.install.as_ref().map(|install| install.stamp(root)).transpose()?;
                Ok(format!("{stamp} {} {}", part.version, of_part.unwrap_or_default()))
            }),
            _ => Ok(stamp),
        }
    }

    fn run(&self, root: &Path, folder: &Path, name: &str, version: &str) -> Result<bool> {
        match self {
            Self::Go(package) => succeeds(
                command("go", folder)
                    .args(["install", &format!("{package}@v{version}")])
                    .env("GOBIN", folder.join("bin"))
                    .env("GOFLAGS", "-mod=mod"),
            ),
            Self::GoModule { module, program, tags, with, replace, pins, ldflags } => {
                let module = GoModule { module, program, tags, with, replace, ldflags };
                module.build(folder, name, version, pins.as_deref().map(|pins| root.join(pins)).as_deref())
            }
            Self::GoSource(source) => {
                let bin = folder.join("bin");
                std::fs::create_dir_all(&bin).map_err(Error::io("create", &bin))?;
                let build = ["build", "-mod=readonly", "-buildvcs=false", "-ldflags", "-s -w", "-o"];
                succeeds(command("go", &root.join(source)).args(build).arg(&bin).arg("./..."))
            }
            Self::Together(programs) => {
                let bin = folder.join("bin");
                std::fs::create_dir_all(&bin).map_err(Error::io("create", &bin))?;
                for (name, part) in programs {
                    let (program, link) =
                        (find(root, part)?.folder(root).join("bin").join(name), bin.join(name));
                    std::fs::hard_link(&program, &link).map_err(Error::io("link", &link))?;
                }
                Ok(true)
            }
            Self::Cargo => succeeds(
                command(env!("CARGO"), folder)
                    .args(["install", "--quiet", "--locked", "--root", ".", "--version", version, name])
                    .env("CARGO_TARGET_DIR", root.join("target/runners/cargo-build")),
            ),
            Self::Deb(packages) => unpack(folder, packages),
            Self::DebTree(packages) => unpack(folder, &with_dependencies(folder, packages)),
            Self::Pip(requirements) => {
                let made = succeeds(command("python3", folder).args(["-m", "venv", "."]))?;
                let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
                Ok(made && succeeds(command(folder.join("bin/python"), folder).args(pip).args(requirements))?)
            }
            Self::Npm { packages, deb } => {
                Ok((deb.is_empty() || unpack(folder, deb)?) && npm_install(folder, packages)?)
            }
            Self::Maven(artifacts) => {
                let pom = folder.join("pom.xml");
                std::fs::write(&pom, project(artifacts)).map_err(Error::io("write", &pom))?;
                // A repository of its own: nothing of a person's settings or cache plays a part.
                succeeds(command("mvn", folder).args([
                    "--batch-mode",
                    "--quiet",
                    "-Dmaven.repo.local=repository",
                    &format!("{COPY_DEPENDENCIES}:copy-dependencies"),
                    "-DoutputDirectory=lib",
                ]))
            }
            Self::NpmBundle { packages, entry } => {
                let installed = npm_install(folder, packages)?;
                let bundle = ["--bundle", "--platform=node", "--outfile=main.cjs", "--log-level=warning"];
                Ok(installed
                    && succeeds(
                        command(folder.join("node_modules/.bin/esbuild"), folder)
                            .arg(root.join(entry))
                            .args(bundle)
                            .env("NODE_PATH", folder.join("node_modules")),
                    )?)
            }
        }
    }
}

/// The digest of all files of a folder, with their names.
fn digest(folder: &Path) -> Result<String> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();
    let mut digest = Sha256::new();
    for file in files {
        let text = std::fs::read(&file).map_err(Error::io("read", &file))?;
        let name = file.strip_prefix(folder).unwrap_or(&file).display().to_string();
        digest.update(format!("{name}\0{}\0", text.len()));
        digest.update(text);
    }
    Ok(format!("{:x}", digest.finalize()))
}

/// Finds the files of a folder and of those below it.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).map_err(Error::io("read", folder))? {
        let path = entry.map_err(Error::io("read", folder))?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// Fetches packages of Debian and unpacks them into `folder`.
fn unpack(folder: &Path, packages: &[String]) -> Result<bool> {
    let fetched = succeeds(command("apt-get", folder).args(["download", "--quiet"]).args(packages))?;
    let unpack = "for package in *.deb; do dpkg -x \"$package\" . && rm \"$package\" || exit; done";
    Ok(fetched && succeeds(command("sh", folder).args(["-c", unpack]))?)
}

fn npm_install(folder: &Path, packages: &[String]) -> Result<bool> {
    let npm = ["install", "--prefix", ".", "--no-audit", "--no-fund", "--no-save", "--silent"];
    succeeds(command("npm", folder).args(npm).args(packages))
}

/// The packages, and those that an install of them would bring. apt says without being root:
/// <https://manpages.debian.org/bookworm/apt/apt-get.8.en.html>
fn with_dependencies(folder: &Path, packages: &[String]) -> Vec<String> {
    let mut simulate = command("apt-get", folder);
    simulate.args(["install", "--simulate", "--no-install-recommends"]).args(packages);
    let said = output(&mut simulate).unwrap_or_default();
    let brought = said.lines().filter_map(|line| line.strip_prefix("Inst ")?.split_whitespace().next());
    let mut all = packages.to_vec();
    all.extend(brought.filter(|name| !packages.iter().any(|package| package == name)).map(str::to_owned));
    all
}

/// The plugin that puts a project's dependencies into a folder:
/// <https://maven.apache.org/plugins/maven-dependency-plugin/copy-dependencies-mojo.html>
const COPY_DEPENDENCIES: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1";

/// A project of Maven that is nothing but these dependencies: <https://maven.apache.org/pom.html>
fn project(artifacts: &[String]) -> String {
    let dependency = |artifact: &String| {
        let mut parts = artifact.splitn(3, ':').map(str::to_owned);
        let [group, name, version] = std::array::from_fn(|_| parts.next().unwrap_or_default());
        format!(
            "<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId><version>{version}</version></dependency>\n"
        )
    };
    let dependencies: String = artifacts.iter().map(dependency).collect();
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n<modelVersion>4.0.0</modelVersion>\n\
         <groupId>runners</groupId><artifactId>tool</artifactId><version>1</version>\n\
         <dependencies>\n{dependencies}</dependencies>\n</project>\n"
    )
}

/// Whether `program` can be started.
fn is_there(program: &str) -> bool {
    let arguments: &[&str] = match program {
        "go" => &["version"],
        // Neither dash nor Debian's other shells know `--version`.
        "dash" => &["-c", ":"],
        _ => &["--version"],
    };
    output(command(program, Path::new(".")).args(arguments)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_toolchain_is_named_and_nothing_is_installed() {
        let root = tempfile::tempdir().unwrap();
        let tool = Tool {
            name: "runner".into(),
            version: "1".into(),
            suite: None,
            slow: false,
            soak: false,
            needs: vec!["no-such-program".into()],
            install: Some(Install::Go("example.com/runner".into())),
        };
        let state = tool.install(root.path()).unwrap();
        assert!(matches!(state, State::NoToolchain(missing) if missing == "no-such-program"));
        assert!(!root.path().join("target").exists());
    }

    #[test]
    fn a_program_of_our_own_is_built_anew_when_a_file_of_it_changes_or_is_renamed() {
        let root = tempfile::tempdir().unwrap();
        let install = Install::GoSource("source".into());
        std::fs::create_dir_all(root.path().join("source/program")).unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(root.path().join("source").join(name), text).unwrap();
        write("go.mod", "module source");
        write("program/main.go", "package main");
        let first = install.stamp(root.path()).unwrap();
        assert_eq!(install.stamp(root.path()).unwrap(), first);
        write("program/main.go", "package main // changed");
        let changed = install.stamp(root.path()).unwrap();
        assert_ne!(changed, first);
        let program = root.path().join("source/program");
        std::fs::rename(program.join("main.go"), program.join("other.go")).unwrap();
        assert_ne!(install.stamp(root.path()).unwrap(), changed);
    }

    #[test]
    fn artifacts_of_maven_become_a_project() {
        let project = project(&["com.example:tool:1.2".to_owned()]);
        assert!(project.contains("<groupId>com.example</groupId><artifactId>tool</artifactId><version>1.2<"));
    }

    #[test]
    fn every_tool_that_is_installed_is_pinned() {
        let tools = read(&crate::root()).unwrap();
        // What is put together of others has their versions.
        let has_own = |tool: &&Tool| !matches!(tool.install, None | Some(Install::Together(_)));
        let open: Vec<_> = tools.iter().filter(has_own).filter(|tool| tool.version.is_empty()).collect();
        assert!(open.is_empty(), "{open:?}");
    }

    #[test]
    fn every_tool_has_tests_or_is_used_by_a_release() {
        let sources = [
            "tests/runners/act/mod.rs",
            "tests/runners/checks.rs",
            "tests/runners/launcher.rs",
            "tests/runners/chromium/mod.rs",
            "xtask/tests/runners/main.rs",
            "xtask/tests/runners/release.rs",
            "xtask/src/release/build.rs",
        ];
        let read_source = |name| std::fs::read_to_string(crate::root().join(name)).unwrap();
        let text: String = sources.map(read_source).concat();
        for tool in read(&crate::root()).unwrap() {
            let module = tool.suite().replace("::", "");
            let own_file = crate::root().join(format!("tests/runners/{module}.rs")).exists();
            let own_folder = crate::root().join(format!("tests/runners/{module}")).exists();
            let used = format!("installed(root, \"{}\")", tool.name);
            // The last is a row of the macro that gives each shell the same tests.
            let written = [format!("mod {module} {{"), used, format!("    {module} ")];
            let named = written.iter().any(|one| text.contains(one));
            assert!(own_file || own_folder || named, "{module}");
        }
    }
}
